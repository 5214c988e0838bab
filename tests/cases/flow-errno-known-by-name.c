// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: whether another subsystem's function returns an errno is told by a word in its name. One without such a word
 * (get, take, find), whose result is tested with `< 0`, is not seen to fail.
 * Right: silent-success, review, as with its sister that the tables name: the test says what the name does not.
 * A test with `!` or with a number says nothing of the kind.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct knapweed_master { struct device *dev; void *base; };

int hwlock_take(void *base);
int bus_width_of(struct device *dev);

static int knapweed_attach(struct iommu_domain *domain, struct device *dev)
{
	struct knapweed_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = pm_runtime_get_if_in_use(master->dev);	/* site: errno=0 class=silent-success verdict=review expected=propagate|0|ENODEV */
	if (ret < 0)
		return 0;
	writel(1, master->base);
	return 0;
}

static int knapweed_lock_attach(struct iommu_domain *domain, struct device *dev)
{
	struct knapweed_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = hwlock_take(master->base);	/* site: errno=0 class=silent-success verdict=review expected=propagate|0|ENODEV */
	if (ret < 0)
		return 0;
	writel(1, master->base);
	return 0;
}

/* A number, and no failure. */
static int knapweed_width_attach(struct iommu_domain *domain, struct device *dev)
{
	struct knapweed_master *master = dev_iommu_priv_get(dev);
	int width;

	width = bus_width_of(master->dev);	/* none: nothing says that it can fail */
	if (width < 32)
		return 0;
	writel(1, master->base);
	return 0;
}

/* The twin. */
static int knapweed_sync_attach(struct iommu_domain *domain, struct device *dev)
{
	struct knapweed_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = pm_runtime_get_sync(master->dev);	/* site: errno=0 class=silent-success verdict=review expected=propagate|0|ENODEV */
	if (ret < 0)
		return 0;
	writel(1, master->base);
	return 0;
}

const struct iommu_domain_ops knapweed_ops = { .attach_dev = knapweed_attach };
const struct iommu_domain_ops knapweed_lock_ops = { .attach_dev = knapweed_lock_attach };
const struct iommu_domain_ops knapweed_width_ops = { .attach_dev = knapweed_width_attach };
const struct iommu_domain_ops knapweed_sync_ops = { .attach_dev = knapweed_sync_attach };
