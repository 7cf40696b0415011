/*
 * mm/shmem.c - files whose pages have no other home: tmpfs, memfd and shared anonymous memory
 *
 * Purpose:    MAP_SHARED|MAP_ANONYMOUS is a mapping of a file without a name; tmpfs files are
 *             the same with one.  All pages live in the page cache or, when memory is short, in swap (mm/shmem_swap.c).
 * Invariants: inode->i_blocks counts eight per page, in memory or in swap.  An object without VM_NORESERVE is charged
 *             as a whole when it is made, all others page by page as pages come and go;
 *             shmem_recount() finds the same number again.  A page that fallocate(2) made and
 *             nobody used yet is not uptodate: it reads as a hole.
 * Lock order: i_rwsem > page lock > tree_lock; object_lock stands alone.
 * Sources:    tmpfs(5), fallocate(2), lseek(2); the order of errors is Linux 6.1's.
 */
#include <err.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <uapi/fcntl.h>
#include <uapi/mman.h>
#include <uapi/unistd.h>
#include "internal.h"

static struct super_block shm_sb;
static struct dentry *shm_root;

/* What an object without a name has beside its inode, in i_private. */
struct shmem_object {
	unsigned int seals;		/* F_SEAL_*: i_rwsem to change */
	bool noreserve;			/* charged page by page */
	long reserved;			/* else: pages charged for its size; i_rwsem */
	struct list_head list;		/* object_lock */
};

static DEFINE_SPINLOCK(object_lock);
static LIST_HEAD(objects);

/* NULL: a file of a mounted tmpfs. */
static struct shmem_object *object_of(const struct inode *inode)
{
	return inode->i_sb == &shm_sb ? inode->i_private : NULL;
}

/* ---- accounting ---- */

bool shmem_charged_by_page(const struct inode *inode)
{
	const struct shmem_object *o = object_of(inode);

	return !o || o->noreserve;
}

/* @pages come (or, if negative, go): commitment, and the size= option of the mount.  -ENOSPC. */
int shmem_acct_pages(struct inode *inode, long pages)
{
	struct tmpfs_sb_info *info = inode->i_sb->s_fs_info;
	bool charged = shmem_charged_by_page(inode);

	if (pages > 0 && charged && security_vm_enough_memory(pages))
		return -ENOSPC;
	if (info && atomic_long_add_return(pages, &info->used_pages) > info->max_pages &&
	    info->max_pages && pages > 0) {
		atomic_long_sub(pages, &info->used_pages);
		if (charged)
			vm_unacct_memory(pages);
		return -ENOSPC;
	}
	if (pages < 0 && charged)
		vm_unacct_memory(-pages);
	__atomic_fetch_add(&inode->i_blocks, pages * (long)(PAGE_SIZE / 512), __ATOMIC_RELAXED);
	return 0;
}

/* An object charged as a whole gets a new size.  0 or -ENOMEM. */
static int reacct_size(struct inode *inode, loff_t size)
{
	struct shmem_object *o = object_of(inode);
	long more;

	if (!o || o->noreserve)
		return 0;
	more = (long)DIV_ROUND_UP((unsigned long)size, PAGE_SIZE) - o->reserved;
	if (more > 0 && security_vm_enough_memory(more))
		return -ENOMEM;
	if (more < 0)
		vm_unacct_memory(-more);
	o->reserved += more;
	return 0;
}

/* Is this frame a cached page that was charged when it came? */
static bool frame_is_charged(const struct page *page)
{
	const struct address_space *m = page->mapping;

	if (PageSlab(page) || PageTable(page) || PageBuddy(page) || PagePcp(page) ||
	    PageCompound(page) || PageReserved(page) || !PageSwapBacked(page))
		return false;
	return m && !PageAnon(page) && mapping_is_shmem(m) && shmem_charged_by_page(m->host);
}

/* Pages that this file has charged, found anew: by objects and by frames. */
unsigned long shmem_recount(void)
{
	const struct shmem_object *o;
	unsigned long sum = 0;

	spin_lock(&object_lock);
	list_for_each_entry(o, &objects, list)
		sum += o->reserved;
	spin_unlock(&object_lock);
	for (unsigned long pfn = next_valid_pfn(0); pfn < max_pfn; pfn = next_valid_pfn(pfn + 1))
		sum += frame_is_charged(pfn_to_page(pfn));
	return sum + shmem_swapped_pages(shmem_charged_by_page);
}

