/*
 * tests/user/writeback.c - when what was written reaches the disk, and who waits for it
 *
 * On /dev/vdd of tools/diskimage.py.  What the disk has got is asked of /proc/diskstats, the cache of
 * /proc/vmstat and mincore().
 */
#include "proc.h"
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <uapi/blkdev.h>

static int disk(int flags)
{
	return OK(open("/dev/vdd", flags));
}

/* Sectors that vdd has been given to write. */
static unsigned long written(void)
{
	const char *p = strstr(file_text("/proc/diskstats"), " vdd ");

	CHECK(p);
	for (int i = 0; i < 7; i++) {		/* its name, then six numbers */
		p = strchr(p + 1, ' ');
		CHECK(p);
	}
	return strtoul(p, NULL, 10);
}

static void set(const char *name, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/vm/%s", name);
	fd = OK(open(path, O_WRONLY));
	EQ(write(fd, value, strlen(value)), (long)strlen(value));
	close(fd);
}

/* Quire's kernel looks at itself; Linux has no such file. */
static void verify(void)
{
	int fd = open("/proc/sys/vm/verify", O_WRONLY);

	if (fd < 0)
		return;
	EQ(write(fd, "1", 1), 1);
	close(fd);
}

/* Nothing is written but when somebody asks. */
static void quiet(void)
{
	set("dirty_writeback_centisecs", "360000");
	sync();
}

TEST(a_page_is_written_once_for_all_that_was_written_to_it)
{
	int fd = disk(O_RDWR);
	unsigned long before;

	quiet();
	before = written();
	for (int i = 0; i < 100; i++)
		EQ(pwrite(fd, "x", 1, (4 << 20) + i * 40), 1);
	EQ(written(), before);
	EQ(fsync(fd), 0);
	EQ(written(), before + 8);
	EQ(fsync(fd), 0);
	EQ(written(), before + 8);
	EQ(vmstat("nr_writeback"), 0);
}

TEST(after_fsync_a_write_through_a_mapping_is_seen_again)
{
	int fd = disk(O_RDWR);
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 5 << 20);
	unsigned long before;

	CHECK(p != MAP_FAILED);
	quiet();
	for (int i = 1; i <= 3; i++) {
		before = written();
		p[0] = i;
		p[2 * PAGE] = i;
		verify();
		EQ(written(), before);
		EQ(i & 1 ? fsync(fd) : msync(p, 4 * PAGE, MS_SYNC), 0);
		EQ(written(), before + 16);
		EQ(fsync(fd), 0);
		EQ(written(), before + 16);
	}
	before = written();
	(void)*(volatile char *)(p + PAGE);		/* only read */
	EQ(fsync(fd), 0);
	EQ(written(), before);
}

/* Each process has an entry of its own for the page. */
TEST(a_write_through_any_mapping_of_a_page_is_seen)
{
	int fd = disk(O_RDWR);
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 6 << 20);
	char *q = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 6 << 20);
	unsigned long before;
	char c;

	CHECK(p != MAP_FAILED && q != MAP_FAILED);
	quiet();
	p[0] = q[1] = 1;
	EXITS(CHILD(p[2] = 1), 0);
	EQ(fsync(fd), 0);
	before = written();
	q[3] = 5;
	EQ(fsync(fd), 0);
	EQ(written(), before + 8);
	EXITS(CHILD(p[4] = 6), 0);
	EQ(fsync(fd), 0);
	EQ(written(), before + 16);
	EQ(ioctl(fd, BLKFLSBUF, 0), 0);
	EQ(pread(fd, &c, 1, (6 << 20) + 4), 1);
	EQ(c, 6);
}

TEST(mprotect_does_not_hide_a_write)
{
	int fd = disk(O_RDWR);
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 7 << 20);
	unsigned long before;

	CHECK(p != MAP_FAILED);
	quiet();
	p[0] = 1;
	EQ(fsync(fd), 0);
	OK(mprotect(p, PAGE, PROT_READ));
	OK(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	before = written();
	p[0] = 2;
	EQ(fsync(fd), 0);
	EQ(written(), before + 8);
}

