// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a function is handed to another subsystem, which keeps it for later: a fault handler, a notifier, a member of a
 * struct that is registered. Its return never reaches attach.
 * Right: no site in the handler: "A constant that does not reach is not a site" (design, section 4). The registration's
 * own errno is propagated. A function that an iterator calls at once is another matter: its errno comes back.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct plaice_master { void *base; struct device *dev; bool broken; };

/* As in the driver core: stops at the first errno and returns it. */
int device_for_each_child(struct device *dev, void *data, int (*fn)(struct device *dev, void *data));

static int plaice_fault(struct iommu_fault *fault, void *data)
{
	struct plaice_master *master = data;

	if (!master->base)
		return -EINVAL;	/* none: returned to whoever reports a fault */
	return 0;
}

static int plaice_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	struct plaice_master *master = data;

	if (!master->base)
		return -EPERM;	/* none: returned to the notifier chain */
	return 0;
}

static struct notifier_block plaice_nb = { .notifier_call = plaice_notify };

/* Called here and now, for each child: what it returns comes back. */
static int plaice_child(struct device *dev, void *data)
{
	struct plaice_master *master = data;

	if (master->broken)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int plaice_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plaice_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = bus_register_notifier(dev, &plaice_nb);	/* site: errno=propagated:bus_register_notifier class=propagated verdict=ok expected=keep */
	if (ret)
		return ret;

	return iommu_register_device_fault_handler(dev, plaice_fault, master);	/* site: errno=propagated:iommu_register_device_fault_handler class=propagated verdict=ok expected=keep */
}

static int plaice_each_attach(struct iommu_domain *domain, struct device *dev)
{
	struct plaice_master *master = dev_iommu_priv_get(dev);

	return device_for_each_child(dev, master, plaice_child);
}

const struct iommu_domain_ops plaice_ops = { .attach_dev = plaice_attach };
const struct iommu_domain_ops plaice_each_ops = { .attach_dev = plaice_each_attach };
