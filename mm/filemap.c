/*
 * mm/filemap.c - the page cache: every file's pages, read, written and mapped from one place
 *
 * Purpose:    a page of a file exists once.  read() and write() copy from and to it, mappings
 *             show it, exec runs from it.
 * Invariants: a page in the tree has mapping and index set and carries one reference for the
 *             tree; both change only under the page lock; a page is read by others only once
 *             PG_uptodate is set; nobody maps or fills a page beyond i_size (checked under the
 *             page lock, which truncation takes too).
 * Lock order: i_rwsem > mmap_sem > page lock > tree_lock.  No fault is taken with a page lock
 *             held, because the user's buffer may be a mapping of the very same page: write
 *             touches the buffer first, then copies under the lock without faulting, and
 *             begins again if the buffer has gone meanwhile.
 * Sources:    Gorman, "Understanding the Linux Virtual Memory Manager", "Page Cache Management".
 */
#include <asm/uaccess.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <signal.h>
#include <slab.h>
#include <string.h>
#include "internal.h"

atomic_long_t nr_file_pages, nr_shmem_pages;

void address_space_init(struct address_space *m, struct inode *host,
			const struct address_space_operations *a_ops)
{
	memset(m, 0, sizeof(*m));
	m->host = host;
	m->a_ops = a_ops;
	spin_lock_init_class(&m->tree_lock, "mapping->tree_lock");
	init_rwsem_class(&m->i_mmap_rwsem, "mapping->i_mmap_rwsem");
	m->i_mmap = RB_ROOT;
	INIT_LIST_HEAD(&m->i_mmap_nonlinear);
	INIT_LIST_HEAD(&m->swaplist);
}

bool mapping_is_shmem(const struct address_space *m)
{
	return test_bit(AS_SHMEM, &m->flags);
}

/* ---- the tree ---- */

struct page *find_get_page(struct address_space *m, pgoff_t index)
{
	struct page *page;

	spin_lock(&m->tree_lock);
	page = page_tree_lookup(&m->page_tree, index);
	if (page)
		get_page(page);
	spin_unlock(&m->tree_lock);
	return page;
}

unsigned int find_get_pages(struct address_space *m, pgoff_t first, pgoff_t last, struct page **pages, unsigned int max)
{
	unsigned int n;

	spin_lock(&m->tree_lock);
	n = page_tree_gang_lookup(&m->page_tree, first, pages, max);
	while (n && pages[n - 1]->index > last)
		n--;
	for (unsigned int i = 0; i < n; i++)
		get_page(pages[i]);
	spin_unlock(&m->tree_lock);
	return n;
}

/* Hang a new page, locked by the caller, into the tree.  0, -EEXIST, -ENOMEM, -ENOSPC. */
int add_to_page_cache(struct address_space *m, pgoff_t index, struct page *page)
{
	bool shmem = mapping_is_shmem(m);
	int err;

	VM_BUG_ON_PAGE(!PageLocked(page), page);
	if (shmem && shmem_acct_pages(m->host, 1))
		return -ENOSPC;
	page->mapping = m;
	page->index = index;
	if (shmem)
		SetPageSwapBacked(page);
	get_page(page);
	spin_lock(&m->tree_lock);
	err = page_tree_insert(&m->page_tree, index, page);
	if (!err)
		m->nrpages++;
	spin_unlock(&m->tree_lock);
	if (err) {
		page->mapping = NULL;
		ClearPageSwapBacked(page);
		put_page(page);
		if (shmem)
			shmem_acct_pages(m->host, -1);
		return err;
	}
	if (unlikely(mapping_unevictable(m)))
		SetPageUnevictable(page);
	lru_cache_add(page);
	count_vm_event(PGCACHE_ADD);
	trace_cache_add(page);
	atomic_long_inc(&nr_file_pages);
	if (shmem)
		atomic_long_inc(&nr_shmem_pages);
	return 0;
}

void delete_from_page_cache(struct page *page)
{
	struct address_space *m = page->mapping;

	VM_BUG_ON_PAGE(!PageLocked(page) || page_mapped(page), page);
	VM_BUG_ON_PAGE(PageWriteback(page), page);
	trace_cache_del(page);
	spin_lock(&m->tree_lock);
	account_page_cleaned(m, page);
	page_tree_delete(&m->page_tree, page->index);
	m->nrpages--;
	page->mapping = NULL;
	spin_unlock(&m->tree_lock);
	count_vm_event(PGCACHE_DEL);
	atomic_long_dec(&nr_file_pages);
	if (mapping_is_shmem(m)) {
		atomic_long_dec(&nr_shmem_pages);
		shmem_acct_pages(m->host, -1);
	}
	put_page(page);
}

