// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message in the caller of a helper that can fail in both ways. What is printed for the hard failure alone is no
 * soft failure logged; what is printed for both is one, at the call.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
struct shad_domain { struct iommu_domain domain; u32 mode; };
struct shad_master { u32 mode; void *unit; };
#define to_shad(d) container_of(d, struct shad_domain, domain)

static int shad_setup(struct shad_domain *d, struct shad_master *m)
{
	if (!m->unit)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	if (d->mode != m->mode)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}

/* Only the hard failure is logged: nothing is to go. */
static int shad_quiet_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = shad_setup(to_shad(domain), dev_iommu_priv_get(dev));	/* trap: the misfit is not logged */
	if (ret) {
		if (ret != -EINVAL)
			dev_err(dev, "setup failed\n");
		return ret;
	}
	return 0;
}

/* Both are: which message is to go is said. */
static int shad_loud_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = shad_setup(to_shad(domain), dev_iommu_priv_get(dev));	/* site: errno=propagated:shad_setup class=incompatible verdict=change expected=keep */
	if (ret) {
		dev_err(dev, "setup failed\n");
		return ret;
	}
	return 0;
}

const struct iommu_domain_ops shad_quiet_ops = { .attach_dev = shad_quiet_attach };
const struct iommu_domain_ops shad_loud_ops = { .attach_dev = shad_loud_attach };
