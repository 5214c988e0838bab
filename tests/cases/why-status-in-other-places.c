// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status of an action in an array, behind a local pointer, in a reply that is a member, through a wrapper; a
 * register that says what the hardware can do.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct ruffe_ret { u64 v[4]; u32 status; };
struct ruffe_domain { struct iommu_domain domain; u64 tbl; u32 id; u32 mode; };
struct ruffe_master { u32 sid; u32 mode; void *base; u32 rc; struct ruffe_ret reply; };
#define to_ruffe(d) container_of(d, struct ruffe_domain, domain)
struct ruffe_ret ruffe_tz(u32 fn, u32 a, u64 b);
void ruffe_rpc(u32 sid, u32 dom, u32 *out);
void ruffe_fw_exec(struct ruffe_ret *r, u32 sid, u32 id);
static const int ruffe_errnos[4] = { 0 };

static void ruffe_wrap(struct ruffe_master *m, u32 id, struct ruffe_ret *r)
{
	ruffe_fw_exec(r, m->sid, id);
}

static int ruffe_a(struct iommu_domain *domain, struct device *dev)
{
	struct ruffe_domain *rd = to_ruffe(domain);
	struct ruffe_master *m = dev_iommu_priv_get(dev);
	struct ruffe_ret r = ruffe_tz(3, m->sid, rd->tbl), r2;
	u32 out[2], *p = &m->rc;

	if (r.v[0] != 0)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	ruffe_rpc(m->sid, rd->id, out);
	if (out[0] == 7)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	ruffe_rpc(m->sid, rd->id, p);
	if (*p)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	ruffe_wrap(m, rd->id, &r2);
	if (r2.status & BIT(3))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	ruffe_fw_exec(&m->reply, m->sid, rd->id);
	if (m->reply.v[1] > 3)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int ruffe_code(const struct ruffe_ret *r)
{
	if (r->status == 1)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return (r->status & 0xf0) ? -ENODEV : 0;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
}

static int ruffe_b(struct iommu_domain *domain, struct device *dev)
{
	struct ruffe_domain *rd = to_ruffe(domain);
	struct ruffe_master *m = dev_iommu_priv_get(dev);
	struct ruffe_ret r;

	ruffe_fw_exec(&r, m->sid, rd->id);
	return ruffe_code(&r);
}

static int ruffe_hw_on(struct ruffe_master *m, u64 val)
{
	u32 got;

	writel(val, m->base + 4);
	got = readl(m->base + 4);
	if (got != val)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int ruffe_c(struct iommu_domain *domain, struct device *dev)
{
	struct ruffe_domain *rd = to_ruffe(domain);
	struct ruffe_master *m = dev_iommu_priv_get(dev);
	u32 idr = readl(m->base + 0x10);

	if (rd->mode > (idr & 0x7))
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return ruffe_hw_on(m, rd->tbl);
}
const struct iommu_domain_ops ruffe_a_ops = { .attach_dev = ruffe_a };
const struct iommu_domain_ops ruffe_b_ops = { .attach_dev = ruffe_b };
const struct iommu_domain_ops ruffe_c_ops = { .attach_dev = ruffe_c };
