// SPDX-License-Identifier: GPL-2.0-only
/*
 * What attach stored of an earlier domain is compared with this one, or is set; states that the test takes.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
int atomic_cmpxchg(atomic_t *v, int a, int b);
int atomic_inc_return(atomic_t *v);
bool test_and_set_bit_lock(int nr, unsigned long *map);
bool atomic_add_unless(atomic_t *v, int a, int b);
struct knot_domain { struct iommu_domain domain; u64 pgd; int vmid; u32 ctx; u32 gran; };
struct knot_master { u64 cur_ttbr; int cur_vmid; unsigned long flags; atomic_t users; bool bound; u32 ctx; u32 gran; int domain_id; u32 state; };
#define to_knot(d) container_of(d, struct knot_domain, domain)
#define KNOT_BUSY 2
#define KNOT_NONE (-1)
#define KNOT_ATTACHED 3

static void knot_install(struct knot_master *m, struct knot_domain *k)
{
	m->cur_ttbr = k->pgd;
	m->cur_vmid = k->vmid;
	m->bound = true;
	m->domain_id = k->vmid;
	m->state = KNOT_ATTACHED;
}

static int knot_attach(struct iommu_domain *domain, struct device *dev)
{
	struct knot_domain *k = to_knot(domain);
	struct knot_master *m = dev_iommu_priv_get(dev);

	if (m->cur_ttbr && k->pgd != m->cur_ttbr)
		return -EBUSY;	/* site: errno=EBUSY class=busy|incompatible verdict=ok|review */
	if (m->cur_vmid >= 0 && m->cur_vmid != k->vmid)
		return -EBUSY;	/* site: errno=EBUSY class=busy|incompatible verdict=ok|review */
	if (m->gran != k->gran)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	if (m->bound)
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	knot_install(m, k);
	return 0;
}

static int knot_flag_attach(struct iommu_domain *domain, struct device *dev)
{
	struct knot_master *m = dev_iommu_priv_get(dev);

	if (test_and_set_bit_lock(KNOT_BUSY, &m->flags))
		return -EINVAL;	/* site: errno=EINVAL class=busy|hard verdict=review */
	if (atomic_cmpxchg(&m->users, 0, 1) != 0)
		return -EBUSY;	/* site: errno=EBUSY class=busy|hard verdict=ok|review */
	if (!atomic_add_unless(&m->users, 1, 1))
		return -EBUSY;	/* site: errno=EBUSY class=busy|hard verdict=ok|review */
	if (m->domain_id != KNOT_NONE)
		return -EBUSY;	/* site: errno=EBUSY class=busy|hard verdict=ok|review */
	if (m->state == KNOT_ATTACHED)
		return -EBUSY;	/* site: errno=EBUSY class=busy|hard verdict=ok|review */
	knot_install(m, to_knot(domain));
	return 0;
}
const struct iommu_domain_ops knot_ops = { .attach_dev = knot_attach };
const struct iommu_domain_ops knot_flag_ops = { .attach_dev = knot_flag_attach };
