// SPDX-License-Identifier: GPL-2.0-only
/* Sites in #ifdef arms, and beside them. */

static int ifdef_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct ifdef_domain *domain = to_ifdef_domain(dom);
	struct ifdef_unit *unit = dev_iommu_priv_get(dev);

#ifdef CONFIG_64BIT
	if (domain->unit != unit)
		return -EBUSY;
#else
	if (domain->base != unit->base) {
		dev_err(dev, "base\n");
		return -EINVAL;
	}
#endif
	if (domain->format != unit->format) {
		dev_err(dev, "format\n");
#ifdef CONFIG_DEBUG
		ifdef_dump(unit);
#endif
		return -EINVAL;
	}
	return 0;
}

static const struct iommu_domain_ops ifdef_domain_ops = {
	.attach_dev = ifdef_attach_dev,
};
