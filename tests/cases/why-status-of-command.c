// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status of a monitor call and of a mailbox command that was filled in here: how they went, through a
 * translator too.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct linnet_res { unsigned long a0, a1, a2, a3; };
struct linnet_data { u32 bank; u32 larb; int status; };
struct linnet_domain { struct iommu_domain domain; u32 tab_id; u64 pgd; struct linnet_data *data; };
struct linnet_cmd { u32 op, sid, tab; u64 pgd; u8 status; };
#define to_linnet_domain(d) container_of(d, struct linnet_domain, domain)
#define LINNET_ERR_BUSY 4

void linnet_smc(unsigned long fn, unsigned long a, unsigned long b, unsigned long c, struct linnet_res *res);
void linnet_mbox_exec(struct linnet_data *data, struct linnet_cmd *cmd);

static int linnet_status_to_errno(int status)
{
	if (status == 0)
		return 0;
	if (status == LINNET_ERR_BUSY)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */
}

static int linnet_secure_enable(struct linnet_data *data, struct linnet_domain *ldom)
{
	struct linnet_res res;

	linnet_smc(0xc2000101, data->larb, ldom->tab_id, ldom->pgd, &res);
	return res.a0 ? -EINVAL : 0;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
}

static int linnet_cmd_attach(struct linnet_data *data, struct linnet_domain *ldom)
{
	struct linnet_cmd cmd = { .op = 3, .sid = data->larb, .tab = ldom->tab_id };

	cmd.pgd = ldom->pgd;
	linnet_mbox_exec(data, &cmd);
	return linnet_status_to_errno(cmd.status);
}

static int linnet_attach(struct iommu_domain *domain, struct device *dev)
{
	struct linnet_domain *ldom = to_linnet_domain(domain);
	struct linnet_data *data = dev_iommu_priv_get(dev);
	int ret;

	if (ldom->data && ldom->data != data)
		return -EBUSY;	/* site: errno=EBUSY class=incompatible verdict=change expected=EINVAL */
	ret = linnet_secure_enable(data, ldom);
	if (ret)
		return ret;
	ret = linnet_cmd_attach(data, ldom);
	if (ret)
		return ret;
	ldom->data = data;
	return 0;
}
const struct iommu_domain_ops linnet_ops = { .attach_dev = linnet_attach };
