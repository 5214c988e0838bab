// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grelt IOMMU: failures that get lost, as success or under the name of another
 * errno.
 */
#include <linux/clk.h>
#include <linux/idr.h>
#include <linux/iommu.h>
#include <linux/pci-ats.h>
#include <linux/slab.h>

struct grelt_iommu {
	struct clk *clk;
	struct ida ids;
};

struct grelt_domain {
	struct iommu_domain domain;
	struct grelt_iommu *iommu;
	void *table;
	void *shadow;
	void *log;
	int id;
};

struct grelt_master {
	struct grelt_iommu *iommu;
	struct device *dev;
};

#define to_grelt_domain(d) container_of(d, struct grelt_domain, domain)

static int grelt_alloc_table(struct grelt_domain *gdom)
{
	gdom->table = kzalloc(SZ_16K, GFP_KERNEL);
	if (!gdom->table)
		return -ENOMEM; /* trap: the caller returns another errno */
	return 0;
}

static int grelt_alloc_shadow(struct grelt_domain *gdom)
{
	gdom->shadow = kzalloc(SZ_16K, GFP_KERNEL);
	if (!gdom->shadow)
		return -ENOMEM; /* trap: the caller returns its own, equal one */
	return 0;
}

static int grelt_alloc_log(struct grelt_domain *gdom)
{
	gdom->log = kzalloc(SZ_4K, GFP_KERNEL);
	if (!gdom->log)
		return -ENOMEM; /* trap: the caller throws it away */
	return 0;
}

static void grelt_enable_ats(struct grelt_master *master)
{
	int ret = pci_enable_ats(to_pci_dev(master->dev), PAGE_SHIFT); /* trap: an optional feature, the helper is void */

	if (ret)
		dev_err(master->dev, "no ATS: %d\n", ret);
}

static int grelt_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct grelt_domain *gdom = to_grelt_domain(domain);
	struct grelt_master *master = dev_iommu_priv_get(dev);
	struct grelt_iommu *iommu = master->iommu;
	int id;

	if (gdom->iommu != iommu)
		return 0; /* site: errno=0 class=silent-success verdict=change expected=EINVAL [silent-success] */

	if (grelt_alloc_table(gdom))
		return -ENODEV; /* site: errno=ENODEV class=masked verdict=change expected=propagate [errno-masked] */

	if (grelt_alloc_shadow(gdom))
		return -ENOMEM; /* site: errno=ENOMEM class=masked verdict=ok expected=ENOMEM */

	if (clk_prepare_enable(iommu->clk))
		return -ENODEV; /* site: errno=ENODEV class=masked verdict=review expected=propagate [errno-masked] */

	id = ida_alloc(&iommu->ids, GFP_KERNEL);
	if (id < 0)
		return -EBUSY; /* site: errno=EBUSY class=masked verdict=change expected=propagate [errno-masked] */
	gdom->id = id;

	grelt_alloc_log(gdom); /* site: errno=0 class=silent-success verdict=change expected=propagate [silent-success] */
	grelt_enable_ats(master);
	if (grelt_alloc_shadow(gdom)) /* site: errno=0 class=silent-success verdict=review expected=propagate [silent-success] */
		return 0;
	return 0;
}

static const struct iommu_domain_ops grelt_domain_ops = {
	.attach_dev	= grelt_attach_dev, /* binding */
};
