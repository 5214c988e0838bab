// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: an entry of the operations table is written with the address operator, `.attach_dev = &fn`, with parentheses
 * or with a cast.
 * Right: bound and analysed: it is the same function.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

static int ruffe_address_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int ruffe_parens_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

/* The twin. */
static int ruffe_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

const struct iommu_domain_ops ruffe_address_ops = { .attach_dev = &ruffe_address_attach };
const struct iommu_domain_ops ruffe_parens_ops = { .attach_dev = (ruffe_parens_attach) };
const struct iommu_domain_ops ruffe_plain_ops = { .attach_dev = ruffe_plain_attach };
