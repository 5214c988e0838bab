// SPDX-License-Identifier: GPL-2.0-only
/* Invented drivers: what attach_incompatible.cocci must find, and must leave alone. */

static int varn_attach_dev(struct iommu_domain *domain, struct device *dev)
{
	struct varn_domain *vdom = to_varn_domain(domain);
	struct varn_master *master = dev_iommu_priv_get(dev);
	struct varn_iommu *iommu = master->iommu;
	u64 mask = varn_mask(iommu);
	int ret = 0;

	if (!master)
		return -ENXIO; /* the device alone */

	if (master->domain != vdom)
		return -EBUSY; /* the device has a domain: busy, no misfit */

	if (vdom->iommu != iommu)
		return -EXDEV; /* match */

	if (vdom->ias > master->ias) { /* match: +1 +2 */
		dev_err(dev, "too wide\n");
		return -EFAULT;
	}
	varn_note(vdom);

	if (!(domain->pgsize_bitmap & master->iommu->pgsizes))
		return dev_err_probe(dev, -EOPNOTSUPP, "no page size\n"); /* match, twice: errno and message */

	if (vdom->stage != master->stage)
		return -EINVAL; /* as it should be */

	if (vdom->root & ~mask) {
		ret = -ERANGE; /* match */
		goto out;
	} else {
		ret = varn_program(vdom, master);
	}

	if (vdom->format != master->format) {
		vdom->shadow = kzalloc(SZ_4K, GFP_KERNEL);
		if (!vdom->shadow)
			return -ENOMEM; /* the inner branch decides */
		varn_convert(vdom, master);
	}

	if (!vdom->users) {
		ret = varn_init(vdom, iommu);
		if (ret == -EBUSY)
			goto out;
	} else if (vdom->asid != master->asid) {
		ret = -EPERM; /* match */
	}
out:
	return ret;
}

static int varn_hardware(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	struct varn_domain *vdom = to_varn_domain(domain);
	struct varn_master *master = dev_iommu_priv_get(dev);
	u32 asid = readl(master->base + VARN_ASID);
	int status = varn_fw_bind(vdom->asid, master->sid);

	if (readl(master->base) != vdom->asid)
		return -EFAULT; /* a register, not the device's configuration */
	if (asid != vdom->asid)
		return -EIO; /* the same, by way of a variable */
	if (status != master->expected)
		return -EIO; /* firmware, asked with both */
	if (vdom->num_ports != vdom->max_ports)
		return -ENODEV; /* the domain with itself */
	if (old != domain)
		return -EBUSY; /* two domains */
	return 0;
}

/* No callback calls it. */
static int varn_compare(struct varn_domain *vdom, struct varn_master *master)
{
	if (vdom->iommu != master->iommu)
		return -EXDEV;
	return 0;
}

/* Same names of variables as above, neither of them from the parameters. */
static int varn_probe(struct iommu_domain *domain, struct device *dev)
{
	struct varn_domain *vdom = varn_first_domain();
	struct varn_master *master = varn_first_master();

	if (vdom->iommu != master->iommu)
		return -EXDEV; /* of unknown origin */
	return 0;
}

static const struct iommu_domain_ops varn_ops = {
	.attach_dev	= varn_attach_dev,
};

static const struct iommu_domain_ops varn_hardware_ops = {
	.attach_dev	= varn_hardware,
};

