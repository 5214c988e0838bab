// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status of a call that was told of domain and device comes back through a pointer, or stands in a member: it
 * tells how the call went and compares nothing. What the driver's own helper finds by comparing the two is a
 * misfit all the same.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct fulmar_result { unsigned long a0, a1; };
struct fulmar_domain { struct iommu_domain domain; u64 table; u32 id; u32 mode; };
struct fulmar_master { u32 sid; u32 mode; struct fulmar_result last; };

#define to_fulmar_domain(d) container_of(d, struct fulmar_domain, domain)

void fulmar_hvc(int function, u32 sid, u32 id, struct fulmar_result *result);
void fulmar_register_table(u32 sid, u64 table, u8 *status);
u32 fulmar_hvc_status(int function, u32 sid, u32 id);

static int fulmar_struct_attach(struct iommu_domain *domain, struct device *dev)
{
	struct fulmar_domain *fdom = to_fulmar_domain(domain);
	struct fulmar_master *master = dev_iommu_priv_get(dev);
	struct fulmar_result result;

	fulmar_hvc(1, master->sid, fdom->id, &result);
	if (result.a0)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	return 0;
}

static int fulmar_byte_attach(struct iommu_domain *domain, struct device *dev)
{
	struct fulmar_domain *fdom = to_fulmar_domain(domain);
	struct fulmar_master *master = dev_iommu_priv_get(dev);
	u8 status;

	fulmar_register_table(master->sid, fdom->table, &status);
	if (status == 40)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int fulmar_member_attach(struct iommu_domain *domain, struct device *dev)
{
	struct fulmar_domain *fdom = to_fulmar_domain(domain);
	struct fulmar_master *master = dev_iommu_priv_get(dev);

	fulmar_hvc(2, master->sid, fdom->id, &master->last);
	if (master->last.a0 != 0)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	return 0;
}

/* The twin: the status is the result. */
static int fulmar_result_attach(struct iommu_domain *domain, struct device *dev)
{
	struct fulmar_domain *fdom = to_fulmar_domain(domain);
	struct fulmar_master *master = dev_iommu_priv_get(dev);
	u32 cc;

	cc = fulmar_hvc_status(3, master->sid, fdom->id);
	if (cc == 3)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
	return 0;
}

/* What a helper of the driver finds by comparing the two is a misfit all the same. */
static void fulmar_compare(struct fulmar_domain *fdom, struct fulmar_master *master, bool *fits)
{
	*fits = fdom->mode == master->mode;
}

static int fulmar_compare_attach(struct iommu_domain *domain, struct device *dev)
{
	bool fits;

	fulmar_compare(to_fulmar_domain(domain), dev_iommu_priv_get(dev), &fits);
	if (!fits)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops fulmar_struct_ops = { .attach_dev = fulmar_struct_attach };
const struct iommu_domain_ops fulmar_byte_ops = { .attach_dev = fulmar_byte_attach };
const struct iommu_domain_ops fulmar_member_ops = { .attach_dev = fulmar_member_attach };
const struct iommu_domain_ops fulmar_result_ops = { .attach_dev = fulmar_result_attach };
const struct iommu_domain_ops fulmar_compare_ops = { .attach_dev = fulmar_compare_attach };
