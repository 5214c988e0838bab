// SPDX-License-Identifier: GPL-2.0-only
/* driver: mixed [mixed-driver] */
/*
 * Brindel IOMMU: misfits that are logged, in every way a message is written, and
 * misfits with errnos of their own. The table is a compound literal.
 */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/spinlock.h>

struct brindel_iommu {
	struct device *dev;
	spinlock_t lock;
	unsigned long pgsizes;
	unsigned int oas;
	unsigned int num_ports;
	u32 port_ids[16];
};

struct brindel_domain {
	struct iommu_domain domain;
	struct brindel_iommu *iommu;
	bool stall;
	u32 format;
};

struct brindel_master {
	struct brindel_iommu *iommu;
	bool stall;
	u32 format;
};

#define to_brindel_domain(d) container_of(d, struct brindel_domain, domain)

/* The port a device sits behind: nothing of a domain in here. */
static int brindel_find_port(struct brindel_iommu *iommu, struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	unsigned int i;

	for (i = 0; i < iommu->num_ports; i++) {
		if (iommu->port_ids[i] == fwspec->ids[0])
			break;
	}
	if (i == iommu->num_ports) {
		dev_err(dev, "stream %#x is behind no port\n", fwspec->ids[0]);
		return -EINVAL; /* site: errno=EINVAL class=hard verdict=change expected=ENODEV print [hard-as-einval] */
	}
	return i;
}

static bool brindel_pgsize_fits(struct brindel_domain *bdom, struct brindel_master *master)
{
	return bdom->domain.pgsize_bitmap & master->iommu->pgsizes;
}

static int brindel_check_format(struct brindel_domain *bdom, struct brindel_master *master)
{
	if (bdom->stall != master->stall) {
		dev_warn(master->iommu->dev, "stall mode differs\n");
		return -EINVAL; /* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL print remove_print [soft-failure-logged] */
	}
	return bdom->format == master->format ? 0 : -EILSEQ; /* site: errno=EILSEQ class=incompatible verdict=change expected=EINVAL [incompatible-not-einval] */
}

static int brindel_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct brindel_domain *bdom = to_brindel_domain(domain);
	struct brindel_master *master = dev_iommu_priv_get(dev);
	unsigned long flags;
	int port, ret;

	if (!fwspec) {
		dev_err(dev, "no stream ids\n");
		return -ENXIO; /* site: errno=ENXIO class=hard verdict=review expected=ENODEV print [discouraged-errno] */
	}

	if (!brindel_pgsize_fits(bdom, master))
		return dev_err_probe(dev, -EINVAL, "no page size in common\n"); /* site: errno=EINVAL class=incompatible verdict=change expected=EINVAL print remove_print [soft-failure-logged] */

	if (domain->geometry.aperture_end > DMA_BIT_MASK(master->iommu->oas)) {
		pr_err_ratelimited("aperture too wide for %s\n", dev_name(dev));
		return -EFAULT; /* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL print remove_print [incompatible-not-einval] */
	}

	ret = brindel_check_format(bdom, master);
	if (ret)
		return ret;

	port = brindel_find_port(master->iommu, dev);
	if (port < 0)
		return port;

	spin_lock_irqsave(&master->iommu->lock, flags);
	if (!bdom->iommu) {
		bdom->iommu = master->iommu;
	} else if (bdom->iommu != master->iommu) {
		dev_err(dev, "attached to instance %s already\n",
			dev_name(bdom->iommu->dev));
		ret = -EXDEV; /* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL print remove_print [incompatible-not-einval] */
		goto unlock;
	}
	brindel_write_port(bdom, port);
unlock:
	spin_unlock_irqrestore(&master->iommu->lock, flags);
	return ret;
}

static const struct iommu_ops brindel_ops = {
	.default_domain_ops = &(const struct iommu_domain_ops) {
		.attach_dev	= brindel_attach_dev, /* binding */
	},
};
