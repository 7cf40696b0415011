/*
 * tests/host/shim_disk.c - there is no disk: mm/swapfile.c finds nothing to swap to
 */
#include <blkdev.h>
#include <bug.h>
#include <err.h>
#include <fs.h>
#include <sched.h>

struct block_device *blkdev_get(dev_t dev, bool write) { return ERR_PTR(-ENXIO); }
void blkdev_put(struct block_device *bdev) { BUG(); }
struct inode *bdev_inode(struct block_device *bdev) { BUG(); }
sector_t bdev_nr_sectors(const struct block_device *bdev) { return 0; }
const char *bdev_name(const struct block_device *bdev) { return ""; }
int bd_claim(struct block_device *bdev, void *holder) { return -EBUSY; }
void bd_release(struct block_device *bdev, void *holder) { BUG(); }
struct bio *bio_alloc(struct block_device *bdev, enum bio_op op, sector_t sector, unsigned int nr_vecs, gfp_t gfp)
{
	return NULL;
}
bool bio_add_page(struct bio *bio, struct page *page, unsigned int offset, unsigned int len) { return false; }
void bio_put(struct bio *bio) { BUG(); }
void submit_bio(struct bio *bio) { BUG(); }
struct file *filp_open(const char *path, int flags, umode_t mode) { return ERR_PTR(-ENOENT); }
char *getname(const char __user *name) { return ERR_PTR(-ENOENT); }
void putname(char *name) { BUG(); }
char *d_path(const struct path *p, char *buf, int size) { return buf; }
struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *name) { return ERR_PTR(-ENOMEM); }
