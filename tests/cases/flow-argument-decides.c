// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: what a helper tests is decided by the argument: a constant two calls up, an enumerator through a wrapper, a flag
 * tested with &, NULL for a pointer, a literal compared with <.
 * Right: nothing for what cannot arrive. Where the argument lets the failure through, it is a site.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

#define GALENA_STRICT	0x1
#define GALENA_LAZY	0x2

enum galena_way { GALENA_FIRST, GALENA_AGAIN, GALENA_LAST };
struct galena_unit { void *base; };
struct galena_domain { struct iommu_domain domain; struct galena_unit *unit; u32 width; };
struct galena_master { struct galena_unit *unit; u32 width; };

#define to_galena_domain(d) container_of(d, struct galena_domain, domain)

/* The lowest of three: what decides comes from two calls up. */
static int galena_bottom(struct galena_domain *gd, struct galena_master *m, enum galena_way way)
{
	if (way == GALENA_FIRST && gd->unit != m->unit)
		return -EPERM;	/* none: never with GALENA_FIRST */
	if (way != GALENA_LAST)
		return 0;
	if (gd->width > m->width)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int galena_middle(struct galena_domain *gd, struct galena_master *m, enum galena_way way)
{
	int err = galena_bottom(gd, m, way);

	return err;
}

static int galena_deep_attach(struct iommu_domain *domain, struct device *dev)
{
	struct galena_domain *gd = to_galena_domain(domain);
	struct galena_master *m = dev_iommu_priv_get(dev);
	int err;

	err = galena_middle(gd, m, GALENA_AGAIN);
	if (!err)
		err = galena_middle(gd, m, GALENA_LAST);
	return err;
}

/* A flag among others. */
static int galena_flags(struct galena_domain *gd, struct galena_master *m, unsigned int flags)
{
	if (flags & 1) {
		if (gd->unit != m->unit)
			return -EXDEV;	/* none: the argument is 2 */
	}
	if ((flags & 2) && gd->width != m->width)
		return -EACCES;	/* site: errno=EACCES class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int galena_flags_attach(struct iommu_domain *domain, struct device *dev)
{
	return galena_flags(to_galena_domain(domain), dev_iommu_priv_get(dev), 2);
}

/* NULL for a pointer. */
static int galena_old(struct galena_domain *gd, struct galena_domain *old)
{
	if (old) {
		if (old->width != gd->width)
			return -ENXIO;	/* none: there is no old one */
		old->unit = NULL;
	}
	gd->width = 4;
	return 0;
}

static int galena_null_attach(struct iommu_domain *domain, struct device *dev)
{
	return galena_old(to_galena_domain(domain), NULL);
}

/* A number against a bound, negated flag, ternary. */
static int galena_level(struct galena_domain *gd, struct galena_master *m, int level, bool quick)
{
	if (level < 3)
		return quick ? -ENOSPC : 0;	/* none: level is 4 */
	if (!quick)
		return gd->unit == m->unit ? 0 : -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int galena_level_attach(struct iommu_domain *domain, struct device *dev)
{
	bool quick = false;

	return galena_level(to_galena_domain(domain), dev_iommu_priv_get(dev), 4, quick);
}

/* An inline helper whose switch falls through, with a local that holds the constant. */
static inline int galena_pick(struct galena_domain *gd, struct galena_master *m, enum galena_way way)
{
	switch (way) {
	case GALENA_FIRST:
	case GALENA_AGAIN:
		if (gd->width != m->width)
			return -EBADF;	/* none: only with GALENA_LAST */
		fallthrough;
	case GALENA_LAST:
		if (gd->unit != m->unit)
			return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
		break;
	default:
		return -EPERM;	/* none: the switch has it */
	}
	return 0;
}

static int galena_pick_attach(struct iommu_domain *domain, struct device *dev)
{
	enum galena_way way = GALENA_LAST;
	int rc;

	rc = galena_pick(to_galena_domain(domain), dev_iommu_priv_get(dev), way);
	if (rc < 0)
		return rc;
	return 0;
}

/* What the caller does not know stays. */
static int galena_open(struct galena_domain *gd, struct galena_master *m, bool strict)
{
	if (strict && gd->unit != m->unit)
		return -ENODEV;	/* site: errno=ENODEV class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int galena_open_attach(struct iommu_domain *domain, struct device *dev)
{
	struct galena_master *m = dev_iommu_priv_get(dev);

	return galena_open(to_galena_domain(domain), m, m->width > 32);
}

const struct iommu_domain_ops galena_deep_ops = { .attach_dev = galena_deep_attach };
const struct iommu_domain_ops galena_flags_ops = { .attach_dev = galena_flags_attach };
const struct iommu_domain_ops galena_null_ops = { .attach_dev = galena_null_attach };
const struct iommu_domain_ops galena_level_ops = { .attach_dev = galena_level_attach };
const struct iommu_domain_ops galena_pick_ops = { .attach_dev = galena_pick_attach };
const struct iommu_domain_ops galena_open_ops = { .attach_dev = galena_open_attach };
