// SPDX-License-Identifier: GPL-2.0-only
/*
 * Something optional is not there, and a default is set or nothing is: that is an answer, no lost failure. Where
 * attach gives up with success because of it, it is one.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/of.h>

struct tansy_master { u64 align; u32 vmid; bool fast; void *base; };

static int tansy_default_attach(struct iommu_domain *domain, struct device *dev)
{
	struct tansy_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = of_property_read_u64(dev->of_node, "align", &master->align);	/* none: a default below */
	if (ret)
		master->align = 4096;
	writel(1, master->base);
	return 0;
}

static int tansy_set_attach(struct iommu_domain *domain, struct device *dev)
{
	struct tansy_master *master = dev_iommu_priv_get(dev);
	const char *mode;
	u32 vmid;
	int ret;

	ret = of_property_read_string(dev->of_node, "mode", &mode);	/* none: a default below */
	if (ret)
		mode = "plain";
	ret = of_property_read_u32(dev->of_node, "vmid", &vmid);	/* none: nothing to set without it */
	if (!ret)
		master->vmid = vmid;
	master->fast = !strcmp(mode, "fast");
	return 0;
}

/* Required: attach gives up, and says success. */
static int tansy_silent_attach(struct iommu_domain *domain, struct device *dev)
{
	struct tansy_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = of_property_read_u32(dev->of_node, "vmid", &master->vmid);	/* site: errno=0 class=silent-success verdict=review */
	if (ret)
		return 0;
	writel(master->vmid, master->base);
	return 0;
}

/* Required, and said so. */
static int tansy_required_attach(struct iommu_domain *domain, struct device *dev)
{
	struct tansy_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = of_property_read_u32(dev->of_node, "vmid", &master->vmid);	/* site: errno=propagated:of_property_read_u32 class=propagated verdict=ok|review expected=keep */
	if (ret)
		return ret;
	writel(master->vmid, master->base);
	return 0;
}

const struct iommu_domain_ops tansy_default_ops = { .attach_dev = tansy_default_attach };
const struct iommu_domain_ops tansy_set_ops = { .attach_dev = tansy_set_attach };
const struct iommu_domain_ops tansy_silent_ops = { .attach_dev = tansy_silent_attach };
const struct iommu_domain_ops tansy_required_ops = { .attach_dev = tansy_required_attach };
