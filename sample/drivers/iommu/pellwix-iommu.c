// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pellwix IOMMU: errnos that come from elsewhere, with the operation still in
 * struct iommu_ops, where it was before 5.17.
 */
#include <linux/clk.h>
#include <linux/idr.h>
#include <linux/iommu.h>
#include <linux/pm_runtime.h>

#define PELLWIX_NUM_IDS		255

struct pellwix_iommu {
	struct device *dev;
	void __iomem *base;
	struct clk *clk;
	struct ida ids;
};

struct pellwix_domain {
	struct iommu_domain domain;
	int id;
};

struct pellwix_master {
	struct pellwix_iommu *iommu;
	u32 sid;
};

#define to_pellwix_domain(d) container_of(d, struct pellwix_domain, domain)

static u32 pellwix_fw_attach(struct pellwix_iommu *iommu, u32 id, u32 sid)
{
	writel(id << 16 | sid, iommu->base + PELLWIX_MAILBOX);
	return readl(iommu->base + PELLWIX_STATUS);
}

/* What the firmware says, in the kernel's words. */
static int pellwix_fw_errno(u32 status)
{
	switch (status) {
	case PELLWIX_FW_OK:
		return 0;
	case PELLWIX_FW_NO_STREAM:
		return -ENOENT; /* site: errno=ENOENT class=hard verdict=review expected=ENODEV [discouraged-errno] */
	case PELLWIX_FW_NO_TRANSLATION:
		return -ENODEV; /* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	case PELLWIX_FW_BAD_ARGUMENT:
		return -EINVAL; /* site: errno=EINVAL class=hard verdict=change expected=ENODEV [hard-as-einval] */
	default:
		return -EIO; /* site: errno=EIO class=hard verdict=review expected=ENODEV [discouraged-errno] */
	}
}

static int pellwix_enable(struct pellwix_iommu *iommu)
{
	int ret = -EINVAL; /* trap: always overwritten */

	ret = clk_prepare_enable(iommu->clk); /* site: errno=propagated:clk_prepare_enable class=propagated verdict=ok expected=keep print */
	if (ret)
		dev_err(iommu->dev, "no clock: %d\n", ret);
	return ret;
}

static int pellwix_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct pellwix_domain *pdom = to_pellwix_domain(domain);
	struct pellwix_master *master = dev_iommu_priv_get(dev);
	struct pellwix_iommu *iommu = master->iommu;
	int id, ret;

	ret = pm_runtime_get_sync(iommu->dev); /* site: errno=propagated:pm_runtime_get_sync class=propagated verdict=review expected=keep [foreign-einval] */
	if (ret < 0)
		goto err_put;

	ret = pellwix_enable(iommu);
	if (ret)
		goto err_put;

	id = ida_alloc_max(&iommu->ids, PELLWIX_NUM_IDS, GFP_KERNEL); /* site: errno=propagated:ida_alloc_max class=propagated verdict=ok expected=keep */
	if (id < 0) {
		ret = id;
		goto err_disable;
	}

	ret = pellwix_fw_errno(pellwix_fw_attach(iommu, id, master->sid));
	if (ret)
		goto err_free;

	pdom->id = id;
	return 0;

err_free:
	ida_free(&iommu->ids, id);
err_disable:
	clk_disable_unprepare(iommu->clk);
err_put:
	pm_runtime_put_noidle(iommu->dev);
	return ret;
}

static const struct iommu_ops pellwix_ops = {
	.attach_dev	= pellwix_attach_dev, /* binding */
};
