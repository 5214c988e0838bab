/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the same in include/linux/iommu.h: an operation that tests for the attach, as a draft of October 2025 has it. */
/**
 * struct iommu_domain_ops - what can be done with a domain
 * @test_dev: would an attach of this device, or of one of its PASIDs, go well? Asked before each attach, maybe more
 *            than once, so it leaves everything as it is. Without it every device will do. Nothing is printed.
 *  Return:
 * * 0		- it would, as long as nothing runs out
 * * EINVAL	- the domain was configured so that it does not fit this device; callers go on with another. May be
 *		  some other fundamental problem
 * * EBUSY	- the device has a domain that cannot be taken from it
 * * ENODEV	- it is the device: no domain will do
 * * <others>	- as ENODEV, better avoided
 * @attach_dev: let a device translate through a domain that was tested for it
 *  Return:
 * * 0		- success
 * * ENOMEM	- out of memory
 * * ENOSPC	- out of any other resource
 * * <others>	- better avoided
 * @set_dev_pasid: the same for one PASID of the device
 */
struct iommu_domain_ops {
	int (*test_dev)(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old);
	int (*attach_dev)(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old);
	int (*set_dev_pasid)(struct iommu_domain *domain, struct device *dev,
			     ioasid_t pasid, struct iommu_domain *old);
};
