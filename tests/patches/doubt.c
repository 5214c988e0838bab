// SPDX-License-Identifier: GPL-2.0-only
/* Where a person must decide: a comment beside a message, a caller that compares, a shared message. */

static int doubt_check(struct doubt_domain *domain, struct doubt_unit *unit)
{
	if (domain->unit != unit)
		return -EBUSY;
	return 0;
}

static int doubt_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct doubt_domain *domain = to_doubt_domain(dom);
	struct doubt_unit *unit = dev_iommu_priv_get(dev);
	int ret;

	if (domain->width > unit->width) {
		dev_err(dev, "too wide\n"); /* seen on early boards */
		return -EINVAL;
	}
	ret = doubt_check(domain, unit);
	if (ret == -EBUSY && unit->shared)
		ret = doubt_move(domain, unit);
	if (ret)
		return ret;
	if (domain->format != unit->format) {
		ret = -EINVAL;
		goto fail;
	}
	if (!unit->clock) {
		ret = -ENODEV;
		goto fail;
	}
	return 0;

fail:
	dev_err(dev, "cannot attach\n");
	return ret;
}

static const struct iommu_domain_ops doubt_domain_ops = {
	.attach_dev = doubt_attach_dev,
};
