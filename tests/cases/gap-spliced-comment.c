// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a line comment that ends in a backslash goes on in the next line.
 * Right: no site: the compiler sees a comment. The line after it is code again.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

#pragma GCC diagnostic ignored "-Wcomment"

struct whimbrel_master { void *base; };

static int whimbrel_attach(struct iommu_domain *domain, struct device *dev)
{
	struct whimbrel_master *master = dev_iommu_priv_get(dev);

	// was: \
	if (!master) return -EPERM;	/* none: still the comment */
	if (!master->base)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

const struct iommu_domain_ops whimbrel_ops = { .attach_dev = whimbrel_attach };
