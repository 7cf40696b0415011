/*
 * drivers/virtio_blk.c - virtio disks: /dev/vda to /dev/vdh
 *
 * Purpose:    -drive file=IMAGE,if=none,id=d -device virtio-blk-pci,drive=d is a disk.  A request goes to
 *             the device as one chain: what is to be done, the pieces of memory, a byte for the answer.
 *
 *               [ header: type, sector ] -> [ piece ] ... [ piece ] -> [ status ]
 *
 * Invariants: header and status of request number n are slots[n]: no memory is needed to work.
 *             The queue lock is held whenever the virtqueue is touched.
 *             No disk: nothing happens.  A disk that wants what we cannot is named and left out.
 * Lock order: disk->queue_lock, interrupts off.
 * Simplified: one virtqueue a disk; no discard, no write zeroes.  A device that never answers is waited for.
 *             Where neither message nor pin can interrupt, a timer looks each millisecond while something is
 *             under way.
 * Sources:    OASIS, Virtual I/O Device (VIRTIO) Version 1.0, "Block Device".
 */
#include <err.h>
#include <genhd.h>
#include <mm.h>
#include <printk.h>
#include <slab.h>
#include <time.h>
#include <virtio.h>

#define BLOCK_DEVICE	0x1042
#define BLOCK_LEGACY	0x1001

#define F_SIZE_MAX	BIT(1)
#define F_SEG_MAX	BIT(2)
#define F_RO		BIT(5)
#define F_BLK_SIZE	BIT(6)
#define F_FLUSH		BIT(9)

struct blk_config {
	u32 capacity_lo, capacity_hi;	/* of 512 bytes */
	u32 size_max, seg_max;
	u16 cylinders;
	u8 heads, sectors;
	u32 blk_size;
};

enum { TYPE_IN, TYPE_OUT, TYPE_FLUSH = 4 };
enum { STATUS_OK, STATUS_IOERR, STATUS_UNSUPP, STATUS_NONE = 0xff };

struct slot {
	u32 type, reserved;
	u64 sector;
	u8 status;
	u8 pad[15];
};
#define HEADER_LEN	16

#define NR_REQUESTS	32
_Static_assert(NR_REQUESTS * sizeof(struct slot) <= PAGE_SIZE, "they fit into the page that they are given");

struct virtio_disk {
	struct gendisk disk;
	struct virtio_dev dev;
	struct virtqueue queue;		/* disk.queue_lock */
	struct slot *slots;		/* by tag; the device reads and writes them */
	struct timer poll;
	unsigned int under_way;		/* queue_lock */
};

#define POLL_NS		1000000UL

/* ---- requests ---- */

static u32 type_of(enum bio_op op)
{
	return op == BIO_READ ? TYPE_IN : op == BIO_WRITE ? TYPE_OUT : TYPE_FLUSH;
}

static unsigned int add_pieces(struct virtq_piece *p, const struct request *rq)
{
	struct bio *bio;
	unsigned int n = 0;

	list_for_each_entry(bio, &rq->bios, bi_list)
		for (unsigned int i = 0; i < bio->bi_vcnt; i++) {
			const struct bio_vec *v = &bio->bi_vec[i];

			p[n++] = (struct virtq_piece){ page_to_phys(v->bv_page) + v->bv_offset, v->bv_len,
						       rq->op == BIO_READ };
		}
	return n;
}

static bool virtblk_queue_rq(struct gendisk *disk, struct request *rq)
{
	struct virtio_disk *vd = disk->private_data;
	struct slot *slot = &vd->slots[rq->tag];
	struct virtq_piece pieces[BIO_MAX_VECS + 2];
	unsigned int n = 1;

	slot->type = type_of(rq->op);
	slot->sector = rq->op == BIO_FLUSH ? 0 : rq->sector;
	slot->status = STATUS_NONE;
	pieces[0] = (struct virtq_piece){ __pa(slot), HEADER_LEN, false };
	n += add_pieces(pieces + n, rq);
	pieces[n++] = (struct virtq_piece){ __pa(&slot->status), 1, true };
	if (!virtq_add_chain(&vd->queue, pieces, n, rq))
		return false;
	vd->under_way++;
	return true;
}

static void virtblk_commit_rqs(struct gendisk *disk)
{
	struct virtio_disk *vd = disk->private_data;

	virtq_kick(&vd->queue);
	if (!vd->dev.has_irq)
		timer_start(&vd->poll, ktime_get() + POLL_NS);
}

static const struct disk_operations virtblk_ops = {
	.queue_rq = virtblk_queue_rq, .commit_rqs = virtblk_commit_rqs,
};

static int errno_of(u8 status)
{
	return status == STATUS_OK ? 0 : status == STATUS_UNSUPP ? -EOPNOTSUPP : -EIO;
}

