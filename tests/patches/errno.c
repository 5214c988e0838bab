// SPDX-License-Identifier: GPL-2.0-only
/* An errno in a return, a variable, an initialiser, a ternary, ERR_PTR(), as -1, twice in a line. */

static struct errno_unit *errno_find(struct device *dev)
{
	struct errno_unit *unit = dev_iommu_priv_get(dev);

	if (!unit)
		return ERR_PTR(-EINVAL);
	return unit;
}

static int errno_check(struct errno_domain *domain, struct errno_unit *unit)
{
	return domain->width > unit->width ? -ERANGE : 0;
}

static int errno_twice(struct errno_domain *domain, struct errno_unit *unit)
{
	if (domain->unit != unit)
		return domain->nested ? -EBUSY : -EPERM;
	return 0;
}

static int errno_alloc(struct errno_domain *domain)
{
	int ret = -EINVAL;

	domain->table = kzalloc(SZ_4K, GFP_KERNEL);
	if (!domain->table)
		goto out;
	ret = 0;
out:
	return ret;
}

static int errno_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct errno_domain *domain = to_errno_domain(dom);
	struct errno_unit *unit = errno_find(dev);
	int ret;

	if (IS_ERR(unit))
		return PTR_ERR(unit);
	if (domain->pgsize != unit->pgsize)
		return -EXDEV;
	if (!device_is_present(dev))
		return -1;
	ret = errno_check(domain, unit);
	if (ret)
		return ret;
	ret = errno_twice(domain, unit);
	if (ret)
		return ret;
	mutex_lock(&domain->lock);
	if (domain->unit && domain->unit != unit) {
		ret = -EBUSY;
		goto unlock;
	}
	ret = errno_alloc(domain);
unlock:
	mutex_unlock(&domain->lock);
	return ret;
}

static const struct iommu_domain_ops errno_domain_ops = {
	.attach_dev = errno_attach_dev,
};
