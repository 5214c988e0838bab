/* SPDX-License-Identifier: GPL-2.0-only */

static inline int header_check(struct header_domain *domain, struct header_unit *unit, struct device *dev)
{
	if (domain->unit != unit) {
		dev_err(dev, "another unit\n");
		return -EXDEV;
	}
	return 0;
}
