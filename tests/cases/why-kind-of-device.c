// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device is, what firmware says of it, under a choice by the domain's type and in a static identity domain;
 * capabilities beside them.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct bus_type { const char *name; };
extern const struct bus_type serin_bus;
struct serin_unit { struct device *dev; u32 features; };
struct serin_master { struct serin_unit *unit; u32 features; u32 num_streams; struct bus_type *bus; };
struct serin_domain { struct iommu_domain domain; bool nesting; };
#define to_serin(d) container_of(d, struct serin_domain, domain)
#define SERIN_NEST BIT(1)
#define SERIN_ATS BIT(2)
bool of_device_is_compatible(const struct device_node *np, const char *c);
bool has_acpi_companion(struct device *dev);
bool device_property_present(struct device *dev, const char *p);
bool is_of_node(void *f);

static int serin_check_node(struct device *dev)
{
	if (!of_device_is_compatible(dev->of_node, "x,y"))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change|review expected=ENODEV */
	return 0;
}

static int serin_attach(struct iommu_domain *domain, struct device *dev)
{
	struct serin_domain *sdom = to_serin(domain);
	struct serin_master *m = dev_iommu_priv_get(dev);
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);

	if (domain->type == IOMMU_DOMAIN_NESTED) {
		if (!dev_is_pci(dev))
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
		if (!fwspec || !fwspec->num_ids)
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
		if (!(m->features & SERIN_NEST))
			return -EOPNOTSUPP;	/* site: errno=EOPNOTSUPP class=incompatible verdict=change expected=EINVAL */
		return serin_check_node(dev);
	}
	if (sdom->nesting) {
		if (!device_property_present(dev, "nest"))
			return -EINVAL;	/* site: errno=EINVAL class=hard|incompatible verdict=change|review expected=ENODEV */
		if (!(m->unit->features & SERIN_ATS))
			return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	}
	if (!has_acpi_companion(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int serin_identity(struct iommu_domain *domain, struct device *dev)
{
	struct serin_master *m = dev_iommu_priv_get(dev);
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);

	if (m->bus != &serin_bus)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (fwspec->num_ids > 4)
		return -EINVAL;	/* site: errno=EINVAL class=hard|incompatible verdict=change|ok|review */
	if (!(m->features & SERIN_NEST))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}
static struct iommu_domain serin_identity_domain = { .type = IOMMU_DOMAIN_IDENTITY, .ops = &(const struct iommu_domain_ops) { .attach_dev = serin_identity } };
const struct iommu_ops serin_ops = { .identity_domain = &serin_identity_domain, .default_domain_ops = &(const struct iommu_domain_ops) { .attach_dev = serin_attach } };
