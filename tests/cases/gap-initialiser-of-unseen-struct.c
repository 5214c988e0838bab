// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: an errno stands by position in an initialiser of a structure that another folder's header lays out.
 * Right: found, or a gap in coverage: which member it is cannot be known from here. "What it could not read is said"
 * (README).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/dunnock.h>

struct dunnock_master { int users; };

static int dunnock_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dunnock_master *m = dev_iommu_priv_get(dev);
	struct dunnock_answer answer = { 3, -EXDEV };	/* site: errno=EXDEV gap=dunnock_attach */

	if (m->users)
		return answer.err;
	m->users++;
	return 0;
}

/* The twin: its layout stands here. */
struct dunnock_reply { int count, err; };

static int dunnock_b_attach(struct iommu_domain *domain, struct device *dev)
{
	struct dunnock_master *m = dev_iommu_priv_get(dev);
	struct dunnock_reply reply = { 3, -EBUSY };	/* site: errno=EBUSY class=busy verdict=ok gap=dunnock_b_attach */

	if (m->users)
		return reply.err;
	m->users++;
	return 0;
}

static const struct iommu_domain_ops dunnock_ops = { .attach_dev = dunnock_attach };
static const struct iommu_domain_ops dunnock_b_ops = { .attach_dev = dunnock_b_attach };
