// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole driver: requests whose tail says how they went, behind a pointer into a buffer.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
struct wrasse_tail { u8 status; u8 r[3]; };
struct wrasse_req { u8 type; u32 domain; u32 endpoint; struct wrasse_tail tail; };
struct wrasse_viommu { spinlock_t lock; void *vq; u32 first, last; struct device *dev; };
struct wrasse_domain { struct iommu_domain domain; struct wrasse_viommu *viommu; u32 id; unsigned long nr; bool bypass; };
struct wrasse_endpoint { struct wrasse_viommu *viommu; struct wrasse_domain *vdomain; u32 eid; };
#define to_wrasse(d) container_of(d, struct wrasse_domain, domain)
int wrasse_vq_add(void *vq, void *buf, size_t len);

static int wrasse_errno(struct wrasse_tail *tail)
{
	switch (tail->status) {
	case 0:
		return 0;
	case 1:
		return -ENOSYS;	/* site: errno=ENOSYS class=hard verdict=review expected=ENODEV */
	case 2:
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change|review expected=ENODEV */
	default:
		return -EIO;	/* site: errno=EIO class=hard verdict=review expected=ENODEV */
	}
}

static int wrasse_send(struct wrasse_viommu *viommu, void *buf, size_t len)
{
	int ret;

	ret = wrasse_vq_add(viommu->vq, buf, len);	/* open: foreign */
	if (ret)
		return ret;
	return wrasse_errno(buf + len - sizeof(struct wrasse_tail));
}

static int wrasse_finalise(struct wrasse_endpoint *ep, struct wrasse_domain *vd)
{
	struct wrasse_viommu *viommu = ep->viommu;

	if (vd->bypass && viommu->first > viommu->last)
		return -ENODEV;	/* site: errno=ENODEV class=incompatible verdict=change expected=EINVAL */
	vd->viommu = viommu;
	return 0;
}

static int wrasse_attach(struct iommu_domain *domain, struct device *dev)
{
	struct wrasse_domain *vd = to_wrasse(domain);
	struct wrasse_endpoint *ep = dev_iommu_priv_get(dev);
	struct wrasse_req req;
	int ret = 0;

	if (!vd->viommu)
		ret = wrasse_finalise(ep, vd);
	else if (vd->viommu != ep->viommu)
		ret = -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	if (ret)
		return ret;
	req = (struct wrasse_req) { .type = 1, .domain = vd->id };
	req.endpoint = ep->eid;
	ret = wrasse_send(ep->viommu, &req, sizeof(req));
	if (ret)
		return ret;
	ep->vdomain = vd;
	return 0;
}
const struct iommu_domain_ops wrasse_ops = { .attach_dev = wrasse_attach };
