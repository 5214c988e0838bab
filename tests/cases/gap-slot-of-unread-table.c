// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a call through a slot of the driver's own table of functions, where the slot is filled in another form than a
 * plain designated initialiser: an annotation before `=`, code, a nested table, by position, a macro, a cast.
 * Right: found in the function, or a gap in coverage: "What it could not read is said" (README).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct sheldrake_domain { struct iommu_domain domain; u32 mode; };
struct sheldrake_master { u32 mode; };

#define to_sheldrake_domain(d) container_of(d, struct sheldrake_domain, domain)

typedef int (*sheldrake_fn)(struct sheldrake_domain *sdom, struct sheldrake_master *master);

struct sheldrake_early { sheldrake_fn early; };
struct sheldrake_code { sheldrake_fn coded; };
struct sheldrake_outer { struct { sheldrake_fn inner; } hw; };
struct sheldrake_first { sheldrake_fn placed; };
struct sheldrake_macro { sheldrake_fn made; };
struct sheldrake_typed { sheldrake_fn typed; };
struct sheldrake_kept { sheldrake_fn kept; };
struct sheldrake_plain { sheldrake_fn plain; };

static int sheldrake_one(struct sheldrake_domain *sdom, struct sheldrake_master *master)
{
	if (sdom->mode != master->mode)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=sheldrake_early_attach */
	return 0;
}

static int sheldrake_two(struct sheldrake_domain *sdom, struct sheldrake_master *master)
{
	if (sdom->mode != master->mode)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=sheldrake_code_attach */
	return 0;
}

static int sheldrake_three(struct sheldrake_domain *sdom, struct sheldrake_master *master)
{
	if (sdom->mode != master->mode)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=sheldrake_outer_attach */
	return 0;
}

static int sheldrake_four(struct sheldrake_domain *sdom, struct sheldrake_master *master)
{
	if (sdom->mode != master->mode)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL gap=sheldrake_first_attach */
	return 0;
}

static int sheldrake_five(struct sheldrake_domain *sdom, struct sheldrake_master *master)
{
	if (sdom->mode != master->mode)
		return -EACCES;	/* site: errno=EACCES class=incompatible verdict=change expected=EINVAL gap=sheldrake_macro_attach */
	return 0;
}

static int sheldrake_six(struct sheldrake_domain *sdom, struct sheldrake_master *master)
{
	if (sdom->mode != master->mode)
		return -EFAULT;	/* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL gap=sheldrake_typed_attach */
	return 0;
}

static int sheldrake_seven(struct sheldrake_domain *sdom, struct sheldrake_master *master)
{
	if (sdom->mode != master->mode)
		return -E2BIG;	/* site: errno=E2BIG class=incompatible verdict=change expected=EINVAL gap=sheldrake_kept_attach */
	return 0;
}

static int sheldrake_eight(struct sheldrake_domain *sdom, struct sheldrake_master *master)
{
	if (sdom->mode != master->mode)
		return -EOPNOTSUPP;	/* site: errno=EOPNOTSUPP class=incompatible verdict=change expected=EINVAL */
	return 0;
}

struct sheldrake_early sheldrake_early_hw __maybe_unused = { .early = sheldrake_one };

struct sheldrake_code sheldrake_code_hw;
void sheldrake_init(void)
{
	sheldrake_code_hw.coded = sheldrake_two;
}

struct sheldrake_outer sheldrake_outer_hw = { .hw = { .inner = sheldrake_three } };
struct sheldrake_first sheldrake_first_hw = { sheldrake_four };

#define SHELDRAKE_SLOT(slot, fn) .slot = fn
struct sheldrake_macro sheldrake_macro_hw = { SHELDRAKE_SLOT(made, sheldrake_five) };

struct sheldrake_typed sheldrake_typed_hw = { .typed = (sheldrake_fn)sheldrake_six };
struct sheldrake_kept sheldrake_kept_hw = { .kept = sheldrake_seven };
struct sheldrake_plain sheldrake_plain_hw = { .plain = sheldrake_eight };

static int sheldrake_early_attach(struct iommu_domain *domain, struct device *dev)
{
	const struct sheldrake_early *hw = of_device_get_match_data(dev);

	return hw->early(to_sheldrake_domain(domain), dev_iommu_priv_get(dev));
}

static int sheldrake_code_attach(struct iommu_domain *domain, struct device *dev)
{
	const struct sheldrake_code *hw = of_device_get_match_data(dev);

	return hw->coded(to_sheldrake_domain(domain), dev_iommu_priv_get(dev));
}

static int sheldrake_outer_attach(struct iommu_domain *domain, struct device *dev)
{
	const struct sheldrake_outer *outer = of_device_get_match_data(dev);

	return outer->hw.inner(to_sheldrake_domain(domain), dev_iommu_priv_get(dev));
}

static int sheldrake_first_attach(struct iommu_domain *domain, struct device *dev)
{
	const struct sheldrake_first *hw = of_device_get_match_data(dev);

	return hw->placed(to_sheldrake_domain(domain), dev_iommu_priv_get(dev));
}

static int sheldrake_macro_attach(struct iommu_domain *domain, struct device *dev)
{
	const struct sheldrake_macro *hw = of_device_get_match_data(dev);

	return hw->made(to_sheldrake_domain(domain), dev_iommu_priv_get(dev));
}

static int sheldrake_typed_attach(struct iommu_domain *domain, struct device *dev)
{
	const struct sheldrake_typed *hw = of_device_get_match_data(dev);

	return hw->typed(to_sheldrake_domain(domain), dev_iommu_priv_get(dev));
}

static int sheldrake_kept_attach(struct iommu_domain *domain, struct device *dev)
{
	const struct sheldrake_kept *hw = of_device_get_match_data(dev);
	sheldrake_fn check = hw->kept;

	return check(to_sheldrake_domain(domain), dev_iommu_priv_get(dev));
}

/* The twin: a plain table. */
static int sheldrake_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	const struct sheldrake_plain *hw = of_device_get_match_data(dev);

	return hw->plain(to_sheldrake_domain(domain), dev_iommu_priv_get(dev));
}

const struct iommu_domain_ops sheldrake_early_ops = { .attach_dev = sheldrake_early_attach };
const struct iommu_domain_ops sheldrake_code_ops = { .attach_dev = sheldrake_code_attach };
const struct iommu_domain_ops sheldrake_outer_ops = { .attach_dev = sheldrake_outer_attach };
const struct iommu_domain_ops sheldrake_first_ops = { .attach_dev = sheldrake_first_attach };
const struct iommu_domain_ops sheldrake_macro_ops = { .attach_dev = sheldrake_macro_attach };
const struct iommu_domain_ops sheldrake_typed_ops = { .attach_dev = sheldrake_typed_attach };
const struct iommu_domain_ops sheldrake_kept_ops = { .attach_dev = sheldrake_kept_attach };
const struct iommu_domain_ops sheldrake_plain_ops = { .attach_dev = sheldrake_plain_attach };
