/*
 * drivers/block.c - the block layer: disks, their queues, and who has them open
 *
 * Purpose:    bios from anywhere in, requests to a driver out; the table of disks and partitions.
 *
 *               submit_bio -> (plug of the task) -> disk->pending -> request -> driver
 *                                                                       |
 *               bi_end_io  <- blk_end_bios  <- blk_take_request <- interrupt
 *
 *             A request is the bio that has waited longest and all that follow it on the disk: one
 *             command to the device in place of many.  A plug makes that likely: bios of one task are
 *             held back until it has submitted them all, or goes to sleep.
 * Invariants: a bio is on one list: of a plug, of disk->pending, of a request, of those that are done.
 *             bi_end_io is called once, with interrupts off and no lock held.
 *             A bio in the queue lies inside its device.  Requests are there from the beginning: a disk
 *             needs no memory to work.
 * Lock order: disk->open_mutex > page lock; any lock > disk->queue_lock, interrupts off.
 * Simplified: first come, first served: no elevator.  One queue a disk.  Nobody waits for a place in it: what waits
 *             has its memory already.
 * Sources:    Bovet & Cesati, "Understanding the Linux Kernel", chapter "Block Device Drivers"; Corbet,
 *             Rubini and Kroah-Hartman, "Linux Device Drivers", chapter "Block Drivers".
 */
#include <err.h>
#include <fs.h>
#include <genhd.h>
#include <mm.h>
#include <pagemap.h>
#include <printk.h>
#include <sched.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include <time.h>

#define PLUG_MAX	64		/* bios held back: more would only wait */
#define MERGE_LOOK	16		/* waiting bios that are looked at for one that follows */

static struct gendisk *disks[NR_DISKS];		/* written at boot; a disk is complete when it is here */

/* ---- statistics ---- */

/* Up to now the device was busy with what is in flight.  Queue lock held. */
static void stats_tick(struct disk_stats *s, u64 now)
{
	if (s->in_flight)
		s->busy_ns += now - s->stamp;
	s->stamp = now;
}

/* The devices that a bio counts for: its own, and the disk that it is a part of. */
#define for_each_counted(bdev, bio) \
	for (struct block_device *bdev = (bio)->bi_bdev; bdev; \
	     bdev = bdev->bd_partno ? bdev->bd_disk->part[0] : NULL)

static void stats_begin(const struct request *rq)
{
	struct bio *first = list_first_entry(&rq->bios, struct bio, bi_list);

	for_each_counted(bdev, first) {
		stats_tick(&bdev->bd_stats, rq->start);
		bdev->bd_stats.in_flight++;
		bdev->bd_stats.merges[rq->op] += rq->nr_bios - 1;
	}
}

static void stats_end(const struct request *rq)
{
	struct bio *first = list_first_entry(&rq->bios, struct bio, bi_list);
	u64 now = ktime_get();

	for_each_counted(bdev, first) {
		stats_tick(&bdev->bd_stats, now);
		bdev->bd_stats.in_flight--;
		bdev->bd_stats.ios[rq->op]++;
		bdev->bd_stats.sectors[rq->op] += rq->nr_sectors;
		bdev->bd_stats.ns[rq->op] += now - rq->start;
	}
}

/* ---- the queue ---- */

/* Where a bio lies on the whole disk. */
static sector_t disk_sector(const struct bio *bio)
{
	return bio->bi_bdev->bd_start + bio->bi_sector;
}

/* The next bio to become part of @rq, which it follows on the disk; NULL: none near. */
static struct bio *find_next(struct gendisk *disk, const struct request *rq)
{
	const struct bio *first = list_first_entry(&rq->bios, struct bio, bi_list);
	unsigned int look = MERGE_LOOK;
	struct bio *bio;

	list_for_each_entry(bio, &disk->pending, bi_list) {
		if (!look--)
			break;
		if (bio->bi_op == rq->op && bio->bi_bdev == first->bi_bdev &&
		    disk_sector(bio) == rq->sector + rq->nr_sectors &&
		    rq->nr_vecs + bio->bi_vcnt <= disk->max_vecs &&
		    rq->nr_sectors + bio->bi_nr_sectors <= disk->max_sectors)
			return bio;
	}
	return NULL;
}

