// SPDX-License-Identifier: GPL-2.0-only
/*
 * Malformed data of the device tree in a branch that the domain's type chose. What firmware says of a device no
 * domain alters: hard; but another type would not have asked. No errno is demanded but ENODEV, and no message has
 * to go. A capability stays a misfit there.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/of.h>

struct madder_master { bool wide; };

static int madder_defaults(struct device *dev)
{
	int cells = of_n_addr_cells(dev->of_node);

	if (cells == 0) {
		dev_err(dev, "no address cells\n");
		return -EINVAL;	/* site: errno=EINVAL class=hard|incompatible verdict=change|review expected=ENODEV */
	}
	return 0;
}

static int madder_window(struct device *dev)
{
	const void *window;
	int length;

	window = of_get_property(dev->of_node, "window", &length);
	if (!window || length != 16)
		return -EINVAL;	/* site: errno=EINVAL class=hard|incompatible verdict=change|review expected=ENODEV */
	return 0;
}

/* A capability. */
static int madder_wide(struct madder_master *master)
{
	if (!master->wide)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}

static int madder_attach(struct iommu_domain *domain, struct device *dev)
{
	struct madder_master *master = dev_iommu_priv_get(dev);
	int ret;

	if (domain->type == IOMMU_DOMAIN_DMA) {
		ret = madder_defaults(dev);
		if (ret) {
			dev_err(dev, "no defaults\n");
			return ret;	/* trap: hard failures may be logged */
		}
		ret = madder_window(dev);
		if (ret)
			return ret;
		ret = madder_wide(master);
		if (ret)
			return ret;
	}
	return 0;
}

const struct iommu_domain_ops madder_ops = { .attach_dev = madder_attach };
