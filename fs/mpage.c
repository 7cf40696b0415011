/*
 * fs/mpage.c - runs of pages of a file that lie side by side on the disk, in few bios
 *
 * Purpose:    ->readahead for files on a disk: the file system says where a page is, the bios are made here.
 * Invariants: each page that comes in, locked and referenced, is unlocked once: at the end of its transfer, or here.
 *             A page that is not one piece on the disk is read by ->readpage, which waits.
 * Lock order: the locks of the new pages, then what @map takes.
 */
#include <fs.h>
#include <mm.h>
#include <mpage.h>
#include <pagemap.h>
#include <string.h>

static void end_read(struct bio *bio)
{
	for (unsigned int i = 0; i < bio->bi_vcnt; i++) {
		struct page *page = bio->bi_vec[i].bv_page;

		page_end_read(page, bio->bi_status);
		put_page(page);
	}
	bio_put(bio);
}

/* Not by a bio: at once, or, when that fails, later. */
static void read_alone(struct address_space *m, struct page *page)
{
	if (m->a_ops->readpage(m, page) && page->mapping)
		delete_from_page_cache(page);
	unlock_page(page);
	put_page(page);
}

static void submit(struct bio **bio)
{
	if (*bio) {
		for (unsigned int i = 0; i < (*bio)->bi_vcnt; i++)
			page_io_begin((*bio)->bi_vec[i].bv_page);
		submit_bio(*bio);
	}
	*bio = NULL;
}

/* Does @run follow the last piece of @bio? */
static bool follows(const struct bio *bio, const struct mpage_run *run)
{
	return bio->bi_bdev == run->bdev && bio->bi_sector + bio->bi_nr_sectors == run->sector;
}

/* Add the page to *@bio, or to a new one. */
static bool add_to_bio(struct bio **bio, struct page *page, const struct mpage_run *run, unsigned int room)
{
	if (*bio && (!follows(*bio, run) || !bio_add_page(*bio, page, 0, run->len)))
		submit(bio);
	else if (*bio)
		return true;
	*bio = bio_alloc(run->bdev, BIO_READ, run->sector, room, GFP_KERNEL);
	if (!*bio)
		return false;
	(*bio)->bi_end_io = end_read;
	return bio_add_page(*bio, page, 0, run->len);
}

void mpage_readahead(struct address_space *m, struct page **pages, unsigned int nr, mpage_map_t map)
{
	struct bio *bio = NULL;
	struct blk_plug plug;

	blk_start_plug(&plug);
	for (unsigned int i = 0; i < nr; i++) {
		struct mpage_run run;

		if (!map(m, pages[i]->index, &run)) {
			read_alone(m, pages[i]);
			continue;
		}
		memset(page_address(pages[i]) + run.len, 0, PAGE_SIZE - run.len);
		if (!add_to_bio(&bio, pages[i], &run, nr - i))
			read_alone(m, pages[i]);
		if (bio && bio->bi_nr_sectors % (PAGE_SIZE / SECTOR_SIZE))
			submit(&bio);		/* a last page that is not full */
	}
	submit(&bio);
	blk_finish_plug(&plug);
}
