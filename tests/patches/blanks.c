// SPDX-License-Identifier: GPL-2.0-only
/* Lines indented with blanks, and with blanks before a tab. */

static int blanks_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct blanks_domain *domain = to_blanks_domain(dom);
	struct blanks_unit *unit = dev_iommu_priv_get(dev);

        if (!unit)
                return -EINVAL;
	if (domain->unit != unit)
    	return -EBUSY;
	if (domain->width > unit->width) {
                dev_err(dev, "too wide\n");
		return -EINVAL;
	}
	return 0;
}

static const struct iommu_domain_ops blanks_domain_ops = {
	.attach_dev = blanks_attach_dev,
};