static void add_to_request(struct request *rq, struct bio *bio)
{
	list_del(&bio->bi_list);
	list_add_tail(&bio->bi_list, &rq->bios);
	rq->nr_sectors += bio->bi_nr_sectors;
	rq->nr_vecs += bio->bi_vcnt;
	rq->nr_bios++;
}

/* The bio that has waited longest, and what follows it on the disk.  There is one, and a free request. */
static struct request *make_request(struct gendisk *disk)
{
	struct request *rq = list_first_entry(&disk->free_requests, struct request, free);
	struct bio *bio = list_first_entry(&disk->pending, struct bio, bi_list);

	list_del(&rq->free);
	INIT_LIST_HEAD(&rq->bios);
	rq->op = bio->bi_op;
	rq->sector = disk_sector(bio);
	rq->nr_sectors = rq->nr_vecs = rq->nr_bios = 0;
	do
		add_to_request(rq, bio);
	while (rq->op != BIO_FLUSH && (bio = find_next(disk, rq)));
	rq->start = ktime_get();
	return rq;
}

/* The device has no room: the bios stand at the head of the queue again. */
static void unmake_request(struct gendisk *disk, struct request *rq)
{
	while (!list_empty(&rq->bios)) {
		struct bio *bio = list_entry(rq->bios.prev, struct bio, bi_list);

		list_del(&bio->bi_list);
		list_add(&bio->bi_list, &disk->pending);
	}
	list_add(&rq->free, &disk->free_requests);
}

void blk_run_queue(struct gendisk *disk)
{
	bool any = false;

	assert_spin_locked(&disk->queue_lock);
	while (!list_empty(&disk->pending) && !list_empty(&disk->free_requests)) {
		struct request *rq = make_request(disk);

		if (!disk->ops->queue_rq(disk, rq)) {
			unmake_request(disk, rq);
			break;
		}
		stats_begin(rq);
		any = true;
	}
	if (any)
		disk->ops->commit_rqs(disk);
}

/* The first ones of each disk: a broken one has many. */
static void log_error(const struct request *rq, int status)
{
	static const char *const names[] = { "read", "write", "flush" };

	if (rq->rq_disk->errors++ < 10)
		pr_err("%s: %s of %u sectors at %lu failed: error %d\n", rq->rq_disk->name, names[rq->op],
		       rq->nr_sectors, rq->sector, status);
}

void blk_take_request(struct request *rq, int status, struct list_head *done)
{
	struct gendisk *disk = rq->rq_disk;

	assert_spin_locked(&disk->queue_lock);
	stats_end(rq);
	if (unlikely(status))
		log_error(rq, status);
	while (!list_empty(&rq->bios)) {
		struct bio *bio = list_first_entry(&rq->bios, struct bio, bi_list);

		bio->bi_status = status;
		list_del(&bio->bi_list);
		list_add_tail(&bio->bi_list, done);
	}
	list_add(&rq->free, &disk->free_requests);
}

void blk_end_bios(struct list_head *done)
{
	while (!list_empty(done)) {
		struct bio *bio = list_first_entry(done, struct bio, bi_list);

		list_del(&bio->bi_list);
		INIT_LIST_HEAD(&bio->bi_list);
		bio->bi_end_io(bio);
	}
}

/* ---- submit ---- */

/* 0, or why the device cannot do this. */
static int check_bio(const struct bio *bio)
{
	const struct block_device *bdev = bio->bi_bdev;
	const struct gendisk *disk = bdev->bd_disk;
	unsigned int block = disk->logical_block_size >> SECTOR_SHIFT;

	if (bio->bi_op == BIO_FLUSH)
		return 0;
	if (bio->bi_op == BIO_WRITE && disk->read_only)
		return -EIO;
	if (!bio->bi_nr_sectors || bio->bi_nr_sectors > bdev->bd_nr_sectors ||
	    bio->bi_sector > bdev->bd_nr_sectors - bio->bi_nr_sectors)
		return -EIO;
	return (disk_sector(bio) | bio->bi_nr_sectors) % block ? -EIO : 0;
}

static void end_now(struct bio *bio, int status)
{
	unsigned long flags = local_irq_save();

	bio->bi_status = status;
	bio->bi_end_io(bio);
	local_irq_restore(flags);
}

