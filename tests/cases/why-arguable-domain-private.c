// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: before v4.2 the driver's own part of a domain hung on domain->priv; the pointer that is kept, or a value of it that
 * went through a local variable.
 * Right: as where container_of() leads there: busy for the pointer, arguable for the value.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct hoopoe_part { phys_addr_t table; u32 width; };
struct hoopoe_bank { phys_addr_t table; struct hoopoe_part *owner; u32 width; };

static int hoopoe_attach(struct iommu_domain *domain, struct device *dev)
{
	struct hoopoe_bank *bank = dev_iommu_priv_get(dev);
	struct hoopoe_part *part;

	part = domain->priv;
	if (bank->owner && bank->owner != part)
		return -EPERM;	/* site: errno=EPERM class=busy verdict=change expected=EBUSY */
	if (bank->width < part->width)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	bank->owner = part;
	return 0;
}

static int hoopoe_table_attach(struct iommu_domain *domain, struct device *dev)
{
	struct hoopoe_bank *bank = dev_iommu_priv_get(dev);
	struct hoopoe_part *part = domain->priv;
	phys_addr_t now = bank->table;

	if (now && now != part->table)
		return -EBUSY;	/* site: errno=EBUSY class=busy|incompatible verdict=ok|review */
	bank->table = part->table;
	return 0;
}

const struct iommu_domain_ops hoopoe_ops = { .attach_dev = hoopoe_attach };
const struct iommu_domain_ops hoopoe_table_ops = { .attach_dev = hoopoe_table_attach };
