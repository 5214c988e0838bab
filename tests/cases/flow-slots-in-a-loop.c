// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a loop writes -1, which is EPERM by value, to one slot of the hardware's table a turn, through registers whose
 * macros and helpers choose by the slot's number. Each turn writes to another slot, by an index that nobody knows.
 * Right: the callback is analysed, not "too many states", and its own failures are found.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

#define SISKIN_SLOT_NONE	-1
#define SISKIN_REG(n)		((n) < 32 ? SISKIN_REG_LOW(n) : SISKIN_REG_HIGH(n))
#define SISKIN_REG_LOW(n)	(0x300 + ((n) * 16))
#define SISKIN_REG_HIGH(n)	(0x600 + (((n) - 32) * 16))

struct siskin_layout { unsigned int base, stride; };
struct siskin_unit { const struct siskin_layout *layout; signed char slot[64]; unsigned int regs[4096]; };
struct siskin_domain { struct iommu_domain domain; struct siskin_unit *unit; };
struct siskin_master { struct siskin_unit *unit; unsigned int n, ids[8]; };

#define to_siskin_domain(d) container_of(d, struct siskin_domain, domain)

void siskin_poke(unsigned int *reg, unsigned int value);

static inline void siskin_write(struct siskin_unit *unit, unsigned int offset, unsigned int value)
{
	unsigned int base = unit->layout->base;

	if (offset > 7)
		base += 0x800;
	siskin_poke(&unit->regs[base + offset * unit->layout->stride], value);
}

static int siskin_disable(struct siskin_domain *sd, unsigned int id)
{
	struct siskin_unit *unit = sd->unit;

	siskin_write(unit, SISKIN_REG(id), 0);
	unit->slot[id] = SISKIN_SLOT_NONE;
	return 0;
}

static int siskin_release_attach(struct iommu_domain *domain, struct device *dev)
{
	struct siskin_master *m = dev_iommu_priv_get(dev);
	unsigned int i;

	if (!m->n)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change|review expected=ENODEV */
	for (i = 0; i < m->n; ++i)
		siskin_disable(to_siskin_domain(iommu_get_domain_for_dev(dev)), m->ids[i]);
	return 0;
}

static int siskin_attach(struct iommu_domain *domain, struct device *dev)
{
	struct siskin_domain *sd = to_siskin_domain(domain);
	struct siskin_master *m = dev_iommu_priv_get(dev);
	unsigned int i;

	if (sd->unit != m->unit)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	for (i = 0; i < m->n; ++i) {
		siskin_disable(sd, m->ids[i]);
		sd->unit->slot[m->ids[i]] = i;
	}
	return 0;
}

static const struct iommu_domain_ops siskin_release_ops = { .attach_dev = siskin_release_attach };
static const struct iommu_domain_ops siskin_ops = { .attach_dev = siskin_attach };