static void queue_bio(struct bio *bio)
{
	struct gendisk *disk = bio->bi_bdev->bd_disk;
	unsigned long flags;

	spin_lock_irqsave(&disk->queue_lock, flags);
	list_add_tail(&bio->bi_list, &disk->pending);
	blk_run_queue(disk);
	spin_unlock_irqrestore(&disk->queue_lock, flags);
}

/* The plug of the task that runs here; NULL in interrupts. */
static struct blk_plug *current_plug(void)
{
	return this_cpu()->irq_depth ? NULL : current->plug;
}

void submit_bio(struct bio *bio)
{
	struct blk_plug *plug = current_plug();
	int err = check_bio(bio);

	if (err || (bio->bi_op == BIO_FLUSH && !bio->bi_bdev->bd_disk->has_cache)) {
		end_now(bio, err);
		return;
	}
	if (bio->bi_op != BIO_FLUSH)
		count_vm_events(bio->bi_op == BIO_READ ? PGPGIN : PGPGOUT, bio->bi_nr_sectors);
	if (!plug) {
		queue_bio(bio);
		return;
	}
	list_add_tail(&bio->bi_list, &plug->bios);
	if (++plug->count == PLUG_MAX || bio->bi_op == BIO_FLUSH)
		blk_flush_plug(plug);
}

/* ---- plugs ---- */

void blk_start_plug(struct blk_plug *plug)
{
	INIT_LIST_HEAD(&plug->bios);
	plug->count = 0;
	if (!current->plug)
		current->plug = plug;
}

/* Does @a come before @b: the same disk first, there the lower sector; a flush stays where it is, at the end. */
static bool bio_before(const struct bio *a, const struct bio *b)
{
	if (a->bi_bdev->bd_disk != b->bi_bdev->bd_disk)
		return a->bi_bdev->bd_disk < b->bi_bdev->bd_disk;
	if (a->bi_op != b->bi_op)
		return a->bi_op < b->bi_op;
	return disk_sector(a) < disk_sector(b);
}

/* By insertion from the back: most come in order, and there are few. */
static void sort_bios(struct list_head *bios)
{
	LIST_HEAD(sorted);

	while (!list_empty(bios)) {
		struct bio *bio = list_first_entry(bios, struct bio, bi_list);
		struct list_head *after = sorted.prev;

		while (after != &sorted && bio_before(bio, list_entry(after, struct bio, bi_list)))
			after = after->prev;
		list_del(&bio->bi_list);
		list_add(&bio->bi_list, after);
	}
	while (!list_empty(&sorted)) {
		struct list_head *first = sorted.next;

		list_del(first);
		list_add_tail(first, bios);
	}
}

/* Put all that go to the disk of the first into its queue, which then runs once. */
static void queue_one_disk(struct list_head *bios)
{
	struct gendisk *disk = list_first_entry(bios, struct bio, bi_list)->bi_bdev->bd_disk;
	unsigned long flags;

	spin_lock_irqsave(&disk->queue_lock, flags);
	while (!list_empty(bios)) {
		struct bio *bio = list_first_entry(bios, struct bio, bi_list);

		if (bio->bi_bdev->bd_disk != disk)
			break;
		list_del(&bio->bi_list);
		list_add_tail(&bio->bi_list, &disk->pending);
	}
	blk_run_queue(disk);
	spin_unlock_irqrestore(&disk->queue_lock, flags);
}

void blk_flush_plug(struct blk_plug *plug)
{
	if (list_empty(&plug->bios))
		return;
	sort_bios(&plug->bios);
	while (!list_empty(&plug->bios))
		queue_one_disk(&plug->bios);
	plug->count = 0;
}

void blk_finish_plug(struct blk_plug *plug)
{
	if (current->plug != plug)
		return;			/* inside another one */
	blk_flush_plug(plug);
	current->plug = NULL;
}

int blkdev_issue_flush(struct block_device *bdev)
{
	struct bio *bio = bio_alloc(bdev, BIO_FLUSH, 0, 0, GFP_KERNEL);
	int err = submit_bio_wait(bio);

	bio_put(bio);
	return err;
}

/* ---- disks and partitions ---- */

struct gendisk *disk_of(unsigned int index)
{
	return index < NR_DISKS ? __atomic_load_n(&disks[index], __ATOMIC_ACQUIRE) : NULL;
}

