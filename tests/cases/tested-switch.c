// SPDX-License-Identifier: GPL-2.0-only
/*
 * A switch for an if, both ways round: default says that it is none of the cases, case 0 that it is not set. A default
 * beside other cases is another check.
 */
#include <linux/iommu.h>

enum { SISKIN_FLAT, SISKIN_TREE, SISKIN_HASH, SISKIN_NONE };

struct siskin_unit {
	unsigned int levels;
};

struct siskin_domain {
	struct iommu_domain base;
	unsigned int format, levels;
};

struct siskin_dev {
	struct siskin_unit *unit;
	struct siskin_domain *domain;
	unsigned int port;
};

#define to_siskin(d) container_of(d, struct siskin_domain, base)

static int siskin_test_dev(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old)
{
	struct siskin_dev *sd = dev_iommu_priv_get(dev);

	switch (to_siskin(domain)->format) {
	case SISKIN_TREE:
		if (sd->unit->levels != 3)
			return -EINVAL;
		fallthrough;
	case SISKIN_FLAT:
		break;
	default:
		return -EINVAL;
	}
	switch (sd->port) {
	case 0:
		return -ENODEV;
	case 7:
		return -EBUSY; /* site: errno=EBUSY op=test_dev */
	}
	if (domain->type != IOMMU_DOMAIN_UNMANAGED && domain->type != IOMMU_DOMAIN_DMA)
		return -EINVAL;
	switch (to_siskin(domain)->levels) {
	case 3:
	case 4:
		return 0;
	default:
		return -EINVAL;
	}
}

static int siskin_attach_dev(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	struct siskin_domain *sdom = to_siskin(domain);
	struct siskin_dev *sd = dev_iommu_priv_get(dev);

	if (sdom->format != SISKIN_FLAT && sdom->format != SISKIN_TREE)
		return -EINVAL;
	if (!sd->port)
		return -ENODEV;
	switch (domain->type) {
	case IOMMU_DOMAIN_DMA:
	case IOMMU_DOMAIN_UNMANAGED:
		break;
	default:
		return -EINVAL;
	}
	if (sdom->format == SISKIN_FLAT)
		return -EINVAL; /* finding: rule=misfit-not-tested */
	switch (sdom->levels) {
	case 1:
	case 2:
		break;
	default:
		return -EINVAL; /* finding: rule=misfit-not-tested */
	}
	sd->domain = sdom;
	return 0;
}

static const struct iommu_domain_ops siskin_ops = {
	.test_dev = siskin_test_dev,
	.attach_dev = siskin_attach_dev,
};
