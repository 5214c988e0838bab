// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status of secure firmware, in a structure, behind a pointer, or as a wide result, after calls that were
 * given domain and device: how they went.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct vesper_resp { u64 result[3]; int err; };
struct vesper_domain { struct iommu_domain domain; u64 ttbr; u32 asid; u32 secure_vmid; struct vesper_unit *unit; };
struct vesper_unit { u32 sec_id; u32 vmid; void *base; };
struct vesper_master { struct vesper_unit *unit; u32 cb; u32 sid; };
#define to_vesper_domain(d) container_of(d, struct vesper_domain, domain)

int vesper_scm_call(u32 svc, u32 cmd, u64 a, u64 b, struct vesper_resp *resp);
void vesper_smc_raw(u64 fn, u64 a, u64 b, u64 *x0);
u64 vesper_tee_bind(u32 sid, u64 ttbr);
bool vesper_hyp_grant(u32 vmid, u32 asid);

static int vesper_sec_program(struct vesper_unit *unit, struct vesper_domain *vdom)
{
	struct vesper_resp resp;
	int ret;

	ret = vesper_scm_call(8, 2, unit->sec_id, vdom->ttbr, &resp);	/* open: callee's errno */
	if (ret)
		return ret;
	if (resp.result[0])
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int vesper_attach(struct iommu_domain *domain, struct device *dev)
{
	struct vesper_domain *vdom = to_vesper_domain(domain);
	struct vesper_master *master = dev_iommu_priv_get(dev);
	u64 x0 = 0, st;
	int ret;

	ret = vesper_sec_program(master->unit, vdom);
	if (ret)
		return ret;

	vesper_smc_raw(0x82000040, master->sid, vdom->asid, &x0);
	if ((s64)x0 < 0)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */

	st = vesper_tee_bind(master->sid, vdom->ttbr);
	if (st != 0)
		return -ENODEV;	/* site: errno=ENODEV class=hard verdict=ok expected=ENODEV */

	if (!vesper_hyp_grant(master->unit->vmid, vdom->asid))
		return -ENODEV;	/* site: errno=ENODEV class=hard|incompatible verdict=ok|review */
	return 0;
}
const struct iommu_domain_ops vesper_ops = { .attach_dev = vesper_attach };
