// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper whose header stands in two arms of an #ifdef, above one body.
 * Right: found in the helper, or a gap in coverage: "`#if` arms are all read, as if each were compiled", and "What it
 * could not read is said" (README).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct redpoll_domain { struct iommu_domain domain; u32 mode; };
struct redpoll_master { u32 mode; };

#define to_redpoll_domain(d) container_of(d, struct redpoll_domain, domain)

#ifdef CONFIG_REDPOLL_LEVELS
static int redpoll_check(struct redpoll_domain *rdom, struct redpoll_master *master, int level)
#else
static int redpoll_check(struct redpoll_domain *rdom, struct redpoll_master *master)
#endif
{
	if (rdom->mode != master->mode)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=redpoll_attach */
	return 0;
}

/* The twin: two functions. */
#ifdef CONFIG_REDPOLL_LEVELS
static int redpoll_match(struct redpoll_domain *rdom, struct redpoll_master *master)
{
	if (rdom->mode != master->mode)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL engine=coccinelle */
	return 0;
}
#else
static int redpoll_match(struct redpoll_domain *rdom, struct redpoll_master *master)
{
	if (rdom->mode < master->mode)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}
#endif

static int redpoll_attach(struct iommu_domain *domain, struct device *dev)
{
	return redpoll_check(to_redpoll_domain(domain), dev_iommu_priv_get(dev));
}

static int redpoll_match_attach(struct iommu_domain *domain, struct device *dev)
{
	return redpoll_match(to_redpoll_domain(domain), dev_iommu_priv_get(dev));
}

const struct iommu_domain_ops redpoll_ops = { .attach_dev = redpoll_attach };
const struct iommu_domain_ops redpoll_match_ops = { .attach_dev = redpoll_match_attach };
