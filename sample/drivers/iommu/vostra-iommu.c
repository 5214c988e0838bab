// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vostra IOMMU: resources that run out under the wrong name. Three-argument
 * callback; find_context() has a namesake in another driver.
 */
#include <linux/bitmap.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/slab.h>

#define VOSTRA_NUM_CTX	16

struct vostra_iommu {
	struct device *dev;
	DECLARE_BITMAP(contexts, VOSTRA_NUM_CTX);
};

struct vostra_domain {
	struct iommu_domain domain;
	u32 *table;
	u32 *leaf;
	dma_addr_t table_dma;
};

struct vostra_master {
	struct vostra_iommu *iommu;
	int context;
};

static struct vostra_domain *to_vostra_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct vostra_domain, domain);
}

static int find_context(struct vostra_master *master)
{
	struct vostra_iommu *iommu = master->iommu;
	int bit = find_first_zero_bit(iommu->contexts, VOSTRA_NUM_CTX);

	if (bit == VOSTRA_NUM_CTX) {
		dev_warn(iommu->dev, "all contexts are in use\n");
		return -EBUSY; /* site: errno=EBUSY class=nospace verdict=change expected=ENOSPC print [wrong-resource-errno] */
	}
	__set_bit(bit, iommu->contexts);
	return bit;
}

static u32 *vostra_get_leaf(struct vostra_domain *vdom)
{
	u32 *leaf = vdom->leaf;

	if (!leaf) {
		leaf = kcalloc(1024, sizeof(*leaf), GFP_KERNEL);
		if (!leaf)
			return NULL;
		vdom->leaf = leaf;
	}
	return leaf;
}

static int vostra_prepare(struct vostra_domain *vdom, struct vostra_iommu *iommu)
{
	u32 *leaf;

	vdom->table = dma_alloc_coherent(iommu->dev, SZ_16K, &vdom->table_dma, GFP_KERNEL);
	if (!vdom->table)
		return -EINVAL; /* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM [wrong-resource-errno] */

	leaf = vostra_get_leaf(vdom);
	if (!leaf)
		return -ENODEV; /* site: errno=ENODEV class=nomem verdict=change expected=ENOMEM [wrong-resource-errno] */

	vdom->table[0] = leaf[0];
	return 0;
}

static int vostra_attach_dev(struct iommu_domain *domain, struct device *dev,
			     struct iommu_domain *old)
{
	struct vostra_domain *vdom = to_vostra_domain(domain);
	struct vostra_master *master = dev_iommu_priv_get(dev);
	int context, ret;

	if (old == domain)
		return 0; /* trap: nothing to do, the same domain again */

	ret = vostra_prepare(vdom, master->iommu);
	if (ret)
		return ret;

	context = find_context(master);
	if (context < 0) {
		ret = context;
		goto err_free;
	}
	master->context = context;
	return 0;

err_free:
	dma_free_coherent(master->iommu->dev, SZ_16K, vdom->table, vdom->table_dma);
	return ret;
}

static const struct iommu_domain_ops vostra_domain_ops = {
	.attach_dev	= vostra_attach_dev, /* binding */
};
