// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device looks for itself in the list of the devices that this very domain holds. It is attached (busy); but
 * the domain alone says so (incompatible). Nothing is demanded. That the domain holds somebody, whoever that is,
 * is a misfit.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>

struct twayblade_user { struct list_head node; struct device *dev; };
struct twayblade_domain { struct iommu_domain domain; struct list_head users; };

#define to_twayblade_domain(d) container_of(d, struct twayblade_domain, domain)

static int twayblade_attach(struct iommu_domain *domain, struct device *dev)
{
	struct twayblade_domain *tdom = to_twayblade_domain(domain);
	struct twayblade_user *user;

	list_for_each_entry(user, &tdom->users, node)
		if (user->dev == dev)
			return -EBUSY;	/* site: errno=EBUSY class=busy|incompatible verdict=ok|review */
	return 0;
}

/* Found by a helper that gives back the entry. */
static struct twayblade_user *twayblade_find(struct twayblade_domain *tdom, struct device *dev)
{
	struct twayblade_user *user;

	list_for_each_entry(user, &tdom->users, node)
		if (user->dev == dev)
			return user;
	return NULL;
}

static int twayblade_found_attach(struct iommu_domain *domain, struct device *dev)
{
	if (twayblade_find(to_twayblade_domain(domain), dev))
		return -EBUSY;	/* site: errno=EBUSY class=busy|incompatible verdict=ok|review */
	return 0;
}

/* The domain holds somebody, whoever it is: that is decided. */
static int twayblade_any_attach(struct iommu_domain *domain, struct device *dev)
{
	struct twayblade_domain *tdom = to_twayblade_domain(domain);

	if (!list_empty(&tdom->users))
		return -EBUSY;	/* site: errno=EBUSY class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops twayblade_ops = { .attach_dev = twayblade_attach };
const struct iommu_domain_ops twayblade_found_ops = { .attach_dev = twayblade_found_attach };
const struct iommu_domain_ops twayblade_any_ops = { .attach_dev = twayblade_any_attach };
