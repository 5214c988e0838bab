// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: what a helper tests has been tested by its caller: negated, of the result of an accessor, of a local copy, two
 * calls up, in a switch, as a part of a compound condition.
 * Right: nothing for what cannot happen. Where it was written in between, or is another operand, it stays.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct zircon_unit { void *base; };
struct zircon_domain { struct iommu_domain domain; struct zircon_unit *unit; u32 kind; bool ready; u32 bits; };
struct zircon_master { struct zircon_unit *unit; u32 bits; };

#define to_zircon_domain(d) container_of(d, struct zircon_domain, domain)

static int zircon_low(struct zircon_domain *zd, struct zircon_master *m)
{
	if (zd->unit != m->unit)
		return -EPERM;	/* none: tested two calls up */
	zd->ready = true;
	return 0;
}

static int zircon_mid(struct zircon_domain *zd, struct zircon_master *m)
{
	return zircon_low(zd, m);
}

static int zircon_deep_attach(struct iommu_domain *domain, struct device *dev)
{
	struct zircon_domain *zd = to_zircon_domain(domain);
	struct zircon_master *m = dev_iommu_priv_get(dev);

	if (m->unit != zd->unit)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return zircon_mid(zd, m);
}

static int zircon_kind(struct zircon_domain *zd)
{
	if (zd->kind != 2)
		return -EACCES;	/* none: the switch has it */
	zd->bits = 4;
	return 0;
}

static int zircon_kind_attach(struct iommu_domain *domain, struct device *dev)
{
	struct zircon_domain *zd = to_zircon_domain(domain);

	switch (zd->kind) {
	case 2:
		return zircon_kind(zd);
	default:
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	}
}

static int zircon_part(struct zircon_domain *zd, struct zircon_master *m)
{
	if (!zd->unit)
		return -EXDEV;	/* none: tested in a compound condition */
	if (!zd->ready)
		return -ENXIO;	/* none: so is this */
	if (zd->bits > m->bits)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int zircon_part_attach(struct iommu_domain *domain, struct device *dev)
{
	struct zircon_domain *zd = to_zircon_domain(domain);

	if (zd->unit && zd->ready)
		return zircon_part(zd, dev_iommu_priv_get(dev));
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
}

/* A local copy of it. */
static int zircon_copy(struct zircon_domain *zd)
{
	struct zircon_unit *unit = zd->unit;

	if (!unit)
		return -EBADF;	/* none: the caller's copy was tested */
	zd->ready = true;
	return 0;
}

static int zircon_copy_attach(struct iommu_domain *domain, struct device *dev)
{
	struct zircon_domain *zd = to_zircon_domain(domain);
	struct zircon_unit *had = zd->unit;

	if (!had)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return zircon_copy(zd);
}

/* A predicate has tested it. */
static bool zircon_suits(struct zircon_domain *zd, struct zircon_master *m)
{
	return zd->unit == m->unit;
}

static int zircon_sure(struct zircon_domain *zd, struct zircon_master *m)
{
	if (!zircon_suits(zd, m))
		return -ENODEV;	/* none: the same question */
	zd->ready = true;
	return 0;
}

static int zircon_asked_attach(struct iommu_domain *domain, struct device *dev)
{
	struct zircon_domain *zd = to_zircon_domain(domain);
	struct zircon_master *m = dev_iommu_priv_get(dev);

	if (!zircon_suits(zd, m))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return zircon_sure(zd, m);
}

/* Written in between by another helper. */
static void zircon_reset(struct zircon_domain *zd, struct zircon_master *m)
{
	zd->unit = m->unit ? m->unit : NULL;
}

static int zircon_after(struct zircon_domain *zd)
{
	if (!zd->unit)
		return -EPERM;	/* site: errno=EPERM class=incompatible|hard verdict=change|review */
	return 0;
}

static int zircon_after_attach(struct iommu_domain *domain, struct device *dev)
{
	struct zircon_domain *zd = to_zircon_domain(domain);

	if (!zd->unit)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	zircon_reset(zd, dev_iommu_priv_get(dev));
	return zircon_after(zd);
}

const struct iommu_domain_ops zircon_deep_ops = { .attach_dev = zircon_deep_attach };
const struct iommu_domain_ops zircon_kind_ops = { .attach_dev = zircon_kind_attach };
const struct iommu_domain_ops zircon_part_ops = { .attach_dev = zircon_part_attach };
const struct iommu_domain_ops zircon_copy_ops = { .attach_dev = zircon_copy_attach };
const struct iommu_domain_ops zircon_asked_ops = { .attach_dev = zircon_asked_attach };
const struct iommu_domain_ops zircon_after_ops = { .attach_dev = zircon_after_attach };
