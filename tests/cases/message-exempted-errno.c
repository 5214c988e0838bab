// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the caller's failure branch exempts one errno: `if (ret && ret != -EBUSY)`, or `if (ret == -EBUSY) return 0;`
 * before it. The misfit still comes to the message.
 * Right: the call is a site, soft-failure-logged: "A message in the caller's branch that handles a helper's failure counts
 * too: where the helper can fail softly" (design, section 5). Where the soft errno itself is exempted, nothing is logged.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct tattler_domain { struct iommu_domain domain; u32 bits; };
struct tattler_master { u32 bits; bool busy; };

#define to_tattler_domain(d) container_of(d, struct tattler_domain, domain)

static int tattler_setup(struct tattler_domain *tdom, struct tattler_master *master)
{
	if (tdom->bits > master->bits)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	if (master->busy)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	master->busy = true;
	return 0;
}

static int tattler_and_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = tattler_setup(to_tattler_domain(domain), dev_iommu_priv_get(dev));	/* site: errno=propagated:tattler_setup class=incompatible verdict=change expected=keep */
	if (ret && ret != -EBUSY) {
		dev_err(dev, "not set up: %d\n", ret);
		return ret;
	}
	return 0;
}

static int tattler_before_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = tattler_setup(to_tattler_domain(domain), dev_iommu_priv_get(dev));	/* site: errno=propagated:tattler_setup class=incompatible verdict=change expected=keep */
	if (ret == -EBUSY)
		return 0;
	if (ret) {
		dev_err(dev, "not set up: %d\n", ret);
		return ret;
	}
	return 0;
}

static int tattler_quiet_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = tattler_setup(to_tattler_domain(domain), dev_iommu_priv_get(dev));	/* trap: what is soft is not logged */
	if (ret && ret != -EINVAL)
		dev_err(dev, "not set up: %d\n", ret);
	return ret;
}

/* The twin: no exemption. */
static int tattler_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = tattler_setup(to_tattler_domain(domain), dev_iommu_priv_get(dev));	/* site: errno=propagated:tattler_setup class=incompatible verdict=change expected=keep */
	if (ret) {
		dev_err(dev, "not set up: %d\n", ret);
		return ret;
	}
	return 0;
}

const struct iommu_domain_ops tattler_and_ops = { .attach_dev = tattler_and_attach };
const struct iommu_domain_ops tattler_before_ops = { .attach_dev = tattler_before_attach };
const struct iommu_domain_ops tattler_quiet_ops = { .attach_dev = tattler_quiet_attach };
const struct iommu_domain_ops tattler_plain_ops = { .attach_dev = tattler_plain_attach };
