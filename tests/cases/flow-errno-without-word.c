// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a function of another subsystem whose name has no word for failing; the test says that it fails: `< 0`, `>= 0`
 * around the rest, a comparison with an errno, IS_ERR(), in the condition itself.
 * Right: silent-success, review. A count, a comparison with a number, `!p` says nothing of the kind.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct jasper_master { struct device *dev; void *base; int line; };

int fuse_of(struct device *dev);
int semaphore_grab(void *base);
int lanes_of(struct device *dev);
void *window_of(struct device *dev);

static int jasper_less_attach(struct iommu_domain *domain, struct device *dev)
{
	struct jasper_master *m = dev_iommu_priv_get(dev);
	int got = semaphore_grab(m->base);	/* site: errno=0 class=silent-success verdict=review expected=propagate|0|ENODEV */

	if (got < 0)
		goto out;
	writel(1, m->base);
out:
	return 0;
}

static int jasper_around_attach(struct iommu_domain *domain, struct device *dev)
{
	struct jasper_master *m = dev_iommu_priv_get(dev);
	int got;

	got = fuse_of(m->dev);	/* site: errno=0 class=silent-success verdict=review expected=propagate|0|ENODEV */
	if (got >= 0)
		writel(got, m->base);
	return 0;
}

static int jasper_zero_attach(struct iommu_domain *domain, struct device *dev)
{
	struct jasper_master *m = dev_iommu_priv_get(dev);
	int got;

	got = fuse_of(m->dev);	/* site: errno=0 class=silent-success verdict=review expected=propagate|0|ENODEV */
	if (unlikely(got < 0))
		got = 0;
	else
		writel(got, m->base);
	return 0;
}

static int jasper_switched_attach(struct iommu_domain *domain, struct device *dev)
{
	struct jasper_master *m = dev_iommu_priv_get(dev);
	int got = semaphore_grab(m->base);	/* site: errno=0 class=silent-success verdict=review expected=propagate|0|ENODEV */
	bool failed = got < 0;

	if (failed)
		return 0;
	writel(1, m->base);
	return 0;
}

static int jasper_kept_attach(struct iommu_domain *domain, struct device *dev)
{
	struct jasper_master *m = dev_iommu_priv_get(dev);
	int got = semaphore_grab(m->base);	/* site: errno=propagated:semaphore_grab class=propagated verdict=ok expected=keep */

	if (got < 0)
		return got;
	writel(1, m->base);
	return 0;
}

/* Counts and pointers. */
static int jasper_count_attach(struct iommu_domain *domain, struct device *dev)
{
	struct jasper_master *m = dev_iommu_priv_get(dev);
	int lanes = lanes_of(dev);	/* none: a number */

	if (lanes <= 4)
		return 0;
	if (!window_of(dev))	/* none: nothing says that it fails */
		return 0;
	writel(lanes, m->base);
	return 0;
}

const struct iommu_domain_ops jasper_less_ops = { .attach_dev = jasper_less_attach };
const struct iommu_domain_ops jasper_around_ops = { .attach_dev = jasper_around_attach };
const struct iommu_domain_ops jasper_zero_ops = { .attach_dev = jasper_zero_attach };
const struct iommu_domain_ops jasper_switched_ops = { .attach_dev = jasper_switched_attach };
const struct iommu_domain_ops jasper_kept_ops = { .attach_dev = jasper_kept_attach };
const struct iommu_domain_ops jasper_count_ops = { .attach_dev = jasper_count_attach };
