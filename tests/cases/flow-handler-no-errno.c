// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: handlers whose return is no errno: interrupt, thread, hrtimer, poll, notifier; a value by name in each.
 * Right: analysed; only the errno of the registration is propagated.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct pyrite_master { int irq; void *base; struct hrtimer timer; struct timer_list tick; struct device *dev; };

static irqreturn_t pyrite_hard(int irq, void *cookie)
{
	struct pyrite_master *m = cookie;
	irqreturn_t ret;

	switch (readl(m->base)) {
	case 0:
		ret = IRQ_NONE;
		break;
	case 1:
		ret = IRQ_HANDLED;
		break;
	default:
		ret = IRQ_WAKE_THREAD;
		break;
	}
	return ret;
}

static irqreturn_t pyrite_soft(int irq, void *cookie)
{
	struct pyrite_master *m = cookie;

	writel(0, m->base);
	return IRQ_HANDLED;
}

static int pyrite_threaded_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pyrite_master *m = dev_iommu_priv_get(dev);
	int err;

	err = request_threaded_irq(m->irq, pyrite_hard, pyrite_soft, IRQF_ONESHOT, dev_name(dev), m);	/* site: errno=propagated:request_threaded_irq class=propagated verdict=ok expected=keep */
	if (err) {
		dev_err(dev, "no interrupt: %d\n", err);
		return err;
	}
	return 0;
}

static enum hrtimer_restart pyrite_timer(struct hrtimer *timer)
{
	struct pyrite_master *m = container_of(timer, struct pyrite_master, timer);

	return readl(m->base) ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

static int pyrite_timer_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pyrite_master *m = dev_iommu_priv_get(dev);

	hrtimer_setup(&m->timer, pyrite_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	return 0;
}

static void pyrite_tick(struct timer_list *t)
{
	struct pyrite_master *m = container_of(t, struct pyrite_master, tick);

	writel(2, m->base);
}

static int pyrite_tick_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pyrite_master *m = dev_iommu_priv_get(dev);

	timer_setup(&m->tick, pyrite_tick, 0);
	return 0;
}

static int pyrite_unlucky_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pyrite_master *m = dev_iommu_priv_get(dev);
	int err = devm_request_irq(dev, m->irq, pyrite_soft, 0, "pyrite", m);

	if (err)
		return -ENXIO;	/* site: errno=ENXIO class=masked|hard verdict=review|change */
	return 0;
}

/* Direct: the driver calls its own handler, and takes what it answers for a question. */
static int pyrite_direct_attach(struct iommu_domain *domain, struct device *dev)
{
	struct pyrite_master *m = dev_iommu_priv_get(dev);

	if (pyrite_hard(m->irq, m) == IRQ_HANDLED)
		writel(1, m->base);
	return 0;
}

const struct iommu_domain_ops pyrite_threaded_ops = { .attach_dev = pyrite_threaded_attach };
const struct iommu_domain_ops pyrite_timer_ops = { .attach_dev = pyrite_timer_attach };
const struct iommu_domain_ops pyrite_tick_ops = { .attach_dev = pyrite_tick_attach };
const struct iommu_domain_ops pyrite_unlucky_ops = { .attach_dev = pyrite_unlucky_attach };
const struct iommu_domain_ops pyrite_direct_ops = { .attach_dev = pyrite_direct_attach };
