// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: both arms of an #if stand in a function's body: returns, assignments, declarations; an errno that another
 * subsystem's function may store; an array that is written through a pointer; a range of labels and a constant.
 * Right: a site in each arm: one of both is compiled, and neither overwrites the other. A reader of one configuration has
 * the arm that is on, and says that it has not seen the other.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct bunting_domain { struct iommu_domain domain; void *iommu; u32 mode; };
struct bunting_master { void *iommu; u32 mode; };

#define to_bunting_domain(d) container_of(d, struct bunting_domain, domain)

static int bunting_returns_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bunting_domain *bdom = to_bunting_domain(domain);
	struct bunting_master *master = dev_iommu_priv_get(dev);

	if (bdom->iommu != master->iommu) {
#ifdef CONFIG_BUNTING
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=bunting_returns_attach */
#else
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
#endif
	}
	return 0;
}

static int bunting_assigns_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bunting_domain *bdom = to_bunting_domain(domain);
	struct bunting_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

#if defined(CONFIG_BUNTING)
	ret = bdom->iommu == master->iommu ? 0 : -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=bunting_assigns_attach */
#elif defined(CONFIG_BUNTING_MODES)
	if (bdom->mode != master->mode)
		ret = -EACCES;	/* site: errno=EACCES class=incompatible verdict=change expected=EINVAL gap=bunting_assigns_attach */
#else
	ret = 0;
#endif
	return ret;
}

static int bunting_declares_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bunting_domain *bdom = to_bunting_domain(domain);
	struct bunting_master *master = dev_iommu_priv_get(dev);
#ifdef CONFIG_BUNTING
	int ret = -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL gap=bunting_declares_attach */
#else
	int ret = -EFAULT;	/* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL */
#endif

	if (bdom->iommu != master->iommu)
		goto out;
	ret = 0;
out:
	return ret;
}

static int bunting_swapped_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bunting_domain *bdom = to_bunting_domain(domain);
	struct bunting_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (bdom->iommu != master->iommu)
		xchg(&ret, -E2BIG);	/* site: errno=E2BIG class=incompatible gap=bunting_swapped_attach */
	return ret;
}

static int bunting_array_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bunting_domain *bdom = to_bunting_domain(domain);
	struct bunting_master *master = dev_iommu_priv_get(dev);
	int result[1] = { 0 }, *first = result;

	if (bdom->iommu != master->iommu)
		*first = -EOPNOTSUPP;	/* site: errno=EOPNOTSUPP class=incompatible verdict=change expected=EINVAL gap=bunting_array_attach */
	return result[0];
}

static int bunting_step(struct bunting_domain *bdom, struct bunting_master *master, int what)
{
	switch (what) {
	case 1 ... 3:
		return bdom->mode == master->mode ? 0 : -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=bunting_returns_attach */
	case 20 ... 30:
		return -EPERM;	/* none: never asked for */
	default:
		return -ERANGE;	/* none: never asked for */
	}
}

static int bunting_range_attach(struct iommu_domain *domain, struct device *dev)
{
	return bunting_step(to_bunting_domain(domain), dev_iommu_priv_get(dev), 2);
}

const struct iommu_domain_ops bunting_returns_ops = { .attach_dev = bunting_returns_attach };
const struct iommu_domain_ops bunting_assigns_ops = { .attach_dev = bunting_assigns_attach };
const struct iommu_domain_ops bunting_declares_ops = { .attach_dev = bunting_declares_attach };
const struct iommu_domain_ops bunting_swapped_ops = { .attach_dev = bunting_swapped_attach };
const struct iommu_domain_ops bunting_array_ops = { .attach_dev = bunting_array_attach };
const struct iommu_domain_ops bunting_range_ops = { .attach_dev = bunting_range_attach };
