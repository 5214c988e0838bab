// SPDX-License-Identifier: GPL-2.0-only
/* driver: mixed [mixed-driver] */
/*
 * Tarnic IOMMU, driver core: helpers in the other file, a table of functions by
 * hardware generation, and a caller that logs what its helper refused softly.
 */
#include "tarnic.h"

static int tarnic_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct tarnic_domain *tdom = to_tarnic_domain(domain);
	struct tarnic_master *master = dev_iommu_priv_get(dev);
	struct tarnic_iommu *iommu = master->iommu;
	int ret;

	ret = tarnic_check_geometry(tdom, master); /* site: errno=propagated:tarnic_check_geometry class=incompatible verdict=change expected=keep print remove_print [soft-failure-logged] */
	if (ret) {
		dev_err(dev, "domain cannot be used: %d\n", ret);
		return ret;
	}

	ret = tarnic_power_up(iommu); /* trap: logged below, but the helper has no soft failure */
	if (ret) {
		dev_err(iommu->dev, "no power: %d\n", ret);
		return ret;
	}

	if (iommu->impl && iommu->impl->init) {
		ret = iommu->impl->init(tdom, master); /* trap: what it returns is listed where it arises */
		if (ret)
			return ret;
	}

	tarnic_write_stream(iommu, master->sid, tdom);
	return 0;
}

static const struct iommu_domain_ops tarnic_domain_ops = {
	.attach_dev	= tarnic_attach_dev, /* binding */
};

static const struct iommu_ops tarnic_ops = {
	.default_domain_ops	= &tarnic_domain_ops,
};
