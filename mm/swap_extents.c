/*
 * mm/swap_extents.c - where the slots of a swap file lie on its disk
 *
 * Purpose:    a file may lie on its disk in pieces.  When it becomes a swap area its pieces are asked for once; from then on pages go
 *             straight to the disk, past the file system, which might need memory to tell.
 *
 *               file      | 0 1 2 3 4 5 | 6 7 8 |          pages of the file
 *               disk   ...[ . . . . . . ]...[ . . . ]...
 *               slots       0 1 2 3 4 5       6 7 8        a run's ends that are less than a page of the disk have none
 *
 * Invariants: extents are in the order of their slots, and together have all of them.  The file stays as it lies while it is in
 *             use: nobody writes, cuts or unlinks it (S_SWAPFILE).
 * Lock order: i_rwsem of the file, held while its pieces are asked for.
 * Sources:    swapon(2), "Notes"; swapon(8), "Files with holes"; the order of errors is Linux 6.1's, found by asking it.
 */
#include <blkdev.h>
#include <fs.h>
#include <mm.h>
#include <swap.h>
#include <vmalloc.h>
#include "internal.h"

/* A run of blocks on the disk, in bytes, and what it comes to. */
struct layout {
	struct swap_extents *to;	/* ->extent NULL: only count */
	unsigned long max;		/* slots that the header promises */
	u64 from, len;
};

/* The run has ended: its whole pages become slots, as long as there are any to give. */
static void end_run(struct layout *l)
{
	u64 first = (l->from + PAGE_SIZE - 1) >> PAGE_SHIFT, end = (l->from + l->len) >> PAGE_SHIFT;
	struct swap_extents *to = l->to;
	unsigned long n;

	if (first >= end || to->slots >= l->max)
		return;
	n = min((unsigned long)(end - first), l->max - to->slots);
	if (to->extent)
		to->extent[to->nr] = (struct swap_extent){ to->slots, n, first << (PAGE_SHIFT - SECTOR_SHIFT) };
	to->nr++;
	to->slots += n;
}

/* All of the file's runs.  0, -EINVAL: a hole; -EIO, -ENOMEM. */
static int lay_out(struct inode *inode, struct layout *l)
{
	struct address_space *m = inode->i_mapping;
	unsigned int size = inode->i_sb->s_blocksize;
	u64 blocks = ALIGN_DOWN((u64)inode->i_size, PAGE_SIZE) / size, block = 0;

	l->to->nr = l->to->slots = 0;
	l->len = 0;
	while (block < blocks) {
		u64 at;
		long n = m->a_ops->bmap(m, block, blocks - block, &at);

		if (n < 0)
			return n;
		if (!at)
			return -EINVAL;
		if (!l->len || at * size != l->from + l->len) {
			end_run(l);
			l->from = at * size;
			l->len = 0;
		}
		l->len += (u64)n * size;
		block += n;
	}
	end_run(l);
	return 0;
}

int swap_extents_make(struct swap_extents *e, struct inode *inode, unsigned long max)
{
	struct layout l = { .to = e, .max = max };
	int err;

	*e = (struct swap_extents){ 0 };
	err = lay_out(inode, &l);
	if (err)
		return err;
	if (!e->nr)
		return -EINVAL;
	e->extent = vmalloc(e->nr * sizeof(*e->extent));
	if (!e->extent)
		return -ENOMEM;
	err = lay_out(inode, &l);
	if (err)
		swap_extents_free(e);
	return err;
}

void swap_extents_free(struct swap_extents *e)
{
	if (e->extent)
		vfree(e->extent);
	*e = (struct swap_extents){ 0 };
}

sector_t swap_extents_sector(const struct swap_extents *e, unsigned long slot)
{
	unsigned long low = 0, high = e->nr;

	while (high - low > 1) {
		unsigned long middle = (low + high) / 2;

		if (e->extent[middle].slot <= slot)
			low = middle;
		else
			high = middle;
	}
	VM_BUG_ON(slot - e->extent[low].slot >= e->extent[low].nr);
	return e->extent[low].sector + ((slot - e->extent[low].slot) << (PAGE_SHIFT - SECTOR_SHIFT));
}
