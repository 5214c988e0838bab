// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory and ids, by members, arrays, results stored in a condition, -1 for none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct page_pool { int x; };
struct roach_pt { void *va; };
struct roach_dom { struct iommu_domain domain; struct roach_pt *pt; void *l2[8]; void *cd; struct roach_pt **tabs; };
struct roach_unit { unsigned long map[2]; struct roach_dom *banks[4]; u32 next; struct device *dev; };
#define to_roach(d) container_of(d, struct roach_dom, domain)
struct roach_pt *roach_new_pt(struct roach_dom *d, int level);
struct roach_pt *roach_pt_create(struct device *dev);
void *roach_dma_zalloc(struct device *dev, size_t n, dma_addr_t *h);
void *roach_mem_malloc(size_t n);
int roach_alloc_irq(struct device *dev);

static void *roach_l2(struct roach_dom *d, int i)
{
	if (!d->l2[i]) {
		d->l2[i] = kzalloc(64, GFP_KERNEL);
		if (!d->l2[i])
			return NULL;
	}
	return d->l2[i];
}

static bool roach_prepare(struct roach_dom *d)
{
	d->cd = kzalloc(64, GFP_KERNEL);
	return d->cd != NULL;
}

static int roach_bank(struct roach_unit *u)
{
	int i;

	for (i = 0; i < 4; i++)
		if (!u->banks[i])
			return i;
	return -1;
}

static int roach_vmid(struct roach_unit *u)
{
	int id = find_first_zero_bit(u->map, 64);

	return id < 64 ? id : -1;
}

static int roach_attach(struct iommu_domain *domain, struct device *dev)
{
	struct roach_dom *d = to_roach(domain);
	struct roach_unit *u = dev_iommu_priv_get(dev);
	dma_addr_t h;
	int id;

	if (!roach_l2(d, 3))
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	if (!roach_prepare(d))
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	d->cd = roach_dma_zalloc(dev, 64, &h);
	if (d->cd == NULL)
		return -ENODEV;	/* site: errno=ENODEV class=nomem verdict=change expected=ENOMEM */
	if (!(d->cd = roach_mem_malloc(12)))
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	d->pt = roach_pt_create(dev);
	if (!d->pt)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	d->pt = roach_new_pt(d, 1);
	if (!d->pt)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	d->tabs = kcalloc(4, sizeof(*d->tabs), GFP_KERNEL);
	if (!d->tabs)
		return -ENOSPC;	/* site: errno=ENOSPC class=nomem verdict=change expected=ENOMEM */
	id = roach_vmid(u);
	if (id < 0)
		return -EINVAL;	/* site: errno=EINVAL class=nospace verdict=change expected=ENOSPC */
	id = roach_bank(u);
	if (id < 0)
		return -ENOSPC;	/* site: errno=ENOSPC class=nospace verdict=ok expected=ENOSPC */
	return 0;
}
const struct iommu_domain_ops roach_ops = { .attach_dev = roach_attach };
