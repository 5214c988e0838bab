// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a driver, or its folder, is a symbolic link in drivers/iommu (`links` makes the two) to something beside the tree.
 * Right: audited under the link's name, or a gap in coverage: what is not read is said. The kernel's build follows links.
 */
/* gap: it may be refused, if coverage says so */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct crossbill_domain { struct iommu_domain domain; u32 mode; };
struct crossbill_master { u32 mode; };

#define to_crossbill_domain(d) container_of(d, struct crossbill_domain, domain)

static int crossbill_attach(struct iommu_domain *domain, struct device *dev)
{
	struct crossbill_domain *cdom = to_crossbill_domain(domain);
	struct crossbill_master *master = dev_iommu_priv_get(dev);

	if (cdom->mode != master->mode)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=crossbill_attach */
	return 0;
}

const struct iommu_domain_ops crossbill_ops = { .attach_dev = crossbill_attach };
