// SPDX-License-Identifier: GPL-2.0-only
/* An IOMMU of one context, which a domain is bound to. */
#include <linux/iommu.h>

struct sedge_unit {
	void __iomem *regs;
	unsigned int width;
	unsigned int stages;
};

struct sedge_domain {
	struct iommu_domain domain;
	struct sedge_unit *unit;
	unsigned int width;
	unsigned int stage;
	u64 *table;
};

static struct sedge_domain *to_sedge(struct iommu_domain *domain)
{
	return container_of(domain, struct sedge_domain, domain);
}

static void sedge_write(struct sedge_unit *unit, unsigned int reg, u32 value)
{
	writel(value, unit->regs + reg);
}

static int sedge_power(struct sedge_unit *unit)
{
	return clk_prepare_enable(unit->clk);
}

static int sedge_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct sedge_domain *sd = to_sedge(domain);
	struct sedge_unit *unit = dev_iommu_priv_get(dev);
	int ret;

	if (!unit)
		return -ENODEV;

	if (sd->unit && sd->unit != unit)
		return -EINVAL;

	if (sd->width > unit->width)
		return -EINVAL;

	if (!(unit->stages & BIT(sd->stage)))
		return -EINVAL;

	sd->table = kzalloc(SZ_4K, GFP_KERNEL);
	if (!sd->table)
		return -ENOMEM;

	ret = sedge_power(unit);
	if (ret)
		return ret;

	sd->unit = unit;
	sedge_write(unit, 0, 1);
	return 0;
}

static void sedge_detach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct sedge_unit *unit = dev_iommu_priv_get(dev);

	sedge_write(unit, 0, 0);
}

static const struct iommu_domain_ops sedge_domain_ops = {
	.attach_dev = sedge_attach_dev,
	.detach_dev = sedge_detach_dev,
};

static const struct iommu_ops sedge_ops = {
	.default_domain_ops = &sedge_domain_ops,
};
