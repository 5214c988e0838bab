// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the errno travels in a struct: nested, copied as a whole, made by an initialiser, behind a pointer in a struct,
 * by a compound literal, in a union.
 * Right: as for a returned one, or a gap. A member nobody returns is none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct quartz_domain { struct iommu_domain domain; u32 mode; };
struct quartz_master { u32 mode; };
struct quartz_res { int err; u32 hint; };
struct quartz_walk { struct quartz_domain *qd; struct quartz_res res; int *out; };

#define to_quartz_domain(d) container_of(d, struct quartz_domain, domain)

static void quartz_nested(struct quartz_walk *walk, struct quartz_master *m)
{
	if (walk->qd->mode != m->mode)
		walk->res.err = -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=quartz_nested_attach */
}

static int quartz_nested_attach(struct iommu_domain *domain, struct device *dev)
{
	struct quartz_walk walk = { .qd = to_quartz_domain(domain) };

	quartz_nested(&walk, dev_iommu_priv_get(dev));
	return walk.res.err;
}

static int quartz_copied_attach(struct iommu_domain *domain, struct device *dev)
{
	struct quartz_domain *qd = to_quartz_domain(domain);
	struct quartz_master *m = dev_iommu_priv_get(dev);
	struct quartz_res a = { 0 }, b;

	if (qd->mode != m->mode)
		a.err = -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=quartz_copied_attach */
	b = a;
	return b.err;
}

static struct quartz_res quartz_made(struct quartz_domain *qd, struct quartz_master *m)
{
	if (qd->mode > m->mode)
		return (struct quartz_res){ .err = -EPERM };	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=quartz_literal_attach */
	return (struct quartz_res){ .err = 0 };
}

static int quartz_literal_attach(struct iommu_domain *domain, struct device *dev)
{
	struct quartz_res res = quartz_made(to_quartz_domain(domain), dev_iommu_priv_get(dev));

	return res.err;
}

static struct quartz_res quartz_init(struct quartz_domain *qd, struct quartz_master *m)
{
	struct quartz_res bad = { .err = -EACCES };	/* site: errno=EACCES class=incompatible verdict=change expected=EINVAL gap=quartz_init_attach */
	struct quartz_res good = { .err = 0 };

	if (qd->mode != m->mode)
		return bad;
	return good;
}

static int quartz_init_attach(struct iommu_domain *domain, struct device *dev)
{
	struct quartz_res res;

	res = quartz_init(to_quartz_domain(domain), dev_iommu_priv_get(dev));
	if (res.err)
		return res.err;
	return 0;
}

static void quartz_behind(struct quartz_walk *walk, struct quartz_master *m)
{
	if (walk->qd->mode != m->mode)
		*walk->out = -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL gap=quartz_behind_attach */
}

static int quartz_behind_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = 0;
	struct quartz_walk walk = { .qd = to_quartz_domain(domain), .out = &err };

	quartz_behind(&walk, dev_iommu_priv_get(dev));
	return err;
}

static int quartz_positional_attach(struct iommu_domain *domain, struct device *dev)
{
	struct quartz_domain *qd = to_quartz_domain(domain);
	struct quartz_master *m = dev_iommu_priv_get(dev);
	struct quartz_res res = { -EBADF, 1 };	/* site: errno=EBADF class=incompatible verdict=change expected=EINVAL gap=quartz_positional_attach */

	if (qd->mode == m->mode)
		res.err = 0;
	return res.err;
}

/* The other member. */
static int quartz_hint_attach(struct iommu_domain *domain, struct device *dev)
{
	struct quartz_domain *qd = to_quartz_domain(domain);
	struct quartz_master *m = dev_iommu_priv_get(dev);
	struct quartz_res res = { 0 };

	if (qd->mode != m->mode)
		res.hint = -ESRCH;	/* trap: nobody returns it */
	return res.err;
}

const struct iommu_domain_ops quartz_nested_ops = { .attach_dev = quartz_nested_attach };
const struct iommu_domain_ops quartz_copied_ops = { .attach_dev = quartz_copied_attach };
const struct iommu_domain_ops quartz_literal_ops = { .attach_dev = quartz_literal_attach };
const struct iommu_domain_ops quartz_init_ops = { .attach_dev = quartz_init_attach };
const struct iommu_domain_ops quartz_behind_ops = { .attach_dev = quartz_behind_attach };
const struct iommu_domain_ops quartz_positional_ops = { .attach_dev = quartz_positional_attach };
const struct iommu_domain_ops quartz_hint_ops = { .attach_dev = quartz_hint_attach };
