// SPDX-License-Identifier: GPL-2.0-only
/* driver: mixed [mixed-driver] */
/*
 * Dunmar IOMMU: presets, one serving a single exit and one serving two, chains of
 * gotos, and a table that is not const.
 */
#include <linux/iommu.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct dunmar_iommu {
	spinlock_t lock;
	unsigned int ias;
};

struct dunmar_domain {
	struct iommu_domain domain;
	struct dunmar_iommu *iommu;
	unsigned int ias;
	void *shadow;
};

struct dunmar_master {
	struct dunmar_iommu *iommu;
	struct dunmar_domain *domain;
	unsigned int num_sids;
};

#define to_dunmar_domain(d) container_of(d, struct dunmar_domain, domain)

static int dunmar_check(struct dunmar_domain *ddom, struct dunmar_master *master)
{
	int ret = -ENXIO;

	if (ddom->ias > master->iommu->ias)
		goto out; /* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL [incompatible-not-einval] */

	if (!master->num_sids)
		goto out; /* site: errno=ENXIO class=hard verdict=review expected=ENODEV [discouraged-errno] */

	ret = 0;
out:
	return ret;
}

static int dunmar_join(struct dunmar_domain *ddom, struct dunmar_master *master)
{
	int ret = -EINVAL; /* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */

	spin_lock(&master->iommu->lock);
	if (ddom->iommu && ddom->iommu != master->iommu)
		goto unlock;
	ddom->iommu = master->iommu;
	ret = 0;
unlock:
	spin_unlock(&master->iommu->lock);
	return ret;
}

static int dunmar_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct dunmar_domain *ddom = to_dunmar_domain(domain);
	struct dunmar_master *master = dev_iommu_priv_get(dev);
	int ret;

	if (master->domain && master->domain != ddom)
		return -EINVAL; /* site: errno=EINVAL class=busy verdict=review expected=EBUSY [wrong-resource-errno] */

	ddom->shadow = kzalloc(SZ_4K, GFP_KERNEL);
	if (!ddom->shadow) {
		ret = -ENOMEM; /* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
		goto out;
	}

	ret = dunmar_check(ddom, master);
	if (ret)
		goto free_shadow;

	ret = dunmar_join(ddom, master);
	if (ret)
		goto free_shadow;

	master->domain = ddom;
	return 0;

free_shadow:
	kfree(ddom->shadow);
out:
	return ret;
}

static struct iommu_domain_ops dunmar_domain_ops = {
	.attach_dev	= dunmar_attach_dev, /* binding */
};
