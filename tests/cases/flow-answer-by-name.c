// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper answers by an enumerator, and a translator, a switch or a comparison makes an errno of it.
 * Right: the class is that of the helper's own reason for this answer; an enumerator that it never gives does not arrive.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

enum sanderling_state { SANDERLING_FINE, SANDERLING_OTHER, SANDERLING_BROKEN, SANDERLING_UNUSED };

struct sanderling_domain { struct iommu_domain domain; u32 mode; };
struct sanderling_master { u32 mode; void *base; };

#define to_sanderling_domain(d) container_of(d, struct sanderling_domain, domain)

static enum sanderling_state sanderling_look(struct sanderling_domain *sdom, struct sanderling_master *master)
{
	enum sanderling_state state = SANDERLING_FINE;

	if (!master->base)
		return SANDERLING_BROKEN;
	if (sdom->mode != master->mode)
		state = SANDERLING_OTHER;
	return state;
}

static int sanderling_errno(enum sanderling_state state)
{
	switch (state) {
	case SANDERLING_FINE:
		return 0;
	case SANDERLING_OTHER:
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	case SANDERLING_BROKEN:
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	case SANDERLING_UNUSED:
		return -EPERM;	/* none: no helper answers so */
	}
	return -EFAULT;	/* none: no other answer */
}

static int sanderling_attach(struct iommu_domain *domain, struct device *dev)
{
	return sanderling_errno(sanderling_look(to_sanderling_domain(domain), dev_iommu_priv_get(dev)));
}

static int sanderling_compared_attach(struct iommu_domain *domain, struct device *dev)
{
	enum sanderling_state state = sanderling_look(to_sanderling_domain(domain), dev_iommu_priv_get(dev));

	if (state == SANDERLING_BROKEN)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	if (state != SANDERLING_FINE)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops sanderling_ops = { .attach_dev = sanderling_attach };
const struct iommu_domain_ops sanderling_compared_ops = { .attach_dev = sanderling_compared_attach };
