// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a preset inside a block, before the call whose failure takes it to the exit: `ret = -EINVAL; if (f()) goto out;`.
 * Right: the same site with the same confidence as `if (f()) { ret = -EINVAL; goto out; }`: an error that gates. Nothing
 * in the two differs but the order.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct dipper_iommu { void *base; };
struct dipper_domain { struct iommu_domain domain; struct dipper_iommu *iommu; };
struct dipper_master { struct dipper_iommu *iommu; void *table; bool deep; };

#define to_dipper_domain(d) container_of(d, struct dipper_domain, domain)

static int dipper_table(struct dipper_master *master)
{
	master->table = kzalloc(512, GFP_KERNEL);
	return master->table ? 0 : -ENOMEM;	/* trap: both callers return their own */
}

static int dipper_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dipper_master *master = dev_iommu_priv_get(dev);
	int ret;

	if (master->deep) {
		ret = -EINVAL;	/* site: errno=EINVAL class=masked verdict=change expected=propagate confidence=high|medium */
		if (dipper_table(master))
			goto out;
	}
	ret = 0;
out:
	return ret;
}

static int dipper_misfit_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dipper_domain *ddom = to_dipper_domain(domain);
	struct dipper_master *master = dev_iommu_priv_get(dev);
	int ret;

	if (master->deep) {
		ret = -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL confidence=high|medium */
		if (ddom->iommu != master->iommu)
			goto out;
	}
	ret = 0;
out:
	return ret;
}

/* The twin: the constant behind the call. */
static int dipper_after_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dipper_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (master->deep) {
		if (dipper_table(master)) {
			ret = -EINVAL;	/* site: errno=EINVAL class=masked verdict=change expected=propagate confidence=high|medium */
			goto out;
		}
	}
out:
	return ret;
}

const struct iommu_domain_ops dipper_ops = { .attach_dev = dipper_attach };
const struct iommu_domain_ops dipper_misfit_ops = { .attach_dev = dipper_misfit_attach };
const struct iommu_domain_ops dipper_after_ops = { .attach_dev = dipper_after_attach };
