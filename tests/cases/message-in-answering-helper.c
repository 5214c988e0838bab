// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the message stands in the predicate that finds the misfit: with a switch, a loop, through another predicate, as
 * a pointer that is NULL, as a number that is 0.
 * Right: the errno stays, the message goes. A predicate on the device alone may log.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct knot_domain { struct iommu_domain domain; void *unit; u32 mode; u32 width; };
struct knot_unit { u32 width; };
struct knot_master { void *unit; u32 mode; u32 width; u32 sid; int n; struct knot_unit *units; struct device *dev; };

#define to_knot_domain(d) container_of(d, struct knot_domain, domain)

static bool knot_inner(struct knot_domain *kd, struct knot_master *m)
{
	if (kd->unit == m->unit)
		return true;
	dev_err(m->dev, "another unit\n");
	return false;
}

static bool knot_outer(struct knot_domain *kd, struct knot_master *m)
{
	return knot_inner(kd, m);
}

static int knot_outer_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!knot_outer(to_knot_domain(domain), dev_iommu_priv_get(dev)))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static bool knot_stored(struct knot_domain *kd, struct knot_master *m)
{
	bool ok = true;

	if (kd->width > m->width) {
		dev_warn(m->dev, "too wide\n");
		ok = false;
	}
	return ok;
}

static int knot_stored_attach(struct iommu_domain *domain, struct device *dev)
{
	bool ok = knot_stored(to_knot_domain(domain), dev_iommu_priv_get(dev));

	if (!ok)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static struct knot_unit *knot_pick(struct knot_domain *kd, struct knot_master *m)
{
	int i;

	for (i = 0; i < m->n; i++)
		if (m->units[i].width >= kd->width)
			return &m->units[i];
	dev_err(m->dev, "no unit is wide enough\n");
	return NULL;
}

static int knot_pick_attach(struct iommu_domain *domain, struct device *dev)
{
	struct knot_unit *unit = knot_pick(to_knot_domain(domain), dev_iommu_priv_get(dev));

	if (!unit)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int knot_number(struct knot_domain *kd, struct knot_master *m)
{
	if (kd->mode != m->mode) {
		dev_err(m->dev, "another mode\n");
		return 0;
	}
	return 1;
}

static int knot_number_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!knot_number(to_knot_domain(domain), dev_iommu_priv_get(dev)))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static bool knot_wrong(struct knot_domain *kd, struct knot_master *m)
{
	switch (kd->mode) {
	case 1:
		if (m->mode != kd->mode) {
			dev_err(m->dev, "another mode\n");
			return true;
		}
		break;
	default:
		break;
	}
	return false;
}

static int knot_wrong_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = 0;

	if (knot_wrong(to_knot_domain(domain), dev_iommu_priv_get(dev)))
		err = -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
	return err;
}

/* The device alone. */
static bool knot_usable(struct knot_master *m)
{
	if (m->sid)
		return true;
	dev_err(m->dev, "no stream\n");
	return false;
}

static int knot_usable_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!knot_usable(dev_iommu_priv_get(dev)))
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	return 0;
}

/* It prints where it fits. */
static bool knot_happy(struct knot_domain *kd, struct knot_master *m)
{
	if (kd->unit != m->unit)
		return false;
	dev_warn(m->dev, "shared unit\n");
	return true;
}

static int knot_happy_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!knot_happy(to_knot_domain(domain), dev_iommu_priv_get(dev)))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops knot_outer_ops = { .attach_dev = knot_outer_attach };
const struct iommu_domain_ops knot_stored_ops = { .attach_dev = knot_stored_attach };
const struct iommu_domain_ops knot_pick_ops = { .attach_dev = knot_pick_attach };
const struct iommu_domain_ops knot_number_ops = { .attach_dev = knot_number_attach };
const struct iommu_domain_ops knot_wrong_ops = { .attach_dev = knot_wrong_attach };
const struct iommu_domain_ops knot_usable_ops = { .attach_dev = knot_usable_attach };
const struct iommu_domain_ops knot_happy_ops = { .attach_dev = knot_happy_attach };
