// SPDX-License-Identifier: GPL-2.0-only
#include "ruff.h"

static struct ruff_unit *ruff_unit_of(struct device *dev)
{
	struct ruff_master *m = dev_iommu_priv_get(dev);

	return m ? m->unit : NULL;
}

int ruff_common(struct ruff_domain *rd, struct ruff_master *m)
{
	if (rd->stage == 1 && m->ssid_bits != rd->ssid_bits)
		return -EINVAL;
	return 0;
}

int ruff_can(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old)
{
	struct ruff_domain *rd = to_ruff(domain);
	struct ruff_unit *unit = ruff_unit_of(dev);
	struct ruff_master *master = dev_iommu_priv_get(dev);
	int err;

	if (!unit)
		return -ENODEV;
	if (rd->unit && unit != rd->unit)
		return -EINVAL;
	if (master->sva)
		return -EBUSY;
	err = ruff_common(rd, master);
	if (err)
		return err;
	if (pasid && rd->stall)
		return -EINVAL;
	return rd->stall == master->stall ? 0 : -EINVAL;
}
