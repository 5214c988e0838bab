// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core hands over a domain, and container_of() of it is no property: a NULL test of either decides nothing. A
 * NULL member of the domain is a property.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct alder_domain { struct iommu_domain domain; void *table; };
struct alder_master { void *iommu; };

static struct alder_domain *to_alder_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct alder_domain, domain);
}

static int alder_attach(struct iommu_domain *domain, struct device *dev)
{
	struct alder_domain *adom = to_alder_domain(domain);
	struct alder_master *master = dev_iommu_priv_get(dev);

	if (!master || !adom || !dev_iommu_fwspec_get(dev))
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */

	if (!domain || !master->iommu)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */

	return 0;
}

static int alder_both_attach(struct iommu_domain *domain, struct device *dev)
{
	struct alder_master *master = dev_iommu_priv_get(dev);

	if (!(domain && master))
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */

	return 0;
}

/* A member of the domain says something of it. */
static int alder_table_attach(struct iommu_domain *domain, struct device *dev)
{
	struct alder_domain *adom = to_alder_domain(domain);

	if (!adom->table)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */

	return 0;
}

/* The twin: the look-up alone. */
static int alder_lookup_attach(struct iommu_domain *domain, struct device *dev)
{
	struct alder_master *master = dev_iommu_priv_get(dev);

	if (!master || !dev_iommu_fwspec_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */

	return 0;
}

const struct iommu_domain_ops alder_ops = { .attach_dev = alder_attach };
const struct iommu_domain_ops alder_both_ops = { .attach_dev = alder_both_attach };
const struct iommu_domain_ops alder_table_ops = { .attach_dev = alder_table_attach };
const struct iommu_domain_ops alder_lookup_ops = { .attach_dev = alder_lookup_attach };
