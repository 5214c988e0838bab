// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole driver: banks and ports from the device's ids, a page table that banks share.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#define FIRTH_LARB(id) (((id) >> 5) & 0xf)
#define FIRTH_DOM(id) (((id) >> 16) & 0x1f)
struct firth_bank { struct firth_dom *dom; u8 id; };
struct firth_data { void *base; struct firth_bank banks[4]; u32 nbank; struct firth_plat *plat; struct device *dev; unsigned int larb_mask; };
struct firth_plat { u32 flags; u32 ias; const u32 *regions; int nregion; };
struct firth_dom { struct iommu_domain domain; struct firth_bank *bank; void *cfg; u32 ttbr; int region; };
#define to_firth(d) container_of(d, struct firth_dom, domain)
void *alloc_io_pgtable_ops(int fmt, void *cfg, void *cookie);

static int firth_region(struct device *dev, const struct firth_plat *plat)
{
	u32 id = dev_iommu_fwspec_get(dev)->ids[0];
	int i;

	for (i = 0; i < plat->nregion; i++)
		if (plat->regions[i] & BIT(FIRTH_LARB(id)))
			return i;
	return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
}

static int firth_finalise(struct firth_dom *dom, struct firth_data *data, unsigned int region)
{
	if (data->banks[0].dom && data->banks[0].dom->region == region) {
		dom->cfg = data->banks[0].dom->cfg;
		return 0;
	}
	dom->cfg = alloc_io_pgtable_ops(3, data, data);
	if (!dom->cfg)
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	return 0;
}

static int firth_attach(struct iommu_domain *domain, struct device *dev)
{
	struct firth_dom *dom = to_firth(domain);
	struct firth_data *data = dev_iommu_priv_get(dev);
	int ret, region, bankid;

	region = firth_region(dev, data->plat);
	if (region < 0)
		return region;
	bankid = FIRTH_DOM(dev_iommu_fwspec_get(dev)->ids[0]);
	if (bankid >= data->nbank)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (!dom->bank) {
		ret = firth_finalise(dom, data, region);
		if (ret)
			return ret;
		dom->bank = &data->banks[bankid];
	} else if (dom->bank != &data->banks[bankid]) {
		return -EEXIST;	/* site: errno=EEXIST class=incompatible verdict=change expected=EINVAL */
	}
	if (domain->geometry.aperture_end > DMA_BIT_MASK(data->plat->ias))
		return -EDQUOT;	/* site: errno=EDQUOT class=incompatible verdict=change expected=EINVAL */
	ret = pm_runtime_resume_and_get(data->dev);	/* open: foreign */
	if (ret < 0)
		return ret;
	return 0;
}
const struct iommu_domain_ops firth_ops = { .attach_dev = firth_attach };
