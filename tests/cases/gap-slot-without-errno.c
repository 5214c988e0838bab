// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the driver calls slots of its own table that no file of its folder fills: a version that is kept elsewhere.
 * Right: a slot that returns a register, a truth value or nothing can hand no errno on, and the callback is analysed. One
 * that returns an int or a pointer can: that is a gap.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct wigeon_iommu;
struct wigeon_ops {
	u32 (*read)(struct wigeon_iommu *i, u32 reg);
	void (*sync)(struct wigeon_iommu *i);
	bool (*coherent)(struct wigeon_iommu *i);
	void *(*table)(struct wigeon_iommu *i);
	int (*check)(struct wigeon_iommu *i);
};
struct wigeon_iommu { const struct wigeon_ops *ops; };
struct wigeon_domain { struct iommu_domain domain; struct wigeon_iommu *iommu; void *t; u32 v; };
#define to_wigeon_domain(d) container_of(d, struct wigeon_domain, domain)

static int wigeon_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wigeon_domain *wd = to_wigeon_domain(domain);
	struct wigeon_iommu *i = dev_iommu_priv_get(dev);

	if (wd->iommu != i)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	wd->v = i->ops->read(i, 4);
	if (i->ops->sync)
		i->ops->sync(i);
	if (!i->ops->coherent(i))
		wd->v = 0;
	return 0;
}

static int wigeon_int_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wigeon_domain *wd = to_wigeon_domain(domain);
	struct wigeon_iommu *i = dev_iommu_priv_get(dev);
	int ret;

	if (wd->iommu != i)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=wigeon_int_attach */
	wd->t = i->ops->table(i);
	ret = i->ops->check(i);
	if (ret)
		return ret;
	return 0;
}

static const struct iommu_domain_ops wigeon_ops = { .attach_dev = wigeon_attach };
static const struct iommu_domain_ops wigeon_int_ops = { .attach_dev = wigeon_int_attach };