/* Cached page, locked, still of this file; NULL if there is none. */
static struct page *find_lock_page(struct address_space *m, pgoff_t index)
{
	for (;;) {
		struct page *page = find_get_page(m, index);

		if (!page)
			return NULL;
		lock_page(page);
		if (likely(page->mapping == m))
			return page;
		unlock_page(page);		/* truncated while we waited */
		put_page(page);
	}
}

/* As find_or_create_page(), with the reason: ERR_PTR(-ENOMEM, -ENOSPC, -EIO). */
struct page *grab_page(struct address_space *m, pgoff_t index, gfp_t gfp)
{
	for (;;) {
		struct page *page = find_lock_page(m, index);
		int err;

		if (page)
			return page;
		if (unlikely(shmem_has_values(m)))
			page = shmem_swapin_page(m, index);
		if (page)
			return page;
		page = alloc_page(gfp);
		if (!page)
			return ERR_PTR(-ENOMEM);
		lock_new_page(page);
		err = add_to_page_cache(m, index, page);
		if (!err)
			return page;
		unlock_page(page);
		put_page(page);
		if (err != -EEXIST)
			return ERR_PTR(err);
	}
}

struct page *find_or_create_page(struct address_space *m, pgoff_t index, gfp_t gfp)
{
	struct page *page = grab_page(m, index, gfp);

	return IS_ERR(page) ? NULL : page;
}

/* Fill a locked page if it has no contents yet.  0 or -errno. */
static int make_uptodate(struct address_space *m, struct page *page)
{
	if (PageUptodate(page))
		return 0;
	if (!m->a_ops || !m->a_ops->readpage)
		return -EINVAL;
	return m->a_ops->readpage(m, page);
}

/* Give a page that could not be filled back: it must not stay in the cache as if it were. */
static void drop_failed_page(struct page *page)
{
	if (page->mapping && !PageUptodate(page) && !page_mapped(page))
		delete_from_page_cache(page);
	unlock_page(page);
	put_page(page);
}

struct page *read_mapping_page(struct address_space *m, pgoff_t index)
{
	struct page *page = find_get_page(m, index);
	int err;

	if (page && PageUptodate(page))
		return page;
	if (page)
		put_page(page);
	page = grab_page(m, index, GFP_HIGHUSER_MOVABLE);
	if (IS_ERR(page))
		return page;
	err = make_uptodate(m, page);
	if (err) {
		drop_failed_page(page);
		return ERR_PTR(err);
	}
	unlock_page(page);
	return page;
}

int set_page_dirty(struct page *page)
{
	struct address_space *m = PageAnon(page) ? NULL : page->mapping;

	if (PageDirty(page))
		return 0;
	if (m && m->a_ops && m->a_ops->writepage)
		return mark_page_dirty(m, page);
	if (m)
		trace_dirty(page);
	if (m && m->a_ops && m->a_ops->set_page_dirty)
		return m->a_ops->set_page_dirty(page);
	return !TestSetPageDirty(page);
}

/* ---- read ---- */

/* Where the bytes go: kernel memory, or else user memory (where NULL is an address like others). */
struct sink {
	char __user *ubuf;
	char *kbuf;
};

/* Bytes of @src (NULL: zeroes) delivered. */
static size_t deliver(struct sink *s, size_t done, const void *src, size_t n)
{
	if (!s->kbuf && src)
		return n - copy_to_user(s->ubuf + done, src, n);
	if (!s->kbuf)
		return n - clear_user(s->ubuf + done, n);
	if (src)
		memcpy(s->kbuf + done, src, n);
	else
		memset(s->kbuf + done, 0, n);
	return n;
}

/* The page to read from with a reference; NULL for a hole of a shmem file; ERR_PTR. */
static struct page *page_to_read(struct file *file, struct address_space *m, pgoff_t index, unsigned long want)
{
	if (mapping_is_shmem(m)) {
		struct page *page = shmem_get_page(m, index);

		if (IS_ERR_OR_NULL(page) || PageUptodate(page))
			return page;
		put_page(page);
		return NULL;
	}
	page_cache_readahead(file, m, index, want);
	return read_mapping_page(m, index);
}

