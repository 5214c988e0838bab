// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the errno travels in a struct that a helper fills or returns by value, or that a work item fills.
 * Right: incompatible, change, as for a returned one: what arrives at the callback's return is a site (design,
 * section 4). What cannot be followed has to be said: "What it could not read is said" (README).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct yarrow_domain { struct iommu_domain domain; u32 mode; };
struct yarrow_master { u32 mode; };
struct yarrow_walk { struct yarrow_domain *ydom; int err; int last; };
struct yarrow_job { struct work_struct work; struct yarrow_domain *ydom; struct yarrow_master *master; int err; };

#define to_yarrow_domain(d) container_of(d, struct yarrow_domain, domain)

static void yarrow_step(struct yarrow_walk *walk, struct yarrow_master *master)
{
	if (walk->ydom->mode != master->mode)
		walk->err = -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=yarrow_attach */
}

static struct yarrow_walk yarrow_made(struct yarrow_domain *ydom, struct yarrow_master *master)
{
	struct yarrow_walk walk = { .ydom = ydom };

	if (ydom->mode != master->mode)
		walk.err = -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=yarrow_value_attach */
	return walk;
}

static void yarrow_work(struct work_struct *work)
{
	struct yarrow_job *job = container_of(work, struct yarrow_job, work);

	if (job->ydom->mode != job->master->mode)
		job->err = -EFAULT;	/* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL gap=yarrow_work_attach */
}

/* The other member is not what the callback returns. */
static void yarrow_mark(struct yarrow_walk *walk, struct yarrow_master *master)
{
	if (walk->ydom->mode != master->mode)
		walk->last = -ERANGE;	/* trap: a member that nobody returns */
}

static int yarrow_attach(struct iommu_domain *domain, struct device *dev)
{
	struct yarrow_walk walk = { .ydom = to_yarrow_domain(domain) };

	yarrow_step(&walk, dev_iommu_priv_get(dev));
	return walk.err;
}

static int yarrow_value_attach(struct iommu_domain *domain, struct device *dev)
{
	struct yarrow_walk walk = yarrow_made(to_yarrow_domain(domain), dev_iommu_priv_get(dev));

	return walk.err;
}

static int yarrow_work_attach(struct iommu_domain *domain, struct device *dev)
{
	struct yarrow_job job = { .ydom = to_yarrow_domain(domain), .master = dev_iommu_priv_get(dev) };

	INIT_WORK_ONSTACK(&job.work, yarrow_work);
	schedule_work(&job.work);
	flush_work(&job.work);
	return job.err;
}

static int yarrow_mark_attach(struct iommu_domain *domain, struct device *dev)
{
	struct yarrow_walk walk = { .ydom = to_yarrow_domain(domain) };

	yarrow_mark(&walk, dev_iommu_priv_get(dev));
	return 0;
}

const struct iommu_domain_ops yarrow_ops = { .attach_dev = yarrow_attach };
const struct iommu_domain_ops yarrow_value_ops = { .attach_dev = yarrow_value_attach };
const struct iommu_domain_ops yarrow_mark_ops = { .attach_dev = yarrow_mark_attach };
const struct iommu_domain_ops yarrow_work_ops = { .attach_dev = yarrow_work_attach };
