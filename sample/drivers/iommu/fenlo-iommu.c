// SPDX-License-Identifier: GPL-2.0-only
/* driver: mixed [mixed-driver] */
/*
 * Fenlo IOMMU: hardware and firmware that fail with both domain and device in
 * hand, values that only pass through the domain, and guards that warn.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/iommu.h>

#define FENLO_FW_OK	0x5a

struct fenlo_iommu {
	void __iomem *base;
	void __iomem *mailbox;
};

struct fenlo_domain {
	struct iommu_domain domain;
	struct fenlo_iommu *iommu;
	struct device *client;
	unsigned int num_ports;
	u32 asid;
};

struct fenlo_master {
	struct fenlo_iommu *iommu;
	u32 sid;
	bool bypass;
};

#define to_fenlo_domain(d) container_of(d, struct fenlo_domain, domain)

static unsigned int fenlo_count_ports(struct device *dev)
{
	return dev_iommu_fwspec_get(dev)->num_ids;
}

/* 1 where there is nothing to program, 0 where there is. */
static int fenlo_is_bypassed(struct fenlo_master *master)
{
	if (master->bypass)
		return 1; /* trap: positive, an answer and no errno */
	return 0;
}

static u32 fenlo_fw_bind(struct fenlo_iommu *iommu, u32 asid, u32 sid)
{
	writel(asid << 16 | sid, iommu->mailbox);
	return readl(iommu->mailbox);
}

static int fenlo_sync(struct fenlo_iommu *iommu, u32 asid, u32 sid)
{
	unsigned int tries = 100;

	writel(asid << 16 | sid, iommu->base + FENLO_SYNC);
	while (--tries) {
		if (!(readl(iommu->base + FENLO_SYNC) & FENLO_BUSY))
			return 0;
		udelay(1);
	}
	return -ETIMEDOUT; /* site: errno=ETIMEDOUT class=hard verdict=review expected=ENODEV [discouraged-errno] */
}

static int fenlo_program(struct fenlo_domain *fdom, struct fenlo_master *master)
{
	struct fenlo_iommu *iommu = master->iommu;

	if (!iommu->base)
		return -1; /* site: errno=EPERM class=hard verdict=change expected=ENODEV [hard-as-einval] */

	writel(fdom->asid, iommu->base + FENLO_ASID);
	if (readl(iommu->base + FENLO_ASID) != fdom->asid)
		return -EFAULT; /* site: errno=EFAULT class=hard verdict=review expected=ENODEV [discouraged-errno] */

	if (fenlo_fw_bind(iommu, fdom->asid, master->sid) != FENLO_FW_OK)
		return -EINVAL; /* site: errno=EINVAL class=hard verdict=change expected=ENODEV [hard-as-einval] */

	return fenlo_sync(iommu, fdom->asid, master->sid);
}

static int fenlo_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct fenlo_domain *fdom = to_fenlo_domain(domain);
	struct fenlo_master *master = dev_iommu_priv_get(dev);

	if (WARN_ON(!master))
		return -EINVAL; /* site: errno=EINVAL class=hard verdict=review expected=ENODEV print [hard-as-einval] */

	if (WARN_ON(fdom->iommu != master->iommu))
		return -EINVAL; /* site: errno=EINVAL class=incompatible verdict=review expected=EINVAL print [soft-failure-logged] */

	if (fdom->client) {
		dev_err(dev, "domain has a client already\n");
		return -EBUSY; /* site: errno=EBUSY class=incompatible verdict=change expected=EINVAL print remove_print [incompatible-not-einval] */
	}

	fdom->num_ports = fenlo_count_ports(dev);
	if (!fdom->num_ports)
		return -EINVAL; /* site: errno=EINVAL class=hard verdict=change expected=ENODEV [hard-as-einval] */

	if (fenlo_is_bypassed(master))
		return 0; /* trap: nothing to program, no mismatch */

	fdom->client = dev;
	return fenlo_program(fdom, master);
}

static const struct iommu_domain_ops fenlo_domain_ops = {
	.attach_dev	= fenlo_attach_dev, /* binding */
};
