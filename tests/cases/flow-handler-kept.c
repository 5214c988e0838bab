// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a function of the driver is handed to another subsystem that keeps it: an interrupt's, a timer's, a work's, a
 * notifier in a local or member struct, an action of devm.
 * Right: nothing from it arrives. What is called here and now does.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct mica_master { struct device *dev; void *base; int irq; bool broken; struct notifier_block nb; struct work_struct work; };

int bus_for_each_dev(struct bus_type *bus, struct device *start, void *data, int (*fn)(struct device *dev, void *data));

static irqreturn_t mica_irq(int irq, void *data)
{
	struct mica_master *m = data;

	if (!readl(m->base))
		return IRQ_NONE;
	return IRQ_RETVAL(readl(m->base) & 1);
}

static int mica_irq_attach(struct iommu_domain *domain, struct device *dev)
{
	struct mica_master *m = dev_iommu_priv_get(dev);

	return request_irq(m->irq, mica_irq, 0, "mica", m);	/* site: errno=propagated:request_irq class=propagated verdict=ok expected=keep */
}

static int mica_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct mica_master *m = container_of(nb, struct mica_master, nb);

	if (m->broken)
		return notifier_from_errno(-EINVAL);	/* none: for the chain */
	return NOTIFY_OK;
}

static int mica_event_attach(struct iommu_domain *domain, struct device *dev)
{
	struct mica_master *m = dev_iommu_priv_get(dev);
	int err;

	m->nb.notifier_call = mica_event;
	err = bus_register_notifier(dev, &m->nb);	/* site: errno=propagated:bus_register_notifier class=propagated verdict=ok expected=keep */
	if (err)
		return err;
	return 0;
}

static int mica_page_fault(struct iommu_domain *domain, struct device *dev, unsigned long iova, int flags, void *token)
{
	struct mica_master *m = token;

	if (flags)
		return -ENOSYS;	/* none: for whoever reports the fault */
	return m->broken ? -EINVAL : 0;	/* none: the same */
}

static int mica_fault_attach(struct iommu_domain *domain, struct device *dev)
{
	iommu_set_fault_handler(domain, mica_page_fault, dev_iommu_priv_get(dev));
	return 0;
}

static void mica_undo(void *data)
{
	struct mica_master *m = data;

	m->broken = false;
}

static int mica_action_attach(struct iommu_domain *domain, struct device *dev)
{
	return devm_add_action_or_reset(dev, mica_undo, dev_iommu_priv_get(dev));	/* site: errno=propagated:devm_add_action_or_reset class=propagated verdict=ok expected=keep */
}

/* Called at once: what it returns comes back. */
static int mica_each(struct device *dev, void *data)
{
	struct mica_master *m = data;

	if (m->broken)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int mica_each_attach(struct iommu_domain *domain, struct device *dev)
{
	struct mica_master *m = dev_iommu_priv_get(dev);
	int err;

	err = bus_for_each_dev(dev->bus, NULL, m, mica_each);
	if (err)
		return err;
	return 0;
}

const struct iommu_domain_ops mica_irq_ops = { .attach_dev = mica_irq_attach };
const struct iommu_domain_ops mica_event_ops = { .attach_dev = mica_event_attach };
const struct iommu_domain_ops mica_fault_ops = { .attach_dev = mica_fault_attach };
const struct iommu_domain_ops mica_action_ops = { .attach_dev = mica_action_attach };
const struct iommu_domain_ops mica_each_ops = { .attach_dev = mica_each_attach };
