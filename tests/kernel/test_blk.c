/*
 * tests/kernel/test_blk.c - the block layer over a disk that the test plays itself
 *
 * Purpose:    what becomes of bios, from submit to end: merged or not, in which order, with which answer; a device
 *             that is full; plugs; memory that has ended.  The driver below keeps the requests that it gets
 *             until the test ends them.
 */
#include <err.h>
#include <genhd.h>
#include <gfp.h>
#include <ktest.h>
#include <mm.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <time.h>

#define NR_REQUESTS 4

static struct gendisk disk;
static struct block_device whole, part;
static struct request *got[NR_REQUESTS];	/* what the driver was given and has not ended */
static unsigned int nr_got, room, nr_commits;
static unsigned int ended;
static int last_status;
static struct page *page;

static bool fake_queue_rq(struct gendisk *d, struct request *rq)
{
	if (nr_got == room)
		return false;
	got[nr_got++] = rq;
	return true;
}

static void fake_commit(struct gendisk *d)
{
	nr_commits++;
}

static const struct disk_operations fake_ops = { .queue_rq = fake_queue_rq, .commit_rqs = fake_commit };

static bool make_disk(void)
{
	memset(&disk, 0, sizeof(disk));
	memset(&whole, 0, sizeof(whole));
	memset(&part, 0, sizeof(part));
	disk.capacity = 1000;
	disk.logical_block_size = 512;
	disk.max_vecs = 8;
	disk.max_sectors = 1000;
	disk.ops = &fake_ops;
	disk.has_cache = true;
	disk.part[0] = &whole;
	whole.bd_disk = part.bd_disk = &disk;
	whole.bd_nr_sectors = 1000;
	part.bd_partno = 1;
	part.bd_start = 100;
	part.bd_nr_sectors = 50;
	nr_got = nr_commits = ended = 0;
	last_status = 1;
	room = NR_REQUESTS;
	page = alloc_page(GFP_KERNEL);
	return page && !blk_init_queue(&disk, NR_REQUESTS);
}

static void drop_disk(void)
{
	kfree(disk.requests);
	__free_page(page);
}

static void count_end(struct bio *bio)
{
	ended++;
	last_status = bio->bi_status;
	bio_put(bio);
}

/* One transfer of @len bytes at @sector. */
static void submit(struct block_device *b, enum bio_op op, sector_t sector, unsigned int len)
{
	struct bio *bio = bio_alloc(b, op, sector, 1, GFP_KERNEL);

	BUG_ON(!bio);
	if (len && !bio_add_page(bio, page, 0, len))
		BUG();
	bio->bi_end_io = count_end;
	submit_bio(bio);
}

/* The device ends the request that it was given first. */
static void end_first(int status)
{
	LIST_HEAD(done);

	spin_lock_irq(&disk.queue_lock);
	blk_take_request(got[0], status, &done);
	memmove(got, got + 1, --nr_got * sizeof(got[0]));
	blk_run_queue(&disk);
	spin_unlock(&disk.queue_lock);
	blk_end_bios(&done);
	local_irq_enable();
}

KTEST(blk, a_bio_goes_to_the_driver_at_once_and_ends_with_its_answer)
{
	EXPECT(make_disk());
	submit(&whole, BIO_READ, 16, 4096);
	EXPECT_EQ(nr_got, 1);
	EXPECT_EQ(nr_commits, 1);
	EXPECT_EQ(got[0]->sector, 16);
	EXPECT_EQ(got[0]->nr_sectors, 8);
	EXPECT_EQ(ended, 0);
	end_first(-EIO);
	EXPECT_EQ(ended, 1);
	EXPECT_EQ(last_status, -EIO);
	EXPECT_EQ(whole.bd_stats.ios[BIO_READ], 1);
	EXPECT_EQ(whole.bd_stats.sectors[BIO_READ], 8);
	EXPECT_EQ(whole.bd_stats.in_flight, 0);
	drop_disk();
}

KTEST(blk, neighbours_in_a_plug_become_one_request_in_any_order)
{
	struct blk_plug plug;

	EXPECT(make_disk());
	blk_start_plug(&plug);
	submit(&whole, BIO_READ, 16, 4096);
	submit(&whole, BIO_READ, 32, 4096);
	submit(&whole, BIO_READ, 0, 4096);
	submit(&whole, BIO_READ, 24, 4096);
	EXPECT_EQ(nr_got, 0);
	blk_finish_plug(&plug);
	EXPECT_EQ(nr_got, 2);			/* [0, 8) and [16, 40) */
	EXPECT_EQ(got[0]->nr_sectors, 8);
	EXPECT_EQ(got[1]->sector, 16);
	EXPECT_EQ(got[1]->nr_sectors, 24);
	EXPECT_EQ(got[1]->nr_bios, 3);
	EXPECT_EQ(whole.bd_stats.merges[BIO_READ], 2);
	EXPECT_EQ(nr_commits, 1);
	end_first(0);
	end_first(0);
	EXPECT_EQ(ended, 4);
	EXPECT_EQ(last_status, 0);
	drop_disk();
}