bool have_disks(void)
{
	return disk_of(0) != NULL;
}

struct block_device *bdev_lookup(dev_t dev)
{
	struct gendisk *disk = MAJOR(dev) == VIRTBLK_MAJOR ? disk_of(MINOR(dev) / DISK_MAX_PARTS) : NULL;

	return disk ? READ_ONCE(disk->part[MINOR(dev) % DISK_MAX_PARTS]) : NULL;
}

/* The structure of part @n, made when it is needed first; NULL: no memory. */
static struct block_device *get_part(struct gendisk *disk, unsigned int n)
{
	struct block_device *b = disk->part[n];

	if (b)
		return b;
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return NULL;
	b->bd_disk = disk;
	b->bd_partno = n;
	b->bd_dev = MKDEV(VIRTBLK_MAJOR, disk->index * DISK_MAX_PARTS + n);
	snprintf(b->bd_name, sizeof(b->bd_name), n ? "%s%u" : "%s", disk->name, n);
	if (bdev_make_inode(b)) {
		kfree(b);
		return NULL;
	}
	WRITE_ONCE(disk->part[n], b);
	return b;
}

static void set_part(struct block_device *b, sector_t start, sector_t nr_sectors)
{
	b->bd_start = start;
	WRITE_ONCE(b->bd_nr_sectors, nr_sectors);
	bdev_set_size(b);
}

static int read_sector(struct partition_reader *r, sector_t n, void *buf)
{
	struct block_device *whole = ((struct gendisk *)r->private)->part[0];
	struct page *page = read_mapping_page(bdev_inode(whole)->i_mapping, n >> (PAGE_SHIFT - SECTOR_SHIFT));

	if (IS_ERR(page))
		return PTR_ERR(page);
	memcpy(buf, page_address(page) + (n << SECTOR_SHIFT) % PAGE_SIZE, SECTOR_SIZE);
	put_page(page);
	return 0;
}

/* Make the table of @disk what @parts says.  All memory first. */
static int set_parts(struct gendisk *disk, const struct partition *parts)
{
	for (unsigned int n = 1; n < DISK_MAX_PARTS; n++)
		if (parts[n].nr_sectors && !get_part(disk, n))
			return -ENOMEM;
	for (unsigned int n = 1; n < DISK_MAX_PARTS; n++) {
		struct block_device *b = disk->part[n];

		if (!b)
			continue;
		if (b->bd_nr_sectors && !parts[n].nr_sectors)
			devtmpfs_remove(b->bd_name);
		set_part(b, parts[n].start, parts[n].nr_sectors);
		if (parts[n].nr_sectors)
			devtmpfs_create(b->bd_name, S_IFBLK | 0600, b->bd_dev);
	}
	return 0;
}

int rescan_partitions(struct gendisk *disk)
{
	struct partition_reader r = { .read = read_sector, .capacity = disk->capacity,
				      .logical_block_size = disk->logical_block_size, .private = disk };
	struct partition parts[DISK_MAX_PARTS];
	int n;

	for (n = 1; n < DISK_MAX_PARTS; n++)
		if (disk->part[n] && disk->part[n]->bd_openers)
			return -EBUSY;
	n = read_partitions(&r, parts);
	return n < 0 ? n : set_parts(disk, parts);
}

int blk_init_queue(struct gendisk *disk, unsigned int nr)
{
	spin_lock_init_class(&disk->queue_lock, "disk->queue_lock");
	mutex_init_class(&disk->open_mutex, "disk->open_mutex");
	INIT_LIST_HEAD(&disk->pending);
	INIT_LIST_HEAD(&disk->free_requests);
	disk->requests = kzalloc(nr * sizeof(struct request), GFP_KERNEL);
	if (!disk->requests)
		return -ENOMEM;
	for (unsigned int i = 0; i < nr; i++) {
		disk->requests[i].rq_disk = disk;
		disk->requests[i].tag = i;
		list_add_tail(&disk->requests[i].free, &disk->free_requests);
	}
	return 0;
}

