// SPDX-License-Identifier: GPL-2.0-only
/* Invented drivers: what attach_errno_outside_contract.cocci must find, and must leave alone. */

static int ulm_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct ulm_domain *udom = to_ulm_domain(domain);
	struct ulm_master *master = dev_iommu_priv_get(dev);
	struct ulm_iommu *other = udom->iommu;
	int ret;

	if (!master)
		return -ENXIO; /* match */
	if (master->domain)
		return -EBUSY; /* in the contract */
	if (other != master->iommu)
		return -EXDEV; /* match: but no patch, the domain decides */

	switch (domain->type) {
	case IOMMU_DOMAIN_IDENTITY:
		return -EPERM; /* match: but no patch, the domain decides */
	case IOMMU_DOMAIN_DMA:
		break;
	default:
		return -EOPNOTSUPP; /* match: but no patch, the domain decides */
	}

	if (domain->type == IOMMU_DOMAIN_DMA) {
		ret = 0;
	} else {
		return -EILSEQ; /* match: but no patch, the domain decides */
	}

	ret = ulm_power_up(master);
	if (ret == -EEXIST) /* a comparison */
		return 0;
	if (ret) {
		ret = -EIO; /* match */
		goto out;
	}

	ret = -EAGAIN; /* overwritten */
	ret = ulm_enable(master);
	if (ret)
		return dev_err_probe(dev, -ETIMEDOUT, "stuck\n"); /* match */
out:
	return ret;
}

static int ulm_attach_identity(struct iommu_domain *domain, struct device *dev,
			       struct iommu_domain *old)
{
	if (!dev_iommu_priv_get(dev))
		return -ENOENT; /* match */
	return 0;
}

static int ulm_map(struct iommu_domain *domain, unsigned long iova)
{
	return -ERANGE; /* another operation */
}

static int ulm_attach_power(struct generic_pm_domain *genpd, struct device *dev)
{
	return -EPROBE_DEFER; /* power domains have a contract of their own */
}

static const struct iommu_ops ulm_ops = {
	.default_domain_ops = &(const struct iommu_domain_ops) {
		.attach_dev	= ulm_attach_dev,
		.map		= ulm_map,
	},
};

static const struct iommu_domain_ops ulm_identity_ops = {
	.attach_dev	= ulm_attach_identity,
};

static struct generic_pm_domain ulm_power = {
	.attach_dev	= ulm_attach_power,
};