KTEST(blk, what_the_disk_cannot_take_at_once_or_another_operation_is_not_merged)
{
	struct blk_plug plug;

	EXPECT(make_disk());
	blk_start_plug(&plug);
	for (int i = 0; i < 10; i++)		/* 8 pieces are all it takes */
		submit(&whole, BIO_READ, i * 8, 4096);
	submit(&whole, BIO_WRITE, 80, 4096);
	blk_finish_plug(&plug);
	EXPECT_EQ(nr_got, 3);
	EXPECT_EQ(got[0]->nr_vecs, 8);
	EXPECT_EQ(got[1]->nr_vecs, 2);
	EXPECT_EQ(got[2]->op, BIO_WRITE);
	while (nr_got)
		end_first(0);
	EXPECT_EQ(ended, 11);
	disk.max_sectors = 12;
	blk_start_plug(&plug);
	submit(&whole, BIO_READ, 0, 4096);
	submit(&whole, BIO_READ, 8, 2048);
	submit(&whole, BIO_READ, 12, 512);
	blk_finish_plug(&plug);
	EXPECT_EQ(nr_got, 2);
	EXPECT_EQ(got[0]->nr_sectors, 12);
	while (nr_got)
		end_first(0);
	drop_disk();
}

KTEST(blk, a_full_device_leaves_the_rest_waiting_in_order)
{
	EXPECT(make_disk());
	room = 1;
	submit(&whole, BIO_READ, 500, 512);
	submit(&whole, BIO_WRITE, 300, 512);
	submit(&whole, BIO_READ, 100, 512);
	EXPECT_EQ(nr_got, 1);
	EXPECT_EQ(got[0]->sector, 500);
	end_first(0);
	EXPECT_EQ(got[0]->sector, 300);
	end_first(0);
	EXPECT_EQ(got[0]->sector, 100);
	end_first(0);
	EXPECT_EQ(ended, 3);
	EXPECT_EQ(nr_got, 0);
	drop_disk();
}

KTEST(blk, waiting_bios_that_follow_are_taken_along)
{
	EXPECT(make_disk());
	room = 1;
	submit(&whole, BIO_WRITE, 500, 512);
	submit(&whole, BIO_WRITE, 100, 512);
	submit(&whole, BIO_WRITE, 700, 512);
	submit(&whole, BIO_WRITE, 101, 512);
	end_first(0);
	EXPECT_EQ(got[0]->sector, 100);
	EXPECT_EQ(got[0]->nr_sectors, 2);
	end_first(0);
	EXPECT_EQ(got[0]->sector, 700);
	end_first(0);
	EXPECT_EQ(ended, 4);
	drop_disk();
}

/* Ended at once, with -EIO, and the driver has seen nothing. */
#define EXPECT_REFUSED(b, op, sector, len) do { \
	ended = 0; \
	submit(b, op, sector, len); \
	EXPECT_EQ(ended, 1); \
	EXPECT_EQ(last_status, -EIO); \
	EXPECT_EQ(nr_got, 0); \
} while (0)

KTEST(blk, what_lies_outside_of_the_device_ends_with_EIO)
{
	EXPECT(make_disk());
	EXPECT_REFUSED(&whole, BIO_READ, 1000, 512);
	EXPECT_REFUSED(&whole, BIO_READ, 999, 1024);
	EXPECT_REFUSED(&whole, BIO_WRITE, ~0UL, 512);
	EXPECT_REFUSED(&whole, BIO_WRITE, ~0UL - 7, 4096);
	EXPECT_REFUSED(&whole, BIO_READ, 0, 0);
	EXPECT_REFUSED(&part, BIO_READ, 50, 512);
	EXPECT_REFUSED(&part, BIO_READ, 49, 1024);
	submit(&whole, BIO_READ, 999, 512);
	EXPECT_EQ(nr_got, 1);
	end_first(0);
	drop_disk();
}

KTEST(blk, a_partition_is_counted_from_its_own_beginning)
{
	EXPECT(make_disk());
	submit(&part, BIO_READ, 49, 512);
	EXPECT_EQ(nr_got, 1);
	EXPECT_EQ(got[0]->sector, 149);
	end_first(0);
	EXPECT_EQ(part.bd_stats.ios[BIO_READ], 1);
	EXPECT_EQ(whole.bd_stats.ios[BIO_READ], 1);
	drop_disk();
}

