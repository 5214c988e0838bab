// SPDX-License-Identifier: GPL-2.0-only
/*
 * An errno is kept where it can be read when the function has returned: through a pointer, in a member, in a variable outside,
 * in a structure that is filled or returned. Its handling is that of whoever reads it there; where nobody is seen to, it is not
 * known. What is overwritten, or kept in what is gone on return, is ignored.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/kernel.h>

struct grebe_result { int rc; u32 flags; };
struct grebe { struct iommu_domain *domain; struct iommu_group *group; int err; struct grebe_result res; int errs[4]; };
static int last_error;
static struct grebe only;

static bool grebe_1_try(struct grebe *k, int *rc)
{
	*rc = iommu_attach_group(k->domain, k->group);	/* caller: class=passes-on */
	return !*rc;
}

int grebe_1(struct grebe *k)
{
	int rc;

	if (!grebe_1_try(k, &rc))
		return rc;
	return 0;
}

static void grebe_2_fill(struct grebe *k, struct grebe_result *out)
{
	int ret = iommu_attach_group(k->domain, k->group);	/* caller: class=passes-on */

	out->rc = ret;
	out->flags = 0;
}

int grebe_2(struct grebe *k)
{
	struct grebe_result r;

	grebe_2_fill(k, &r);
	if (r.rc)
		return r.rc;
	return 0;
}

static struct grebe_result grebe_3_made(struct grebe *k)
{
	return (struct grebe_result){ .rc = iommu_attach_group(k->domain, k->group), .flags = 2 };	/* caller: class=passes-on */
}

int grebe_3(struct grebe *k)
{
	struct grebe_result r = grebe_3_made(k);

	return r.rc;
}

static struct grebe_result grebe_4_made(struct grebe *k)
{
	int ret = iommu_attach_group(k->domain, k->group);	/* caller: class=unknown */
	struct grebe_result r = { ret, 0 };

	return r;
}

int grebe_4(struct grebe *k)
{
	return grebe_4_made(k).rc;
}

/* Nobody reads it in this file. */
void grebe_5(struct grebe *k)
{
	k->err = iommu_attach_group(k->domain, k->group);	/* caller: class=unknown */
}

static void grebe_6_keep(struct grebe *k)
{
	struct grebe_result *r = &k->res;

	r->rc = iommu_attach_group(k->domain, k->group);	/* caller: class=passes-on */
}

int grebe_6(struct grebe *k)
{
	grebe_6_keep(k);
	return k->res.rc;
}

static void grebe_7_keep(void *data)
{
	struct grebe *k = data;

	k->err = iommu_attach_group(k->domain, k->group);	/* caller: class=passes-on */
}

int grebe_7(void)
{
	struct grebe k = only;

	grebe_7_keep(&k);
	return k.err;
}

static void grebe_8_keep(struct grebe *k)
{
	last_error = iommu_attach_group(k->domain, k->group);	/* caller: class=passes-on */
}

int grebe_8(struct grebe *k)
{
	grebe_8_keep(k);
	return last_error;
}

/* Overwritten. */
int grebe_9(struct grebe *k)
{
	k->err = iommu_attach_group(k->domain, k->group);	/* caller: class=ignores */
	k->err = 0;
	return k->err;
}

static void grebe_10_keep(struct grebe *k, int *err)
{
	*err = iommu_attach_group(k->domain, k->group);	/* caller: class=ignores */
	*err = 0;
}

int grebe_10(struct grebe *k)
{
	int err;

	grebe_10_keep(k, &err);
	return err;
}

/* The caller throws it away. */
static void grebe_11_try(struct grebe *k, int *err)
{
	*err = iommu_attach_group(k->domain, k->group);	/* caller: class=ignores */
}

int grebe_11(struct grebe *k)
{
	int err;

	grebe_11_try(k, &err);
	return 0;
}

static void grebe_12_try(struct grebe *k, int *err)
{
	*err = iommu_attach_group(k->domain, k->group);	/* caller: class=ignores */
}

int grebe_12(struct grebe *k)
{
	int err;

	grebe_12_try(k, &err);
	err = 0;
	return err;
}

/* looked at here and goes on */
int grebe_13(struct grebe *k)
{
	k->err = iommu_attach_group(k->domain, k->group);	/* caller: class=falls-back */
	if (k->err)
		k->domain = NULL;
	return 0;
}

static struct grebe *grebe_14_make(struct grebe *k, int *err)
{
	*err = iommu_attach_group(k->domain, k->group);	/* caller: class=passes-on */
	if (*err)
		return NULL;
	return k;
}

int grebe_14(struct grebe *k)
{
	int err;
	struct grebe *made = grebe_14_make(k, &err);

	if (!made)
		return err;
	return 0;
}

static void grebe_15_each(struct grebe *k, int n)
{
	int i;

	for (i = 0; i < n; i++)
		k[i].err = iommu_attach_group(k->domain, k[i].group);	/* caller: class=unknown */
}

int grebe_15(struct grebe *k)
{
	grebe_15_each(k, 2);
	return k[0].err ?: k[1].err;
}

int grebe_16(struct grebe *k)
{
	int errs[2];

	errs[0] = iommu_attach_group(k->domain, k->group);	/* caller: class=passes-on */
	return errs[0];
}

static void grebe_17_fall(struct grebe *k, int *err)
{
	*err = iommu_attach_group(k->domain, k->group);	/* caller: class=falls-back */
}

int grebe_17(struct grebe *k)
{
	int err;

	grebe_17_fall(k, &err);
	if (err)
		k->domain = NULL;
	return 0;
}

/* two up */
static void grebe_18_in(struct grebe *k, int *err)
{
	*err = iommu_attach_group(k->domain, k->group);	/* caller: class=passes-on */
}
static void grebe_18_mid(struct grebe *k, struct grebe_result *r)
{
	grebe_18_in(k, &r->rc);
}
int grebe_18(struct grebe *k)
{
	struct grebe_result r = { 0 };

	grebe_18_mid(k, &r);
	return r.rc;
}

static int grebe_19_ptr(struct grebe *k, int **err)
{
	int *e = *err;

	*e = iommu_attach_group(k->domain, k->group);	/* caller: class=unknown */
	return 0;
}
int grebe_19(struct grebe *k)
{
	int *p = &k->err;

	grebe_19_ptr(k, &p);
	return k->err;
}
struct grebe_result grebe_20(struct grebe *k)
{
	struct grebe_result r;

	r.rc = iommu_attach_group(k->domain, k->group);	/* caller: class=unknown */
	if (r.rc)
		return r;
	r.flags = 3;
	return r;
}
/* lost in a local struct */
int grebe_21(struct grebe *k)
{
	struct grebe_result r;

	r.rc = iommu_attach_group(k->domain, k->group);	/* caller: class=ignores */
	r.flags = 1;
	return r.flags;
}
void grebe_22(struct grebe *k, int *err)
{
	*err = iommu_attach_group(k->domain, k->group);	/* caller: class=unknown */
	if (*err)
		return;
	k->err = 3;
}
void grebe_23(struct grebe *k, int *err)
{
	int rc = iommu_attach_group(k->domain, k->group);	/* caller: class=unknown */

	if (err)
		*err = rc;
}
struct grebe *grebe_24(struct grebe *k)
{
	k->err = iommu_attach_group(k->domain, k->group);	/* caller: class=unknown */
	return k;
}
int grebe_25(struct grebe *k)
{
	return k->err = iommu_attach_group(k->domain, k->group);	/* caller: class=passes-on */
}
