// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the operations table is declared in an uncommon order or under another name of its type: `struct iommu_domain_ops
 * const x __ro_after_init`, an attribute with arguments, a typedef.
 * Right: bound and analysed.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

typedef struct iommu_domain_ops siren_ops_t;

static int siren_order_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int siren_aligned_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int siren_typedef_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

/* The twin. */
static int siren_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

struct iommu_domain_ops const siren_order __ro_after_init = { .attach_dev = siren_order_attach };
const struct iommu_domain_ops siren_aligned __attribute__((__aligned__(8))) = { .attach_dev = siren_aligned_attach };
const siren_ops_t siren_typedef = { .attach_dev = siren_typedef_attach };
const struct iommu_domain_ops siren_plain = { .attach_dev = siren_plain_attach };
