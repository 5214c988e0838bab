// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a misfit ends in success, and what was found out stands in a variable before it is tested; a helper that gives
 * a pointer and an errno beside it; an errno that a helper leaves in a variable of the file.
 * Right: as where the condition itself stands in the if. A pointer that is empty for another reason than those for
 * which the helper fails says nothing of a misfit.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct ouzel_iommu { void *base; };
struct ouzel_slot { u32 id; };
struct ouzel_domain { struct iommu_domain domain; struct ouzel_iommu *iommu; struct ouzel_slot *slot; };
struct ouzel_master { struct ouzel_iommu *iommu; struct ouzel_slot *slot; };

#define to_ouzel_domain(d) container_of(d, struct ouzel_domain, domain)

static bool ouzel_same(const struct ouzel_domain *odom, const struct ouzel_master *master)
{
	return odom->iommu == master->iommu;
}

static int ouzel_asked_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ouzel_domain *odom = to_ouzel_domain(domain);
	struct ouzel_master *master = dev_iommu_priv_get(dev);
	bool same = ouzel_same(odom, master);

	if (!same)
		return 0;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	writel(1, master->iommu->base);
	return 0;
}

static int ouzel_compared_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ouzel_domain *odom = to_ouzel_domain(domain);
	struct ouzel_master *master = dev_iommu_priv_get(dev);
	bool other = odom->iommu != master->iommu;
	int ret = 0;

	if (other)
		goto out;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	writel(1, master->iommu->base);
out:
	return ret;
}

static struct ouzel_slot *ouzel_find(struct ouzel_domain *odom, struct ouzel_master *master, int *err)
{
	if (odom->iommu != master->iommu) {
		*err = -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
		return NULL;
	}
	*err = 0;
	return odom->slot;
}

static int ouzel_found_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ouzel_master *master = dev_iommu_priv_get(dev);
	struct ouzel_slot *slot;
	int err;

	slot = ouzel_find(to_ouzel_domain(domain), master, &err);
	if (!slot)
		return err;	/* trap: with success, the domain has no slot; the misfit is told by err */
	master->slot = slot;
	return 0;
}

static int ouzel_last;

static void ouzel_check(struct ouzel_domain *odom, struct ouzel_master *master)
{
	ouzel_last = 0;
	if (odom->iommu != master->iommu)
		ouzel_last = -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
}

static int ouzel_global_attach(struct iommu_domain *domain, struct device *dev)
{
	ouzel_check(to_ouzel_domain(domain), dev_iommu_priv_get(dev));
	return ouzel_last;
}

const struct iommu_domain_ops ouzel_asked_ops = { .attach_dev = ouzel_asked_attach };
const struct iommu_domain_ops ouzel_compared_ops = { .attach_dev = ouzel_compared_attach };
const struct iommu_domain_ops ouzel_found_ops = { .attach_dev = ouzel_found_attach };
const struct iommu_domain_ops ouzel_global_ops = { .attach_dev = ouzel_global_attach };
