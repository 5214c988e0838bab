// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the return or the goto stands inside a macro of the driver, the errno or the call in its argument.
 * Right: a site at the use, or a gap in coverage: "a return, branch, goto or errno literal without a fact, is a gap: in
 * `coverage`, in the exit status" (docs/architecture.md).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct dotterel_domain { struct iommu_domain domain; u32 mode; void *table; };
struct dotterel_master { u32 mode; };

#define to_dotterel_domain(d) container_of(d, struct dotterel_domain, domain)

#define DOTTEREL_NEED(cond, err) do { if (!(cond)) return (err); } while (0)
#define DOTTEREL_TRY(call) do { int __err = (call); if (__err) return __err; } while (0)
#define DOTTEREL_BAIL(cond, err) do { if (cond) { ret = (err); goto out; } } while (0)
#define DOTTEREL_RETURN(err) return (err)

static int dotterel_check(struct dotterel_domain *ddom, struct dotterel_master *master)
{
	if (ddom->mode != master->mode)
		return -EFAULT;	/* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL gap=dotterel_try_attach */
	return 0;
}

static int dotterel_need_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dotterel_domain *ddom = to_dotterel_domain(domain);
	struct dotterel_master *master = dev_iommu_priv_get(dev);

	DOTTEREL_NEED(ddom->mode == master->mode, -EXDEV);	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=dotterel_need_attach */
	return 0;
}

static int dotterel_try_attach(struct iommu_domain *domain, struct device *dev)
{
	DOTTEREL_TRY(dotterel_check(to_dotterel_domain(domain), dev_iommu_priv_get(dev)));
	return 0;
}

static int dotterel_bail_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dotterel_domain *ddom = to_dotterel_domain(domain);
	struct dotterel_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	DOTTEREL_BAIL(ddom->mode != master->mode, -ERANGE);	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=dotterel_bail_attach */
out:
	return ret;
}

static int dotterel_return_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dotterel_domain *ddom = to_dotterel_domain(domain);

	ddom->table = kzalloc(64, GFP_KERNEL);
	if (!ddom->table)
		DOTTEREL_RETURN(-EINVAL);	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM gap=dotterel_return_attach */
	return 0;
}

/* The twin. */
static int dotterel_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dotterel_domain *ddom = to_dotterel_domain(domain);
	struct dotterel_master *master = dev_iommu_priv_get(dev);

	if (ddom->mode != master->mode)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops dotterel_need_ops = { .attach_dev = dotterel_need_attach };
const struct iommu_domain_ops dotterel_try_ops = { .attach_dev = dotterel_try_attach };
const struct iommu_domain_ops dotterel_bail_ops = { .attach_dev = dotterel_bail_attach };
const struct iommu_domain_ops dotterel_return_ops = { .attach_dev = dotterel_return_attach };
const struct iommu_domain_ops dotterel_plain_ops = { .attach_dev = dotterel_plain_attach };
