// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a search whose next domain comes from a call, from a member that is set, or by recursion.
 * Right: search-einval-only: "the next domain is tried after -EINVAL, and after nothing else" (docs/callers.md), or unknown,
 * with the reason. A second try with the same domain stays none.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct snipe { struct iommu_domain *domain; struct snipe *prev; struct iommu_group *group; };

struct iommu_domain *snipe_first(struct snipe *s);
struct iommu_domain *snipe_next(struct snipe *s, struct iommu_domain *domain);
bool snipe_advance(struct snipe *s, struct iommu_domain **domain);

int snipe_call(struct snipe *s)
{
	struct iommu_domain *domain = snipe_first(s);
	int ret;

	do {
		ret = iommu_attach_group(domain, s->group);	/* caller: class=search-einval-only|unknown */
	} while (ret == -EINVAL && snipe_advance(s, &domain));
	return ret;
}

int snipe_member(struct snipe *s)
{
	int ret;

	do {
		ret = iommu_attach_group(s->domain, s->group);	/* caller: class=search-einval-only|unknown */
		if (ret != -EINVAL)
			break;
		s->domain = snipe_next(s, s->domain);
	} while (s->domain);
	return ret;
}

int snipe_back(struct snipe *s)
{
	int ret = iommu_attach_group(s->domain, s->group);	/* caller: class=search-einval-only|unknown */

	if (ret == -EINVAL && s->prev)
		return snipe_back(s->prev);
	return ret;
}

/* Nothing sets another one here. */
int snipe_again(struct snipe *s)
{
	int ret, tries = 3;

	do {
		ret = iommu_attach_group(s->domain, s->group);	/* caller: class=passes-on */
	} while (ret == -EAGAIN && --tries);
	return ret;
}

/* The twin: a variable that is assigned. */
int snipe_plain(struct snipe *s)
{
	struct iommu_domain *domain;
	int ret = -ENODEV;

	for (domain = snipe_first(s); domain; domain = snipe_next(s, domain)) {
		ret = iommu_attach_group(domain, s->group);	/* caller: class=search-einval-only */
		if (ret != -EINVAL)
			break;
	}
	return ret;
}
