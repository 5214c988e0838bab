// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole driver: an allocation in a helper, a register test, one device a domain.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct sallow_iommu { struct device *dev; void **bases; int num; struct list_head node; struct iommu_domain *domain; struct clk *clk; u32 eb; u32 id; };
struct sallow_domain { struct iommu_domain domain; struct list_head iommus; u32 *dt; u64 dt_dma; struct sallow_iommu *sdev; };
#define to_sallow(d) container_of(d, struct sallow_domain, domain)
#define readx_poll(addr, val, cond) ((val) = readl(addr), (cond) ? 0 : -110)
int sallow_read_poll(void *base, u32 mask);
u64 dma_map_single(struct device *dev, void *p, size_t n, int dir);
int dma_mapping_error(struct device *dev, u64 a);

static bool sallow_is_stall_active(struct sallow_iommu *iommu)
{
	bool active = true;
	int i;

	for (i = 0; i < iommu->num; i++)
		active &= !!(readl(iommu->bases[i]) & BIT(2));
	return active;
}

static int sallow_enable_stall(struct sallow_iommu *iommu)
{
	int ret;

	if (sallow_is_stall_active(iommu))
		return 0;
	ret = sallow_read_poll(iommu->bases[0], 4);	/* open: foreign */
	if (ret)
		dev_err(iommu->dev, "stall timed out\n");
	return ret;
}

static int sallow_force_reset(struct sallow_iommu *iommu, struct sallow_domain *sd)
{
	u32 addr;
	int i;

	for (i = 0; i < iommu->num; i++) {
		addr = (u32)sd->dt_dma;
		writel(addr, iommu->bases[i]);
		if (readl(iommu->bases[i]) != addr) {
			dev_err(iommu->dev, "reset test failed\n");
			return -EFAULT;	/* site: errno=EFAULT class=hard verdict=review expected=ENODEV */
		}
	}
	return 0;
}

static int sallow_alloc_dt(struct sallow_domain *sd, struct device *dev)
{
	sd->dt = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!sd->dt)
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	sd->dt_dma = dma_map_single(dev, sd->dt, PAGE_SIZE, 1);
	if (dma_mapping_error(dev, sd->dt_dma))
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem|masked verdict=ok|review */
	return 0;
}

static int sallow_attach(struct iommu_domain *domain, struct device *dev)
{
	struct sallow_domain *sd = to_sallow(domain);
	struct sallow_iommu *iommu = dev_iommu_priv_get(dev);
	int ret;

	if (!iommu)
		return 0;	/* open: silent success */
	if (sd->sdev) {
		pr_err("There's already a device attached to this domain.\n");
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	}
	if (iommu->domain == domain)
		return 0;
	ret = sallow_alloc_dt(sd, dev);
	if (ret)
		return ret;
	ret = clk_prepare_enable(iommu->clk);	/* open: foreign */
	if (ret)
		return ret;
	ret = sallow_enable_stall(iommu);
	if (ret)
		return ret;
	ret = sallow_force_reset(iommu, sd);
	if (ret)
		return ret;
	sd->sdev = iommu;
	return 0;
}
const struct iommu_domain_ops sallow_ops = { .attach_dev = sallow_attach };
