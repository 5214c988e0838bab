// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: values through arrays, enumerators, pointers to pointers, labels in loops and locks.
 * Right: what arrives is a site; what cannot arrive is none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/err.h>

enum smew_step { SMEW_CHECK, SMEW_MAP, SMEW_DONE };
struct smew_unit { void *base; };
struct smew_domain { struct iommu_domain domain; struct smew_unit *unit; u32 width, mode; bool open; struct mutex lock; };
struct smew_master { struct smew_unit *unit; u32 width, mode; void *table; int n; bool busy, ready; struct clk *clk; };

#define to_smew_domain(d) container_of(d, struct smew_domain, domain)

/* 1 a state machine with an enumerator in a local */
static int smew_a_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_domain *sd = to_smew_domain(domain);
	struct smew_master *m = dev_iommu_priv_get(dev);
	enum smew_step step = SMEW_CHECK;

	while (step != SMEW_DONE) {
		switch (step) {
		case SMEW_CHECK:
			if (sd->unit != m->unit)
				return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
			step = SMEW_MAP;
			break;
		case SMEW_MAP:
			m->table = kzalloc(64, GFP_KERNEL);
			if (!m->table)
				return -ENOSPC;	/* site: errno=ENOSPC class=nomem verdict=change expected=ENOMEM */
			step = SMEW_DONE;
			break;
		default:
			return -EINVAL;	/* open: never */
		}
	}
	return 0;
}

/* 2 pointer to pointer, and the errno returned */
static int smew_b_get(struct smew_master *m, void **out)
{
	void *p = kmalloc(64, GFP_KERNEL);

	if (!p)
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	*out = p;
	return 0;
}

static int smew_b_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_master *m = dev_iommu_priv_get(dev);
	void *p;
	int err;

	if ((err = smew_b_get(m, &p)))
		return err;
	m->table = p;
	return 0;
}

/* 3 an errno lost between lock and unlock */
static int smew_c_low(struct smew_domain *sd, struct smew_master *m)
{
	if (sd->width > m->width)
		return -EINVAL;	/* trap: right, and lost */
	m->width = sd->width;
	return 0;
}

static int smew_c_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_domain *sd = to_smew_domain(domain);
	int err;

	mutex_lock(&sd->lock);
	err = smew_c_low(sd, dev_iommu_priv_get(dev));	/* site: errno=0 class=silent-success verdict=review|change expected=propagate */
	if (err)
		dev_dbg(dev, "%d\n", err);
	mutex_unlock(&sd->lock);
	return 0;
}

/* 4 silent misfit in a loop over units, with a message */
static int smew_d_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_domain *sd = to_smew_domain(domain);
	struct smew_master *m = dev_iommu_priv_get(dev);
	int err = 0;

	if (sd->unit == m->unit) {
		m->busy = true;
		writel(1, m->unit->base);
	} else {
		dev_err(dev, "another unit\n");	/* open: at the message or the return */
	}
	return err;	/* open: silent success */
}

/* 5 filter by < and a table */
static int smew_e_low(struct smew_master *m)
{
	if (m->busy)
		return -EBUSY;	/* open: handled by one caller, handed on by another */
	if (!m->ready)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int smew_e_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = smew_e_low(dev_iommu_priv_get(dev));

	if (err != 0 && err != -EBUSY)
		goto bad;
	return 0;
bad:
	return err;
}

/* 6 errno by PTR_ERR twice */
static struct smew_unit *smew_f_low(struct smew_domain *sd, struct smew_master *m)
{
	if (!sd->open)
		return ERR_PTR(-ENXIO);	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return m->unit;
}

static struct smew_unit *smew_f_mid(struct smew_domain *sd, struct smew_master *m)
{
	struct smew_unit *unit = smew_f_low(sd, m);

	if (IS_ERR(unit))
		return ERR_CAST(unit);
	if (!unit)
		return ERR_PTR(-EINVAL);	/* site: errno=EINVAL class=hard verdict=change|review expected=ENODEV */
	return unit;
}

static int smew_f_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_unit *unit;

	unit = smew_f_mid(to_smew_domain(domain), dev_iommu_priv_get(dev));
	if (IS_ERR(unit))
		return PTR_ERR(unit);
	writel(1, unit->base);
	return 0;
}

/* 7 abs(), negation */
static int smew_g_low(struct smew_domain *sd, struct smew_master *m)
{
	return sd->mode == m->mode ? 0 : ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=smew_g_attach */
}

static int smew_g_attach(struct iommu_domain *domain, struct device *dev)
{
	return -smew_g_low(to_smew_domain(domain), dev_iommu_priv_get(dev));
}

/* 8 errno in a table */
static const int smew_errs[] = { 0, -EACCES };

static int smew_h_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_domain *sd = to_smew_domain(domain);
	struct smew_master *m = dev_iommu_priv_get(dev);
	/* gap: a table of errnos */

	return smew_errs[sd->mode != m->mode];
}

/* 9 constant argument decides the silent misfit */
static int smew_i_low(struct smew_domain *sd, struct smew_master *m, bool lazy)
{
	if (sd->unit != m->unit)
		return lazy ? 0 : -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	m->busy = true;
	return 0;
}

static int smew_i_attach(struct iommu_domain *domain, struct device *dev)
{
	return smew_i_low(to_smew_domain(domain), dev_iommu_priv_get(dev), false);
}

/* 10 dropped through a void wrapper */
static int smew_j_low(struct smew_master *m)
{
	m->table = kzalloc(8, GFP_KERNEL);
	if (!m->table)
		return -ENOMEM;	/* trap: lost below */
	return 0;
}

static void smew_j_mid(struct smew_master *m)
{
	smew_j_low(m);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
}

static int smew_j_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_master *m = dev_iommu_priv_get(dev);

	smew_j_mid(m);
	writel(1, m->unit->base);
	return 0;
}

/* 11 an uninitialised return */
static int smew_k_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_domain *sd = to_smew_domain(domain);
	struct smew_master *m = dev_iommu_priv_get(dev);
	int err;

	if (sd->unit != m->unit)
		goto out;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	err = clk_enable(m->clk);	/* site: errno=propagated:clk_enable class=propagated verdict=ok expected=keep */
out:
	return err;
}

/* 12 elvis with an own call */
static int smew_l_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_master *m = dev_iommu_priv_get(dev);

	return smew_e_low(m) ?: clk_enable(m->clk);	/* open: propagated */
}

const struct iommu_domain_ops smew_a_ops = { .attach_dev = smew_a_attach };
const struct iommu_domain_ops smew_b_ops = { .attach_dev = smew_b_attach };
const struct iommu_domain_ops smew_c_ops = { .attach_dev = smew_c_attach };
const struct iommu_domain_ops smew_d_ops = { .attach_dev = smew_d_attach };
const struct iommu_domain_ops smew_e_ops = { .attach_dev = smew_e_attach };
const struct iommu_domain_ops smew_f_ops = { .attach_dev = smew_f_attach };
const struct iommu_domain_ops smew_g_ops = { .attach_dev = smew_g_attach };
const struct iommu_domain_ops smew_h_ops = { .attach_dev = smew_h_attach };
const struct iommu_domain_ops smew_i_ops = { .attach_dev = smew_i_attach };
const struct iommu_domain_ops smew_j_ops = { .attach_dev = smew_j_attach };
const struct iommu_domain_ops smew_j_ops = { .attach_dev = smew_j_attach };
const struct iommu_domain_ops smew_l_ops = { .attach_dev = smew_l_attach };
const struct iommu_domain_ops smew_k_ops = { .attach_dev = smew_k_attach };
