// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: another subsystem's function that says whether it did something, under a name that tells neither that it asks nor
 * that it acts; an error pointer that stands for the domain; and capabilities that are none.
 * Right: hard, and a review where only the name could tell. IS_ERR() of what the driver's own helper returns asks for that
 * helper's failure, though it returns the domain otherwise: masked. What failed when called is no missing capability, in a
 * static domain either; nor is a look-up in the device's own table under a choice by the domain's flag.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/xarray.h>

struct brant_unit { void *queue; struct idr ids; u32 options; u32 banks[4]; u32 sid; };
struct brant_domain { struct iommu_domain domain; struct brant_unit *unit; int id; bool shared; };

bool brant_kick(void *queue);
bool brant_compat(struct brant_domain *bdom, struct brant_unit *unit);
int brant_unregister(struct brant_unit *unit, u8 *status);

static struct brant_domain *brant_of(struct iommu_domain *d)
{
	return container_of(d, struct brant_domain, domain);
}

static int brant_kick_attach(struct iommu_domain *domain, struct device *dev)
{
	struct brant_domain *bdom = brant_of(domain);

	if (!brant_kick(bdom->unit->queue))
		return -EIO;	/* site: errno=EIO class=hard verdict=review expected=ENODEV */
	return 0;
}

/* The twin: it asks. */
static int brant_compat_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!brant_compat(brant_of(domain), dev_iommu_priv_get(dev)))
		return -EIO;	/* site: errno=EIO class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static struct brant_domain *brant_claim(struct brant_unit *unit, struct brant_domain *bdom)
{
	int id = idr_alloc(&unit->ids, bdom, 1, 16, GFP_KERNEL);

	if (id < 0)
		return ERR_PTR(id);
	bdom->id = id;
	return bdom;
}

static int brant_claim_attach(struct iommu_domain *domain, struct device *dev)
{
	struct brant_domain *got = brant_claim(dev_iommu_priv_get(dev), brant_of(domain));

	if (IS_ERR(got))
		return -EBUSY;	/* site: errno=EBUSY class=masked verdict=change|review expected=propagate */
	return 0;
}

static int brant_blocked_attach(struct iommu_domain *domain, struct device *dev)
{
	u8 status;

	if (brant_unregister(dev_iommu_priv_get(dev), &status))
		return -EINVAL;	/* site: errno=EINVAL class=hard|masked verdict=change|review expected=ENODEV|propagate */
	return 0;
}

static int brant_bank_attach(struct iommu_domain *domain, struct device *dev)
{
	struct brant_unit *unit = dev_iommu_priv_get(dev);
	u32 bank = 0xff;
	int i;

	if (!brant_of(domain)->shared) {
		for (i = 0; i < 4; i++)
			if (unit->banks[i] != 0xff)
				bank = unit->banks[i];
		if (bank == 0xff && unit->options & 2)
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	}
	return 0;
}

static struct iommu_domain brant_blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &(const struct iommu_domain_ops) { .attach_dev = brant_blocked_attach },
};

const struct iommu_ops brant_ops = { .blocked_domain = &brant_blocked };
const struct iommu_domain_ops brant_kick_ops = { .attach_dev = brant_kick_attach };
const struct iommu_domain_ops brant_compat_ops = { .attach_dev = brant_compat_attach };
const struct iommu_domain_ops brant_claim_ops = { .attach_dev = brant_claim_attach };
const struct iommu_domain_ops brant_bank_ops = { .attach_dev = brant_bank_attach };
