// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ostrel IOMMU: a PCI device and all its aliases, error pointers, ternaries, and
 * PASIDs with the four-argument callback.
 */
#include <linux/clk.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/xarray.h>

struct ostrel_iommu {
	struct clk *clk;
	struct xarray pasids;
};

struct ostrel_domain {
	struct iommu_domain domain;
	struct ostrel_iommu *iommu;
	u64 root;
};

struct ostrel_master {
	struct ostrel_iommu *iommu;
	struct ostrel_domain *domain;
	unsigned int max_pasids;
	u64 **entries;
};

#define to_ostrel_domain(d) container_of(d, struct ostrel_domain, domain)

static struct ostrel_iommu *ostrel_common_iommu(struct ostrel_domain *odom,
						struct ostrel_master *master)
{
	if (odom->iommu && odom->iommu != master->iommu)
		return ERR_PTR(-EXDEV); /* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL [incompatible-not-einval] */
	return master->iommu;
}

/* Called by the PCI core for the device and each of its aliases. */
static int ostrel_map_alias(struct pci_dev *pdev, u16 alias, void *opaque)
{
	struct ostrel_master *master = opaque;
	u64 *entry = kzalloc(sizeof(*entry), GFP_ATOMIC);

	if (!entry)
		return -ENOMEM; /* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */

	*entry = master->domain->root;
	master->entries[alias] = entry;
	return 0;
}

static int ostrel_check_free(struct ostrel_master *master)
{
	return master->domain ? -EBUSY : 0; /* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
}

static int ostrel_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct ostrel_domain *odom = to_ostrel_domain(domain);
	struct ostrel_master *master = dev_iommu_priv_get(dev);
	struct ostrel_iommu *iommu;
	int ret;

	iommu = ostrel_common_iommu(odom, master);
	if (IS_ERR(iommu))
		return PTR_ERR(iommu);

	ret = ostrel_check_free(master) ?: clk_enable(iommu->clk); /* site: errno=propagated:clk_enable class=propagated verdict=ok expected=keep */
	if (ret)
		return ret;

	master->domain = odom;
	return pci_for_each_dma_alias(to_pci_dev(dev), ostrel_map_alias, master); /* site: errno=propagated:pci_for_each_dma_alias class=propagated verdict=ok expected=keep */
}

static int ostrel_set_dev_pasid(struct iommu_domain *domain, struct device *dev,
				ioasid_t pasid, struct iommu_domain *old)
{
	struct ostrel_domain *odom = to_ostrel_domain(domain);
	struct ostrel_master *master = dev_iommu_priv_get(dev);

	if (!master->max_pasids)
		return -EOPNOTSUPP; /* site: errno=EOPNOTSUPP class=hard verdict=review expected=ENODEV op=set_dev_pasid [discouraged-errno] */

	if (odom->iommu != master->iommu)
		return -EXDEV; /* site: errno=EXDEV class=incompatible verdict=review expected=EINVAL op=set_dev_pasid [incompatible-not-einval] */

	return xa_insert(&master->iommu->pasids, pasid, odom, GFP_KERNEL); /* site: errno=propagated:xa_insert class=propagated verdict=ok expected=keep op=set_dev_pasid */
}

static const struct iommu_domain_ops ostrel_domain_ops = {
	.attach_dev	= ostrel_attach_dev, /* binding */
	.set_dev_pasid	= ostrel_set_dev_pasid, /* binding */
};
