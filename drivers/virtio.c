/*
 * drivers/virtio.c - virtio over PCI: find a device, talk about features, run its queues
 *
 * Purpose:    the part that all virtio drivers share.  A queue is three tables in one page that both
 *             sides read: descriptors (address and length of a buffer), what the driver has made
 *             available, what the device has used.
 *
 *               driver: desc[n] = buffer -> avail.ring[idx % size] = n, idx++ -> doorbell
 *               device: works on it      -> used.ring[idx % size] = { n, bytes }, idx++ -> interrupt
 *
 * Invariants: entries are written before the index that announces them (x86 keeps stores in order;
 *             barrier() keeps the compiler).  What the device says is checked: a number of a
 *             descriptor that it does not have is ignored.
 * Simplified: the modern interface only (virtio 1.0), which transitional devices offer too; one interrupt.
 * Sources:    OASIS, Virtual I/O Device (VIRTIO) Version 1.0, "Split Virtqueues", "Virtio Over PCI
 *             Bus", "Device Initialization".
 */
#include <boot_info.h>
#include <err.h>
#include <mm.h>
#include <slab.h>
#include <virtio.h>

#define VIRTIO_VENDOR	0x1af4

struct virtio_common {
	u32 device_feature_select, device_feature, driver_feature_select, driver_feature;
	u16 msix_config, num_queues;
	u8 device_status, config_generation;
	u16 queue_select, queue_size, queue_msix_vector, queue_enable, queue_notify_off;
	u32 queue_desc_lo, queue_desc_hi, queue_driver_lo, queue_driver_hi;
	u32 queue_device_lo, queue_device_hi;
};
_Static_assert(sizeof(struct virtio_common) == 56, "virtio_pci_common_cfg");

enum { CAP_COMMON = 1, CAP_NOTIFY, CAP_ISR, CAP_DEVICE };
#define STATUS_ACKNOWLEDGE	1
#define STATUS_DRIVER		2
#define STATUS_DRIVER_OK	4
#define STATUS_FEATURES_OK	8
#define STATUS_FAILED		128
#define F_VERSION_1		32
#define NO_VECTOR		0xffff

struct vring_desc {
	u64 addr;
	u32 len;
	u16 flags, next;
};
#define DESC_NEXT 1		/* ->next is the next piece of the same buffer */
#define DESC_WRITE 2		/* the device writes */

struct vring_avail {
	u16 flags, idx, ring[];
};
struct vring_used {
	u16 flags, idx;
	struct { u32 id, len; } ring[];
};
#define AVAIL_OFFSET	2048	/* behind VIRTQ_MAX descriptors */
#define USED_OFFSET	2560
_Static_assert(VIRTQ_MAX * sizeof(struct vring_desc) <= AVAIL_OFFSET &&
	       AVAIL_OFFSET + 6 + VIRTQ_MAX * 2 <= USED_OFFSET && USED_OFFSET + 6 + VIRTQ_MAX * 8 <= PAGE_SIZE,
	       "a queue is a page");

/* ---- set-up ---- */

/* Map the structure that the capabilities call @type. */
static volatile void *map_structure(struct virtio_dev *dev, u8 type, u32 *multiplier)
{
	const struct pci_dev *d = &dev->pci;

	for (u8 cap = 0; (cap = pci_capability(d, PCI_CAP_VENDOR, cap));) {
		if (pci_read8(d, cap + 3) != type)
			continue;
		if (multiplier)
			*multiplier = pci_read32(d, cap + 16);
		return pci_map_bar(d, pci_read8(d, cap + 4), pci_read32(d, cap + 8),
				   pci_read32(d, cap + 12));
	}
	return NULL;
}

static bool agree_on_features(struct virtio_dev *dev, u64 required, u64 optional)
{
	volatile struct virtio_common *c = dev->common;
	u64 offered = 0;

	required |= BIT(F_VERSION_1);
	for (u32 half = 0; half < 2; half++) {
		c->device_feature_select = half;
		offered |= (u64)c->device_feature << 32 * half;
	}
	if (required & ~offered)
		return false;
	dev->features = required | (optional & offered);
	for (u32 half = 0; half < 2; half++) {
		c->driver_feature_select = half;
		c->driver_feature = dev->features >> 32 * half;
	}
	c->device_status |= STATUS_FEATURES_OK;
	return c->device_status & STATUS_FEATURES_OK;
}

int virtio_probe(struct virtio_dev *dev, u16 device, u16 legacy_device, unsigned int nth, u64 required, u64 optional)
{
	volatile struct virtio_common *c;

	if (!pci_find(VIRTIO_VENDOR, device, legacy_device, nth, &dev->pci))
		return -ENODEV;
	pci_write16(&dev->pci, PCI_COMMAND, pci_read16(&dev->pci, PCI_COMMAND) | PCI_COMMAND_MEMORY |
		    PCI_COMMAND_MASTER);
	c = dev->common = map_structure(dev, CAP_COMMON, NULL);
	dev->notify = map_structure(dev, CAP_NOTIFY, &dev->notify_multiplier);
	dev->config = map_structure(dev, CAP_DEVICE, NULL);
	dev->isr = map_structure(dev, CAP_ISR, NULL);
	if (!c || !dev->notify || !dev->config || !dev->isr)
		return -EOPNOTSUPP;
	c->device_status = 0;
	for (int i = 0; i < 1000000 && c->device_status; i++)
		barrier();
	c->device_status = STATUS_ACKNOWLEDGE;
	c->device_status |= STATUS_DRIVER;
	if (!agree_on_features(dev, required, optional)) {
		c->device_status |= STATUS_FAILED;
		return -EOPNOTSUPP;
	}
	return 0;
}

