// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: ERR_PTR(0) is NULL: a caller that sets the errno to 0 and returns ERR_PTR() of it does the same as one that returns
 * NULL.
 * Right: one handling for all of them: something else is returned than the errno (docs/callers.md: "`replaces`: something
 * else is returned: another errno, NULL"), or it goes on without (`falls-back`), but not one here and the other there. The
 * table names NULL, so replaces.
 */
#include <linux/err.h>
#include <linux/iommu.h>

struct ruff { struct iommu_domain *domain; struct iommu_group *group; };

static struct iommu_domain *ruff_zero(struct ruff *r)
{
	int err;

	err = iommu_attach_group(r->domain, r->group);	/* caller: class=replaces */
	if (err == -ENODEV)
		err = 0;
	else if (!err)
		return r->domain;
	return ERR_PTR(err);
}

static struct iommu_domain *ruff_literal(struct ruff *r)
{
	int err;

	err = iommu_attach_group(r->domain, r->group);	/* caller: class=replaces */
	if (err == -ENODEV)
		return ERR_PTR(0);
	return err ? ERR_PTR(err) : r->domain;
}

/* The twins: NULL; and the errno itself. */
static struct iommu_domain *ruff_null(struct ruff *r)
{
	int err;

	err = iommu_attach_group(r->domain, r->group);	/* caller: class=replaces */
	if (err == -ENODEV)
		return NULL;
	return err ? ERR_PTR(err) : r->domain;
}

static struct iommu_domain *ruff_errno(struct ruff *r)
{
	int err;

	err = iommu_attach_group(r->domain, r->group);	/* caller: class=passes-on */
	return err ? ERR_PTR(err) : r->domain;
}

int ruff_probe(struct ruff *r)
{
	if (IS_ERR(ruff_zero(r)))
		return -ENODEV;
	if (IS_ERR(ruff_literal(r)))
		return -ENODEV;
	if (IS_ERR(ruff_null(r)))
		return -ENODEV;
	return PTR_ERR_OR_ZERO(ruff_errno(r));
}
