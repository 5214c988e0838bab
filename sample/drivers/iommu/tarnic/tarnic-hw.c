// SPDX-License-Identifier: GPL-2.0-only
/* Tarnic IOMMU, hardware access: what the core of the driver calls. */
#include <linux/clk.h>
#include <linux/iopoll.h>
#include "tarnic.h"

int tarnic_check_geometry(struct tarnic_domain *tdom, struct tarnic_master *master)
{
	if (tdom->input_mask & ~master->iommu->input_mask)
		return -EINVAL; /* site: errno=EINVAL class=incompatible verdict=ok expected=EINVAL */
	return 0;
}

int tarnic_power_up(struct tarnic_iommu *iommu)
{
	u32 status;
	int ret;

	ret = reset_control_deassert(iommu->reset); /* site: errno=propagated:reset_control_deassert class=propagated verdict=review expected=keep [foreign-einval] */
	if (ret)
		return ret;

	return readl_poll_timeout(iommu->base + TARNIC_STATUS, status, /* site: errno=propagated:readl_poll_timeout class=propagated verdict=ok expected=keep */
				  status & TARNIC_READY, 10, 1000);
}

static int tarnic_gen1_init(struct tarnic_domain *tdom, struct tarnic_master *master)
{
	if (tdom->levels > master->iommu->max_levels)
		return -E2BIG; /* site: errno=E2BIG class=incompatible verdict=change expected=EINVAL [incompatible-not-einval] */
	return 0;
}

static int tarnic_gen2_init(struct tarnic_domain *tdom, struct tarnic_master *master)
{
	if (!master->sid)
		return -ENODEV; /* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	tdom->levels = master->iommu->max_levels;
	return 0;
}

/* Only probe calls it. */
int tarnic_read_version(struct tarnic_iommu *iommu)
{
	if (!readl(iommu->base + TARNIC_VERSION))
		return -EINVAL; /* trap: not in the attach path */
	return 0;
}

const struct tarnic_impl tarnic_gen1_impl = {
	.init	= tarnic_gen1_init,
};

const struct tarnic_impl tarnic_gen2_impl = {
	.init	= tarnic_gen2_init,
};
