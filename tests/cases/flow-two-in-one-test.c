// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: one test for two things, the errno of a call and something else; the return chooses between the two.
 * Right: as with two tests: the constant is what the other one decides.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct topaz_domain { struct iommu_domain domain; u32 mode; void *unit; };
struct topaz_master { u32 id; u32 mode; void *unit; struct clk *clk; };

#define to_topaz_domain(d) container_of(d, struct topaz_domain, domain)

int topaz_fw_call(u32 id, u32 *answer);

static int topaz_equal(struct topaz_master *m)
{
	u32 answer = 0;
	int err = topaz_fw_call(m->id, &answer);	/* open: whether a firmware's errno is kept */

	if (err || answer != 0)
		return err == 0 ? -EINVAL : err;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
	return 0;
}

static int topaz_inner(struct topaz_master *m)
{
	u32 answer = 0;
	int err;

	err = topaz_fw_call(m->id, &answer);	/* open: whether a firmware's errno is kept */
	if (err || answer) {
		if (!err)
			err = -EINVAL;	/* site: errno=EINVAL class=hard verdict=change expected=ENODEV */
		return err;
	}
	return 0;
}

static int topaz_compare(struct topaz_domain *td, struct topaz_master *m)
{
	int err = clk_enable(m->clk);	/* site: errno=propagated:clk_enable class=propagated verdict=ok expected=keep */

	if (err < 0 || td->unit != m->unit)
		return err < 0 ? err : -ENXIO;	/* site: errno=ENXIO class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int topaz_goto(struct topaz_domain *td, struct topaz_master *m)
{
	int err = clk_enable(m->clk);	/* site: errno=propagated:clk_enable class=propagated verdict=ok expected=keep */

	if (err || td->mode > m->mode)
		goto fail;
	return 0;
fail:
	return err ?: -ERANGE;	/* site: errno=ERANGE class=incompatible verdict=change expected=EINVAL */
}

static int topaz_turned(struct topaz_domain *td, struct topaz_master *m)
{
	bool misfit = td->mode != m->mode;
	int err = clk_enable(m->clk);	/* site: errno=propagated:clk_enable class=propagated verdict=ok expected=keep */

	if (misfit || err)
		return err ? err : -EPERM;	/* site: errno=EPERM class=incompatible verdict=change expected=EINVAL */
	return 0;
}

static int topaz_attach(struct iommu_domain *domain, struct device *dev)
{
	struct topaz_domain *td = to_topaz_domain(domain);
	struct topaz_master *m = dev_iommu_priv_get(dev);
	int err;

	err = topaz_equal(m);
	if (err)
		return err;
	err = topaz_inner(m);
	if (err)
		return err;
	err = topaz_goto(td, m);
	if (err)
		return err;
	err = topaz_turned(td, m);
	if (err)
		return err;
	return topaz_compare(td, m);
}

const struct iommu_domain_ops topaz_ops = { .attach_dev = topaz_attach };
