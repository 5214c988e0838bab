// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a loop attaches every domain there is, each to its own, and goes on after a success as after a failure.
 * Right: no search: nothing is tried instead of what failed. A loop that ends at the first success is one.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>

struct garganey { struct list_head node; struct iommu_domain *domain; struct device *dev; };

int garganey_first_kept(struct list_head *all)
{
	struct garganey *g;
	int first = 0;

	list_for_each_entry(g, all, node) {
		int ret = iommu_attach_device(g->domain, g->dev);	/* caller: class=passes-on|falls-back */

		if (ret && !first)
			first = ret;
	}
	return first;
}

int garganey_told(struct list_head *all)
{
	struct garganey *g;
	int ret;

	list_for_each_entry(g, all, node) {
		ret = iommu_attach_device(g->domain, g->dev);	/* caller: class=falls-back */
		if (ret)
			pr_debug("not attached: %d\n", ret);
	}
	return 0;
}

/* The twin: it ends with the first that fits. */
int garganey_any(struct list_head *all, struct device *dev)
{
	struct garganey *g;
	int ret = -ENODEV;

	list_for_each_entry(g, all, node) {
		ret = iommu_attach_device(g->domain, dev);	/* caller: class=search-any-error */
		if (!ret)
			break;
	}
	return ret;
}
