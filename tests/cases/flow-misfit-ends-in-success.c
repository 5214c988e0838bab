// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a misfit ends in success: 0 from a variable, a helper's 0, a label with clean-up, a loop, a lock, a bool.
 * Right: silent-success, change, EINVAL, where nothing was attached. Attached already: a review at the most.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct garnet_unit { void *base; u32 width; };
struct garnet_domain { struct iommu_domain domain; struct garnet_unit *unit; u32 width; struct mutex lock; };
struct garnet_master { struct garnet_unit *unit; struct iommu_domain *cur; u32 width; struct mutex lock; };

#define to_garnet_domain(d) container_of(d, struct garnet_domain, domain)

static int garnet_lock_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garnet_domain *gd = to_garnet_domain(domain);
	struct garnet_master *m = dev_iommu_priv_get(dev);
	int err = 0;

	mutex_lock(&gd->lock);
	if (gd->unit && gd->unit != m->unit)
		goto unlock;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	m->cur = domain;
unlock:
	mutex_unlock(&gd->lock);
	return err;
}

static int garnet_message_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garnet_domain *gd = to_garnet_domain(domain);
	struct garnet_master *m = dev_iommu_priv_get(dev);
	int ret = 0;

	if (m->width < gd->width) {
		dev_err(dev, "domain too wide\n");
		return ret;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	}
	m->cur = domain;
	return ret;
}

static int garnet_set(struct garnet_domain *gd, struct garnet_master *m)
{
	if (gd->unit != m->unit)
		return 0;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	m->cur = &gd->domain;
	return 0;
}

static int garnet_helper_attach(struct iommu_domain *domain, struct device *dev)
{
	return garnet_set(to_garnet_domain(domain), dev_iommu_priv_get(dev));
}

static int garnet_after_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garnet_domain *gd = to_garnet_domain(domain);
	struct garnet_master *m = dev_iommu_priv_get(dev);
	int ret;

	ret = clk_enable(m->unit->base);	/* site: errno=propagated:clk_enable class=propagated verdict=ok expected=keep */
	if (ret)
		return ret;

	if (gd->width != m->width)
		goto out;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	m->cur = domain;
	return 0;
out:
	clk_disable(m->unit->base);
	return ret;
}

static bool garnet_fits(struct garnet_domain *gd, struct garnet_master *m)
{
	return gd->unit == m->unit && gd->width <= m->width;
}

static int garnet_bool_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garnet_master *m = dev_iommu_priv_get(dev);
	int ret = 0;

	if (!garnet_fits(to_garnet_domain(domain), m))
		return ret;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
	m->cur = domain;
	return ret;
}

static int garnet_positive_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garnet_domain *gd = to_garnet_domain(domain);
	struct garnet_master *m = dev_iommu_priv_get(dev);

	if (gd->unit == m->unit) {	/* open: the site can be the branch or the return */
		m->cur = domain;
		return 0;
	}
	return 0;	/* site: errno=0 class=silent-success verdict=change expected=EINVAL */
}

/* Attached already. */
static int garnet_already_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garnet_master *m = dev_iommu_priv_get(dev);
	int ret = 0;

	if (m->cur == domain)
		goto out;	/* trap: attached already */
	m->cur = domain;
out:
	return ret;
}

/* Equal: nothing to do. */
static int garnet_same_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garnet_domain *gd = to_garnet_domain(domain);
	struct garnet_master *m = dev_iommu_priv_get(dev);

	if (gd->unit != m->unit)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	if (domain == m->cur)
		return 0;	/* trap: attached already */
	m->cur = domain;
	return 0;
}

const struct iommu_domain_ops garnet_lock_ops = { .attach_dev = garnet_lock_attach };
const struct iommu_domain_ops garnet_message_ops = { .attach_dev = garnet_message_attach };
const struct iommu_domain_ops garnet_helper_ops = { .attach_dev = garnet_helper_attach };
const struct iommu_domain_ops garnet_after_ops = { .attach_dev = garnet_after_attach };
const struct iommu_domain_ops garnet_bool_ops = { .attach_dev = garnet_bool_attach };
const struct iommu_domain_ops garnet_positive_ops = { .attach_dev = garnet_positive_attach };
const struct iommu_domain_ops garnet_already_ops = { .attach_dev = garnet_already_attach };
const struct iommu_domain_ops garnet_same_ops = { .attach_dev = garnet_same_attach };
