// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a loop asks a helper for a number a turn, and stores what it gave in the device's table, undoing it where one fails.
 * Right: analysed; which number went into which slot is no state of its own.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct redstart_entry { u16 id; bool used; };
struct redstart_iommu { struct redstart_entry *entries; u32 count; };
struct redstart_master { struct redstart_iommu *iommu; u32 *ids; int n; s16 slot[]; };

static int redstart_find(struct redstart_iommu *iommu, u16 id)
{
	int i, free_slot = -ENOSPC;	/* site: errno=ENOSPC */

	if (!iommu->entries)
		return id;
	for (i = 0; i < iommu->count; ++i) {
		if (!iommu->entries[i].used) {
			if (free_slot < 0)
				free_slot = i;
			continue;
		}
		if (iommu->entries[i].id == id)
			return i;
	}
	return free_slot;
}

static int redstart_attach(struct iommu_domain *domain, struct device *dev)
{
	struct redstart_master *master = dev_iommu_priv_get(dev);
	int i, ret = 0;

	for (i = 0; i < master->n; i++) {
		if (master->slot[i] != -1) {
			ret = -EEXIST;	/* site: errno=EEXIST */
			goto fail;
		}
		ret = redstart_find(master->iommu, master->ids[i]);
		if (ret < 0)
			goto fail;
		master->slot[i] = ret;
	}
	return 0;
fail:
	while (i--)
		master->slot[i] = -1;
	return ret;
}

const struct iommu_domain_ops redstart_ops = { .attach_dev = redstart_attach };
