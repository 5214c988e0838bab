// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the operations table is a member of the driver's own struct, or an element of an array, and is initialised in
 * place: nested braces, a path of members, an index.
 * Right: bound and analysed: "finds every return inside every `attach_dev` ... callback" (README); what the text reader
 * sees, the table of the driver's own shape holds.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct tench_ops { int version; struct iommu_domain_ops dom; };

static int tench_nested_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int tench_path_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int tench_array_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int tench_indexed_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

/* The twin: a compound literal. */
static int tench_literal_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

/* A member of that name in a struct of another kind binds nothing. */
struct tench_hotplug { int (*attach_dev)(struct iommu_domain *domain, struct device *dev); };

static int tench_hotplug_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev_iommu_priv_get(dev))
		return -EINVAL;	/* trap: not an operation of a domain */
	return 0;
}

struct tench_ops tench_nested = {
	.version = 1,
	.dom = {
		.attach_dev = tench_nested_attach,
	},
};

struct tench_ops tench_path = {
	.version = 2,
	.dom.attach_dev = tench_path_attach,
};

const struct iommu_domain_ops tench_array[] = {
	{ .attach_dev = tench_array_attach },
};

struct tench_ops tench_indexed[] = {
	[0] = { .dom = { .attach_dev = tench_indexed_attach } },
};

struct tench_ops tench_literal = {
	.dom = (struct iommu_domain_ops) { .attach_dev = tench_literal_attach },
};

struct tench_hotplug tench_hotplug = { .attach_dev = tench_hotplug_attach };
