/*
 * mm/swapfile.c - swap areas: who has which slot, swapon and swapoff
 *
 * Purpose:    an area is a partition, a disk or a file on a disk, cut in slots of one page.  Its map says of each slot how many
 *             page-table entries refer to it, and whether the swap cache has it.
 *
 *               slot 0    1        2      3            ...
 *                 header  2+cache  free   1   bad
 *
 * Invariants: an area is used only while SWP_WRITEOK; swapoff clears that first, so that no new slot is handed out.
 *             si->inuse is the number of slots that are not free; bad ones are not counted at all.
 *             Counts of a slot change by atomic operations of who has a reference to it: the area stays while anybody has.
 *             Only who takes a free slot or makes one free, or does not know whether there still is one, takes swap_lock.
 *             Slots are looked for from where the last one was found: what leaves together lies together; each zone in runs of
 *             its own.
 * Lock order: swapon_mutex > mmap_sem > page lock > ptl > swap_lock, which is innermost.
 * Simplified: the header is mkswap's version 1; no discard.
 * Sources:    mkswap(8), swapon(2), swapon(8); Gorman, "Understanding the Linux Virtual Memory Manager",
 *             chapter "Swap Management".
 */
#include <asm/uaccess.h>
#include <blkdev.h>
#include <err.h>
#include <fs.h>
#include <mutex.h>
#include <pagemap.h>
#include <printk.h>
#include <sched.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include <swap.h>
#include <vmalloc.h>
#include "internal.h"

#define SWAP_HAS_CACHE	0x8000U
#define SWAP_BAD	0x7fffU
#define SWAP_COUNT	0x7fffU		/* the bits of the count; SWAP_BAD is no count */

/* An address space has one entry for a slot at most, and a process. */
_Static_assert(PID_MAX < SWAP_COUNT + 2, "the count of a slot cannot overflow");

/*
 * Slots in a row for the pages of one zone.  Each zone has lists of its own, and a walk through memory meets their pages far
 * apart: mixed on the disk, part of what is read ahead comes too early.  The header's place, 0, is never free.
 */
#define RUN		256UL

#define SWP_USED	1U
#define SWP_WRITEOK	2U

struct swap_info {
	unsigned int flags;		/* SWP_*: swap_lock */
	int prio;			/* swap_lock */
	struct file *file;		/* it, or its special file, open while the area is in use */
	struct block_device *bdev;	/* it, or where the file is */
	struct swap_extents extents;	/* of a file */
	struct inode *inode;		/* marked S_SWAPFILE: the file, or the device's */
	u16 *map;			/* each word by atomic operations; from and to 0: swap_lock */
	unsigned long max;		/* slots, header included */
	unsigned long pages;		/* slots that can be used */
	atomic_long_t inuse;		/* that are: swap_lock to change */
	unsigned long next[MAX_NR_ZONES];	/* where each zone's pages go on; a multiple of RUN: in the next run: swap_lock */
	unsigned long next_run;		/* where that begins: swap_lock */
};

static struct swap_info areas[MAX_SWAPFILES];
static DEFINE_SPINLOCK(swap_lock);
static DEFINE_MUTEX(swapon_mutex);	/* one swapon or swapoff at a time */
static int least_prio = -1;		/* swapon_mutex: of the areas that were given none by the user; the next gets one less */
static unsigned long area_changes;		/* swap_lock */
static unsigned long total_slots;	/* swap_lock: of the areas that are in use; every mmap asks */
static unsigned int last_used;		/* swap_lock: areas of one priority take turns */

/* ---- slots ---- */

/* @off, if it is within a run; else the first slot of the next one.  swap_lock held. */
static unsigned long within_run(struct swap_info *si, unsigned long off)
{
	if (off % RUN && off < si->max)
		return off;
	off = si->next_run < si->max ? si->next_run : 0;
	si->next_run = off + RUN;
	return off;
}

/* A free slot of @si, which has one, for a page of @zone.  swap_lock held. */
static unsigned long find_slot(struct swap_info *si, enum zone_type zone)
{
	unsigned long off = si->next[zone];

	for (unsigned long n = 0; n < si->max + RUN; n++, off++) {	/* the rest of a run, then each run once */
		off = within_run(si, off);
		if (!READ_ONCE(si->map[off])) {
			si->next[zone] = off + 1;
			return off;
		}
	}
	BUG();
}