static ssize_t read_pages(struct file *file, struct address_space *m, struct sink *sink, size_t len, loff_t pos)
{
	const struct inode *inode = m->host;
	pgoff_t before = file->f_ra.prev_index;		/* reading on in the page where the last read ended is the same use */
	size_t done = 0;

	while (done < len && pos < READ_ONCE(inode->i_size)) {
		size_t n = min_t(size_t, len - done, PAGE_SIZE - offset_in_page(pos)), got;
		struct page *page;

		n = min_t(size_t, n, READ_ONCE(inode->i_size) - pos);
		page = page_to_read(file, m, pos >> PAGE_SHIFT,
				    ((pos + (len - done) - 1) >> PAGE_SHIFT) - (pos >> PAGE_SHIFT) + 1);
		if (IS_ERR(page))
			return done ? (ssize_t)done : PTR_ERR(page);
		if (page && (mapping_is_shmem(m) ? !offset_in_page(pos) : pos >> PAGE_SHIFT != (loff_t)before))
			mark_page_accessed(page);
		before = pos >> PAGE_SHIFT;
		got = deliver(sink, done, page ? page_address(page) + offset_in_page(pos) : NULL, n);
		if (page)
			put_page(page);
		done += got;
		pos += got;
		if (got < n)
			return done ? (ssize_t)done : -EFAULT;
		cond_resched();
	}
	return done;
}

ssize_t generic_file_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct sink sink = { .ubuf = buf };
	ssize_t n = read_pages(file, file->f_inode->i_mapping, &sink, len, *pos);

	if (n > 0)
		*pos += n;
	return n;
}

ssize_t kernel_read(struct file *file, void *buf, size_t len, loff_t pos)
{
	struct sink sink = { .kbuf = buf };

	if (!file->f_inode->i_mapping->a_ops)
		return -EINVAL;
	return read_pages(file, file->f_inode->i_mapping, &sink, len, pos);
}

/* ---- write ---- */

/* How much may be written at @pos: file size limits.  Bytes, or -EFBIG. */
static ssize_t write_limit(struct file *file, size_t len, loff_t pos, bool user)
{
	unsigned long limit = user ? rlimit(RLIMIT_FSIZE) : RLIM_INFINITY;
	const unsigned long max = ~0UL >> 1;

	if (limit != RLIM_INFINITY) {
		if ((unsigned long)pos >= limit) {
			send_sig(SIGXFSZ, current, false);
			return -EFBIG;
		}
		len = min(len, limit - pos);
	}
	if (pos < 0 || (unsigned long)pos >= max)
		return -EFBIG;
	return min(len, max - pos);
}

/* Where the bytes of a write come from: kernel memory, or else (NULL) user memory. */
struct source {
	const char __user *ubuf;
	const char *kbuf;
};

/* Copy @n bytes, the first of which is number @at, to @to.  How many came, without a fault. */
static size_t copy_in(void *to, const struct source *src, size_t at, size_t n)
{
	if (!src->kbuf)
		return n - copy_from_user_nofault(to, src->ubuf + at, n);
	memcpy(to, src->kbuf + at, n);
	return n;
}

/*
 * Write @n bytes into the cached page at @pos.  How many, or -errno; 0: the user's page has
 * gone since it was touched.
 */
static ssize_t write_part(struct address_space *m, const struct source *src, size_t at, size_t n,
			  loff_t pos)
{
	unsigned int off = offset_in_page(pos);
	size_t wanted = n;
	struct page *page;
	int err = mapping_is_shmem(m) ? shmem_may_write(m->host, pos, n) : 0;

	if (err)
		return err;
	page = grab_page(m, pos >> PAGE_SHIFT, GFP_HIGHUSER_MOVABLE);
	if (IS_ERR(page))
		return PTR_ERR(page);
	if (m->a_ops->prepare_write)
		err = m->a_ops->prepare_write(m, page, off, off + n);
	else if (n < PAGE_SIZE)
		err = make_uptodate(m, page);
	if (err) {
		drop_failed_page(page);
		return err;
	}
	n = copy_in(page_address(page) + off, src, at, n);
	if (n < PAGE_SIZE && !PageUptodate(page)) {
		drop_failed_page(page);		/* a whole page was to come: its rest has no contents */
		return 0;
	}
	if (n) {
		if (mapping_is_shmem(m))
			mark_page_accessed(page);	/* as on Linux: of other files only read(2) is a use */
		SetPageUptodate(page);
		set_page_dirty(page);
		if (pos + (loff_t)n > m->host->i_size)
			WRITE_ONCE(m->host->i_size, pos + n);
	}
	if (unlikely(n < wanted) && m->a_ops->write_stopped)
		m->a_ops->write_stopped(m);
	unlock_page(page);
	put_page(page);
	return n;
}

