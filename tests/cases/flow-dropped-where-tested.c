// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the driver's own helper stands in a condition that changes nothing: WARN_ON_ONCE(), a compound condition, a loop's
 * message, `?:` for its sake, `!!`; and 0 is returned all the same.
 * Right: silent-success at the call. Handed on, or made good, it is none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct beryl_domain { struct iommu_domain domain; void *pages; u32 width; };
struct beryl_master { u32 width; int count; bool loud; };

#define to_beryl_domain(d) container_of(d, struct beryl_domain, domain)

static int beryl_pages(struct beryl_domain *bd)
{
	bd->pages = kcalloc(8, 64, GFP_KERNEL);
	return bd->pages ? 0 : -ENOMEM;	/* trap: lost, or handed on */
}

static int beryl_below(struct beryl_domain *bd)
{
	int err = beryl_pages(bd);

	if (err)
		return err;
	bd->width = 3;
	return 0;
}

static int beryl_once_attach(struct iommu_domain *domain, struct device *dev)
{
	struct beryl_domain *bd = to_beryl_domain(domain);

	if (WARN_ON_ONCE(beryl_below(bd)))	/* site: errno=0 class=silent-success verdict=review|change expected=propagate */
		dev_warn(dev, "no pages\n");
	return 0;
}

static int beryl_and_attach(struct iommu_domain *domain, struct device *dev)
{
	struct beryl_master *m = dev_iommu_priv_get(dev);

	if (m->loud && beryl_pages(to_beryl_domain(domain)) < 0)	/* site: errno=0 class=silent-success verdict=review|change expected=propagate */
		dev_err(dev, "no pages\n");
	return 0;
}

static int beryl_loop_attach(struct iommu_domain *domain, struct device *dev)
{
	struct beryl_master *m = dev_iommu_priv_get(dev);
	int i;

	for (i = 0; i < m->count; i++) {
		if (beryl_below(to_beryl_domain(domain)))	/* site: errno=0 class=silent-success verdict=review|change expected=propagate */
			dev_err(dev, "no pages for %d\n", i);
	}
	return 0;
}

static int beryl_else_attach(struct iommu_domain *domain, struct device *dev)
{
	struct beryl_domain *bd = to_beryl_domain(domain);

	if (beryl_pages(bd) == 0)	/* site: errno=0 class=silent-success verdict=review|change expected=propagate */
		dev_dbg(dev, "pages\n");
	else
		dev_err(dev, "no pages\n");
	return 0;
}

static int beryl_assigned_attach(struct iommu_domain *domain, struct device *dev)
{
	int err;

	if ((err = beryl_pages(to_beryl_domain(domain))) != 0)	/* site: errno=0 class=silent-success verdict=review|change expected=propagate */
		dev_err(dev, "no pages: %d\n", err);
	return 0;
}

/* Handed on: nothing is lost. */
static int beryl_kept_attach(struct iommu_domain *domain, struct device *dev)
{
	int err;

	if (WARN_ON((err = beryl_pages(to_beryl_domain(domain))) < 0))	/* trap: handed on */
		return err;
	return 0;
}

/* Tried once more. */
static int beryl_again_attach(struct iommu_domain *domain, struct device *dev)
{
	int err;

	err = beryl_pages(to_beryl_domain(domain));	/* trap: tried again */
	if (err)
		err = beryl_pages(to_beryl_domain(domain));	/* trap: handed on */
	return err;
}

const struct iommu_domain_ops beryl_once_ops = { .attach_dev = beryl_once_attach };
const struct iommu_domain_ops beryl_and_ops = { .attach_dev = beryl_and_attach };
const struct iommu_domain_ops beryl_loop_ops = { .attach_dev = beryl_loop_attach };
const struct iommu_domain_ops beryl_else_ops = { .attach_dev = beryl_else_attach };
const struct iommu_domain_ops beryl_assigned_ops = { .attach_dev = beryl_assigned_attach };
const struct iommu_domain_ops beryl_kept_ops = { .attach_dev = beryl_kept_attach };
const struct iommu_domain_ops beryl_again_ops = { .attach_dev = beryl_again_attach };
