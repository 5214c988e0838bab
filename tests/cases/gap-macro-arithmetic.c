// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a function-like macro of field arithmetic is taken for another subsystem's function whose errno is returned,
 * with its #define in the same file.
 * Right: no site at the macro: it is no callee ("a callee failed and its value is returned": docs/architecture.md). What
 * the helper says of the number stays.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

#define GLEDE_INDEX(id)		(((id) >> 16) & 0xf)
#define GLEDE_BANK(id) \
	((int)((id) & 0x3) + 1)

struct glede_master { u32 id; void *base; };

static int glede_index(struct glede_master *master)
{
	int n;

	n = GLEDE_INDEX(master->id);	/* none: arithmetic */
	if (n >= 8)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	return n;
}

static int glede_bank(struct glede_master *master)
{
	if (!master->id)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return GLEDE_BANK(master->id);	/* none: arithmetic */
}

static int glede_attach(struct iommu_domain *domain, struct device *dev)
{
	struct glede_master *master = dev_iommu_priv_get(dev);
	int n = glede_index(master);

	if (n < 0)
		return n;
	writel(n, master->base);

	n = glede_bank(master);
	if (n < 0)
		return n;
	writel(n, master->base);
	return 0;
}

const struct iommu_domain_ops glede_ops = { .attach_dev = glede_attach };
