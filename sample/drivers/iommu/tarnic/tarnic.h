/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two files of the Tarnic driver share. */
#ifndef TARNIC_H
#define TARNIC_H

#include <linux/iommu.h>
#include <linux/reset.h>

struct tarnic_domain;
struct tarnic_master;

/* One for each generation of the hardware. */
struct tarnic_impl {
	int (*init)(struct tarnic_domain *tdom, struct tarnic_master *master);
};

struct tarnic_iommu {
	struct device *dev;
	void __iomem *base;
	const struct tarnic_impl *impl;
	struct reset_control *reset;
	unsigned int max_levels;
	u64 input_mask;
};

struct tarnic_domain {
	struct iommu_domain domain;
	unsigned int levels;
	u64 input_mask;
};

struct tarnic_master {
	struct tarnic_iommu *iommu;
	u32 sid;
};

static inline struct tarnic_domain *to_tarnic_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct tarnic_domain, domain);
}

int tarnic_check_geometry(struct tarnic_domain *tdom, struct tarnic_master *master);
int tarnic_power_up(struct tarnic_iommu *iommu);

extern const struct tarnic_impl tarnic_gen1_impl;
extern const struct tarnic_impl tarnic_gen2_impl;

#endif
