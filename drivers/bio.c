/*
 * drivers/bio.c - bios: make, fill, submit and wait
 *
 * Purpose:    the description of one transfer, and a reserve of them, so that writing out, which makes
 *             memory free, does not fail for want of memory.
 * Invariants: a bio's pieces follow each other on the disk and are whole sectors.
 *             Whoever waits for the reserve has handed over what he holds back (his plug), so that one
 *             comes back when the disk has done its work.
 * Lock order: reserve_lock is innermost, interrupts off: bios are given back in interrupts.
 * Simplified: pieces are not split; a bio is no larger than what the disk takes at once.
 * Sources:    Bovet & Cesati, "Understanding the Linux Kernel", chapter "Block Device Drivers".
 */
#include <genhd.h>
#include <mm.h>
#include <sched.h>
#include <slab.h>
#include <string.h>

#define NR_RESERVED	16

static LIST_HEAD(reserve);		/* reserve_lock */
static DEFINE_SPINLOCK(reserve_lock);
static DECLARE_WAIT_QUEUE_HEAD(reserve_wait);

static size_t bio_bytes(unsigned int nr_vecs)
{
	return sizeof(struct bio) + nr_vecs * sizeof(struct bio_vec);
}

/* Boot. */
int bio_init_reserve(void)
{
	for (int i = 0; i < NR_RESERVED; i++) {
		struct bio *bio = kmalloc(bio_bytes(BIO_MAX_VECS), GFP_KERNEL);

		if (!bio)
			return -ENOMEM;
		list_add(&bio->bi_list, &reserve);
	}
	return 0;
}

static struct bio *take_reserved(void)
{
	struct bio *bio = NULL;
	unsigned long flags;

	spin_lock_irqsave(&reserve_lock, flags);
	if (!list_empty(&reserve)) {
		bio = list_first_entry(&reserve, struct bio, bi_list);
		list_del(&bio->bi_list);
	}
	spin_unlock_irqrestore(&reserve_lock, flags);
	return bio;
}

void bio_free_reserve(void)
{
	struct bio *bio;

	while ((bio = take_reserved()))
		kfree(bio);
}

struct bio *bio_alloc(struct block_device *bdev, enum bio_op op, sector_t sector,
		      unsigned int nr_vecs, gfp_t gfp)
{
	struct bio *bio;
	bool reserved = false;

	nr_vecs = min(min(nr_vecs, bdev->bd_disk->max_vecs), (unsigned int)BIO_MAX_VECS);
	if (op != BIO_READ && (gfp & __GFP_WAIT))
		bio = kmalloc(bio_bytes(nr_vecs), (gfp & ~__GFP_WAIT) | __GFP_NOWARN);	/* reclaim may be who writes */
	else
		bio = kmalloc(bio_bytes(nr_vecs), gfp | __GFP_NOWARN);
	if (!bio && op != BIO_READ && (gfp & __GFP_WAIT)) {
		reserved = true;
		wait_event(reserve_wait, (bio = take_reserved()) != NULL);
	}
	if (!bio)
		return NULL;
	memset(bio, 0, sizeof(*bio));
	bio->bi_bdev = bdev;
	bio->bi_op = op;
	bio->bi_sector = sector;
	bio->bi_max_vecs = nr_vecs;
	bio->bi_reserved = reserved;
	INIT_LIST_HEAD(&bio->bi_list);
	return bio;
}

void bio_put(struct bio *bio)
{
	unsigned long flags;

	if (!bio->bi_reserved) {
		kfree(bio);
		return;
	}
	spin_lock_irqsave(&reserve_lock, flags);
	list_add(&bio->bi_list, &reserve);
	spin_unlock_irqrestore(&reserve_lock, flags);
	wake_up(&reserve_wait);
}

bool bio_add_page(struct bio *bio, struct page *page, unsigned int offset, unsigned int len)
{
	VM_BUG_ON(!len || offset + len > PAGE_SIZE);
	if (bio->bi_vcnt == bio->bi_max_vecs || (offset | len) % SECTOR_SIZE)
		return false;
	bio->bi_vec[bio->bi_vcnt++] = (struct bio_vec){ page, offset, len };
	bio->bi_nr_sectors += len >> SECTOR_SHIFT;
	return true;
}

static void wake_submitter(struct bio *bio)
{
	complete(bio->bi_private);
}

int submit_bio_wait(struct bio *bio)
{
	struct completion done;

	might_sleep();
	init_completion(&done);
	bio->bi_private = &done;
	bio->bi_end_io = wake_submitter;
	submit_bio(bio);
	wait_for_completion(&done);
	return bio->bi_status;
}
