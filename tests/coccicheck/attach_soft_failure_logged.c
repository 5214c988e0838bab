// SPDX-License-Identifier: GPL-2.0-only
/* Invented drivers: what attach_soft_failure_logged.cocci must find, and must leave alone. */

static int torv_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct torv_domain *tdom = to_torv_domain(domain);
	struct torv_master *master = dev_iommu_priv_get(dev);
	int ret = 0;

	if (!master) {
		dev_err(dev, "never probed\n"); /* a hard failure may be logged */
		return -EINVAL;
	}

	if (tdom->iommu != master->iommu) {
		/* match: next line */
		dev_err(dev, "domain of %s\n",
			dev_name(tdom->iommu->dev));
		return -EINVAL;
	}

	if (tdom->ias > master->ias) {
		dev_dbg(dev, "too wide\n"); /* below warning level */
		return -EINVAL;
	}

	if (tdom->oas > master->oas) {
		dev_info(dev, "too wide\n"); /* below warning level */
		return -EINVAL;
	}

	if (tdom->stage != master->stage) {
		/* match: next line */
		pr_warn_ratelimited("torv: wrong stage\n");
		ret = -EINVAL;
		goto out;
	} else if (tdom->stall != master->stall) {
		/* match: next line */
		dev_err(dev, "stall differs\n");
		return -EINVAL;
	}

	if (!(domain->pgsize_bitmap & master->iommu->pgsizes))
		/* match: next line */
		return dev_err_probe(dev, -EINVAL, "no page size\n");

	if (tdom->format != master->format) {
		dev_err(dev, "format differs\n"); /* another errno: first that */
		return -EXDEV;
	}

	if (tdom->asid != master->asid) {
		ret = -EINVAL;
		/* match: next line */
		dev_warn(dev, "asid differs\n");
	}

	if (tdom->root != master->root) {
		dev_warn(dev, "moved\n"); /* goes on, no failure */
		tdom->root = master->root;
	}

	if (readl(master->base) != tdom->asid) {
		dev_err(dev, "does not take the asid\n"); /* hardware */
		return -EINVAL;
	}
out:
	return ret;
}

static int torv_compare(struct torv_domain *tdom, struct torv_master *master)
{
	if (tdom->iommu != master->iommu) {
		dev_err(master->dev, "other instance\n"); /* not a callback */
		return -EINVAL;
	}
	return 0;
}
