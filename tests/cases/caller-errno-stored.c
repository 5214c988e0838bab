// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: the result of an entry point is stored through a pointer, in a member, or in a struct that is returned: where it can be
 * read is not where it was got.
 * Right: passes-on, where somebody returns it from there, or unknown: "not followed; `why` says why" (docs/callers.md). To
 * store a result is not to ignore it.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct godwit { struct iommu_domain *domain; struct iommu_group *group; int err; };
struct godwit_result { int err; u32 flags; };

static void godwit_try(struct godwit *g, int *err)
{
	*err = iommu_attach_group(g->domain, g->group);	/* caller: class=passes-on|unknown */
}

int godwit_pointer(struct godwit *g)
{
	int err;

	godwit_try(g, &err);
	return err;
}

static void godwit_keep(struct godwit *g)
{
	g->err = iommu_attach_group(g->domain, g->group);	/* caller: class=passes-on|unknown */
}

int godwit_member(struct godwit *g)
{
	godwit_keep(g);
	return g->err;
}

static struct godwit_result godwit_made(struct godwit *g)
{
	struct godwit_result result = { .flags = 1 };

	result.err = iommu_attach_group(g->domain, g->group);	/* caller: class=passes-on|unknown */
	return result;
}

int godwit_struct(struct godwit *g)
{
	return godwit_made(g).err;
}

/* What is overwritten before anyone looks is ignored. */
int godwit_lost(struct godwit *g)
{
	int err;

	err = iommu_attach_group(g->domain, g->group);	/* caller: class=ignores */
	err = 0;
	return err;
}

/* The twin: a variable. */
int godwit_plain(struct godwit *g)
{
	int err;

	err = iommu_attach_group(g->domain, g->group);	/* caller: class=passes-on */
	return err;
}
