// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test stands in another file than the attach, with helpers that both use, others that answer the same in other words,
 * and a choice that is NULL where nothing is there. An attach may ask the test itself.
 */
#include "ruff.h"

/* gap: engine sparse does not look for a callback of these tables in another file */

static int ruff_attach(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	struct ruff_master *m = dev_iommu_priv_get(dev);
	struct ruff_domain *rd = to_ruff(domain);
	int ret;

	ret = ruff_common(rd, m);
	if (ret)
		return ret;
	if (rd->unit) {
		if (rd->unit != m->unit)
			return -EINVAL;
	} else {
		rd->unit = m->unit;
	}
	if (m->sva)
		return -EBUSY;
	if (rd->stall != m->stall)
		return -EINVAL;
	if (WARN_ON(rd->stage > 3))
		return -EINVAL; /* finding: rule=misfit-not-tested */
	if (!m->unit->stalls && rd->stall)
		return -EINVAL; /* finding: rule=misfit-not-tested */
	m->held = rd;
	return 0;
}

static int ruff_set_pasid(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old)
{
	int ret = ruff_can(domain, dev, pasid, old);

	if (ret)
		return ret;
	return 0;
}

static int ruff_again(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	if (ruff_can(domain, dev, 0, old))
		return -EINVAL; /* open: it hides the test's errno */
	return 0;
}

static const struct iommu_domain_ops ruff_ops = {
	.test_dev = ruff_can,
	.attach_dev = ruff_attach,
	.set_dev_pasid = ruff_set_pasid,
};

static const struct iommu_domain_ops ruff_again_ops = {
	.test_dev = ruff_can,
	.attach_dev = ruff_again,
};