TEST(munmap_leaves_dirty_what_was_written)
{
	int fd = disk(O_RDWR);
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 8 << 20);
	unsigned long before;

	CHECK(p != MAP_FAILED);
	quiet();
	before = written();
	p[0] = 1;
	OK(munmap(p, PAGE));
	EQ(written(), before);
	EQ(fsync(fd), 0);
	EQ(written(), before + 8);
}

TEST(the_old_is_written_without_being_asked)
{
	int fd = disk(O_RDWR);
	unsigned long before;

	quiet();
	before = written();
	EQ(pwrite(fd, "x", 1, 9 << 20), 1);
	EQ(written(), before);
	set("dirty_expire_centisecs", "1");
	set("dirty_writeback_centisecs", "1");
	EVENTUALLY(written() == before + 8);
	set("dirty_expire_centisecs", "3000");
	set("dirty_writeback_centisecs", "500");
}

TEST(sync_writes_everything)
{
	int fd = disk(O_RDWR);
	unsigned long before;

	quiet();
	before = written();
	EQ(pwrite(fd, "x", 1, 9 << 20), 1);
	EQ(pwrite(fd, "x", 1, 11 << 20), 1);
	sync();
	EQ(written(), before + 16);
}

TEST(sync_file_range_writes_a_part)
{
	int fd = disk(O_RDWR);
	unsigned long before;

	quiet();
	before = written();
	for (int i = 0; i < 8; i++)
		EQ(pwrite(fd, "x", 1, (9 << 20) + i * PAGE), 1);
	EQ(syscall(__NR_sync_file_range, fd, (9L << 20) + PAGE, 2L * PAGE, 7), 0);
	EQ(written(), before + 16);
	EQ(syscall(__NR_sync_file_range, fd, 9L << 20, 1L, 1 | 4), 0);
	EQ(written(), before + 16);
	EQ(syscall(__NR_sync_file_range, fd, 0L, 0L, 2 | 4), 0);
	EQ(written(), before + 64);
	ERR(syscall(__NR_sync_file_range, fd, 0L, 0L, 8), EINVAL);
	ERR(syscall(__NR_sync_file_range, fd, -1L, 0L, 2), EINVAL);
	ERR(syscall(__NR_sync_file_range, fd, 1L, ~0UL >> 1, 2), EINVAL);
}

TEST(neighbours_are_written_as_one)
{
	static char buf[32 * PAGE];
	int fd = disk(O_RDWR);
	const char *p;
	unsigned long ios;

	quiet();
	memset(buf, 1, sizeof(buf));
	EQ(pwrite(fd, buf, sizeof(buf), 10 << 20), sizeof(buf));
	p = strstr(file_text("/proc/diskstats"), " vdd ");
	for (int i = 0; i < 5; i++)
		p = strchr(p + 1, ' ');
	ios = strtoul(p, NULL, 10);
	EQ(fsync(fd), 0);
	p = strstr(file_text("/proc/diskstats"), " vdd ");
	for (int i = 0; i < 5; i++)
		p = strchr(p + 1, ' ');
	CMP(strtoul(p, NULL, 10) - ios, <=, 4);
}

static int resident(char *p)
{
	unsigned char vec;

	OK(mincore(p, PAGE, &vec));
	return vec & 1;
}

TEST(drop_caches_leaves_what_is_dirty)
{
	int fd = disk(O_RDWR);
	char *p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 12 << 20);
	unsigned long before;
	char c;

	CHECK(p != MAP_FAILED);
	quiet();
	EQ(pread(fd, &c, 1, 12 << 20), 1);
	EQ(pwrite(fd, "y", 1, (12 << 20) + PAGE), 1);
	EQ(resident(p), 1);
	before = written();
	set("drop_caches", "1");
	EQ(written(), before);
	EQ(resident(p), 0);
	EQ(resident(p + PAGE), 1);
	EQ(fsync(fd), 0);
	set("drop_caches", "1");
	EQ(resident(p + PAGE), 0);
	EQ(pread(fd, &c, 1, (12 << 20) + PAGE), 1);
	EQ(c, 'y');
}