static void log_disk(const struct gendisk *disk)
{
	char parts[DISK_MAX_PARTS * 7 + 1] = "";
	int n = 0;

	for (unsigned int i = 1; i < DISK_MAX_PARTS; i++)
		if (disk->part[i] && disk->part[i]->bd_nr_sectors)
			n += snprintf(parts + n, sizeof(parts) - n, " %s", disk->part[i]->bd_name);
	pr_info("%s: %lu sectors of 512 bytes%s%s%s\n", disk->name, disk->capacity,
		disk->read_only ? ", read-only" : "", n ? ":" : "", parts);
}

int add_disk(struct gendisk *disk, unsigned int nr_requests)
{
	static unsigned int nr_disks;
	struct block_device *whole;
	int err;

	if (nr_disks == NR_DISKS)
		return -ENFILE;
	if (!nr_disks && bio_init_reserve())
		return -ENOMEM;
	if (!nr_disks)
		flusher_init();
	disk->index = nr_disks;
	snprintf(disk->name, sizeof(disk->name), "vd%c", 'a' + disk->index);
	err = blk_init_queue(disk, nr_requests);
	whole = err ? NULL : get_part(disk, 0);
	if (!whole)
		return -ENOMEM;
	set_part(whole, 0, disk->capacity);
	nr_disks++;
	__atomic_store_n(&disks[disk->index], disk, __ATOMIC_RELEASE);
	devtmpfs_create(whole->bd_name, S_IFBLK | 0600, whole->bd_dev);
	mutex_lock(&disk->open_mutex);
	err = rescan_partitions(disk);
	bdev_kill_cache(whole);
	mutex_unlock(&disk->open_mutex);
	if (err)
		pr_warn("%s: cannot read the table of partitions: error %d\n", disk->name, err);
	log_disk(disk);
	return 0;
}

/* ---- who has a device open ---- */

struct block_device *blkdev_get(dev_t dev, bool write)
{
	struct block_device *b = bdev_lookup(dev);
	int err = 0;

	if (!b)
		return ERR_PTR(-ENXIO);
	mutex_lock(&b->bd_disk->open_mutex);
	if (!b->bd_nr_sectors && b->bd_partno)
		err = -ENXIO;
	else if (write && b->bd_disk->read_only)
		err = -EROFS;
	else
		b->bd_openers++;
	mutex_unlock(&b->bd_disk->open_mutex);
	return err ? ERR_PTR(err) : b;
}

void blkdev_put(struct block_device *b)
{
	mutex_lock(&b->bd_disk->open_mutex);
	VM_BUG_ON(!b->bd_openers);
	if (b->bd_openers == 1) {
		filemap_write_and_wait(b->bd_inode->i_mapping);
		bdev_kill_cache(b);
	}
	b->bd_openers--;
	mutex_unlock(&b->bd_disk->open_mutex);
}

/* May @b be claimed by @holder?  open_mutex held. */
static bool may_claim(const struct block_device *b, const void *holder)
{
	const struct gendisk *disk = b->bd_disk;

	if (b->bd_holder)
		return b->bd_holder == holder;
	return b->bd_partno ? !disk->part[0]->bd_holder : !disk->part_claims;
}

int bd_claim(struct block_device *b, void *holder)
{
	struct gendisk *disk = b->bd_disk;
	int err = -EBUSY;

	mutex_lock(&disk->open_mutex);
	if (may_claim(b, holder)) {
		if (!b->bd_holders++ && b->bd_partno)
			disk->part_claims++;
		b->bd_holder = holder;
		err = 0;
	}
	mutex_unlock(&disk->open_mutex);
	return err;
}

void bd_release(struct block_device *b, void *holder)
{
	struct gendisk *disk = b->bd_disk;

	mutex_lock(&disk->open_mutex);
	VM_BUG_ON(b->bd_holder != holder || !b->bd_holders);
	if (!--b->bd_holders) {
		b->bd_holder = NULL;
		if (b->bd_partno)
			disk->part_claims--;
	}
	mutex_unlock(&disk->open_mutex);
}

sector_t bdev_nr_sectors(const struct block_device *b) { return b->bd_nr_sectors; }
bool bdev_read_only(const struct block_device *b) { return b->bd_disk->read_only; }
dev_t bdev_dev(const struct block_device *b) { return b->bd_dev; }
const char *bdev_name(const struct block_device *b) { return b->bd_name; }
struct inode *bdev_inode(struct block_device *b) { return b->bd_inode; }
unsigned int bdev_logical_block_size(const struct block_device *b) { return b->bd_disk->logical_block_size; }

