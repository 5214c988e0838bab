// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a helper returns NULL, where its allocation went through an output parameter: for want of memory. One that
 * looks something up is hard.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct quillwort_domain { struct iommu_domain domain; struct page *top; void *slots[4]; };
struct quillwort_master { void *groups[4]; };

#define to_quillwort_domain(d) container_of(d, struct quillwort_domain, domain)

static u32 *quillwort_slot(struct quillwort_domain *qdom, struct page **out)
{
	*out = qdom->top;
	if (!*out) {
		*out = alloc_page(GFP_ATOMIC);
		if (!*out)
			return NULL;
	}
	return page_address(*out);
}

static int quillwort_map(struct quillwort_domain *qdom)
{
	struct page *page;
	u32 *slot = quillwort_slot(qdom, &page);

	if (!slot)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	*slot = 0;
	return 0;
}

static int quillwort_remap(struct quillwort_domain *qdom)
{
	struct page *page;
	u32 *slot = quillwort_slot(qdom, &page);

	if (!slot)
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	*slot = 1;
	return 0;
}

/* The twin: a local, returned. */
static void *quillwort_plain(void)
{
	void *table = kzalloc(64, GFP_KERNEL);

	if (!table)
		return NULL;
	return table;
}

/* And one that allocates nothing. */
static void *quillwort_group(struct quillwort_master *master, int n)
{
	if (n > 3)
		return NULL;
	return master->groups[n];
}

static int quillwort_attach(struct iommu_domain *domain, struct device *dev)
{
	struct quillwort_domain *qdom = to_quillwort_domain(domain);
	int ret;

	ret = quillwort_map(qdom);
	if (ret)
		return ret;
	ret = quillwort_remap(qdom);
	if (ret)
		return ret;

	if (!quillwort_plain())
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */

	if (!quillwort_group(dev_iommu_priv_get(dev), 2))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */

	quillwort_map(qdom);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
	return 0;
}

const struct iommu_domain_ops quillwort_ops = { .attach_dev = quillwort_attach };
