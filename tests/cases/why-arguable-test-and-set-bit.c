// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bit of the device that the test itself sets. Found set, the device is in use; but only the bit's name says so.
 * EBUSY is right or a review, EINVAL a review. A bit that is only read, and wanted set, is hard.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct avens_master { unsigned long state; };

#define AVENS_ATTACHED	0
#define AVENS_READY	1

static int avens_attach(struct iommu_domain *domain, struct device *dev)
{
	struct avens_master *master = dev_iommu_priv_get(dev);

	if (test_and_set_bit(AVENS_ATTACHED, &master->state))
		return -EBUSY;	/* site: errno=EBUSY class=busy|hard verdict=ok|review */
	return 0;
}

static int avens_ready_attach(struct iommu_domain *domain, struct device *dev)
{
	struct avens_master *master = dev_iommu_priv_get(dev);

	if (!test_bit(AVENS_READY, &master->state))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int avens_quiet_attach(struct iommu_domain *domain, struct device *dev)
{
	struct avens_master *master = dev_iommu_priv_get(dev);

	if (test_and_set_bit(AVENS_ATTACHED, &master->state))
		return -EINVAL;	/* site: errno=EINVAL class=busy|hard verdict=review expected=EBUSY|ENODEV */
	return 0;
}

const struct iommu_domain_ops avens_ops = { .attach_dev = avens_attach };
const struct iommu_domain_ops avens_quiet_ops = { .attach_dev = avens_quiet_attach };
const struct iommu_domain_ops avens_ready_ops = { .attach_dev = avens_ready_attach };
