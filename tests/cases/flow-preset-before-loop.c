// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a preset stands before a loop that overwrites it, and the loop looks at what it stored (`if (ret >= 0)`). The
 * preset arrives only where there was no turn at all.
 * Right: the class is that of the empty list, hard, ENODEV ok; EINVAL is to change. It replaces no errno: where a call
 * failed, ret holds the call's.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>

struct merle_unit { struct list_head node; bool running; };
struct merle_master { struct list_head units; struct merle_unit **array; int count; };

static int merle_start(struct merle_unit *unit)
{
	if (unit->running)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	unit->running = true;
	return 0;
}

static int merle_list_attach(struct iommu_domain *domain, struct device *dev)
{
	struct merle_master *master = dev_iommu_priv_get(dev);
	struct merle_unit *unit;
	int ret = -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */

	list_for_each_entry(unit, &master->units, node) {
		ret = merle_start(unit);	/* open: looked at, and lost if the next turn goes well */
		if (ret >= 0)
			writel(1, unit);
	}
	if (ret < 0)
		return ret;
	return 0;
}

/* The twin: a loop that ends at the first failure. */
static int merle_array_attach(struct iommu_domain *domain, struct device *dev)
{
	struct merle_master *master = dev_iommu_priv_get(dev);
	int i, ret = -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */

	for (i = 0; i < master->count; i++) {
		ret = merle_start(master->array[i]);
		if (ret)
			break;
	}
	return ret;
}

/* A real mask: the constant is stored after the call has failed. */
static int merle_masked_attach(struct iommu_domain *domain, struct device *dev)
{
	struct merle_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (merle_start(master->array[0]))
		ret = -ENODEV;	/* site: errno=ENODEV class=masked verdict=change expected=propagate */
	return ret;
}

const struct iommu_domain_ops merle_list_ops = { .attach_dev = merle_list_attach };
const struct iommu_domain_ops merle_array_ops = { .attach_dev = merle_array_attach };
const struct iommu_domain_ops merle_masked_ops = { .attach_dev = merle_masked_attach };
