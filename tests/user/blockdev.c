/*
 * tests/user/blockdev.c - disks as files: /dev/vda and its partitions
 *
 * The disks are those of tools/diskimage.py: vda with an MBR, vdb read-only and of odd size, vdc with a
 * GPT, vdd empty, in blocks of 4096 bytes.  Each sector of vda and vdb begins with its number.
 */
#include "proc.h"
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <uapi/blkdev.h>

#define VDA_SIZE	(8L << 20)
#define VDB_SIZE	(2049L * 512)
static int open_disk(const char *name, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/%s", name);
	return OK(open(path, flags));
}

static uint64_t number_at(int fd, off_t at)
{
	uint64_t n = ~0UL;

	EQ(pread(fd, &n, 8, at), 8);
	return n;
}

/* Number @field (from 0: reads) of a line of /proc/diskstats. */
static unsigned long diskstat(const char *name, int field)
{
	const char *line = file_text("/proc/diskstats");
	char word[16];

	snprintf(word, sizeof(word), " %s ", name);
	line = strstr(line, word);
	CHECK(line);
	line += strlen(word);
	while (field--) {
		line = strchr(line, ' ');
		CHECK(line);
		line++;
	}
	return strtoul(line, NULL, 10);
}

static void fill(char *buf, int len, int seed)
{
	for (int i = 0; i < len; i++)
		buf[i] = (i * 31 + (i >> 8) + seed * 7) | 1;
}

TEST(nodes_are_in_devtmpfs_with_their_numbers)
{
	static const struct { const char *path; unsigned int minor; } nodes[] = {
		{ "/dev/vda", 0 }, { "/dev/vda1", 1 }, { "/dev/vda2", 2 }, { "/dev/vda4", 4 }, { "/dev/vda5", 5 },
		{ "/dev/vda6", 6 }, { "/dev/vdb", 16 }, { "/dev/vdc", 32 }, { "/dev/vdc1", 33 }, { "/dev/vdc3", 35 },
		{ "/dev/vdd", 48 },
	};
	struct stat st;

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		OK(stat(nodes[i].path, &st));
		EQ(st.st_mode, S_IFBLK | 0600);
		EQ(st.st_rdev, 254 << 8 | nodes[i].minor);
		EQ(st.st_size, 0);
	}
	ERR(stat("/dev/vda3", &st), ENOENT);
	ERR(stat("/dev/vdb1", &st), ENOENT);
	ERR(stat("/dev/vdc2", &st), ENOENT);
	CHECK(strstr(file_text("/proc/devices"), "\nBlock devices:\n"));
	CHECK(strstr(file_text("/proc/devices"), "\n254 virtblk\n"));
}

TEST(proc_partitions_lists_disks_and_parts)
{
	/* Machines of programs that want disks with errors have those behind them. */
	static const char lines[] = "major minor  #blocks  name\n\n"
		" 254        0       8192 vda\n"
		" 254        1       1024 vda1\n"
		" 254        2       1024 vda2\n"
		" 254        4          1 vda4\n"
		" 254        5        500 vda5\n"
		" 254        6        500 vda6\n"
		" 254       16       1024 vdb\n"
		" 254       32       4096 vdc\n"
		" 254       33       1024 vdc1\n"
		" 254       35       1024 vdc3\n"
		" 254       48      16384 vdd\n";

	EQ(strncmp(file_text("/proc/partitions"), lines, sizeof(lines) - 1), 0);
}

TEST(a_partition_shows_its_share_of_the_disk)
{
	static const struct { const char *name; long first, sectors; } parts[] = {
		{ "vda", 0, 16384 }, { "vda1", 64, 2048 }, { "vda2", 2112, 2048 }, { "vda5", 4168, 1000 },
		{ "vda6", 6168, 1000 }, { "vdb", 0, 2049 },
	};
	uint64_t size;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int fd = open_disk(parts[i].name, O_RDONLY);

		for (long s = i ? 0 : 1; s < parts[i].sectors; s += 97)
			if (parts[i].first + s != 4160 && parts[i].first + s != 6160)
				EQ(number_at(fd, s * 512), parts[i].first + s);
		EQ(number_at(fd, (parts[i].sectors - 1) * 512), parts[i].first + parts[i].sectors - 1);
		EQ(ioctl(fd, BLKGETSIZE64, &size), 0);
		EQ(size, parts[i].sectors * 512);
		close(fd);
	}
}

