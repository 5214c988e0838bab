// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device is, by a helper, an ACPI companion, a cell count, a node.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct bus_type { const char *name; };
extern const struct bus_type pci_bus_type;
struct pci_dev { int vendor; int devfn; };
struct acpi_device { int x; };
struct acpi_device *ACPI_COMPANION(struct device *dev);
const char *dev_bus_name(const struct device *dev);
int fwnode_property_read_u32(void *f, const char *n, u32 *v);
struct tench_master { struct device *dev; u32 feats; u32 sids; };
struct tench_dom { struct iommu_domain domain; u32 kind; bool pcie; };
#define to_tench(d) container_of(d, struct tench_dom, domain)
#define TENCH_CAP BIT(2)

static bool tench_is_pci(struct device *dev)
{
	return dev_is_pci(dev);
}

static int tench_cells(struct device *dev)
{
	u32 cells;

	if (of_property_read_u32(dev->of_node, "cells", &cells))
		return -EINVAL;	/* site: errno=EINVAL class=hard|masked verdict=change|review */
	if (cells != 1)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int tench_nested(struct iommu_domain *domain, struct device *dev)
{
	struct tench_dom *d = to_tench(domain);
	struct tench_master *m = dev_iommu_priv_get(dev);

	switch (domain->type) {
	case IOMMU_DOMAIN_NESTED:
		if (!tench_is_pci(dev))
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
		if (!ACPI_COMPANION(dev))
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
		if (!(m->feats & TENCH_CAP))
			return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
		return tench_cells(dev);
	case IOMMU_DOMAIN_DMA:
		if (!dev->of_node)
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
		break;
	}
	if (d->pcie && !dev_is_pci(dev))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible|hard verdict=ok|change|review */
	return 0;
}

static int tench_ident(struct iommu_domain *domain, struct device *dev)
{
	struct tench_master *m = dev_iommu_priv_get(dev);

	if (!m)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (!of_get_property(dev->of_node, "bypass", NULL))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change|review expected=ENODEV */
	return 0;
}
static struct iommu_domain tench_identity_domain = { .type = IOMMU_DOMAIN_IDENTITY, .ops = &(const struct iommu_domain_ops) { .attach_dev = tench_ident } };
const struct iommu_ops tench_ops = { .identity_domain = &tench_identity_domain, .default_domain_ops = &(const struct iommu_domain_ops) { .attach_dev = tench_nested } };
