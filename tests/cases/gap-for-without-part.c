// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a for statement with an empty part: for (;;), for (; c; s), for (a; ; s), for (a; c; ), or one that declares its
 * variable and has no condition.
 * Right: judged, as while (1) and do-while are. It is everyday C, in clean-up loops and retries.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct barbel_bank { struct regulator *rail[4]; int count; };
struct barbel_domain { struct iommu_domain domain; u32 mode; };
struct barbel_master { u32 mode[4]; int count; struct barbel_bank bank; };

#define to_barbel_domain(d) container_of(d, struct barbel_domain, domain)

static int barbel_power(struct barbel_bank *bank)
{
	int i, err;

	for (i = 0; i < bank->count; i++) {
		err = regulator_enable(bank->rail[i]);	/* site: errno=propagated:regulator_enable class=propagated verdict=ok expected=keep */
		if (err)
			goto undo;
	}
	return 0;
undo:
	i -= 1;
	for (; i >= 0; i--)
		regulator_disable(bank->rail[i]);
	return err;
}

static int barbel_attach(struct iommu_domain *domain, struct device *dev)
{
	struct barbel_master *master = dev_iommu_priv_get(dev);

	return barbel_power(&master->bank);
}

static int barbel_forever_attach(struct iommu_domain *domain, struct device *dev)
{
	struct barbel_domain *bdom = to_barbel_domain(domain);
	struct barbel_master *master = dev_iommu_priv_get(dev);
	int i = 0;

	for (;;) {
		if (bdom->mode != master->mode[i])
			return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
		if (++i == master->count)
			break;
	}
	return 0;
}

static int barbel_uncounted_attach(struct iommu_domain *domain, struct device *dev)
{
	struct barbel_domain *bdom = to_barbel_domain(domain);
	struct barbel_master *master = dev_iommu_priv_get(dev);

	for (int i = 0; ; i++) {
		if (i == master->count)
			break;
		if (bdom->mode != master->mode[i])
			return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	}
	return 0;
}

static int barbel_stepless_attach(struct iommu_domain *domain, struct device *dev)
{
	struct barbel_domain *bdom = to_barbel_domain(domain);
	struct barbel_master *master = dev_iommu_priv_get(dev);
	int i;

	for (i = 0; i < master->count;) {
		if (bdom->mode != master->mode[i++])
			return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
	}

	for (i = 0; ; i++) {
		if (i == 8)
			break;
		if (!readl(master->bank.rail[0]))
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	}
	return 0;
}

/* The twin. */
static int barbel_while_attach(struct iommu_domain *domain, struct device *dev)
{
	struct barbel_domain *bdom = to_barbel_domain(domain);
	struct barbel_master *master = dev_iommu_priv_get(dev);
	int i = 0;

	while (1) {
		if (bdom->mode != master->mode[i])
			return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
		if (++i == master->count)
			break;
	}
	return 0;
}

const struct iommu_domain_ops barbel_ops = { .attach_dev = barbel_attach };
const struct iommu_domain_ops barbel_forever_ops = { .attach_dev = barbel_forever_attach };
const struct iommu_domain_ops barbel_uncounted_ops = { .attach_dev = barbel_uncounted_attach };
const struct iommu_domain_ops barbel_stepless_ops = { .attach_dev = barbel_stepless_attach };
const struct iommu_domain_ops barbel_while_ops = { .attach_dev = barbel_while_attach };
