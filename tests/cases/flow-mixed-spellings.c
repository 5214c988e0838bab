// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: values and ways in other neighbourhoods: locks by scope, helpers two calls down, nested ternaries and members,
 * filters in a helper of their own and in a loop, a struct of arguments.
 * Right: what arrives is a site, with the reason that decides; what cannot arrive is none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/err.h>
#include <linux/cleanup.h>

struct teal_unit { void *base; u32 width; };
struct teal_res { int status; struct { int code; u32 line; } last; };
struct teal_domain { struct iommu_domain domain; struct teal_unit *unit; u32 width, mode; struct mutex lock; void *pgd; };
struct teal_master { struct teal_unit *unit; u32 width, mode; int n; void *slot[8], *table; struct teal_res res; bool busy; struct clk *clk; struct mutex lock; };

#define to_teal_domain(d) container_of(d, struct teal_domain, domain)

/* 1: silent misfit with guard() and a helper's variable */
static int teal_a(struct teal_domain *td, struct teal_master *m)
{
	int rc = 0;

	guard(mutex)(&td->lock);
	if (!td->unit)
		td->unit = m->unit;
	else if (td->unit != m->unit)
		return rc;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	m->busy = true;
	return rc;
}

static int teal_a_attach(struct iommu_domain *domain, struct device *dev)
{
	int rc = teal_a(to_teal_domain(domain), dev_iommu_priv_get(dev));

	if (rc)
		dev_err(dev, "not attached\n");
	return rc;
}

/* 2: NULL from an own helper two calls down, then an errno */
static void *teal_b_low(struct teal_master *m, int i)
{
	if (!m->table)
		m->table = kzalloc(64 << i, GFP_KERNEL);
	return m->table;
}

static void *teal_b_mid(struct teal_master *m)
{
	void *p = teal_b_low(m, 2);

	if (!p)
		return NULL;
	return p;
}

static int teal_b_attach(struct iommu_domain *domain, struct device *dev)
{
	struct teal_master *m = dev_iommu_priv_get(dev);

	if (!teal_b_mid(m))
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	return 0;
}

/* 3: nested ternaries in a return, two errnos */
static int teal_c_attach(struct iommu_domain *domain, struct device *dev)
{
	struct teal_domain *td = to_teal_domain(domain);
	struct teal_master *m = dev_iommu_priv_get(dev);

	return !m->width ? -ENXIO :	/* site: errno=ENXIO class=hard verdict=change|review expected=ENODEV */
	       td->width > m->width ? -ERANGE :	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	       0;
}

/* 4: nested member of a struct returned by value */
static struct teal_res teal_d(struct teal_domain *td, struct teal_master *m)
{
	struct teal_res res = { .last = { .line = 3 } };

	if (td->mode != m->mode)
		res.last.code = -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=teal_d_attach */
	return res;
}

static int teal_d_attach(struct iommu_domain *domain, struct device *dev)
{
	struct teal_res res = teal_d(to_teal_domain(domain), dev_iommu_priv_get(dev));

	return res.last.code;
}

/* 5: out-parameter through two levels and a struct */
static void teal_e_low(struct teal_domain *td, struct teal_master *m, struct teal_res *res)
{
	res->status = td->width <= m->width ? 0 : -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=teal_e_attach */
}

static void teal_e_high(struct teal_domain *td, struct teal_master *m, int *out)
{
	struct teal_res res;

	teal_e_low(td, m, &res);
	*out = res.status;
}

static int teal_e_attach(struct iommu_domain *domain, struct device *dev)
{
	int rc;

	teal_e_high(to_teal_domain(domain), dev_iommu_priv_get(dev), &rc);
	return rc;
}

/* 6: filter by a bool helper over an errno */
static bool teal_fatal(int err)
{
	return err && err != -EEXIST;
}