/* Enter: i_rwsem held for writing. */
static ssize_t write_pages(struct address_space *m, const struct source *src, size_t len, loff_t pos)
{
	ssize_t ret = 0;
	size_t done = 0;

	while (done < len) {
		size_t n = min_t(size_t, len - done, PAGE_SIZE - offset_in_page(pos));

		if (!src->kbuf)
			n -= fault_in_readable(src->ubuf + done, n);
		ret = n ? write_part(m, src, done, n, pos) : -EFAULT;
		if (ret < 0)
			break;
		done += ret;
		pos += ret;
		balance_dirty_pages(m);
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		cond_resched();
	}
	return done ? (ssize_t)done : ret;
}

ssize_t generic_file_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct inode *inode = file->f_inode, *host = inode->i_mapping->host;
	const struct source src = { .ubuf = buf };
	ssize_t n;

	if (!len)
		return IS_SWAPFILE(host) ? -ETXTBSY : 0;
	down_write(&host->i_rwsem);
	if ((file->f_flags & O_APPEND) && host == inode)	/* a device has no end to append to */
		*pos = host->i_size;
	n = IS_SWAPFILE(host) ? -ETXTBSY : write_limit(file, len, *pos, true);
	if (n > 0) {
		loff_t size = inode->i_size;

		n = write_pages(inode->i_mapping, &src, n, *pos);
		inode->i_mtime = inode->i_ctime = current_time_ns();
		__mark_inode_dirty(inode, inode->i_size == size ? I_DIRTY_SYNC : I_DIRTY_SYNC | I_DIRTY_DATASYNC);
	}
	if (n > 0)
		*pos += n;
	up_write(&host->i_rwsem);
	return n;
}

ssize_t kernel_write(struct file *file, const void *buf, size_t len, loff_t pos)
{
	struct inode *inode = file->f_inode, *host = inode->i_mapping->host;
	const struct source src = { .kbuf = buf };
	ssize_t n;

	if (!inode->i_mapping->a_ops)
		return -EINVAL;
	down_write(&host->i_rwsem);
	n = IS_SWAPFILE(host) ? -ETXTBSY : write_limit(file, len, pos, false);
	if (n > 0) {
		n = write_pages(inode->i_mapping, &src, n, pos);
		inode->i_mtime = inode->i_ctime = current_time_ns();
		mark_inode_dirty(inode);
	}
	up_write(&host->i_rwsem);
	return n;
}

/* ---- mappings ---- */

static bool beyond_eof(const struct inode *inode, pgoff_t index)
{
	loff_t size = READ_ONCE(inode->i_size);

	return index >= DIV_ROUND_UP((unsigned long)size, PAGE_SIZE);
}

static bool filemap_has_page(struct vm_area_struct *vma, pgoff_t index)
{
	return !beyond_eof(vma->vm_file->f_inode->i_mapping->host, index);
}

static int filemap_fault(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct address_space *m = vma->vm_file->f_inode->i_mapping;
	const struct inode *inode = m->host;
	struct page *page;
	int ret = VM_FAULT_LOCKED, err;

	if (beyond_eof(inode, vmf->pgoff))
		return VM_FAULT_SIGBUS;
	if (fault_readahead(vma, m, vmf->pgoff) || shmem_needs_disk(m, vmf->pgoff))
		ret |= VM_FAULT_MAJOR;
	page = grab_page(m, vmf->pgoff, GFP_HIGHUSER_MOVABLE);
	if (IS_ERR(page))
		return PTR_ERR(page) == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	if (!PageUptodate(page) && !mapping_is_shmem(m))
		ret |= VM_FAULT_MAJOR;
	err = make_uptodate(m, page);
	/* Truncation sets i_size first and takes the page lock next: one of us sees the other. */
	if (err || beyond_eof(inode, vmf->pgoff)) {
		if (!err && !page_mapped(page))		/* else truncation has still to come here */
			delete_from_page_cache(page);
		drop_failed_page(page);
		return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	}
	vmf->page = page;
	return ret;
}

