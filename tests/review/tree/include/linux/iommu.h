/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef INVENTED_IOMMU_H
#define INVENTED_IOMMU_H

struct device;
struct iommu_domain;

/**
 * struct iommu_domain_ops - what a domain can do
 * @attach_dev: attach a domain to a device
 *  Return:
 * * 0		- success
 * * EINVAL	- this domain does not fit this device, and another may; a
 *		  driver is silent about it
 * * ENOMEM	- there was no memory
 * * ENOSPC	- there was none left of something other than memory
 * * EBUSY	- the device has a domain that it must keep
 * * ENODEV	- the device or its IOMMU cannot do it at all
 * * <others>	- as ENODEV, and better not used
 * @detach_dev: the other way
 */
struct iommu_domain_ops {
	int (*attach_dev)(struct iommu_domain *domain, struct device *dev);
	void (*detach_dev)(struct iommu_domain *domain, struct device *dev);
};

struct iommu_ops {
	const struct iommu_domain_ops *default_domain_ops;
};

#endif
