/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of the IOMMU interface that an audit reads: the operations and, in
 * their kernel-doc, what each errno tells the caller.
 */
#ifndef __LINUX_IOMMU_H
#define __LINUX_IOMMU_H

#include <linux/types.h>

struct device;
struct iommu_domain_ops;

#define IOMMU_DOMAIN_BLOCKED	0
#define IOMMU_DOMAIN_IDENTITY	1
#define IOMMU_DOMAIN_UNMANAGED	2
#define IOMMU_DOMAIN_DMA	3
#define IOMMU_DOMAIN_NESTED	4

struct iommu_domain_geometry {
	dma_addr_t aperture_start;
	dma_addr_t aperture_end;
};

struct iommu_domain {
	unsigned int type;
	const struct iommu_domain_ops *ops;
	unsigned long pgsize_bitmap;
	struct iommu_domain_geometry geometry;
};

/**
 * struct iommu_domain_ops - what can be done with a domain
 * @attach_dev: let a device translate through a domain
 *  Return:
 * * 0		- success
 * * EINVAL	- can indicate that device and domain are incompatible because
 *		  of how the domain was configured before. Callers try domains
 *		  until one fits, so the driver stays silent. It may still
 *		  represent some other fundamental problem
 * * ENOMEM	- out of memory
 * * ENOSPC	- out of any other resource
 * * EBUSY	- device is attached to a domain and cannot be changed
 * * ENODEV	- device specific errors, not able to be attached
 * * <others>	- treated as ENODEV by the caller. Use is discouraged
 * @set_dev_pasid: let one PASID of a device translate through a domain
 */
struct iommu_domain_ops {
	int (*attach_dev)(struct iommu_domain *domain, struct device *dev);
	int (*set_dev_pasid)(struct iommu_domain *domain, struct device *dev,
			     ioasid_t pasid, struct iommu_domain *old);
};

/**
 * struct iommu_ops - what an IOMMU driver offers the core
 * @identity_domain: a static domain without translation
 * @blocked_domain: a static domain that lets nothing pass
 * @default_domain_ops: operations of the domains a driver allocates
 */
struct iommu_ops {
	struct iommu_domain *identity_domain;
	struct iommu_domain *blocked_domain;
	const struct iommu_domain_ops *default_domain_ops;
};

void *dev_iommu_priv_get(struct device *dev);
struct iommu_domain *iommu_get_domain_for_dev(struct device *dev);

#endif
