// SPDX-License-Identifier: GPL-2.0-only
/*
 * A misfit, by macros, locals, ternaries, predicates with several reasons.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#define FALSE 0
struct gudgeon_dom { struct iommu_domain domain; u32 fmt; u32 asid; u64 end; u32 quirks; };
struct gudgeon_smmu { u32 fmts; u64 oas; u32 quirks; bool coherent; int version; };
struct gudgeon_master { struct gudgeon_smmu *smmu; u64 top; u32 fmt; };
#define to_gudgeon(d) container_of(d, struct gudgeon_dom, domain)
#define gudgeon_supports(s, f) ((s)->fmts & BIT(f))
#define gudgeon_same_fmt(d, m) ((d)->fmt == (m)->fmt)
u64 iommu_span(u64 a, u64 b);
u64 gudgeon_hw_limit(struct gudgeon_smmu *smmu);

static bool gudgeon_check(struct gudgeon_dom *d, struct gudgeon_master *m, const char **why)
{
	if (d->fmt != m->fmt) {
		*why = "format";
		return false;
	}
	if (d->end > m->top) {
		*why = "range";
		return false;
	}
	return true;
}

static bool gudgeon_ready(struct gudgeon_master *m)
{
	if (!m->smmu)
		return false;
	return m->smmu->version > 2;
}

static int gudgeon_attach(struct iommu_domain *domain, struct device *dev)
{
	struct gudgeon_dom *d = to_gudgeon(domain);
	struct gudgeon_master *m = dev_iommu_priv_get(dev);
	const char *why;
	bool ok;

	if (!gudgeon_check(d, m, &why))
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	if (!gudgeon_ready(m))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (!gudgeon_supports(m->smmu, d->fmt))
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	if (!gudgeon_same_fmt(d, m))
		return -EXDEV;	/* open: cannot happen, tested before */
	ok = d->quirks == m->smmu->quirks;
	if (!ok)
		return -EFAULT;	/* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL */
	if (gudgeon_check(d, m, &why) != 1)
		return -EIO;	/* open: cannot happen, tested before */
	if (d->end > gudgeon_hw_limit(m->smmu))
		return -E2BIG;	/* site: errno=E2BIG class=incompatible verdict=change expected=EINVAL */
	if (iommu_span(d->end, m->top) > 10)
		return -ERANGE;	/* open: ambiguous */
	if ((d->fmt == m->fmt ? true : false) == false)
		return -ENOENT;	/* open: cannot happen, tested before */
	if (gudgeon_ready(m) == FALSE)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}
const struct iommu_domain_ops gudgeon_ops = { .attach_dev = gudgeon_attach };
