// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sorrel power domains. struct generic_pm_domain has a member of the same name,
 * with the same first two words in its errors, and nothing to do with an IOMMU.
 */
#include <linux/pm_domain.h>

static int sorrel_attach_dev(struct generic_pm_domain *genpd, struct device *dev)
{
	if (!dev->of_node)
		return -EINVAL; /* trap: not an IOMMU operation */
	return pm_clk_create(dev);
}

static struct generic_pm_domain sorrel_cpu_domain = {
	.name		= "cpu",
	.attach_dev	= sorrel_attach_dev, /* not a binding */
};

/* Each island gets .attach_dev = the callback above in code. */
static int sorrel_init_island(struct sorrel_island *island)
{
	island->genpd.name = island->name;
	island->genpd.attach_dev = sorrel_attach_dev; /* not a binding */
	return pm_genpd_init(&island->genpd, NULL, true);
}
