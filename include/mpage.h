/*
 * mpage.h - reading runs of pages from a disk
 */
#ifndef MPAGE_H
#define MPAGE_H

#include <blkdev.h>

struct address_space;

/* Where a page of a file is. */
struct mpage_run {
	struct block_device *bdev;
	sector_t sector;
	unsigned int len;		/* bytes, whole sectors; behind them the page is zero */
};

/* The page at @index: true if it is one piece on the disk.  Process context, the page is locked. */
typedef bool (*mpage_map_t)(struct address_space *m, pgoff_t index, struct mpage_run *run);

/* ->readahead by such a function: starts the transfers, which unlock and put the pages. */
void mpage_readahead(struct address_space *m, struct page **pages, unsigned int nr, mpage_map_t map);

#endif
