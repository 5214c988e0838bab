// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a failure that is looked at ends in success, where it is no errno: an allocation, a helper of the driver that
 * returns a pointer; or it is one, and is set to 0 and returned below, or comes from the variable's initialiser.
 * Right: silent-success, review: "a helper's failure is thrown away" (docs/architecture.md). Whether the device can do
 * without is for a maintainer to say. The site is the call, as for one whose result nobody looks at.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct brill_domain { struct iommu_domain domain; void *info; };
struct brill_master { void *table, *base; u32 *stats; };

#define to_brill_domain(d) container_of(d, struct brill_domain, domain)

static int brill_prepare(struct brill_master *master)
{
	master->table = kzalloc(64, GFP_KERNEL);
	if (!master->table)
		return -ENOMEM;	/* trap: lost by all callers */
	return 0;
}

static void *brill_info(struct brill_domain *bdom)
{
	if (!bdom->info)
		bdom->info = kzalloc(16, GFP_KERNEL);
	return bdom->info;
}

static int brill_helper_attach(struct iommu_domain *domain, struct device *dev)
{
	struct brill_master *master = dev_iommu_priv_get(dev);
	void *info = brill_info(to_brill_domain(domain));	/* site: errno=0 class=silent-success verdict=review|change expected=ENOMEM|propagate|0 */

	if (!info)
		return 0;
	writel(1, master->base);
	return 0;
}

static int brill_memory_attach(struct iommu_domain *domain, struct device *dev)
{
	struct brill_master *master = dev_iommu_priv_get(dev);
	void *table = kzalloc(64, GFP_KERNEL);	/* site: errno=0 class=silent-success verdict=review|change expected=ENOMEM|propagate|0 */

	if (!table)
		return 0;
	master->table = table;
	return 0;
}

static int brill_reset_attach(struct iommu_domain *domain, struct device *dev)
{
	struct brill_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = brill_prepare(master);	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
	if (ret)
		ret = 0;
	writel(1, master->base);
	return ret;
}

static int brill_declared_attach(struct iommu_domain *domain, struct device *dev)
{
	struct brill_master *master = dev_iommu_priv_get(dev);
	int ret = brill_prepare(master);	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */

	if (ret)
		return 0;
	writel(1, master->base);
	return 0;
}

/* An allocation whose want is made up for is no failure of the attach. */
static int brill_spare_attach(struct iommu_domain *domain, struct device *dev)
{
	struct brill_master *master = dev_iommu_priv_get(dev);
	static u32 spare;

	master->stats = kzalloc(64, GFP_KERNEL);
	if (!master->stats)
		master->stats = &spare;	/* trap: handled */
	writel(1, master->base);
	return 0;
}

/* The twin. */
static int brill_stored_attach(struct iommu_domain *domain, struct device *dev)
{
	struct brill_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = brill_prepare(master);	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
	if (ret)
		return 0;
	writel(1, master->base);
	return 0;
}

const struct iommu_domain_ops brill_helper_ops = { .attach_dev = brill_helper_attach };
const struct iommu_domain_ops brill_memory_ops = { .attach_dev = brill_memory_attach };
const struct iommu_domain_ops brill_reset_ops = { .attach_dev = brill_reset_attach };
const struct iommu_domain_ops brill_declared_ops = { .attach_dev = brill_declared_attach };
const struct iommu_domain_ops brill_spare_ops = { .attach_dev = brill_spare_attach };
const struct iommu_domain_ops brill_stored_ops = { .attach_dev = brill_stored_attach };
