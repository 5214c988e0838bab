// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper's errno is stored, and overwritten before anyone looks at it: by the next statement, by the next turn
 * of a loop, by a success at the end.
 * Right: silent-success, change: "the driver's own helper, that can run out of something or find a misfit, is not looked
 * at" (docs/architecture.md). Storing a result is not looking at it. The site is the call, as for a bare one.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct osier_port { void *window; };
struct osier_master { struct osier_port *ports; int num_ports; struct clk *clk; };

static int osier_fill_window(struct osier_port *port)
{
	port->window = kzalloc(256, GFP_KERNEL);
	if (!port->window)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	return 0;
}

static int osier_next_attach(struct iommu_domain *domain, struct device *dev)
{
	struct osier_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = osier_fill_window(&master->ports[0]);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
	ret = clk_enable(master->clk);
	return ret;
}

static int osier_loop_attach(struct iommu_domain *domain, struct device *dev)
{
	struct osier_master *master = dev_iommu_priv_get(dev);
	int i, ret = 0;

	for (i = 0; i < master->num_ports; i++)
		ret = osier_fill_window(&master->ports[i]);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
	return ret;
}

static int osier_zero_attach(struct iommu_domain *domain, struct device *dev)
{
	struct osier_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = osier_fill_window(&master->ports[0]);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
	ret = 0;
	return ret;
}

/* The loop that stops at a failure loses nothing. */
static int osier_stop_attach(struct iommu_domain *domain, struct device *dev)
{
	struct osier_master *master = dev_iommu_priv_get(dev);
	int i, ret = 0;

	for (i = 0; i < master->num_ports && !ret; i++)
		ret = osier_fill_window(&master->ports[i]);	/* trap: the next turn asks for it */
	return ret;
}

/* Nor does the one that keeps the first failure. */
static int osier_first_attach(struct iommu_domain *domain, struct device *dev)
{
	struct osier_master *master = dev_iommu_priv_get(dev);
	int i, err, ret = 0;

	for (i = 0; i < master->num_ports; i++) {
		err = osier_fill_window(&master->ports[i]);	/* trap: kept below */
		if (err && !ret)
			ret = err;
	}
	return ret;
}

/* The twin: the bare call is seen. */
static int osier_bare_attach(struct iommu_domain *domain, struct device *dev)
{
	struct osier_master *master = dev_iommu_priv_get(dev);

	osier_fill_window(&master->ports[0]);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
	return clk_enable(master->clk);
}

const struct iommu_domain_ops osier_next_ops = { .attach_dev = osier_next_attach };
const struct iommu_domain_ops osier_loop_ops = { .attach_dev = osier_loop_attach };
const struct iommu_domain_ops osier_zero_ops = { .attach_dev = osier_zero_attach };
const struct iommu_domain_ops osier_stop_ops = { .attach_dev = osier_stop_attach };
const struct iommu_domain_ops osier_first_ops = { .attach_dev = osier_first_attach };
const struct iommu_domain_ops osier_bare_ops = { .attach_dev = osier_bare_attach };
