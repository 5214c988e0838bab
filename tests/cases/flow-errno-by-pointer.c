// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: an errno goes back through a pointer: two levels down, a pointer beside a pointer that is returned, a member of
 * the caller's struct by its address, an array's element, only where it is not NULL.
 * Right: as for a returned one, or a gap. What is written and not returned is none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct coral_domain { struct iommu_domain domain; u32 mode; };
struct coral_master { u32 mode; void *table; void *base; };
struct coral_try { int err; int count; };

#define to_coral_domain(d) container_of(d, struct coral_domain, domain)

static void coral_low(struct coral_domain *cd, struct coral_master *m, int *err)
{
	if (cd->mode > m->mode)
		*err = -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=coral_two_attach */
}

static void coral_high(struct coral_domain *cd, struct coral_master *m, int *out)
{
	*out = 0;
	coral_low(cd, m, out);
}

static int coral_two_attach(struct iommu_domain *domain, struct device *dev)
{
	int err;

	coral_high(to_coral_domain(domain), dev_iommu_priv_get(dev), &err);
	if (err)
		return err;
	return 0;
}

static void *coral_table(struct coral_master *m, int *errp)
{
	void *table = kzalloc(64, GFP_KERNEL);

	if (!table)
		*errp = -EIO;	/* site: errno=EIO class=nomem verdict=change expected=ENOMEM gap=coral_beside_attach */
	return table;
}

static int coral_beside_attach(struct iommu_domain *domain, struct device *dev)
{
	struct coral_master *m = dev_iommu_priv_get(dev);
	int err = 0;

	m->table = coral_table(m, &err);
	if (!m->table)
		return err;
	return 0;
}

static void coral_member(struct coral_domain *cd, struct coral_master *m, int *err)
{
	if (cd->mode != m->mode) {
		*err = -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=coral_member_attach */
		return;
	}
	*err = 0;
}

static int coral_member_attach(struct iommu_domain *domain, struct device *dev)
{
	struct coral_try try = { 0 };

	coral_member(to_coral_domain(domain), dev_iommu_priv_get(dev), &try.err);
	return try.err;
}

static bool coral_maybe(struct coral_domain *cd, struct coral_master *m, int *err)
{
	if (cd->mode == m->mode)
		return true;
	if (err)
		*err = -EACCES;	/* site: errno=EACCES class=incompatible verdict=change expected=EINVAL gap=coral_maybe_attach */
	return false;
}

static int coral_maybe_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = 0;

	if (coral_maybe(to_coral_domain(domain), dev_iommu_priv_get(dev), &err))
		return 0;
	return err;
}

static void coral_element(struct coral_domain *cd, struct coral_master *m, int *errs)
{
	if (cd->mode != m->mode)
		errs[1] = -EBADF;	/* site: errno=EBADF class=incompatible verdict=change expected=EINVAL gap=coral_element_attach */
}

static int coral_element_attach(struct iommu_domain *domain, struct device *dev)
{
	int errs[2] = { 0, 0 };

	coral_element(to_coral_domain(domain), dev_iommu_priv_get(dev), errs);
	return errs[1];
}

/* Looked at, and never returned. */
static void coral_mark(struct coral_domain *cd, struct coral_master *m, int *seen)
{
	if (cd->mode != m->mode)
		*seen = -EPERM;	/* trap: never returned */
}

static int coral_mark_attach(struct iommu_domain *domain, struct device *dev)
{
	struct coral_master *m = dev_iommu_priv_get(dev);
	int seen = 0, err = 0;

	coral_mark(to_coral_domain(domain), m, &seen);
	if (seen < 0)
		writel(2, m->base);
	return err;
}

const struct iommu_domain_ops coral_two_ops = { .attach_dev = coral_two_attach };
const struct iommu_domain_ops coral_beside_ops = { .attach_dev = coral_beside_attach };
const struct iommu_domain_ops coral_member_ops = { .attach_dev = coral_member_attach };
const struct iommu_domain_ops coral_maybe_ops = { .attach_dev = coral_maybe_attach };
const struct iommu_domain_ops coral_element_ops = { .attach_dev = coral_element_attach };
const struct iommu_domain_ops coral_mark_ops = { .attach_dev = coral_mark_attach };
