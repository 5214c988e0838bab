// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a local that is declared with __free(), or another attribute with arguments, loses where it comes from: it
 * counts as a global.
 * Right: incompatible, to change to EINVAL, as without it: the attribute says when it is released, not what it is.
 */
#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/kernel.h>

struct nuthatch_domain { struct iommu_domain domain; u32 mode; };
struct nuthatch_master { u32 mode; };

#define to_nuthatch_domain(d) container_of(d, struct nuthatch_domain, domain)

void nuthatch_put(struct nuthatch_domain *ndom);
struct nuthatch_master *nuthatch_get_master(struct device *dev);
void nuthatch_put_master(struct nuthatch_master *master);

DEFINE_FREE(nuthatch_put, struct nuthatch_domain *, nuthatch_put(_T))
DEFINE_FREE(nuthatch_put_master, struct nuthatch_master *, nuthatch_put_master(_T))

static int nuthatch_attach(struct iommu_domain *domain, struct device *dev)
{
	struct nuthatch_domain *ndom __free(nuthatch_put) = to_nuthatch_domain(domain);
	struct nuthatch_master *master = dev_iommu_priv_get(dev);

	if (ndom->mode != master->mode)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int nuthatch_both_attach(struct iommu_domain *domain, struct device *dev)
{
	struct nuthatch_domain *ndom __free(nuthatch_put) = to_nuthatch_domain(domain);
	struct nuthatch_master *master __free(nuthatch_put_master) = dev_iommu_priv_get(dev);

	if (ndom->mode != master->mode)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int nuthatch_aligned_attach(struct iommu_domain *domain, struct device *dev)
{
	u32 mode __aligned(8) = to_nuthatch_domain(domain)->mode;
	struct nuthatch_master *master = dev_iommu_priv_get(dev);

	if (mode != master->mode)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

/* What comes from the device is the device's. */
static int nuthatch_device_attach(struct iommu_domain *domain, struct device *dev)
{
	struct nuthatch_master *master __free(nuthatch_put_master) = nuthatch_get_master(dev);

	if (!master->mode)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

/* The twin: an attribute without arguments. */
static int nuthatch_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	struct nuthatch_domain *ndom __maybe_unused = to_nuthatch_domain(domain);
	struct nuthatch_master *master = dev_iommu_priv_get(dev);

	if (ndom->mode != master->mode)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops nuthatch_ops = { .attach_dev = nuthatch_attach };
const struct iommu_domain_ops nuthatch_both_ops = { .attach_dev = nuthatch_both_attach };
const struct iommu_domain_ops nuthatch_aligned_ops = { .attach_dev = nuthatch_aligned_attach };
const struct iommu_domain_ops nuthatch_device_ops = { .attach_dev = nuthatch_device_attach };
const struct iommu_domain_ops nuthatch_plain_ops = { .attach_dev = nuthatch_plain_attach };
