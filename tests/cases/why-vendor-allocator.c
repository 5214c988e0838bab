// SPDX-License-Identifier: GPL-2.0-only
/*
 * An allocator that no table names: by its name, where it gives a pointer. A look-up that has the word in its name
 * is none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct bistort_context;
struct bistort_domain { struct iommu_domain domain; void *pages; struct bistort_context *context; void *log; };
struct bistort_master { u32 sid; };

#define to_bistort_domain(d) container_of(d, struct bistort_domain, domain)

void *bistort_alloc_pages_node(int node, struct bistort_domain *bdom);
struct bistort_context *bistort_context_alloc(struct device *dev);
struct bistort_context *bistort_zalloc_shadow(size_t size);
void *bistort_find_allocation(struct device *dev);

static int bistort_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bistort_domain *bdom = to_bistort_domain(domain);
	struct bistort_master *master = dev_iommu_priv_get(dev);
	struct bistort_context *shadow;

	bdom->pages = bistort_alloc_pages_node(1, bdom);
	if (!bdom->pages)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */

	bdom->context = bistort_context_alloc(dev);
	if (!bdom->context)
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */

	shadow = bistort_zalloc_shadow(64);
	if (!shadow)
		return -ENODEV;	/* site: errno=ENODEV class=nomem verdict=change expected=ENOMEM */

	/* The twin: one that everybody knows. */
	bdom->log = kzalloc(64, GFP_KERNEL);
	if (!bdom->log)
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */

	if (!bistort_find_allocation(dev))
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */

	if (!master->sid)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

const struct iommu_domain_ops bistort_ops = { .attach_dev = bistort_attach };