static const struct iommu_domain_ops varn_probe_ops = {
	.attach_dev	= &varn_probe,
};

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
		/* match: +1 */
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
		/* match: +1 */
		pr_warn_ratelimited("torv: wrong stage\n");
		ret = -EINVAL;
		goto out;
	} else if (tdom->stall != master->stall) {
		/* match: +1 */
		dev_err(dev, "stall differs\n");
		return -EINVAL;
	}

	if (!(domain->pgsize_bitmap & master->iommu->pgsizes))
		/* match: +1 */
		return dev_err_probe(dev, -EINVAL, "no page size\n");

	if (tdom->format != master->format) { /* match: +1 +3 */
		dev_err(dev, "format differs: %u, %u\n",
			tdom->format, master->format);
		return -EXDEV;
	}

	if (tdom->asid != master->asid) {
		ret = -EINVAL;
		/* match: +1 */
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

static const struct iommu_ops torv_ops = {
	.default_domain_ops = &(const struct iommu_domain_ops) {
		.attach_dev	= torv_attach_dev,
	},
};

/* Helpers: which parameter is whose follows from the call. */
static bool lune_fits(struct lune_domain *ldom, struct lune_master *master)
{
	return ldom->quirks == master->quirks;
}

static int lune_check(struct lune_master *who, struct lune_domain *what, bool deep)
{
	struct lune_hw hw;

	lune_read_tables(&what->tables, &hw);

	if (!lune_supports(who->iommu, hw.mode))
		return -ENODEV; /* match: what was filled from the domain, asked of the device */
	if (!lune_fits(what, who))
		return -ENXIO; /* match */
	if (what->ports & ~who->ports)
		return -E2BIG; /* match */
	if (deep && what->depth > who->depth)
		return -EPERM; /* the only call says false */
	if (what->slots && !who->slots)
		return -ENOMEM; /* it may name what was missing */
	if (WARN_ON(what->depth > who->depth))
		return -EPERM; /* a bug, not an answer */
	if (what->unit != who->unit)
		return -EEXIST; /* the caller makes 0 of it */
	return 0;
}

static int lune_tell(struct lune_domain *ldom, struct lune_master *master)
{
	if (ldom->width > master->width)
		return -EINVAL;
	return 0;
}

static int lune_refuse(struct lune_domain *ldom, struct lune_master *master)
{
	if (ldom->width > master->width)
		return -EPERM; /* its caller returns an errno of its own */
	return 0;
}

static int lune_attach(struct iommu_domain *domain, struct device *dev)
{
	struct lune_domain *ldom = container_of(domain, struct lune_domain, domain);
	struct lune_master *master = dev_iommu_priv_get(dev);
	int ret;

	ret = lune_check(master, ldom, false);
	if (ret == -EEXIST)
		return 0;
	if (ret)
		return ret;

	ret = lune_tell(ldom, master);
	if (ret) {
		dev_err(dev, "width: %d\n", ret); /* match, no edit: nothing else can fail there */
		return ret;
	}

	if (lune_refuse(ldom, master))
		return -EBUSY; /* what it fails for is not looked up in a condition */

	if (lune_program(ldom, master))
		return -EIO; /* an action on both */

	return 0;
}

/* Set before, for one exit and for several; left in a switch, with success. */
static int mire_attach(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
{
	struct mire_domain *mdom = to_mire_domain(domain);
	struct mire_master *master = dev_iommu_priv_get(dev);
	int err = -EXDEV;

	if (mdom->iommu != master->iommu) /* match: +1 */
		goto out;

	if (mdom->bits > master->bits) { /* match: +1 +2 */
		dev_warn(dev, "bits\n");
		goto out;
	}

	if (mdom->asid != master->asid)
		return err; /* match */

	switch (mdom->kind) {
	case MIRE_PLAIN:
		break;
	case MIRE_NESTED:
		if (!master->nested)
			return -EOPNOTSUPP; /* the kind of domain led here: it may be either */
		break;
	default: /* match: +1 +2 */
		dev_err(dev, "unknown kind\n");
		return -EPERM;
	}

	if (mdom->vmid != master->vmid)
		return 0; /* match, no edit */

	if (mdom->lazy && !master->lazy)
		return 0; /* an option, and none is taken */

	if (master->domain == domain)
		return 0; /* attached already */

	if (mdom->held)
		return -EBUSY; /* match: the domain alone */

	if (!mdom)
		return -ENXIO; /* never */

	err = mire_start(mdom, master);
	if (mdom->features & ~master->features) { /* match: +1 */
		dev_err_ratelimited(dev, "features\n");
		err = -EINVAL;
	}
out:
	mutex_unlock(&mdom->lock);
	return err;
}

static struct iommu_domain_ops mire_ops = {
	.attach_dev	= mire_attach,
};

static int once_attach(struct iommu_domain *domain, struct device *dev)
{
	int ret = -EXDEV; /* match: for one exit alone */

	if (to_once_domain(domain)->iommu != dev_to_once(dev)->iommu)
		goto out;
	ret = once_start(dev);
out:
	return ret;
}

static const struct iommu_domain_ops lune_ops = {
	.attach_dev	= lune_attach,
};

static const struct iommu_domain_ops once_ops = {
	.attach_dev	= once_attach,
};
