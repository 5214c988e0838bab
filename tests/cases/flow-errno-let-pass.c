// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the caller lets one errno, or two, pass as success: `||`, a negated `&&`, a switch with a default, a helper that
 * filters, `if (ret != -E) goto`, `else`.
 * Right: no site for what never arrives; all others stay.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct opal_bank { void *map; u32 users; bool held; };

static int opal_or(struct opal_bank *b)
{
	if (b->map)
		return -EEXIST;	/* none: passes as success */
	if (b->users)
		return -EALREADY;	/* none: so does this */
	b->map = kzalloc(64, GFP_KERNEL);
	if (!b->map)
		return -EFAULT;	/* site: errno=EFAULT class=nomem verdict=change expected=ENOMEM */
	return 0;
}

static int opal_or_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = opal_or(dev_iommu_priv_get(dev));

	if (err == -EEXIST || err == -EALREADY)
		return 0;
	return err;
}

static int opal_not(struct opal_bank *b)
{
	if (b->map)
		return -EEXIST;	/* none: passes as success */
	if (b->held)
		return -EALREADY;	/* none: so does this */
	b->map = kzalloc(64, GFP_KERNEL);
	return b->map ? 0 : -ENODEV;	/* site: errno=ENODEV class=nomem verdict=change expected=ENOMEM */
}

static int opal_not_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = opal_not(dev_iommu_priv_get(dev));

	if (err && !(err == -EEXIST || err == -EALREADY))
		return err;
	return 0;
}

static int opal_goto(struct opal_bank *b)
{
	if (b->map)
		return -EEXIST;	/* none: passes as success */
	b->map = kzalloc(64, GFP_KERNEL);
	if (!b->map)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	return 0;
}

static int opal_goto_attach(struct iommu_domain *domain, struct device *dev)
{
	struct opal_bank *b = dev_iommu_priv_get(dev);
	int err = opal_goto(b);

	if (err) {
		if (err != -EEXIST)
			goto fail;
		err = 0;
	}
	b->users++;
	return 0;
fail:
	b->users = 0;
	return err;
}

/* The filter stands in a helper of its own. */
static int opal_inner(struct opal_bank *b)
{
	if (b->map)
		return -EEXIST;	/* none: opal_quiet() lets it pass */
	if (b->held)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	return 0;
}

static int opal_quiet(struct opal_bank *b)
{
	int err;

	err = opal_inner(b);
	if (-EEXIST == err)
		err = 0;
	return err;
}

static int opal_quiet_attach(struct iommu_domain *domain, struct device *dev)
{
	return opal_quiet(dev_iommu_priv_get(dev));
}

static int opal_switch(struct opal_bank *b)
{
	if (b->map)
		return -EEXIST;	/* none: passes as success */
	if (b->held)
		return -EAGAIN;	/* none: so does this */
	b->map = kzalloc(64, GFP_KERNEL);
	if (!b->map)
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	return 0;
}

static int opal_switch_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = opal_switch(dev_iommu_priv_get(dev));

	switch (err) {
	case -EAGAIN:
	case -EEXIST:
		err = 0;
		break;
	default:
		break;
	}
	return err;
}

/* What decides is elsewhere: the filter is for another. */
static int opal_both(struct opal_bank *b)
{
	if (b->map)
		return -EEXIST;	/* site: errno=EEXIST class=busy verdict=change expected=EBUSY */
	if (b->held)
		return -EALREADY;	/* none: passes */
	return 0;
}

static int opal_both_attach(struct iommu_domain *domain, struct device *dev)
{
	int err = opal_both(dev_iommu_priv_get(dev));

	return err != -EALREADY ? err : 0;
}

const struct iommu_domain_ops opal_or_ops = { .attach_dev = opal_or_attach };
const struct iommu_domain_ops opal_not_ops = { .attach_dev = opal_not_attach };
const struct iommu_domain_ops opal_goto_ops = { .attach_dev = opal_goto_attach };
const struct iommu_domain_ops opal_quiet_ops = { .attach_dev = opal_quiet_attach };
const struct iommu_domain_ops opal_switch_ops = { .attach_dev = opal_switch_attach };
const struct iommu_domain_ops opal_both_ops = { .attach_dev = opal_both_attach };
