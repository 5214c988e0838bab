// SPDX-License-Identifier: GPL-2.0-only
/*
 * Defensive tests that warn, or stand beside a comparison.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct loach_priv { struct iommu_domain domain; u32 mode; struct device *dev; };
struct loach_ctx { u32 mode; void *va; };
#define to_loach(d) container_of(d, struct loach_priv, domain)

static int loach_attach(struct iommu_domain *domain, struct device *dev)
{
	struct loach_priv *priv;
	struct loach_ctx *ctx;

	if (WARN_ON(!domain) || !dev)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=review expected=ENODEV */
	priv = to_loach(domain);
	ctx = dev_get_drvdata(dev);
	if (!priv || !ctx || !ctx->va)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	if (priv && ctx->mode != priv->mode)
		return -ENODEV;	/* site: errno=ENODEV class=incompatible verdict=change expected=EINVAL */
	if (!(priv && ctx->va))
		return -EINVAL;	/* open: cannot happen, tested before */
	if (priv->dev && priv->dev != dev)
		return -EBUSY;	/* site: errno=EBUSY class=incompatible verdict=change expected=EINVAL */
	return 0;
}
const struct iommu_domain_ops loach_ops = { .attach_dev = loach_attach };
