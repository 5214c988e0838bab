// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status of a call is tested in a helper that translates it, where it is a parameter: hard, as where the call
 * stands. A comparison that is handed over stays one.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct gannet_domain { struct iommu_domain domain; u32 id; u32 mode; };
struct gannet_master { u32 sid; u32 mode; };

#define to_gannet_domain(d) container_of(d, struct gannet_domain, domain)

unsigned long gannet_hypercall(int function, u32 sid, u32 id);

static int gannet_errno(unsigned long status)
{
	switch (status) {
	case 0:
		return 0;
	case 2:
		return -ENOENT;	/* site: errno=ENOENT class=hard verdict=review expected=ENODEV */
	default:
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	}
}

static int gannet_check(unsigned long status)
{
	if (status > 0xff)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

/* A translated comparison stays one. */
static int gannet_fit(bool fits)
{
	if (!fits)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int gannet_attach(struct iommu_domain *domain, struct device *dev)
{
	struct gannet_domain *gdom = to_gannet_domain(domain);
	struct gannet_master *master = dev_iommu_priv_get(dev);
	unsigned long status = gannet_hypercall(1, master->sid, gdom->id);
	int ret;

	ret = gannet_check(status);
	if (ret)
		return ret;
	return gannet_errno(status);
}

static int gannet_fit_attach(struct iommu_domain *domain, struct device *dev)
{
	struct gannet_domain *gdom = to_gannet_domain(domain);
	struct gannet_master *master = dev_iommu_priv_get(dev);

	return gannet_fit(gdom->mode == master->mode);
}

const struct iommu_domain_ops gannet_ops = { .attach_dev = gannet_attach };
const struct iommu_domain_ops gannet_fit_ops = { .attach_dev = gannet_fit_attach };
