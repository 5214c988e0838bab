// SPDX-License-Identifier: GPL-2.0-only
/*
 * A misfit is logged in a loop, by a macro of the driver, and by a function of the driver that does nothing else: the
 * message is to go. The same function may print a hard failure.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct gurnard_unit { int ver; u32 caps; struct device *dev; };
struct gurnard_domain { struct iommu_domain domain; struct gurnard_unit *unit; u32 caps; int users; struct gurnard_unit *units[4]; };
struct gurnard_master { struct gurnard_unit *unit; int nids; u32 ids[4]; };
#define to_gurnard(d) container_of(d, struct gurnard_domain, domain)
#define gurnard_err(u, fmt, ...) dev_err((u)->dev, "gurnard: " fmt, ##__VA_ARGS__)

static void gurnard_report(struct gurnard_unit *unit, const char *what)
{
	dev_err(unit->dev, "%s\n", what);
}

static int gurnard_check(struct gurnard_domain *gd, struct gurnard_unit *unit)
{
	if (gd->caps & ~unit->caps) {
		gurnard_err(unit, "caps %x\n", gd->caps);
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	}
	if (gd->unit != unit) {
		gurnard_report(unit, "other unit");
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	}
	if (unit->ver == 0) {
		gurnard_report(unit, "no version");
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	}
	return 0;
}

static int gurnard_attach(struct iommu_domain *domain, struct device *dev)
{
	struct gurnard_domain *gd = to_gurnard(domain);
	struct gurnard_master *m = dev_iommu_priv_get(dev);
	int i;

	if (gd->unit && gd->unit->ver != m->unit->ver) {
		for (i = 0; i < m->nids; i++)
			dev_err(dev, "id %u does not fit\n", m->ids[i]);
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	}
	return gurnard_check(gd, m->unit);
}
const struct iommu_domain_ops gurnard_ops = { .attach_dev = gurnard_attach };
