// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same guards in several callbacks: the same class.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct lamprey_smmu { u32 feats; };
struct lamprey_domain { struct iommu_domain domain; struct lamprey_smmu *smmu; int type; };
struct lamprey_master { struct lamprey_smmu *smmu; bool stall; bool sva; };
#define to_lamprey(d) container_of(d, struct lamprey_domain, domain)
#define LAMPREY_NEST BIT(4)

static int lamprey_paging(struct iommu_domain *domain, struct device *dev)
{
	struct lamprey_domain *ld = to_lamprey(domain);
	struct lamprey_master *m = dev_iommu_priv_get(dev);

	if (m->smmu != ld->smmu)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	if (!m->smmu)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (!(m->smmu->feats & LAMPREY_NEST))
		return -ENXIO;	/* site: errno=ENXIO class=hard verdict=review expected=ENODEV */
	return 0;
}

static int lamprey_nested(struct iommu_domain *domain, struct device *dev)
{
	struct lamprey_domain *nd = to_lamprey(domain);
	struct lamprey_master *master = dev_iommu_priv_get(dev);

	if (nd->smmu != master->smmu)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	if (!master->smmu)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (master->stall && !master->sva)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int lamprey_identity(struct iommu_domain *domain, struct device *dev)
{
	struct lamprey_master *m = dev_iommu_priv_get(dev);

	if (!m || !m->smmu)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}
static struct iommu_domain lamprey_identity_domain = { .type = IOMMU_DOMAIN_IDENTITY, .ops = &(const struct iommu_domain_ops) { .attach_dev = lamprey_identity } };
const struct iommu_ops lamprey_ops = { .identity_domain = &lamprey_identity_domain, .default_domain_ops = &(const struct iommu_domain_ops) { .attach_dev = lamprey_paging } };
const struct iommu_domain_ops lamprey_nested_ops = { .attach_dev = lamprey_nested };
