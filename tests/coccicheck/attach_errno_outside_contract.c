// SPDX-License-Identifier: GPL-2.0-only
/* Invented drivers: what attach_errno_outside_contract.cocci must find, and must leave alone. */

static int ulm_power_up(struct ulm_master *master)
{
	if (ulm_clock(master))
		return -EBUSY;
	if (ulm_reset(master))
		return -EEXIST; /* the caller makes 0 of it */
	return 0;
}

static int ulm_enable(struct ulm_master *master)
{
	int ret = -EPROTO; /* match: for one exit */

	if (ulm_start(master))
		goto out;
	ret = ulm_wait(master);
out:
	return ret;
}

static int ulm_disable(struct ulm_master *master)
{
	return -EPERM; /* nobody hands it on */
}

static void *ulm_context(struct ulm_master *master)
{
	if (ulm_lookup(master))
		return ERR_PTR(-ESRCH); /* match */
	return master->context;
}

static int ulm_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct ulm_domain *udom = to_ulm_domain(domain);
	struct ulm_master *master = dev_iommu_priv_get(dev);
	struct ulm_iommu *other = udom->iommu;
	void *context;
	int ret;

	if (!master)
		return -ENXIO; /* match */
	if (master->domain)
		return -EBUSY; /* in the contract */
	if (other != master->iommu)
		return -EXDEV; /* a domain that does not fit: another rule */

	switch (domain->type) {
	case IOMMU_DOMAIN_IDENTITY:
		return -EPERM; /* the same: the kind of domain */
	case IOMMU_DOMAIN_DMA:
		break;
	default:
		return -EOPNOTSUPP; /* the same */
	}

	if (domain->type == IOMMU_DOMAIN_DMA) {
		ret = 0;
	} else {
		return -EILSEQ; /* the same */
	}

	ret = ulm_power_up(master);
	if (ret == -EEXIST) /* a comparison */
		return 0;
	if (ret) {
		ret = -EIO; /* match */
		goto out;
	}

	if (ulm_disable(master))
		return -EBUSY;

	context = ulm_context(master);
	if (IS_ERR(context))
		return PTR_ERR(context);

	ret = -EAGAIN; /* overwritten */
	ret = ulm_enable(master);
	if (ret == -ETIME)
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
