// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kind: what the device holds is taken by the test itself: cmpxchg() of the pointer to its domain; a
 * table with the domain of each stream; and a device in an array of the domain's own.
 * Right: busy, whatever is put there: the state is the device's. EBUSY is ok; of the domain's own array it is arguable, and
 * no other errno is demanded. A reference that cannot be taken any more is a question, not an action: what it is of decides.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>

struct serin_domain { struct iommu_domain domain; struct device *users[4]; struct serin_space *space; };
struct serin_space { int users; };
struct serin_port { struct serin_domain *now; struct serin_domain **owners; int streams; };

static struct serin_domain *serin_of(struct iommu_domain *d)
{
	return container_of(d, struct serin_domain, domain);
}

static int serin_swap_attach(struct iommu_domain *domain, struct device *dev)
{
	struct serin_port *port = dev_iommu_priv_get(dev);

	if (cmpxchg(&port->now, NULL, serin_of(domain)))
		return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	return 0;
}

static int serin_array_attach(struct iommu_domain *domain, struct device *dev)
{
	struct serin_domain *sdom = serin_of(domain);
	int i;

	for (i = 0; i < 4; i++) {
		if (dev != sdom->users[i])
			continue;
		return -EEXIST;	/* site: errno=EEXIST class=busy|incompatible verdict=review */
	}
	return 0;
}

/* A table of the unit's that says which domain each of the device's streams has. */
static int serin_table_attach(struct iommu_domain *domain, struct device *dev)
{
	struct serin_port *port = dev_iommu_priv_get(dev);
	int i;

	for (i = 0; i < port->streams; i++)
		if (port->owners[i] && port->owners[i] != serin_of(domain))
			return -EBUSY;	/* site: errno=EBUSY class=busy verdict=ok expected=EBUSY */
	return 0;
}

static int serin_reference_attach(struct iommu_domain *domain, struct device *dev)
{
	struct serin_domain *sdom = serin_of(domain);

	if (!refcount_inc_not_zero(&sdom->space->users))
		return -ESRCH;	/* site: errno=ESRCH class=incompatible verdict=change expected=EINVAL */
	return 0;
}

const struct iommu_domain_ops serin_table_ops = { .attach_dev = serin_table_attach };
const struct iommu_domain_ops serin_swap_ops = { .attach_dev = serin_swap_attach };
const struct iommu_domain_ops serin_array_ops = { .attach_dev = serin_array_attach };
const struct iommu_domain_ops serin_reference_ops = { .attach_dev = serin_reference_attach };
