// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bound of the domain is compared with one of the device, and one of the two went through arithmetic. Arithmetic
 * does nothing: it stays a comparison.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct rudd_domain { struct iommu_domain domain; u32 id; };
struct rudd_master { u64 first, last, base, size; u32 sid; };

#define to_rudd_domain(d) container_of(d, struct rudd_domain, domain)

u32 rudd_hw_window(u32 sid, u32 id);

static int rudd_min_attach(struct iommu_domain *domain, struct device *dev)
{
	struct rudd_master *master = dev_iommu_priv_get(dev);
	u64 last = master->last, bound;

	if (last > DMA_BIT_MASK(32))
		last = DMA_BIT_MASK(32);
	bound = min(last, domain->geometry.aperture_end);
	if (master->first >= bound) {
		dev_err(dev, "window outside the domain\n");
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	}
	return 0;
}

static int rudd_align_attach(struct iommu_domain *domain, struct device *dev)
{
	struct rudd_master *master = dev_iommu_priv_get(dev);
	u64 low, high, end = ALIGN(master->base + master->size, SZ_4K);

	low = max(master->base, domain->geometry.aperture_start);
	high = min(end, domain->geometry.aperture_end);
	if (low >= high)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int rudd_round_attach(struct iommu_domain *domain, struct device *dev)
{
	struct rudd_master *master = dev_iommu_priv_get(dev);
	u64 high = min_t(u64, round_down(master->last, SZ_64K), domain->geometry.aperture_end);

	if (high < master->first)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

/* An action with both, and its status against a number. */
static int rudd_action_attach(struct iommu_domain *domain, struct device *dev)
{
	struct rudd_domain *rdom = to_rudd_domain(domain);
	struct rudd_master *master = dev_iommu_priv_get(dev);
	u32 windows;

	windows = rudd_hw_window(master->sid, rdom->id);
	if (windows > 8)
		return -EIO;	/* site: errno=EIO class=hard verdict=review expected=ENODEV */
	return 0;
}

/* The twin: no arithmetic. */
static int rudd_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	struct rudd_master *master = dev_iommu_priv_get(dev);

	if (master->last > domain->geometry.aperture_end)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops rudd_min_ops = { .attach_dev = rudd_min_attach };
const struct iommu_domain_ops rudd_align_ops = { .attach_dev = rudd_align_attach };
const struct iommu_domain_ops rudd_round_ops = { .attach_dev = rudd_round_attach };
const struct iommu_domain_ops rudd_action_ops = { .attach_dev = rudd_action_attach };
const struct iommu_domain_ops rudd_plain_ops = { .attach_dev = rudd_plain_attach };
