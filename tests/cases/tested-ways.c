// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test changes counts on the ways that it takes, through whatever it goes: a flag that says that nothing is to
 * be done yet, out parameters that lead to locals, and tables of functions. What stands on no way of it is the attach's.
 */
#include <linux/iommu.h>
#include <linux/cleanup.h>
#include <linux/list.h>
#include <linux/slab.h>

struct knot_unit;

struct knot_impl {
	int (*check)(struct knot_unit *unit, unsigned int bits);
	void (*note)(struct knot_unit *unit);
};

struct knot_unit {
	const struct knot_impl *impl;
	void *base;
	unsigned int bits, last, asked;
	struct mutex lock;
};

struct knot_domain {
	struct iommu_domain domain;
	struct knot_unit *unit;
	unsigned int bits, users;
	u32 words[4];
};

struct knot_dev {
	struct knot_unit *unit;
	struct knot_domain *domain;
	unsigned int n;
};

struct knot_plan {
	bool commit;
	unsigned int bits;
	u32 words[4];
	struct knot_unit *unit;
};

#define to_knot(d) container_of(d, struct knot_domain, domain)
#define knot_count(unit) ((unit)->asked++)

static int knot_narrow_check(struct knot_unit *unit, unsigned int bits)
{
	return bits > unit->bits ? -EINVAL : 0;
}

static void knot_narrow_note(struct knot_unit *unit)
{
	unit->last = 1; /* finding: rule=test-changes-state */
}

static const struct knot_impl knot_narrow = {
	.check = knot_narrow_check,
	.note = knot_narrow_note,
};

/* Fills what its caller owns. */
static int knot_make_plan(struct knot_domain *kd, struct knot_unit *unit, struct knot_plan *plan, unsigned int *bits)
{
	int i;

	plan->unit = unit;
	for (i = 0; i < 4; i++)
		plan->words[i] = kd->words[i];
	*bits = kd->bits;
	if (kd->unit && kd->unit != unit)
		return -EINVAL;
	return 0;
}

static int knot_do_plan(struct knot_domain *kd, struct knot_plan *plan)
{
	if (plan->bits > plan->unit->bits)
		return -EINVAL;
	if (plan->commit) {
		kd->users++;
		writel(plan->bits, plan->unit->base);
	}
	return 0;
}

/* Only where it has gone wrong. */
static int knot_check_count(struct knot_dev *dev)
{
	if (dev->n > 3) {
		dev->n = 3; /* finding: rule=test-changes-state */
		return -EBUSY; /* open: the number may be the device's own */
	}
	return 0;
}

static int knot_test_dev(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old)
{
	struct knot_dev *kdev = dev_iommu_priv_get(dev);
	struct knot_domain *kd = to_knot(domain);
	struct knot_plan plan = { .commit = false }, copy;
	unsigned int bits;
	u32 *word = plan.words;
	int ret;

	guard(mutex)(&kdev->unit->lock);
	ret = knot_make_plan(kd, kdev->unit, &plan, &bits);
	if (ret)
		return ret;
	plan.bits = bits;
	copy = plan;
	copy.bits++;
	*word = 1;
	ret = kdev->unit->impl->check(kdev->unit, bits);
	if (ret)
		return ret;
	kdev->unit->impl->note(kdev->unit);
	knot_count(kdev->unit); /* finding: rule=test-changes-state */
	ret = knot_check_count(kdev);
	if (ret)
		return ret;
	return knot_do_plan(kd, &plan);
}

static int knot_attach_dev(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	struct knot_dev *kdev = dev_iommu_priv_get(dev);
	struct knot_plan plan = { .commit = true };
	int ret;

	ret = knot_make_plan(to_knot(domain), kdev->unit, &plan, &plan.bits);
	if (ret)
		return ret;
	ret = knot_do_plan(to_knot(domain), &plan);
	if (ret)
		return ret;
	kdev->domain = to_knot(domain);
	return 0;
}

static const struct iommu_domain_ops knot_ops = {
	.test_dev = knot_test_dev,
	.attach_dev = knot_attach_dev,
};
