// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: scoped_cond_guard(), whose failure statement is an argument; break in scoped_guard(), which leaves it.
 * Right: judged, as guard() and scoped_guard() are: include/linux/cleanup.h has them all.
 */
#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/kernel.h>

struct goosander_domain { struct iommu_domain domain; u32 mode; };
struct goosander_master { struct mutex lock; u32 mode; bool fast; };

#define to_goosander_domain(d) container_of(d, struct goosander_domain, domain)

static int goosander_cond_attach(struct iommu_domain *domain, struct device *dev)
{
	struct goosander_domain *gdom = to_goosander_domain(domain);
	struct goosander_master *master = dev_iommu_priv_get(dev);

	scoped_cond_guard(mutex_intr, return -EAGAIN, &master->lock) {	/* open: whether an interrupted wait is a site */
		if (gdom->mode != master->mode)
			return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	}
	return 0;
}

static int goosander_break_attach(struct iommu_domain *domain, struct device *dev)
{
	struct goosander_domain *gdom = to_goosander_domain(domain);
	struct goosander_master *master = dev_iommu_priv_get(dev);

	scoped_guard(mutex, &master->lock) {
		if (master->fast)
			break;
		if (gdom->mode != master->mode)
			return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	}
	return 0;
}

/* The twin. */
static int goosander_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	struct goosander_domain *gdom = to_goosander_domain(domain);
	struct goosander_master *master = dev_iommu_priv_get(dev);

	scoped_guard(mutex, &master->lock) {
		if (gdom->mode != master->mode)
			return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	}
	return 0;
}

const struct iommu_domain_ops goosander_cond_ops = { .attach_dev = goosander_cond_attach };
const struct iommu_domain_ops goosander_break_ops = { .attach_dev = goosander_break_attach };
const struct iommu_domain_ops goosander_plain_ops = { .attach_dev = goosander_plain_attach };
