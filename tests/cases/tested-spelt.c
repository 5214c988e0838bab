// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test and the attach make the same checks, each in its own words: another order of the operands, a switch for an
 * if, a helper for what is written out, a loop of its own, a local for a member. None of them can fail after a good
 * test. Beside each stands one that is only alike.
 */
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/slab.h>

#define GODWIT_FMT_A	1
#define GODWIT_FMT_B	2
#define GODWIT_DEAD	0x10

struct godwit_unit {
	unsigned int ids, bits, features;
	struct list_head members;
};

struct godwit_dev {
	struct godwit_unit *unit;
	struct device *dev;
	struct godwit_domain *domain;
	struct list_head node;
	unsigned int flags, sids[4], n_sids;
};

struct godwit_domain {
	struct godwit_unit *unit;
	struct iommu_domain base;
	unsigned int format, bits;
	unsigned long pages;
};

static inline struct godwit_domain *to_godwit(struct iommu_domain *base)
{
	return container_of(base, struct godwit_domain, base);
}

static bool godwit_is_member(struct godwit_unit *unit, struct device *dev)
{
	struct godwit_dev *m;

	list_for_each_entry(m, &unit->members, node)
		if (m->dev == dev)
			return true;
	return false;
}

/* In words of its own. */
static int godwit_streams_fit(struct godwit_dev *gd)
{
	unsigned int k;

	for (k = 0; k < gd->n_sids; k++)
		if (gd->unit->ids <= gd->sids[k])
			return -ENODEV; /* site: errno=ENODEV class=hard verdict=ok op=test_dev */
	return 0;
}

static bool godwit_fits(struct godwit_domain *gdom, const struct godwit_unit *unit)
{
	if (gdom->unit && gdom->unit != unit)
		return false;
	return gdom->bits <= unit->bits;
}

static int godwit_test_dev(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old)
{
	struct godwit_dev *gd = dev_iommu_priv_get(dev);
	struct godwit_domain *gdom = to_godwit(domain);

	if (!gd)
		return -ENODEV;
	switch (domain->type) {
	case IOMMU_DOMAIN_NESTED:
		return -EINVAL; /* site: errno=EINVAL class=incompatible verdict=ok op=test_dev */
	case IOMMU_DOMAIN_BLOCKED:
		return 0;
	default:
		break;
	}
	if (!godwit_fits(gdom, gd->unit))
		return -EINVAL;
	if (gd->flags & GODWIT_DEAD)
		return -ENODEV;
	if (godwit_is_member(gd->unit, dev))
		return -EBUSY;
	if (gdom->format != GODWIT_FMT_A && gd->unit->features == 0)
		return -EINVAL;
	return godwit_streams_fit(gd);
}

static int godwit_attach_dev(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	struct godwit_domain *d = container_of(domain, struct godwit_domain, base);
	struct godwit_dev *info = dev_iommu_priv_get(dev), *other;
	struct godwit_unit *u;
	unsigned int i, dead;

	if (info == NULL)
		return -ENODEV;
	u = info->unit;
	if (d->base.type == IOMMU_DOMAIN_NESTED)
		return -EINVAL;
	if (d->unit != NULL) {
		if (u != d->unit)
			return -EINVAL;
	}
	if (d->bits > u->bits)
		return -EINVAL;
	dead = info->flags & GODWIT_DEAD;
	if (dead != 0)
		return -ENODEV;
	list_for_each_entry(other, &u->members, node) {
		if (dev == other->dev)
			return -EBUSY;
	}
	for (i = 0; i < info->n_sids; ++i) {
		unsigned int sid = info->sids[i];

		if (sid >= u->ids)
			return -ENODEV;
	}
	if (!u->features && d->format != GODWIT_FMT_A)
		return -EINVAL;
	if (!u->features && d->format != GODWIT_FMT_B)
		return -EINVAL; /* finding: rule=misfit-not-tested */
	if (domain->type == IOMMU_DOMAIN_IDENTITY)
		return -EINVAL; /* finding: rule=misfit-not-tested */
	if (info->flags & 1)
		return -ENODEV; /* finding: rule=misfit-not-tested */
	list_for_each_entry(other, &u->members, node)
		if (other->domain == d)
			return -EBUSY; /* finding: rule=misfit-not-tested */
	if (u->bits > d->bits)
		return -EINVAL; /* finding: rule=misfit-not-tested */
	if (d->pages > info->n_sids)
		return -EINVAL; /* finding: rule=misfit-not-tested */
	list_add(&info->node, &u->members);
	return 0;
}

static const struct iommu_domain_ops godwit_ops = {
	.attach_dev = godwit_attach_dev,
	.test_dev = godwit_test_dev,
};
