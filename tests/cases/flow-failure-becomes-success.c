// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a failure that is looked at ends in success: by a label, IS_ERR(), PTR_ERR_OR_ZERO() left alone, IS_ERR_OR_NULL(),
 * a helper that makes it 0 two calls down, break out of a loop.
 * Right: silent-success at the call. What is made up for, tried in another way or asked of a predicate is none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/err.h>

struct onyx_ctx { u32 id; };
struct onyx_master { void *table; void *base; int n; struct onyx_ctx *ctx; struct onyx_ctx spare; };

static int onyx_table(struct onyx_master *m)
{
	m->table = kzalloc(64, GFP_KERNEL);
	if (!m->table)
		return -ENOMEM;	/* trap: lost by all callers */
	return 0;
}

static struct onyx_ctx *onyx_make(struct onyx_master *m)
{
	struct onyx_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return ERR_PTR(-ENOMEM);	/* trap: lost, or made up for */
	ctx->id = m->n;
	return ctx;
}

static struct onyx_ctx *onyx_find(struct onyx_master *m)
{
	struct onyx_ctx *ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return NULL;
	m->ctx = ctx;
	return ctx;
}

static int onyx_label_attach(struct iommu_domain *domain, struct device *dev)
{
	struct onyx_master *m = dev_iommu_priv_get(dev);
	int err;

	err = onyx_table(m);	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
	if (err)
		goto skip;
	writel(1, m->base);
skip:
	return 0;
}

static int onyx_err_ptr_attach(struct iommu_domain *domain, struct device *dev)
{
	struct onyx_master *m = dev_iommu_priv_get(dev);
	struct onyx_ctx *ctx;

	ctx = onyx_make(m);	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
	if (IS_ERR(ctx))
		return 0;
	m->ctx = ctx;
	return 0;
}

static int onyx_null_attach(struct iommu_domain *domain, struct device *dev)
{
	struct onyx_master *m = dev_iommu_priv_get(dev);
	struct onyx_ctx *ctx = onyx_find(m);	/* site: errno=0 class=silent-success verdict=review|change expected=ENOMEM|propagate|0 */

	if (IS_ERR_OR_NULL(ctx))
		return PTR_ERR(ctx);
	writel(ctx->id, m->base);
	return 0;
}

static int onyx_soften(struct onyx_master *m)
{
	int err = onyx_table(m);	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */

	if (err < 0)
		err = 0;
	return err;
}

static int onyx_soften_attach(struct iommu_domain *domain, struct device *dev)
{
	struct onyx_master *m = dev_iommu_priv_get(dev);
	int err = onyx_soften(m);

	if (err)
		return err;
	writel(1, m->base);
	return 0;
}

static int onyx_break_attach(struct iommu_domain *domain, struct device *dev)
{
	struct onyx_master *m = dev_iommu_priv_get(dev);
	int i;

	for (i = 0; i < m->n; i++) {
		if (onyx_table(m))	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */
			break;
		writel(i, m->base);
	}
	return 0;
}

static int onyx_choice_attach(struct iommu_domain *domain, struct device *dev)
{
	struct onyx_master *m = dev_iommu_priv_get(dev);
	int err = onyx_table(m);	/* site: errno=0 class=silent-success verdict=review|change expected=propagate|0 */

	writel(1, m->base);
	return err < 0 ? 0 : err;
}

/* Made up for. */
static int onyx_spare_attach(struct iommu_domain *domain, struct device *dev)
{
	struct onyx_master *m = dev_iommu_priv_get(dev);
	struct onyx_ctx *ctx = onyx_make(m);	/* trap: there is a spare */

	if (IS_ERR(ctx))
		ctx = &m->spare;
	m->ctx = ctx;
	return 0;
}

const struct iommu_domain_ops onyx_label_ops = { .attach_dev = onyx_label_attach };
const struct iommu_domain_ops onyx_err_ptr_ops = { .attach_dev = onyx_err_ptr_attach };
const struct iommu_domain_ops onyx_null_ops = { .attach_dev = onyx_null_attach };
const struct iommu_domain_ops onyx_soften_ops = { .attach_dev = onyx_soften_attach };
const struct iommu_domain_ops onyx_break_ops = { .attach_dev = onyx_break_attach };
const struct iommu_domain_ops onyx_choice_ops = { .attach_dev = onyx_choice_attach };
const struct iommu_domain_ops onyx_spare_ops = { .attach_dev = onyx_spare_attach };
