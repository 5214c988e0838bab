// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a misfit ends in success, and the 0 stands in a variable instead of the return statement.
 * Right: silent-success and a change, in every spelling, the literal one too: the domain belongs to another IOMMU than the device,
 * nothing is attached, and the caller is told that it was. What decides is what arrives, not how it is written. Where the domain
 * itself is compared (attached already, not the one made internally) success can be meant: never more than a review. Where one
 * preset serves several exits, the site is the exit.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct hazel_iommu { void *base; };
struct hazel_domain { struct iommu_domain domain; struct hazel_iommu *iommu; };
struct hazel_master { struct hazel_iommu *iommu; struct clk *clk; struct iommu_domain *cur; };

#define to_hazel_domain(d) container_of(d, struct hazel_domain, domain)

static int hazel_return_attach(struct iommu_domain *domain, struct device *dev)
{
	struct hazel_domain *hdom = to_hazel_domain(domain);
	struct hazel_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (master->cur == domain)
		return ret;	/* trap: attached to this very domain already */

	if (hdom->iommu != master->iommu)
		return ret;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */

	master->cur = domain;
	return ret;
}

static int hazel_goto_attach(struct iommu_domain *domain, struct device *dev)
{
	struct hazel_domain *hdom = to_hazel_domain(domain);
	struct hazel_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (hdom->iommu != master->iommu)
		goto out;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */

	master->cur = domain;
out:
	return ret;
}

static int hazel_chosen_attach(struct iommu_domain *domain, struct device *dev)
{
	struct hazel_domain *hdom = to_hazel_domain(domain);
	struct hazel_master *master = dev_iommu_priv_get(dev);

	return hdom->iommu != master->iommu ? 0 : clk_enable(master->clk);	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
}

/* The twin: the literal is seen, as a review. */
static int hazel_literal_attach(struct iommu_domain *domain, struct device *dev)
{
	struct hazel_domain *hdom = to_hazel_domain(domain);
	struct hazel_master *master = dev_iommu_priv_get(dev);

	if (hdom->iommu != master->iommu)
		return 0;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */

	master->cur = domain;
	return 0;
}

const struct iommu_domain_ops hazel_return_ops = { .attach_dev = hazel_return_attach };
const struct iommu_domain_ops hazel_goto_ops = { .attach_dev = hazel_goto_attach };
const struct iommu_domain_ops hazel_chosen_ops = { .attach_dev = hazel_chosen_attach };
const struct iommu_domain_ops hazel_literal_ops = { .attach_dev = hazel_literal_attach };
