// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: success by other ways: in a helper of a helper, by a flag, by a result struct, in a switch; and errnos that
 * get lost in arrays, in a second variable, under a lock's macro.
 * Right: a misfit that ends in success is to change; a lost errno is said at its call.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/cleanup.h>

struct lark_unit { void *base; u32 id; };
struct lark_res { int err; int n; };
struct lark_domain { struct iommu_domain domain; struct lark_unit *unit; u32 width, mode; struct mutex lock; };
struct lark_master { struct lark_unit *unit; u32 width, mode; void *table[4]; int n; bool on; struct clk *clk; };

#define to_lark_domain(d) container_of(d, struct lark_domain, domain)

static int lark_fill(struct lark_master *m, int i)
{
	m->table[i] = kzalloc(64, GFP_KERNEL);
	if (!m->table[i])
		return -ENOMEM;	/* trap: right, lost or handed on */
	return 0;
}

/* 1 misfit two helpers down ends in success */
static int lark_a_low(struct lark_domain *ld, struct lark_master *m)
{
	if (ld->unit->id != m->unit->id)
		return 0;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	m->on = true;
	return 0;
}

static int lark_a_mid(struct lark_domain *ld, struct lark_master *m)
{
	int rc = lark_a_low(ld, m);

	if (rc < 0)
		return rc;
	return 0;
}

static int lark_a_attach(struct iommu_domain *domain, struct device *dev)
{
	return lark_a_mid(to_lark_domain(domain), dev_iommu_priv_get(dev));
}

/* 2 a switch on the kind of misfit */
static int lark_b_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_domain *ld = to_lark_domain(domain);
	struct lark_master *m = dev_iommu_priv_get(dev);
	int rc = 0;

	switch (m->mode) {
	case 1:
		if (ld->unit != m->unit)
			break;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
		m->on = true;
		break;
	default:
		rc = -EINVAL;	/* open: of the device */
	}
	return rc;
}

/* 3 lost in an element of an array */
static int lark_c_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_master *m = dev_iommu_priv_get(dev);
	int rc[2];

	rc[0] = lark_fill(m, 0);	/* site: errno=0 class=silent-success verdict=change|review expected=propagate */
	rc[1] = lark_fill(m, 1);
	return rc[1];
}

/* 4 kept in a struct */
static int lark_d_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_master *m = dev_iommu_priv_get(dev);
	struct lark_res res = { 0 };

	res.err = lark_fill(m, 0);	/* trap: kept */
	m->on = !res.err;
	return res.err;
}

/* 5 sum of failures counted, 0 returned */
static int lark_e_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_master *m = dev_iommu_priv_get(dev);
	int i, failed = 0;

	for (i = 0; i < m->n; i++)
		if (lark_fill(m, i))	/* site: errno=0 class=silent-success verdict=change|review expected=propagate|0 */
			failed++;
	dev_info(dev, "%d failed\n", failed);
	return 0;
}

/* 6 counted, and returned as one errno */
static int lark_f_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_master *m = dev_iommu_priv_get(dev);
	int i, failed = 0;

	for (i = 0; i < m->n; i++)
		failed += lark_fill(m, i) != 0;	/* open: counted */
	return failed ? -ENOMEM : 0;	/* open: what was counted */
}

/* 7 misfit by a local bool and a combined condition */
static int lark_g_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_domain *ld = to_lark_domain(domain);
	struct lark_master *m = dev_iommu_priv_get(dev);
	bool fits = ld->unit == m->unit;
	int rc = 0;

	if (!fits)
		return rc;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	m->on = true;
	return rc;
}

/* 8 scoped guard */
static int lark_h_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_domain *ld = to_lark_domain(domain);
	struct lark_master *m = dev_iommu_priv_get(dev);
	int rc = 0;

	scoped_guard(mutex, &ld->lock) {
		if (ld->unit != m->unit)
			return rc;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
		m->on = true;
	}
	return rc;
}

/* 9 errno overwritten in a chain of labels */
static int lark_i_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_master *m = dev_iommu_priv_get(dev);
	int rc;

	rc = lark_fill(m, 0);	/* site: errno=0 class=silent-success verdict=change|review expected=propagate|0 */
	if (rc)
		goto undo;
	m->on = true;
	return 0;
undo:
	m->on = false;
	rc = 0;
	return rc;
}

/* 10 cleanup's own result overwrites the errno */
static int lark_off(struct lark_master *m)
{
	m->on = false;
	return 0;
}

static int lark_j_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_master *m = dev_iommu_priv_get(dev);
	int rc;

	rc = lark_fill(m, 0);	/* site: errno=0 class=silent-success verdict=change|review expected=propagate|0 */
	if (rc)
		rc = lark_off(m);
	return rc;
}

/* 11 told by a flag, or counted in a branch: nothing is lost */
static int lark_k_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_master *m = dev_iommu_priv_get(dev);
	bool bad = false;

	if (lark_fill(m, 1))	/* none: the flag tells */
		bad = true;
	if (lark_fill(m, 2))	/* none: the flag tells */
		bad = true;
	return bad ? -ENOMEM : 0;	/* open: what the flag tells */
}

static int lark_l_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lark_master *m = dev_iommu_priv_get(dev);
	int i, failed = 0;

	for (i = 0; i < m->n; i++)
		if (lark_fill(m, i) < 0)	/* none: counted */
			failed++;
	if (failed)
		return -ENOMEM;	/* open: what was counted */
	return 0;
}

const struct iommu_domain_ops lark_k_ops = { .attach_dev = lark_k_attach };
const struct iommu_domain_ops lark_l_ops = { .attach_dev = lark_l_attach };
const struct iommu_domain_ops lark_a_ops = { .attach_dev = lark_a_attach };
const struct iommu_domain_ops lark_b_ops = { .attach_dev = lark_b_attach };
const struct iommu_domain_ops lark_c_ops = { .attach_dev = lark_c_attach };
const struct iommu_domain_ops lark_d_ops = { .attach_dev = lark_d_attach };
const struct iommu_domain_ops lark_e_ops = { .attach_dev = lark_e_attach };
const struct iommu_domain_ops lark_f_ops = { .attach_dev = lark_f_attach };
const struct iommu_domain_ops lark_g_ops = { .attach_dev = lark_g_attach };
const struct iommu_domain_ops lark_h_ops = { .attach_dev = lark_h_attach };
const struct iommu_domain_ops lark_i_ops = { .attach_dev = lark_i_attach };
const struct iommu_domain_ops lark_j_ops = { .attach_dev = lark_j_attach };
