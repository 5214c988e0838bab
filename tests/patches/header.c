// SPDX-License-Identifier: GPL-2.0-only
/* The site stands in header.h. */

#include "header.h"

static int header_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	return header_check(to_header_domain(dom), dev_iommu_priv_get(dev), dev);
}

static const struct iommu_domain_ops header_domain_ops = {
	.attach_dev = header_attach_dev,
};
