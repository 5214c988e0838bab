// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searches whose next domain is set by a call, in a member or an element, by recursion, through another name; beside them
 * second tries with the same domain, which are none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/delay.h>
struct knot_iterator { struct iommu_domain *domain; int pos; };
struct knot { struct iommu_domain *domain; struct knot *next; struct knot *prev; struct iommu_group *group; struct iommu_domain *all[4]; int at; struct knot_iterator it; struct list_head devices; struct list_head node; };
struct iommu_domain *knot_first(struct knot *s);
struct iommu_domain *knot_next(struct knot *s, struct iommu_domain *domain);
bool knot_advance(struct knot *s, struct iommu_domain **domain);
bool knot_it_next(struct knot_iterator *it);

int knot_1(struct knot *s)
{
	struct iommu_domain *domain = knot_first(s);
	int ret;

	for (;;) {
		ret = iommu_attach_group(domain, s->group);	/* caller: class=search-einval-only */
		if (ret != -EINVAL)
			return ret;
		if (!knot_advance(s, &domain))
			return -ENODEV;
	}
}
int knot_2(struct knot *s)
{
	int ret;

	while ((ret = iommu_attach_group(s->all[s->at], s->group)) == -EINVAL && s->at < 3)	/* caller: class=search-einval-only */
		s->at++;
	return ret;
}
int knot_3(struct knot *s)
{
	int ret;

again:
	ret = iommu_attach_group(s->domain, s->group);	/* caller: class=search-any-error */
	if (ret) {
		s->domain = knot_next(s, s->domain);
		if (s->domain)
			goto again;
	}
	return ret;
}
static bool knot_step(struct knot *s)
{
	s->domain = knot_next(s, s->domain);
	return s->domain;
}
int knot_4(struct knot *s)
{
	int ret;

	do {
		ret = iommu_attach_group(s->domain, s->group);	/* caller: class=search-einval-only */
	} while (ret == -EINVAL && knot_step(s));
	return ret;
}
static bool knot_pause(struct knot *s)
{
	msleep(s->at);
	return s->at;
}
int knot_5(struct knot *s)
{
	int ret;

	do {
		ret = iommu_attach_group(s->domain, s->group);	/* caller: class=passes-on */
	} while (ret == -EAGAIN && knot_pause(s));
	return ret;
}
int knot_6(struct knot *s)
{
	int ret, tries;

	for (tries = 0; tries < 3; tries++) {
		struct iommu_domain *domain = s->domain;

		ret = iommu_attach_group(domain, s->group);	/* caller: class=passes-on */
		if (ret != -EBUSY)
			return ret;
		msleep(1);
	}
	return ret;
}
int knot_7(struct knot *s, int tries)
{
	int ret = iommu_attach_group(s->domain, s->group);	/* caller: class=passes-on */

	if (ret == -EAGAIN && tries)
		return knot_7(s, tries - 1);
	return ret;
}
int knot_8(struct knot *s, int i)
{
	int ret = iommu_attach_group(s->all[i], s->group);	/* caller: class=search-einval-only */

	if (ret == -EINVAL && i < 3)
		return knot_8(s, i + 1);
	return ret;
}
int knot_9(struct knot *s, struct iommu_domain *domain)
{
	int ret = iommu_attach_group(domain, s->group);	/* caller: class=search-einval-only */

	if (ret == -EINVAL) {
		domain = knot_next(s, domain);
		if (domain)
			ret = knot_9(s, domain);
	}
	return ret;
}
static int knot_10_try(struct knot *s)
{
	return iommu_attach_group(s->domain, s->group);	/* caller: class=search-einval-only */
}
int knot_10(struct knot *s)
{
	int ret = knot_10_try(s);

	if (ret == -EINVAL && s->prev)
		return knot_10(s->prev);
	return ret;
}
int knot_11(struct knot *s);
static int knot_11_up(struct knot *s)
{
	return s->prev ? knot_11(s->prev) : -EINVAL;
}
int knot_11(struct knot *s)
{
	int ret = iommu_attach_group(s->domain, s->group);	/* caller: class=unknown */

	if (ret == -EINVAL)
		return knot_11_up(s);
	return ret;
}
int knot_12(struct knot *s)
{
	int ret;

	do {
		ret = iommu_attach_group(knot_next(s, NULL), s->group);	/* caller: class=unknown */
	} while (ret == -EINVAL);
	return ret;
}
int knot_13(struct knot *s)
{
	int ret;

	do {
		ret = iommu_attach_group(s->it.domain, s->group);	/* caller: class=search-einval-only */
	} while (ret == -EINVAL && knot_it_next(&s->it));
	return ret;
}
int knot_14(struct knot *s, struct knot *d)
{
	int ret = 0;

	list_for_each_entry(d, &s->devices, node) {
		ret = iommu_attach_group(s->domain, d->group);	/* caller: class=passes-on */
		if (ret)
			break;
	}
	return ret;
}
int knot_15(struct knot *s)
{
	struct knot *d;
	int ret = 0;

	list_for_each_entry(d, &s->devices, node) {
		ret = iommu_attach_group(s->domain, d->group);	/* caller: class=passes-on */
		if (ret)
			break;
	}
	return ret;
}
int knot_16(struct knot *s)
{
	int ret = iommu_attach_group(s->domain, s->group);	/* caller: class=search-einval-only */

	if (ret == -EINVAL) {
		s->domain = knot_next(s, s->domain);
		ret = iommu_attach_group(s->domain, s->group);	/* caller: class=passes-on */
	}
	return ret;
}
int knot_17(struct knot *s)
{
	int ret = iommu_attach_group(s->domain, s->group);	/* caller: class=passes-on */

	if (ret == -EAGAIN)
		ret = iommu_attach_group(s->domain, s->group);	/* caller: class=passes-on */
	return ret;
}
int knot_18(struct knot *s)
{
	struct knot_iterator *it = &s->it;
	int ret;

	do {
		ret = iommu_attach_group(it->domain, s->group);	/* caller: class=search-einval-only */
		it->domain = knot_next(s, it->domain);
	} while (ret == -EINVAL && it->domain);
	return ret;
}
int knot_19(struct knot *s)
{
	int ret = iommu_attach_group(s->domain, s->group);	/* caller: class=search-einval-only */

	if (ret != -EINVAL || !s->prev)
		return ret;
	s = s->prev;
	return knot_19(s);
}
int knot_20(struct knot *s)
{
	int ret;

	while (s) {
		ret = iommu_attach_group(s->domain, s->group);	/* caller: class=search-einval-only */
		if (ret != -EINVAL)
			return ret;
		s = s->prev;
	}
	return -ENODEV;
}
int knot_21(struct knot *s)
{
	int ret;

	do {
		s->at++;
		ret = iommu_attach_group(s->domain, s->group);	/* caller: class=passes-on */
	} while (ret == -EAGAIN && s->at < 4);
	return ret;
}
struct iommu_domain *knot_other_19(struct knot *w)
{
	struct iommu_domain *d = NULL;
	int ret;

