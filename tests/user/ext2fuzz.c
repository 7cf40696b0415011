/*
 * tests/user/ext2fuzz.c - damaged file systems: mounted, walked, written to, and taken away
 *
 *   ext2fuzz FIRST LAST     a case for each seed
 *
 * Purpose:    /dev/vdb holds a good image, /dev/vda gets a copy of it, of which a seed changes some bytes that the
 *             kernel computes with. Whatever a call answers is fine; that it answers is the claim, that the file
 *             system can be unmounted afterwards, and that only errors come that a disk may give.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD	"/dev/vdb"
#define DISK	"/dev/vda"
#define M	"/mnt2"
#define SECONDS	20

static unsigned char *image, *good_image;	/* what is damaged; what says where things are */
static long image_size;
static unsigned long state;

static unsigned long rnd(unsigned long below)
{
	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return below ? (state >> 33) % below : 0;
}

static unsigned int get32(long at) { unsigned int v; memcpy(&v, good_image + at, 4); return v; }

/* ---- damage ---- */

struct layout {
	long block_size, blocks, first, per_group, inodes_per_group, inode_size, groups;
};

static struct layout layout(void)
{
	struct layout l = { .block_size = 1024L << get32(1024 + 24), .blocks = get32(1024 + 4),
			    .first = get32(1024 + 20), .per_group = get32(1024 + 32),
			    .inodes_per_group = get32(1024 + 40), .inode_size = get32(1024 + 88) & 0xffff };

	l.groups = (l.blocks - l.first + l.per_group - 1) / l.per_group;
	return l;
}

static long group_desc(const struct layout *l, long group)
{
	return (l->first + 1) * l->block_size + group * 32;
}

/* Where an inode that is in use lies. */
static long some_inode(const struct layout *l)
{
	long at = 0;

	for (int tries = 0; tries < 400; tries++) {
		long g = rnd(l->groups), i = rnd(rnd(2) ? 40 : l->inodes_per_group);

		at = get32(group_desc(l, g) + 8) * l->block_size + i * l->inode_size;
		if (good_image[at + 26] || good_image[at + 27])	/* links */
			break;
	}
	return at;
}

/* A block that an inode in use names. */
static long some_block(const struct layout *l, int slots)
{
	for (int tries = 0; tries < 100; tries++) {
		long b = get32(some_inode(l) + 40 + 4 * rnd(slots));

		if (b > 0 && b < l->blocks)
			return b * l->block_size;
	}
	return l->first * l->block_size;
}

/* A record somewhere in a block that may be a directory's. */
static long some_record(const struct layout *l)
{
	long block = some_block(l, 1), at = block;

	for (int n = rnd(6); n > 0; n--) {
		unsigned int len = good_image[at + 4] | good_image[at + 5] << 8;

		if (len < 8 || at + len >= block + l->block_size)
			break;
		at += len;
	}
	return at;
}

/* What the kernel may be told in place of a number. */
static unsigned int odd_number(const struct layout *l)
{
	switch (rnd(8)) {
	case 0: return 0;
	case 1: return -1;
	case 2: return rnd(l->blocks);
	case 3: return l->blocks;
	case 4: return 1U << rnd(32);
	case 5: return rnd(16);
	case 6: return 0x7fffffff;
	default: return rnd(1UL << 31) * 2 + rnd(2);
	}
}

static void put_number(const struct layout *l, long at, int bytes)
{
	unsigned int v = odd_number(l);

	if (at >= 0 && at + bytes <= image_size)
		memcpy(image + at, &v, bytes);
}

