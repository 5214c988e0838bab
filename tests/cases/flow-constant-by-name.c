// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: what a helper tests is decided at the call by constants that have names: enumerators in their order, flags, a
 * macro that is a number, a string, an address.
 * Right: no site for what cannot arrive, as with `false` and 0; where the constant lets it through, it stays.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

enum plover_level { PLOVER_NONE, PLOVER_PART = 3, PLOVER_FULL };
#define PLOVER_WRITE	0x1
#define PLOVER_TRACK	(1 << 1)
#define PLOVER_LATE	BIT(4)
#define PLOVER_USUAL	(PLOVER_WRITE | PLOVER_LATE)
#define PLOVER_ROUNDS	3

struct plover_iommu { void *base; };
struct plover_domain { struct iommu_domain domain; struct plover_iommu *iommu; };
struct plover_master { struct plover_iommu *iommu; };

#define to_plover_domain(d) container_of(d, struct plover_domain, domain)

static int plover_by_order(struct plover_domain *pdom, struct plover_master *master, enum plover_level level)
{
	if (level >= PLOVER_FULL && pdom->iommu != master->iommu)
		return -EXDEV;	/* none: PLOVER_PART */
	if (level > PLOVER_NONE && pdom->iommu != master->iommu)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int plover_by_flags(struct plover_domain *pdom, struct plover_master *master, unsigned int flags)
{
	if ((flags & PLOVER_TRACK) && pdom->iommu != master->iommu)
		return -EPERM;	/* none: not among PLOVER_USUAL */
	if (flags & PLOVER_LATE && pdom->iommu != master->iommu)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int plover_by_number(struct plover_domain *pdom, struct plover_master *master, int round)
{
	if (round >= PLOVER_ROUNDS)
		return -EACCES;	/* none: round is 0 */
	return pdom->iommu == master->iommu ? 0 : -EFAULT;	/* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL */
}

static int plover_by_string(struct plover_domain *pdom, const char *why)
{
	if (!why)
		return -E2BIG;	/* none: a string is handed in */
	if (pdom->domain.type == IOMMU_DOMAIN_IDENTITY)
		return -EOPNOTSUPP;	/* none: the callback has sorted that out, by the other name of the domain */
	return 0;
}

static int plover_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plover_domain *pdom = to_plover_domain(domain);
	struct plover_master *master = dev_iommu_priv_get(dev);
	int ret;

	if (domain->type == IOMMU_DOMAIN_IDENTITY)
		return 0;
	ret = plover_by_order(pdom, master, PLOVER_PART);
	ret = ret ?: plover_by_flags(pdom, master, PLOVER_USUAL);
	ret = ret ?: plover_by_number(pdom, master, 0);
	return ret ?: plover_by_string(pdom, "attach");
}

const struct iommu_domain_ops plover_ops = { .attach_dev = plover_attach };