	do {
		d = w->domain;
		ret = iommu_attach_group(d, w->group);	/* caller: class=search-einval-only */
		w = w->next;
	} while (ret == -EINVAL && w);
	return ret ? ERR_PTR(ret) : d;
}
int knot_other_20(struct knot *w, struct iommu_domain **all, int n)
{
	int ret;

	if (!n)
		return -ENODEV;
	ret = iommu_attach_group(*all, w->group);	/* caller: class=search-einval-only */
	return ret == -EINVAL ? knot_other_20(w, all + 1, n - 1) : ret;
}
int knot_other_21(struct knot *w, struct iommu_domain **all)
{
	int ret = -ENODEV;

	for (; *all; all++) {
		ret = iommu_attach_group(*all, w->group);	/* caller: class=search-einval-only */
		if (ret != -EINVAL)
			break;
	}
	return ret;
}
struct iommu_domain *knot_pick(struct knot *w);
int knot_other_22(struct knot *w)
{
	struct iommu_domain *d;
	int ret;

	while ((d = knot_pick(w))) {
		ret = iommu_attach_group(d, w->group);	/* caller: class=search-einval-only */
		if (ret != -EINVAL)
			return ret;
	}
	return -ENODEV;
}
void knot_pick_into(struct knot *w, struct iommu_domain **d);
int knot_other_23(struct knot *w)
{
	struct iommu_domain *d = w->domain;
	int ret = iommu_attach_group(d, w->group);	/* caller: class=search-einval-only */

	if (ret == -EINVAL) {
		knot_pick_into(w, &d);
		ret = iommu_attach_group(d, w->group);	/* caller: class=passes-on */
	}
	return ret;
}
int knot_other_24(struct knot *w)
{
	int ret = iommu_attach_group(w->domain, w->group);	/* caller: class=search-any-error */

	if (!ret)
		return 0;
	if (w->next && !knot_other_24(w->next))
		return 0;
	return ret;
}