static void damage_once(const struct layout *l)
{
	long at;

	switch (rnd(10)) {
	case 0:				/* the super block */
		put_number(l, 1024 + 4 * rnd(26), 4);
		break;
	case 1:				/* descriptors */
		at = group_desc(l, rnd(l->groups));
		put_number(l, rnd(2) ? at + 4 * rnd(3) : at + 12 + 2 * rnd(3), rnd(2) ? 2 : 4);
		break;
	case 2:				/* a bitmap */
		at = get32(group_desc(l, rnd(l->groups)) + 4 * rnd(2)) * l->block_size;
		memset(image + at + rnd(l->block_size / 2), rnd(2) ? 0 : 0xff, 1 + rnd(l->block_size / 2));
		break;
	case 3:
	case 4:				/* any field of an inode */
		put_number(l, some_inode(l) + 2 * rnd(64), rnd(2) ? 2 : 4);
		break;
	case 5:				/* its blocks */
		put_number(l, some_inode(l) + 40 + 4 * rnd(15), 4);
		break;
	case 6:				/* a directory's record */
		at = some_record(l);
		put_number(l, at + 4 * rnd(2), rnd(2) ? 2 : 4);
		if (rnd(2))
			image[at + 6] = rnd(256);
		break;
	case 7:				/* an inode of another number */
		at = some_record(l);
		{
			unsigned int ino = rnd(2) ? 2 : rnd(64);

			memcpy(image + at, &ino, 4);
		}
		break;
	case 8:				/* an indirect block that leads to itself or anywhere */
		at = some_inode(l) + 40 + 48 + 4 * rnd(3);
		if (get32(at) && get32(at) < l->blocks) {
			unsigned int to = rnd(2) ? get32(at) : rnd(l->blocks);

			memcpy(image + get32(at) * l->block_size + 4 * rnd(l->block_size / 4), &to, 4);
		} else {
			put_number(l, at, 4);
		}
		break;
	default:			/* some bytes of some block */
		at = some_block(l, 15);
		for (int i = 0; i < 8; i++)
			image[at + rnd(l->block_size)] = rnd(256);
	}
}

static void make_disk(unsigned long seed)
{
	int good = open(GOOD, O_RDONLY), disk = open(DISK, O_RDWR);
	struct layout l;

	image_size = lseek(good, 0, SEEK_END);
	if (!image) {
		image = malloc(image_size);
		good_image = malloc(image_size);
	}
	if (good < 0 || disk < 0 || pread(good, good_image, image_size, 0) != image_size) {
		printf("Bail out! no disks\n");
		exit(1);
	}
	memcpy(image, good_image, image_size);
	l = layout();
	state = seed * 0x9e3779b97f4a7c15UL;
	for (int n = 1 + rnd(5); n > 0; n--)
		damage_once(&l);
	if (pwrite(disk, image, image_size, 0) != image_size || fsync(disk)) {
		printf("Bail out! cannot write %s: %s\n", DISK, strerrorname(errno));
		exit(1);
	}
	close(good);
	close(disk);
}

/* ---- use ---- */

static char buf[8192];
static int budget;		/* calls that one image is worth */

/* An error that no file system gives. */
static void seen(const char *what, const char *path, long result)
{
	static const int fine[] = { EIO, EUCLEAN, ENOENT, ENOSPC, EEXIST, ENOTDIR, EISDIR, ENOTEMPTY, EROFS, ELOOP,
				    EMLINK, EFBIG, ENAMETOOLONG, EINVAL, ENXIO, EPERM, EBUSY, ENODEV, EACCES, EOVERFLOW,
				    ESTALE, ETXTBSY };

	budget--;
	if (result >= 0)
		return;
	for (unsigned int i = 0; i < sizeof(fine) / sizeof(*fine); i++)
		if (errno == fine[i])
			return;
	printf("# %s %s: %s\n", what, path, strerrorname(errno));
	exit(98);
}

static void read_some(const char *path, long size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	seen("open", path, fd);
	if (fd < 0)
		return;
	for (long at = 0; at < 100000 && at < size; at += sizeof(buf))
		seen("read", path, pread(fd, buf, sizeof(buf), at));
	seen("read", path, pread(fd, buf, sizeof(buf), size - 5000));
	seen("seek", path, lseek(fd, 0, SEEK_DATA));
	seen("seek", path, lseek(fd, 1000, SEEK_HOLE));
	close(fd);
}

static void write_some(const char *path, long size)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY);

	seen("open", path, fd);
	if (fd < 0)
		return;
	seen("write", path, pwrite(fd, "overwritten", 11, 0));
	seen("write", path, pwrite(fd, "appended", 8, size > 0 && size < 1L << 40 ? size : 0));
	seen("write", path, pwrite(fd, "indirect", 8, 300000));
	if (rnd(2))
		seen("fsync", path, fsync(fd));
	seen("truncate", path, ftruncate(fd, rnd(3) ? rnd(20000) : 0));
	close(fd);
}

