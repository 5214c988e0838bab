// SPDX-License-Identifier: GPL-2.0-only
/* The message of a soft failure: in braces, in else-if arms, at labels, on many lines, twice, probing. */

static int message_arms(struct message_domain *domain, struct message_unit *unit, struct device *dev)
{
	const char *name = unit->name;
	int ret = 0;

	if (!domain->unit) {
		domain->unit = unit;
	} else if (domain->unit != unit) {
		/* the domain is another unit's */
		dev_err(dev, "cannot attach to %s (already on %s)\n",
			name,
			domain->unit->name);
		ret = -EINVAL;
	} else if (domain->width > unit->width) {
		ret = -EINVAL;
		dev_warn(dev, "domain is too wide\n");
	} else {
		dev_dbg(dev, "attaching\n");
	}
	return ret;
}

static int message_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct message_domain *domain = to_message_domain(dom);
	struct message_unit *unit = dev_iommu_priv_get(dev);
	int ret;

	if (!unit)
		return -ENODEV;
	if (domain->pgsize != unit->pgsize) {
		pr_err("page size %lu is not that of %s\n",
		       domain->pgsize, unit->name);
		return -EINVAL;
	}
	if (domain->format != unit->format) {
		dev_err(dev, "format %d\n", domain->format);
		dev_err_ratelimited(dev, "format is not %d\n", unit->format);

		return -EINVAL;
	}
	if (domain->stage != unit->stage)
		return dev_err_probe(dev, -EINVAL,
				     "stage %d is not %d\n",
				     domain->stage, unit->stage);
	switch (domain->kind) {
	case MESSAGE_PLAIN:
		break;
	default:
		dev_err(dev, "kind %d\n", domain->kind);
		return -EINVAL;
	}
	if (domain->cache != unit->cache)
		goto misfit;
	ret = message_arms(domain, unit, dev);
	if (ret)
		return ret;
	return 0;

misfit:
	dev_err(dev, "no cache\n");
	return -EINVAL;
}

static const struct iommu_domain_ops message_domain_ops = {
	.attach_dev = message_attach_dev,
};
