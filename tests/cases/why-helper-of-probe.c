// SPDX-License-Identifier: GPL-2.0-only
/*
 * A helper that probe_device calls as well, where -ENODEV is no failure: what an edit of it demands is a review.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct mullet_unit { u32 caps; struct device *dev; };
struct mullet_domain { struct iommu_domain domain; struct mullet_unit *unit; u32 fmt; };
struct mullet_master { struct mullet_unit *unit; u32 fmt; };
struct iommu_device { int x; };
#define to_mullet(d) container_of(d, struct mullet_domain, domain)
struct mullet_unit *mullet_find_unit(struct device_node *np);

static int mullet_bind(struct device *dev)
{
	struct mullet_unit *unit = mullet_find_unit(dev->of_node);

	if (!unit)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=review expected=ENODEV */
	return 0;
}

static struct iommu_device *mullet_probe(struct device *dev)
{
	int ret = mullet_bind(dev);

	if (ret)
		return ERR_PTR(ret);
	return NULL;
}

static int mullet_attach(struct iommu_domain *domain, struct device *dev)
{
	struct mullet_domain *md = to_mullet(domain);
	struct mullet_master *m = dev_iommu_priv_get(dev);
	int ret = mullet_bind(dev);

	if (ret)
		return ret;
	if (md->fmt != m->fmt)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}
struct mullet_all { struct iommu_device *(*probe_device)(struct device *dev); };
const struct mullet_all mullet_probe_ops = { .probe_device = mullet_probe };
const struct iommu_domain_ops mullet_ops = { .attach_dev = mullet_attach };
