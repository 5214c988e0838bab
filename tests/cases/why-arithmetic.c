// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bounds, formats and sizes of the domain against those of the device, through helpers, fields, shifts and
 * rounding: comparisons. The device's alone is hard.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#define GENMASK(h, l) (((~0UL) << (l)) & (~0UL >> (63 - (h))))
#define FIELD_GET(m, v) (((v) & (m)) / ((m) & -(m)))
#define STOAT_FMT GENMASK(6, 4)
#define STOAT_IAS(cfg) (((cfg) >> 8) & 0x3f)
#define STOAT_PGSZ_TO_BIT(p) ((p) == 0 ? 12 : 16)
unsigned int fls64(u64 x);
unsigned int ilog2(u64 x);
unsigned long roundup_pow_of_two(unsigned long x);
unsigned int __ffs64(u64 x);
#define clamp(v, lo, hi) min(max(v, lo), hi)

struct stoat_domain { struct iommu_domain domain; u32 fmt; u64 span; };
struct stoat_master { u64 cfg; u64 start, len; u64 limit; u32 pgsz; u64 masks[4]; };

static struct stoat_domain *to_stoat(struct iommu_domain *d)
{
	return container_of(d, struct stoat_domain, domain);
}

static u64 stoat_top(struct iommu_domain *domain)
{
	return domain->geometry.aperture_end + 1;
}

static u64 stoat_limit(struct stoat_master *master)
{
	u64 limit = DMA_BIT_MASK(STOAT_IAS(master->cfg));

	if (master->limit)
		limit = min(limit, master->limit);
	return limit;
}

static bool stoat_in_window(u64 a, u64 end)
{
	return a <= end;
}

static int stoat_attach(struct iommu_domain *domain, struct device *dev)
{
	struct stoat_domain *sdom = to_stoat(domain);
	struct stoat_master *master = dev_iommu_priv_get(dev);
	u64 end;

	if (FIELD_GET(STOAT_FMT, master->cfg) != sdom->fmt)
		return -EOPNOTSUPP;	/* site: errno=EOPNOTSUPP class=incompatible verdict=change expected=EINVAL */
	if (fls64(domain->geometry.aperture_end) > STOAT_IAS(master->cfg))
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	if (stoat_top(domain) > stoat_limit(master))
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	end = roundup_pow_of_two(master->start + master->len);
	if (!stoat_in_window(end, domain->geometry.aperture_end))
		return -EFAULT;	/* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL */
	if (__ffs64(domain->pgsize_bitmap) != STOAT_PGSZ_TO_BIT(master->pgsz))
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	end = clamp(master->start, 0UL, sdom->span);
	if (end == sdom->span)
		return -EBADF;	/* site: errno=EBADF class=incompatible verdict=change expected=EINVAL */
	if (ilog2(master->limit) < 20)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (!(domain->pgsize_bitmap & master->masks[STOAT_PGSZ_TO_BIT(0) & 3]))
		return -EBADR;	/* site: errno=EBADR class=incompatible verdict=change expected=EINVAL */
	return 0;
}
const struct iommu_domain_ops stoat_ops = { .attach_dev = stoat_attach };
