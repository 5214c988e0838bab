// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the errno literal stands inside an expression that is more than itself: min(), a product, a comma list, `?:` with
 * a missing middle.
 * Right: a site, or a gap in coverage: "a return, branch, goto or errno literal without a fact, is a gap: in
 * `coverage`, in the exit status" (docs/architecture.md).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct sorb_domain { struct iommu_domain domain; u32 mode; };
struct sorb_master { u32 mode; struct clk *clk; };

#define to_sorb_domain(d) container_of(d, struct sorb_domain, domain)

static int sorb_min_attach(struct iommu_domain *domain, struct device *dev)
{
	struct sorb_domain *sdom = to_sorb_domain(domain);
	struct sorb_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (sdom->mode != master->mode)
		ret = min(ret, -EXDEV);	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=sorb_min_attach */
	return ret;
}

static int sorb_product_attach(struct iommu_domain *domain, struct device *dev)
{
	struct sorb_domain *sdom = to_sorb_domain(domain);
	struct sorb_master *master = dev_iommu_priv_get(dev);

	return -ERANGE * (sdom->mode != master->mode);	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=sorb_product_attach */
}

static int sorb_comma_attach(struct iommu_domain *domain, struct device *dev)
{
	struct sorb_domain *sdom = to_sorb_domain(domain);
	struct sorb_master *master = dev_iommu_priv_get(dev);
	int ret;

	if (sdom->mode != master->mode)
		return ret = -EPERM, cpu_relax(), ret;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=sorb_comma_attach */
	return 0;
}

/* The twin: a conditional is read. */
static int sorb_choice_attach(struct iommu_domain *domain, struct device *dev)
{
	struct sorb_domain *sdom = to_sorb_domain(domain);
	struct sorb_master *master = dev_iommu_priv_get(dev);

	return sdom->mode != master->mode ? -ENXIO : 0;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
}

/* A literal that is only compared with enters nowhere. */
static int sorb_compared_attach(struct iommu_domain *domain, struct device *dev)
{
	struct sorb_master *master = dev_iommu_priv_get(dev);
	int ret = clk_enable(master->clk);

	return (ret == -EACCES) * 0;	/* trap: a comparison is no site */
}

const struct iommu_domain_ops sorb_min_ops = { .attach_dev = sorb_min_attach };
const struct iommu_domain_ops sorb_product_ops = { .attach_dev = sorb_product_attach };
const struct iommu_domain_ops sorb_comma_ops = { .attach_dev = sorb_comma_attach };
const struct iommu_domain_ops sorb_choice_ops = { .attach_dev = sorb_choice_attach };
const struct iommu_domain_ops sorb_compared_ops = { .attach_dev = sorb_compared_attach };