/* The next device after @b (NULL: the first) in the order of numbers, of those that are there; NULL: no more. */
static struct block_device *next_bdev(const struct block_device *b)
{
	unsigned int minor = b ? MINOR(b->bd_dev) + 1 : 0;

	for (; minor < NR_DISKS * DISK_MAX_PARTS; minor++) {
		struct block_device *next = bdev_lookup(MKDEV(VIRTBLK_MAJOR, minor));

		if (next && (READ_ONCE(next->bd_nr_sectors) || !next->bd_partno))
			return next;
	}
	return NULL;
}

unsigned long nr_blockdev_pages(void)
{
	unsigned long n = 0;

	for (struct block_device *b = next_bdev(NULL); b; b = next_bdev(b))
		n += READ_ONCE(b->bd_inode->i_data.nrpages);
	return n;
}

void writeback_blockdevs(u64 older_than)
{
	for (struct block_device *b = next_bdev(NULL); b; b = next_bdev(b)) {
		struct address_space *m = b->bd_inode->i_mapping;

		if (READ_ONCE(m->nr_dirty) && READ_ONCE(m->dirtied_when) <= older_than)
			filemap_fdatawrite_range(m, 0, ~0UL >> 1);
	}
}

void drop_blockdev_pages(void)
{
	for (struct block_device *b = next_bdev(NULL); b; b = next_bdev(b))
		invalidate_mapping_pages(b->bd_inode->i_mapping, 0, ~0UL);
}

void sync_all_blockdevs(void)
{
	for (struct block_device *b = next_bdev(NULL); b; b = next_bdev(b))
		if (READ_ONCE(b->bd_openers))
			sync_blockdev(b);
}

dev_t name_to_dev(const char *name)
{
	if (!strncmp(name, "/dev/", 5))
		name += 5;
	for (struct block_device *b = next_bdev(NULL); b; b = next_bdev(b)) {
		char number[16];

		snprintf(number, sizeof(number), "%u:%u", MAJOR(b->bd_dev), MINOR(b->bd_dev));
		if (!strcmp(name, b->bd_name) || !strcmp(name, number))
			return b->bd_dev;
	}
	return 0;
}

/* ---- /proc ---- */

int partitions_show(struct seq_file *m)
{
	if (have_disks())		/* Linux writes the head with the first line */
		seq_puts(m, "major minor  #blocks  name\n\n");
	for (struct block_device *b = next_bdev(NULL); b; b = next_bdev(b))
		if (b->bd_nr_sectors)
			seq_printf(m, "%4u  %7u %10lu %s\n", MAJOR(b->bd_dev), MINOR(b->bd_dev),
				   b->bd_nr_sectors / 2, b->bd_name);
	return 0;
}

static unsigned long ms(u64 ns)
{
	return ns / 1000000;
}

/* Reads, writes, what is under way, discards (none here), flushes, which count for the whole disk only. */
static void show_stats(struct seq_file *m, const struct block_device *b, const struct disk_stats *s)
{
	seq_printf(m, "%4u %7u %s", MAJOR(b->bd_dev), MINOR(b->bd_dev), b->bd_name);
	for (int op = BIO_READ; op <= BIO_WRITE; op++)
		seq_printf(m, " %lu %lu %lu %lu", s->ios[op], s->merges[op], s->sectors[op], ms(s->ns[op]));
	seq_printf(m, " %u %lu %lu 0 0 0 0", s->in_flight, ms(s->busy_ns),
		   ms(s->ns[BIO_READ] + s->ns[BIO_WRITE] + s->ns[BIO_FLUSH]));
	seq_printf(m, " %lu %lu\n", s->ios[BIO_FLUSH], ms(s->ns[BIO_FLUSH]));
}

int diskstats_show(struct seq_file *m)
{
	for (struct block_device *b = next_bdev(NULL); b; b = next_bdev(b)) {
		struct disk_stats s;
		unsigned long flags;

		spin_lock_irqsave(&b->bd_disk->queue_lock, flags);
		stats_tick(&b->bd_stats, ktime_get());
		s = b->bd_stats;
		spin_unlock_irqrestore(&b->bd_disk->queue_lock, flags);
		show_stats(m, b, &s);
	}
	return 0;
}
