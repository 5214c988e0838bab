// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device is found in the domain's own list or array (arguable), or its own node, tree or container is occupied
 * (busy).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct rb_node { struct rb_node *l; };
struct rb_root { struct rb_node *n; };
bool RB_EMPTY_NODE(const struct rb_node *n);
bool RB_EMPTY_ROOT(const struct rb_root *n);
bool hlist_hashed(const struct hlist_node *n);
bool list_empty_careful(const struct list_head *h);
bool plist_node_empty(const void *n);
void *xa_find(struct xarray *xa, unsigned long *i, unsigned long max, int f);
#define xa_for_each(xa, index, entry) for (index = 0, entry = xa_find(xa, &index, ~0UL, 0); entry; entry = xa_find(xa, &index, ~0UL, 1))

struct dunnock_link { struct list_head node; struct device *dev; struct dunnock_dom *dom; };
struct dunnock_dom { struct iommu_domain domain; struct list_head links; struct xarray devs; };
struct dunnock_owner { struct list_head node; struct rb_node rb; struct hlist_node hn; struct xarray pasid; struct list_head clients; struct rb_root tree; struct device *dev; };
#define to_dunnock(d) container_of(d, struct dunnock_dom, domain)

static bool dunnock_is_attached(struct dunnock_dom *dom, struct device *dev)
{
	struct dunnock_link *link;

	list_for_each_entry(link, &dom->links, node) {
		if (link->dev == dev)
			return true;
	}
	return false;
}

static int dunnock_a(struct iommu_domain *domain, struct device *dev)
{
	if (dunnock_is_attached(to_dunnock(domain), dev))
		return -EEXIST;	/* site: errno=EEXIST class=busy|incompatible verdict=ok|review */
	return 0;
}

static int dunnock_b(struct iommu_domain *domain, struct device *dev)
{
	struct dunnock_dom *dom = to_dunnock(domain);
	struct device *d;
	unsigned long i;

	xa_for_each(&dom->devs, i, d) {
		if (d == dev)
			return -EALREADY;	/* site: errno=EALREADY class=busy|incompatible verdict=ok|review */
	}
	return 0;
}

static int dunnock_c(struct iommu_domain *domain, struct device *dev)
{
	struct dunnock_owner *owner = dev_iommu_priv_get(dev);

	if (!RB_EMPTY_NODE(&owner->rb))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	if (hlist_hashed(&owner->hn))
		return -EINVAL;	/* site: errno=EINVAL class=busy verdict=review expected=EBUSY */
	if (!list_empty_careful(&owner->node))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	if (!RB_EMPTY_ROOT(&owner->tree))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	if (list_empty(&owner->clients) == false)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	if (xa_empty(&owner->pasid))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static struct dunnock_dom *dunnock_lookup(struct dunnock_owner *owner)
{
	struct dunnock_link *link;

	list_for_each_entry(link, &owner->clients, node)
		if (link->dev == owner->dev)
			return link->dom;
	return NULL;
}

static int dunnock_d(struct iommu_domain *domain, struct device *dev)
{
	struct dunnock_owner *owner = dev_iommu_priv_get(dev);
	struct dunnock_dom *found = dunnock_lookup(owner);

	if (found && found != to_dunnock(domain))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	if (dunnock_lookup(owner))
		return -EINVAL;	/* site: errno=EINVAL class=busy verdict=review expected=EBUSY */
	return 0;
}
const struct iommu_domain_ops dunnock_a_ops = { .attach_dev = dunnock_a };
const struct iommu_domain_ops dunnock_b_ops = { .attach_dev = dunnock_b };
const struct iommu_domain_ops dunnock_c_ops = { .attach_dev = dunnock_c };
const struct iommu_domain_ops dunnock_d_ops = { .attach_dev = dunnock_d };