static unsigned long slots_used(const struct swap_info *si)
{
	return atomic_long_read(&si->inuse);
}

/* The area to take the next slot from: highest priority, those of the same one in turn.  swap_lock held. */
static struct swap_info *best_area(void)
{
	struct swap_info *best = NULL;

	for (unsigned int i = 1; i <= MAX_SWAPFILES; i++) {
		struct swap_info *si = &areas[(last_used + i) % MAX_SWAPFILES];

		if ((si->flags & SWP_WRITEOK) && slots_used(si) < si->pages && (!best || si->prio > best->prio))
			best = si;
	}
	return best;
}

swp_entry_t get_swap_page(enum zone_type zone)
{
	swp_entry_t e = { 0 };
	struct swap_info *si;

	spin_lock(&swap_lock);
	si = best_area();
	if (si) {
		unsigned long off = find_slot(si, zone);

		WRITE_ONCE(si->map[off], SWAP_HAS_CACHE);
		atomic_long_inc(&si->inuse);
		last_used = si - areas;
		e = swp_entry(si - areas, off);
		trace_swap_slot(true, e.val);
	}
	spin_unlock(&swap_lock);
	return e;
}

/*
 * Its place in the map; NULL: there is no such slot.  swap_lock held, or the caller has a reference to the slot (one of its
 * count, or the cache's while its page is locked): until that is given back the area stays.
 */
static u16 *slot(swp_entry_t e)
{
	struct swap_info *si = swp_type(e) < MAX_SWAPFILES ? &areas[swp_type(e)] : NULL;

	if (!si || !(si->flags & SWP_USED) || !swp_offset(e) || swp_offset(e) >= si->max)
		return NULL;
	return &si->map[swp_offset(e)];
}