/* ---- pages ---- */

/* A hole becomes a page of zeroes. */
static int shmem_readpage(struct address_space *m, struct page *page)
{
	clear_page(page_address(page));
	SetPageUptodate(page);
	return 0;
}

/* There is nowhere to write it back to: dirty only says "not all zeroes" here. */
static int shmem_set_page_dirty(struct page *page)
{
	return PageDirty(page) ? 0 : !TestSetPageDirty(page);
}

const struct address_space_operations shmem_aops = {
	.readpage = shmem_readpage,
	.set_page_dirty = shmem_set_page_dirty,
};

bool vma_is_shmem(const struct vm_area_struct *vma)
{
	return vma->vm_file && mapping_is_shmem(vma->vm_file->f_inode->i_mapping);
}

/* ---- seals (set in mm/memfd.c) ---- */

/* Where they are kept; NULL: files with a name are sealed against seals. */
unsigned int *shmem_seals(struct inode *inode)
{
	struct shmem_object *o = object_of(inode);

	return o ? &o->seals : NULL;
}

static bool sealed(struct inode *inode, unsigned int seals)
{
	const struct shmem_object *o = object_of(inode);

	return o && (o->seals & seals);
}

/* May @n bytes be written at @pos?  0 or -EPERM.  Enter: i_rwsem held. */
int shmem_may_write(struct inode *inode, loff_t pos, size_t n)
{
	if (sealed(inode, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (sealed(inode, F_SEAL_GROW) && pos + (loff_t)n > inode->i_size)
		return -EPERM;
	return 0;
}

/* ---- size ---- */

/*
 * The page that loses what it has from @pos on, or up to there, if @pos is not where a page begins: a part of it becomes
 * zeroes, for which it must be in memory, and stay there while the caller has it.  NULL: there is none.  ERR_PTR.
 */
static struct page *part_of_page(struct inode *inode, loff_t pos)
{
	if (!offset_in_page(pos) || pos >= inode->i_size)
		return NULL;
	return shmem_get_page(inode->i_mapping, pos >> PAGE_SHIFT);
}

/* ->truncate of all files here. */
int shmem_truncate(struct inode *inode, loff_t size)
{
	struct page *page;
	int err;

	if (size < inode->i_size && sealed(inode, F_SEAL_SHRINK))
		return -EPERM;
	if (size > inode->i_size && sealed(inode, F_SEAL_GROW))
		return -EPERM;
	page = part_of_page(inode, size);
	if (IS_ERR(page))
		return PTR_ERR(page);
	err = reacct_size(inode, size) ?: truncate_setsize(inode, size);
	if (page)
		put_page(page);
	return err;
}

/* ---- fallocate ---- */

/* Of the pages [first, end) those that nobody used since they were allocated go again. */
static void drop_unused(struct address_space *m, pgoff_t first, pgoff_t end)
{
	for (pgoff_t i = first; i < end; i++) {
		struct page *page = find_get_page(m, i);

		if (!page)
			continue;
		lock_page(page);
		if (page->mapping == m && !PageUptodate(page))
			delete_from_page_cache(page);
		unlock_page(page);
		put_page(page);
		cond_resched();
	}
}

/*
 * One page for an fallocate, not filled.  One that an earlier fallocate made is filled now: so it is
 * not among those that go again if this call fails.
 */
static int allocate_page(struct address_space *m, pgoff_t index)
{
	struct page *old = shmem_get_page(m, index), *page;

	if (IS_ERR(old))
		return PTR_ERR(old);
	if (old)
		put_page(old);
	page = old ? read_mapping_page(m, index) : grab_page(m, index, GFP_HIGHUSER_MOVABLE);
	if (IS_ERR(page))
		return PTR_ERR(page);
	set_page_dirty(page);		/* promised: reclaim may not drop it as an unwritten hole */
	if (!old)
		unlock_page(page);
	put_page(page);
	return 0;
}

/* Pages for [first, end), not filled yet.  0, or -errno with nothing allocated. */
static int allocate_range(struct address_space *m, pgoff_t first, pgoff_t end)
{
	struct shmem_falloc falloc = { .first = first };
	int err = 0;

	shmem_falloc_begin(m, &falloc);
	for (pgoff_t i = first; i < end && !err; i++) {
		err = signal_pending(current) ? -EINTR : falloc.refused > i - first ? -ENOMEM : allocate_page(m, i);
		if (err)
			drop_unused(m, first, i);
		cond_resched();
	}
	shmem_falloc_begin(m, NULL);
	return err;
}

static int punch_hole(struct inode *inode, loff_t off, loff_t len)
{
	struct page *first, *last;

	if (sealed(inode, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	first = part_of_page(inode, off);
	last = IS_ERR(first) ? NULL : part_of_page(inode, off + len);
	if (!IS_ERR(first) && !IS_ERR(last))
		truncate_inode_range(inode->i_mapping, off, off + len);
	if (!IS_ERR_OR_NULL(first))
		put_page(first);
	if (!IS_ERR_OR_NULL(last))
		put_page(last);
	return IS_ERR(first) ? PTR_ERR(first) : IS_ERR(last) ? PTR_ERR(last) : 0;
}

static int allocate(struct inode *inode, int mode, loff_t off, loff_t len)
{
	const struct tmpfs_sb_info *info = inode->i_sb->s_fs_info;
	pgoff_t first = off >> PAGE_SHIFT, end = DIV_ROUND_UP((unsigned long)(off + len), PAGE_SIZE);
	int err = inode_newsize_ok(inode, off + len);	/* KEEP_SIZE too */

	if (err)
		return err;
	if (sealed(inode, F_SEAL_GROW) && off + len > inode->i_size)
		return -EPERM;
	if (info && info->max_pages && end - first > (unsigned long)info->max_pages)
		return -ENOSPC;				/* do not even begin */
	err = allocate_range(inode->i_mapping, first, end);
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && off + len > inode->i_size)
		WRITE_ONCE(inode->i_size, off + len);
	return err;
}

long shmem_fallocate(struct file *file, int mode, loff_t off, loff_t len)
{
	struct inode *inode = file->f_inode;
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	down_write(&inode->i_rwsem);
	err = mode & FALLOC_FL_PUNCH_HOLE ? punch_hole(inode, off, len) :
	      allocate(inode, mode, off, len);
	if (!err)
		inode->i_mtime = inode->i_ctime = current_time_ns();
	up_write(&inode->i_rwsem);
	return err;
}

/* ---- SEEK_DATA, SEEK_HOLE ---- */

#define SEEK_BATCH 16

/* Index of the first page with contents from @index on; ~0UL: none. */
static pgoff_t next_data(struct address_space *m, pgoff_t index)
{
	pgoff_t indices[SEEK_BATCH], found = ~0UL;
	void *entries[SEEK_BATCH];
	unsigned int n;

	do {
		spin_lock(&m->tree_lock);
		n = page_tree_gang_entries(&m->page_tree, index, entries, indices, SEEK_BATCH, -1);
		for (unsigned int i = 0; i < n && found == ~0UL; i++) {
			index = indices[i];
			if (page_tree_is_value(entries[i]) || PageUptodate((struct page *)entries[i]))
				found = index;
			index++;
		}
		spin_unlock(&m->tree_lock);
		cond_resched();
	} while (found == ~0UL && n == SEEK_BATCH && index);
	return found;
}

/* The first position from @off on that is data, or a hole (the end of the file is one). */
static loff_t seek_page(struct inode *inode, loff_t off, bool want_data)
{
	struct address_space *m = inode->i_mapping;
	pgoff_t index = off >> PAGE_SHIFT, data;
	loff_t found;

	if (off < 0 || off >= inode->i_size)
		return -ENXIO;
	data = next_data(m, index);
	if (!want_data) {
		while (data == index)		/* as long as data follows data */
			data = next_data(m, ++index);
		found = (loff_t)index << PAGE_SHIFT;
		return min(max(found, off), inode->i_size);
	}
	if (data > (pgoff_t)(inode->i_size - 1) >> PAGE_SHIFT)
		return -ENXIO;
	found = (loff_t)data << PAGE_SHIFT;
	return max(found, off);
}

loff_t shmem_file_llseek(struct file *f, loff_t off, int whence)
{
	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_file_llseek(f, off, whence);
	down_read(&f->f_inode->i_rwsem);
	off = seek_page(f->f_inode, off, whence == SEEK_DATA);
	up_read(&f->f_inode->i_rwsem);
	if (off >= 0)
		f->f_pos = off;
	return off;
}

/* ---- files without a name ---- */

static int shmem_fsync(struct file *file, int datasync)
{
	return 0;			/* memory is where it belongs */
}

static const struct file_operations shmem_file_operations = {
	.read = generic_file_read,
	.write = generic_file_write,
	.llseek = shmem_file_llseek,
	.mmap = generic_file_mmap,
	.fsync = shmem_fsync,
	.fallocate = shmem_fallocate,
};
static const struct inode_operations shmem_inode_operations = { .truncate = shmem_truncate };

/* The pages have gone before: evict() drops them first. */
static void shmem_evict_inode(struct inode *inode)
{
	struct shmem_object *o = object_of(inode);

	shmem_evict(inode);
	if (!o)
		return;
	vm_unacct_memory(o->reserved);
	spin_lock(&object_lock);
	list_del(&o->list);
	spin_unlock(&object_lock);
	kfree(o);
}

static const struct super_operations shm_super_ops = { .evict_inode = shmem_evict_inode };

static struct super_block shm_sb = {
	.s_op = &shm_super_ops,
	.s_dev = MKDEV(0, 1),
	.s_magic = TMPFS_MAGIC,
	.s_active = ATOMIC_INIT(1),
};

static struct mount shm_mount = {
	.count = ATOMIC_INIT(1),
	.sb = &shm_sb,
	.list = LIST_HEAD_INIT(shm_mount.list),
};

/* The root that nameless files hang from; made at first use, when the VFS is up. */
static struct dentry *get_shm_root(void)
{
	static DEFINE_MUTEX(shm_root_mutex);

	mutex_lock(&shm_root_mutex);
	if (!shm_root) {
		struct inode *inode = new_inode(&shm_sb, S_IFDIR | 0777);

		if (inode)
			shm_root = d_alloc_root(&shm_sb, inode);
		shm_mount.root = shm_sb.s_root = shm_root;
	}
	mutex_unlock(&shm_root_mutex);
	return shm_root;
}

/* What the inode of a new object has in i_private: charged, and in the list.  NULL: no memory. */
static struct shmem_object *new_object(loff_t size, unsigned long flags)
{
	struct shmem_object *o = kzalloc(sizeof(*o), GFP_KERNEL);

	if (!o)
		return NULL;
	o->seals = F_SEAL_SEAL;
	o->noreserve = flags & VM_NORESERVE;
	if (!o->noreserve) {
		o->reserved = DIV_ROUND_UP((unsigned long)size, PAGE_SIZE);
		if (security_vm_enough_memory(o->reserved)) {
			kfree(o);
			return NULL;
		}
	}
	spin_lock(&object_lock);
	list_add_tail(&o->list, &objects);
	spin_unlock(&object_lock);
	return o;
}

static struct inode *shmem_new_inode(loff_t size, unsigned long flags)
{
	struct inode *inode = new_inode(&shm_sb, S_IFREG | 0777);

	if (!inode)
		return NULL;
	inode->i_private = new_object(size, flags);
	if (!inode->i_private) {
		iput(inode);
		return NULL;
	}
	inode->i_size = size;
	inode->i_nlink = 0;
	inode->i_op = &shmem_inode_operations;
	inode->i_fop = &shmem_file_operations;
	inode->i_data.a_ops = &shmem_aops;
	set_bit(AS_SHMEM, &inode->i_data.flags);
	return inode;
}

struct file *shmem_file_setup(const char *name, loff_t size, unsigned long flags)
{
	struct path path = { .mnt = &shm_mount };
	struct inode *inode;
	struct file *file;

	if (size < 0)
		return ERR_PTR(-EINVAL);
	if (!get_shm_root())
		return ERR_PTR(-ENOMEM);
	inode = shmem_new_inode(size, flags);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	path.dentry = d_alloc(shm_root, name, strlen(name));
	if (!path.dentry) {
		iput(inode);
		return ERR_PTR(-ENOMEM);
	}
	path.dentry->d_unlinked = true;
	d_instantiate(path.dentry, inode);
	file = alloc_file(&path, O_RDWR, &shmem_file_operations);
	dput(path.dentry);
	return file;
}
