// SPDX-License-Identifier: GPL-2.0-only
/* An IOMMU whose devices name their streams. */
#include <linux/iommu.h>

struct burdock {
	struct ida contexts;
	unsigned int pages;
};

struct burdock_master {
	struct burdock *hw;
	struct iommu_domain *domain;
	int stream;
};

struct burdock_domain {
	struct iommu_domain domain;
	struct burdock *hw;
	unsigned int pages;
	void *tables;
	int context;
};

#define to_burdock(d) container_of(d, struct burdock_domain, domain)

static int burdock_fits(struct burdock_domain *bd, struct burdock_master *master)
{
	if (bd->hw != master->hw)
		return -EINVAL;
	if (bd->pages & ~master->hw->pages)
		return -EINVAL;
	return 0;
}

static int burdock_tables(struct burdock_domain *bd)
{
	bd->tables = kzalloc(SZ_4K, GFP_KERNEL);
	if (!bd->tables)
		return -ENOMEM;
	return 0;
}

static int burdock_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct burdock_domain *bd = to_burdock(domain);
	struct burdock_master *master = dev_iommu_priv_get(dev);
	int ret;

	if (!master->hw)
		return -ENODEV;

	if (master->domain && master->domain != domain)
		return -EBUSY;

	ret = burdock_fits(bd, master);
	if (ret)
		return ret;

	ret = burdock_tables(bd);
	if (ret)
		return ret;

	master->domain = domain;
	return 0;
}

static const struct iommu_domain_ops burdock_domain_ops = {
	.attach_dev = burdock_attach_dev,
};

static const struct iommu_ops burdock_ops = {
	.default_domain_ops = &burdock_domain_ops,
};
