// SPDX-License-Identifier: GPL-2.0-only
/*
 * Optional reads with defaults, in several spellings; one that ends attach with success; -EPROBE_DEFER, which is
 * neither a misfit nor hard.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
int device_property_read_u32(struct device *dev, const char *n, u32 *v);
int of_property_read_u32_index(const struct device_node *np, const char *n, u32 i, u32 *v);
struct clk *devm_clk_get_optional(struct device *dev, const char *n);
int of_property_count_u32_elems(const struct device_node *np, const char *n);
struct brant_master { u32 prefetch, burst, qos, ids, vmid; struct clk *clk; void *base; };

static int brant_a(struct iommu_domain *domain, struct device *dev)
{
	struct brant_master *m = dev_iommu_priv_get(dev);
	u32 v;
	int err;

	err = of_property_read_u32(dev->of_node, "prefetch", &v);	/* none: default */
	if (err < 0)
		v = 4;
	m->prefetch = v;
	if (of_property_read_u32(dev->of_node, "burst", &m->burst))	/* none: default */
		m->burst = 8;
	err = device_property_read_u32(dev, "qos", &m->qos);	/* none: default */
	if (err) {
		dev_dbg(dev, "no qos\n");
		m->qos = 0;
	}
	m->ids = 1;
	err = of_property_read_u32_index(dev->of_node, "ids", 0, &v);	/* none: kept */
	if (err == 0)
		m->ids = v;
	writel(m->ids, m->base);
	return 0;
}

static int brant_b(struct iommu_domain *domain, struct device *dev)
{
	struct brant_master *m = dev_iommu_priv_get(dev);
	int err;

	err = device_property_read_u32(dev, "vmid", &m->vmid);	/* site: errno=0 class=silent-success verdict=review */
	if (err) {
		return 0;
	}
	writel(m->vmid, m->base);
	return 0;
}

static int brant_c(struct iommu_domain *domain, struct device *dev)
{
	struct brant_master *m = dev_iommu_priv_get(dev);

	if (!m)
		return -EPROBE_DEFER;	/* site: errno=EPROBE_DEFER class=hard verdict=review */
	return 0;
}
const struct iommu_domain_ops brant_a_ops = { .attach_dev = brant_a };
const struct iommu_domain_ops brant_b_ops = { .attach_dev = brant_b };
const struct iommu_domain_ops brant_c_ops = { .attach_dev = brant_c };