#define MAP_AROUND_MAX 32

/* Referenced, locked, uptodate pages of [first, last]: those that can be had without waiting. */
static unsigned int lock_cached(struct address_space *m, pgoff_t first, pgoff_t last,
				struct page **pages)
{
	unsigned int n, kept = 0;

	n = find_get_pages(m, first, last, pages, MAP_AROUND_MAX);
	for (unsigned int i = 0; i < n; i++) {
		struct page *page = pages[i];

		if (!trylock_page(page)) {
			put_page(page);
		} else if (page->mapping != m || !PageUptodate(page) ||
			   beyond_eof(m->host, page->index)) {
			unlock_page(page);
			put_page(page);
		} else {
			pages[kept++] = page;
		}
	}
	return kept;
}

static void filemap_map_pages(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct address_space *m = vma->vm_file->f_inode->i_mapping;
	struct page *pages[MAP_AROUND_MAX];
	unsigned int n = lock_cached(m, vmf->pgoff, vmf->max_pgoff, pages);
	pgprot_t prot = vma->vm_page_prot;
	int mapped[NR_MM_COUNTERS] = { 0 }, total = 0;
	spinlock_t *ptl;
	pte_t *base;

	/* A shared area's entries may be writable; the hardware's dirty bit reaches the page when
	 * they are taken down. */
	base = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->virtual_address, &ptl);
	for (unsigned int i = 0; i < n; i++) {
		struct page *page = pages[i];
		pte_t *pte = base + (page->index - vmf->pgoff);

		if (!pte_none(*pte))
			continue;
		get_page(page);
		page_add_file_rmap(page);
		mlock_vma_page(page, vma);
		set_pte(pte, mk_pte(page, prot));
		trace_pte_set(vma->vm_mm, vmf->virtual_address + ((page->index - vmf->pgoff) << PAGE_SHIFT),
			      0, pte->pte, OUTCOME_FILE_READ);
		mapped[mm_counter(page)]++;
		total++;
	}
	pt_entries_add(ptl, total);
	count_vm_events(FAULT_AROUND_PAGES, total);
	pte_unmap_unlock(base, ptl);
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		if (mapped[i])
			add_mm_counter(vma->vm_mm, i, mapped[i]);
	while (n) {
		unlock_page(pages[--n]);
		put_page(pages[n]);
	}
}

const struct vm_operations_struct generic_file_vm_ops = {
	.has_page = filemap_has_page,
	.fault = filemap_fault,
	.map_pages = filemap_map_pages,
	.remap_pages = generic_file_remap_pages,
};

/*
 * A page whose home is a disk is about to be written through a mapping: the file finds room
 * for it, or there is a SIGBUS.  From here until its transfer begins it is dirty.
 */
static int filemap_page_mkwrite(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct address_space *m = vma->vm_file->f_inode->i_mapping;
	struct page *page = vmf->page;
	loff_t left;
	int err;

	balance_dirty_pages(m);
	file_update_time(vma->vm_file);
	lock_page(page);
	left = READ_ONCE(m->host->i_size) - ((loff_t)page->index << PAGE_SHIFT);
	if (page->mapping != m || left <= 0) {
		unlock_page(page);
		return VM_FAULT_NOPAGE;
	}
	err = m->a_ops->prepare_write ? m->a_ops->prepare_write(m, page, 0, min_t(loff_t, left, PAGE_SIZE)) : 0;
	if (!err) {
		set_page_dirty(page);
		return VM_FAULT_LOCKED;
	}
	unlock_page(page);
	return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

/* Files whose pages are written back. */
static const struct vm_operations_struct written_file_vm_ops = {
	.has_page = filemap_has_page,
	.fault = filemap_fault,
	.map_pages = filemap_map_pages,
	.page_mkwrite = filemap_page_mkwrite,
	.remap_pages = generic_file_remap_pages,
};

int generic_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	const struct address_space_operations *a_ops = file->f_inode->i_mapping->a_ops;

	if (!a_ops)
		return -ENODEV;
	vma->vm_ops = a_ops->writepage ? &written_file_vm_ops : &generic_file_vm_ops;
	return 0;
}
