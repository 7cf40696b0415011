/*
 * mm/shmem.c - files whose pages have no other home: tmpfs and shared anonymous memory
 *
 * Purpose:    MAP_SHARED|MAP_ANONYMOUS is a mapping of a file without a name; tmpfs files are
 *             the same with one.  All pages live in the page cache and nowhere else.
 * Invariants: shmem_pages is the number of pages of all AS_SHMEM mappings and never exceeds
 *             half of RAM; inode->i_blocks counts eight per page; what an object reserved at
 *             its creation is given back when its inode goes.
 * Lock order: none of its own.
 * Simplified: nothing is swapped.
 */
#include <asm/uaccess.h>
#include <err.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <uapi/fcntl.h>
#include <uapi/mman.h>
#include "internal.h"

static atomic_long_t shmem_pages;
atomic_long_t shmem_reserved;		/* pages committed for objects, part of vm_committed_as */
static struct dentry *shm_root;

/* ---- limits ---- */

/* Of all mounts together, and of the one @inode belongs to (its size= option). */
int shmem_acct_pages(struct inode *inode, long pages)
{
	struct tmpfs_sb_info *info = inode->i_sb->s_fs_info;

	if (atomic_long_add_return(pages, &shmem_pages) > (long)(totalram_pages() / 2) && pages > 0) {
		atomic_long_sub(pages, &shmem_pages);
		return -ENOSPC;
	}
	if (info && atomic_long_add_return(pages, &info->used_pages) > info->max_pages &&
	    info->max_pages && pages > 0) {
		atomic_long_sub(pages, &info->used_pages);
		atomic_long_sub(pages, &shmem_pages);
		return -ENOSPC;
	}
	__atomic_fetch_add(&inode->i_blocks, pages * (long)(PAGE_SIZE / 512), __ATOMIC_RELAXED);
	return 0;
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

/* ---- fallocate ---- */

/* Give [off, off+len) its pages now.  0 or -errno with the pages that could be had. */
static long allocate_range(struct address_space *m, loff_t off, loff_t len)
{
	pgoff_t i = off >> PAGE_SHIFT, last = (off + len - 1) >> PAGE_SHIFT;

	for (; i <= last; i++) {
		struct page *page = read_mapping_page(m, i);

		if (IS_ERR(page))
			return PTR_ERR(page);
		put_page(page);
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

long shmem_fallocate(struct file *file, int mode, loff_t off, loff_t len)
{
	struct inode *inode = file->f_inode;
	long err = 0;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	if (mode == FALLOC_FL_PUNCH_HOLE)
		return -EOPNOTSUPP;
	down_write(&inode->i_rwsem);
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		truncate_inode_range(inode->i_mapping, off, off + len);
	} else {
		err = allocate_range(inode->i_mapping, off, len);
		if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && off + len > inode->i_size)
			WRITE_ONCE(inode->i_size, off + len);
	}
	inode->i_mtime = inode->i_ctime = current_time_ns();
	up_write(&inode->i_rwsem);
	return err;
}

/* ---- files without a name ---- */

static int shmem_fsync(struct file *file, int datasync)
{
	return 0;			/* memory is where it belongs */
}

static const struct file_operations shmem_file_operations = {
	.read = generic_file_read,
	.write = generic_file_write,
	.llseek = generic_file_llseek,
	.mmap = generic_file_mmap,
	.fsync = shmem_fsync,
	.fallocate = shmem_fallocate,
};

/* i_private: pages reserved when the object was made. */
static void shmem_evict_inode(struct inode *inode)
{
	truncate_inode_pages(&inode->i_data, 0);
	vm_unacct_memory((long)inode->i_private);
	atomic_long_sub((long)inode->i_private, &shmem_reserved);
}

static const struct super_operations shm_super_ops = { .evict_inode = shmem_evict_inode };

static struct super_block shm_sb = {
	.s_op = &shm_super_ops,
	.s_dev = MKDEV(0, 1),
	.s_magic = 0x01021994,
	.s_active = ATOMIC_INIT(1),
};

static struct mount shm_mount = {
	.count = ATOMIC_INIT(1),
	.sb = &shm_sb,
	.list = LIST_HEAD_INIT(shm_mount.list),
};

void shmem_init(void)
{
	atomic_long_set(&shmem_pages, 0);
}

/* The root that nameless files hang from; made at first use, when the VFS is up. */
static struct dentry *get_shm_root(void)
{
	static DEFINE_MUTEX(lock);

	mutex_lock(&lock);
	if (!shm_root) {
		struct inode *inode = new_inode(&shm_sb, S_IFDIR | 0777);

		if (inode)
			shm_root = d_alloc_root(&shm_sb, inode);
		shm_mount.root = shm_sb.s_root = shm_root;
	}
	mutex_unlock(&lock);
	return shm_root;
}

static struct inode *shmem_new_inode(loff_t size, unsigned long flags)
{
	long pages = DIV_ROUND_UP((unsigned long)size, PAGE_SIZE);
	struct inode *inode;

	if (!(flags & VM_NORESERVE)) {
		if (security_vm_enough_memory(pages))
			return NULL;
	} else {
		pages = 0;
	}
	inode = new_inode(&shm_sb, S_IFREG | 0777);
	if (!inode) {
		vm_unacct_memory(pages);
		return NULL;
	}
	inode->i_private = (void *)pages;
	atomic_long_add(pages, &shmem_reserved);
	inode->i_size = size;
	inode->i_nlink = 0;
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
	return file ? file : ERR_PTR(-ENOMEM);
}

/* ---- memfd_create ---- */

#define MEMFD_PREFIX	"memfd:"
#define MEMFD_NAME_MAX	(NAME_MAX - (sizeof(MEMFD_PREFIX) - 1))

/* A file without a name that grows as it is written.  Simplified: it cannot be sealed. */
long sys_memfd_create(const char __user *uname, unsigned int flags)
{
	char name[NAME_MAX + 1] = MEMFD_PREFIX;
	struct file *file;
	long len;
	int fd;

	if (flags & ~MFD_CLOEXEC)
		return -EINVAL;
	len = strncpy_from_user(name + sizeof(MEMFD_PREFIX) - 1, uname, MEMFD_NAME_MAX + 1);
	if (len < 0)
		return len;
	if (name[sizeof(MEMFD_PREFIX) - 2 + len])
		return -EINVAL;
	fd = get_unused_fd(0, flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		return fd;
	file = shmem_file_setup(name, 0, VM_NORESERVE);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}
