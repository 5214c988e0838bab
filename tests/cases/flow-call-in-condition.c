// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the call stands in the condition, and its failure ends in success: compound conditions, while, a ternary, nested
 * ifs, unlikely().
 * Right: silent-success at the call. A predicate is a question; another errno for it is masked.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct lapis_master { void *table; void *base; bool bypass, ready; int n; };

static int lapis_table(struct lapis_master *m)
{
	m->table = kzalloc(64, GFP_KERNEL);
	if (!m->table)
		return -ENOMEM;	/* trap: lost, or replaced */
	return 0;
}

static bool lapis_off(const struct lapis_master *m)
{
	return m->bypass || !m->ready;
}

static int lapis_and_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lapis_master *m = dev_iommu_priv_get(dev);

	if (m->ready && !lapis_table(m))	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
		writel(1, m->base);
	return 0;
}

static int lapis_or_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lapis_master *m = dev_iommu_priv_get(dev);

	if (lapis_off(m) || lapis_table(m))	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
		return 0;
	writel(1, m->base);
	return 0;
}

static int lapis_likely_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lapis_master *m = dev_iommu_priv_get(dev);

	if (unlikely(lapis_table(m) < 0))	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
		goto out;
	writel(1, m->base);
out:
	return 0;
}

static int lapis_while_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lapis_master *m = dev_iommu_priv_get(dev);
	int i = 0;

	while (i < m->n && !lapis_table(m))	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
		writel(i++, m->base);
	return 0;
}

static int lapis_nested_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lapis_master *m = dev_iommu_priv_get(dev);

	if (!lapis_off(m)) {
		if (0 == lapis_table(m)) {	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
			writel(1, m->base);
			return 0;
		}
	}
	return 0;
}

static int lapis_choice_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lapis_master *m = dev_iommu_priv_get(dev);
	u32 mode = lapis_table(m) ? 0 : 3;	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */

	writel(mode, m->base);
	return 0;
}

/* Questions. */
static int lapis_asked_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lapis_master *m = dev_iommu_priv_get(dev);

	if (lapis_off(m))	/* none: a question */
		return 0;
	writel(1, m->base);
	return 0;
}

static int lapis_other_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lapis_master *m = dev_iommu_priv_get(dev);

	if (!lapis_off(m) && lapis_table(m))
		return -ENODEV;	/* site: errno=ENODEV class=masked verdict=change expected=propagate */
	return 0;
}

const struct iommu_domain_ops lapis_and_ops = { .attach_dev = lapis_and_attach };
const struct iommu_domain_ops lapis_or_ops = { .attach_dev = lapis_or_attach };
const struct iommu_domain_ops lapis_likely_ops = { .attach_dev = lapis_likely_attach };
const struct iommu_domain_ops lapis_while_ops = { .attach_dev = lapis_while_attach };
const struct iommu_domain_ops lapis_nested_ops = { .attach_dev = lapis_nested_attach };
const struct iommu_domain_ops lapis_choice_ops = { .attach_dev = lapis_choice_attach };
const struct iommu_domain_ops lapis_asked_ops = { .attach_dev = lapis_asked_attach };
const struct iommu_domain_ops lapis_other_ops = { .attach_dev = lapis_other_attach };
