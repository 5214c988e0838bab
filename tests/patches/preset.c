// SPDX-License-Identifier: GPL-2.0-only
/* One preset errno, exits of several kinds: only one of them is wrong. */

static int preset_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct preset_domain *domain = to_preset_domain(dom);
	struct preset_unit *unit = dev_iommu_priv_get(dev);
	int ret = -EINVAL;

	if (!unit)
		goto out;
	if (domain->unit != unit)
		goto out;
	ret = 0;
out:
	return ret;
}

static const struct iommu_domain_ops preset_domain_ops = {
	.attach_dev = preset_attach_dev,
};
