// SPDX-License-Identifier: GPL-2.0-only
/* A helper's errno is thrown away: at the end, in the middle, and after what would need undoing. */

static int result_map(struct result_domain *domain)
{
	domain->table = kzalloc(SZ_4K, GFP_KERNEL);
	if (!domain->table)
		return -ENOMEM;
	return 0;
}

static int result_last_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct result_domain *domain = to_result_domain(dom);

	result_map(domain);

	return 0;
}

static int result_middle_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct result_domain *domain = to_result_domain(dom);

	result_map(domain);
	result_enable(domain, dev);
	return 0;
}

static int result_late_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct result_domain *domain = to_result_domain(dom);

	refcount_inc(&domain->users);
	result_map(domain);
	return 0;
}

static const struct iommu_domain_ops result_last_ops = {
	.attach_dev = result_last_attach_dev,
};

static const struct iommu_domain_ops result_middle_ops = {
	.attach_dev = result_middle_attach_dev,
};

static const struct iommu_domain_ops result_late_ops = {
	.attach_dev = result_late_attach_dev,
};
