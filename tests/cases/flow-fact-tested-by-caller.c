// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the caller has tested a field, and the helper that it then calls tests the same field again: the helper's failure
 * cannot happen there.
 * Right: nothing at the call whose failure is excluded, nothing for a constant that is reached that way alone: "A
 * constant that does not reach is not a site" (design, section 4). Where the field has been written since, or the
 * caller has not tested it, it stays.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct gorse_iommu { void *base; };
struct gorse_domain { struct iommu_domain domain; struct gorse_iommu *iommu; u32 flags; bool fixed; };
struct gorse_master { struct gorse_iommu *iommu; };

#define to_gorse_domain(d) container_of(d, struct gorse_domain, domain)

static int gorse_set_flag(struct gorse_domain *gdom, u32 flag)
{
	if (gdom->iommu)
		return -EBUSY;	/* none: its only caller has seen gdom->iommu unset */
	gdom->flags |= flag;
	return 0;
}

static int gorse_open(struct gorse_domain *gdom)
{
	if (!gdom->iommu)
		return -EACCES;	/* none: its only caller has seen gdom->iommu set */
	gdom->flags |= 8;
	return 0;
}

/* The twins: not tested before; written since. */
static int gorse_widen(struct gorse_domain *gdom)
{
	if (gdom->fixed)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	gdom->flags |= 4;
	return 0;
}

static int gorse_close(struct gorse_domain *gdom)
{
	if (gdom->iommu)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible|hard verdict=change|review expected=EINVAL|ENODEV */
	gdom->flags |= 16;
	return 0;
}

static int gorse_attach(struct iommu_domain *domain, struct device *dev)
{
	struct gorse_domain *gdom = to_gorse_domain(domain);
	struct gorse_master *master = dev_iommu_priv_get(dev);
	int ret;

	if (!gdom->iommu) {
		gorse_set_flag(gdom, 1);	/* none: cannot fail here */

		ret = gorse_set_flag(gdom, 2);
		if (ret)
			return ret;

		gdom->iommu = master->iommu;
	}

	gorse_widen(gdom);	/* site: errno=0 class=silent-success verdict=change expected=propagate */

	return gorse_widen(gdom);
}

static int gorse_reopen_attach(struct iommu_domain *domain, struct device *dev)
{
	struct gorse_domain *gdom = to_gorse_domain(domain);

	if (!gdom->iommu)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */

	return gorse_open(gdom);
}

static int gorse_take_attach(struct iommu_domain *domain, struct device *dev)
{
	struct gorse_domain *gdom = to_gorse_domain(domain);
	struct gorse_master *master = dev_iommu_priv_get(dev);

	if (gdom->iommu)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	gdom->iommu = master->iommu;

	return gorse_close(gdom);
}

const struct iommu_domain_ops gorse_ops = { .attach_dev = gorse_attach };
const struct iommu_domain_ops gorse_reopen_ops = { .attach_dev = gorse_reopen_attach };
const struct iommu_domain_ops gorse_take_ops = { .attach_dev = gorse_take_attach };
