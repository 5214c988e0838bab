// SPDX-License-Identifier: GPL-2.0-only
/*
 * Melphor IOMMU: a table inside a macro and static domains with tables of their
 * own. find_context() has a namesake in another driver.
 */
#include <linux/iommu.h>
#include <linux/list.h>

struct melphor_iommu {
	struct list_head contexts;
	u32 features;
};

struct melphor_context {
	struct list_head node;
	struct device *dev;
};

struct melphor_domain {
	struct iommu_domain domain;
	struct melphor_iommu *iommu;
};

static struct melphor_domain *to_melphor_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct melphor_domain, domain);
}

static struct melphor_context *find_context(struct melphor_iommu *iommu, struct device *dev)
{
	struct melphor_context *context;

	list_for_each_entry(context, &iommu->contexts, node) {
		if (context->dev == dev)
			return context;
	}
	return NULL;
}

static int melphor_attach_dev(struct iommu_domain *domain, struct device *dev,
			      struct iommu_domain *old)
{
	struct melphor_domain *mdom = to_melphor_domain(domain);
	struct melphor_iommu *iommu = dev_iommu_priv_get(dev);
	struct melphor_context *context;

	context = find_context(iommu, dev);
	if (!context)
		return -ENOENT; /* site: errno=ENOENT class=hard verdict=review expected=ENODEV [discouraged-errno] */

	if (mdom->iommu != iommu)
		return -EMEDIUMTYPE; /* site: errno=EMEDIUMTYPE class=incompatible verdict=change expected=EINVAL [incompatible-not-einval] */

	melphor_write_context(iommu, context, mdom);
	return 0;
}

static int melphor_attach_identity(struct iommu_domain *domain, struct device *dev,
				   struct iommu_domain *old)
{
	struct melphor_iommu *iommu = dev_iommu_priv_get(dev);

	if (!(iommu->features & MELPHOR_FEAT_BYPASS))
		return -EMEDIUMTYPE; /* site: errno=EMEDIUMTYPE class=incompatible verdict=change expected=EINVAL [incompatible-not-einval] */

	melphor_write_bypass(iommu, dev);
	return 0;
}

static int melphor_attach_blocked(struct iommu_domain *domain, struct device *dev,
				  struct iommu_domain *old)
{
	melphor_write_abort(dev_iommu_priv_get(dev), dev);
	return 0;
}

static struct iommu_domain melphor_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &(const struct iommu_domain_ops) {
		.attach_dev	= melphor_attach_identity, /* binding */
	},
};

static struct iommu_domain melphor_blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &(const struct iommu_domain_ops) {
		.attach_dev	= melphor_attach_blocked, /* binding */
	},
};

#define MELPHOR_COMMON_OPS() \
	.blocked_domain		= &melphor_blocked_domain, \
	.default_domain_ops	= &(const struct iommu_domain_ops) { \
		.attach_dev	= melphor_attach_dev, /* binding */ \
	}

static const struct iommu_ops melphor_ops = {
	MELPHOR_COMMON_OPS()
};

static const struct iommu_ops melphor_bypass_ops = {
	.identity_domain	= &melphor_identity_domain,
	MELPHOR_COMMON_OPS()
};
