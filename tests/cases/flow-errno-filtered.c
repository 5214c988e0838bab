// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the caller compares the helper's errno with one constant and turns that one into success, in five spellings.
 * Right: no site for it: "A constant that does not reach is not a site" (design, section 4). The edit that is offered
 * would break the comparison. What is not filtered stays: ENOMEM arrives.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct linnet_slots { void *table; int count; };

static int linnet_first(struct linnet_slots *s)
{
	if (s->table)
		return -EEXIST;	/* none: `ret == -EEXIST ? 0 : ret` */
	s->table = kcalloc(s->count, 8, GFP_KERNEL);
	if (!s->table)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	return 0;
}

static int linnet_second(struct linnet_slots *s)
{
	if (s->table)
		return -EEXIST;	/* none: `if (ret == -EEXIST) return 0` */
	s->table = kcalloc(s->count, 8, GFP_KERNEL);
	if (!s->table)
		return -EINVAL;	/* site: errno=EINVAL class=nomem verdict=change expected=ENOMEM */
	return 0;
}

static int linnet_third(struct linnet_slots *s)
{
	if (s->table)
		return -EEXIST;	/* none: `if (ret && ret != -EEXIST) return ret` */
	return 0;
}

static int linnet_fourth(struct linnet_slots *s)
{
	if (s->table)
		return -EEXIST;	/* none: `if (ret == -EEXIST) ret = 0` */
	return 0;
}

static int linnet_fifth(struct linnet_slots *s)
{
	if (s->table)
		return -EEXIST;	/* none: `case -EEXIST: return 0` */
	return 0;
}

/* The twin: nobody filters this one. */
static int linnet_open(struct linnet_slots *s)
{
	if (s->table)
		return -EEXIST;	/* site: errno=EEXIST class=busy verdict=change expected=EBUSY */
	return 0;
}

/* And a filter for another errno lets it through. */
static int linnet_other(struct linnet_slots *s)
{
	if (s->table)
		return -EEXIST;	/* site: errno=EEXIST class=busy verdict=change expected=EBUSY */
	return 0;
}

static int linnet_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret = linnet_first(dev_iommu_priv_get(dev));

	return ret == -EEXIST ? 0 : ret;
}

static int linnet_b_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = linnet_second(dev_iommu_priv_get(dev));
	if (ret == -EEXIST)
		return 0;
	return ret;
}

static int linnet_c_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = linnet_third(dev_iommu_priv_get(dev));
	if (ret && ret != -EEXIST)
		return ret;
	return 0;
}

static int linnet_d_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = linnet_fourth(dev_iommu_priv_get(dev));
	if (ret == -EEXIST)
		ret = 0;
	return ret;
}

static int linnet_e_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = linnet_fifth(dev_iommu_priv_get(dev));
	switch (ret) {
	case 0:
	case -EEXIST:
		return 0;
	default:
		return ret;
	}
}

static int linnet_f_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = linnet_open(dev_iommu_priv_get(dev));
	if (ret)
		return ret;
	ret = linnet_other(dev_iommu_priv_get(dev));
	if (ret == -EALREADY)
		return 0;
	return ret;
}

const struct iommu_domain_ops linnet_a_ops = { .attach_dev = linnet_attach };
const struct iommu_domain_ops linnet_b_ops = { .attach_dev = linnet_b_attach };
const struct iommu_domain_ops linnet_c_ops = { .attach_dev = linnet_c_attach };
const struct iommu_domain_ops linnet_d_ops = { .attach_dev = linnet_d_attach };
const struct iommu_domain_ops linnet_e_ops = { .attach_dev = linnet_e_attach };
const struct iommu_domain_ops linnet_f_ops = { .attach_dev = linnet_f_attach };
