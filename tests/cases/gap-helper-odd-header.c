// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: a helper whose definition does not look like one: its name in parentheses, its header made by a macro, its
 * parameters declared the old way, its body reached through an alias.
 * Right: found in the helper, or a gap in coverage: "What it could not read is said" (README).
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct scaup_domain { struct iommu_domain domain; u32 mode; };
struct scaup_master { u32 mode; };

#define to_scaup_domain(d) container_of(d, struct scaup_domain, domain)

/* The twin. */
static int scaup_plain(struct scaup_domain *sdom, struct scaup_master *master)
{
	if (sdom->mode != master->mode)
		return -EFAULT;	/* site: errno=EFAULT class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int (scaup_named)(struct scaup_domain *sdom, struct scaup_master *master)
{
	if (sdom->mode != master->mode)
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL gap=scaup_named_attach */
	return 0;
}

#define SCAUP_CHECK(name) \
	static int scaup_##name(struct scaup_domain *sdom, struct scaup_master *master)

SCAUP_CHECK(made)
{
	if (sdom->mode != master->mode)
		return -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL gap=scaup_made_attach */
	return 0;
}

static int scaup_old(sdom, master)
	struct scaup_domain *sdom;
	struct scaup_master *master;
{
	if (sdom->mode != master->mode)
		return -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL gap=scaup_old_attach */
	return 0;
}

int scaup_body(struct scaup_domain *sdom, struct scaup_master *master)
{
	if (sdom->mode != master->mode)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL gap=scaup_alias_attach */
	return 0;
}

int scaup_alias(struct scaup_domain *sdom, struct scaup_master *master) __alias("scaup_body");

static int scaup_named_attach(struct iommu_domain *domain, struct device *dev)
{
	return scaup_named(to_scaup_domain(domain), dev_iommu_priv_get(dev));
}

static int scaup_made_attach(struct iommu_domain *domain, struct device *dev)
{
	return scaup_made(to_scaup_domain(domain), dev_iommu_priv_get(dev));
}

static int scaup_old_attach(struct iommu_domain *domain, struct device *dev)
{
	return scaup_old(to_scaup_domain(domain), dev_iommu_priv_get(dev));
}

static int scaup_alias_attach(struct iommu_domain *domain, struct device *dev)
{
	return scaup_alias(to_scaup_domain(domain), dev_iommu_priv_get(dev));
}

static int scaup_plain_attach(struct iommu_domain *domain, struct device *dev)
{
	return scaup_plain(to_scaup_domain(domain), dev_iommu_priv_get(dev));
}

const struct iommu_domain_ops scaup_named_ops = { .attach_dev = scaup_named_attach };
const struct iommu_domain_ops scaup_made_ops = { .attach_dev = scaup_made_attach };
const struct iommu_domain_ops scaup_old_ops = { .attach_dev = scaup_old_attach };
const struct iommu_domain_ops scaup_alias_ops = { .attach_dev = scaup_alias_attach };
const struct iommu_domain_ops scaup_plain_ops = { .attach_dev = scaup_plain_attach };
