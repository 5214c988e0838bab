// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a wait for the hardware that a count or a clock bounds, in its loop; the status of firmware that was handed nothing
 * but a block of shared memory; and a switch over the errnos of a helper, in a static domain.
 * Right: hard: what did not happen in time is the reason, and so is what firmware says, whoever is named. A helper's errno
 * is no missing capability. A list in which the device stands, but nobody says of what, decides nothing for sure.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>

struct linnet_unit { void *base; u32 id; bool pasid; };
struct linnet_row { struct list_head node; struct device *dev; };
struct linnet_call { u32 unit, domain; };
struct linnet_domain { struct iommu_domain domain; u32 id; };

extern struct linnet_unit *linnet_one;
extern struct list_head linnet_rows;
extern struct linnet_call *linnet_shared;
u64 linnet_hypercall(int code, void *in, void *out);
int HYPERVISOR_linnet(int op, u32 id);
int linnet_unit_attach(u32 unit, u32 domain);

static int linnet_sync(void)
{
	int turns = 0;

	while (readl(linnet_one->base) & BIT(0)) {
		cpu_relax();
		if (++turns == 1000)
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	}
	return 0;
}

static int linnet_until(void)
{
	ktime_t end = ktime_add_us(ktime_get(), 1000);

	while (!(readl(linnet_one->base) & BIT(1))) {
		if (ktime_compare(ktime_get(), end) > 0)
			return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	}
	return 0;
}

static int linnet_errno(u64 status)
{
	switch (status & 0xffff) {
	case 0:
		return 0;
	case 5:
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	default:
		return -EIO;	/* site: errno=EIO class=hard verdict=review expected=ENODEV */
	}
}

static int linnet_attach(struct iommu_domain *domain, struct device *dev)
{
	struct linnet_call *call = linnet_shared;
	int ret;

	ret = linnet_sync();
	if (ret)
		return ret;
	ret = linnet_until();
	if (ret)
		return ret;
	call->domain = container_of(domain, struct linnet_domain, domain)->id;
	return linnet_errno(linnet_hypercall(7, call, NULL));
}

/* An action by its name, and a status that no errno is. */
static int linnet_status_attach(struct iommu_domain *domain, struct device *dev)
{
	struct linnet_unit *unit = dev_iommu_priv_get(dev);

	if (linnet_unit_attach(unit->id, container_of(domain, struct linnet_domain, domain)->id) == 2)
		return -EPERM;	/* site: errno=EPERM class=hard verdict=review expected=ENODEV */
	return 0;
}

static bool linnet_listed(struct device *dev)
{
	struct linnet_row *row;

	list_for_each_entry(row, &linnet_rows, node)
		if (row->dev == dev)
			return true;
	return false;
}

static int linnet_type_attach(struct iommu_domain *domain, struct device *dev)
{
	if (domain->type == IOMMU_DOMAIN_UNMANAGED && linnet_listed(dev))
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=review expected=EINVAL */
	if (linnet_listed(dev))
		return -EPERM;	/* site: errno=EPERM class=hard verdict=review expected=ENODEV */
	return 0;
}

static int linnet_operate(u32 id)
{
	int ret = HYPERVISOR_linnet(3, id);

	if (ret)
		pr_err("operation: %d\n", ret);
	return ret;
}

static int linnet_identity_attach(struct iommu_domain *domain, struct device *dev)
{
	struct linnet_unit *unit = dev_iommu_priv_get(dev);
	int err = linnet_operate(unit->id);

	switch (err) {
	case 0:
		return 0;
	case -ENOENT:
		return -ENODEV;	/* site: errno=ENODEV class=masked|hard verdict=ok|review */
	default:
		return err;
	}
}

static struct iommu_domain linnet_identity = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &(const struct iommu_domain_ops) { .attach_dev = linnet_identity_attach },
};

const struct iommu_ops linnet_ops = { .identity_domain = &linnet_identity };
const struct iommu_domain_ops linnet_paging_ops = { .attach_dev = linnet_attach };
const struct iommu_domain_ops linnet_status_ops = { .attach_dev = linnet_status_attach };
const struct iommu_domain_ops linnet_type_ops = { .attach_dev = linnet_type_attach };
