// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which domain a device runs now is kept as a value of that domain: the address of its table, its id. By what
 * attach stored there the device is attached (busy); by the text a value of the domain is compared with one of the
 * device (incompatible). Maintainers differ, so nothing is demanded. A pointer is busy, and what attach does not
 * store is a property of the unit: a misfit.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct ouzel_domain { struct iommu_domain domain; phys_addr_t pgd; u32 id; u32 mode; };
struct ouzel_unit { phys_addr_t table; u32 id; u32 mode; struct ouzel_domain *now; };

#define to_ouzel_domain(d) container_of(d, struct ouzel_domain, domain)

static int ouzel_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ouzel_domain *odom = to_ouzel_domain(domain);
	struct ouzel_unit *unit = dev_iommu_priv_get(dev);

	if (unit->table && unit->table != odom->pgd)
		return -EBUSY;	/* site: errno=EBUSY class=busy|incompatible verdict=ok|review */
	unit->table = odom->pgd;
	return 0;
}

static int ouzel_id_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ouzel_domain *odom = to_ouzel_domain(domain);
	struct ouzel_unit *unit = dev_iommu_priv_get(dev);

	if (unit->id && unit->id != odom->id)
		return -EBUSY;	/* site: errno=EBUSY class=busy|incompatible verdict=ok|review */
	unit->id = odom->id;
	return 0;
}

/* The twin: a pointer. */
static int ouzel_pointer_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ouzel_domain *odom = to_ouzel_domain(domain);
	struct ouzel_unit *unit = dev_iommu_priv_get(dev);

	if (unit->now && unit->now != odom)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	unit->now = odom;
	return 0;
}

/* What attach does not store is a property of the unit: a misfit. */
static int ouzel_mode_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ouzel_domain *odom = to_ouzel_domain(domain);
	struct ouzel_unit *unit = dev_iommu_priv_get(dev);

	if (unit->mode && unit->mode != odom->mode)
		return -EBUSY;	/* site: errno=EBUSY class=incompatible verdict=change expected=EINVAL */
	unit->now = odom;
	return 0;
}

const struct iommu_domain_ops ouzel_ops = { .attach_dev = ouzel_attach };
const struct iommu_domain_ops ouzel_id_ops = { .attach_dev = ouzel_id_attach };
const struct iommu_domain_ops ouzel_pointer_ops = { .attach_dev = ouzel_pointer_attach };
const struct iommu_domain_ops ouzel_mode_ops = { .attach_dev = ouzel_mode_attach };
