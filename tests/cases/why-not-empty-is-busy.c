// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not empty, of the device's own container or node, says that it is in use. Empty, where something was needed, is
 * hard.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/xarray.h>

struct moorhen_domain { struct iommu_domain domain; struct list_head users; struct hlist_head hashed; };
struct moorhen_master {
	struct list_head node, bonds, ports;
	struct hlist_node hash;
	struct xarray pasids;
	struct idr contexts;
	DECLARE_BITMAP(in_use, 64);
};

#define to_moorhen_domain(d) container_of(d, struct moorhen_domain, domain)

static int moorhen_attach(struct iommu_domain *domain, struct device *dev)
{
	struct moorhen_master *master = dev_iommu_priv_get(dev);

	if (list_empty(&master->ports))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */

	if (!xa_empty(&master->pasids))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */

	if (!list_empty(&master->bonds))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */

	if (!idr_is_empty(&master->contexts))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */

	if (!bitmap_empty(master->in_use, 64))
		return -EINVAL;	/* site: errno=EINVAL class=busy verdict=review expected=EBUSY */

	return 0;
}

/* The node that attach itself puts into the domain's list. */
static int moorhen_node_attach(struct iommu_domain *domain, struct device *dev)
{
	struct moorhen_domain *mdom = to_moorhen_domain(domain);
	struct moorhen_master *master = dev_iommu_priv_get(dev);

	if (!list_empty(&master->node))
		return -EINVAL;	/* site: errno=EINVAL class=busy verdict=review expected=EBUSY */

	if (!hlist_unhashed(&master->hash))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */

	list_add(&master->node, &mdom->users);
	hlist_add_head(&master->hash, &mdom->hashed);
	return 0;
}

/* The twin: one entry, present. */
static int moorhen_entry_attach(struct iommu_domain *domain, struct device *dev)
{
	struct moorhen_master *master = dev_iommu_priv_get(dev);

	if (xa_load(&master->pasids, 0))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	return 0;
}

const struct iommu_domain_ops moorhen_ops = { .attach_dev = moorhen_attach };
const struct iommu_domain_ops moorhen_node_ops = { .attach_dev = moorhen_node_attach };
const struct iommu_domain_ops moorhen_entry_ops = { .attach_dev = moorhen_entry_attach };
