/*
 * blkdev.h - disks: pages to and from sectors
 *
 * A bio is one transfer: a run of sectors of one device, and the pieces of pages they go to or come
 * from.  Whoever makes one is told by bi_end_io when it is done.
 */
#ifndef BLKDEV_H
#define BLKDEV_H

#include <gfp.h>
#include <list.h>
#include <types.h>

struct block_device;
struct inode;
struct page;

typedef u64 sector_t;
#define SECTOR_SHIFT	9
#define SECTOR_SIZE	(1U << SECTOR_SHIFT)

enum bio_op {
	BIO_READ,
	BIO_WRITE,
	BIO_FLUSH,			/* what was written before is on the medium when this is done; no pages */
};

/* A piece of a page: @bv_offset and @bv_len in bytes, multiples of SECTOR_SIZE. */
struct bio_vec {
	struct page *bv_page;
	unsigned int bv_offset, bv_len;
};

#define BIO_MAX_VECS 64

struct bio {
	struct block_device *bi_bdev;
	sector_t bi_sector;		/* counted on bi_bdev, which may be a partition */
	enum bio_op bi_op;
	int bi_status;			/* in bi_end_io: 0 or -errno (-EIO, -ENOSPC) */
	/* Interrupt context, interrupts off: may unlock pages and wake tasks; frees the bio by bio_put(). */
	void (*bi_end_io)(struct bio *bio);
	void *bi_private;		/* the maker's */
	struct list_head bi_list;	/* the queue's */
	unsigned int bi_nr_sectors;	/* of all pieces */
	unsigned short bi_vcnt, bi_max_vecs;
	bool bi_reserved;		/* goes back to the reserve, not to the slab */
	struct bio_vec bi_vec[];
};

/*
 * A bio with room for @nr_vecs pieces, or fewer: no more than BIO_MAX_VECS, and than the disk takes at once
 * (bio_add_page() says when it is full; one piece always fits).  BIO_WRITE and BIO_FLUSH with __GFP_WAIT never
 * get NULL: what makes room for others waits for one of a small reserve when memory has ended.  So hand
 * over the bio you have before you ask for the next.  BIO_READ may get NULL.  Process context.
 */
struct bio *bio_alloc(struct block_device *bdev, enum bio_op op, sector_t sector,
		      unsigned int nr_vecs, gfp_t gfp);
void bio_put(struct bio *bio);
/* One more piece, following the last one on the disk; false: no room, or the pieces would not line up. */
bool bio_add_page(struct bio *bio, struct page *page, unsigned int offset, unsigned int len);
/*
 * Hand over to the disk; bi_end_io is called sooner or later, and for what the device cannot do (beyond its end, a
 * write to a read-only disk, pieces that are no whole blocks of it) at once with -EIO.  No sleep: any context.
 */
void submit_bio(struct bio *bio);
/* The same, and wait; sets bi_end_io and bi_private; the caller still owns the bio.  Returns bi_status. */
int submit_bio_wait(struct bio *bio);

/*
 * What current submits between these two is held back, sorted and merged: bios that follow each other on
 * the disk become one request.  Who goes to sleep in between lets it all go at once (schedule()).  A plug
 * inside another one does nothing.
 */
struct blk_plug {
	struct list_head bios;
	unsigned int count;
};
void blk_start_plug(struct blk_plug *plug);
void blk_finish_plug(struct blk_plug *plug);
void blk_flush_plug(struct blk_plug *plug);	/* schedule()'s: let go of what is held back so far */

/*
 * Pages in transfer.  The page lock, or PG_writeback, is handed over to the bio's end: who submits a bio that will
 * unlock its pages calls page_io_begin() for each before, and bi_end_io calls page_end_read() or
 * end_page_writeback() (pagemap.h).
 */

/*
 * The device of a block special file's number, opened (counted); ERR_PTR(-ENXIO, -EROFS for @write of a disk that
 * is read-only).  May sleep for the disk.  With the last blkdev_put() the cached blocks are written and dropped.  Its cached
 * blocks are the pages of bdev_inode(): read by read_mapping_page(), changed in place under the page lock,
 * then set_page_dirty().
 */
struct block_device *blkdev_get(dev_t dev, bool write);
void blkdev_put(struct block_device *bdev);
struct inode *bdev_inode(struct block_device *bdev);
/*
 * Bytes of such a page (whole sectors) have been changed, and are to be written; or what is dirty of them is not to
 * be written any more, and a transfer under way has ended: they belong to somebody else now.  The page
 * is referenced; not locked.
 */
void bdev_dirty_part(struct page *page, unsigned int offset, unsigned int len);
void bdev_clean_part(struct page *page, unsigned int offset, unsigned int len);
sector_t bdev_nr_sectors(const struct block_device *bdev);
bool bdev_read_only(const struct block_device *bdev);
dev_t bdev_dev(const struct block_device *bdev);
/* "vda1", as long as the device is open. */
const char *bdev_name(const struct block_device *bdev);
/* Exclusive use (mount, swapon): 0 or -EBUSY when another @holder has it, or a partition of it, or its disk. */
int bd_claim(struct block_device *bdev, void *holder);
void bd_release(struct block_device *bdev, void *holder);
/* Ask the disk to put what it has on the medium.  0 or -EIO. */
int blkdev_issue_flush(struct block_device *bdev);
/* Write all dirty cached blocks, wait for them, and flush.  0, or the error (-EIO, -ENOSPC) of a block. */
int sync_blockdev(struct block_device *bdev);
/* Bytes: the smallest piece that the disk transfers, 512 or a few times as much; its multiples only. */
unsigned int bdev_logical_block_size(const struct block_device *bdev);
/* The same for all disks that are open: sync(2). */
void sync_all_blockdevs(void);
/* "/dev/vda1" or "254:1" or "vda1" as root= says it; 0: no such device. */
dev_t name_to_dev(const char *name);

#endif
