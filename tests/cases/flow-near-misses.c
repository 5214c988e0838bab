// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: near misses: success where the device is attached already or above, where what is compared fits, where a failure
 * is tried again, kept or undone.
 * Right: nothing here is to change.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/list.h>

struct wren_link { struct list_head node; struct device *dev; };
struct wren_unit { void *base; u32 width; };
struct wren_domain { struct iommu_domain domain; struct wren_unit *unit; u32 width, mode; int users; struct list_head links; bool ready; };
struct wren_master { struct wren_unit *unit; u32 width, mode; struct wren_domain *cur; struct iommu_domain *old; void *table; bool on; };

#define to_wren_domain(d) container_of(d, struct wren_domain, domain)

/* Attached already: by the driver's own pointer. */
static int wren_a_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_domain *wd = to_wren_domain(domain);
	struct wren_master *m = dev_iommu_priv_get(dev);
	int rc = 0;

	if (m->cur == wd)
		return rc;	/* trap: attached already */
	m->cur = wd;
	return rc;
}

/* The mode is as wanted already: what is not equal is set. */
static int wren_b_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_domain *wd = to_wren_domain(domain);
	struct wren_master *m = dev_iommu_priv_get(dev);

	if (wd->mode == m->mode)
		return 0;	/* trap: nothing to do */
	m->mode = wd->mode;
	return 0;
}

/* A helper that raises a bound, or not. */
static int wren_c(struct wren_domain *wd, struct wren_master *m)
{
	if (wd->width <= m->width)
		return 0;	/* trap: wide enough */
	wd->width = m->width;
	return 0;
}

static int wren_c_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_domain *wd = to_wren_domain(domain);
	struct wren_master *m = dev_iommu_priv_get(dev);
	int rc;

	rc = wren_c(wd, m);
	if (rc)
		return rc;
	m->cur = wd;
	return 0;
}

/* The optional half: attached in any case. */
static int wren_d_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_domain *wd = to_wren_domain(domain);
	struct wren_master *m = dev_iommu_priv_get(dev);

	m->cur = wd;
	if (wd->unit != m->unit)
		return 0;	/* trap: attached above */
	writel(1, m->unit->base);
	return 0;
}

/* Cleared in the same loop that looked. */
static int wren_low(struct wren_master *m)
{
	m->table = kzalloc(8, GFP_KERNEL);
	if (!m->table)
		return -ENOMEM;	/* trap: right */
	return 0;
}

static int wren_e_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_master *m = dev_iommu_priv_get(dev);
	int tries = 3, err;

	do {
		err = wren_low(m);	/* trap: tried again */
		if (!err)
			break;
	} while (--tries);
	return err;
}

/* Kept in another variable. */
static int wren_f_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_master *m = dev_iommu_priv_get(dev);
	int err, ret;

	err = wren_low(m);	/* trap: kept */
	ret = err;
	err = clk_enable(m->unit->base);
	return ret ?: err;
}

/* Undone where it failed. */
static void wren_undo(struct wren_master *m)
{
	m->on = false;
}

static int wren_g_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_master *m = dev_iommu_priv_get(dev);
	int err;

	m->on = true;
	err = wren_low(m);
	if (err)
		wren_undo(m);
	return err;
}

/* Found on the list already: counts the user. */
static int wren_h_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_domain *wd = to_wren_domain(domain);
	struct wren_link *link;

	list_for_each_entry(link, &wd->links, node)
		if (link->dev == dev)
			return 0;	/* trap: it is there */
	link = kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return -ENOMEM;	/* trap: right */
	link->dev = dev;
	list_add(&link->node, &wd->links);
	return 0;
}

/* An errno that is turned into another right one on purpose. */
static int wren_i_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_master *m = dev_iommu_priv_get(dev);

	if (wren_low(m))
		return -ENOMEM;	/* trap: the same */
	return 0;
}

/* A predicate's 0 is an answer. */
static int wren_same(struct wren_domain *wd, struct wren_master *m)
{
	if (wd->unit != m->unit)
		return 0;	/* trap: no */
	return 1;
}

static int wren_j_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_domain *wd = to_wren_domain(domain);
	struct wren_master *m = dev_iommu_priv_get(dev);

	if (!wren_same(wd, m))
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	m->cur = wd;
	return 0;
}

/* Static domain: nothing to fit. */
static int wren_k_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_master *m = dev_iommu_priv_get(dev);

	if (!m->cur)
		return 0;	/* trap: nothing attached */
	m->cur = NULL;
	return 0;
}

/* Zero users: nothing to program yet, or a check that has gone well. */
static int wren_check(struct wren_domain *wd, struct wren_master *m)
{
	if (wd->width > m->width)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	if (wd->mode == m->mode)
		return 0;	/* trap: fits */
	if (wd->unit)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}

static int wren_l_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wren_domain *wd = to_wren_domain(domain);
	struct wren_master *m = dev_iommu_priv_get(dev);
	int rc;

	rc = wren_check(wd, m);
	if (rc)
		return rc;
	m->cur = wd;
	wd->users++;
	return 0;
}

const struct iommu_domain_ops wren_a_ops = { .attach_dev = wren_a_attach };
const struct iommu_domain_ops wren_b_ops = { .attach_dev = wren_b_attach };
const struct iommu_domain_ops wren_c_ops = { .attach_dev = wren_c_attach };
const struct iommu_domain_ops wren_d_ops = { .attach_dev = wren_d_attach };
const struct iommu_domain_ops wren_e_ops = { .attach_dev = wren_e_attach };
const struct iommu_domain_ops wren_f_ops = { .attach_dev = wren_f_attach };
const struct iommu_domain_ops wren_g_ops = { .attach_dev = wren_g_attach };
const struct iommu_domain_ops wren_h_ops = { .attach_dev = wren_h_attach };
const struct iommu_domain_ops wren_i_ops = { .attach_dev = wren_i_attach };
const struct iommu_domain_ops wren_j_ops = { .attach_dev = wren_j_attach };
const struct iommu_domain_ops wren_k_ops = { .attach_dev = wren_k_attach };
const struct iommu_domain_ops wren_l_ops = { .attach_dev = wren_l_attach };
