// SPDX-License-Identifier: GPL-2.0-only
/*
 * ERR_PTR(0) in other spellings: what a function that returns a pointer returns as 0 is NULL, and so another thing than the
 * errno. Of a function that returns an int, 0 is to go on.
 */
#include <linux/err.h>
#include <linux/iommu.h>
struct dunlin { struct iommu_domain *domain; struct iommu_group *group; };
#define DUNLIN_NO_ERROR 0
struct iommu_domain *dunlin_1(struct dunlin *r)
{
	int err = iommu_attach_group(r->domain, r->group);	/* caller: class=replaces */

	return err == -ENODEV ? ERR_PTR(0) : err ? ERR_PTR(err) : r->domain;
}
struct iommu_domain *dunlin_2(struct dunlin *r)
{
	int err = iommu_attach_group(r->domain, r->group);	/* caller: class=replaces */

	return err ? ERR_PTR(err == -ENODEV ? 0 : err) : r->domain;
}
struct iommu_domain *dunlin_3(struct dunlin *r)
{
	struct iommu_domain *d = r->domain;
	int err = iommu_attach_group(r->domain, r->group);	/* caller: class=replaces */

	if (err == -ENODEV)
		d = ERR_PTR(0);
	else if (err)
		d = ERR_PTR(err);
	return d;
}
struct iommu_domain *dunlin_4(struct dunlin *r)
{
	long err = iommu_attach_group(r->domain, r->group);	/* caller: class=replaces */

	if (err == -ENODEV)
		return ERR_PTR(0L);
	return err ? ERR_PTR(err) : r->domain;
}
struct iommu_domain *dunlin_5(struct dunlin *r)
{
	long err = iommu_attach_group(r->domain, r->group);	/* caller: class=replaces */

	switch (err) {
	case 0:
		return r->domain;
	case -ENODEV:
		return ERR_PTR(DUNLIN_NO_ERROR);
	default:
		return ERR_PTR(err);
	}
}
struct iommu_domain *dunlin_6(struct dunlin *r)
{
	long err = iommu_attach_group(r->domain, r->group);	/* caller: class=replaces */

	if (err == -ENODEV)
		return (struct iommu_domain *)0;
	return err ? ERR_PTR(err) : r->domain;
}
void *dunlin_7(struct dunlin *r)
{
	long err = iommu_attach_group(r->domain, r->group);	/* caller: class=replaces */

	if (err == -ENODEV)
		err = 0x0;
	if (!err)
		return ERR_CAST(ERR_PTR(err));
	return ERR_PTR(err);
}
/* An int function's 0 goes on. */
int dunlin_8(struct dunlin *r)
{
	long err = iommu_attach_group(r->domain, r->group);	/* caller: class=falls-back */

	if (err == -ENODEV)
		return PTR_ERR(ERR_PTR(0));
	return err;
}
