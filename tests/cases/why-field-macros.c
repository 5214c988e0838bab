// SPDX-License-Identifier: GPL-2.0-only
/*
 * Field macros are no errnos and keep what goes into them; truth values against constants.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#define SMEW_TO_BANK(id) (((id) >> 5) & 0x1f)
#define SMEW_TO_PORT(id) ((id) & 0x1f)
#define SMEW_BIT(x) (1u << SMEW_TO_PORT(x))
struct smew_domain { struct iommu_domain domain; u32 bank; u32 kind; };
struct smew_master { u32 ids[2]; u32 kind; u32 ports; bool ready; };
#define to_smew(d) container_of(d, struct smew_domain, domain)

static bool smew_kinds_match(const struct smew_domain *d, const struct smew_master *m)
{
	return d->kind == m->kind;
}

static int smew_bank_of(struct smew_master *m)
{
	return SMEW_TO_BANK(m->ids[0]);	/* none: no errno */
}

static int smew_attach(struct iommu_domain *domain, struct device *dev)
{
	struct smew_domain *d = to_smew(domain);
	struct smew_master *m = dev_iommu_priv_get(dev);
	int bank = smew_bank_of(m);
	bool ok;

	if (bank < 0)
		return bank;
	if (d->bank != SMEW_TO_BANK(m->ids[1]))
		return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	if (smew_kinds_match(d, m) == false)
		return -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	if (!smew_kinds_match(d, m) == true)
		return -EPERM;	/* open: cannot happen, tested before */
	ok = smew_kinds_match(d, m);
	if (ok != true)
		return -EIO;	/* open: cannot happen, tested before */
	if (m->ready == false)
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (!(m->ports & SMEW_BIT(m->ids[0])))
		return -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	if (!!(d->kind & m->ports) == 0)
		return -EAGAIN;	/* site: errno=EAGAIN class=incompatible verdict=change expected=EINVAL */
	return 0;
}
const struct iommu_domain_ops smew_ops = { .attach_dev = smew_attach };
