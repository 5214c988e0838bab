// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a binding in a form that the scan of the text does not know, beside a driver whose form it does: `attach_dev: fn`, by
 * position (position.c), by a macro that pastes (paste.c), a comment before `=` (comment.c), a table in an .inc file
 * (included.c).
 * Right: bound and analysed, or a gap in coverage: "What it could not read is said, and is exit status 2: never "0
 * findings"" (README).
 */
/* gap: the form may be refused, if coverage says so */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct redshank_domain { struct iommu_domain domain; u32 mode; };
struct redshank_master { u32 mode; };

#define to_redshank_domain(d) container_of(d, struct redshank_domain, domain)

static int redshank_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct redshank_domain *dom = to_redshank_domain(domain);
	struct redshank_master *master = dev_iommu_priv_get(dev);

	if (dom->mode != master->mode)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops redshank_ops = { attach_dev: redshank_attach_dev };
