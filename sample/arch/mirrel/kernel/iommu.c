// SPDX-License-Identifier: GPL-2.0-only
/* The IOMMU of the Mirrel architecture itself: not every driver is in drivers/iommu. */
#include <linux/iommu.h>

static int mirrel_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct mirrel_bridge *bridge = dev_iommu_priv_get(dev);

	if (!bridge)
		return -ENODEV; /* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	return 0;
}

static const struct iommu_domain_ops mirrel_domain_ops = {
	.attach_dev	= mirrel_attach_dev, /* binding */
};
