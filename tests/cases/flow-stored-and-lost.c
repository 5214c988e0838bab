// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper's errno is stored and overwritten before anyone looks: in a while or do loop, by another branch, by
 * a member, by the next call of a chain, two calls down.
 * Right: silent-success at the call. What is looked at in between, or collected, is not lost.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct agate_slot { void *page; struct agate_slot *next; };
struct agate_master { struct agate_slot *slots; int n; int status; bool wide; struct clk *clk; };

static int agate_fill(struct agate_slot *slot)
{
	slot->page = kzalloc(64, GFP_KERNEL);
	if (!slot->page)
		return -ENOMEM;	/* site: errno=ENOMEM class=nomem verdict=ok expected=ENOMEM */
	return 0;
}

static int agate_while_attach(struct iommu_domain *domain, struct device *dev)
{
	struct agate_master *m = dev_iommu_priv_get(dev);
	struct agate_slot *slot = m->slots;
	int err = 0;

	while (slot) {
		err = agate_fill(slot);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
		slot = slot->next;
	}
	return err;
}

static int agate_do_attach(struct iommu_domain *domain, struct device *dev)
{
	struct agate_master *m = dev_iommu_priv_get(dev);
	int i = 0, err;

	do {
		err = agate_fill(&m->slots[i]);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
	} while (++i < m->n);
	return err;
}

static int agate_branch_attach(struct iommu_domain *domain, struct device *dev)
{
	struct agate_master *m = dev_iommu_priv_get(dev);
	int err = agate_fill(&m->slots[0]);	/* site: errno=0 class=silent-success verdict=change expected=propagate */

	if (m->wide)
		err = clk_enable(m->clk);
	else
		err = 0;
	return err;
}

static int agate_pair(struct agate_master *m)
{
	int err;

	err = agate_fill(&m->slots[0]);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
	err = agate_fill(&m->slots[1]);
	return err;
}

static int agate_pair_attach(struct iommu_domain *domain, struct device *dev)
{
	return agate_pair(dev_iommu_priv_get(dev));
}

static int agate_member_attach(struct iommu_domain *domain, struct device *dev)
{
	struct agate_master *m = dev_iommu_priv_get(dev);

	m->status = agate_fill(&m->slots[0]);	/* site: errno=0 class=silent-success verdict=change expected=propagate */
	m->status = 0;
	return 0;
}

/* Collected, or looked at. */
static int agate_or_attach(struct iommu_domain *domain, struct device *dev)
{
	struct agate_master *m = dev_iommu_priv_get(dev);
	int err = agate_fill(&m->slots[0]);	/* trap: collected */

	err |= agate_fill(&m->slots[1]);	/* trap: collected */
	return err;
}

static int agate_first_attach(struct iommu_domain *domain, struct device *dev)
{
	struct agate_master *m = dev_iommu_priv_get(dev);
	int i, err = 0;

	for (i = 0; i < m->n; i++)
		err = err ?: agate_fill(&m->slots[i]);	/* trap: the first is kept */
	return err;
}

static int agate_until_attach(struct iommu_domain *domain, struct device *dev)
{
	struct agate_master *m = dev_iommu_priv_get(dev);
	int i = 0, err;

	do {
		err = agate_fill(&m->slots[i]);	/* trap: the loop ends */
	} while (!err && ++i < m->n);
	return err;
}

const struct iommu_domain_ops agate_while_ops = { .attach_dev = agate_while_attach };
const struct iommu_domain_ops agate_do_ops = { .attach_dev = agate_do_attach };
const struct iommu_domain_ops agate_branch_ops = { .attach_dev = agate_branch_attach };
const struct iommu_domain_ops agate_pair_ops = { .attach_dev = agate_pair_attach };
const struct iommu_domain_ops agate_member_ops = { .attach_dev = agate_member_attach };
const struct iommu_domain_ops agate_or_ops = { .attach_dev = agate_or_attach };
const struct iommu_domain_ops agate_first_ops = { .attach_dev = agate_first_attach };
const struct iommu_domain_ops agate_until_ops = { .attach_dev = agate_until_attach };
