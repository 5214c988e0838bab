// SPDX-License-Identifier: GPL-2.0-only
/*
 * In use, by a helper, a local, a bitmap, a flag set in a loop, a pointer that was found.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
bool list_empty_careful(const struct list_head *h);
unsigned long find_first_bit(const unsigned long *m, unsigned long n);
unsigned int bitmap_weight(const unsigned long *m, unsigned int n);
#define list_for_each_entry_safe(a, b, h, m) list_for_each_entry(a, h, m)
#define list_for_each(p, h) for (p = (h)->next; p != (h); p = p->next)
struct dace_client { struct list_head node; struct device *dev; };
struct dace_unit { struct list_head clients; struct device *devs[8]; int n; };
struct dace_dom { struct iommu_domain domain; struct dace_unit *unit; };
struct dace_master { struct list_head node; struct hlist_head h; unsigned long pasids[2]; struct dace_unit *unit; int enabled; };
#define to_dace(d) container_of(d, struct dace_dom, domain)

static bool dace_attached(struct dace_master *m)
{
	return !list_empty(&m->node);
}

static struct dace_client *dace_hit(struct dace_unit *unit, struct device *dev)
{
	struct dace_client *c, *hit = NULL;

	list_for_each_entry_safe(c, hit, &unit->clients, node) {
		if (c->dev != dev)
			continue;
		return c;
	}
	return NULL;
}

static int dace_a(struct iommu_domain *domain, struct device *dev)
{
	struct dace_master *m = dev_iommu_priv_get(dev);
	bool linked = !list_empty(&m->node);

	if (dace_attached(m))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	if (linked)
		return -EINVAL;	/* site: errno=EINVAL class=busy verdict=review expected=EBUSY */
	if (hlist_empty(&m->h) == 0)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	if (find_first_bit(m->pasids, 128) < 128)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	if (bitmap_weight(m->pasids, 128) > 0)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	return 0;
}

static int dace_b(struct iommu_domain *domain, struct device *dev)
{
	struct dace_unit *unit = to_dace(domain)->unit;
	struct dace_client *c;
	struct list_head *pos;
	bool found = false;
	int i;

	list_for_each_entry(c, &unit->clients, node)
		if (c->dev == dev) {
			found = true;
			break;
		}
	if (found)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	for (i = 0; i < unit->n; i++)
		if (unit->devs[i] == dev)
			return -EINVAL;	/* site: errno=EINVAL class=busy verdict=review expected=EBUSY */
	list_for_each(pos, &unit->clients) {
		c = list_entry(pos, struct dace_client, node);
		if (dev == c->dev)
			return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	}
	return 0;
}

static int dace_c(struct iommu_domain *domain, struct device *dev)
{
	struct dace_dom *d = to_dace(domain);
	struct dace_master *m = dev_iommu_priv_get(dev);
	struct dace_client *c, *hit = NULL;

	if (dace_hit(d->unit, dev) != NULL)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	list_for_each_entry(c, &d->unit->clients, node)
		if (c->dev == dev)
			hit = c;
	if (hit)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	if (!list_empty(&d->unit->clients))
		return -EBUSY;	/* site: errno=EBUSY class=incompatible|busy verdict=ok|review|change */
	if (m->unit != d->unit)
		return -ENODEV;	/* site: errno=ENODEV class=incompatible verdict=change expected=EINVAL */
	return 0;
}
const struct iommu_domain_ops dace_a_ops = { .attach_dev = dace_a };
const struct iommu_domain_ops dace_b_ops = { .attach_dev = dace_b };
const struct iommu_domain_ops dace_c_ops = { .attach_dev = dace_c };
