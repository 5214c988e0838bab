// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device is (its bus) is no capability that a kind of domain asks for: hard for a static identity or
 * blocked domain too. A feature bit is one.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

#define SISKIN_BYPASS	BIT(0)

struct siskin_master { unsigned long features; };

static int siskin_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_is_pci(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV confidence=high|medium */
	return 0;
}

static int siskin_identity_attach(struct iommu_domain *domain, struct device *dev)
{
	struct siskin_master *master = dev_iommu_priv_get(dev);

	if (!dev_is_platform(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV confidence=high|medium */

	if (!(master->features & SISKIN_BYPASS))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}

/* The twin: paging alone. */
static int siskin_paging_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_is_pci(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV confidence=high|medium */
	return 0;
}

static struct iommu_domain siskin_blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &(const struct iommu_domain_ops) { .attach_dev = siskin_attach },
};

static struct iommu_domain siskin_identity = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &(const struct iommu_domain_ops) { .attach_dev = siskin_identity_attach },
};

const struct iommu_ops siskin_ops = {
	.blocked_domain = &siskin_blocked,
	.identity_domain = &siskin_identity,
	.default_domain_ops = &(const struct iommu_domain_ops) { .attach_dev = siskin_attach },
};

const struct iommu_ops siskin_paging_ops = {
	.default_domain_ops = &(const struct iommu_domain_ops) { .attach_dev = siskin_paging_attach },
};
