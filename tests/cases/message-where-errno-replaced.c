// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper finds the misfit and logs it, its caller replaces the errno: through a variable, two calls down, as a
 * pointer, in a ternary, by a preset.
 * Right: the message goes, whether the site is masked or incompatible.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/err.h>

struct ruff_domain { struct iommu_domain domain; void *unit; };
struct ruff_master { void *unit; u32 sid; struct device *dev; };

#define to_ruff_domain(d) container_of(d, struct ruff_domain, domain)

static int ruff_check(struct ruff_domain *rd, struct ruff_master *m)
{
	if (rd->unit != m->unit) {
		dev_err(m->dev, "another unit\n");
		return -EINVAL;	/* open: the caller's arrives, the message is here */
	}
	return 0;
}

static int ruff_above(struct ruff_domain *rd, struct ruff_master *m)
{
	int err = ruff_check(rd, m);

	return err;
}

static void *ruff_pointer(struct ruff_domain *rd, struct ruff_master *m)
{
	if (rd->unit == m->unit)
		return m;
	dev_warn(m->dev, "another unit\n");
	return ERR_PTR(-EINVAL);	/* open: the caller's arrives */
}

static int ruff_variable_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = ruff_check(to_ruff_domain(domain), dev_iommu_priv_get(dev));

	if (err)
		return -EINVAL;	/* site: errno=EINVAL class=masked|incompatible verdict=change */
	return 0;
}

static int ruff_deep_attach(struct iommu_domain *domain, struct device *dev)
{
	if (ruff_above(to_ruff_domain(domain), dev_iommu_priv_get(dev)) < 0)
		return -EINVAL;	/* site: errno=EINVAL class=masked|incompatible verdict=change */
	return 0;
}

static int ruff_pointer_attach(struct iommu_domain *domain, struct device *dev)
{
	void *p = ruff_pointer(to_ruff_domain(domain), dev_iommu_priv_get(dev));

	if (IS_ERR(p))
		return -EINVAL;	/* site: errno=EINVAL class=masked|incompatible verdict=change */
	return 0;
}

static int ruff_choice_attach(struct iommu_domain *domain, struct device *dev)
{
	return ruff_check(to_ruff_domain(domain), dev_iommu_priv_get(dev)) ? -EINVAL : 0;	/* site: errno=EINVAL class=masked|incompatible verdict=change */
}

static int ruff_preset_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = -EINVAL;	/* site: errno=EINVAL class=masked|incompatible verdict=change */

	if (ruff_check(to_ruff_domain(domain), dev_iommu_priv_get(dev)))
		goto out;
	err = 0;
out:
	return err;
}

/* Hard, and may be logged. */
static int ruff_usable(struct ruff_master *m)
{
	if (!m->sid) {
		dev_err(m->dev, "no stream\n");
		return -ENODEV;	/* trap: hard, and right */
	}
	return 0;
}

static int ruff_usable_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = ruff_usable(dev_iommu_priv_get(dev));

	if (err < 0)
		return -ENODEV;	/* site: errno=ENODEV class=masked|hard verdict=ok expected=ENODEV */
	return 0;
}

const struct iommu_domain_ops ruff_variable_ops = { .attach_dev = ruff_variable_attach };
const struct iommu_domain_ops ruff_deep_ops = { .attach_dev = ruff_deep_attach };
const struct iommu_domain_ops ruff_pointer_ops = { .attach_dev = ruff_pointer_attach };
const struct iommu_domain_ops ruff_choice_ops = { .attach_dev = ruff_choice_attach };
const struct iommu_domain_ops ruff_preset_ops = { .attach_dev = ruff_preset_attach };
const struct iommu_domain_ops ruff_usable_ops = { .attach_dev = ruff_usable_attach };
