/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OSPREY_H
#define OSPREY_H

struct osprey_domain {
	struct list_head next;
	struct iommu_domain *domain;
};

struct osprey {
	struct device *dev;
	struct list_head domains, devices;
	struct iommu_domain *first, *second;
	struct iommu_domain *array[4];
	int n;
	int (*attach)(struct iommu_domain *domain, struct device *dev);
};

typedef struct osprey_domain *(*osprey_adopt_fn)(struct osprey *o, struct osprey_domain *d, struct device *dev);

struct osprey_domain *osprey_new(struct osprey *o, struct device *dev);
void osprey_undo(struct osprey *o);

#endif
