// SPDX-License-Identifier: GPL-2.0-only
/* driver: mixed [mixed-driver] */
/*
 * Corvane IOMMU: capabilities that some types of domain need and some devices
 * lack, under guard() and scoped_guard().
 */
#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

#define CORVANE_FEAT_COHERENT	BIT(0)
#define CORVANE_FEAT_NESTING	BIT(1)
#define CORVANE_FEAT_STAGE2	BIT(2)

struct corvane_iommu {
	struct mutex lock;
	u32 features;
};

struct corvane_domain {
	struct iommu_domain domain;
	spinlock_t lock;
	bool dirty_tracking;
	u32 stage;
};

struct corvane_master {
	struct corvane_iommu *iommu;
	bool dirty_tracking;
	u32 stage;
};

#define to_corvane_domain(d) container_of(d, struct corvane_domain, domain)

/* Reached for nested domains only. */
static int corvane_setup_nested(struct corvane_iommu *iommu)
{
	if (!(iommu->features & CORVANE_FEAT_NESTING))
		return -EOPNOTSUPP; /* site: errno=EOPNOTSUPP class=incompatible verdict=change expected=EINVAL [incompatible-not-einval] */
	return 0;
}

static int corvane_setup_type(struct iommu_domain *domain, struct corvane_iommu *iommu)
{
	switch (domain->type) {
	case IOMMU_DOMAIN_NESTED:
		return corvane_setup_nested(iommu);
	case IOMMU_DOMAIN_UNMANAGED:
		if (!(iommu->features & CORVANE_FEAT_STAGE2))
			return -EINVAL; /* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
		return 0;
	case IOMMU_DOMAIN_DMA:
		return 0;
	default:
		return -EPERM; /* site: errno=EPERM class=incompatible verdict=change expected=EINVAL [incompatible-not-einval] */
	}
}

static int corvane_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct corvane_domain *cdom = to_corvane_domain(domain);
	struct corvane_master *master = dev_iommu_priv_get(dev);
	struct corvane_iommu *iommu = master->iommu;
	int ret;

	guard(mutex)(&iommu->lock);

	if (!(iommu->features & CORVANE_FEAT_COHERENT))
		return -EINVAL; /* site: errno=EINVAL class=hard verdict=change expected=ENODEV [hard-as-einval] */

	ret = corvane_setup_type(domain, iommu);
	if (ret)
		return ret;

	if (cdom->dirty_tracking && !master->dirty_tracking)
		return -EINVAL; /* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */

	scoped_guard(spinlock, &cdom->lock) {
		if (cdom->stage != master->stage)
			return -EXDEV; /* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL [incompatible-not-einval] */
		corvane_write_stage(iommu, cdom->stage);
	}
	return 0;
}

static const struct iommu_ops corvane_ops = {
	.default_domain_ops = &(const struct iommu_domain_ops) {
		.attach_dev	= corvane_attach_dev, /* binding */
	},
};
