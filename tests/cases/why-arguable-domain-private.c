// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: before v4.2 the driver's own part of a domain hung on domain->priv; the pointer that is kept, or a value of it that
 * went through a local variable or an address translation. What a driver kept for the device hung on dev->archdata.
 * Right: as where container_of() leads there: busy for the pointer, arguable for the value.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>

struct hoopoe_part { phys_addr_t table; u32 width; void *top; struct list_head banks; };
struct hoopoe_bank { phys_addr_t table; struct hoopoe_part *owner; u32 width; phys_addr_t physical; int users; struct list_head node; };

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

static int hoopoe_physical_attach(struct iommu_domain *domain, struct device *dev)
{
	struct hoopoe_bank *bank = dev_iommu_priv_get(dev);
	struct hoopoe_part *part = domain->priv;

	if (bank->users && bank->physical != virt_to_phys(part->top))
		return -EBUSY;	/* site: errno=EBUSY class=busy|incompatible verdict=ok|review */
	bank->physical = virt_to_phys(part->top);
	bank->users++;
	return 0;
}

static int hoopoe_owner_attach(struct iommu_domain *domain, struct device *dev)
{
	struct hoopoe_part *part = domain->priv;
	struct hoopoe_bank *bank, *own;

	if (!dev->archdata.iommu)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	own = dev->archdata.iommu;
	list_for_each_entry(bank, &part->banks, node)
		if (bank == own)
			return -EEXIST;	/* site: errno=EEXIST class=busy|incompatible verdict=ok|review */
	return 0;
}

const struct iommu_domain_ops hoopoe_physical_ops = { .attach_dev = hoopoe_physical_attach };
const struct iommu_domain_ops hoopoe_owner_ops = { .attach_dev = hoopoe_owner_attach };
const struct iommu_domain_ops hoopoe_ops = { .attach_dev = hoopoe_attach };
const struct iommu_domain_ops hoopoe_table_ops = { .attach_dev = hoopoe_table_attach };
