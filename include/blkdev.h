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
	unsigned short bi_vcnt, bi_max_vecs;
	struct bio_vec bi_vec[];
};

/*
 * A bio with room for @nr_vecs (at most BIO_MAX_VECS) pieces.  With __GFP_MEMALLOC-like needs in mind:
 * a write that must make room for others waits for one of a small reserve and never gets NULL; others
 * may get NULL.  Process context.
 */
struct bio *bio_alloc(struct block_device *bdev, enum bio_op op, sector_t sector,
		      unsigned int nr_vecs, gfp_t gfp);
void bio_put(struct bio *bio);
/* One more piece, following the last one on the disk; false: no room, or the pieces would not line up. */
bool bio_add_page(struct bio *bio, struct page *page, unsigned int offset, unsigned int len);
/* Hand over to the disk; bi_end_io is called sooner or later, beyond the end of the device with -EIO. */
void submit_bio(struct bio *bio);
/* The same, and wait; the caller still owns the bio.  Returns bi_status. */
int submit_bio_wait(struct bio *bio);

/* Several bios that follow each other are merged if they are submitted between these two. */
struct blk_plug;
void blk_start_plug(struct blk_plug *plug);
void blk_finish_plug(struct blk_plug *plug);

/*
 * The device of a block special file's number, opened (counted); ERR_PTR(-ENXIO, -EROFS).  Its cached
 * blocks are the pages of bdev_inode(): read by read_mapping_page(), changed in place under the page lock,
 * then set_page_dirty().
 */
struct block_device *blkdev_get(dev_t dev, bool write);
void blkdev_put(struct block_device *bdev);
struct inode *bdev_inode(struct block_device *bdev);
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

#endif
