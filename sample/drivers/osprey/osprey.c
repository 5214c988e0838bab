// SPDX-License-Identifier: GPL-2.0-only
/* Callers of the core, one for each way to take a failed attach. */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/list.h>

#include "osprey.h"

/* As the contract has it: -EINVAL means the next one, anything else the end. */
struct osprey_domain *osprey_find(struct osprey *o, struct device *dev)
{
	struct osprey_domain *d;
	int ret;

	list_for_each_entry(d, &o->domains, next) {
		ret = iommu_attach_device(d->domain, dev); /* caller: class=search-einval-only */
		if (!ret)
			return d;
		if (ret != -EINVAL)
			return ERR_PTR(ret);
	}
	return osprey_new(o, dev);
}

/* A broken device is offered every domain there is. */
int osprey_try_all(struct osprey *o, struct device *dev)
{
	struct osprey_domain *d;

	list_for_each_entry(d, &o->domains, next) {
		if (!iommu_attach_device(d->domain, dev)) /* caller: class=search-any-error [caller-contract] */
			return 0;
	}
	return -ENODEV;
}

/* A misfit is no news. */
int osprey_try_loudly(struct osprey *o, struct iommu_group *group)
{
	int ret = -ENODEV;

	for (int i = 0; i < o->n; i++) {
		ret = iommu_attach_group(o->array[i], group); /* caller: class=logs-and-tries-on [caller-contract] */
		if (!ret)
			break;
		dev_err(o->dev, "domain %d does not fit: %d\n", i, ret);
	}
	return ret;
}

/* The wrong way round: gives up where another domain may fit. */
int osprey_try_wrongly(struct osprey *o, struct device *dev)
{
	struct osprey_domain *d;
	int ret = -ENODEV;

	list_for_each_entry(d, &o->domains, next) {
		ret = iommu_attach_device(d->domain, dev); /* caller: class=search-any-error [caller-contract] */
		if (!ret || ret == -EINVAL)
			break;
	}
	return ret;
}

/* Two domains are a search too. */
int osprey_one_or_other(struct osprey *o, struct device *dev)
{
	int ret = iommu_attach_device(o->first, dev); /* caller: class=search-einval-only */

	if (ret == -EINVAL)
		ret = iommu_attach_device(o->second, dev); /* caller: class=passes-on */
	return ret;
}

/* One domain, many devices: no search. */
int osprey_attach_all(struct osprey *o, struct iommu_domain *domain)
{
	struct osprey_device *d;
	int ret;

	list_for_each_entry(d, &o->devices, next) {
		ret = iommu_attach_device(domain, d->dev); /* caller: class=passes-on */
		if (ret)
			return ret;
	}
	return 0;
}

/* The same domain once more: no search either. */
int osprey_again(struct osprey *o, struct device *dev)
{
	int ret, tries = 3;

	do {
		ret = iommu_attach_device(o->first, dev); /* caller: class=passes-on */
	} while (ret == -EAGAIN && --tries);
	return ret;
}

void osprey_without(struct osprey *o, struct device *dev)
{
	if (iommu_attach_device(o->first, dev)) { /* caller: class=falls-back */
		dev_warn(dev, "without translation\n");
		o->first = NULL;
	}
}

/* Only one errno lets it go on. */
int osprey_optional(struct osprey *o, struct iommu_group *group)
{
	int ret = iommu_attach_group(o->first, group); /* caller: class=falls-back */

	switch (ret) {
	case -ENODEV:
		return 0;
	default:
		return ret;
	}
}

dma_addr_t osprey_map(struct device *dev, phys_addr_t phys)
{
	if (static_branch_unlikely(&osprey_deferred) &&
	    iommu_deferred_attach(dev, osprey_domain_of(dev))) /* caller: class=replaces */
		return DMA_MAPPING_ERROR;

	return phys;
}

void osprey_restore(struct osprey *o, struct device *dev)
{
	iommu_attach_device(o->first, dev); /* caller: class=ignores */
}

/* What a helper passes on is decided above it. */
static int osprey_attach(struct osprey *o, struct iommu_domain *domain, struct device *dev)
{
	int ret;

	ret = iommu_attach_device(domain, dev); /* caller: class=search-einval-only */
	if (ret)
		osprey_undo(o);
	return ret;
}

static struct osprey_domain *osprey_adopt(struct osprey *o, struct osprey_domain *d, struct device *dev)
{
	int ret = osprey_attach(o, d->domain, dev);

	return ret ? ERR_PTR(ret) : d;
}

/* ... by way of a pointer, as it may be. */
static struct osprey_domain *osprey_search(struct osprey *o, struct device *dev, osprey_adopt_fn adopt)
{
	struct osprey_domain *d, *found;

	list_for_each_entry(d, &o->domains, next) {
		found = (*adopt)(o, d, dev);
		if (PTR_ERR_OR_ZERO(found) == -EINVAL)
			continue;
		return found;
	}
	return ERR_PTR(-ENODEV);
}

struct osprey_domain *osprey_start(struct osprey *o, struct device *dev)
{
	return osprey_search(o, dev, &osprey_adopt);
}

/* Beyond this reader: a macro, a pointer kept for later. */
#define OSPREY_ATTACH(o, dev) iommu_attach_device((o)->first, dev) /* caller: class=unknown */

void osprey_hooks(struct osprey *o)
{
	o->attach = iommu_attach_device; /* caller: class=unknown */
}
