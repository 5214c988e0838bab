// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: as flow-handler-stored, with an interrupt's handler and thread, whose return is no errno at all.
 * Right: analysed, and the errno of the request is all that is propagated.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct turbot_master { int irq; void *base; };

static irqreturn_t turbot_irq(int irq, void *data)
{
	struct turbot_master *master = data;
	irqreturn_t ret = IRQ_NONE;	/* none: no errno, and goes nowhere */

	if (readl(master->base))
		ret = IRQ_HANDLED;
	return ret;
}

static irqreturn_t turbot_quick(int irq, void *data)
{
	struct turbot_master *master = data;

	return readl(master->base) ? IRQ_WAKE_THREAD : IRQ_NONE;
}

static irqreturn_t turbot_thread(int irq, void *data)
{
	struct turbot_master *master = data;
	irqreturn_t handled = IRQ_NONE;

	while (readl(master->base)) {
		writel(0, master->base);
		handled = IRQ_HANDLED;
	}
	return handled;
}

static int turbot_attach(struct iommu_domain *domain, struct device *dev)
{
	struct turbot_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = devm_request_irq(dev, master->irq, turbot_irq, IRQF_SHARED, "turbot", master);	/* site: errno=propagated:devm_request_irq class=propagated verdict=ok expected=keep */
	if (ret)
		return ret;

	return devm_request_threaded_irq(dev, master->irq + 1, turbot_quick, turbot_thread, IRQF_SHARED, "turbot", master);	/* site: errno=propagated:devm_request_threaded_irq class=propagated verdict=ok expected=keep */
}

const struct iommu_domain_ops turbot_ops = { .attach_dev = turbot_attach };
