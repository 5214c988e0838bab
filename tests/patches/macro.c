// SPDX-License-Identifier: GPL-2.0-only
/* Macros around the return: the errno as an argument, and inside a definition. */

#define MACRO_RETURN_IF(condition, errno)	\
	do {					\
		if (condition)			\
			return errno;		\
	} while (0)

#define MACRO_CHECK(domain, unit)		\
	do {					\
		if ((domain)->unit != (unit))	\
			return -EBUSY;		\
	} while (0)

static int macro_attach_dev(struct iommu_domain *dom, struct device *dev)
{
	struct macro_domain *domain = to_macro_domain(dom);
	struct macro_unit *unit = dev_iommu_priv_get(dev);

	MACRO_RETURN_IF(domain->unit != unit, -EBUSY);
	MACRO_CHECK(domain, unit);
	return 0;
}

static const struct iommu_domain_ops macro_domain_ops = {
	.attach_dev = macro_attach_dev,
};