TEST(ioctls_tell_sizes)
{
	static const struct { const char *name; long sectors; int block, soft, ro; } disks[] = {
		{ "vda", 16384, 512, 4096, 0 }, { "vda4", 2, 512, 1024, 0 }, { "vda5", 1000, 512, 4096, 0 },
		{ "vdb", 2049, 512, 512, 1 }, { "vdd", 32768, 4096, 4096, 0 },
	};

	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		int fd = open_disk(disks[i].name, O_RDONLY), n = -1;
		unsigned long sectors;

		EQ(ioctl(fd, BLKGETSIZE, &sectors), 0);
		EQ(sectors, disks[i].sectors);
		EQ(ioctl(fd, BLKSSZGET, &n), 0);
		EQ(n, disks[i].block);
		EQ(ioctl(fd, BLKPBSZGET, &n), 0);
		EQ(n, disks[i].block);
		EQ(ioctl(fd, BLKBSZGET, &n), 0);
		EQ(n, disks[i].soft);
		EQ(ioctl(fd, BLKROGET, &n), 0);
		EQ(n, disks[i].ro);
		ERR(ioctl(fd, BLKGETSIZE64, 8), EFAULT);
		ERR(ioctl(fd, BLKSSZGET, 0), EFAULT);
		ERR(ioctl(fd, 0x12345678, 0), ENOTTY);
		ERR(ftruncate(fd, 0), EINVAL);
		close(fd);
	}
}

TEST(positions_end_with_the_device)
{
	int fd = open_disk("vdb", O_RDONLY);
	char buf[1024];

	EQ(lseek(fd, 0, SEEK_END), VDB_SIZE);
	EQ(read(fd, buf, 10), 0);
	ERR(lseek(fd, 1, SEEK_END), EINVAL);
	ERR(lseek(fd, VDB_SIZE + 1, SEEK_SET), EINVAL);
	ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	ERR(lseek(fd, 0, SEEK_DATA), EINVAL);
	EQ(lseek(fd, -100, SEEK_CUR), VDB_SIZE - 100);
	EQ(read(fd, buf, sizeof(buf)), 100);
	EQ(lseek(fd, 0, SEEK_CUR), VDB_SIZE);
	EQ(pread(fd, buf, 10, VDB_SIZE), 0);
	EQ(pread(fd, buf, 10, 1L << 62), 0);
	ERR(pread(fd, buf, 10, -1), EINVAL);
	ERR(pread(fd, (char *)8, 10, 0), EFAULT);
}

TEST(nothing_is_written_beyond_the_end)
{
	int fd = open_disk("vda1", O_RDWR), append;
	char buf[1024] = "x";

	EQ(pwrite(fd, buf, sizeof(buf), 2048 * 512 - 300), 300);
	ERR(pwrite(fd, buf, 1, 2048 * 512), ENOSPC);
	ERR(pwrite(fd, buf, 1, 1L << 62), ENOSPC);
	EQ(pwrite(fd, buf, 0, 2048 * 512), 0);
	append = open_disk("vda1", O_WRONLY | O_APPEND);
	EQ(write(append, "\x40", 1), 1);		/* a device has no end to append to: the flag means nothing */
	EQ(number_at(fd, 0), 64);
	ERR(pwrite(fd, (char *)8, 10, 0), EFAULT);
}

TEST(a_read_only_disk_can_be_opened_but_not_written)
{
	int fd = open_disk("vdb", O_RDWR);

	ERR(write(fd, "x", 1), EPERM);
	ERR(pwrite(fd, "x", 1, 700), EPERM);
	EQ(number_at(fd, 700 * 512), 700);
	EQ(fsync(fd), 0);
}

TEST(behind_an_odd_end_a_mapping_shows_zeroes)
{
	int fd = open_disk("vdb", O_RDONLY);
	unsigned char *p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, VDB_SIZE & -PAGE);

	CHECK(p != MAP_FAILED);
	EQ(*(uint64_t *)p, 2048);
	for (int i = 512; i < (int)PAGE; i++)
		EQ(p[i], 0);
	DIES(CHILD(signal(SIGBUS, SIG_DFL); (void)*(volatile char *)(p + PAGE)), SIGBUS);
}

/* Bytes at odd places, over pages and blocks. */
TEST(what_is_written_is_read_again_also_after_the_cache_was_dropped)
{
	static char out[3 * PAGE], in[3 * PAGE];
	int fd = open_disk("vdd", O_RDWR);

	for (int round = 0; round < 4; round++) {
		off_t at = (1 << 20) + round * 77777;
		int len = sizeof(out) - round * 1001;

		fill(out, len, round);
		EQ(pwrite(fd, out, len, at), len);
		EQ(pread(fd, in, len, at), len);
		CHECK(!memcmp(in, out, len));
		if (round & 1)
			EQ(fsync(fd), 0);
		EQ(ioctl(fd, BLKFLSBUF, 0), 0);
		memset(in, 0, sizeof(in));
		EQ(pread(fd, in, len, at), len);
		CHECK(!memcmp(in, out, len));
		EQ(pread(fd, in, 1, at - 1), 1);
		EQ(in[0], 0);
	}
}

