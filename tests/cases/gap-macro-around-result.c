// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the result passes through a macro on its way out: READ_ONCE(), an annotation of the driver, a macro that makes
 * the errno negative.
 * Right: found, or a gap in coverage: "What it could not read is said" (README).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct bittern_domain { struct iommu_domain domain; u32 mode; };
struct bittern_master { u32 mode; };

#define to_bittern_domain(d) container_of(d, struct bittern_domain, domain)

#define BITTERN_ERR(name)	(-(name))
#define bittern_result(ret)	(ret)

static int bittern_once_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bittern_domain *bdom = to_bittern_domain(domain);
	struct bittern_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (bdom->mode != master->mode)
		ret = -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=bittern_once_attach */
	return READ_ONCE(ret);
}

static int bittern_own_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bittern_domain *bdom = to_bittern_domain(domain);
	struct bittern_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (bdom->mode != master->mode)
		ret = -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=bittern_own_attach */
	return bittern_result(ret);
}

static int bittern_negative_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bittern_domain *bdom = to_bittern_domain(domain);
	struct bittern_master *master = dev_iommu_priv_get(dev);

	if (bdom->mode != master->mode)
		return BITTERN_ERR(ERANGE);	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=bittern_negative_attach */
	return 0;
}

/* The twin. */
static int bittern_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	struct bittern_domain *bdom = to_bittern_domain(domain);
	struct bittern_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (bdom->mode != master->mode)
		ret = -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return (ret);
}

const struct iommu_domain_ops bittern_once_ops = { .attach_dev = bittern_once_attach };
const struct iommu_domain_ops bittern_own_ops = { .attach_dev = bittern_own_attach };
const struct iommu_domain_ops bittern_negative_ops = { .attach_dev = bittern_negative_attach };
const struct iommu_domain_ops bittern_plain_ops = { .attach_dev = bittern_plain_attach };
