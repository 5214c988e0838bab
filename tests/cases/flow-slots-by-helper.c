// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a loop stores what a helper found into one slot after another of the device's table.
 * Right: the callback is analysed: which slot has got what keeps no ways apart. Its misfit is found.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct skua_smr { bool valid; u16 id, mask; };
struct skua_smmu { struct skua_smr smrs[64]; int n; };
struct skua_master { struct skua_smmu *smmu; int n; u16 sids[8]; short idx[]; };
struct skua_domain { struct iommu_domain domain; struct skua_smmu *smmu; };
#define to_skua_domain(d) container_of(d, struct skua_domain, domain)

static int skua_find(struct skua_smmu *smmu, u16 id, u16 mask)
{
	struct skua_smr *smrs = smmu->smrs;
	int i, free_idx = -ENOSPC;	/* open: which search ended */

	for (i = 0; i < smmu->n; ++i) {
		if (!smrs[i].valid) {
			if (free_idx < 0)
				free_idx = i;
			continue;
		}
		if ((mask & smrs[i].mask) == mask && !((id ^ smrs[i].id) & ~smrs[i].mask))
			return i;
		if (!((id ^ smrs[i].id) & ~(smrs[i].mask | mask)))
			return -EINVAL; /* open: not what this is about */
	}
	return free_idx;
}

static int skua_take(struct skua_master *m)
{
	struct skua_smmu *smmu = m->smmu;
	int i, ret;

	for (i = 0; i < m->n; i++) {
		if (m->idx[i] != -1) {
			ret = -EEXIST; /* open: not what this is about */
			goto fail;
		}
		ret = skua_find(smmu, m->sids[i], 0);
		if (ret < 0)
			goto fail;
		smmu->smrs[ret].id = m->sids[i];
		smmu->smrs[ret].valid = true;
		m->idx[i] = (short)ret;
	}
	return 0;
fail:
	while (i--) {
		smmu->smrs[m->idx[i]].valid = false;
		m->idx[i] = -1;
	}
	return ret;
}

static int skua_attach(struct iommu_domain *domain, struct device *dev)
{
	struct skua_master *m = dev_iommu_priv_get(dev);
	struct skua_domain *sd = to_skua_domain(domain);
	int ret;

	if (sd->smmu && sd->smmu != m->smmu)
		return -EINVAL; /* site: errno=EINVAL class=incompatible verdict=ok */
	ret = skua_take(m);
	if (ret)
		return ret;
	sd->smmu = m->smmu;
	return 0;
}

static const struct iommu_domain_ops skua_ops = { .attach_dev = skua_attach };
