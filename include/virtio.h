/*
 * virtio.h - devices that QEMU offers to guests: queues of buffers in memory
 *
 * Process context unless stated.  One user of a queue at a time: the caller's business.
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include <pci.h>

struct virtio_common;

struct virtio_dev {
	struct pci_dev pci;
	volatile struct virtio_common *common;
	volatile u8 *notify, *config;	/* config: the device's own registers */
	volatile u8 *isr;		/* read: why it interrupted by its pin, which ends that */
	u32 notify_multiplier;
	u64 features;			/* agreed on */
	bool has_irq;			/* else the driver must look */
	bool has_msix;			/* else it interrupts by its pin: read *isr */
};

#define VIRTQ_MAX 128			/* descriptors: with all the rest they fit into a page */

struct vring_desc;
struct vring_avail;
struct vring_used;

/* One piece of what is given to the device: bytes at a physical address. */
struct virtq_piece {
	u64 addr;
	u32 len;
	bool in;			/* the device writes it */
};

/* A split virtqueue.  A buffer is a chain of descriptors, known by the first. */
struct virtqueue {
	struct virtio_dev *dev;
	u16 index, size;
	struct vring_desc *desc;
	volatile struct vring_avail *avail;
	volatile struct vring_used *used;
	volatile u16 *doorbell;
	u16 free, nr_free;		/* descriptors that are not the device's, a chain by ->next */
	u16 seen;			/* used entries taken so far */
	void **token;			/* by first descriptor: what the driver calls the buffer */
};

/*
 * Find the @nth device of its kind, reset it, agree on features: all of @required, of @optional what it has.
 * 0, -ENODEV (not there), -EOPNOTSUPP (there, but too old or without what is required).
 */
int virtio_probe(struct virtio_dev *dev, u16 device, u16 legacy_device, unsigned int nth, u64 required, u64 optional);
/* Interrupts by message, or by pin, or (!has_irq) none. */
void virtio_irq(struct virtio_dev *dev, irq_handler_t fn, void *arg, const char *name);
/* Queue @index, before virtio_ready().  0, -ENODEV (no such queue), -ENOMEM. */
int virtio_setup_queue(struct virtio_dev *dev, struct virtqueue *q, u16 index);
void virtio_ready(struct virtio_dev *dev);
/* Give the device a buffer of @nr pieces, those it reads first.  False: no room for so many now. */
bool virtq_add_chain(struct virtqueue *q, const struct virtq_piece *pieces, unsigned int nr, void *token);
/* One piece: a buffer in the direct map, to fill (@in) or to read.  False: the queue is full. */
bool virtq_add(struct virtqueue *q, void *buf, u32 len, bool in, void *token);
void virtq_kick(struct virtqueue *q);
/* A buffer that the device has finished with: its token, and how much it wrote; NULL: none. */
void *virtq_take(struct virtqueue *q, u32 *len);
/* The buffer of this token will not come back: its place in the queue is free. */
void virtq_forget(struct virtqueue *q, const void *token);

#endif
