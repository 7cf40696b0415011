/*
 * genhd.h - what a driver of disks and the block layer (drivers/block.c) say to each other
 *
 * A gendisk is one disk: a queue of bios that wait, and a table of block devices: number 0 the whole
 * disk, the others its partitions.  Disks are found at boot and stay; so do the structures of partitions
 * that were ever there.
 */
#ifndef GENHD_H
#define GENHD_H

#include <blkdev.h>
#include <mutex.h>
#include <spinlock.h>

#define NR_DISKS	8
#define DISK_MAX_PARTS	16		/* minor numbers of a disk: itself and 15 partitions */
#define VIRTBLK_MAJOR	254

struct gendisk;
struct seq_file;

/* Counted by bio_op; queue lock. */
struct disk_stats {
	unsigned long ios[3], merges[3], sectors[3];
	u64 ns[3];			/* from the queue to the end, of all transfers */
	u64 busy_ns;			/* while anything was under way */
	u64 stamp;			/* up to when it is counted */
	unsigned int in_flight;
};

struct block_device {
	struct gendisk *bd_disk;
	unsigned int bd_partno;
	dev_t bd_dev;
	char bd_name[12];
	sector_t bd_start, bd_nr_sectors;	/* 512 bytes each; 0 sectors: not there.  open_mutex to change */
	unsigned int bd_openers;	/* open_mutex */
	void *bd_holder;		/* open_mutex: who uses it alone ... */
	unsigned int bd_holders;	/* ... and how often */
	struct inode *bd_inode;		/* its cached blocks: fs/block_dev.c */
	struct disk_stats bd_stats;
};

/* Bios that follow each other on the disk, on their way as one. */
struct request {
	struct gendisk *rq_disk;
	struct list_head bios;
	enum bio_op op;
	sector_t sector;		/* on the disk */
	unsigned int nr_sectors, nr_vecs, nr_bios;
	u64 start;			/* monotonic ns */
	unsigned int tag;		/* which of disk->requests */
	struct list_head free;		/* queue lock */
};

struct disk_operations {
	/* Start @rq; false: no room now, ask again at the next end of one.  Queue lock held, interrupts off. */
	bool (*queue_rq)(struct gendisk *disk, struct request *rq);
	/* All for now: tell the device.  The same. */
	void (*commit_rqs)(struct gendisk *disk);
};

struct gendisk {
	char name[8];			/* "vda" */
	unsigned int index;
	sector_t capacity;		/* of 512 bytes */
	bool read_only;
	bool has_cache;			/* wants BIO_FLUSH */
	unsigned int logical_block_size;
	unsigned int max_vecs;		/* of a request */
	unsigned int max_sectors;
	const struct disk_operations *ops;
	void *private_data;

	spinlock_t queue_lock;		/* interrupts off: taken at the end of each transfer */
	struct list_head pending;	/* bios: queue lock */
	struct list_head free_requests;
	struct request *requests;
	unsigned int errors;		/* requests that failed: queue lock */

	struct mutex open_mutex;
	unsigned int part_claims;	/* partitions that somebody uses alone: open_mutex */
	struct block_device *part[DISK_MAX_PARTS];	/* filled in once, never taken away */
};

/* A driver fills in @disk (capacity ... private_data) and hands it over: 0, -ENOMEM, -ENFILE (all names taken). */
int add_disk(struct gendisk *disk, unsigned int nr_requests);
/* Give the device what waits and has room.  Queue lock held. */
void blk_run_queue(struct gendisk *disk);
/* @rq is done: its bios go to @done with their status.  Queue lock held. */
void blk_take_request(struct request *rq, int status, struct list_head *done);
/* Tell those of @done.  No lock held, interrupts off. */
void blk_end_bios(struct list_head *done);

/* The part of add_disk() that a test needs: locks, lists, @nr requests; -ENOMEM. */
int blk_init_queue(struct gendisk *disk, unsigned int nr);
/* drivers/bio.c, before the first disk; -ENOMEM.  Back to the slab: tests. */
int bio_init_reserve(void);
void bio_free_reserve(void);
struct gendisk *disk_of(unsigned int index);	/* NULL: there is none */
struct block_device *bdev_lookup(dev_t dev);	/* not opened; NULL */
int diskstats_show(struct seq_file *m);
int partitions_show(struct seq_file *m);
/* Is there a disk?  For /proc/devices. */
bool have_disks(void);

/* ---- partitions (drivers/partitions.c) ---- */
struct partition {
	sector_t start, nr_sectors;	/* of 512 bytes; 0 sectors: none of this number */
};
struct partition_reader {
	/* The sector (512 bytes) @n of the disk into @buf; 0 or -EIO. */
	int (*read)(struct partition_reader *r, sector_t n, void *buf);
	sector_t capacity;
	unsigned int logical_block_size;
	void *private;
};
/*
 * The partitions that the disk's table names: out[1] ... out[DISK_MAX_PARTS - 1], all inside the disk.
 * How many; 0: no table; -EIO, -ENOMEM.
 */
int read_partitions(struct partition_reader *r, struct partition out[DISK_MAX_PARTS]);
/* Read the table again.  Enter: open_mutex held.  0, -EBUSY (a partition is open), -EIO, -ENOMEM. */
int rescan_partitions(struct gendisk *disk);

/* Start to write the cached blocks of disks some of which have been dirty since before @older_than (monotonic ns). */
void writeback_blockdevs(u64 older_than);
void drop_blockdev_pages(void);		/* clean ones that nobody uses: drop_caches */
void flusher_init(void);		/* fs/flusher.c, with the first disk */

/* fs/block_dev.c: the inode whose pages are a device's blocks; -ENOMEM. */
int bdev_make_inode(struct block_device *bdev);
void bdev_set_size(struct block_device *bdev);
/* Forget all cached blocks, written or not. */
void bdev_kill_cache(struct block_device *bdev);
/* Whoever drives disks looks for them; boot, process 1. */
void virtio_blk_init(void);

#endif
