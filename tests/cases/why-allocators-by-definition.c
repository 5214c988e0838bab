// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocators and id allocators by what the driver's own helper does, or by the name of what another subsystem
 * gives.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct wigeon_ctx { int id; };
struct wigeon_tbl { u32 *pte; };
struct wigeon_unit { unsigned long map[4]; struct wigeon_ctx ctxs[8]; int nctx; struct ida ida; struct device *dev; };
struct wigeon_domain { struct iommu_domain domain; struct wigeon_tbl *tbl; struct wigeon_ctx *ctx; int asid; u32 fmt; void *priv; };
#define to_wigeon(d) container_of(d, struct wigeon_domain, domain)

void *ion_heap_zalloc(size_t n);
struct wigeon_tbl *wigeon_hw_create_table(struct device *dev, u32 fmt);
void *rsvd_mem_get_page(int order);
struct wigeon_ctx *wigeon_find_ctx(struct device *dev, u32 fmt);
struct wigeon_ctx *wigeon_ctx_alloc_get(struct device *dev, u32 fmt);

static void *wigeon_zalloc(struct wigeon_unit *unit, size_t size)
{
	void *p = kzalloc(size, GFP_KERNEL);

	if (p)
		writel(1, p);
	return p;
}

static int wigeon_alloc_asid(struct wigeon_unit *unit)
{
	int id = find_first_zero_bit(unit->map, 256);

	if (id >= 256)
		return -ENOSPC;	/* open: hidden below */
	set_bit(id, unit->map);
	return id;
}

static u32 wigeon_get_bank(struct wigeon_unit *unit)
{
	u32 id = find_first_zero_bit(unit->map, 32);

	if (id == 32)
		return 0;
	set_bit(id, unit->map);
	return id + 1;
}

static struct wigeon_ctx *wigeon_free_ctx_slot(struct wigeon_unit *unit)
{
	int i;

	i = find_first_zero_bit(unit->map, 8);
	if (i >= 8)
		return NULL;
	return &unit->ctxs[i];
}

static int wigeon_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wigeon_domain *w = to_wigeon(domain);
	struct wigeon_unit *unit = dev_iommu_priv_get(dev);
	void *p;

	p = wigeon_zalloc(unit, 64);
	if (!p)
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	w->priv = ion_heap_zalloc(4096);
	if (!w->priv)
		return -ENODEV;	/* site: errno=ENODEV class=nomem verdict=change expected=ENOMEM */
	w->tbl = wigeon_hw_create_table(dev, w->fmt);
	if (IS_ERR_OR_NULL(w->tbl))
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem|masked verdict=ok|review */
	w->ctx = wigeon_ctx_alloc_get(dev, w->fmt);
	if (!w->ctx)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	if (!wigeon_find_ctx(dev, 3))
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	w->asid = wigeon_get_bank(unit);
	if (!w->asid)
		return -EBUSY;	/* site: errno=EBUSY class=nospace verdict=change expected=ENOSPC */
	w->ctx = wigeon_free_ctx_slot(unit);
	if (!w->ctx)
		return -EINVAL;	/* site: errno=EINVAL class=nospace verdict=change expected=ENOSPC */
	return 0;
}

static int wigeon_b_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wigeon_domain *w = to_wigeon(domain);
	struct wigeon_unit *unit = dev_iommu_priv_get(dev);

	w->asid = wigeon_alloc_asid(unit);
	if (w->asid < 0)
		return w->asid;
	return 0;
}
const struct iommu_domain_ops wigeon_ops = { .attach_dev = wigeon_attach };
const struct iommu_domain_ops wigeon_b_ops = { .attach_dev = wigeon_b_attach };
