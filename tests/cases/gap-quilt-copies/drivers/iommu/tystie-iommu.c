// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: quilt and dpkg-source keep the files as they were before each patch under .pc/; those copies are no drivers.
 * Right: one binding, that of the patched file. A finding in the copy is one that the patch has removed.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct tystie_domain { struct iommu_domain domain; u32 mode; };
struct tystie_master { u32 mode; };

#define to_tystie_domain(d) container_of(d, struct tystie_domain, domain)

static int tystie_attach(struct iommu_domain *domain, struct device *dev)
{
	struct tystie_domain *tdom = to_tystie_domain(domain);
	struct tystie_master *master = dev_iommu_priv_get(dev);

	if (!master)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (tdom->mode != master->mode)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops tystie_ops = { .attach_dev = tystie_attach };
