// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a range of case labels, `case 1 ... 3:`.
 * Right: judged, as three labels are. It is common in drivers.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct chaffinch_domain { struct iommu_domain domain; u32 mode; };
struct chaffinch_master { u32 mode; u32 version; };

#define to_chaffinch_domain(d) container_of(d, struct chaffinch_domain, domain)

static int chaffinch_attach(struct iommu_domain *domain, struct device *dev)
{
	struct chaffinch_domain *cdom = to_chaffinch_domain(domain);
	struct chaffinch_master *master = dev_iommu_priv_get(dev);

	switch (master->version) {
	case 1 ... 3:
		if (cdom->mode != master->mode)
			return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
		return 0;
	case 4:
		return 0;
	default:
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	}
}

/* The twin. */
static int chaffinch_labels_attach(struct iommu_domain *domain, struct device *dev)
{
	struct chaffinch_domain *cdom = to_chaffinch_domain(domain);
	struct chaffinch_master *master = dev_iommu_priv_get(dev);

	switch (master->version) {
	case 1:
	case 2:
	case 3:
		if (cdom->mode != master->mode)
			return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
		return 0;
	default:
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	}
}

const struct iommu_domain_ops chaffinch_ops = { .attach_dev = chaffinch_attach };
const struct iommu_domain_ops chaffinch_labels_ops = { .attach_dev = chaffinch_labels_attach };
