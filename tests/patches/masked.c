// SPDX-License-Identifier: GPL-2.0-only
/* The errno of a helper is replaced by a constant: held in a variable, a member, or nowhere. */

static int masked_map(struct masked_domain *domain)
{
	domain->table = kzalloc(SZ_4K, GFP_KERNEL);
	if (!domain->table)
		return -ENOMEM;
	return 0;
}

static int masked_index(struct masked_unit *unit)
{
	int i = find_first_zero_bit(unit->used, unit->count);

	if (i >= unit->count)
		return -ENOSPC;
	return i;
}

static int masked_held_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct masked_domain *domain = to_masked_domain(dom);
	struct masked_unit *unit = dev_iommu_priv_get(dev);
	int ret;

	mutex_lock(&domain->lock);
	ret = masked_map(domain);
	mutex_unlock(&domain->lock);
	if (ret)
		return -ENODEV;
	unit->index = masked_index(unit);
	if (unit->index < 0) {
		ret = -ENODEV;
		goto out;
	}
	ret = masked_map(domain);
	if (ret) {
		ret = -EIO;
		goto out;
	}
out:
	return ret;
}

static int masked_call_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct masked_domain *domain = to_masked_domain(dom);
	int ret;

	if (masked_map(domain))
		return -ENODEV;
	ret = masked_program(domain);
	return ret;
}

static int masked_declared_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct masked_domain *domain = to_masked_domain(dom);

	if (masked_map(domain) < 0) {
		dev_dbg(dev, "not mapped\n");
		return -ENODEV;
	}
	return 0;
}

static int masked_complex_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct masked_domain *domain = to_masked_domain(dom);

	if (domain->lazy && masked_map(domain))
		return -ENODEV;
	return 0;
}

static const struct iommu_domain_ops masked_held_ops = {
	.attach_dev = masked_held_attach_dev,
};

static const struct iommu_domain_ops masked_call_ops = {
	.attach_dev = masked_call_attach_dev,
};

static const struct iommu_domain_ops masked_declared_ops = {
	.attach_dev = masked_declared_attach_dev,
};

static const struct iommu_domain_ops masked_complex_ops = {
	.attach_dev = masked_complex_attach_dev,
};
