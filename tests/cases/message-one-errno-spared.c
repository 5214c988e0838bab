// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the branch that logs spares one errno, or two: `&&`, nested, switch, else, a message in a loop, by return before.
 * Right: what is soft and logged is a site at the call; where the soft errno is the one that is spared, nothing is.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct dunlin_domain { struct iommu_domain domain; u32 bits; };
struct dunlin_master { u32 bits; bool busy; int n; };

#define to_dunlin_domain(d) container_of(d, struct dunlin_domain, domain)

static int dunlin_set(struct dunlin_domain *dd, struct dunlin_master *m)
{
	if (dd->bits > m->bits)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	if (m->busy)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	m->busy = true;
	return 0;
}

static int dunlin_nested_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = dunlin_set(to_dunlin_domain(domain), dev_iommu_priv_get(dev));	/* site: errno=propagated:dunlin_set class=incompatible verdict=change expected=keep */

	if (err) {
		if (err != -EBUSY)
			dev_err(dev, "not set: %d\n", err);
		return err;
	}
	return 0;
}

static int dunlin_else_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = dunlin_set(to_dunlin_domain(domain), dev_iommu_priv_get(dev));	/* site: errno=propagated:dunlin_set class=incompatible verdict=change expected=keep */

	if (err == -EBUSY)
		dev_dbg(dev, "busy\n");
	else if (err < 0)
		dev_warn(dev, "not set: %d\n", err);
	return err;
}

static int dunlin_switch_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = dunlin_set(to_dunlin_domain(domain), dev_iommu_priv_get(dev));	/* site: errno=propagated:dunlin_set class=incompatible verdict=change expected=keep */

	switch (err) {
	case 0:
	case -EBUSY:
		break;
	default:
		dev_err(dev, "not set: %d\n", err);
	}
	return err;
}

static int dunlin_loop_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dunlin_master *m = dev_iommu_priv_get(dev);
	int i, err = 0;

	for (i = 0; i < m->n; i++) {
		err = dunlin_set(to_dunlin_domain(domain), m + i);	/* site: errno=propagated:dunlin_set class=incompatible verdict=change expected=keep */
		if (err && err != -EBUSY && err != -ENOMEM) {
			dev_err(dev, "%d not set: %d\n", i, err);
			break;
		}
		if (err)
			break;
	}
	return err;
}

static int dunlin_not_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = dunlin_set(to_dunlin_domain(domain), dev_iommu_priv_get(dev));	/* site: errno=propagated:dunlin_set class=incompatible verdict=change expected=keep */

	if (!(err == 0 || err == -EBUSY))
		dev_err(dev, "not set: %d\n", err);
	return err;
}

/* The soft one is spared. */
static int dunlin_soft_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = dunlin_set(to_dunlin_domain(domain), dev_iommu_priv_get(dev));	/* trap: what is soft is not logged */

	if (err == -EINVAL)
		return err;
	if (err)
		dev_err(dev, "not set: %d\n", err);
	return err;
}

static int dunlin_switched_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = dunlin_set(to_dunlin_domain(domain), dev_iommu_priv_get(dev));	/* trap: what is soft is not logged */

	switch (err) {
	case -EINVAL:
		return err;
	case 0:
		return 0;
	default:
		dev_err(dev, "not set: %d\n", err);
		return err;
	}
}

const struct iommu_domain_ops dunlin_nested_ops = { .attach_dev = dunlin_nested_attach };
const struct iommu_domain_ops dunlin_else_ops = { .attach_dev = dunlin_else_attach };
const struct iommu_domain_ops dunlin_switch_ops = { .attach_dev = dunlin_switch_attach };
const struct iommu_domain_ops dunlin_loop_ops = { .attach_dev = dunlin_loop_attach };
const struct iommu_domain_ops dunlin_not_ops = { .attach_dev = dunlin_not_attach };
const struct iommu_domain_ops dunlin_soft_ops = { .attach_dev = dunlin_soft_attach };
const struct iommu_domain_ops dunlin_switched_ops = { .attach_dev = dunlin_switched_attach };
