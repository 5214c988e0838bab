// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper tests a parameter, and the argument is a constant at the call: what stands under the other cases
 * cannot happen there.
 * Right: no site for what cannot arrive: "A constant that does not reach is not a site" (design, section 4), and a call
 * that cannot fail loses nothing. Where the constant lets the failure through, it stays.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

enum bracken_mode { BRACKEN_FAST, BRACKEN_QUIET };
struct bracken_iommu { void *base; };
struct bracken_domain { struct iommu_domain domain; struct bracken_iommu *iommu; u32 flags; };
struct bracken_master { struct bracken_iommu *iommu; };

#define to_bracken_domain(d) container_of(d, struct bracken_domain, domain)

/* Called with BRACKEN_QUIET alone. */
static int bracken_set_mode(struct bracken_domain *bdom, enum bracken_mode mode)
{
	switch (mode) {
	case BRACKEN_FAST:
		if (bdom->iommu)
			return -EBUSY;	/* none: not for BRACKEN_QUIET */
		bdom->flags |= 1;
		return 0;
	case BRACKEN_QUIET:
		bdom->flags |= 2;
		return 0;
	}
	return -EPERM;	/* none: not for BRACKEN_QUIET */
}

/* Called with false alone. */
static int bracken_power(struct bracken_domain *bdom, bool on)
{
	if (on && !bdom->iommu)
		return -EACCES;	/* none: on is false */
	bdom->flags &= ~4u;
	return 0;
}

/* Called with 0 alone. */
static int bracken_limit(struct bracken_domain *bdom, struct bracken_master *master, unsigned int level)
{
	if (level) {
		if (bdom->iommu != master->iommu)
			return -EXDEV;	/* none: level is 0 */
	}
	return 0;
}

/* The twins: called with what lets the failure through, or with both. */
static int bracken_check(struct bracken_domain *bdom, struct bracken_master *master, bool deep)
{
	if (deep && bdom->iommu != master->iommu)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int bracken_recheck(struct bracken_domain *bdom, struct bracken_master *master, enum bracken_mode mode)
{
	switch (mode) {
	case BRACKEN_FAST:
		if (bdom->iommu != master->iommu)
			return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
		return 0;
	default:
		return 0;
	}
}

static int bracken_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bracken_domain *bdom = to_bracken_domain(domain);
	struct bracken_master *master = dev_iommu_priv_get(dev);
	int ret;

	bracken_set_mode(bdom, BRACKEN_QUIET);	/* none: cannot fail */

	ret = bracken_limit(bdom, master, 0);
	if (ret)
		return ret;

	ret = bracken_check(bdom, master, true);
	if (ret)
		return ret;

	ret = bracken_recheck(bdom, master, BRACKEN_QUIET);
	if (ret)
		return ret;

	ret = bracken_recheck(bdom, master, BRACKEN_FAST);
	if (ret)
		return ret;

	return bracken_power(bdom, false);
}

const struct iommu_domain_ops bracken_ops = { .attach_dev = bracken_attach };
