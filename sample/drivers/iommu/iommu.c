// SPDX-License-Identifier: GPL-2.0-only
/* The core of this tree: it offers the drivers' operations to everybody else. */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/list.h>

struct iommu_group {
	struct list_head devices;
	struct iommu_domain *domain;
	struct iommu_domain *default_domain;
};

static int __iommu_attach_device(struct iommu_domain *domain, struct device *dev)
{
	if (!domain->ops->attach_dev)
		return -ENODEV;	/* entry: errno=ENODEV class=incompatible */

	return domain->ops->attach_dev(domain, dev);
}

static int __iommu_attach_group(struct iommu_domain *domain, struct iommu_group *group)
{
	struct group_device *gdev;
	int ret;

	if (group->domain && group->domain != group->default_domain)
		return -EBUSY;	/* entry: errno=EBUSY class=busy */

	list_for_each_entry(gdev, &group->devices, list) {
		ret = __iommu_attach_device(domain, gdev->dev);
		if (ret)
			return ret;
	}
	group->domain = domain;
	return 0;
}

/**
 * iommu_attach_device - let the only device of a group translate through a domain
 * @domain: the domain
 * @dev: the device
 *
 * Note that EINVAL can be treated as a soft failure: a different domain may
 * succeed.
 */
int iommu_attach_device(struct iommu_domain *domain, struct device *dev) /* text: [contract-text] */
{
	struct iommu_group *group = dev->iommu_group;

	if (!group)
		return -ENODEV;	/* entry: errno=ENODEV class=hard */

	if (list_count_nodes(&group->devices) != 1)
		return -EINVAL;	/* entry: errno=EINVAL class=hard [entry-errno] */

	return __iommu_attach_group(domain, group);
}
EXPORT_SYMBOL_GPL(iommu_attach_device);

/**
 * iommu_attach_group - let a group of devices translate through a domain
 * @domain: the domain
 * @group: the group
 *
 * EINVAL can be treated as a soft failure: a different domain may succeed.
 */
int iommu_attach_group(struct iommu_domain *domain, struct iommu_group *group)
{
	if (WARN_ON(!domain))
		return -EINVAL;	/* entry: errno=EINVAL class=incompatible */

	return __iommu_attach_group(domain, group);
}
EXPORT_SYMBOL_GPL(iommu_attach_group);

/* What a driver says of a misfit does not arrive here. */
int iommu_deferred_attach(struct device *dev, struct iommu_domain *domain) /* text: [contract-text] */
{
	int ret = __iommu_attach_device(domain, dev); /* core: changed [entry-errno] */

	if (ret == -EINVAL)
		return -EIO;	/* entry: errno=EIO class=masked */

	return ret;
}

/* Offered to nobody: no entry point. */
int iommu_attach_quietly(struct iommu_domain *domain, struct device *dev)
{
	return __iommu_attach_device(domain, dev);
}
