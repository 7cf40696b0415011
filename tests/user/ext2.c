/*
 * tests/user/ext2.c - ext2 on the disk /dev/vda, which holds an image of mkfs.ext2 (tools/ext2test.py)
 *
 * The cases run in order on one file system; each cleans up after itself.  remount() takes the file system
 * away and brings it back: what is seen afterwards was on the disk.
 */
#define TEST_OWN_MAIN
#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <time.h>
#include "ext2.h"
#include "mem.h"

#define RW	(PROT_READ | PROT_WRITE)

static int remount(void)
{
	OK(chdir("/"));
	OK(umount2(M, 0));
	return OK(mount(DISK, M, "ext2", 0, NULL));
}

static struct statfs fs_now(void)
{
	struct statfs s;

	OK(statfs(M, &s));
	return s;
}

static long block_size(void) { return fs_now().f_bsize; }

static struct stat stat_of(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		FAIL("stat %s: %s", path, strerrorname(errno));
	return st;
}

static int make(const char *path)
{
	unlink(path);
	return OK(open(path, O_RDWR | O_CREAT | O_EXCL, 0644));
}

static void put(const char *path, const char *text)
{
	int fd = make(path);

	EQ(write(fd, text, strlen(text)), strlen(text));
	OK(close(fd));
}

static void has(const char *path, const char *text)
{
	char buf[200] = "";
	int fd = OK(open(path, O_RDONLY));

	OK(read(fd, buf, sizeof(buf) - 1));
	STREQ(buf, text);
	OK(close(fd));
}

/* Bytes that tell where they belong. */
static void fill(unsigned char *p, long from, long n, unsigned int seed)
{
	for (long i = 0; i < n; i++)
		p[i] = ((from + i) * 2654435761u + seed) >> 13;
}

static unsigned char buffer[65536], other[65536];

static void write_pattern(int fd, long from, long len, unsigned int seed)
{
	while (len) {
		long n = len < (long)sizeof(buffer) ? len : (long)sizeof(buffer);

		fill(buffer, from, n, seed);
		EQ(pwrite(fd, buffer, n, from), n);
		from += n;
		len -= n;
	}
}

static void check_pattern(int fd, long from, long len, unsigned int seed)
{
	while (len) {
		long n = len < (long)sizeof(buffer) ? len : (long)sizeof(buffer);

		fill(buffer, from, n, seed);
		memset(other, 0, n);
		EQ(pread(fd, other, n, from), n);
		if (memcmp(buffer, other, n))
			FAIL("other contents between %ld and %ld", from, from + n);
		from += n;
		len -= n;
	}
}

static void check_zero(int fd, long from, long len)
{
	while (len > 0) {
		long n = len < (long)sizeof(other) ? len : (long)sizeof(other);

		EQ(pread(fd, other, n, from), n);
		for (long i = 0; i < n; i++)
			EQ(other[i], 0);
		from += n;
		len -= n;
	}
}

/* Blocks of 512 bytes that a file of these data blocks has on the disk, indirect ones included. */
static long blocks_with(const long *block, int n)
{
	long bs = block_size(), per = bs / 4, ind[8], dind[8], count = n;
	int nind = 0, ndind = 0, tind = 0;

	for (int i = 0; i < n; i++) {
		long b = block[i] - 12, key, dkey = -1;
		int known = 0;

		if (b < 0)
			continue;
		if (b < per) {
			key = 0;
		} else if ((b -= per) < per * per) {
			key = 1 + b / per;
			dkey = 0;
		} else {
			b -= per * per;
			key = 1 + per + b / per;
			dkey = 1 + b / per / per;
			tind = 1;
		}
		for (int k = 0; k < nind; k++)
			known |= ind[k] == key;
		if (!known)
			ind[nind++] = key;
		known = dkey < 0;
		for (int k = 0; k < ndind; k++)
			known |= dind[k] == dkey;
		if (!known)
			dind[ndind++] = dkey;
	}
	return (count + nind + ndind + tind) * (bs / 512);
}

