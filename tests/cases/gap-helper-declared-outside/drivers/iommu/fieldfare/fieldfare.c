// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper in another file of the driver's folder that no header of that folder declares: it is declared by hand in
 * the .c file (fieldfare_program()), or in include/linux/ (fieldfare_match()).
 * Right: found in the helper: the driver's "helpers in the driver's other files" (README), whoever declares them; or a gap
 * in coverage.
 */
#include <linux/fieldfare.h>
#include <linux/iommu.h>
#include <linux/kernel.h>

#include "fieldfare.h"

int fieldfare_program(struct fieldfare_master *master);

static int fieldfare_attach(struct iommu_domain *domain, struct device *dev)
{
	return fieldfare_program(dev_iommu_priv_get(dev));
}

static int fieldfare_match_attach(struct iommu_domain *domain, struct device *dev)
{
	return fieldfare_match(domain->pgsize_bitmap, dev_iommu_priv_get(dev));
}

/* The twin: declared in the folder's header. */
static int fieldfare_inside_attach(struct iommu_domain *domain, struct device *dev)
{
	return fieldfare_inside(dev_iommu_priv_get(dev));
}

const struct iommu_domain_ops fieldfare_ops = { .attach_dev = fieldfare_attach };
const struct iommu_domain_ops fieldfare_match_ops = { .attach_dev = fieldfare_match_attach };
const struct iommu_domain_ops fieldfare_inside_ops = { .attach_dev = fieldfare_inside_attach };