/* The slot loses @part of its word, one reference or the cache's bit: what is left.  If that is nothing, the slot is free. */
static u16 slot_put(swp_entry_t e, u16 part)
{
	u16 *s = slot(e), was = READ_ONCE(*s);

	while (was != part)
		if (__atomic_compare_exchange_n(s, &was, (u16)(was - part), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return was - part;
	spin_lock(&swap_lock);
	was = __atomic_sub_fetch(s, part, __ATOMIC_SEQ_CST);	/* the cache may just have taken it: swapcache_prepare() */
	if (!was) {
		trace_swap_slot(false, e.val);
		atomic_long_dec(&areas[swp_type(e)].inuse);	/* not touched after this: the area may go */
	}
	spin_unlock(&swap_lock);
	return was;
}

void swap_duplicate(swp_entry_t e)
{
	u16 *s = slot(e);

	VM_BUG_ON(!s || !READ_ONCE(*s) || (READ_ONCE(*s) & SWAP_COUNT) == SWAP_COUNT - 1);
	__atomic_fetch_add(s, 1, __ATOMIC_SEQ_CST);
}

unsigned int swap_free(swp_entry_t e)
{
	VM_BUG_ON(!(__swap_count(e)));
	return slot_put(e, 1) & SWAP_COUNT;
}

int swapcache_prepare(swp_entry_t e)
{
	int err = 0;
	u16 *s, was;

	spin_lock(&swap_lock);		/* who asks may be late: the area must not go meanwhile */
	s = slot(e);
	was = s ? READ_ONCE(*s) : 0;
	do {
		err = !was || was == SWAP_BAD ? -ENOENT : was & SWAP_HAS_CACHE ? -EEXIST : 0;
	} while (!err && !__atomic_compare_exchange_n(s, &was, (u16)(was | SWAP_HAS_CACHE), false,
						      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	spin_unlock(&swap_lock);
	return err;
}

void swapcache_free(swp_entry_t e)
{
	VM_BUG_ON(!slot(e) || !(READ_ONCE(*slot(e)) & SWAP_HAS_CACHE));
	slot_put(e, SWAP_HAS_CACHE);
}

unsigned int __swap_count(swp_entry_t e)
{
	const u16 *s = slot(e);
	u16 n = s ? READ_ONCE(*s) : 0;

	return n == SWAP_BAD ? 0 : n & SWAP_COUNT;
}

unsigned int swap_count(swp_entry_t e)
{
	unsigned int n;

	spin_lock(&swap_lock);
	n = __swap_count(e);
	spin_unlock(&swap_lock);
	return n;
}

unsigned long nr_swap_pages(void)
{
	unsigned long n = 0;

	for (int i = 0; i < MAX_SWAPFILES; i++) {
		const struct swap_info *si = &areas[i];
		unsigned long pages = READ_ONCE(si->pages), used = slots_used(si);

		if ((READ_ONCE(si->flags) & SWP_WRITEOK) && pages > used)
			n += pages - used;
	}
	return n;
}

static unsigned long references(const struct swap_info *si)
{
	unsigned long n = 0;

	for (unsigned long i = 1; i < si->max; i++)
		n += si->map[i] == SWAP_BAD ? 0 : si->map[i] & SWAP_COUNT;
	return n;
}

bool swap_is_scarce(swp_entry_t e)
{
	return nr_swap_pages() * 2 < total_swap_pages() || !(READ_ONCE(areas[swp_type(e)].flags) & SWP_WRITEOK);
}

unsigned long swap_area_changes(void) { return READ_ONCE(area_changes); }
unsigned long total_swap_pages(void) { return READ_ONCE(total_slots); }
unsigned long swap_references(void)
{
	unsigned long n = 0;

	spin_lock(&swap_lock);
	for (int i = 0; i < MAX_SWAPFILES; i++)
		if (areas[i].flags & SWP_USED)
			n += references(&areas[i]);
	spin_unlock(&swap_lock);
	return n;
}

/* ---- transfers ---- */

static sector_t slot_sector(const struct swap_info *si, unsigned long off)
{
	return si->extents.extent ? swap_extents_sector(&si->extents, off) : off << (PAGE_SHIFT - SECTOR_SHIFT);
}

static struct bio *page_bio(struct page *page, enum bio_op op)
{
	swp_entry_t e = page_swap_entry(page);
	const struct swap_info *si = &areas[swp_type(e)];
	struct bio *bio = bio_alloc(si->bdev, op, slot_sector(si, swp_offset(e)), 1, GFP_KERNEL);

	if (bio)
		bio_add_page(bio, page, 0, PAGE_SIZE);
	return bio;
}

/* No file's write-back (mm/page-writeback.c) knows of these pages: only the bit and the count. */
static void begin_writeback(struct page *page)
{
	ClearPageDirty(page);
	get_page(page);
	SetPageWriteback(page);
	atomic_long_inc(&nr_writeback_pages);
}

static void write_done(struct bio *bio)
{
	struct page *page = bio->bi_vec[0].bv_page;

	trace_swap(EV_FILE_SWAP_WRITTEN, page->private, page_to_pfn(page), bio->bi_status != 0);
	if (bio->bi_status)
		SetPageDirty(page);	/* its only copy: it stays in memory */
	atomic_long_dec(&nr_writeback_pages);
	page_end_writeback_bit(page);
	put_page(page);
	bio_put(bio);
}

void swap_writepage(struct page *page)
{
	struct bio *bio;

	if (try_to_free_swap(page)) {	/* nobody wants it back */
		ClearPageReclaim(page);
		unlock_page(page);
		return;
	}
	bio = page_bio(page, BIO_WRITE);
	bio->bi_end_io = write_done;
	begin_writeback(page);
	trace_swap(EV_FILE_SWAP_OUT, page->private, page_to_pfn(page), 0);
	unlock_page(page);
	count_vm_event(PSWPOUT);
	submit_bio(bio);
}

static void read_done(struct bio *bio)
{
	page_end_read(bio->bi_vec[0].bv_page, bio->bi_status);
	bio_put(bio);
}

bool swap_readpage(struct page *page)
{
	struct bio *bio = page_bio(page, BIO_READ);

	if (!bio)
		return false;
	bio->bi_end_io = read_done;
	trace_swap(EV_FILE_SWAP_IN, page->private, page_to_pfn(page), 0);
	count_vm_event(PSWPIN);
	page_io_begin(page);
	submit_bio(bio);
	return true;
}

/* ---- swapon ---- */

/* mkswap's first page (version 1); little endian as we are. */
struct swap_header {
	u8 boot[1024];
	u32 version, last_page, nr_badpages;
	u8 uuid[16], label[16];
	u32 padding[117];
	u32 badpages[637];
	u8 unused[2];
	char magic[10];
} __packed;
_Static_assert(sizeof(struct swap_header) == PAGE_SIZE, "swap header");

#define MAX_BAD	(ARRAY_SIZE(((struct swap_header *)0)->badpages))

/* What the header promises, for an area of @pages pages: 0 and the number of slots, or -EINVAL. */
static int check_header(const struct swap_header *h, unsigned long pages, bool file, unsigned long *max)
{
	if (memcmp(h->magic, "SWAPSPACE2", 10) || h->version != 1)
		return -EINVAL;
	if (!h->last_page || h->nr_badpages > MAX_BAD)
		return -EINVAL;
	*max = (unsigned long)h->last_page + 1;
	return *max > pages || (h->nr_badpages && file) ? -EINVAL : 0;
}

/* The map of a new area: the header and what the header says is bad are not to be used.  0, -EINVAL, -ENOMEM. */
static int make_map(struct swap_info *si, const struct swap_header *h)
{
	si->map = vzalloc(si->max * sizeof(*si->map));
	if (!si->map)
		return -ENOMEM;
	si->map[0] = SWAP_BAD;
	si->pages = si->max - 1;
	for (u32 i = 0; i < h->nr_badpages; i++) {
		if (!h->badpages[i] || h->badpages[i] >= si->max)
			return -EINVAL;
		si->pages -= si->map[h->badpages[i]] != SWAP_BAD;
		si->map[h->badpages[i]] = SWAP_BAD;
	}
	return si->pages ? 0 : -EINVAL;
}

static bool is_file(const struct swap_info *si)
{
	return S_ISREG(si->inode->i_mode);
}

/* What is cached of the file goes to the disk first: later it would overwrite what is in swap.  0 or -errno. */
static int find_slots(struct swap_info *si)
{
	int err = filemap_write_and_wait(si->inode->i_mapping);

	if (!err)
		err = swap_extents_make(&si->extents, si->inode, si->max);
	if (!err)
		si->max = si->extents.slots;
	return err;
}

/* si->inode's i_rwsem held: it stays as it is. */
static int read_area(struct swap_info *si)
{
	struct inode *inode = si->inode;
	unsigned long pages = is_file(si) ? (unsigned long)inode->i_size >> PAGE_SHIFT
					  : bdev_nr_sectors(si->bdev) >> (PAGE_SHIFT - SECTOR_SHIFT);
	struct page *page = read_mapping_page(inode->i_mapping, 0);
	const struct swap_header *h;
	int err;

	if (IS_ERR(page))
		return PTR_ERR(page);
	h = page_address(page);
	err = check_header(h, pages, is_file(si), &si->max);
	if (!err && is_file(si))
		err = find_slots(si);
	if (!err)
		err = make_map(si, h);
	put_page(page);
	return err;
}

/* It may be written again. */
static void unmark_area(struct swap_info *si)
{
	down_write(&si->inode->i_rwsem);
	si->inode->i_flags &= ~S_SWAPFILE;
	up_write(&si->inode->i_rwsem);
}

static void close_area(struct swap_info *si)
{
	if (si->map)
		vfree(si->map);
	if (si->inode && !is_file(si)) {
		bd_release(si->bdev, si);
		blkdev_put(si->bdev);
	}
	swap_extents_free(&si->extents);
	if (si->file)
		fput(si->file);
	memset(si, 0, sizeof(*si));
}

/* The device is ours alone.  0 or -errno. */
static int claim_device(struct swap_info *si, const struct file *f)
{
	struct block_device *bdev = blkdev_get(f->f_inode->i_rdev, true);
	int err;

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	err = bd_claim(bdev, si);
	if (err) {
		blkdev_put(bdev);
		return err;
	}
	si->bdev = bdev;
	si->inode = bdev_inode(bdev);
	return 0;
}

/* The file has a name, and its disk can be written past its file system.  Its i_rwsem held.  0 or -errno. */
static int claim_file(struct swap_info *si, const struct file *f)
{
	struct inode *inode = f->f_inode;

	if (!inode->i_nlink || f->f_path.dentry->d_unlinked)
		return -ENOENT;
	if (IS_SWAPFILE(inode))
		return -EBUSY;
	if (!inode->i_mapping->a_ops || !inode->i_mapping->a_ops->bmap)
		return -EINVAL;
	si->bdev = inode->i_sb->s_bdev;
	si->inode = inode;
	return 0;
}

/* Open and claim the area and read its header.  0 or -errno with nothing kept. */
static int open_area(struct swap_info *si, struct file *f)
{
	struct inode *inode = f->f_inode;
	int err = -EINVAL;

	memset(si, 0, sizeof(*si));
	if (S_ISBLK(inode->i_mode))
		err = claim_device(si, f);
	else if (S_ISREG(inode->i_mode))
		si->inode = inode, err = 0;
	if (err)
		return err;
	si->file = get_file(f);
	down_write(&si->inode->i_rwsem);
	err = (is_file(si) ? claim_file(si, f) : 0) ?: read_area(si);
	if (!err)
		si->inode->i_flags |= S_SWAPFILE;
	up_write(&si->inode->i_rwsem);
	if (err)
		close_area(si);
	return err;
}

static void set_flags(struct swap_info *si, unsigned int flags)
{
	spin_lock(&swap_lock);
	total_slots -= si->flags & SWP_WRITEOK ? si->pages : 0;
	si->flags = flags;
	area_changes++;
	total_slots += flags & SWP_WRITEOK ? si->pages : 0;
	spin_unlock(&swap_lock);
}

#define SWAP_FLAG_PREFER	0x8000
#define SWAP_FLAG_PRIO_MASK	0x7fff
#define SWAP_FLAGS_VALID	(SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK | 0x10000 | 0x20000 | 0x40000)

static int add_area(struct file *f, int flags)
{
	struct swap_info *si = NULL;
	int err;

	for (int i = 0; i < MAX_SWAPFILES && !si; i++)
		if (!areas[i].flags)
			si = &areas[i];
	if (!si)
		return -EPERM;
	err = open_area(si, f);
	if (err)
		return err;
	si->prio = flags & SWAP_FLAG_PREFER ? flags & SWAP_FLAG_PRIO_MASK : --least_prio;
	memset(si->next, 0, sizeof(si->next));
	si->next_run = 0;
	set_flags(si, SWP_USED | SWP_WRITEOK);
	pr_info("Adding %luk swap on %s.  Priority:%d\n", si->pages << (PAGE_SHIFT - 10), si->file->f_path.dentry->d_name,
		si->prio);
	return 0;
}

/* The file that @path names, for swapon and swapoff; ERR_PTR. */
static struct file *open_user_path(const char __user *path)
{
	char *name = getname(path);
	struct file *f;

	if (IS_ERR(name))
		return ERR_PTR(PTR_ERR(name));
	f = filp_open(name, O_RDWR | O_LARGEFILE, 0);
	putname(name);
	return f;
}

long sys_swapon(const char __user *path, int flags)
{
	struct file *f;
	int err;

	if (flags & ~SWAP_FLAGS_VALID)
		return -EINVAL;
	if (!capable_root())
		return -EPERM;
	f = open_user_path(path);
	if (IS_ERR(f))
		return PTR_ERR(f);
	mutex_lock(&swapon_mutex);
	err = add_area(f, flags);
	mutex_unlock(&swapon_mutex);
	fput(f);
	return err;
}

/* ---- swapoff ---- */

/* Every mm of the list, one after the other: their entries get their pages back.  0, -ENOMEM, -EINTR. */
static int unuse_all_mms(unsigned int type)
{
	for (struct mm_struct *mm = next_mm(&init_mm); mm; mm = next_mm(mm)) {
		int err = signal_pending(current) ? -EINTR : get_mm_counter(mm, MM_SWAPENTS) ? unuse_mm(mm, type) : 0;

		if (err) {
			mmput(mm);
			return err;
		}
	}
	return 0;
}

/* What is only in the cache leaves it: its slots are free.  0 or -EINTR. */
static int drop_cached(unsigned int type)
{
	struct swap_info *si = &areas[type];

	for (unsigned long off = 1; off < si->max; off++) {
		struct page *page;

		if (!(READ_ONCE(si->map[off]) & SWAP_HAS_CACHE) || si->map[off] == SWAP_BAD)
			continue;
		page = lookup_swap_cache(swp_entry(type, off));
		if (!page)
			continue;
		lock_page(page);
		wait_on_page_writeback(page);
		try_to_free_swap(page);
		unlock_page(page);
		put_page(page);
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* Until no slot is in use: a fork or a fault may have moved entries meanwhile. */
static int empty_area(unsigned int type)
{
	while (slots_used(&areas[type])) {
		int err = shmem_unuse(type) ?: unuse_all_mms(type) ?: drop_cached(type);

		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* The area that is @f, by whatever name: -EINVAL if there is none. */
static int find_area(const struct file *f)
{
	const struct inode *inode = f->f_inode;

	for (int i = 0; i < MAX_SWAPFILES; i++) {
		if (!(areas[i].flags & SWP_WRITEOK))
			continue;
		if (S_ISBLK(inode->i_mode) ? !is_file(&areas[i]) && areas[i].file->f_inode->i_rdev == inode->i_rdev
					   : areas[i].inode == inode)
			return i;
	}
	return -EINVAL;
}

/* An area that got its priority from us goes: those after it move up, as on Linux.  swapon_mutex held. */
static void take_back_priority(int prio)
{
	if (prio >= 0)
		return;
	spin_lock(&swap_lock);
	for (int i = 0; i < MAX_SWAPFILES; i++)
		if ((areas[i].flags & SWP_USED) && areas[i].prio < prio)
			areas[i].prio++;
	spin_unlock(&swap_lock);
	least_prio++;
}

/* swapon_mutex held. */
static int remove_area(struct file *f)
{
	int type = find_area(f), err;
	struct swap_info *si;

	if (type < 0)
		return type;
	si = &areas[type];
	if (security_vm_enough_memory(si->pages))	/* what was promised with it must fit without it */
		return -ENOMEM;
	vm_unacct_memory(si->pages);
	set_flags(si, SWP_USED);
	current->flags |= PF_OOM_ORIGIN;
	err = empty_area(type);
	current->flags &= ~PF_OOM_ORIGIN;
	if (err) {
		set_flags(si, SWP_USED | SWP_WRITEOK);
		return err;
	}
	set_flags(si, 0);
	take_back_priority(si->prio);
	unmark_area(si);
	close_area(si);
	return 0;
}

long sys_swapoff(const char __user *path)
{
	struct file *f;
	int err;

	if (!capable_root())
		return -EPERM;
	f = open_user_path(path);
	if (IS_ERR(f))
		return PTR_ERR(f);
	mutex_lock(&swapon_mutex);
	err = remove_area(f);
	mutex_unlock(&swapon_mutex);
	fput(f);
	return err;
}

/* ---- /proc/swaps, snapshots ---- */

/* The machine stands (kernel/snapshot.c): each slot that is in use, in the order of areas and slots. */
void swap_visit_slots(void (*fn)(swp_entry_t e, unsigned int count, void *arg), void *arg)
{
	for (unsigned int type = 0; type < MAX_SWAPFILES; type++) {
		const struct swap_info *si = &areas[type];

		for (unsigned long off = 1; (si->flags & SWP_USED) && off < si->max; off++)
			if (si->map[off] && si->map[off] != SWAP_BAD)
				fn(swp_entry(type, off), si->map[off] & SWAP_COUNT, arg);
	}
}

int swaps_show(struct seq_file *m)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	mutex_lock(&swapon_mutex);
	for (int i = 0; i < MAX_SWAPFILES; i++) {
		const struct swap_info *si = &areas[i];
		const char *name;

		if (!(si->flags & SWP_USED))
			continue;
		name = d_path(&si->file->f_path, buf, PATH_MAX);
		seq_printf(m, "%-39s %s\t%lu\t%s%lu\t%s%d\n", name, is_file(si) ? "file\t" : "partition", si->pages << (PAGE_SHIFT - 10),
			   si->pages << (PAGE_SHIFT - 10) < 10000000 ? "\t" : "", slots_used(si) << (PAGE_SHIFT - 10),
			   slots_used(si) << (PAGE_SHIFT - 10) < 10000000 ? "\t" : "", si->prio);
	}
	mutex_unlock(&swapon_mutex);
	kfree(buf);
	return 0;
}
