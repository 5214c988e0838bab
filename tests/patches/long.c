// SPDX-License-Identifier: GPL-2.0-only
/* Lines of more than 300 characters. */

static int long_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct long_domain *domain = to_long_domain(dom);
	struct long_unit *unit = dev_iommu_priv_get(dev);

	if (domain->unit != unit) {
		dev_err(dev, "cannot attach to another unit; cannot attach to another unit; cannot attach to another unit; cannot attach to another unit; cannot attach to another unit; cannot attach to another unit; cannot attach to another unit; cannot attach to another unit; cannot attach to another unit; cannot attach to another unit; \n");
		return -EXDEV;
	}
	if (domain->very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_wide != unit->very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_very_wide) return -EBUSY;
	return 0;
}

static const struct iommu_domain_ops long_domain_ops = {
	.attach_dev = long_attach_dev,
};
