// SPDX-License-Identifier: GPL-2.0-only
/* Invented drivers: what attach_no_resource.cocci must find, and must leave alone. */

static int fjord_slot(struct fjord_iommu *iommu)
{
	int slot = find_first_zero_bit(iommu->slots, iommu->num_slots);

	if (slot >= iommu->num_slots)
		return -EBUSY; /* match */
	set_bit(slot, iommu->slots);
	return slot;
}

static int fjord_context(struct fjord_iommu *iommu)
{
	int ret = find_next_zero_bit(iommu->contexts, 16, 1);

	if (ret != 16)
		set_bit(ret, iommu->contexts);
	else
		ret = -ENODEV; /* match */
	return ret;
}

static int fjord_tables(struct fjord_domain *fdom, struct fjord_iommu *iommu)
{
	fdom->pgtbl = alloc_io_pgtable_ops(FJORD_FMT, &fdom->cfg, fdom);
	if (!fdom->pgtbl)
		return -EINVAL; /* match */
	return 0;
}

static int fjord_shadow(struct fjord_domain *fdom)
{
	fdom->shadow = fjord_alloc_shadow(fdom);
	if (fdom->shadow == NULL)
		return -ENOMEM; /* as it should be */
	return 0;
}

static int fjord_log(struct fjord_domain *fdom)
{
	fdom->log = (void *)get_zeroed_page(GFP_KERNEL);
	if (!fdom->log)
		return -ENOMEM;
	return 0;
}

static int fjord_stop(struct fjord_master *master)
{
	if (!master->running)
		return -ENODEV;
	return 0;
}

static int fjord_attach(struct iommu_domain *domain, struct device *dev)
{
	struct fjord_domain *fdom = to_fjord_domain(domain);
	struct fjord_master *master = dev_iommu_priv_get(dev);
	struct fjord_entry *entry;
	int ret, id;

	if (master->attached)
		return -EPERM; /* match, no edit */

	if (master->domain && master->domain != domain)
		return -EEXIST; /* match, no edit */

	if (master->in_use)
		return -EINVAL; /* a review: left to others */

	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -EFAULT; /* match */

	entry = fjord_find_allocation(dev);
	if (!entry)
		return -ENODEV; /* a look-up */

	id = ida_alloc(&fdom->ids, GFP_KERNEL);
	if (id < 0)
		return -EBUSY; /* match */

	fjord_log(fdom); /* match, no edit */
	fjord_stop(master); /* it can run out of nothing */

	ret = fjord_slot(master->iommu);
	if (ret < 0)
		return ret;

	ret = fjord_context(master->iommu);
	if (ret < 0)
		goto out;

	ret = fjord_tables(fdom, master->iommu);
	if (ret)
		goto out;

	ret = fjord_shadow(fdom);
	if (ret) {
		ret = -ENODEV; /* match, no edit: ENOMEM is hidden */
		goto out;
	}

	ret = -ENOSPC;
	if (!kcalloc(fdom->num, sizeof(*entry), GFP_KERNEL)) /* match: +1 */
		goto out;
	if (!devm_kmemdup(dev, fdom, sizeof(*fdom), GFP_KERNEL)) /* match: +1 */
		goto out;
	ret = 0;
out:
	return ret;
}

static const struct iommu_domain_ops fjord_ops = {
	.attach_dev	= fjord_attach,
};
