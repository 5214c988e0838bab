// SPDX-License-Identifier: GPL-2.0-only
/*
 * A register that is written and read back, or waited for, tells how that went. The formats that a device has,
 * against the domain's, are a comparison.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct corvid_unit { void *base; u32 caps; u32 ias; };
struct corvid_domain { struct iommu_domain domain; u64 ttb; u32 fmt; u32 ctx; };
struct corvid_master { struct corvid_unit *unit; u32 sid; u32 fmt_mask; };
#define to_corvid_domain(d) container_of(d, struct corvid_domain, domain)
#define CORVID_CR(n) (0x100 + (n) * 4)
#define CORVID_EN BIT(0)
#define CORVID_FAULT BIT(3)

static u32 corvid_read(struct corvid_unit *unit, u32 off)
{
	return readl(unit->base + off);
}

static void corvid_write(struct corvid_unit *unit, u32 off, u32 val)
{
	writel(val, unit->base + off);
}

static int corvid_enable(struct corvid_unit *unit, struct corvid_domain *cdom, u32 sid)
{
	int timeout = 100;
	u32 val;

	corvid_write(unit, CORVID_CR(sid), cdom->ttb | CORVID_EN);
	if (corvid_read(unit, CORVID_CR(sid)) != (u32)(cdom->ttb | CORVID_EN))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	val = corvid_read(unit, CORVID_CR(cdom->ctx));
	if (val & CORVID_FAULT)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	while (!(corvid_read(unit, CORVID_CR(cdom->ctx)) & CORVID_EN)) {
		if (!--timeout)
			return -ETIMEDOUT;	/* site: errno=ETIMEDOUT class=hard verdict=review expected=ENODEV */
		udelay(1);
	}
	return 0;
}

static int corvid_attach(struct iommu_domain *domain, struct device *dev)
{
	struct corvid_domain *cdom = to_corvid_domain(domain);
	struct corvid_master *master = dev_iommu_priv_get(dev);

	if (!(master->fmt_mask & BIT(cdom->fmt)))
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return corvid_enable(master->unit, cdom, master->sid);
}
const struct iommu_domain_ops corvid_ops = { .attach_dev = corvid_attach };
