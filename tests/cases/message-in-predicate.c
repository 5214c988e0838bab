// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the message stands in the predicate that finds the misfit, the errno in its caller.
 * Right: the site is to change: EINVAL stays, the message goes. "the driver must not log it" (contract.json, EINVAL)
 * whichever of its functions does. A predicate on the device alone may log: that failure is hard.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct shoveler_domain { struct iommu_domain domain; void *iommu; u32 mode; };
struct shoveler_master { void *iommu; u32 mode; u32 sid; struct device *dev; };

#define to_shoveler_domain(d) container_of(d, struct shoveler_domain, domain)

static bool shoveler_fits(struct shoveler_domain *sdom, struct shoveler_master *master)
{
	if (sdom->iommu != master->iommu) {
		dev_err(master->dev, "domain of another IOMMU\n");
		return false;
	}
	return true;
}

/* True where it does not fit. */
static bool shoveler_clashes(struct shoveler_domain *sdom, struct shoveler_master *master)
{
	bool clash = sdom->mode != master->mode;

	if (clash)
		dev_warn(master->dev, "another mode\n");
	return clash;
}

static bool shoveler_usable(struct shoveler_master *master)
{
	if (!master->sid) {
		dev_err(master->dev, "no stream\n");
		return false;
	}
	return true;
}

/* The twin: silent. */
static bool shoveler_suits(struct shoveler_domain *sdom, struct shoveler_master *master)
{
	return sdom->mode == master->mode;
}

static int shoveler_fits_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!shoveler_fits(to_shoveler_domain(domain), dev_iommu_priv_get(dev)))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int shoveler_clashes_attach(struct iommu_domain *domain, struct device *dev)
{
	if (shoveler_clashes(to_shoveler_domain(domain), dev_iommu_priv_get(dev)))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int shoveler_usable_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!shoveler_usable(dev_iommu_priv_get(dev)))
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	return 0;
}

static int shoveler_suits_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!shoveler_suits(to_shoveler_domain(domain), dev_iommu_priv_get(dev)))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}

/* The twin: the message in the branch. */
static int shoveler_branch_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!shoveler_suits(to_shoveler_domain(domain), dev_iommu_priv_get(dev))) {
		dev_err(dev, "another mode\n");
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	}
	return 0;
}

const struct iommu_domain_ops shoveler_fits_ops = { .attach_dev = shoveler_fits_attach };
const struct iommu_domain_ops shoveler_clashes_ops = { .attach_dev = shoveler_clashes_attach };
const struct iommu_domain_ops shoveler_usable_ops = { .attach_dev = shoveler_usable_attach };
const struct iommu_domain_ops shoveler_suits_ops = { .attach_dev = shoveler_suits_attach };
const struct iommu_domain_ops shoveler_branch_ops = { .attach_dev = shoveler_branch_attach };
