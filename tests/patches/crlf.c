// SPDX-License-Identifier: GPL-2.0-only
/* Lines end with CR and LF. */

static int crlf_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct crlf_domain *domain = to_crlf_domain(dom);

	if (domain->unit != dev_iommu_priv_get(dev))
		return -EXDEV;
	return 0;
}

static const struct iommu_domain_ops crlf_domain_ops = {
	.attach_dev = crlf_attach_dev,
};
