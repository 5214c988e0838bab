// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the errno literal is part of a larger expression: min_t(), max(), clamp(), a product the other way round, `&` of a
 * negated flag, a comma list with a call, a statement expression.
 * Right: a site, or a gap. A literal that is only compared with, or handed to a message, is none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct flint_domain { struct iommu_domain domain; u32 bits; };
struct flint_master { u32 bits; struct clk *clk; int seen; };

#define to_flint_domain(d) container_of(d, struct flint_domain, domain)

static int flint_min_t_attach(struct iommu_domain *domain, struct device *dev)
{
	struct flint_domain *fd = to_flint_domain(domain);
	struct flint_master *m = dev_iommu_priv_get(dev);
	int err = 0;

	if (fd->bits > m->bits)
		err = min_t(int, -EXDEV, err);	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=flint_min_t_attach */
	return err;
}

static int flint_clamp_attach(struct iommu_domain *domain, struct device *dev)
{
	struct flint_domain *fd = to_flint_domain(domain);
	struct flint_master *m = dev_iommu_priv_get(dev);

	if (fd->bits > m->bits)
		return clamp(-1000, -ERANGE, 0);	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=flint_clamp_attach */
	return 0;
}

static int flint_flag_attach(struct iommu_domain *domain, struct device *dev)
{
	struct flint_domain *fd = to_flint_domain(domain);
	struct flint_master *m = dev_iommu_priv_get(dev);

	return (fd->bits != m->bits) * -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=flint_flag_attach */
}

static int flint_mask_attach(struct iommu_domain *domain, struct device *dev)
{
	struct flint_domain *fd = to_flint_domain(domain);
	struct flint_master *m = dev_iommu_priv_get(dev);

	return -(fd->bits != m->bits) & -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL gap=flint_mask_attach */
}

static int flint_comma_attach(struct iommu_domain *domain, struct device *dev)
{
	struct flint_domain *fd = to_flint_domain(domain);
	struct flint_master *m = dev_iommu_priv_get(dev);
	int err;

	if (fd->bits != m->bits)
		return (m->seen++, -EACCES);	/* site: errno=EACCES class=incompatible verdict=change expected=EINVAL gap=flint_comma_attach */
	return (err = clk_enable(m->clk)), err;	/* site: errno=propagated:clk_enable class=propagated verdict=ok expected=keep gap=flint_comma_attach */
}

static int flint_assign_attach(struct iommu_domain *domain, struct device *dev)
{
	struct flint_domain *fd = to_flint_domain(domain);
	struct flint_master *m = dev_iommu_priv_get(dev);
	int err, first;

	if (fd->bits != m->bits)
		return first = err = -EBADF;	/* site: errno=EBADF class=incompatible verdict=change expected=EINVAL gap=flint_assign_attach */
	return 0;
}

static int flint_nested_attach(struct iommu_domain *domain, struct device *dev)
{
	struct flint_domain *fd = to_flint_domain(domain);
	struct flint_master *m = dev_iommu_priv_get(dev);

	return m->seen ? fd->bits == m->bits ? 0 : -EPERM : 0;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=flint_nested_attach */
}

/* Only compared with, only printed. */
static int flint_named_attach(struct iommu_domain *domain, struct device *dev)
{
	struct flint_master *m = dev_iommu_priv_get(dev);
	int err = clk_enable(m->clk);	/* open: whether it is kept */

	dev_dbg(dev, "%d is no %d\n", err, -EACCES);	/* none: a message */
	return err == -EPERM ? err : 0;	/* none: a comparison */
}

const struct iommu_domain_ops flint_min_t_ops = { .attach_dev = flint_min_t_attach };
const struct iommu_domain_ops flint_clamp_ops = { .attach_dev = flint_clamp_attach };
const struct iommu_domain_ops flint_flag_ops = { .attach_dev = flint_flag_attach };
const struct iommu_domain_ops flint_mask_ops = { .attach_dev = flint_mask_attach };
const struct iommu_domain_ops flint_comma_ops = { .attach_dev = flint_comma_attach };
const struct iommu_domain_ops flint_assign_ops = { .attach_dev = flint_assign_attach };
const struct iommu_domain_ops flint_nested_ops = { .attach_dev = flint_nested_attach };
const struct iommu_domain_ops flint_named_ops = { .attach_dev = flint_named_attach };
