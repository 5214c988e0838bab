// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the call stands in the condition itself, and its failure ends in success: `if (f()) return 0;`, `if (!f())
 * go_on();`.
 * Right: silent-success: "a helper's failure is thrown away" (docs/architecture.md), review as with a variable in
 * between. The site is the call, as for one whose result nobody looks at.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct wigeon_master { void *table; void *base; bool bypass; };

static int wigeon_table(struct wigeon_master *master)
{
	master->table = kzalloc(64, GFP_KERNEL);
	if (!master->table)
		return -ENOMEM;	/* trap: lost by all callers */
	return 0;
}

static bool wigeon_bypassed(struct wigeon_master *master)
{
	return master->bypass;
}

static int wigeon_if_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wigeon_master *master = dev_iommu_priv_get(dev);

	if (!wigeon_table(master))	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
		writel(1, master->base);
	return 0;
}

static int wigeon_return_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wigeon_master *master = dev_iommu_priv_get(dev);

	if (wigeon_bypassed(master))
		return 0;	/* none: a question, no failure */

	if (wigeon_table(master))	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0|ENOMEM */
		return 0;

	writel(1, master->base);
	return 0;
}

/* The twins: with a variable. */
static int wigeon_stored_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wigeon_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = wigeon_table(master);	/* site: errno=0 class=silent-success verdict=review expected=propagate|0 */
	if (!ret)
		writel(1, master->base);
	return 0;
}

const struct iommu_domain_ops wigeon_if_ops = { .attach_dev = wigeon_if_attach };
const struct iommu_domain_ops wigeon_return_ops = { .attach_dev = wigeon_return_attach };
const struct iommu_domain_ops wigeon_stored_ops = { .attach_dev = wigeon_stored_attach };
