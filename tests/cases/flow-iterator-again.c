// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the iterator's variable has another life: before the loop, below it, in a second loop over another list, in a
 * safe or reverse iteration, or as a plain pointer in a for loop.
 * Right: inside a loop it is what that loop goes through.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>

struct ruby_link { struct list_head node; u32 width; struct ruby_link *next; };
struct ruby_unit { u32 width; struct list_head links; struct ruby_link *first; };
struct ruby_domain { struct iommu_domain domain; struct list_head links; u32 width; };
struct ruby_master { struct ruby_unit *unit; };

#define to_ruby_domain(d) container_of(d, struct ruby_domain, domain)

static int ruby_before_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ruby_domain *rd = to_ruby_domain(domain);
	struct ruby_master *m = dev_iommu_priv_get(dev);
	struct ruby_link *link = kzalloc(sizeof(*link), GFP_KERNEL);

	if (!link)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	list_add(&link->node, &rd->links);

	list_for_each_entry(link, &m->unit->links, node)
		if (!link->width)
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int ruby_twice_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ruby_domain *rd = to_ruby_domain(domain);
	struct ruby_master *m = dev_iommu_priv_get(dev);
	struct ruby_link *link;

	list_for_each_entry(link, &rd->links, node)
		if (link->width > m->unit->width)
			return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */

	list_for_each_entry(link, &m->unit->links, node) {
		if (!link->width)
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	}
	return 0;
}

static int ruby_safe_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ruby_domain *rd = to_ruby_domain(domain);
	struct ruby_master *m = dev_iommu_priv_get(dev);
	struct ruby_link *link, *tmp;

	list_for_each_entry_safe(link, tmp, &m->unit->links, node) {
		if (link->width < rd->width)
			return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
		list_del(&link->node);
	}
	link = NULL;
	tmp = link;
	return tmp ? 1 : 0;
}

static int ruby_for_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ruby_domain *rd = to_ruby_domain(domain);
	struct ruby_master *m = dev_iommu_priv_get(dev);
	struct ruby_link *link;

	for (link = m->unit->first; link; link = link->next) {
		if (link->width != rd->width)
			return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	}
	link = kmalloc(sizeof(*link), GFP_KERNEL);
	return link ? 0 : -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
}

static int ruby_reverse_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ruby_domain *rd = to_ruby_domain(domain);
	struct ruby_link *link;

	list_for_each_entry_reverse(link, &rd->links, node)
		if (link->width)
			return -EACCES;	/* site: errno=EACCES class=incompatible verdict=change expected=EINVAL */

	link = kzalloc(sizeof(*link), GFP_ATOMIC);
	if (!link)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	list_add_tail(&link->node, &rd->links);
	return 0;
}

/* Found in the loop, used below it. */
static int ruby_found_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ruby_domain *rd = to_ruby_domain(domain);
	struct ruby_master *m = dev_iommu_priv_get(dev);
	struct ruby_link *link, *found = NULL;

	list_for_each_entry(link, &m->unit->links, node)
		if (link->width == rd->width) {
			found = link;
			break;
		}
	if (!found)
		return -ENOENT;	/* site: errno=ENOENT class=incompatible|hard verdict=change|review */
	return 0;
}

const struct iommu_domain_ops ruby_before_ops = { .attach_dev = ruby_before_attach };
const struct iommu_domain_ops ruby_twice_ops = { .attach_dev = ruby_twice_attach };
const struct iommu_domain_ops ruby_safe_ops = { .attach_dev = ruby_safe_attach };
const struct iommu_domain_ops ruby_for_ops = { .attach_dev = ruby_for_attach };
const struct iommu_domain_ops ruby_reverse_ops = { .attach_dev = ruby_reverse_attach };
const struct iommu_domain_ops ruby_found_ops = { .attach_dev = ruby_found_attach };
