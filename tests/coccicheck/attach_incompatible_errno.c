// SPDX-License-Identifier: GPL-2.0-only
/* Invented drivers: what attach_incompatible_errno.cocci must find, and must leave alone. */

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

	if (vdom->ias > master->ias) {
		dev_err(dev, "too wide\n");
		return -EFAULT; /* match */
	}

	if (!(domain->pgsize_bitmap & master->iommu->pgsizes))
		return dev_err_probe(dev, -EOPNOTSUPP, "no page size\n"); /* match */

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

/* Another signature: what is the domain's and what the device's is not known. */
static int varn_compare(struct varn_domain *vdom, struct varn_master *master)
{
	if (vdom->iommu != master->iommu)
		return -EXDEV; /* not a callback */
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
