// SPDX-License-Identifier: GPL-2.0-only
/* Invented drivers: what attach_hard_failure.cocci must find, and must leave alone. */

static struct skarn_unit *skarn_unit_of(struct device *dev)
{
	struct skarn_master *master = dev_iommu_priv_get(dev);

	return master ? master->unit : NULL;
}

static int skarn_count(struct device *dev)
{
	return skarn_master_of(dev)->count;
}

/* It is handed nothing of the domain. */
static int skarn_region(struct device *dev, const struct skarn_data *data)
{
	int i;

	for (i = 0; i < data->count; i++)
		if (data->regions[i].sid == skarn_sid(dev))
			return i;

	dev_err(dev, "in no region\n");
	return -EINVAL; /* match */
}

static int skarn_bypass(struct skarn_master *master)
{
	if (!(master->unit->features & SKARN_BYPASS))
		return -EINVAL; /* the caller asked for the type of the domain */
	return 0;
}

static int skarn_setup(struct skarn_domain *sdom, struct skarn_master *master)
{
	sdom->num = skarn_count(master->dev);
	if (!sdom->num)
		return -EINVAL; /* match */

	sdom->table = kzalloc(SZ_4K, GFP_KERNEL);
	if (!sdom->table)
		return -EINVAL; /* out of memory: another rule */

	if (master->sid >= SKARN_SIDS)
		return -EINVAL; /* match */
	return 0;
}

static int skarn_attach(struct iommu_domain *domain, struct device *dev)
{
	struct skarn_domain *sdom = to_skarn_domain(domain);
	struct skarn_master *master = dev_iommu_priv_get(dev);
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct skarn_unit *unit;
	const u32 *ids;
	int len, i, ret = 0;

	if (!fwspec || fwspec->ops != &skarn_ops) {
		dev_err(dev, "not described\n");
		return -EINVAL; /* whose ops these are, SmPL does not see */
	}

	if (!fwspec->num_ids) {
		dev_err(dev, "no ids\n");
		return -EINVAL; /* match */
	}

	unit = skarn_unit_of(dev);
	if (IS_ERR_OR_NULL(unit))
		return -EINVAL; /* it may hold an errno */
	if (!unit)
		return -EINVAL; /* match */

	ids = of_get_property(dev->of_node, "ids", &len);
	if (ids == NULL)
		return -EINVAL; /* match */

	if (master->users)
		return -EINVAL; /* in use */

	if (master->domain)
		return -EINVAL; /* attached elsewhere */

	if (sdom->mode > unit->mode)
		return -EINVAL; /* a domain that does not fit */

	ret = skarn_region(dev, master->data);
	if (ret < 0)
		return ret;

	ret = skarn_setup(sdom, master);
	if (ret)
		return ret;

	if (domain->type == IOMMU_DOMAIN_IDENTITY)
		return skarn_bypass(master);

	if (!unit->translates)
		return -EINVAL; /* other types have left */

	for (i = 0; i < len / 4; i++) {
		if (ids[i] > SKARN_SIDS) {
			ret = -EINVAL; /* in a loop, but below the question for the type */
			break;
		}
	}
	return ret;
}

static int skarn_attach_again(struct iommu_domain *domain, struct device *dev)
{
	struct skarn_master *master = dev_iommu_priv_get(dev);
	int i, ret = -EINVAL;

	if (!master->clock) /* match: +1 */
		goto out;

	if (!master->unit)
		return ret; /* match */

	for (i = 0; i < master->num; i++) {
		if (!master->ports[i]) {
			ret = -EINVAL; /* match */
			break;
		}
		ret = skarn_start(&master->ports[i]);
	}
	if (readl_poll_timeout(master->base, i, !i, 1, 10))
		return -EINVAL; /* an action on the device */
out:
	return ret;
}

/* What serves one type of domain alone. */
static int skarn_attach_identity(struct iommu_domain *domain, struct device *dev)
{
	struct skarn_master *master = dev_iommu_priv_get(dev);

	if (!master->bypass)
		return -EINVAL; /* any other domain will do */
	return 0;
}

static const struct iommu_domain_ops skarn_identity_ops = {
	.attach_dev	= skarn_attach_identity,
};

static struct iommu_domain skarn_identity = {
	.type	= IOMMU_DOMAIN_IDENTITY,
	.ops	= &skarn_identity_ops,
};

static int skarn_attach_blocked(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL; /* the same, with its table inside */
	return 0;
}

static struct iommu_domain skarn_blocked = {
	.type	= IOMMU_DOMAIN_BLOCKED,
	.ops	= &(const struct iommu_domain_ops) {
		.attach_dev	= skarn_attach_blocked,
	},
};

static const struct iommu_ops skarn_ops = {
	.attach_dev	= skarn_attach_again,
	.default_domain_ops = &(const struct iommu_domain_ops) {
		.attach_dev	= skarn_attach,
	},
};
