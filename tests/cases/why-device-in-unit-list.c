// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of an IOMMU's clients, reached through the domain, is searched for the device itself: it is in use,
 * whatever the domain. What a client on it has, compared with the domain, is a misfit.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>

struct sanicle_client { struct list_head node; struct device *dev; u32 mode; };
struct sanicle_iommu { struct list_head clients; };
struct sanicle_domain { struct iommu_domain domain; struct sanicle_iommu *iommu; u32 mode; };

#define to_sanicle_domain(d) container_of(d, struct sanicle_domain, domain)

static int sanicle_attach(struct iommu_domain *domain, struct device *dev)
{
	struct sanicle_iommu *iommu = to_sanicle_domain(domain)->iommu;
	struct sanicle_client *client;

	list_for_each_entry(client, &iommu->clients, node)
		if (client->dev == dev)
			return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	return 0;
}

static int sanicle_logged_attach(struct iommu_domain *domain, struct device *dev)
{
	struct sanicle_iommu *iommu = to_sanicle_domain(domain)->iommu;
	struct sanicle_client *client;

	list_for_each_entry(client, &iommu->clients, node) {
		if (client->dev == dev) {
			dev_err(dev, "attached already\n");
			return -EINVAL;	/* site: errno=EINVAL class=busy verdict=review expected=EBUSY */
		}
	}
	return 0;
}

/* What a client on the list has is compared with the domain: a misfit. */
static int sanicle_mode_attach(struct iommu_domain *domain, struct device *dev)
{
	struct sanicle_domain *sdom = to_sanicle_domain(domain);
	struct sanicle_client *client;

	list_for_each_entry(client, &sdom->iommu->clients, node)
		if (client->mode != sdom->mode)
			return -EXDEV;	/* site: errno=EXDEV class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops sanicle_ops = { .attach_dev = sanicle_attach };
const struct iommu_domain_ops sanicle_logged_ops = { .attach_dev = sanicle_logged_attach };
const struct iommu_domain_ops sanicle_mode_ops = { .attach_dev = sanicle_mode_attach };