TEST(the_last_close_writes_what_is_dirty)
{
	char out[600], in[600];
	int fd = open_disk("vda2", O_RDWR), whole;

	fill(out, sizeof(out), 9);
	EQ(pwrite(fd, out, sizeof(out), 5000), sizeof(out));
	close(fd);
	whole = open_disk("vda", O_RDONLY);		/* another cache than the partition's */
	EQ(pread(whole, in, sizeof(in), 2112 * 512 + 5000), sizeof(in));
	CHECK(!memcmp(in, out, sizeof(in)));
	fd = open_disk("vda2", O_RDONLY);
	EQ(pread(fd, in, sizeof(in), 5000), sizeof(in));
	CHECK(!memcmp(in, out, sizeof(in)));
}

TEST(two_nodes_of_a_device_show_the_same_pages)
{
	int a = open_disk("vdd", O_RDWR), b;
	char buf[8];

	OK(mknod("/tmp/mine", S_IFBLK | 0600, 254 << 8 | 48));
	b = OK(open("/tmp/mine", O_RDWR));
	EQ(pwrite(a, "quire", 6, 12345), 6);
	EQ(pread(b, buf, 6, 12345), 6);
	STREQ(buf, "quire");
	OK(mknod("/tmp/none", S_IFBLK | 0600, 254 << 8 | 63));
	ERR(open("/tmp/none", O_RDONLY), ENXIO);
	OK(mknod("/tmp/other", S_IFBLK | 0600, 77 << 8));
	ERR(open("/tmp/other", O_RDONLY), ENXIO);
	OK(mkdir("/tmp/nodev", 0700));
	OK(mount("none", "/tmp/nodev", "tmpfs", MS_NODEV, NULL));
	OK(mknod("/tmp/nodev/disk", S_IFBLK | 0600, 254 << 8 | 48));
	ERR(open("/tmp/nodev/disk", O_RDONLY), EACCES);
	OK(umount2("/tmp/nodev", 0));
	OK(unlink("/tmp/mine"));
	OK(unlink("/tmp/none"));
	OK(unlink("/tmp/other"));
	OK(rmdir("/tmp/nodev"));
}

TEST(a_shared_mapping_is_the_disk)
{
	int fd = open_disk("vdd", O_RDWR);
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 8 << 20);
	char buf[16];

	CHECK(p != MAP_FAILED);
	memcpy(p + PAGE - 3, "across", 7);
	EQ(pread(fd, buf, 7, (8 << 20) + PAGE - 3), 7);
	STREQ(buf, "across");
	EQ(pwrite(fd, "below", 6, (8 << 20) + 2 * PAGE), 6);
	STREQ(p + 2 * PAGE, "below");
	EQ(msync(p, 4 * PAGE, MS_SYNC), 0);
	OK(munmap(p, 4 * PAGE));
	EQ(ioctl(fd, BLKFLSBUF, 0), 0);
	EQ(pread(fd, buf, 7, (8 << 20) + PAGE - 3), 7);
	STREQ(buf, "across");
}

TEST(a_private_mapping_keeps_its_writes)
{
	int fd = open_disk("vda", O_RDONLY);
	uint64_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 4 << 20);

	CHECK(p != MAP_FAILED);
	EQ(p[0], 8192);
	p[0] = 1;
	EQ(number_at(fd, 4 << 20), 8192);
	CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	EQ(errno, EACCES);
}

TEST(exclusive_opening_excludes_others_that_want_to_be_exclusive)
{
	int fd = OK(open("/dev/vda1", O_RDONLY | O_EXCL));

	ERR(open("/dev/vda1", O_RDONLY | O_EXCL), EBUSY);
	ERR(open("/dev/vda", O_RDONLY | O_EXCL), EBUSY);
	close(OK(open("/dev/vda1", O_RDWR)));
	close(OK(open("/dev/vda2", O_RDONLY | O_EXCL)));
	close(fd);
	fd = OK(open("/dev/vda", O_RDONLY | O_EXCL));
	ERR(open("/dev/vda1", O_RDONLY | O_EXCL), EBUSY);
	close(fd);
	close(OK(open("/dev/vda1", O_RDONLY | O_EXCL)));
}

