// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status of a hypercall, asked about and translated by the driver's own pure helpers.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct ousel_input { u64 part; u32 dev; u32 dom; };
struct ousel_vdomain { struct iommu_domain domain; u32 id; u8 stage; };
struct ousel_endpoint { u32 id; u8 stage; u64 part; };
#define to_ousel_vdomain(d) container_of(d, struct ousel_vdomain, domain)

u64 ousel_hypercall(u64 control, void *in, void *out);

static inline bool ousel_result_success(u64 status)
{
	return (status & 0xffff) == 0;
}

static inline int ousel_result(u64 status)
{
	return status & 0xffff;
}

static int ousel_to_errno(u64 status)
{
	switch (ousel_result(status)) {
	case 0:
		return 0;
	case 5:
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	case 11:
		return -EACCES;	/* site: errno=EACCES class=hard verdict=review expected=ENODEV */
	}
	return -EIO;	/* site: errno=EIO class=hard verdict=review expected=ENODEV */
}

static int ousel_hv_attach(struct ousel_vdomain *vdom, struct ousel_endpoint *ep)
{
	struct ousel_input in = { };
	u64 status;

	in.part = ep->part;
	in.dev = ep->id;
	in.dom = vdom->id;
	status = ousel_hypercall(0x9f, &in, NULL);
	if (!ousel_result_success(status))
		return ousel_to_errno(status);
	return 0;
}

static int ousel_attach(struct iommu_domain *domain, struct device *dev)
{
	struct ousel_vdomain *vdom = to_ousel_vdomain(domain);
	struct ousel_endpoint *ep = dev_iommu_priv_get(dev);

	if (vdom->stage == 2 && ep->stage == 1)
		return -EOPNOTSUPP;	/* site: errno=EOPNOTSUPP class=incompatible verdict=change expected=EINVAL */
	return ousel_hv_attach(vdom, ep);
}
const struct iommu_domain_ops ousel_ops = { .attach_dev = ousel_attach };