static void use_file(const char *path, int write)
{
	struct stat st;
	int ret = lstat(path, &st);

	seen("stat", path, ret);
	if (ret)
		return;
	if (S_ISLNK(st.st_mode))
		seen("readlink", path, readlink(path, buf, sizeof(buf)));
	if (!S_ISREG(st.st_mode))
		return;
	read_some(path, st.st_size);
	if (write && rnd(2))
		write_some(path, st.st_size);
}

/* All names of a directory, a few levels deep; @remove: they go. */
static void walk(const char *dir, int depth, int write, int remove)
{
	char path[800];
	struct dirent *e;
	DIR *d = opendir(dir);

	seen("opendir", dir, d ? 0 : -1);
	while (d && budget > 0 && (e = readdir(d))) {
		struct stat st;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || strlen(dir) > 500)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (!lstat(path, &st) && S_ISDIR(st.st_mode) && depth < 8)
			walk(path, depth + 1, write, remove);
		else
			use_file(path, write);
		if (remove && rnd(4))
			seen("remove", path, S_ISDIR(st.st_mode) ? rmdir(path) : unlink(path));
	}
	if (d)
		closedir(d);
}

static void make_some(void)
{
	char path[100];

	for (int i = 0; i < 20; i++) {
		int fd;

		snprintf(path, sizeof(path), M "/%snew-%d", i % 3 ? "" : "dir1/", i);
		fd = open(path, O_RDWR | O_CREAT, 0644);
		seen("create", path, fd);
		if (fd < 0)
			continue;
		seen("write", path, write(fd, buf, rnd(sizeof(buf))));
		close(fd);
	}
	seen("mkdir", "d", mkdir(M "/fresh", 0755));
	seen("rename", "dir1", rename(M "/dir1", M "/fresh/dir1"));
	seen("rename", "dir2", rename(M "/dir2/file1", M "/new-1"));
	seen("link", "file", link(M "/new-2", M "/fresh/link"));
	seen("symlink", "s", symlink("target", M "/fresh/s"));
	seen("rename", "fresh", rename(M "/fresh", M "/dir2/sub"));
}

static void map_some(void)
{
	int fd = open(M "/big", O_RDWR);
	volatile char *p;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) || st.st_size < 70000 || st.st_size > 1 << 30) {
		close(fd);
		return;
	}
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		close(fd);
		return;
	}
	if (!fork()) {			/* SIGBUS is an answer too */
		signal(SIGBUS, SIG_DFL);
		for (int i = 0; i < 65536; i += 5000)
			p[i]++;
		_exit(0);
	}
	wait(NULL);
	munmap((void *)p, 65536);
	close(fd);
}

static int use_disk(void)
{
	static const char *const options[] = { NULL, "errors=continue", "errors=remount-ro" };
	struct statfs s;
	int mounted = mount(DISK, M, "ext2", rnd(5) ? 0 : MS_RDONLY, options[rnd(3)]);

	seen("mount", DISK, mounted);
	if (mounted)
		return 0;
	budget = 2000;
	seen("statfs", M, statfs(M, &s));
	walk(M, 0, 0, 0);
	walk(M, 0, 1, 0);
	make_some();
	map_some();
	sync();
	walk(M, 0, rnd(2), 1);
	seen("remount", M, mount(NULL, M, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	walk(M, 0, 0, 0);
	chdir("/");
	return umount2(M, 0);
}

/* One image in a process of its own.  0, or what went wrong. */
static int play(unsigned long seed)
{
	int status = -1;
	pid_t pid;

	make_disk(seed);
	pid = fork();
	if (!pid) {
		alarm(SECONDS);
		_exit(use_disk() ? 97 : 0);
	}
	waitpid(pid, &status, 0);
	if (status)
		umount2(M, MNT_DETACH);
	return status;
}

int main(int argc, char **argv)
{
	unsigned long first = argc > 1 ? atoi(argv[1]) : 1, last = argc > 2 ? atoi(argv[2]) : 20;
	int failed = 0;

	mkdir(M, 0755);
	printf("1..%lu\n", last - first + 1);
	for (unsigned long seed = first; seed <= last; seed++) {
		int status = play(seed);

		if (status)
			printf("not ok %lu - seed_%lu # status 0x%x\n", seed - first + 1, seed, status);
		else
			printf("ok %lu - seed_%lu\n", seed - first + 1, seed);
		failed |= status;
	}
	return !!failed;
}
