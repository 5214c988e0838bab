// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the variable of list_for_each_entry() is assigned again after the loop; inside the loop it then has no origin.
 * Right: the same as with another variable below the loop: what is on the domain's list is reached from the domain
 * ("DOMAIN (first parameter and what is reached from it", design, section 5), what is on the IOMMU's is not.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>

struct dace_user { struct list_head node; u32 width; u32 limit; };
struct dace_iommu { u32 width; struct list_head users; };
struct dace_domain { struct iommu_domain domain; struct list_head users; u32 width; };
struct dace_master { struct dace_iommu *iommu; };

#define to_dace_domain(d) container_of(d, struct dace_domain, domain)

static int dace_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dace_domain *ddom = to_dace_domain(domain);
	struct dace_master *master = dev_iommu_priv_get(dev);
	struct dace_user *user;

	list_for_each_entry(user, &master->iommu->users, node)
		if (ddom->width > user->width)
			return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */

	user = kzalloc(sizeof(*user), GFP_KERNEL);
	if (!user)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	list_add(&user->node, &ddom->users);
	return 0;
}

static int dace_hard_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dace_domain *ddom = to_dace_domain(domain);
	struct dace_master *master = dev_iommu_priv_get(dev);
	struct dace_user *user;

	list_for_each_entry(user, &master->iommu->users, node)
		if (!user->width)
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */

	user = kzalloc(sizeof(*user), GFP_KERNEL);
	if (!user)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	list_add(&user->node, &ddom->users);
	return 0;
}

static int dace_alone_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dace_domain *ddom = to_dace_domain(domain);
	struct dace_user *user;

	list_for_each_entry(user, &ddom->users, node)
		if (user->limit)
			return -EACCES;	/* site: errno=EACCES class=incompatible verdict=change expected=EINVAL */

	user = kzalloc(sizeof(*user), GFP_KERNEL);
	if (!user)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	list_add(&user->node, &ddom->users);
	return 0;
}

/* The twin: another variable below. */
static int dace_two_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dace_domain *ddom = to_dace_domain(domain);
	struct dace_master *master = dev_iommu_priv_get(dev);
	struct dace_user *user, *new;

	list_for_each_entry(user, &ddom->users, node)
		if (user->width != master->iommu->width)
			return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */

	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	list_add(&new->node, &ddom->users);
	return 0;
}

const struct iommu_domain_ops dace_ops = { .attach_dev = dace_attach };
const struct iommu_domain_ops dace_hard_ops = { .attach_dev = dace_hard_attach };
const struct iommu_domain_ops dace_alone_ops = { .attach_dev = dace_alone_attach };
const struct iommu_domain_ops dace_two_ops = { .attach_dev = dace_two_attach };