TEST(a_new_table_of_partitions_is_read_when_asked)
{
	unsigned char table[512] = { 0 };
	int fd = open_disk("vdd", O_RDWR), part;
	struct stat st;
	uint64_t size;

	table[446 + 4] = 0x83;
	table[446 + 8] = 16;				/* blocks of 4096 */
	table[446 + 12] = 32;
	table[510] = 0x55;
	table[511] = 0xaa;
	EQ(pwrite(fd, table, 512, 0), 512);
	ERR(stat("/dev/vdd1", &st), ENOENT);
	EQ(ioctl(fd, BLKRRPART, 0), 0);
	EVENTUALLY(!stat("/dev/vdd1", &st));
	EQ(st.st_rdev, 254 << 8 | 49);
	part = open_disk("vdd1", O_RDWR);
	EQ(ioctl(part, BLKGETSIZE64, &size), 0);
	EQ(size, 32 * 4096);
	ERR(ioctl(part, BLKRRPART, 0), EINVAL);
	ERR(ioctl(fd, BLKRRPART, 0), EBUSY);
	EQ(pwrite(part, "part", 5, 4096), 5);
	close(part);
	memset(table, 0, sizeof(table));
	EQ(pwrite(fd, table, 512, 0), 512);
	EQ(ioctl(fd, BLKRRPART, 0), 0);
	EVENTUALLY(stat("/dev/vdd1", &st));
	EQ(pread(fd, table, 5, 17 * 4096), 5);
	STREQ((char *)table, "part");
	CHECK(!strstr(file_text("/proc/partitions"), "vdd1"));
}

TEST(what_changes_the_system_is_for_root)
{
	int fd = open_disk("vda", O_RDWR);

	EXITS(CHILD({
		if (setuid(1000))
			_exit(1);
		if (open("/dev/vda", O_RDONLY) >= 0 || errno != EACCES)
			_exit(2);
		if (!ioctl(fd, BLKFLSBUF, 0) || errno != EACCES)
			_exit(3);
		if (!ioctl(fd, BLKRRPART, 0) || errno != EACCES)
			_exit(4);
		_exit(number_at(fd, 512) == 1 ? 0 : 5);
	}), 0);
}

TEST(diskstats_count_what_was_transferred)
{
	static char buf[64 * 1024];
	int fd = open_disk("vda", O_RDWR);
	unsigned long sectors, written;

	EQ(ioctl(fd, BLKFLSBUF, 0), 0);
	sectors = diskstat("vda", 2);
	written = diskstat("vda", 6);
	EQ(pread(fd, buf, sizeof(buf), 1 << 20), sizeof(buf));
	CMP(diskstat("vda", 2), >=, sectors + 128);
	CMP(diskstat("vda", 0), >, 0);
	sectors = diskstat("vda", 2);
	EQ(pread(fd, buf, sizeof(buf), 1 << 20), sizeof(buf));	/* from the cache */
	EQ(diskstat("vda", 2), sectors);
	EQ(pwrite(fd, buf, sizeof(buf), 1 << 20), sizeof(buf));
	EQ(fsync(fd), 0);
	EQ(diskstat("vda", 6), written + 128);
	EQ(fsync(fd), 0);
	EQ(diskstat("vda", 6), written + 128);
	EQ(diskstat("vda", 8), 0);			/* under way */
}

TEST(what_works_on_any_file_works_here)
{
	int fd = open_disk("vda", O_RDONLY), out = OK(open("/tmp/copy", O_RDWR | O_CREAT | O_TRUNC, 0600));
	char a[700], b[700];
	struct iovec iov[2] = { { a, 100 }, { b, 600 } };
	long at = 512 * 700;

	EQ(lseek(fd, 512 * 700, SEEK_SET), 512 * 700);
	EQ(readv(fd, iov, 2), 700);
	EQ(*(uint64_t *)a, 700);
	EQ(*(uint64_t *)(b + 412), 701);
	EQ(syscall(__NR_sendfile, out, fd, &at, 5000), 5000);
	EQ(number_at(out, 512 * 3), 703);
	EQ(syscall(__NR_fdatasync, fd), 0);
	EQ(syscall(__NR_sync_file_range, fd, 0L, 4096L, 7), 0);
	EQ(syscall(__NR_fadvise64, fd, 0L, 0L, 3), 0);
	EQ(syscall(__NR_readahead, fd, 0L, 4096L), 0);
	OK(unlink("/tmp/copy"));
	sync();
}

/* Each of some processes writes and checks a share of its own. */
TEST_LIMIT(many_write_at_the_same_time, 60)
{
	static char out[16 * PAGE], in[16 * PAGE];

	for (int i = 0; i < 4; i++)
		CHILD({
			int fd = open_disk("vdd", O_RDWR);

			for (int round = 0; round < 6; round++) {
				off_t at = (9 << 20) + (round * 4 + i) * (off_t)sizeof(out);

				fill(out, sizeof(out), i + 10 * round);
				if (pwrite(fd, out, sizeof(out), at) != sizeof(out) || (round % 3 == 0 && fsync(fd)))
					_exit(1);
				if (round % 2)
					ioctl(fd, BLKFLSBUF, 0);
				if (pread(fd, in, sizeof(in), at) != sizeof(in) || memcmp(in, out, sizeof(in)))
					_exit(2);
			}
		});
	for (int i = 0; i < 4; i++) {
		int status;

		OK(wait(&status));
		EQ(status, 0);
	}
}

