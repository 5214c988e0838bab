// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole driver: contexts from a bitmap, a list of attached devices, clocks, secure firmware, one exit.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct garron_ctx { void *base; int num; bool secure; int asid; struct garron_iommu *iommu; };
struct garron_iommu { void *base; int ncb; unsigned long context_map[2]; struct list_head ctx_list; struct garron_ctx ctxs[8]; struct clk *clk; bool secure; };
struct garron_priv { struct iommu_domain domain; struct list_head list_attached; struct garron_iommu *iommu; int redirect; spinlock_t pgtlock; u64 fl_table; };
struct garron_master { struct list_head node; struct list_head attached_elm; struct device *dev; struct garron_iommu *iommu; int mid[4]; int num_mids; struct garron_ctx *ctx; };
#define to_garron(d) container_of(d, struct garron_priv, domain)
int garron_scm_restore(int id, int spare);
void garron_scm_state(int id, u64 table, u32 *out);

static int garron_clk_on(struct garron_iommu *iommu)
{
	int ret = clk_prepare_enable(iommu->clk);	/* open: foreign */

	return ret;
}

static int garron_next_ctx(struct garron_iommu *iommu, int start, int end)
{
	int idx;

	do {
		idx = find_next_zero_bit(iommu->context_map, end, start);
		if (idx == end)
			return -ENOSPC;	/* site: errno=ENOSPC class=nospace verdict=ok expected=ENOSPC */
	} while (test_and_set_bit(idx, iommu->context_map));
	return idx;
}

static int garron_secure_init(struct garron_iommu *iommu, struct garron_priv *priv)
{
	u32 out = 0;

	if (!iommu->secure)
		return 0;
	garron_scm_state(iommu->ncb, priv->fl_table, &out);
	if (out) {
		pr_err("secure restore failed %u\n", out);
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	}
	return 0;
}

static int garron_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct garron_priv *priv = to_garron(domain);
	struct garron_master *master = dev_iommu_priv_get(dev), *tmp;
	struct garron_iommu *iommu;
	int ret, idx;

	if (!priv || !dev) {
		ret = -EINVAL;	/* site: errno=EINVAL class=hard verdict=review|change expected=ENODEV */
		goto fail;
	}
	if (!master) {
		ret = -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
		goto fail;
	}
	iommu = master->iommu;
	if (!list_empty(&master->attached_elm)) {
		ret = -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
		goto fail;
	}
	list_for_each_entry(tmp, &priv->list_attached, attached_elm)
		if (tmp == master) {
			ret = -EBUSY;	/* site: errno=EBUSY class=busy|incompatible verdict=ok|review */
			goto fail;
		}
	if (priv->iommu && priv->iommu != iommu) {
		dev_err(dev, "domain belongs to another iommu\n");
		ret = -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
		goto fail;
	}
	ret = garron_clk_on(iommu);
	if (ret)
		goto fail;
	idx = garron_next_ctx(iommu, 0, iommu->ncb);
	if (idx < 0) {
		ret = idx;
		goto fail;
	}
	ret = garron_secure_init(iommu, priv);
	if (ret)
		goto fail;
	list_add(&master->attached_elm, &priv->list_attached);
	return 0;
fail:
	return ret;
}
const struct iommu_domain_ops garron_ops = { .attach_dev = garron_attach_dev };
