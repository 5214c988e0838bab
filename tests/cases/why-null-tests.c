// SPDX-License-Identifier: GPL-2.0-only
/*
 * NULL tests of what the core hands over, alone, beside look-ups, in helpers.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct plover_domain { struct iommu_domain domain; void *pgtbl; struct plover_ctx *ctx; };
struct plover_ctx { void *base; int id; };
struct plover_master { struct plover_ctx *ctx; };

static inline struct plover_domain *plover_of(struct iommu_domain *d)
{
	return container_of(d, struct plover_domain, domain);
}

static int plover_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plover_domain *priv = plover_of(domain);
	struct plover_master *master;

	if (unlikely(!domain || !dev))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=review|change expected=ENODEV */
	if (priv == NULL)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	master = dev_iommu_priv_get(dev);
	if (IS_ERR_OR_NULL(domain) || IS_ERR_OR_NULL(master))
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	if (!priv || !master->ctx)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (!priv->pgtbl)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	if (NULL == domain || master->ctx->id < 0)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (!priv || priv->ctx != master->ctx)
		return -EBUSY;	/* site: errno=EBUSY class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int plover_setup(struct plover_domain *pd, struct plover_master *m)
{
	if (!pd || !m)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change|review expected=ENODEV */
	return 0;
}

static int plover_b_attach(struct iommu_domain *domain, struct device *dev)
{
	return plover_setup(plover_of(domain), dev_iommu_priv_get(dev));
}
const struct iommu_domain_ops plover_ops = { .attach_dev = plover_attach };
const struct iommu_domain_ops plover_b_ops = { .attach_dev = plover_b_attach };