/* Whatever the device has finished.  Interrupts off. */
static void virtblk_done(struct virtio_disk *vd)
{
	struct gendisk *disk = &vd->disk;
	struct request *rq;
	LIST_HEAD(done);

	spin_lock(&disk->queue_lock);
	while ((rq = virtq_take(&vd->queue, NULL))) {
		vd->under_way--;
		blk_take_request(rq, errno_of(READ_ONCE(vd->slots[rq->tag].status)), &done);
	}
	blk_run_queue(disk);
	if (!vd->dev.has_irq && vd->under_way)
		timer_start(&vd->poll, ktime_get() + POLL_NS);
	spin_unlock(&disk->queue_lock);
	blk_end_bios(&done);
}

static void virtblk_interrupt(int irq, void *arg)
{
	struct virtio_disk *vd = arg;

	if (vd->dev.has_msix || *vd->dev.isr)
		virtblk_done(vd);
}

static void virtblk_poll(struct timer *t)
{
	virtblk_done(container_of(t, struct virtio_disk, poll));
}

/* ---- set-up ---- */

static const volatile struct blk_config *config_of(const struct virtio_disk *vd)
{
	return (const volatile struct blk_config *)vd->dev.config;
}

/* What the device says of itself; -EOPNOTSUPP: it is not made for pages. */
static int read_config(struct virtio_disk *vd)
{
	const volatile struct blk_config *c = config_of(vd);
	struct gendisk *disk = &vd->disk;
	u64 features = vd->dev.features;

	disk->capacity = c->capacity_lo | (u64)c->capacity_hi << 32;
	disk->read_only = features & F_RO;
	disk->has_cache = features & F_FLUSH;
	disk->logical_block_size = features & F_BLK_SIZE ? c->blk_size : SECTOR_SIZE;
	disk->max_vecs = features & F_SEG_MAX ? c->seg_max : 1;
	disk->max_vecs = min(min(disk->max_vecs, vd->queue.size - 2U), (unsigned int)BIO_MAX_VECS);
	disk->max_sectors = disk->max_vecs << (PAGE_SHIFT - SECTOR_SHIFT);
	if ((features & F_SIZE_MAX && c->size_max < PAGE_SIZE) || !disk->max_vecs)
		return -EOPNOTSUPP;
	if (disk->logical_block_size < SECTOR_SIZE || disk->logical_block_size > PAGE_SIZE ||
	    disk->logical_block_size & (disk->logical_block_size - 1))
		return -EOPNOTSUPP;
	return disk->capacity > ~0UL >> (SECTOR_SHIFT + 1) ? -EOPNOTSUPP : 0;	/* a loff_t in bytes */
}

static int start_disk(struct virtio_disk *vd)
{
	int err;

	vd->slots = (void *)get_zeroed_page(GFP_KERNEL);
	if (!vd->slots)
		return -ENOMEM;
	timer_setup(&vd->poll, virtblk_poll);
	vd->disk.ops = &virtblk_ops;
	vd->disk.private_data = vd;
	virtio_irq(&vd->dev, virtblk_interrupt, vd, "virtio-blk");
	err = virtio_setup_queue(&vd->dev, &vd->queue, 0);
	if (!err && vd->queue.size < 3)
		err = -EOPNOTSUPP;
	if (!err)
		err = read_config(vd);
	if (err)
		return err;
	virtio_ready(&vd->dev);
	return add_disk(&vd->disk, NR_REQUESTS);
}

/* Disk number @nth on the bus: 0, -ENODEV (there are no more), or why it is left out. */
static int probe_disk(unsigned int nth)
{
	struct virtio_disk *vd = kzalloc(sizeof(*vd), GFP_KERNEL);
	int err;

	if (!vd)
		return -ENOMEM;
	err = virtio_probe(&vd->dev, BLOCK_DEVICE, BLOCK_LEGACY, nth, 0,
			   F_SIZE_MAX | F_SEG_MAX | F_RO | F_BLK_SIZE | F_FLUSH);
	if (err) {
		kfree(vd);
		return err;
	}
	err = start_disk(vd);		/* from here on the device may know our memory: it stays */
	if (!err)
		pr_info("%s: virtio-blk at %02x:%02x.%x, %s\n", vd->disk.name, vd->dev.pci.bus,
			vd->dev.pci.devfn >> 3, vd->dev.pci.devfn & 7,
			vd->dev.has_msix ? "MSI-X" : vd->dev.has_irq ? "its pin" : "polled");
	return err;
}

void virtio_blk_init(void)
{
	int err = 0;

	for (unsigned int nth = 0; err != -ENODEV && nth < 4 * NR_DISKS; nth++) {
		err = probe_disk(nth);
		if (err && err != -ENODEV)
			pr_warn("virtio-blk: disk %u on the bus cannot be used: error %d\n", nth, err);
	}
}
