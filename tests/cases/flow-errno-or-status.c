// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: `if (ret || status) return ret ? ret : -EINVAL;`. The conditional's "ret is 0" says only that it was the other
 * of the two; what decides is the status.
 * Right: as with two ifs: hard by a firmware's word, to change to ENODEV; incompatible where the other is a comparison
 * of domain and device. "The innermost guard decides" (docs/architecture.md) and `!ret` is none for the failure.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct smelt_domain { struct iommu_domain domain; u32 mode; };
struct smelt_master { u32 sid; u32 mode; struct clk *clk; };

#define to_smelt_domain(d) container_of(d, struct smelt_domain, domain)

int smelt_fw_restore(u32 sid, int *status);

static int smelt_program(struct smelt_master *master)
{
	int ret, status = 0;

	ret = smelt_fw_restore(master->sid, &status);	/* open: whether a firmware's errno is kept */
	if (ret || status)
		return ret ? ret : -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int smelt_elvis(struct smelt_master *master)
{
	int ret, status = 0;

	ret = smelt_fw_restore(master->sid, &status);	/* open: whether a firmware's errno is kept */
	if (ret || status)
		return ret ?: -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int smelt_compare(struct smelt_domain *sdom, struct smelt_master *master)
{
	int ret = clk_enable(master->clk);	/* site: errno=propagated:clk_enable class=propagated verdict=ok expected=keep */
	bool misfit = sdom->mode != master->mode;

	if (ret || misfit)
		return ret ? ret : -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	return 0;
}

/* The twin: two ifs. */
static int smelt_plain(struct smelt_master *master)
{
	int ret, status = 0;

	ret = smelt_fw_restore(master->sid, &status);	/* open: whether a firmware's errno is kept */
	if (ret)
		return ret;
	if (status)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int smelt_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smelt_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = smelt_compare(to_smelt_domain(domain), master);
	if (ret)
		return ret;
	ret = smelt_plain(master);
	if (ret)
		return ret;
	ret = smelt_elvis(master);
	if (ret)
		return ret;
	return smelt_program(master);
}

const struct iommu_domain_ops smelt_ops = { .attach_dev = smelt_attach };
