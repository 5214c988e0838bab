// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper of the driver is called through a macro of the driver: one that only calls it, one that is another name
 * for it, one that pastes the name.
 * Right: found in the helper, as when it is called by name, or a gap in coverage: "What it could not read is said"
 * (README). A macro is no other subsystem's function.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct grayling_domain { struct iommu_domain domain; u32 mode; };
struct grayling_master { u32 mode; u64 groups; };

#define to_grayling_domain(d) container_of(d, struct grayling_domain, domain)

#define grayling_on(master, groups)	grayling_set(master, groups, 1)
#define grayling_check(d, m)		grayling_match((d), (m))
#define grayling_verify			grayling_compare
#define GRAYLING_CALL(name, ...)	grayling_##name(__VA_ARGS__)

static int grayling_set(struct grayling_master *master, u64 groups, int on)
{
	if (on && !groups)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV gap=grayling_on_attach */
	master->groups = groups;
	return 0;
}

static int grayling_match(struct grayling_domain *gdom, struct grayling_master *master)
{
	if (gdom->mode != master->mode)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=grayling_check_attach */
	return 0;
}

static int grayling_compare(struct grayling_domain *gdom, struct grayling_master *master)
{
	if (gdom->mode != master->mode)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=grayling_verify_attach */
	return 0;
}

static int grayling_fit(struct grayling_domain *gdom, struct grayling_master *master)
{
	if (gdom->mode != master->mode)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=grayling_paste_attach */
	return 0;
}

/* The twin: called by name. */
static int grayling_plain(struct grayling_domain *gdom, struct grayling_master *master)
{
	if (gdom->mode != master->mode)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int grayling_on_attach(struct iommu_domain *domain, struct device *dev)
{
	struct grayling_master *master = dev_iommu_priv_get(dev);

	return grayling_on(master, master->groups);
}

static int grayling_check_attach(struct iommu_domain *domain, struct device *dev)
{
	return grayling_check(to_grayling_domain(domain), dev_iommu_priv_get(dev));
}

static int grayling_verify_attach(struct iommu_domain *domain, struct device *dev)
{
	return grayling_verify(to_grayling_domain(domain), dev_iommu_priv_get(dev));
}

static int grayling_paste_attach(struct iommu_domain *domain, struct device *dev)
{
	return GRAYLING_CALL(fit, to_grayling_domain(domain), dev_iommu_priv_get(dev));
}

static int grayling_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	return grayling_plain(to_grayling_domain(domain), dev_iommu_priv_get(dev));
}

const struct iommu_domain_ops grayling_on_ops = { .attach_dev = grayling_on_attach };
const struct iommu_domain_ops grayling_check_ops = { .attach_dev = grayling_check_attach };
const struct iommu_domain_ops grayling_verify_ops = { .attach_dev = grayling_verify_attach };
const struct iommu_domain_ops grayling_paste_ops = { .attach_dev = grayling_paste_attach };
const struct iommu_domain_ops grayling_plain_ops = { .attach_dev = grayling_plain_attach };
