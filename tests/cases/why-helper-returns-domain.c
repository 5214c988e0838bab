// SPDX-License-Identifier: GPL-2.0-only
/*
 * A helper returns its domain where it succeeded, NULL where it failed, and the domain that is attached already
 * where there is one. That the result is another is no misfit.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/xarray.h>

struct pintail_iommu { struct ida ids; };
struct pintail_domain { struct iommu_domain domain; struct pintail_iommu *iommu; int id; };
struct pintail_master { struct pintail_iommu *iommu; struct pintail_domain *cur; };

#define to_pintail_domain(d) container_of(d, struct pintail_domain, domain)

static struct pintail_domain *pintail_insert(struct pintail_master *master, struct pintail_domain *pdom)
{
	if (master->cur)
		return master->cur;
	pdom->id = ida_alloc(&master->iommu->ids, GFP_KERNEL);
	if (pdom->id < 0)
		return NULL;
	master->cur = pdom;
	return pdom;
}

static int pintail_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pintail_domain *pdom = to_pintail_domain(domain), *got;

	got = pintail_insert(dev_iommu_priv_get(dev), pdom);
	if (got != pdom)
		return -EBUSY;	/* site: errno=EBUSY class=masked|busy expected=propagate|EBUSY */
	return 0;
}

/* The twin: the same question in the open. */
static int pintail_open_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pintail_domain *pdom = to_pintail_domain(domain);
	struct pintail_master *master = dev_iommu_priv_get(dev);

	if (master->cur && master->cur != pdom)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */

	if (pdom->iommu != master->iommu)
		return -EBUSY;	/* site: errno=EBUSY class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops pintail_ops = { .attach_dev = pintail_attach };
const struct iommu_domain_ops pintail_open_ops = { .attach_dev = pintail_open_attach };
