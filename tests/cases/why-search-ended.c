// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a search ends without result, and that is asked behind the loop: `if (i == n)`, an index that is still -1, a
 * pointer that is still NULL, a count of tries that has run out.
 * Right: what was looked for says why, as where the loop itself is the guard: no free entry is nospace, nothing that fits
 * the device is hard, a register that did not change in time is hard.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct ouzel_slot { struct ouzel_domain *user; bool taken; u32 port; };
struct ouzel_unit { void *base; int n; int banks[16]; unsigned long map[1]; struct ouzel_slot slots[8]; };
struct ouzel_domain { struct iommu_domain domain; int slot; };

#define to_ouzel_domain(d) container_of(d, struct ouzel_domain, domain)

static int ouzel_counted(struct ouzel_unit *unit)
{
	int i;

	for (i = 0; i < unit->n; i++)
		if (!unit->banks[i])
			break;
	if (i == unit->n)
		return -EBUSY;	/* site: errno=EBUSY class=nospace verdict=change expected=ENOSPC */
	unit->banks[i] = 1;
	return i;
}

static int ouzel_marked(struct ouzel_unit *unit)
{
	int slot = -1, i;

	for (i = 0; i < 8; i++) {
		if (!unit->slots[i].taken) {
			slot = i;
			break;
		}
	}
	if (slot < 0)
		return -EINVAL;	/* site: errno=EINVAL class=nospace verdict=change expected=ENOSPC */
	unit->slots[slot].taken = true;
	return 0;
}

static int ouzel_pointed(struct ouzel_unit *unit)
{
	struct ouzel_slot *slot = NULL;
	int i;

	for (i = 0; i < 8; i++) {
		if (!unit->slots[i].taken) {
			slot = &unit->slots[i];
			break;
		}
	}
	if (!slot)
		return -EBUSY;	/* site: errno=EBUSY class=nospace verdict=change expected=ENOSPC */
	slot->taken = true;
	return 0;
}

static int ouzel_wait(struct ouzel_unit *unit)
{
	int tries = 100;

	while (tries > 0 && !(readl(unit->base) & 1))
		tries--;
	if (!tries)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int ouzel_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ouzel_unit *unit = dev_iommu_priv_get(dev);
	int ret;

	ret = ouzel_counted(unit);
	if (ret < 0)
		return ret;
	ret = ouzel_marked(unit);
	if (ret)
		return ret;
	ret = ouzel_pointed(unit);
	if (ret)
		return ret;
	return ouzel_wait(unit);
}

/* What is taken is passed by; -1 is compared with itself; an iterator over bits. */
static int ouzel_passed(struct ouzel_unit *unit, struct ouzel_domain *odom)
{
	int i;

	for (i = 0; i < 8; i++) {
		if (unit->slots[i].user)
			continue;
		unit->slots[i].user = odom;
		return i;
	}
	return -1;
}

/* Some are taken, others cannot be used. */
static struct ouzel_slot *ouzel_usable(struct ouzel_unit *unit)
{
	struct ouzel_slot *slot = NULL;
	int i;

	for (i = 0; i < 8; i++) {
		if (!unit->slots[i].taken && !test_bit(i, unit->map)) {
			slot = &unit->slots[i];
			break;
		}
	}
	return slot;
}

static int ouzel_tries(struct ouzel_unit *unit)
{
	int tries = 50;

	do {
		if (readl(unit->base) & 2)
			return 0;
		udelay(10);
	} while (--tries);
	return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
}

static int ouzel_bit(struct ouzel_unit *unit)
{
	int i;

	for_each_clear_bit(i, unit->map, 64) {
		set_bit(i, unit->map);
		return i;
	}
	return -EBUSY;	/* site: errno=EBUSY class=nospace verdict=change expected=ENOSPC */
}

static int ouzel_passed_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ouzel_unit *unit = dev_iommu_priv_get(dev);
	int slot = ouzel_passed(unit, to_ouzel_domain(domain));

	if (slot == -1)
		return -EBUSY;	/* site: errno=EBUSY class=nospace verdict=change expected=ENOSPC */
	slot = ouzel_bit(unit);
	if (slot < 0)
		return slot;
	if (!ouzel_usable(unit))
		return -ENODEV;	/* site: errno=ENODEV class=nospace verdict=change expected=ENOSPC */
	return ouzel_tries(unit);
}

/* The variable has something else since. */
static int ouzel_since_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ouzel_unit *unit = dev_iommu_priv_get(dev);
	struct ouzel_domain *odom = to_ouzel_domain(domain);
	int i;

	for (i = 0; i < unit->n; i++)
		unit->banks[i] = 0;
	i = odom->slot;
	if (i == unit->n)
		return -EBUSY;	/* site: errno=EBUSY class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops ouzel_ops = { .attach_dev = ouzel_attach };
const struct iommu_domain_ops ouzel_passed_ops = { .attach_dev = ouzel_passed_attach };
const struct iommu_domain_ops ouzel_since_ops = { .attach_dev = ouzel_since_attach };