KTEST(blk, neither_a_read_only_disk_nor_half_a_block_is_written)
{
	EXPECT(make_disk());
	disk.logical_block_size = 4096;
	EXPECT_REFUSED(&whole, BIO_READ, 8, 512);
	EXPECT_REFUSED(&whole, BIO_READ, 4, 4096);
	submit(&whole, BIO_READ, 8, 4096);
	EXPECT_EQ(nr_got, 1);
	end_first(0);
	disk.read_only = true;
	EXPECT_REFUSED(&whole, BIO_WRITE, 8, 4096);
	drop_disk();
}

KTEST(blk, a_flush_goes_alone_or_nowhere_without_a_cache)
{
	struct blk_plug plug;

	EXPECT(make_disk());
	blk_start_plug(&plug);
	submit(&whole, BIO_WRITE, 0, 512);
	submit(&whole, BIO_FLUSH, 0, 0);	/* lets go of what is held back */
	EXPECT_EQ(nr_got, 2);
	EXPECT_EQ(got[0]->op, BIO_WRITE);
	EXPECT_EQ(got[1]->op, BIO_FLUSH);
	blk_finish_plug(&plug);
	end_first(0);
	end_first(0);
	disk.has_cache = false;
	submit(&whole, BIO_FLUSH, 0, 0);
	EXPECT_EQ(nr_got, 0);
	EXPECT_EQ(ended, 3);
	EXPECT_EQ(last_status, 0);
	drop_disk();
}

KTEST(blk, who_sleeps_lets_go_of_what_he_holds_back)
{
	struct blk_plug plug, inner;

	EXPECT(make_disk());
	blk_start_plug(&plug);
	blk_start_plug(&inner);
	submit(&whole, BIO_READ, 0, 512);
	blk_finish_plug(&inner);		/* the outer one still holds */
	EXPECT_EQ(nr_got, 0);
	for (int i = 0; i < 1000 && !nr_got; i++)	/* whose time has passed already does not sleep */
		msleep(1);
	EXPECT_EQ(nr_got, 1);
	blk_finish_plug(&plug);
	EXPECT_EQ(nr_got, 1);
	EXPECT(!current->plug);
	end_first(0);
	drop_disk();
}

KTEST(blk, pieces_of_a_bio_are_whole_sectors_and_as_many_as_the_disk_takes)
{
	struct bio *bio;

	EXPECT(make_disk());
	bio = bio_alloc(&whole, BIO_READ, 0, 1000, GFP_KERNEL);
	EXPECT(bio);
	EXPECT_EQ(bio->bi_max_vecs, 8);
	EXPECT(!bio_add_page(bio, page, 1, 512));
	EXPECT(!bio_add_page(bio, page, 0, 100));
	for (int i = 0; i < 8; i++)
		EXPECT(bio_add_page(bio, page, 512, 1024));
	EXPECT(!bio_add_page(bio, page, 0, 512));
	EXPECT_EQ(bio->bi_nr_sectors, 16);
	bio_put(bio);
	drop_disk();
}

#ifdef QUIRE_DEBUG
KTEST(blk, a_write_gets_its_bio_when_memory_has_ended_a_read_does_not)
{
	struct bio *write, *read;
	bool had = have_disks();

	EXPECT(make_disk());
	if (!had)
		EXPECT_EQ(bio_init_reserve(), 0);
	fail_alloc(1, true);
	read = bio_alloc(&whole, BIO_READ, 0, 1, GFP_KERNEL);
	write = bio_alloc(&whole, BIO_WRITE, 0, 1, GFP_KERNEL);
	fail_alloc(0, false);
	EXPECT(!read);
	EXPECT(write && write->bi_reserved);
	bio_put(write);
	write = bio_alloc(&whole, BIO_WRITE, 0, 1, GFP_KERNEL);
	EXPECT(write && !write->bi_reserved);
	bio_put(write);
	if (!had)
		bio_free_reserve();
	drop_disk();
}
#endif

KTEST(blk, a_device_is_claimed_by_one_and_its_disk_and_parts_exclude_each_other)
{
	int a, b;

	EXPECT(make_disk());
	EXPECT_EQ(bd_claim(&part, &a), 0);
	EXPECT_EQ(bd_claim(&part, &a), 0);		/* the same once more */
	EXPECT_EQ(bd_claim(&part, &b), -EBUSY);
	EXPECT_EQ(bd_claim(&whole, &b), -EBUSY);
	bd_release(&part, &a);
	EXPECT_EQ(bd_claim(&whole, &b), -EBUSY);
	bd_release(&part, &a);
	EXPECT_EQ(bd_claim(&whole, &b), 0);
	EXPECT_EQ(bd_claim(&part, &a), -EBUSY);
	bd_release(&whole, &b);
	EXPECT_EQ(bd_claim(&part, &a), 0);
	bd_release(&part, &a);
	drop_disk();
}
