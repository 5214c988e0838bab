// SPDX-License-Identifier: GPL-2.0-only
/*
 * A test is asked before an attach, maybe more than once, and then nobody attaches: it leaves domain, device and
 * IOMMU as they are, allocates nothing and touches no hardware. Its own locals, locks and messages are no change; a
 * helper that it shares with the attach changes nothing on the ways that the test takes through it.
 */
#include <linux/iommu.h>
#include <linux/cleanup.h>
#include <linux/list.h>
#include <linux/slab.h>

struct dunlin_unit {
	struct mutex lock;
	void *base;
	unsigned long map[4];
	unsigned int users;
	bool on;
	struct work_struct work;
};

struct dunlin_domain {
	struct iommu_domain core;
	struct dunlin_unit *unit;
	unsigned int cfg;
	struct list_head devices;
};

struct dunlin_dev {
	struct dunlin_unit *unit;
	struct dunlin_domain *held;
	struct list_head node;
	unsigned int seen;
};

struct dunlin_cfg {
	unsigned int bits, flags;
};

static struct dunlin_domain *to_dunlin(struct iommu_domain *domain)
{
	return container_of(domain, struct dunlin_domain, core);
}

static void dunlin_fill(struct dunlin_cfg *cfg, struct dunlin_domain *dom)
{
	cfg->bits = dom->cfg & 63;
	cfg->flags = dom->cfg >> 6;
}

/* The attach's, too: what it writes it writes for the attach alone. */
static int dunlin_bind(struct dunlin_domain *dom, struct dunlin_dev *dd, bool commit)
{
	if (dom->unit && dom->unit != dd->unit)
		return -EINVAL;
	if (!commit)
		return 0;
	dom->unit = dd->unit;
	dd->held = dom;
	list_add(&dd->node, &dom->devices);
	return 0;
}

/* Returns nothing, and is called by a test all the same. */
static void dunlin_count(struct dunlin_unit *unit)
{
	unit->users++; /* finding: rule=test-changes-state */
}

static int dunlin_test_dev(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old)
{
	struct dunlin_domain *dom = to_dunlin(domain);
	struct dunlin_dev *dd = dev_iommu_priv_get(dev);
	struct dunlin_cfg cfg, copy = { .bits = 1 };
	unsigned long map[4];
	int ret;

	mutex_lock(&dom->unit->lock);
	dunlin_fill(&cfg, dom);
	memset(&copy, 0, sizeof(copy));
	memcpy(&copy, &cfg, sizeof(cfg));
	map[0] = dom->unit->map[0];
	__set_bit(3, map);
	copy.flags |= map[0];
	ret = dunlin_bind(dom, dd, false);
	mutex_unlock(&dom->unit->lock);
	if (ret)
		return ret;
	dev_dbg(dev, work_pending(&dd->unit->work) ? "fits soon\n" : "fits\n");
	return 0;
}

static int dunlin_attach_dev(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	struct dunlin_dev *dd = dev_iommu_priv_get(dev);

	writel(1, dd->unit->base);
	return dunlin_bind(to_dunlin(domain), dd, true);
}

static const struct iommu_domain_ops dunlin_ops = {
	.test_dev = dunlin_test_dev,
	.attach_dev = dunlin_attach_dev,
};

static int dunlin_busy_test(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old)
{
	struct dunlin_domain *dom = to_dunlin(domain);
	struct dunlin_dev *dd = dev_iommu_priv_get(dev);
	void *page;

	dd->seen = 1; /* finding: rule=test-changes-state */
	WRITE_ONCE(dom->cfg, 2); /* finding: rule=test-changes-state */
	dom->unit->map[1] |= 4; /* finding: rule=test-changes-state */
	set_bit(3, dom->unit->map); /* finding: rule=test-changes-state */
	list_add(&dd->node, &dom->devices); /* finding: rule=test-changes-state */
	page = kzalloc(64, GFP_KERNEL); /* finding: rule=test-changes-state */
	if (!page)
		return -ENOMEM; /* open: a test has no errno for it */
	kfree(page);
	if (readl(dd->unit->base) & 1) /* finding: rule=test-changes-state */
		return -ENODEV;
	dunlin_count(dd->unit);
	schedule_work(&dd->unit->work); /* finding: rule=test-changes-state */
	if (pm_runtime_get_sync(dev) < 0) /* finding: rule=test-changes-state */
		return -ENODEV; /* open: what it hides */
	pm_runtime_put(dev); /* finding: rule=test-changes-state */
	if (dom->unit != dd->unit)
		return -EINVAL;
	return dunlin_bind(dom, dd, false);
}

static int dunlin_busy_attach(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	struct dunlin_dev *dd = dev_iommu_priv_get(dev);

	dd->held = to_dunlin(domain);
	return 0;
}

static const struct iommu_domain_ops dunlin_busy_ops = {
	.test_dev = dunlin_busy_test,
	.attach_dev = dunlin_busy_attach,
};
