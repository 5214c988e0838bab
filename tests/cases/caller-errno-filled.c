// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same of structures that are copied, allocated, or reached through others, of arrays, and of what other functions are
 * given to keep.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>

struct teal_out { int status; struct iommu_domain *used; };
struct teal { struct iommu_domain *domain; struct iommu_group *group; struct teal_out out; struct teal_out *result; struct list_head list; int rc; struct teal *next; };

/* filled through a member that points */
static void teal_1_do(struct teal *w)
{
	w->result->status = iommu_attach_group(w->domain, w->group);	/* caller: class=passes-on */
}
int teal_1(struct teal *w)
{
	teal_1_do(w);
	return w->result->status;
}
static void teal_2_do(struct teal *w, struct teal_out *out)
{
	struct teal_out o = { .status = iommu_attach_group(w->domain, w->group) };	/* caller: class=passes-on */

	*out = o;
}
int teal_2(struct teal *w)
{
	struct teal_out out;

	teal_2_do(w, &out);
	return out.status;
}
static void teal_3_do(struct teal *w, struct teal_out *out)
{
	*out = (struct out){ .status = iommu_attach_group(w->domain, w->group), .used = w->domain };	/* caller: class=replaces */
}
int teal_3(struct teal *w)
{
	struct teal_out out;

	teal_3_do(w, &out);
	return out.status ? -EIO : 0;
}
static struct teal_out *teal_4_new(struct teal *w)
{
	struct teal_out *out = kzalloc(sizeof(*out), GFP_KERNEL);

	if (!out)
		return NULL;
	out->status = iommu_attach_group(w->domain, w->group);	/* caller: class=passes-on */
	return out;
}
int teal_4(struct teal *w)
{
	struct teal_out *out = teal_4_new(w);
	int ret;

	if (!out)
		return -ENOMEM;
	ret = out->status;
	kfree(out);
	return ret;
}
static int teal_5_status(struct teal *w)
{
	return w->rc;
}
int teal_5(struct teal *w)
{
	w->rc = iommu_attach_group(w->domain, w->group);	/* caller: class=unknown */
	return teal_5_status(w);
}
void teal_6(struct list_head *all)
{
	struct teal *w;

	list_for_each_entry(w, all, list)
		w->rc = iommu_attach_group(w->domain, w->group);	/* caller: class=unknown */
}
int teal_7(struct list_head *all, struct iommu_domain *d)
{
	struct teal *w;

	list_for_each_entry(w, all, list)
		w->rc = iommu_attach_group(d, w->group);	/* caller: class=unknown */
	return 0;
}
static void teal_8_do(struct teal *w, int *err)
{
	int ret;

	ret = iommu_attach_group(w->domain, w->group);	/* caller: class=passes-on */
	if (ret)
		*err = ret;
}
int teal_8(struct teal *w)
{
	int err = 0;

	teal_8_do(w, &err);
	return err;
}
/* two errors into one: the first is lost */
static void teal_9_do(struct teal *w, int *err)
{
	*err = iommu_attach_group(w->domain, w->group);	/* caller: class=ignores */
	*err = kstrtoint("1", 0, &w->rc);
}
int teal_9(struct teal *w)
{
	int err;

	teal_9_do(w, &err);
	return err;
}
static int teal_10_do(struct teal *w)
{
	w->rc = iommu_attach_group(w->domain, w->group);	/* caller: class=passes-on */
	return 0;
}
int teal_10(struct teal *w)
{
	if (teal_10_do(w))
		return -EIO;
	return w->rc;
}
struct holder { struct teal_out out; };
static void teal_11_do(struct teal *w, struct holder *h)
{
	h->out.status = iommu_attach_group(w->domain, w->group);	/* caller: class=unknown */
}
struct teal_out teal_11(struct teal *w)
{
	struct holder h;

	teal_11_do(w, &h);
	return h.out;
}
int teal_12(struct teal *w)
{
	int *rc = &w->rc;

	*rc = iommu_attach_group(w->domain, w->group);	/* caller: class=passes-on */
	if (w->rc)
		return w->rc;
	return 0;
}
static void teal_13_do(struct teal *w, int errs[])
{
	errs[1] = iommu_attach_group(w->domain, w->group);	/* caller: class=passes-on */
}
int teal_13(struct teal *w)
{
	int errs[2] = { 0, 0 };

	teal_13_do(w, errs);
	return errs[1];
}
void teal_14(struct teal *w)
{
	WRITE_ONCE(w->rc, iommu_attach_group(w->domain, w->group));	/* caller: class=unknown */
}
static void teal_15_set(struct teal *w, int rc)
{
	w->rc = rc;
}
int teal_15(struct teal *w)
{
	teal_15_set(w, iommu_attach_group(w->domain, w->group));	/* caller: class=unknown */
	return w->rc;
}
void teal_16(struct teal *w, struct teal_out *out)
{
	out->status = -EIO;
	out->status = iommu_attach_group(w->domain, w->group) ? -EIO : 0;	/* caller: class=unknown */
}
int teal_17(struct teal *w)
{
	struct teal_out out = { 0 };

	out.status = iommu_attach_group(w->domain, w->group);	/* caller: class=ignores */
	return 0;
}
int teal_18(struct teal *w)
{
	struct teal_out out = { 0 };

	out.status = iommu_attach_group(w->domain, w->group);	/* caller: class=replaces */
	if (out.status)
		return -EIO;
	return 0;
}
