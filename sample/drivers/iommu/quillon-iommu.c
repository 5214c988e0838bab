// SPDX-License-Identifier: GPL-2.0-only
/*
 * Quillon IOMMU: a driver that keeps to the contract. One callback in two named
 * tables, a domain bound to an instance by its first device, silent misfits.
 */
#include <linux/bitmap.h>
#include <linux/io-pgtable.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/radix-tree.h>

#define QUILLON_NUM_CTX		32

struct quillon_iommu {
	struct device *dev;
	struct radix_tree_root streams;
	DECLARE_BITMAP(ctx_map, QUILLON_NUM_CTX);
};

struct quillon_domain {
	struct iommu_domain domain;
	struct quillon_iommu *iommu;
	struct io_pgtable_cfg cfg;
	struct io_pgtable_ops *pgtbl;
	struct mutex lock;
	unsigned long ctx;
	unsigned int ias;
};

struct quillon_master {
	struct quillon_iommu *iommu;
	struct quillon_domain *domain;
	unsigned int ias;
	u32 sid;
};

static struct quillon_domain *to_quillon_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct quillon_domain, domain);
}

static int quillon_alloc_context(struct quillon_iommu *iommu, unsigned long *ctx)
{
	unsigned long bit;

	bit = find_first_zero_bit(iommu->ctx_map, QUILLON_NUM_CTX);
	if (bit >= QUILLON_NUM_CTX)
		return -ENOSPC; /* site: errno=ENOSPC class=nospace verdict=ok expected=ENOSPC */

	set_bit(bit, iommu->ctx_map);
	*ctx = bit;
	return 0;
}

static int quillon_finalise(struct quillon_domain *qdom, struct quillon_iommu *iommu)
{
	int ret;

	ret = quillon_alloc_context(iommu, &qdom->ctx);
	if (ret)
		return ret;

	qdom->pgtbl = alloc_io_pgtable_ops(ARM_64_LPAE_S1, &qdom->cfg, qdom);
	if (!qdom->pgtbl) {
		clear_bit(qdom->ctx, iommu->ctx_map);
		return -ENOMEM; /* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	}

	qdom->iommu = iommu;
	return 0;
}

static int quillon_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct quillon_domain *qdom = to_quillon_domain(domain);
	struct quillon_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (!master)
		return -ENODEV; /* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */

	if (master->domain == qdom)
		return 0; /* trap: already attached to this very domain */

	if (master->domain)
		return -EBUSY; /* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */

	mutex_lock(&qdom->lock);
	if (!qdom->iommu) {
		ret = quillon_finalise(qdom, master->iommu);
		if (ret)
			goto unlock;
	} else if (qdom->iommu != master->iommu) {
		dev_dbg(dev, "domain belongs to another instance\n");
		ret = -EINVAL; /* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
		goto unlock;
	}

	if (qdom->ias > master->ias) {
		dev_info(dev, "%u bits of input are too many\n", qdom->ias);
		ret = -EINVAL; /* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
		goto unlock;
	}

	ret = radix_tree_insert(&master->iommu->streams, master->sid, master); /* site: errno=propagated:radix_tree_insert class=propagated verdict=ok expected=keep */
	if (ret == -EEXIST) /* trap: a comparison, nothing is returned */
		ret = 0;
	if (!ret)
		master->domain = qdom;
unlock:
	mutex_unlock(&qdom->lock);
	return ret;
}

static const struct iommu_domain_ops quillon_paging_ops = {
	.attach_dev	= quillon_attach_dev, /* binding */
};

static const struct iommu_domain_ops quillon_nested_ops = {
	.attach_dev	= quillon_attach_dev, /* binding */
};

static const struct iommu_ops quillon_ops = {
	.default_domain_ops	= &quillon_paging_ops,
};
