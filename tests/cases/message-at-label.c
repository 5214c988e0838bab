// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the message stands before `goto`; the label's clean-up branches, loops, locks, or is a chain of labels; or the
 * message stands in a loop, behind a condition of its own.
 * Right: the errno stays, the message goes. Where another failure printed it, or it is for debugging, nothing.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct plover_domain { struct iommu_domain domain; void *unit; u32 width; struct mutex lock; };
struct plover_master { void *unit; u32 width; struct clk *clks[4]; int on; bool powered; bool loud; };

#define to_plover_domain(d) container_of(d, struct plover_domain, domain)

static int plover_chain_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plover_domain *pd = to_plover_domain(domain);
	struct plover_master *m = dev_iommu_priv_get(dev);

	mutex_lock(&pd->lock);
	if (pd->unit != m->unit) {
		dev_err(dev, "another unit\n");
		goto off;
	}
	mutex_unlock(&pd->lock);
	return 0;
off:
	if (m->powered) {
		m->powered = false;
		clk_disable(m->clks[0]);
	}
	goto unlock;
unlock:
	mutex_unlock(&pd->lock);
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
}

static int plover_for_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plover_domain *pd = to_plover_domain(domain);
	struct plover_master *m = dev_iommu_priv_get(dev);
	int i;

	if (pd->width > m->width) {
		dev_warn(dev, "too wide: %u\n", pd->width);
		goto undo;
	}
	return 0;
undo:
	for (i = 0; i < m->on; i++)
		if (m->clks[i])
			clk_disable(m->clks[i]);
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
}

static int plover_own_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plover_domain *pd = to_plover_domain(domain);
	struct plover_master *m = dev_iommu_priv_get(dev);
	int err = -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */

	if (pd->unit != m->unit) {
		if (m->loud)
			dev_err(dev, "another unit\n");
		goto out;
	}
	err = 0;
out:
	if (m->powered)
		clk_disable(m->clks[0]);
	return err;
}

static int plover_switch_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plover_domain *pd = to_plover_domain(domain);
	struct plover_master *m = dev_iommu_priv_get(dev);

	if (pd->unit != m->unit) {
		pr_err("another unit\n");
		goto fail;
	}
	return 0;
fail:
	switch (m->on) {
	case 1:
		clk_disable(m->clks[0]);
		break;
	default:
		break;
	}
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
}

static int plover_rated_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plover_domain *pd = to_plover_domain(domain);
	struct plover_master *m = dev_iommu_priv_get(dev);
	int i = 4;

	if (pd->unit == m->unit)
		return 0;
	dev_err_ratelimited(dev, "another unit\n");
	do {
		clk_disable(m->clks[--i]);
	} while (i);
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
}

/* Printed where something else failed. */
static int plover_elsewhere_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plover_domain *pd = to_plover_domain(domain);
	struct plover_master *m = dev_iommu_priv_get(dev);
	int err;

	err = clk_enable(m->clks[0]);	/* site: errno=propagated:clk_enable class=propagated verdict=ok expected=keep */
	if (err) {
		dev_err(dev, "no clock\n");
		return err;
	}
	if (pd->unit != m->unit)
		goto refuse;
	return 0;
refuse:
	if (m->powered)
		clk_disable(m->clks[0]);
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
}

/* For debugging. */
static int plover_debug_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plover_domain *pd = to_plover_domain(domain);
	struct plover_master *m = dev_iommu_priv_get(dev);

	if (pd->unit != m->unit) {
		dev_dbg(dev, "another unit\n");
		goto refuse;
	}
	return 0;
refuse:
	while (m->on)
		clk_disable(m->clks[--m->on]);
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
}

const struct iommu_domain_ops plover_chain_ops = { .attach_dev = plover_chain_attach };
const struct iommu_domain_ops plover_for_ops = { .attach_dev = plover_for_attach };
const struct iommu_domain_ops plover_own_ops = { .attach_dev = plover_own_attach };
const struct iommu_domain_ops plover_switch_ops = { .attach_dev = plover_switch_attach };
const struct iommu_domain_ops plover_rated_ops = { .attach_dev = plover_rated_attach };
const struct iommu_domain_ops plover_elsewhere_ops = { .attach_dev = plover_elsewhere_attach };
const struct iommu_domain_ops plover_debug_ops = { .attach_dev = plover_debug_attach };
