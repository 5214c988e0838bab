// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: an allocation, or an error pointer, in a local that is declared with __free().
 * Right: nomem, to change to ENOMEM, as without it: "an allocation returned nothing" (docs/architecture.md).
 */
#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct pochard_master { void *table; u32 sid; struct clk *clk; };

static int pochard_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pochard_master *master = dev_iommu_priv_get(dev);
	u32 *table __free(kfree) = kcalloc(4, sizeof(*table), GFP_KERNEL);
	int ret;

	if (!table)
		return -ENODEV;	/* site: errno=ENODEV class=nomem verdict=change expected=ENOMEM */

	ret = clk_enable(master->clk);	/* site: errno=propagated:clk_enable class=propagated verdict=ok expected=keep */
	if (ret)
		return ret;

	master->table = no_free_ptr(table);
	return 0;
}

static int pochard_right_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pochard_master *master = dev_iommu_priv_get(dev);
	u32 *table __free(kfree) = kzalloc(64, GFP_KERNEL);

	if (!table)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */

	master->table = no_free_ptr(table);
	return 0;
}

static int pochard_later_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pochard_master *master = dev_iommu_priv_get(dev);
	u32 *table __free(kfree) = NULL;

	table = kzalloc(64, GFP_KERNEL);
	if (!table)
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */

	master->table = no_free_ptr(table);
	return 0;
}

static void *pochard_table(struct pochard_master *master)
{
	if (!master->sid)
		return ERR_PTR(-EINVAL);	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return kzalloc(64, GFP_KERNEL) ?: ERR_PTR(-ENOMEM);	/* trap: nomem, and right */
}

static int pochard_error_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pochard_master *master = dev_iommu_priv_get(dev);
	void *table __free(kfree) = pochard_table(master);

	if (IS_ERR(table))
		return PTR_ERR(table);

	master->table = no_free_ptr(table);
	return 0;
}

/* The twin. */
static int pochard_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pochard_master *master = dev_iommu_priv_get(dev);
	u32 *table = kcalloc(4, sizeof(*table), GFP_KERNEL);

	if (!table)
		return -ENODEV;	/* site: errno=ENODEV class=nomem verdict=change expected=ENOMEM */

	master->table = table;
	return 0;
}

const struct iommu_domain_ops pochard_ops = { .attach_dev = pochard_attach };
const struct iommu_domain_ops pochard_right_ops = { .attach_dev = pochard_right_attach };
const struct iommu_domain_ops pochard_later_ops = { .attach_dev = pochard_later_attach };
const struct iommu_domain_ops pochard_plain_ops = { .attach_dev = pochard_plain_attach };
const struct iommu_domain_ops pochard_error_ops = { .attach_dev = pochard_error_attach };
