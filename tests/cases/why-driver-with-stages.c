// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole driver: stages, features that only a stage needs, ids from a bitmap, stream ids.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct hebrid_smmu { u32 features; u32 ias, oas; u64 pgsize_bitmap; unsigned long vmid_map[4]; struct ida asids; u32 sec; };
struct hebrid_domain { struct iommu_domain domain; struct hebrid_smmu *smmu; int stage; u16 asid, vmid; u64 s1; };
struct hebrid_master { struct hebrid_smmu *smmu; u32 *sids; int nsids; bool ats; struct hebrid_domain *domain; int ssid_bits; };
#define to_hebrid(d) container_of(d, struct hebrid_domain, domain)
#define HEBRID_S1 BIT(0)
#define HEBRID_S2 BIT(1)
#define IOMMU_DOMAIN_SVA 5

static int hebrid_bitmap_alloc(unsigned long *map, int span)
{
	int idx, size = 1 << span;

	do {
		idx = find_first_zero_bit(map, size);
		if (idx == size)
			return -ENOSPC;	/* site: errno=ENOSPC class=nospace verdict=ok expected=ENOSPC */
	} while (test_and_set_bit(idx, map));
	return idx;
}

static int hebrid_finalise(struct hebrid_domain *hd, struct hebrid_master *master)
{
	struct hebrid_smmu *smmu = master->smmu;
	int vmid;

	if (hd->stage == 1 && !(smmu->features & HEBRID_S1))
		return -EOPNOTSUPP;	/* site: errno=EOPNOTSUPP class=incompatible verdict=change expected=EINVAL */
	if (!(smmu->features & (HEBRID_S1 | HEBRID_S2)))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	switch (hd->stage) {
	case 1:
		if (smmu->ias > 48)
			return -EINVAL;	/* site: errno=EINVAL class=incompatible|hard verdict=ok|review|change */
		break;
	case 2:
		vmid = hebrid_bitmap_alloc(smmu->vmid_map, 8);
		if (vmid < 0)
			return vmid;
		hd->vmid = vmid;
		break;
	default:
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	}
	hd->smmu = smmu;
	return 0;
}

static int hebrid_attach(struct iommu_domain *domain, struct device *dev)
{
	struct hebrid_domain *hd = to_hebrid(domain);
	struct hebrid_master *master = dev_iommu_priv_get(dev);
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	int ret = 0;

	if (!fwspec)
		return -ENOENT;	/* site: errno=ENOENT class=hard verdict=review expected=ENODEV */
	if (!hd->smmu) {
		ret = hebrid_finalise(hd, master);
	} else if (hd->smmu != master->smmu) {
		dev_err(dev, "cannot attach to SMMU\n");
		ret = -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	} else if (hd->stage == 1 && master->ssid_bits != hd->asid) {
		ret = -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	}
	if (ret)
		return ret;
	if (domain->type == IOMMU_DOMAIN_SVA && !master->ats)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	if (master->nsids == 0)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	master->domain = hd;
	return 0;
}
const struct iommu_domain_ops hebrid_ops = { .attach_dev = hebrid_attach };
