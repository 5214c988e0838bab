// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole driver: one device behind several controllers, each enabled by itself.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct tarrock_data { struct list_head owner_node; void *base; u64 pgtable; struct iommu_domain *domain; u32 version; struct device *sysmmu; };
struct tarrock_owner { struct list_head controllers; struct iommu_domain *domain; struct device *dev; u64 pgtable; };
struct tarrock_domain { struct iommu_domain domain; struct list_head clients; u64 pgtable; u32 lv2ent; bool fault; u32 min_version; };
#define to_tarrock(d) container_of(d, struct tarrock_domain, domain)
#define TARROCK_CFG(v) ((v) << 4)

static bool tarrock_enable_hw(struct tarrock_data *data, u64 pgtable, struct tarrock_domain *tdom)
{
	writel(pgtable, data->base);
	writel(TARROCK_CFG(data->version), data->base + 8);
	return readl(data->base + 0x10) == 0;
}

static int tarrock_enable(struct tarrock_data *data, u64 pgtable, struct tarrock_domain *tdom)
{
	int ret = 0;

	if (data->pgtable && data->pgtable != pgtable)
		ret = -EBUSY;	/* site: errno=EBUSY class=busy|incompatible verdict=ok|review */
	else if (!tarrock_enable_hw(data, pgtable, tdom))
		ret = -EIO;	/* site: errno=EIO class=hard verdict=review expected=ENODEV */
	else
		data->pgtable = pgtable;
	if (ret < 0)
		return ret;
	return 0;
}

static int tarrock_attach(struct iommu_domain *domain, struct device *dev)
{
	struct tarrock_domain *tdom = to_tarrock(domain);
	struct tarrock_owner *owner = dev_iommu_priv_get(dev);
	struct tarrock_data *data;
	int ret = -ENODEV;	/* open: preset */

	if (!owner || list_empty(&owner->controllers))
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	if (owner->domain == domain)
		return 0;
	if (owner->domain)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	list_for_each_entry(data, &owner->controllers, owner_node) {
		if (data->version < tdom->min_version)
			return -ENOTSUPP;	/* site: errno=ENOTSUPP class=incompatible verdict=change expected=EINVAL */
		ret = tarrock_enable(data, tdom->pgtable, tdom);
		if (ret)
			return ret;
	}
	owner->domain = domain;
	return ret;
}
const struct iommu_domain_ops tarrock_ops = { .attach_dev = tarrock_attach };
