// SPDX-License-Identifier: GPL-2.0-only
/*
 * A predicate of the driver is compared with false or true: it reads like `!`.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct whinchat_domain { struct iommu_domain domain; u32 mode; u32 id; };
struct whinchat_master { u32 mode; u32 sid; };

#define to_whinchat_domain(d) container_of(d, struct whinchat_domain, domain)

/* Firmware, which binds the two. */
bool whinchat_hvc(u32 sid, u32 id);

static bool whinchat_fits(struct whinchat_domain *wdom, struct whinchat_master *master)
{
	return wdom->mode == master->mode;
}

static int whinchat_false_attach(struct iommu_domain *domain, struct device *dev)
{
	if (whinchat_fits(to_whinchat_domain(domain), dev_iommu_priv_get(dev)) == false)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int whinchat_true_attach(struct iommu_domain *domain, struct device *dev)
{
	if (whinchat_fits(to_whinchat_domain(domain), dev_iommu_priv_get(dev)) != true)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int whinchat_turned_attach(struct iommu_domain *domain, struct device *dev)
{
	if (false == whinchat_fits(to_whinchat_domain(domain), dev_iommu_priv_get(dev)))
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

/* An action's outcome stays one. */
static int whinchat_action_attach(struct iommu_domain *domain, struct device *dev)
{
	struct whinchat_domain *wdom = to_whinchat_domain(domain);
	struct whinchat_master *master = dev_iommu_priv_get(dev);

	if (whinchat_hvc(master->sid, wdom->id) == false)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	return 0;
}

/* The twins. */
static int whinchat_not_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!whinchat_fits(to_whinchat_domain(domain), dev_iommu_priv_get(dev)))
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int whinchat_zero_attach(struct iommu_domain *domain, struct device *dev)
{
	if (whinchat_fits(to_whinchat_domain(domain), dev_iommu_priv_get(dev)) == 0)
		return -EFAULT;	/* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops whinchat_false_ops = { .attach_dev = whinchat_false_attach };
const struct iommu_domain_ops whinchat_true_ops = { .attach_dev = whinchat_true_attach };
const struct iommu_domain_ops whinchat_turned_ops = { .attach_dev = whinchat_turned_attach };
const struct iommu_domain_ops whinchat_action_ops = { .attach_dev = whinchat_action_attach };
const struct iommu_domain_ops whinchat_not_ops = { .attach_dev = whinchat_not_attach };
const struct iommu_domain_ops whinchat_zero_ops = { .attach_dev = whinchat_zero_attach };
