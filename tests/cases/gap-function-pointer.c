// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper is called through a local pointer that a conditional sets, through an array of functions, through a
 * parameter of another helper, or by static_call().
 * Right: found in the functions that it can be, or a gap in coverage: "What it could not read is said" (README).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct wryneck_domain { struct iommu_domain domain; u32 mode; };
struct wryneck_master { u32 mode; u32 version; };

#define to_wryneck_domain(d) container_of(d, struct wryneck_domain, domain)

static int wryneck_v1(struct wryneck_domain *wdom, struct wryneck_master *master)
{
	if (wdom->mode != master->mode)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=wryneck_local_attach */
	return 0;
}

static int wryneck_v2(struct wryneck_domain *wdom, struct wryneck_master *master)
{
	if (wdom->mode < master->mode)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=wryneck_local_attach */
	return 0;
}

static int wryneck_a1(struct wryneck_domain *wdom, struct wryneck_master *master)
{
	if (wdom->mode != master->mode)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=wryneck_array_attach */
	return 0;
}

static int wryneck_a2(struct wryneck_domain *wdom, struct wryneck_master *master)
{
	if (!master->version)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV gap=wryneck_array_attach */
	return 0;
}

/* The twin: a pointer that is assigned. */
static int wryneck_s1(struct wryneck_domain *wdom, struct wryneck_master *master)
{
	if (wdom->mode != master->mode)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int wryneck_argument(struct wryneck_domain *wdom, struct wryneck_master *master)
{
	if (wdom->mode != master->mode)
		return -EFAULT;	/* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL gap=wryneck_argument_attach */
	return 0;
}

static int (*const wryneck_checks[])(struct wryneck_domain *, struct wryneck_master *) = {
	wryneck_a1,
	wryneck_a2,
};

static int wryneck_fast(struct wryneck_domain *wdom, struct wryneck_master *master)
{
	if (wdom->mode != master->mode)
		return -EACCES;	/* site: errno=EACCES class=incompatible verdict=change expected=EINVAL gap=wryneck_static_attach */
	return 0;
}

DEFINE_STATIC_CALL(wryneck_check, wryneck_fast);

static int wryneck_static_attach(struct iommu_domain *domain, struct device *dev)
{
	return static_call(wryneck_check)(to_wryneck_domain(domain), dev_iommu_priv_get(dev));
}

static int wryneck_local_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wryneck_master *master = dev_iommu_priv_get(dev);
	int (*check)(struct wryneck_domain *, struct wryneck_master *) = master->version > 1 ? wryneck_v2 : wryneck_v1;

	return check(to_wryneck_domain(domain), master);
}

static int wryneck_array_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wryneck_master *master = dev_iommu_priv_get(dev);

	return wryneck_checks[master->version & 1](to_wryneck_domain(domain), master);
}

static int wryneck_star_attach(struct iommu_domain *domain, struct device *dev)
{
	int (*check)(struct wryneck_domain *, struct wryneck_master *);

	check = wryneck_s1;
	return (*check)(to_wryneck_domain(domain), dev_iommu_priv_get(dev));
}

static int wryneck_apply(struct wryneck_domain *wdom, struct wryneck_master *master,
			 int (*check)(struct wryneck_domain *, struct wryneck_master *))
{
	return check(wdom, master);
}

static int wryneck_argument_attach(struct iommu_domain *domain, struct device *dev)
{
	return wryneck_apply(to_wryneck_domain(domain), dev_iommu_priv_get(dev), wryneck_argument);
}

const struct iommu_domain_ops wryneck_local_ops = { .attach_dev = wryneck_local_attach };
const struct iommu_domain_ops wryneck_array_ops = { .attach_dev = wryneck_array_attach };
const struct iommu_domain_ops wryneck_star_ops = { .attach_dev = wryneck_star_attach };
const struct iommu_domain_ops wryneck_argument_ops = { .attach_dev = wryneck_argument_attach };
const struct iommu_domain_ops wryneck_static_ops = { .attach_dev = wryneck_static_attach };
