// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the message stands in the branch that goes to a label; the constant is returned there, after a clean-up that
 * holds a loop or a condition.
 * Right: incompatible, EINVAL right, the message to go: "a message in the same branch" (docs/architecture.md), and how the
 * label undoes things is no part of it.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct garganey_domain { struct iommu_domain domain; void *iommu; };
struct garganey_master { void *iommu; struct regulator *rails[4]; int on; bool powered; };

#define to_garganey_domain(d) container_of(d, struct garganey_domain, domain)

static int garganey_loop_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garganey_domain *gdom = to_garganey_domain(domain);
	struct garganey_master *master = dev_iommu_priv_get(dev);
	int i = master->on;

	if (gdom->iommu != master->iommu) {
		dev_err(dev, "domain of another IOMMU\n");
		goto refuse;
	}
	return 0;
refuse:
	while (--i >= 0)
		regulator_disable(master->rails[i]);
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
}

static int garganey_if_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garganey_domain *gdom = to_garganey_domain(domain);
	struct garganey_master *master = dev_iommu_priv_get(dev);

	if (gdom->iommu != master->iommu) {
		dev_warn(dev, "domain of another IOMMU\n");
		goto refuse;
	}
	return 0;
refuse:
	if (master->powered)
		regulator_disable(master->rails[0]);
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
}

/* Debug messages may stay. */
static int garganey_debug_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garganey_domain *gdom = to_garganey_domain(domain);
	struct garganey_master *master = dev_iommu_priv_get(dev);

	if (gdom->iommu != master->iommu) {
		dev_dbg(dev, "domain of another IOMMU\n");
		goto refuse;
	}
	return 0;
refuse:
	if (master->powered)
		regulator_disable(master->rails[0]);
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
}

/* The twin: a straight clean-up. */
static int garganey_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	struct garganey_domain *gdom = to_garganey_domain(domain);
	struct garganey_master *master = dev_iommu_priv_get(dev);

	if (gdom->iommu != master->iommu) {
		dev_err(dev, "domain of another IOMMU\n");
		goto refuse;
	}
	return 0;
refuse:
	regulator_disable(master->rails[0]);
	return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL */
}

const struct iommu_domain_ops garganey_loop_ops = { .attach_dev = garganey_loop_attach };
const struct iommu_domain_ops garganey_if_ops = { .attach_dev = garganey_if_attach };
const struct iommu_domain_ops garganey_debug_ops = { .attach_dev = garganey_debug_attach };
const struct iommu_domain_ops garganey_plain_ops = { .attach_dev = garganey_plain_attach };
