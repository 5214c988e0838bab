// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper gives back the domain it was given, or NULL; its caller compares with the domain. And an iterator of
 * another subsystem hands back what its callback returned, and nothing of its own.
 * Right: NULL is not the domain: that failure arrives as the caller's errno, no success is lost. Where the callback
 * only says 0 or 1, neither does the iterator fail.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/slab.h>

struct twite_link { int id; struct twite_domain *domain; };
struct twite_domain { struct iommu_domain domain; int mode; };
struct twite_master { struct twite_link *link; struct pci_dev *pdev; int mode; };

#define to_twite_domain(d) container_of(d, struct twite_domain, domain)

int pci_for_each_dma_alias(struct pci_dev *pdev, int (*fn)(struct pci_dev *pdev, u16 alias, void *data), void *data);

static struct twite_domain *twite_link(struct twite_master *m, struct twite_domain *td)
{
	struct twite_link *link = kzalloc(sizeof(*link), GFP_KERNEL);

	if (!link)
		return NULL;
	if (m->link) {
		kfree(link);
		return m->link->domain;
	}
	link->domain = td;
	m->link = link;
	return td;
}

static int twite_attach(struct iommu_domain *domain, struct device *dev)
{
	struct twite_domain *td = to_twite_domain(domain), *now;

	now = twite_link(dev_iommu_priv_get(dev), td);	/* none: each failure ends in EBUSY */
	if (now != td)
		return -EBUSY;	/* site: errno=EBUSY verdict=ok|review */
	return 0;
}

static int twite_found(struct pci_dev *pdev, u16 alias, void *data)
{
	struct twite_link **link = data;

	if (!alias)
		return 0;
	(*link)->id = alias;
	return 1;
}

static int twite_fits(struct pci_dev *pdev, u16 alias, void *data)
{
	struct twite_domain *td = data;

	return td->mode == alias ? 0 : -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
}

static int twite_alias_attach(struct iommu_domain *domain, struct device *dev)
{
	struct twite_master *m = dev_iommu_priv_get(dev);
	int ret;

	if (pci_for_each_dma_alias(m->pdev, twite_found, &m->link))	/* none: 0 or 1, no errno */
		return 0;
	ret = pci_for_each_dma_alias(m->pdev, twite_fits, to_twite_domain(domain));	/* site: errno=propagated:pci_for_each_dma_alias class=propagated */
	if (ret)
		return ret;
	m->mode = to_twite_domain(domain)->mode;
	return 0;
}

static const struct iommu_domain_ops twite_ops = { .attach_dev = twite_attach };
static const struct iommu_domain_ops twite_alias_ops = { .attach_dev = twite_alias_attach };
