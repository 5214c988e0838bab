// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a preset before a loop that may overwrite it: while, do, for with a continue, a nested loop, a search.
 * Right: it arrives only where no turn has overwritten it; it replaces nothing.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>

struct pearl_lane { struct list_head node; bool up; u32 width; struct pearl_lane *next; };
struct pearl_master { struct list_head lanes; struct pearl_lane *first; int n; struct pearl_lane *array; };
struct pearl_domain { struct iommu_domain domain; u32 width; };

#define to_pearl_domain(d) container_of(d, struct pearl_domain, domain)

static int pearl_up(struct pearl_lane *lane)
{
	if (lane->up)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	lane->up = true;
	return 0;
}

static int pearl_while_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pearl_master *m = dev_iommu_priv_get(dev);
	struct pearl_lane *lane = m->first;
	int err = -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */

	while (lane) {
		err = pearl_up(lane);
		if (err)
			return err;
		lane = lane->next;
	}
	return err;
}

static int pearl_each_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pearl_master *m = dev_iommu_priv_get(dev);
	struct pearl_lane *lane;
	int err = -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */

	list_for_each_entry(lane, &m->lanes, node) {
		err = pearl_up(lane);
		if (err < 0)
			goto out;
	}
out:
	return err;
}

static int pearl_search_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pearl_domain *pd = to_pearl_domain(domain);
	struct pearl_master *m = dev_iommu_priv_get(dev);
	int i, err = -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */

	for (i = 0; i < m->n; i++) {
		if (m->array[i].width != pd->width)
			continue;
		err = 0;
		break;
	}
	return err;
}

static int pearl_do_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pearl_master *m = dev_iommu_priv_get(dev);
	int i = 0, err = -EPERM;	/* trap: always overwritten */

	do {
		err = pearl_up(&m->array[i]);
	} while (!err && ++i < m->n);
	return err;
}

/* A real mask. */
static int pearl_mask_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pearl_master *m = dev_iommu_priv_get(dev);
	int i, err = 0;

	for (i = 0; i < m->n; i++)
		if (pearl_up(&m->array[i])) {
			err = -ENODEV;	/* site: errno=ENODEV class=masked verdict=change expected=propagate */
			break;
		}
	return err;
}

const struct iommu_domain_ops pearl_while_ops = { .attach_dev = pearl_while_attach };
const struct iommu_domain_ops pearl_each_ops = { .attach_dev = pearl_each_attach };
const struct iommu_domain_ops pearl_search_ops = { .attach_dev = pearl_search_attach };
const struct iommu_domain_ops pearl_do_ops = { .attach_dev = pearl_do_attach };
const struct iommu_domain_ops pearl_mask_ops = { .attach_dev = pearl_mask_attach };
