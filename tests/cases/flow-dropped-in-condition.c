// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the driver's own helper is called inside WARN_ON() or an if () that only logs, or cast to void; 0 is returned
 * all the same.
 * Right: silent-success at the call, at least review: "a helper's failure is thrown away" (docs/architecture.md); whether
 * a warning is enough, or the cast means it, is for a maintainer to say. The same in two statements, with a variable,
 * is listed as review.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct rowan_domain { struct iommu_domain domain; void *table; };

#define to_rowan_domain(d) container_of(d, struct rowan_domain, domain)

static int rowan_fill(struct rowan_domain *rdom)
{
	rdom->table = kzalloc(64, GFP_KERNEL);
	if (!rdom->table)
		return -ENOMEM;	/* trap: every caller loses it, or hands it on */
	return 0;
}

/* Cannot fail. */
static int rowan_clear(struct rowan_domain *rdom)
{
	rdom->table = NULL;
	return 0;
}

static int rowan_warn_attach(struct iommu_domain *domain, struct device *dev)
{
	WARN_ON(rowan_fill(to_rowan_domain(domain)));	/* site: errno=0 class=silent-success verdict=review|change expected=propagate */
	return 0;
}

static int rowan_log_attach(struct iommu_domain *domain, struct device *dev)
{
	if (rowan_fill(to_rowan_domain(domain)))	/* site: errno=0 class=silent-success verdict=review|change expected=propagate */
		dev_err(dev, "no table\n");
	return 0;
}

static int rowan_void_attach(struct iommu_domain *domain, struct device *dev)
{
	(void)rowan_fill(to_rowan_domain(domain));	/* site: errno=0 class=silent-success verdict=review|change expected=propagate */
	return 0;
}

/* The twins: with a variable, and without looking. */
static int rowan_stored_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = rowan_fill(to_rowan_domain(domain));	/* site: errno=0 class=silent-success verdict=review expected=propagate */
	if (ret)
		dev_err(dev, "no table: %d\n", ret);
	return 0;
}

static int rowan_bare_attach(struct iommu_domain *domain, struct device *dev)
{
	rowan_fill(to_rowan_domain(domain));	/* site: errno=0 class=silent-success verdict=change expected=propagate */
	return 0;
}

/* Nothing is lost here. */
static int rowan_kept_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	WARN_ON(rowan_clear(to_rowan_domain(domain)));	/* trap: cannot fail */
	(void)rowan_clear(to_rowan_domain(domain));	/* trap: cannot fail */

	ret = rowan_fill(to_rowan_domain(domain));
	if (WARN_ON(ret))
		return ret;	/* trap: handed on */
	return 0;
}

const struct iommu_domain_ops rowan_warn_ops = { .attach_dev = rowan_warn_attach };
const struct iommu_domain_ops rowan_log_ops = { .attach_dev = rowan_log_attach };
const struct iommu_domain_ops rowan_void_ops = { .attach_dev = rowan_void_attach };
const struct iommu_domain_ops rowan_stored_ops = { .attach_dev = rowan_stored_attach };
const struct iommu_domain_ops rowan_bare_ops = { .attach_dev = rowan_bare_attach };
const struct iommu_domain_ops rowan_kept_ops = { .attach_dev = rowan_kept_attach };