static int teal_f_low(struct teal_master *m)
{
	if (m->busy)
		return -EEXIST;	/* none: no fatal one */
	m->slot[0] = kmalloc(8, GFP_KERNEL);
	if (!m->slot[0])
		return -ENODEV;	/* site: errno=ENODEV class=nomem verdict=change expected=ENOMEM */
	return 0;
}

static int teal_f_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = teal_f_low(dev_iommu_priv_get(dev));

	if (teal_fatal(err))
		return err;
	return 0;
}

/* 7: filter in a loop with continue */
static int teal_g_low(struct teal_master *m, int i)
{
	if (m->slot[i])
		return -EALREADY;	/* none: the loop goes on */
	m->slot[i] = kmalloc(8, GFP_KERNEL);
	if (!m->slot[i])
		return -EIO;	/* site: errno=EIO class=nomem verdict=change expected=ENOMEM */
	return 0;
}

static int teal_g_attach(struct iommu_domain *domain, struct device *dev)
{
	struct teal_master *m = dev_iommu_priv_get(dev);
	int i, err;

	for (i = 0; i < m->n; i++) {
		err = teal_g_low(m, i);
		if (err == -EALREADY)
			continue;
		if (err)
			return err;
	}
	return 0;
}

/* 8: an errno of a helper, overwritten by a later assignment under a condition that does not look at it */
static int teal_h_low(struct teal_domain *td, struct teal_master *m)
{
	if (td->mode != m->mode)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}

static int teal_h_attach(struct iommu_domain *domain, struct device *dev)
{
	struct teal_master *m = dev_iommu_priv_get(dev);
	int err;

	err = teal_h_low(to_teal_domain(domain), m);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
	if (m->busy)
		err = clk_enable(m->clk);
	else
		m->busy = true, err = 0;
	if (err)
		return err;
	return teal_h_low(to_teal_domain(domain), m);
}

/* 9: PTR_ERR_OR_ZERO of an own pointer helper */
static void *teal_i_low(struct teal_domain *td, struct teal_master *m)
{
	if (td->unit != m->unit)
		return ERR_PTR(-EPERM);	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	td->pgd = kzalloc(64, GFP_KERNEL);
	return td->pgd ?: ERR_PTR(-ENOMEM);	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
}

static int teal_i_attach(struct iommu_domain *domain, struct device *dev)
{
	return PTR_ERR_OR_ZERO(teal_i_low(to_teal_domain(domain), dev_iommu_priv_get(dev)));
}

/* 10: constant false through a struct of arguments */
struct teal_args { bool strict; u32 flags; };

static int teal_j_low(struct teal_domain *td, struct teal_master *m, const struct teal_args *args)
{
	if (args->strict && td->unit != m->unit)
		return -EACCES;	/* none: never strict */
	if (args->flags == 2 && td->width != m->width)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int teal_j_attach(struct iommu_domain *domain, struct device *dev)
{
	struct teal_args args = { .strict = false, .flags = 2 };

	return teal_j_low(to_teal_domain(domain), dev_iommu_priv_get(dev), &args);
}

const struct iommu_domain_ops teal_a_ops = { .attach_dev = teal_a_attach };
const struct iommu_domain_ops teal_b_ops = { .attach_dev = teal_b_attach };
const struct iommu_domain_ops teal_c_ops = { .attach_dev = teal_c_attach };
const struct iommu_domain_ops teal_d_ops = { .attach_dev = teal_d_attach };
const struct iommu_domain_ops teal_e_ops = { .attach_dev = teal_e_attach };
const struct iommu_domain_ops teal_f_ops = { .attach_dev = teal_f_attach };
const struct iommu_domain_ops teal_g_ops = { .attach_dev = teal_g_attach };
const struct iommu_domain_ops teal_h_ops = { .attach_dev = teal_h_attach };
const struct iommu_domain_ops teal_i_ops = { .attach_dev = teal_i_attach };
const struct iommu_domain_ops teal_j_ops = { .attach_dev = teal_j_attach };
