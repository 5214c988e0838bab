// SPDX-License-Identifier: GPL-2.0-only
/*
 * An attach whose test has gone well refuses nothing but for a lack of something. What it still refuses for the domain,
 * the device or because that is in use, has to be refused by the test of the same table: by the same comparison of the
 * same things, whatever they are called there and however it is written.
 */
#include <linux/iommu.h>
#include <linux/cleanup.h>
#include <linux/list.h>
#include <linux/slab.h>

struct lapwing_unit {
	unsigned int bits, streams;
	bool coherent;
	struct list_head devices;
	void *base;
};

struct lapwing_domain {
	struct iommu_domain core;
	struct lapwing_unit *unit;
	unsigned int bits;
	bool nested, wants_coherent;
	unsigned long *table;
};

struct lapwing_dev {
	struct lapwing_unit *unit;
	struct lapwing_domain *held;
	bool pinned, dead;
	unsigned int streams;
	unsigned int quirks;
};

#define to_lapwing(d) container_of(d, struct lapwing_domain, core)

static bool lapwing_wide_enough(struct lapwing_domain *dom, struct lapwing_unit *unit)
{
	return dom->bits <= unit->bits;
}

static int lapwing_check_streams(struct lapwing_dev *ld)
{
	if (ld->streams > ld->unit->streams)
		return -ENODEV; /* site: errno=ENODEV class=hard verdict=ok op=test_dev|attach_dev */
	return 0;
}

static struct lapwing_dev *lapwing_dev_of(struct device *dev)
{
	return dev_iommu_priv_get(dev);
}

static int lapwing_test_dev(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old)
{
	struct lapwing_domain *dom = to_lapwing(domain);
	struct lapwing_dev *ld = dev_iommu_priv_get(dev);
	int ret;

	if (dom->unit != ld->unit)
		return -EINVAL; /* site: errno=EINVAL class=incompatible verdict=ok op=test_dev */
	if (dom->bits > ld->unit->bits)
		return -EINVAL;
	if (ld->pinned)
		return -EBUSY; /* site: errno=EBUSY op=test_dev */
	ret = lapwing_check_streams(ld);
	if (ret)
		return ret;
	if (dom->wants_coherent && !ld->unit->coherent)
		return -EINVAL;
	return 0;
}

static int lapwing_attach_dev(struct iommu_domain *d, struct device *dev, struct iommu_domain *old)
{
	struct lapwing_dev *owner = lapwing_dev_of(dev);
	struct lapwing_unit *iommu = owner->unit;
	struct lapwing_domain *ld = to_lapwing(d);

	if (iommu == ld->unit)
		goto same;
	return -EINVAL; /* none of the rule: the same comparison, the other way round */
same:
	if (!lapwing_wide_enough(ld, iommu))
		return -EINVAL;	/* and through a predicate */
	if (owner->pinned == true)
		return -EBUSY;
	if (lapwing_check_streams(owner))
		return -ENODEV;
	if (ld->wants_coherent && !iommu->coherent)
		return -EINVAL;
	if (ld->nested != owner->unit->coherent)
		return -EINVAL; /* finding: rule=misfit-not-tested */
	if (owner->dead)
		return -ENODEV; /* finding: rule=misfit-not-tested */
	if (owner->held)
		return -EBUSY; /* finding: rule=misfit-not-tested */
	if (ld->bits < iommu->bits)
		return -EINVAL; /* finding: rule=misfit-not-tested */
	ld->table = kzalloc(4096, GFP_KERNEL);
	if (!ld->table)
		return -ENOMEM;
	writel(ld->bits, iommu->base);
	if (readl(iommu->base + 4) & 1)
		return -ENODEV; /* how it went: no test can know */
	owner->held = ld;
	return 0;
}

static const struct iommu_domain_ops lapwing_ops = {
	.test_dev = lapwing_test_dev,
	.attach_dev = lapwing_attach_dev,
};

/* Nothing is tested for this table's domains: whatever its attach refuses is not. */
static int lapwing_nested_attach(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	struct lapwing_dev *ld = dev_iommu_priv_get(dev);

	if (to_lapwing(domain)->unit != ld->unit)
		return -EINVAL; /* finding: rule=misfit-not-tested */
	ld->held = to_lapwing(domain);
	return 0;
}

static const struct iommu_domain_ops lapwing_nested_ops = {
	.attach_dev = lapwing_nested_attach,
};
