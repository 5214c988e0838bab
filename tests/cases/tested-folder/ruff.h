/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/iommu.h>
#include <linux/slab.h>
struct ruff_unit { unsigned int bits; bool stalls; void *base; };
struct ruff_domain { struct iommu_domain d; struct ruff_unit *unit; unsigned int stage, ssid_bits; bool stall; };
struct ruff_master { struct ruff_unit *unit; unsigned int ssid_bits; bool sva, stall; struct ruff_domain *held; };
static inline struct ruff_domain *to_ruff(struct iommu_domain *d) { return container_of(d, struct ruff_domain, d); }
int ruff_can(struct iommu_domain *domain, struct device *dev, ioasid_t pasid, struct iommu_domain *old);
int ruff_common(struct ruff_domain *rd, struct ruff_master *m);