void virtio_irq(struct virtio_dev *dev, irq_handler_t fn, void *arg, const char *name)
{
	bool no_irq = cmdline_has("irqpoll");	/* Linux's word, for machines whose interrupts do not arrive */

	dev->has_msix = !no_irq && !pci_enable_msix(&dev->pci, fn, arg, name);
	dev->has_irq = dev->has_msix || (!no_irq && !pci_enable_intx(&dev->pci, fn, arg));
	dev->common->msix_config = NO_VECTOR;
}

int virtio_setup_queue(struct virtio_dev *dev, struct virtqueue *q, u16 index)
{
	volatile struct virtio_common *c = dev->common;
	struct page *page;
	u64 pa;

	c->queue_select = index;
	q->size = min_t(u16, c->queue_size, VIRTQ_MAX);
	if (!q->size)
		return -ENODEV;
	q->token = kzalloc(q->size * sizeof(q->token[0]), GFP_KERNEL);
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page || !q->token) {
		kfree(q->token);
		if (page)
			__free_page(page);
		return -ENOMEM;
	}
	pa = page_to_phys(page);
	q->dev = dev;
	q->index = index;
	q->desc = page_address(page);
	q->avail = page_address(page) + AVAIL_OFFSET;
	q->used = page_address(page) + USED_OFFSET;
	q->seen = 0;
	q->nr_free = q->size;
	q->free = 0;
	for (u16 i = 0; i < q->size; i++)
		q->desc[i].next = i + 1;
	c->queue_size = q->size;
	c->queue_msix_vector = dev->has_msix ? 0 : NO_VECTOR;
	c->queue_desc_lo = pa;
	c->queue_desc_hi = pa >> 32;
	c->queue_driver_lo = pa + AVAIL_OFFSET;
	c->queue_driver_hi = (pa + AVAIL_OFFSET) >> 32;
	c->queue_device_lo = pa + USED_OFFSET;
	c->queue_device_hi = (pa + USED_OFFSET) >> 32;
	q->doorbell = (volatile u16 *)(dev->notify + c->queue_notify_off * dev->notify_multiplier);
	c->queue_enable = 1;
	return 0;
}

void virtio_ready(struct virtio_dev *dev)
{
	dev->common->device_status |= STATUS_DRIVER_OK;
}

/* ---- a queue at work ---- */

bool virtq_add(struct virtqueue *q, void *buf, u32 len, bool in, void *token)
{
	return virtq_add_chain(q, &(struct virtq_piece){ __pa(buf), len, in }, 1, token);
}

bool virtq_add_chain(struct virtqueue *q, const struct virtq_piece *pieces, unsigned int nr, void *token)
{
	u16 head = q->free, n = head;

	if (nr > q->nr_free)
		return false;
	for (unsigned int i = 0; i < nr; i++) {
		struct vring_desc *d = &q->desc[n];

		n = d->next;
		d->addr = pieces[i].addr;
		d->len = pieces[i].len;
		d->flags = (pieces[i].in ? DESC_WRITE : 0) | (i + 1 < nr ? DESC_NEXT : 0);
	}
	q->free = n;
	q->nr_free -= nr;
	q->token[head] = token;
	q->avail->ring[q->avail->idx % q->size] = head;
	barrier();
	q->avail->idx++;
	return true;
}

void virtq_kick(struct virtqueue *q)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*q->doorbell = q->index;
}

/* The chain that begins with descriptor @head is ours again; what its buffer was called. */
static void *release(struct virtqueue *q, u32 head)
{
	void *token = q->token[head];
	u32 n = head;

	q->token[head] = NULL;
	for (q->nr_free++; q->desc[n].flags & DESC_NEXT; q->nr_free++)
		n = q->desc[n].next;
	q->desc[n].next = q->free;
	q->free = head;
	return token;
}

void *virtq_take(struct virtqueue *q, u32 *len)
{
	u32 n;

	if (q->seen == q->used->idx)
		return NULL;
	barrier();
	n = q->used->ring[q->seen % q->size].id;
	if (len)
		*len = q->used->ring[q->seen % q->size].len;
	q->seen++;
	if (n >= q->size || !q->token[n])
		return NULL;		/* the device is confused */
	return release(q, n);
}

void virtq_forget(struct virtqueue *q, const void *token)
{
	for (u32 n = 0; n < q->size; n++)
		if (token && q->token[n] == token)
			release(q, n);
}