static long listed(const char *path)
{
	DIR *d = opendir(path);
	long n = 0;

	CHECK(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* What getdents says of types, which not every image keeps. */
static unsigned char type_kept(unsigned char type)
{
	static int kept = -1;
	struct dirent *e;
	DIR *d;

	if (kept < 0) {
		d = opendir(M);
		kept = 0;
		while ((e = readdir(d)))
			kept |= e->d_type == DT_DIR;
		closedir(d);
	}
	return kept ? type : DT_UNKNOWN;
}

static int find_line(const char *file, const char *word, char *line, int size)
{
	FILE *f = fopen(file, "r");

	CHECK(f);
	while (fgets(line, size, f))
		if (strstr(line, word)) {
			fclose(f);
			return 1;
		}
	fclose(f);
	return 0;
}

/* ---- the file system as a whole ---- */

TEST(mounts_shows_it)
{
	char line[200];

	CHECK(find_line("/proc/mounts", " " M " ", line, sizeof(line)));
	STREQ(line, DISK " " M " ext2 rw,relatime 0 0\n");
	CHECK(find_line("/proc/filesystems", "\text2", line, sizeof(line)));
	STREQ(line, "\text2\n");
}

TEST(statfs_counts_blocks_and_inodes)
{
	struct statfs a = fs_now(), b;
	int fd;

	EQ(a.f_type, EXT2_SUPER_MAGIC);
	EQ(a.f_namelen, 255);
	EQ(a.f_frsize, a.f_bsize);
	CMP(a.f_bavail, <, a.f_bfree);
	CMP(a.f_bfree, <, a.f_blocks);
	fd = make(M "/f");
	write_pattern(fd, 0, 10 * a.f_bsize, 1);
	OK(fsync(fd));
	b = fs_now();
	EQ(a.f_bfree - b.f_bfree, 10);
	EQ(a.f_bavail - b.f_bavail, 10);
	EQ(a.f_ffree - b.f_ffree, 1);
	OK(close(fd));
	OK(unlink(M "/f"));
	b = fs_now();
	EQ(a.f_bfree, b.f_bfree);
	EQ(a.f_ffree, b.f_ffree);
}

TEST(what_stat_says)
{
	struct stat st = stat_of(M), d = stat_of(DISK);

	EQ(st.st_dev, d.st_rdev);
	EQ(st.st_ino, 2);
	EQ(st.st_blksize, block_size());
	EQ(st.st_mode & S_IFMT, S_IFDIR);
	EQ(stat_of(M "/lost+found").st_ino, 11);
}

TEST(mount_errors)
{
	int fd;

	ERR(mount("/dev/none", M, "ext2", 0, NULL), ENOENT);
	ERR(mount("/proc/version", M, "ext2", 0, NULL), ENOTBLK);
	ERR(mount("/dev/null", M, "ext2", 0, NULL), ENOTBLK);
	ERR(mount(DISK, "/none", "ext2", 0, NULL), ENOENT);
	ERR(mount(DISK, M, "nosuchfs", 0, NULL), ENODEV);
	mkdir("/mnt3", 0755);
	OK(mount(DISK, "/mnt3", "ext2", 0, NULL));	/* the same file system at two places */
	put("/mnt3/x", "seen");
	has(M "/x", "seen");
	fd = OK(open(M "/x", O_RDONLY));
	ERR(umount2(M, 0), EBUSY);
	OK(close(fd));
	OK(unlink(M "/x"));
	OK(umount2("/mnt3", 0));
	ERR(umount2("/mnt3", 0), EINVAL);
	ERR(mount(DISK, "/mnt3", "ext2", MS_RDONLY, NULL), EBUSY);
	OK(umount2(M, 0));
	ERR(mount(DISK, M, "ext2", 0, "nonsense"), EINVAL);
	ERR(mount(DISK, M, "ext2", 0, "errors=perhaps"), EINVAL);
	OK(mount(DISK, M, "ext2", 0, "errors=remount-ro,minixdf"));
	remount();
}

TEST(read_only_mounts_refuse_every_change)
{
	int fd;

	put(M "/f", "text");
	OK(chdir("/"));
	OK(umount2(M, 0));
	OK(mount(DISK, M, "ext2", MS_RDONLY, NULL));
	has(M "/f", "text");
	ERR(open(M "/f", O_RDWR), EROFS);
	ERR(open(M "/new", O_RDWR | O_CREAT, 0644), EROFS);
	ERR(mkdir(M "/d", 0755), EROFS);
	ERR(unlink(M "/f"), EROFS);
	ERR(rename(M "/f", M "/g"), EROFS);
	ERR(symlink("x", M "/s"), EROFS);
	ERR(link(M "/f", M "/l"), EROFS);
	ERR(chmod(M "/f", 0600), EROFS);
	ERR(truncate(M "/f", 0), EROFS);
	OK(mount(NULL, M, NULL, MS_REMOUNT, NULL));
	fd = OK(open(M "/f", O_RDWR));
	ERR(mount(NULL, M, NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	EQ(write(fd, "T", 1), 1);
	OK(close(fd));
	OK(mount(NULL, M, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	ERR(open(M "/f", O_RDWR), EROFS);
	OK(mount(NULL, M, NULL, MS_REMOUNT, NULL));
	has(M "/f", "Text");
	OK(unlink(M "/f"));
}

TEST(an_open_file_without_a_name_keeps_it_from_being_read_only)
{
	int fd = make(M "/f");

	OK(close(fd));
	fd = OK(open(M "/f", O_RDONLY));
	OK(unlink(M "/f"));
	ERR(mount(NULL, M, NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	OK(close(fd));
	OK(mount(NULL, M, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	OK(mount(NULL, M, NULL, MS_REMOUNT, NULL));
}

/* ---- blocks ---- */

TEST(every_kind_of_block_is_found_again)
{
	long bs = block_size(), per = bs / 4;
	long at[] = { 0, 5, 11, 12, 12 + per - 1, 12 + per, 12 + per + per + 3, 12 + per + per * per,
		      12 + per + per * per + 2 * per };
	int n = sizeof(at) / sizeof(at[0]), fd = make(M "/f");
	long free = fs_now().f_bfree;

	for (int i = 0; i < n; i++)
		write_pattern(fd, at[i] * bs, bs, i);
	EQ(stat_of(M "/f").st_blocks, blocks_with(at, n));
	OK(close(fd));
	remount();
	fd = OK(open(M "/f", O_RDWR));
	for (int i = 0; i < n; i++)
		check_pattern(fd, at[i] * bs, bs, i);
	check_zero(fd, bs, 4 * bs);
	check_zero(fd, 13 * bs, 5 * bs);
	check_zero(fd, (at[7] + 1) * bs, 3 * bs);
	EQ(stat_of(M "/f").st_blocks, blocks_with(at, n));
	EQ(stat_of(M "/f").st_size, (at[n - 1] + 1) * bs);
	/* and away with them, from behind */
	for (int i = n - 1; i >= 0; i--) {
		OK(ftruncate(fd, at[i] * bs));
		EQ(stat_of(M "/f").st_blocks, blocks_with(at, i));
	}
	EQ(fs_now().f_bfree, free);
	OK(close(fd));
	OK(unlink(M "/f"));
}

TEST(holes_are_seen_by_seek)
{
	long bs = block_size();
	int fd = make(M "/f");

	write_pattern(fd, 3 * bs, bs, 1);
	write_pattern(fd, 500 * bs, bs, 1);
	OK(ftruncate(fd, 600 * bs));
	EQ(lseek(fd, 0, SEEK_DATA), 3 * bs);
	EQ(lseek(fd, 0, SEEK_HOLE), 0);
	EQ(lseek(fd, 3 * bs + 1, SEEK_HOLE), 4 * bs);
	EQ(lseek(fd, 4 * bs, SEEK_DATA), 500 * bs);
	ERR(lseek(fd, 501 * bs, SEEK_DATA), ENXIO);
	EQ(lseek(fd, 501 * bs, SEEK_HOLE), 501 * bs);
	ERR(lseek(fd, 600 * bs, SEEK_HOLE), ENXIO);
	OK(close(fd));
	OK(unlink(M "/f"));
}

TEST(a_partial_block_is_zeroed_by_truncation)
{
	int fd = make(M "/f");

	write_pattern(fd, 0, 20000, 7);
	OK(close(fd));
	remount();				/* the last page is not in memory */
	fd = OK(open(M "/f", O_RDWR));
	OK(ftruncate(fd, 9001));
	OK(ftruncate(fd, 20000));
	check_pattern(fd, 0, 9001, 7);
	check_zero(fd, 9001, 20000 - 9001);
	OK(close(fd));
	remount();
	fd = OK(open(M "/f", O_RDWR));
	check_pattern(fd, 0, 9001, 7);
	check_zero(fd, 9001, 20000 - 9001);
	OK(close(fd));
	OK(unlink(M "/f"));
}

TEST(writes_of_every_size_at_every_place)
{
	int fd = make(M "/f");
	long end = 0;

	for (int i = 1; i < 120; i++) {
		long n = i * i % 5000 + 1;

		write_pattern(fd, end, n, 3);
		end += n;
	}
	EQ(stat_of(M "/f").st_size, end);
	check_pattern(fd, 0, end, 3);
	for (int i = 0; i < 60; i++)		/* over it, in pieces */
		write_pattern(fd, i * 997, 100 + i, 3);
	OK(close(fd));
	remount();
	fd = OK(open(M "/f", O_RDWR));
	check_pattern(fd, 0, end, 3);
	OK(close(fd));
	fd = OK(open(M "/f", O_WRONLY | O_APPEND));
	fill(buffer, end, 777, 3);
	EQ(write(fd, buffer, 777), 777);
	OK(close(fd));
	fd = OK(open(M "/f", O_RDWR));
	check_pattern(fd, 0, end + 777, 3);
	OK(unlink(M "/f"));
}

TEST(sparse_writes_fill_holes_in_any_order)
{
	int fd = make(M "/f"), order[64];

	for (int i = 0; i < 64; i++)
		order[i] = i * 37 % 64;
	for (int i = 0; i < 64; i++)
		write_pattern(fd, order[i] * 3000L + 500, 1500, 5);
	for (int i = 0; i < 64; i++) {
		check_pattern(fd, i * 3000L + 500, 1500, 5);
		if (i)
			check_zero(fd, i * 3000L - 1000, 1500);
	}
	OK(close(fd));
	remount();
	fd = OK(open(M "/f", O_RDWR));
	for (int i = 0; i < 64; i++) {
		check_pattern(fd, i * 3000L + 500, 1500, 5);
		if (i)
			check_zero(fd, i * 3000L - 1000, 1500);
	}
	OK(close(fd));
	OK(unlink(M "/f"));
}

TEST(files_beyond_2_gib)
{
	long at = 5L << 30;
	int fd = make(M "/f");

	write_pattern(fd, at, 3000, 9);
	EQ(stat_of(M "/f").st_size, at + 3000);
	OK(close(fd));
	remount();
	fd = OK(open(M "/f", O_RDWR));
	EQ(stat_of(M "/f").st_size, at + 3000);
	check_pattern(fd, at, 3000, 9);
	check_zero(fd, at - 4096, 4096);
	ERR(ftruncate(fd, 1L << 50), EFBIG);
	ERR(pwrite(fd, "x", 1, 1L << 50), EFBIG);
	EQ(stat_of(M "/f").st_size, at + 3000);
	OK(close(fd));
	OK(unlink(M "/f"));
}

TEST(the_largest_file)
{
	/* what the tree of blocks reaches, or what i_blocks can count */
	long bs = block_size(), n = bs / 4, max = (12 + n + n * n + n * n * n) * bs;
	long limit = 0xffffffffL / (bs / 512), rest = limit - 12 - n - n * n;
	int fd = make(M "/f");

	if (max / bs + 3 + 2 * n + n * n > limit)
		max = (limit - 3 - n - (rest + n - 1) / n - (rest + n * n - 1) / (n * n)) * bs;
	ERR(pwrite(fd, "x", 1, max), EFBIG);
	EQ(pwrite(fd, "xyz", 3, max - 1), 1);
	EQ(stat_of(M "/f").st_size, max);
	EQ(lseek(fd, 0, SEEK_END), max);
	ERR(lseek(fd, max + 1, SEEK_SET), EINVAL);
	OK(lseek(fd, max, SEEK_SET));
	ERR(ftruncate(fd, max + 1), EFBIG);
	OK(ftruncate(fd, max));
	OK(close(fd));
	OK(unlink(M "/f"));
}

/* ---- no room ---- */

TEST_LIMIT(a_full_disk_loses_nothing, 120)
{
	struct statfs before = fs_now();
	int a = make(M "/a"), b = make(M "/b"), c = make(M "/c");
	long len = 0, n, bs = before.f_bsize;

	write_pattern(a, 0, 100000, 1);
	for (;;) {
		fill(buffer, len, sizeof(buffer), 2);
		n = pwrite(b, buffer, sizeof(buffer), len);
		if (n < 0)
			break;
		len += n;
	}
	EQ(errno, ENOSPC);
	for (n = 0; pwrite(c, "c", 1, n * bs) == 1; n++)	/* what was too little with its indirect block */
		;
	EQ(fs_now().f_bfree, 0);
	EQ(fs_now().f_bavail, 0);
	EQ(stat_of(M "/b").st_size, len);
	ERR(pwrite(a, buffer, bs, 10 << 20), ENOSPC);	/* into a hole */
	EQ(pwrite(a, "in place", 8, 1000), 8);
	EQ(stat_of(M "/a").st_size, 100000);
	ERR(mkdir(M "/d", 0755), ENOSPC);
	OK(fsync(a));
	OK(fsync(b));
	OK(close(a));
	OK(close(b));
	OK(close(c));
	remount();
	a = OK(open(M "/a", O_RDWR));
	b = OK(open(M "/b", O_RDWR));
	check_pattern(b, 0, len, 2);
	check_pattern(a, 0, 1000, 1);
	check_pattern(a, 1008, 100000 - 1008, 1);
	OK(ftruncate(b, 0));
	OK(mkdir(M "/d", 0755));
	OK(rmdir(M "/d"));
	OK(close(a));
	OK(close(b));
	OK(unlink(M "/a"));
	OK(unlink(M "/b"));
	OK(unlink(M "/c"));
	sync();
	EQ(fs_now().f_bfree, before.f_bfree + 0);
	EQ(fs_now().f_ffree, before.f_ffree);
}

TEST_LIMIT(reserved_blocks_are_for_root, 120)
{
	struct statfs before;
	pid_t pid;
	int fd = make(M "/f");

	sync();
	before = fs_now();
	OK(fchmod(fd, 0666));
	pid = CHILD({
		long len = 0;

		OK(setuid(1000));
		for (;;) {
			long n = pwrite(fd, buffer, sizeof(buffer), len);

			if (n < 0)
				break;
			len += n;
		}
		EQ(errno, ENOSPC);
		CMP(fs_now().f_bavail, <, 8);	/* Linux sets some aside for each writer */
	});
	EXITS(pid, 0);
	CMP(fs_now().f_bfree, >=, before.f_bfree - before.f_bavail - 8);
	write_pattern(fd, 0x1000000, 10 * before.f_bsize, 1);
	OK(close(fd));
	OK(unlink(M "/f"));
	sync();
	EQ(fs_now().f_bfree, before.f_bfree);
}

TEST_LIMIT(no_inode_is_left, 240)
{
	struct statfs before = fs_now();
	char name[64];
	long n;

	OK(mkdir(M "/many", 0755));
	for (n = 0; ; n++) {
		int fd;

		snprintf(name, sizeof(name), M "/many/file-number-%ld", n);
		fd = open(name, O_CREAT | O_WRONLY, 0644);
		if (fd < 0)
			break;
		close(fd);
	}
	EQ(errno, ENOSPC);
	EQ(n, before.f_ffree - 1);
	EQ(fs_now().f_ffree, 0);
	ERR(mkdir(M "/d", 0755), ENOSPC);
	ERR(symlink("x", M "/s"), ENOSPC);
	EQ(listed(M "/many"), n);
	remount();
	EQ(listed(M "/many"), n);
	EQ(fs_now().f_ffree, 0);
	while (n--) {
		snprintf(name, sizeof(name), M "/many/file-number-%ld", n);
		OK(unlink(name));
	}
	EQ(listed(M "/many"), 0);
	OK(rmdir(M "/many"));
	EQ(fs_now().f_ffree, before.f_ffree);
	EQ(fs_now().f_bfree, before.f_bfree);
}

/* ---- names ---- */

TEST(names_of_every_length)
{
	char name[300] = M "/d/";
	int base = strlen(name);

	OK(mkdir(M "/d", 0755));
	for (int len = 1; len <= 255; len++) {
		memset(name + base, 'a' + len % 26, len);
		name[base + len] = 0;
		put(name, "x");
	}
	EQ(listed(M "/d"), 255);
	remount();
	EQ(listed(M "/d"), 255);
	for (int len = 1; len <= 255; len++) {
		memset(name + base, 'a' + len % 26, len);
		name[base + len] = 0;
		has(name, "x");
		OK(unlink(name));
	}
	memset(name + base, 'y', 256);
	name[base + 256] = 0;
	ERR(open(name, O_CREAT | O_WRONLY, 0644), ENAMETOOLONG);
	ERR(mkdir(name, 0755), ENAMETOOLONG);
	EQ(listed(M "/d"), 0);
	OK(rmdir(M "/d"));
}

TEST(readdir_goes_on_where_it_was)
{
	static char seen[400];
	char name[64], ents[600];
	long n;
	int fd, i;

	OK(mkdir(M "/d", 0755));
	for (i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), M "/d/entry%d", i);
		put(name, "");
	}
	fd = OK(open(M "/d", O_RDONLY | O_DIRECTORY));
	i = 0;
	while ((n = OK(getdents64(fd, ents, sizeof(ents)))) > 0) {
		for (long at = 0; at < n; at += ((struct dirent *)(ents + at))->d_reclen) {
			struct dirent *e = (struct dirent *)(ents + at);

			if (e->d_name[0] == '.')
				continue;
			EQ(e->d_type, type_kept(DT_REG));
			i = atoi(e->d_name + 5);
			EQ(seen[i], 0);
			seen[i] = 1;
			snprintf(name, sizeof(name), M "/d/%s", e->d_name);
			EQ(e->d_ino, stat_of(name).st_ino);
			OK(unlink(name));	/* what was read goes, and others come to its place */
		}
	}
	for (i = 0; i < 400; i++)
		EQ(seen[i], 1);
	OK(close(fd));
	OK(rmdir(M "/d"));
}

TEST(types_of_entries)
{
	static const struct { const char *name; unsigned char type; } want[] = {
		{ "reg", DT_REG }, { "dir", DT_DIR }, { "fifo", DT_FIFO }, { "chr", DT_CHR },
		{ "blk", DT_BLK }, { "sock", DT_SOCK }, { "lnk", DT_LNK }, { "..", DT_DIR },
	};
	struct dirent *e;
	unsigned int found = 0;
	DIR *d;

	OK(mkdir(M "/t", 0755));
	OK(chdir(M "/t"));
	put("reg", "");
	OK(mkdir("dir", 0755));
	OK(mknod("fifo", S_IFIFO | 0600, 0));
	OK(mknod("chr", S_IFCHR | 0600, 0x0103));
	OK(mknod("blk", S_IFBLK | 0600, 0x12345 << 12 | 0x7 << 8 | 0x9a));
	OK(mknod("sock", S_IFSOCK | 0600, 0));
	OK(symlink("reg", "lnk"));
	remount();
	OK(chdir(M "/t"));
	d = opendir(".");
	while ((e = readdir(d)))
		for (unsigned int i = 0; i < 8; i++)
			if (!strcmp(e->d_name, want[i].name)) {
				EQ(e->d_type, type_kept(want[i].type));
				found |= 1 << i;
			}
	closedir(d);
	EQ(found, 0xff);
	EQ(stat_of("chr").st_rdev, 0x0103);
	EQ(stat_of("blk").st_rdev, 0x12345 << 12 | 0x7 << 8 | 0x9a);
	EQ(stat_of("blk").st_mode, S_IFBLK | 0600);
	EQ(stat_of("fifo").st_blocks, 0);
	for (unsigned int i = 0; i < 7; i++)
		OK(want[i].type == DT_DIR ? rmdir(want[i].name) : unlink(want[i].name));
	OK(chdir("/"));
	OK(rmdir(M "/t"));
}

TEST(directories_count_their_links)
{
	OK(mkdir(M "/p", 0755));
	EQ(stat_of(M "/p").st_nlink, 2);
	OK(mkdir(M "/p/a", 0755));
	OK(mkdir(M "/p/b", 0755));
	EQ(stat_of(M "/p").st_nlink, 4);
	EQ(stat_of(M "/p").st_size, block_size());
	EQ(stat_of(M "/p").st_blocks, block_size() / 512);
	put(M "/p/a/f", "x");
	ERR(rmdir(M "/p/a"), ENOTEMPTY);
	ERR(rmdir(M "/p/a/f"), ENOTDIR);
	ERR(unlink(M "/p/a"), EISDIR);
	OK(unlink(M "/p/a/f"));
	OK(rmdir(M "/p/a"));
	EQ(stat_of(M "/p").st_nlink, 3);
	remount();
	EQ(stat_of(M "/p").st_nlink, 3);
	EQ(stat_of(M "/p/b/..").st_ino, stat_of(M "/p").st_ino);
	OK(rmdir(M "/p/b"));
	OK(rmdir(M "/p"));
}

TEST(hard_links)
{
	struct stat st;
	int fd;

	put(M "/a", "one");
	OK(mkdir(M "/d", 0755));
	OK(link(M "/a", M "/b"));
	OK(link(M "/a", M "/d/c"));
	ERR(link(M "/a", M "/b"), EEXIST);
	ERR(link(M "/d", M "/e"), EPERM);
	ERR(link(M "/a", "/tmp/x"), EXDEV);
	st = stat_of(M "/a");
	EQ(st.st_nlink, 3);
	EQ(stat_of(M "/d/c").st_ino, st.st_ino);
	remount();
	has(M "/d/c", "one");
	OK(unlink(M "/a"));
	OK(unlink(M "/b"));
	EQ(stat_of(M "/d/c").st_nlink, 1);
	fd = OK(open(M "/d/c", O_RDONLY));
	OK(unlink(M "/d/c"));
	OK(fstat(fd, &st));
	EQ(st.st_nlink, 0);
	EQ(read(fd, buffer, 10), 3);
	OK(close(fd));
	OK(rmdir(M "/d"));
}

TEST(symlinks_short_and_long)
{
	static const int lengths[] = { 1, 59, 60, 61, 500, 1000, 1023 };
	static char text[5000], back[5000];
	long bs = block_size();

	for (unsigned int i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		char name[64];

		memset(text, 'a' + i, lengths[i]);
		text[lengths[i]] = 0;
		snprintf(name, sizeof(name), M "/s%u", i);
		OK(symlink(text, name));
		EQ(stat_of(name).st_size, lengths[i]);
		EQ(stat_of(name).st_blocks, lengths[i] < 60 ? 0 : bs / 512);
	}
	memset(text, 'z', sizeof(text));
	text[bs < 4096 ? bs : 4095] = 0;
	if (bs < 4096)
		ERR(symlink(text, M "/toolong"), ENAMETOOLONG);
	else
		OK(symlink(text, M "/toolong"));
	unlink(M "/toolong");
	remount();
	for (unsigned int i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		char name[64];

		snprintf(name, sizeof(name), M "/s%u", i);
		EQ(readlink(name, back, sizeof(back)), lengths[i]);
		for (int k = 0; k < lengths[i]; k++)
			EQ(back[k], 'a' + i);
		OK(unlink(name));
	}
	put(M "/f", "through");
	OK(symlink("f", M "/l"));
	has(M "/l", "through");
	OK(unlink(M "/l"));
	OK(unlink(M "/f"));
}

static int rename_with(const char *a, const char *b, unsigned int flags)
{
	return syscall(__NR_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags);
}

TEST(rename_in_all_its_cases)
{
	long ino;

	OK(mkdir(M "/r", 0755));
	OK(chdir(M "/r"));
	OK(mkdir("d1", 0755));
	OK(mkdir("d2", 0755));
	put("a", "a");
	put("b", "b");
	ino = stat_of("a").st_ino;
	OK(rename("a", "c"));				/* a new name */
	EQ(stat_of("c").st_ino, ino);
	ERR(open("a", O_RDONLY), ENOENT);
	OK(rename("c", "b"));				/* over a file */
	has("b", "a");
	OK(rename("b", "d1/b"));			/* to another directory */
	OK(link("d1/b", "d2/b"));
	OK(rename("d1/b", "d2/b"));			/* the same file: nothing happens */
	has("d1/b", "a");
	OK(unlink("d1/b"));
	EQ(stat_of(".").st_nlink, 4);
	OK(rename("d1", "d2/d1"));			/* a directory to another parent */
	EQ(stat_of(".").st_nlink, 3);
	EQ(stat_of("d2").st_nlink, 3);
	EQ(stat_of("d2/d1/..").st_ino, stat_of("d2").st_ino);
	ERR(rename("d2", "d2/d1/x"), EINVAL);
	ERR(rename("d2/d1", "d2"), ENOTEMPTY);
	OK(mkdir("d3", 0755));
	OK(rename("d2/d1", "d3"));			/* over an empty directory */
	EQ(stat_of(".").st_nlink, 4);
	EQ(stat_of("d2").st_nlink, 2);
	EQ(stat_of("d3/..").st_ino, stat_of(".").st_ino);
	ERR(rename("d3", "d2"), ENOTEMPTY);
	ERR(rename("d3", "d2/b"), ENOTDIR);
	ERR(rename("d2/b", "d3"), EISDIR);
	ERR(rename("none", "x"), ENOENT);
	put("e", "e");
	ERR(rename_with("e", "d2/b", RENAME_NOREPLACE), EEXIST);
	OK(rename_with("e", "f", RENAME_NOREPLACE));
	OK(rename_with("f", "d2/b", RENAME_EXCHANGE));
	has("f", "a");
	has("d2/b", "e");
	OK(rename_with("d3", "d2/b", RENAME_EXCHANGE));	/* a directory for a file */
	has("d3", "e");
	EQ(stat_of(".").st_nlink, 3);
	EQ(stat_of("d2").st_nlink, 3);
	EQ(stat_of("d2/b/..").st_ino, stat_of("d2").st_ino);
	remount();
	OK(chdir(M "/r"));
	has("f", "a");
	has("d3", "e");
	EQ(stat_of("d2/b/..").st_ino, stat_of("d2").st_ino);
	OK(rmdir("d2/b"));
	OK(rmdir("d2"));
	OK(unlink("f"));
	OK(unlink("d3"));
	OK(chdir("/"));
	OK(rmdir(M "/r"));
}

/* A long name in place of a short one, so that records move. */
TEST(rename_in_a_crowded_directory)
{
	char a[64], b[300];
	long n = 60;

	OK(mkdir(M "/c", 0755));
	for (long i = 0; i < n; i++) {
		snprintf(a, sizeof(a), M "/c/%ld", i);
		put(a, a);
	}
	for (long i = 0; i < n; i++) {
		snprintf(a, sizeof(a), M "/c/%ld", i);
		snprintf(b, sizeof(b), M "/c/%ld-%0*d", i, (int)(i * 3 + 1), 7);
		OK(rename(a, b));
	}
	EQ(listed(M "/c"), n);
	remount();
	for (long i = 0; i < n; i++) {
		snprintf(a, sizeof(a), M "/c/%ld", i);
		snprintf(b, sizeof(b), M "/c/%ld-%0*d", i, (int)(i * 3 + 1), 7);
		has(b, a);
		OK(unlink(b));
	}
	OK(rmdir(M "/c"));
}

TEST(a_file_without_a_name_lives_as_long_as_it_is_open)
{
	struct statfs before = fs_now();
	int fd = make(M "/f");

	write_pattern(fd, 0, 200000, 4);
	OK(unlink(M "/f"));
	ERR(open(M "/f", O_RDONLY), ENOENT);
	check_pattern(fd, 0, 200000, 4);
	write_pattern(fd, 200000, 1000, 4);
	CMP(fs_now().f_bfree, <, before.f_bfree);
	OK(close(fd));
	EQ(fs_now().f_bfree, before.f_bfree);
	EQ(fs_now().f_ffree, before.f_ffree);
}

TEST(tmpfile_gets_its_name_later)
{
	struct statfs before = fs_now();
	long names = listed(M);
	char path[64];
	int fd = OK(open(M, O_TMPFILE | O_RDWR, 0640));

	write_pattern(fd, 0, 5000, 6);
	EQ(listed(M), names);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	OK(syscall(__NR_linkat, AT_FDCWD, path, AT_FDCWD, M "/named", AT_SYMLINK_FOLLOW));
	OK(close(fd));
	remount();
	fd = OK(open(M "/named", O_RDWR));
	check_pattern(fd, 0, 5000, 6);
	EQ(stat_of(M "/named").st_nlink, 1);
	OK(close(fd));
	OK(unlink(M "/named"));
	fd = OK(open(M, O_TMPFILE | O_RDWR, 0640));
	write_pattern(fd, 0, 5000, 6);
	OK(close(fd));
	EQ(fs_now().f_bfree, before.f_bfree);
	EQ(fs_now().f_ffree, before.f_ffree);
}

/* ---- inodes ---- */

TEST(owner_mode_and_times_stay)
{
	struct timespec ts[2] = { { 1000000000, 123456789 }, { 2000000001, 987654321 } };
	struct stat st;

	put(M "/f", "x");
	OK(chown(M "/f", 100000, 70000));
	OK(chmod(M "/f", 06751));
	OK(syscall(__NR_utimensat, AT_FDCWD, M "/f", ts, 0));
	remount();
	st = stat_of(M "/f");
	EQ(st.st_uid, 100000);
	EQ(st.st_gid, 70000);
	EQ(st.st_mode, S_IFREG | 06751);
	EQ(st.st_atime, 1000000000);
	EQ(st.st_mtime, 2000000001);
	OK(unlink(M "/f"));
}

TEST(changes_set_the_times)
{
	struct stat a, b;
	int fd;

	OK(mkdir(M "/d", 0755));
	put(M "/d/f", "x");
	a = stat_of(M "/d");
	usleep(20000);
	OK(rename(M "/d/f", M "/d/g"));
	b = stat_of(M "/d");
	CHECK(b.st_mtime > a.st_mtime || b.st_mtime_nsec > a.st_mtime_nsec);
	a = stat_of(M "/d/g");
	usleep(20000);
	fd = OK(open(M "/d/g", O_WRONLY));
	EQ(write(fd, "y", 1), 1);
	OK(close(fd));
	b = stat_of(M "/d/g");
	CHECK(b.st_mtime > a.st_mtime || b.st_mtime_nsec > a.st_mtime_nsec);
	usleep(20000);
	OK(chmod(M "/d/g", 0600));
	a = stat_of(M "/d/g");
	CHECK(a.st_ctime > b.st_ctime || a.st_ctime_nsec > b.st_ctime_nsec);
	EQ(a.st_mtime_nsec, b.st_mtime_nsec);
	OK(unlink(M "/d/g"));
	OK(rmdir(M "/d"));
}

TEST(set_gid_directories_hand_on_their_group)
{
	OK(mkdir(M "/g", 0755));
	OK(chown(M "/g", 0, 555));
	OK(chmod(M "/g", 02775));
	put(M "/g/f", "x");
	OK(mkdir(M "/g/d", 0755));
	EQ(stat_of(M "/g/f").st_gid, 555);
	EQ(stat_of(M "/g/d").st_gid, 555);
	EQ(stat_of(M "/g/d").st_mode & 02000, 02000);
	OK(unlink(M "/g/f"));
	OK(rmdir(M "/g/d"));
	OK(rmdir(M "/g"));
}

/* ---- memory and disk ---- */

TEST(fsync_and_friends)
{
	int fd = make(M "/f"), d = OK(open(M, O_RDONLY | O_DIRECTORY));

	write_pattern(fd, 0, 50000, 8);
	OK(fsync(fd));
	OK(syscall(__NR_fdatasync, fd));
	OK(fsync(d));
	OK(syscall(__NR_syncfs, fd));
	sync();
	check_pattern(fd, 0, 50000, 8);
	OK(close(fd));
	OK(close(d));
	OK(unlink(M "/f"));
}

/* After fsync the device itself has it: read around the file system. */
TEST(fsync_reaches_the_device)
{
	static char mark[64];
	int fd = make(M "/f"), dev, n, found = 0;

	snprintf(mark, sizeof(mark), "a mark that nobody else writes %ld", (long)time(NULL));
	EQ(write(fd, mark, sizeof(mark)), sizeof(mark));
	OK(fsync(fd));
	dev = OK(open(DISK, O_RDONLY));
	OK(syscall(__NR_ioctl, dev, 0x1261, 0));	/* BLKFLSBUF: not what is cached */
	while ((n = OK(read(dev, buffer, sizeof(buffer)))) > 0)
		for (int i = 0; i < n; i += 1024)
			found += !memcmp(buffer + i, mark, sizeof(mark));
	EQ(found, 1);
	OK(close(dev));
	OK(close(fd));
	OK(unlink(M "/f"));
}

TEST(a_shared_mapping_is_the_file)
{
	int fd = make(M "/f");
	char *p;

	write_pattern(fd, 0, 3 * PAGE, 1);
	p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	fill(buffer, 0, PAGE, 1);
	EQ(memcmp(p, buffer, PAGE), 0);
	memset(p + PAGE, 'm', PAGE);
	EQ(pread(fd, other, PAGE, PAGE), PAGE);
	EQ(other[17], 'm');
	EQ(pwrite(fd, "file", 4, 100), 4);
	EQ(memcmp(p + 100, "file", 4), 0);
	SIGBUS_AT(peek(p + 3 * PAGE), p + 3 * PAGE);
	OK(syscall(__NR_msync, p, 3 * PAGE, MS_SYNC));
	OK(munmap(p, 4 * PAGE));
	OK(close(fd));
	remount();
	fd = OK(open(M "/f", O_RDWR));
	EQ(pread(fd, other, PAGE, PAGE), PAGE);
	for (int i = 0; i < (int)PAGE; i++)
		EQ(other[i], 'm');
	OK(close(fd));
	OK(unlink(M "/f"));
}

TEST(a_mapping_fills_holes)
{
	int fd = make(M "/f");
	char *p;

	OK(ftruncate(fd, 64 * PAGE));
	EQ(stat_of(M "/f").st_blocks, 0);
	p = mmap(NULL, 64 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 64; i += 7)
		memset(p + i * PAGE, 'a' + i % 26, PAGE);
	OK(munmap(p, 64 * PAGE));
	OK(close(fd));
	remount();
	fd = OK(open(M "/f", O_RDWR));
	for (int i = 0; i < 64; i++) {
		EQ(pread(fd, other, PAGE, i * PAGE), PAGE);
		EQ(other[0], i % 7 ? 0 : 'a' + i % 26);
		EQ(other[PAGE - 1], i % 7 ? 0 : 'a' + i % 26);
	}
	OK(close(fd));
	OK(unlink(M "/f"));
}

TEST(programs_run_from_it)
{
	pid_t pid;
	int in = OK(open("/bin/busybox", O_RDONLY)), out = make(M "/prog");
	long n;

	while ((n = OK(read(in, buffer, sizeof(buffer)))) > 0)
		EQ(write(out, buffer, n), n);
	OK(fchmod(out, 0755));
	OK(close(out));
	remount();
	pid = CHILD(execv(M "/prog", (char *[]){ "true", NULL }));
	EXITS(pid, 0);
	OK(unlink(M "/prog"));
}

TEST_LIMIT(several_at_once, 120)
{
	struct statfs before = fs_now();
	pid_t pid[4];

	for (int c = 0; c < 4; c++)
		pid[c] = CHILD({
			char name[64];

			for (int round = 0; round < 6; round++) {
				for (int i = 0; i < 8; i++) {
					snprintf(name, sizeof(name), M "/p%d-%d", c, i);
					int fd = make(name);

					write_pattern(fd, i * 5000, 30000 + c * 777, c * 100 + i);
					OK(close(fd));
				}
				for (int i = 0; i < 8; i++) {
					snprintf(name, sizeof(name), M "/p%d-%d", c, i);
					int fd = OK(open(name, O_RDONLY));

					check_pattern(fd, i * 5000, 30000 + c * 777, c * 100 + i);
					OK(close(fd));
					OK(unlink(name));
				}
			}
		});
	for (int c = 0; c < 4; c++)
		EXITS(pid[c], 0);
	EQ(fs_now().f_bfree, before.f_bfree);
	EQ(fs_now().f_ffree, before.f_ffree);
}

/* A tree, for others to look at: tools/ext2test.py compares its checksums on both kernels. */
TEST(a_tree_stays_behind)
{
	char name[64];

	OK(mkdir(M "/tree", 0755));
	for (int d = 0; d < 5; d++) {
		snprintf(name, sizeof(name), M "/tree/dir%d", d);
		OK(mkdir(name, 0700 + d));
		for (int i = 0; i < 12; i++) {
			int fd;

			snprintf(name, sizeof(name), M "/tree/dir%d/file%d", d, i);
			fd = make(name);
			write_pattern(fd, i % 4 * 70000L, i * i * 331 + d, d * 16 + i);
			OK(close(fd));
		}
	}
	OK(symlink("dir1/file3", M "/tree/short"));
	memset(name, 0, sizeof(name));
	OK(link(M "/tree/dir0/file5", M "/tree/second"));
	sync();
}

int main(int argc, char **argv)
{
	return main_on_disk(argv, NULL, NULL);
}
