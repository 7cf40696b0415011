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
	u32 notify_multiplier;
	bool has_irq;			/* else the driver must look */
};

#define VIRTQ_MAX 64

struct vring_desc;
struct vring_avail;
struct vring_used;

/* A split virtqueue; every buffer is one descriptor. */
struct virtqueue {
	struct virtio_dev *dev;
	u16 index, size;
	struct vring_desc *desc;
	volatile struct vring_avail *avail;
	volatile struct vring_used *used;
	volatile u16 *doorbell;
	u16 free[VIRTQ_MAX], nr_free;	/* descriptors that are not the device's */
	u16 seen;			/* used entries taken so far */
	void *token[VIRTQ_MAX];		/* by descriptor: what the driver calls the buffer */
};

/* Find the device, reset it, agree on features.  0, -ENODEV (not there, or too old), -ENOMEM. */
int virtio_probe(struct virtio_dev *dev, u16 device, u16 legacy_device, u64 features);
void virtio_irq(struct virtio_dev *dev, irq_handler_t fn, void *arg, const char *name);
/* Queue @index, before virtio_ready().  0, -ENODEV (no such queue), -ENOMEM. */
int virtio_setup_queue(struct virtio_dev *dev, struct virtqueue *q, u16 index);
void virtio_ready(struct virtio_dev *dev);
/* Give the device a buffer in the direct map, to fill (@in) or to read.  False: the queue is full. */
bool virtq_add(struct virtqueue *q, void *buf, u32 len, bool in, void *token);
void virtq_kick(struct virtqueue *q);
/* A buffer that the device has finished with: its token, and how much it wrote; NULL: none. */
void *virtq_take(struct virtqueue *q, u32 *len);
/* The buffer of this token will not come back: its place in the queue is free. */
void virtq_forget(struct virtqueue *q, const void *token);

#endif