TEST(counters_tell_what_is_dirty)
{
	static char buf[64 * PAGE];
	int fd = disk(O_RDWR);
	unsigned long dirtied, wrote;

	quiet();
	CMP(vmstat("nr_dirty"), <, 8);			/* Linux adds up now and then */
	dirtied = vmstat("nr_dirtied");
	wrote = vmstat("nr_written");
	EQ(pwrite(fd, buf, sizeof(buf), 13 << 20), sizeof(buf));
	CMP(vmstat("nr_dirty"), >, 32);
	CMP(strtoul(strstr(file_text("/proc/meminfo"), "\nDirty:") + 7, NULL, 10), >, 128);
	EQ(fsync(fd), 0);
	CMP(vmstat("nr_dirty"), <, 8);
	EQ(strtoul(strstr(file_text("/proc/meminfo"), "\nWriteback:") + 11, NULL, 10), 0);
	CMP(vmstat("nr_dirtied") - dirtied, >, 32);
	CMP(vmstat("nr_written") - wrote, >, 32);
}

/* What is cached of a disk is a buffer; a file's pages are not. */
TEST(cached_blocks_are_buffers)
{
	static char buf[512 * PAGE];
	int fd = disk(O_RDWR);
	unsigned long kb;

	EQ(ioctl(fd, BLKFLSBUF, 0), 0);
	kb = strtoul(strstr(file_text("/proc/meminfo"), "\nBuffers:") + 9, NULL, 10);
	EQ(pread(fd, buf, sizeof(buf), 1 << 20), sizeof(buf));
	CMP(strtoul(strstr(file_text("/proc/meminfo"), "\nBuffers:") + 9, NULL, 10), >=, kb + 2048);
}

/* Counts are a little late, on Linux. */
TEST_LIMIT(who_makes_too_much_dirty_is_slowed_down, 60)
{
	static char buf[16 * PAGE];
	int fd = disk(O_RDWR);
	unsigned long limit, most = 0, before;

	quiet();
	set("dirty_background_ratio", "0");
	set("dirty_ratio", "1");
	limit = vmstat("nr_dirty_threshold");
	before = written();
	for (int round = 0; round < 4; round++)
		for (int i = 0; i < 240; i++) {
			unsigned long dirty;

			EQ(pwrite(fd, buf, sizeof(buf), i * sizeof(buf)), sizeof(buf));
			dirty = vmstat("nr_dirty") + vmstat("nr_writeback");
			most = dirty > most ? dirty : most;
		}
	CMP(limit, <, 3600);				/* less than all */
	CMP(most, <=, limit + 256);
	CMP(written(), >, before);
	set("dirty_ratio", "20");
	set("dirty_background_ratio", "10");
}

TEST(the_limits_are_numbers_of_root)
{
	static const char *const names[] = { "dirty_ratio", "dirty_background_ratio", "dirty_expire_centisecs",
					     "dirty_writeback_centisecs" };
	static const char *const values[] = { "20\n", "10\n", "3000\n", "500\n" };

	set("dirty_writeback_centisecs", "500");
	for (int i = 0; i < 4; i++) {
		char path[64];
		int fd;

		snprintf(path, sizeof(path), "/proc/sys/vm/%s", names[i]);
		STREQ(file_text(path), values[i]);
		fd = OK(open(path, O_WRONLY));
		if (i < 3)				/* the last takes any */
			ERR(write(fd, "-1", 2), EINVAL);
		ERR(write(fd, "x", 1), EINVAL);
		if (i < 2)
			ERR(write(fd, "101", 3), EINVAL);
		close(fd);
		STREQ(file_text(path), values[i]);
	}
}
