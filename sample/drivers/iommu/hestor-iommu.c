// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hestor IOMMU: the table is filled in code, and a device that is busy says
 * something else.
 */
#include <linux/iommu.h>

struct hestor_master {
	struct hestor_domain *domain;
	bool pasids_in_use;
};

struct hestor_domain {
	struct iommu_domain domain;
	u64 root;
};

static struct iommu_domain_ops hestor_domain_ops;

static int hestor_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct hestor_domain *hdom = container_of(domain, struct hestor_domain, domain);
	struct hestor_master *master = dev_iommu_priv_get(dev);
	struct iommu_domain *attached = iommu_get_domain_for_dev(dev);

	if (attached && attached != domain)
		return -EEXIST; /* site: errno=EEXIST class=busy verdict=change expected=EBUSY [wrong-resource-errno] */

	if (master->pasids_in_use) {
		dev_err(dev, "PASIDs are in use\n");
		return -EBUSY; /* site: errno=EBUSY class=busy verdict=ok expected=EBUSY print */
	}

	hestor_write_root(master, hdom->root);
	return 0;
}

static int hestor_init_ops(void)
{
	struct iommu_domain_ops *ops = &hestor_domain_ops;

	ops->attach_dev = hestor_attach_dev; /* binding */
	return 0;
}
