// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: an errno is handed back through a pointer: the helper's parameter, or a local pointer to the result.
 * Right: incompatible, change, as for a returned one: what arrives at the callback's return is a site (design,
 * section 4). What cannot be followed has to be said: "What it could not read is said" (README).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct teasel_domain { struct iommu_domain domain; u32 mode; };
struct teasel_master { u32 mode; void *table; };

#define to_teasel_domain(d) container_of(d, struct teasel_domain, domain)

static void teasel_check(struct teasel_domain *tdom, struct teasel_master *master, int *err)
{
	if (tdom->mode != master->mode)
		*err = -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=teasel_attach */
}

static bool teasel_ready(struct teasel_master *master, int *err)
{
	master->table = kzalloc(64, GFP_KERNEL);
	if (!master->table) {
		*err = -ENODEV;	/* site: errno=ENODEV class=nomem verdict=change expected=ENOMEM gap=teasel_bool_attach */
		return false;
	}
	*err = 0;
	return true;
}

/* What is written here goes nowhere. */
static void teasel_note(struct teasel_domain *tdom, struct teasel_master *master, int *seen)
{
	if (tdom->mode != master->mode)
		*seen = -EPERM;	/* trap: only counted, never returned */
}

static int teasel_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = 0;

	teasel_check(to_teasel_domain(domain), dev_iommu_priv_get(dev), &err);
	return err;
}

static int teasel_bool_attach(struct iommu_domain *domain, struct device *dev)
{
	int err;

	if (!teasel_ready(dev_iommu_priv_get(dev), &err))
		return err;
	return 0;
}

static int teasel_alias_attach(struct iommu_domain *domain, struct device *dev)
{
	struct teasel_domain *tdom = to_teasel_domain(domain);
	struct teasel_master *master = dev_iommu_priv_get(dev);
	int ret = 0, *result = &ret;

	if (tdom->mode != master->mode)
		*result = -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=teasel_alias_attach */
	return ret;
}

static int teasel_note_attach(struct iommu_domain *domain, struct device *dev)
{
	struct teasel_master *master = dev_iommu_priv_get(dev);
	int seen = 0;

	teasel_note(to_teasel_domain(domain), master, &seen);
	if (seen)
		writel(1, master->table);
	return 0;
}

const struct iommu_domain_ops teasel_ops = { .attach_dev = teasel_attach };
const struct iommu_domain_ops teasel_bool_ops = { .attach_dev = teasel_bool_attach };
const struct iommu_domain_ops teasel_alias_ops = { .attach_dev = teasel_alias_attach };
const struct iommu_domain_ops teasel_note_ops = { .attach_dev = teasel_note_attach };
