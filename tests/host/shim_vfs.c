/*
 * tests/host/shim_vfs.c - files without names: inode, dentry and struct file as mm/ sees them
 *
 * Purpose:    the life of the three objects by their counts, and two kinds of regular file: one
 *             whose pages are shmem's, one whose pages ->readpage fills from a "disk".
 * Invariants: what is allocated here comes from the fake machine too, so it can fail there.
 */
#include <blkdev.h>
#include <err.h>
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <time.h>
#include "mm/internal.h"
#include "shim.h"

#define MAX_FDS 16

static struct kmem_cache *inode_cachep, *dentry_cachep, *filp_cachep;
static struct file *fds[MAX_FDS];

u64 current_time_ns(void) { return 1; }
void __mark_inode_dirty(struct inode *inode, unsigned int flags) { }
bool inode_owner_or_root(const struct inode *inode) { return true; }
int inode_permission(struct inode *inode, int mask) { return 0; }
int inode_newsize_ok(const struct inode *i, loff_t len) { return 0; }

struct inode *new_inode(struct super_block *sb, umode_t mode)
{
	struct inode *i = kmem_cache_alloc(inode_cachep, GFP_KERNEL);

	if (!i)
		return NULL;
	memset(i, 0, sizeof(*i));
	i->i_mode = mode;
	i->i_nlink = 1;
	i->i_sb = sb;
	atomic_set(&i->i_count, 1);
	init_rwsem(&i->i_rwsem);
	INIT_LIST_HEAD(&i->i_locks);
	address_space_init(&i->i_data, i, NULL);
	i->i_mapping = &i->i_data;
	return i;
}

void iput(struct inode *i)
{
	if (!atomic_dec_and_test(&i->i_count))
		return;
	truncate_inode_pages(&i->i_data, 0);
	if (i->i_sb->s_op && i->i_sb->s_op->evict_inode)
		i->i_sb->s_op->evict_inode(i);
	kmem_cache_free(inode_cachep, i);
}

struct dentry *d_alloc(struct dentry *parent, const char *name, unsigned int len)
{
	struct dentry *d = kmem_cache_alloc(dentry_cachep, GFP_KERNEL);

	if (!d)
		return NULL;
	memset(d, 0, sizeof(*d));
	atomic_set(&d->d_count, 1);
	return d;
}

void d_instantiate(struct dentry *d, struct inode *inode)
{
	d->d_inode = inode;
}

struct dentry *d_alloc_root(struct super_block *sb, struct inode *root)
{
	struct dentry *d = d_alloc(NULL, "/", 1);

	if (d)
		d_instantiate(d, root);
	return d;
}

void dput(struct dentry *d)
{
	if (!atomic_dec_and_test(&d->d_count))
		return;
	if (d->d_inode)
		iput(d->d_inode);
	kmem_cache_free(dentry_cachep, d);
}

struct file *alloc_file(const struct path *path, unsigned int flags, const struct file_operations *fop)
{
	struct file *f = kmem_cache_alloc(filp_cachep, GFP_KERNEL);

	if (!f)
		return ERR_PTR(-ENOMEM);
	memset(f, 0, sizeof(*f));
	atomic_set(&f->f_count, 1);
	mutex_init(&f->f_pos_lock);
	f->f_flags = flags;
	f->f_mode = ((flags & O_ACCMODE) + 1) & (FMODE_READ | FMODE_WRITE);
	f->f_path = *path;
	atomic_inc(&path->dentry->d_count);
	f->f_inode = path->dentry->d_inode;
	f->f_op = fop;
	return f;
}

void fput(struct file *f)
{
	VM_BUG_ON(atomic_read(&f->f_count) <= 0);
	if (!atomic_dec_and_test(&f->f_count))
		return;
	dput(f->f_path.dentry);
	kmem_cache_free(filp_cachep, f);
}

struct file *fget(unsigned int fd)
{
	return fd < MAX_FDS && fds[fd] ? get_file(fds[fd]) : NULL;
}

int get_unused_fd(unsigned int start, int flags)
{
	for (int i = start; i < MAX_FDS; i++)
		if (!fds[i])
			return i;
	return -EMFILE;
}

void put_unused_fd(unsigned int fd) { }
void fd_install(unsigned int fd, struct file *f) { fds[fd] = f; }

int fake_install(struct file *f)
{
	int fd = get_unused_fd(0, 0);

	if (fd >= 0)
		fd_install(fd, get_file(f));
	return fd;
}

void fake_close(int fd)
{
	fput(fds[fd]);
	fds[fd] = NULL;
}

loff_t generic_file_llseek(struct file *f, loff_t off, int whence)
{
	return f->f_pos = off;
}

int fake_truncate(struct file *f, unsigned long size)
{
	struct inode *i = f->f_inode;
	int err;

	down_write(&i->i_rwsem);
	err = i->i_op->truncate(i, size);
	up_write(&i->i_rwsem);
	return err;
}

/* ---- the disk: every 64th word of a file says where it is, as far as the file was never cut ---- */

/* i_private: bytes that the disk still has. */
static unsigned long disk_has(const struct inode *i) { return (unsigned long)i->i_private; }

static int disk_readpage(struct address_space *m, struct page *page)
{
	unsigned long *w = page_address(page), pos = page->index << PAGE_SHIFT, i;

	memset(w, 0, PAGE_SIZE);
	for (i = 0; i < PAGE_SIZE / 8; i += 64)
		if (pos + i * 8 < disk_has(m->host))
			w[i] = page->index << 16 | i;
	SetPageUptodate(page);
	return 0;
}

static int disk_truncate(struct inode *inode, loff_t size)
{
	inode->i_private = (void *)min(disk_has(inode), (unsigned long)size);
	return truncate_setsize(inode, size);
}

/* Nobody writes back in the background, and no inode has a home. */
void wakeup_flusher(void) { }
void file_update_time(struct file *f) { }
unsigned long nr_blockdev_pages(void) { return 0; }
u64 schedule_until(u64 expires) { return 0; }

/* No queues here: what is submitted is done. */
void blk_start_plug(struct blk_plug *plug) { }
void blk_finish_plug(struct blk_plug *plug) { }

static const struct address_space_operations disk_aops = { .readpage = disk_readpage };
static const struct file_operations disk_fops = { .mmap = generic_file_mmap };
static const struct inode_operations disk_iops = { .truncate = disk_truncate };
static struct super_block disk_sb;

static struct file *disk_file(unsigned long size)
{
	struct path path = { .dentry = d_alloc(NULL, "disk", 4) };
	struct inode *i = new_inode(&disk_sb, S_IFREG | 0777);
	struct file *f;

	BUG_ON(!i || !path.dentry);
	i->i_size = size;
	i->i_private = (void *)size;
	i->i_op = &disk_iops;
	i->i_data.a_ops = &disk_aops;
	d_instantiate(path.dentry, i);
	f = alloc_file(&path, O_RDWR, &disk_fops);
	dput(path.dentry);
	return f;
}

struct file *fake_file(const char *name, unsigned long size, bool disk)
{
	return disk ? disk_file(size) : shmem_file_setup(name, size, VM_NORESERVE);
}

void fake_vfs_init(void);
void fake_vfs_init(void)
{
	inode_cachep = KMEM_CACHE(inode, SLAB_PANIC);
	dentry_cachep = KMEM_CACHE(dentry, SLAB_PANIC);
	filp_cachep = KMEM_CACHE(file, SLAB_PANIC);
	fput(shmem_file_setup("first", 0, 0));		/* the root of all such files */
}
