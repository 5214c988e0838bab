// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: what is done after a failure is no attach; what is stored stays what it was where it came from; what is under a
 * lock may have changed; a switch that calls is evaluated once; an error pointer is compared with one errno; a message
 * that is printed for one errno alone.
 * Right: as with the plainest spelling of each.
 */
#include <linux/cleanup.h>
#include <linux/iommu.h>
#include <linux/kernel.h>

struct whinchat_iommu { void *base; struct mutex lock; };
struct whinchat_domain { struct iommu_domain domain; struct whinchat_iommu *iommu; u32 size; int state; };
struct whinchat_master { struct whinchat_iommu *iommu; u32 size; bool taken, broken; void *slot; };

#define to_whinchat_domain(d) container_of(d, struct whinchat_domain, domain)

static int whinchat_quiesce(struct whinchat_master *master)
{
	master->taken = false;
	return 0;
}

static int whinchat_fit(struct whinchat_domain *wdom, struct whinchat_master *master)
{
	if (wdom->size > master->size)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;	/* trap: a check that has gone well, and the caller undoes only where it has not */
}

static int whinchat_undo_attach(struct iommu_domain *domain, struct device *dev)
{
	struct whinchat_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = whinchat_fit(to_whinchat_domain(domain), master);
	if (ret) {
		whinchat_quiesce(master);
		return ret;
	}
	return 0;
}

static int whinchat_here_attach(struct iommu_domain *domain, struct device *dev)
{
	struct whinchat_domain *wdom = to_whinchat_domain(domain);
	struct whinchat_master *master = dev_iommu_priv_get(dev);

	if (wdom->iommu != master->iommu) {
		master->taken = false;
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	}
	return 0;	/* trap: the same */
}

/* Both members have the name that is compared. */
static int whinchat_join(struct whinchat_domain *wdom, struct whinchat_master *master)
{
	if (wdom->iommu != master->iommu)
		return -EXDEV;	/* none: has just been set to it */
	return 0;
}

static int whinchat_join_attach(struct iommu_domain *domain, struct device *dev)
{
	struct whinchat_domain *wdom = to_whinchat_domain(domain);
	struct whinchat_master *master = dev_iommu_priv_get(dev);

	wdom->iommu = master->iommu;
	return whinchat_join(wdom, master);
}

static int whinchat_locked(struct whinchat_domain *wdom)
{
	if (wdom->state)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int whinchat_locked_attach(struct iommu_domain *domain, struct device *dev)
{
	struct whinchat_domain *wdom = to_whinchat_domain(domain);
	struct whinchat_master *master = dev_iommu_priv_get(dev);

	if (wdom->state)
		return -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	guard(mutex)(&master->iommu->lock);
	return whinchat_locked(wdom);
}

static int whinchat_take(struct whinchat_master *master)
{
	if (master->taken)
		return -EALREADY;	/* none: a label of the switch */
	return master->iommu->base ? 0 : -EIO;	/* site: errno=EIO class=hard verdict=review expected=ENODEV */
}

static int whinchat_switch_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret;

	switch ((ret = whinchat_take(dev_iommu_priv_get(dev)))) {
	default:
		return ret;
	case -EALREADY:
	case 0:
		break;
	}
	return 0;
}

static void *whinchat_slot(struct whinchat_master *master)
{
	if (master->taken)
		return ERR_PTR(-EEXIST);	/* none: that one is compared away */
	if (!master->iommu->base)
		return ERR_PTR(-EINVAL);	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return master->slot;
}

static int whinchat_pointer_attach(struct iommu_domain *domain, struct device *dev)
{
	struct whinchat_master *master = dev_iommu_priv_get(dev);
	void *slot = whinchat_slot(master);

	if (slot == ERR_PTR(-EEXIST))
		slot = master->slot;
	return PTR_ERR_OR_ZERO(slot);
}

static int whinchat_told_attach(struct iommu_domain *domain, struct device *dev)
{
	struct whinchat_domain *wdom = to_whinchat_domain(domain);
	struct whinchat_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (master->broken)
		ret = -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	else if (wdom->iommu != master->iommu)
		ret = -EINVAL;	/* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	if (ret == -ENODEV)
		dev_err(dev, "broken\n");
	return ret;
}

const struct iommu_domain_ops whinchat_undo_ops = { .attach_dev = whinchat_undo_attach };
const struct iommu_domain_ops whinchat_here_ops = { .attach_dev = whinchat_here_attach };
const struct iommu_domain_ops whinchat_join_ops = { .attach_dev = whinchat_join_attach };
const struct iommu_domain_ops whinchat_locked_ops = { .attach_dev = whinchat_locked_attach };
const struct iommu_domain_ops whinchat_switch_ops = { .attach_dev = whinchat_switch_attach };
const struct iommu_domain_ops whinchat_pointer_ops = { .attach_dev = whinchat_pointer_attach };
const struct iommu_domain_ops whinchat_told_ops = { .attach_dev = whinchat_told_attach };
