// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper finds the misfit, logs it and returns an errno, which its caller replaces by one of its own: `if (check())
 * return -EINVAL;`.
 * Right: the message goes, as where the errno is handed on: "the driver must not log it" (contract.json, EINVAL). Whether
 * the site is masked or incompatible, it is to change. A helper that fails hard may log.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct smew_domain { struct iommu_domain domain; void *iommu; };
struct smew_master { void *iommu; u32 sid; struct device *dev; };

#define to_smew_domain(d) container_of(d, struct smew_domain, domain)

static int smew_check(struct smew_domain *sdom, struct smew_master *master)
{
	if (sdom->iommu != master->iommu) {
		dev_err(master->dev, "domain of another IOMMU\n");
		return -EINVAL;	/* open: the caller's is the one that arrives, the message is here */
	}
	return 0;
}

static int smew_usable(struct smew_master *master)
{
	if (!master->sid) {
		dev_err(master->dev, "no stream\n");
		return -ENODEV;	/* trap: hard, and right */
	}
	return 0;
}

/* The twin: handed on. */
static int smew_passed(struct smew_domain *sdom, struct smew_master *master)
{
	if (sdom->iommu != master->iommu) {
		dev_err(master->dev, "domain of another IOMMU\n");
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	}
	return 0;
}

static int smew_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_domain *sdom = to_smew_domain(domain);
	struct smew_master *master = dev_iommu_priv_get(dev);

	if (smew_usable(master))
		return -ENODEV;	/* site: errno=ENODEV class=masked|hard verdict=ok expected=ENODEV */

	if (smew_check(sdom, master))
		return -EINVAL;	/* site: errno=EINVAL class=masked|incompatible verdict=change */

	return smew_passed(sdom, master);
}

const struct iommu_domain_ops smew_ops = { .attach_dev = smew_attach };
