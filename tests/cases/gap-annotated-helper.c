// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper of the same file has more than one annotation between its parameters and its body.
 * Right: found in the helper, or a gap in coverage: "What it could not read is said" (README). An own helper is no other
 * subsystem's function.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct lamprey_iommu { int lock; };
struct lamprey_domain { struct iommu_domain domain; u32 mode; };
struct lamprey_master { struct lamprey_iommu *iommu; u32 mode; };

#define to_lamprey_domain(d) container_of(d, struct lamprey_domain, domain)

static int lamprey_check(struct lamprey_domain *ldom, struct lamprey_master *master)
	__releases(&master->iommu->lock)
	__acquires(&master->iommu->lock)
{
	if (ldom->mode != master->mode)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=lamprey_attach */
	return 0;
}

static int lamprey_verify(struct lamprey_domain *ldom, struct lamprey_master *master)
	__must_hold(&master->iommu->lock) __must_hold(&ldom->mode)
{
	if (ldom->mode != master->mode)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=lamprey_verify_attach */
	return 0;
}

/* The twin: one. */
static int lamprey_match(struct lamprey_domain *ldom, struct lamprey_master *master)
	__must_hold(&master->iommu->lock)
{
	if (ldom->mode != master->mode)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int lamprey_attach(struct iommu_domain *domain, struct device *dev)
{
	return lamprey_check(to_lamprey_domain(domain), dev_iommu_priv_get(dev));	/* trap: it is found inside */
}

static int lamprey_verify_attach(struct iommu_domain *domain, struct device *dev)
{
	return lamprey_verify(to_lamprey_domain(domain), dev_iommu_priv_get(dev));	/* trap: it is found inside */
}

static int lamprey_match_attach(struct iommu_domain *domain, struct device *dev)
{
	return lamprey_match(to_lamprey_domain(domain), dev_iommu_priv_get(dev));	/* trap: it is found inside */
}

const struct iommu_domain_ops lamprey_ops = { .attach_dev = lamprey_attach };
const struct iommu_domain_ops lamprey_verify_ops = { .attach_dev = lamprey_verify_attach };
const struct iommu_domain_ops lamprey_match_ops = { .attach_dev = lamprey_match_attach };
