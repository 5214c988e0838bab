// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a preset inside a block, two blocks, a loop, a switch's arm, before the test that takes it to the exit.
 * Right: the same site and confidence as with the constant behind the test.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct amber_unit { void *base; };
struct amber_domain { struct iommu_domain domain; struct amber_unit *unit; u32 kind; u32 bits; };
struct amber_master { struct amber_unit *unit; void *table; bool deep, wide; u32 bits; int n; };

#define to_amber_domain(d) container_of(d, struct amber_domain, domain)

static int amber_table(struct amber_master *m)
{
	m->table = kzalloc(512, GFP_KERNEL);
	if (!m->table)
		return -ENOMEM;	/* trap: the callers return their own */
	return 0;
}

static int amber_two_attach(struct iommu_domain *domain, struct device *dev)
{
	struct amber_domain *ad = to_amber_domain(domain);
	struct amber_master *m = dev_iommu_priv_get(dev);
	int err = 0;

	if (m->deep) {
		if (m->wide) {
			err = -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL confidence=high|medium */
			if (ad->unit != m->unit)
				goto done;
			err = 0;
		}
	}
done:
	return err;
}

static int amber_switch_attach(struct iommu_domain *domain, struct device *dev)
{
	struct amber_master *m = dev_iommu_priv_get(dev);
	int err = 0;

	switch (m->n) {
	case 1:
		err = -EINVAL;	/* site: errno=EINVAL class=masked verdict=change expected=propagate confidence=high|medium */
		if (amber_table(m))
			break;
		err = 0;
		break;
	default:
		m->deep = true;
	}
	return err;
}

static int amber_loop_attach(struct iommu_domain *domain, struct device *dev)
{
	struct amber_domain *ad = to_amber_domain(domain);
	struct amber_master *m = dev_iommu_priv_get(dev);
	int i, err = 0;

	for (i = 0; i < m->n; i++) {
		err = -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL confidence=high|medium */
		if (ad->bits > m->bits)
			goto out;
		err = 0;
	}
out:
	return err;
}

static int amber_own_attach(struct iommu_domain *domain, struct device *dev)
{
	struct amber_master *m = dev_iommu_priv_get(dev);
	int err;

	if (m->deep) {
		err = -ENOSPC;	/* site: errno=ENOSPC class=masked verdict=change expected=propagate confidence=high|medium */
		if (amber_table(m) < 0)
			return err;
	}
	return 0;
}

static int amber_else_attach(struct iommu_domain *domain, struct device *dev)
{
	struct amber_domain *ad = to_amber_domain(domain);
	struct amber_master *m = dev_iommu_priv_get(dev);
	int err;

	if (!m->deep) {
		err = 0;
	} else {
		err = -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL confidence=high|medium */
		if (ad->unit == m->unit)
			err = 0;
	}
	return err;
}

/* Never taken out: overwritten on every way. */
static int amber_over_attach(struct iommu_domain *domain, struct device *dev)
{
	struct amber_master *m = dev_iommu_priv_get(dev);
	int err = -EBADF;	/* trap: overwritten */

	if (m->deep) {
		err = -ENXIO;	/* trap: overwritten */
		m->wide = true;
	}
	err = 0;
	return err;
}

const struct iommu_domain_ops amber_two_ops = { .attach_dev = amber_two_attach };
const struct iommu_domain_ops amber_switch_ops = { .attach_dev = amber_switch_attach };
const struct iommu_domain_ops amber_loop_ops = { .attach_dev = amber_loop_attach };
const struct iommu_domain_ops amber_own_ops = { .attach_dev = amber_own_attach };
const struct iommu_domain_ops amber_else_ops = { .attach_dev = amber_else_attach };
const struct iommu_domain_ops amber_over_ops = { .attach_dev = amber_over_attach };
