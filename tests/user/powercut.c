/*
 * tests/user/powercut.c - writes to a disk and says what is safe there, until somebody pulls the plug
 *
 * Purpose:    process 1 of a machine with an ext2 on /dev/vda (`powercut SEED`). It makes, changes, renames and removes
 *             files at random, by write, mmap and truncate; fsync and sync say when one is safe.
 * Invariants: "@@ change NAME" has left the serial line before NAME is touched; "@@ synced NAME VERSION SIZE" is written
 *             when fsync of the file and of its directory, or sync, have answered. So a reader of the line
 *             (tools/trials.py) knows what must be on the disk at any moment.
 * Contents:   the byte at OFFSET of version V of file K is 31 K + 7 V + 13 (OFFSET / 512) + OFFSET, and never comes from
 *             an older version: a change is a new file of that name, an appended part or an overwritten whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES	24
#define DIRS	4
#define MOST	(96 << 10)		/* bytes of a file: with blocks of 1 KiB it has indirect ones */
#define PAGE	4096

static unsigned long state;
static char block[MOST];
static struct {
	unsigned int version;
	long size;			/* -1: it is not there */
} files[FILES];

static unsigned long chance(unsigned long below)
{
	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return (state >> 33) % below;
}

static void must(int good, const char *what)
{
	if (good)
		return;
	printf("@@ failed: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	for (;;)
		pause();
}

/* Said, and gone out of the machine. */
static void say(const char *what, int k)
{
	printf("@@ %s f%d %u %ld\n", what, k, files[k].version, files[k].size);
	fflush(stdout);
	ioctl(1, TCSBRK, 1);
}

static const char *dir_of(int k)
{
	static char path[32];

	snprintf(path, sizeof(path), "/mnt/d%d", k % DIRS);
	return path;
}

static const char *path_of(int k)
{
	static char path[32];

	snprintf(path, sizeof(path), "/mnt/d%d/f%d", k % DIRS, k);
	return path;
}

static void contents(int k, long from, long size)
{
	for (long at = from; at < from + size; at++)
		block[at] = 31 * k + 7 * files[k].version + 13 * (at / 512) + at;
}

/* ---- changes ---- */

/* The whole of it, by write() or through a mapping. */
static void fill(int k, int fd, int mapped)
{
	printf("# fill f%d %d mapped %d\n", k, files[k].version, mapped);
	contents(k, 0, files[k].size);
	if (mapped) {
		char *p;

		must(!ftruncate(fd, files[k].size), "ftruncate");
		p = mmap(NULL, files[k].size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		must(p != MAP_FAILED, "mmap");
		memcpy(p, block, files[k].size);
		munmap(p, files[k].size);
	} else {
		must(pwrite(fd, block, files[k].size, 0) == files[k].size, "write");
	}
}

static void make(int k)
{
	int fd;

	files[k].version++;
	files[k].size = 1 + chance(chance(3) ? MOST / 8 : MOST);
	if (chance(2))
		unlink(path_of(k));
	fd = open(path_of(k), O_RDWR | O_CREAT | O_TRUNC, 0644);
	must(fd >= 0, "open");
	fill(k, fd, chance(2));
	close(fd);
}

static void overwrite(int k)
{
	int fd = open(path_of(k), O_RDWR);

	must(fd >= 0, "open");
	files[k].version++;
	fill(k, fd, chance(2));
	close(fd);
}

static void append(int k)
{
	long more = 1 + chance(9000);
	int fd = open(path_of(k), O_WRONLY | O_APPEND);

	must(fd >= 0, "open");
	printf("# append f%d at %ld\n", k, files[k].size);
	if (files[k].size + more > MOST)
		more = MOST - files[k].size;
	contents(k, files[k].size, more);
	must(write(fd, block + files[k].size, more) == more, "append");
	files[k].size += more;
	close(fd);
}

static void cut(int k)
{
	files[k].size = chance(files[k].size + 1);
	printf("# cut f%d at %ld\n", k, files[k].size);
	must(!truncate(path_of(k), files[k].size), "truncate");
}

static void change(int k)
{
	say("change", k);
	if (files[k].size < 1)
		return make(k);
	switch (chance(6)) {
	case 0:
		overwrite(k);
		break;
	case 1:
		append(k);
		break;
	case 2:
		cut(k);
		break;
	case 3:
		must(!unlink(path_of(k)), "unlink");
		files[k].size = -1;
		break;
	default:
		make(k);
	}
}

/* ---- what makes it safe ---- */

static void fsync_path(const char *path)
{
	int fd = open(path, O_RDONLY);

	must(fd >= 0 && !fsync(fd), "fsync");
	close(fd);
}

static void make_safe(int k)
{
	if (files[k].size >= 0)
		fsync_path(path_of(k));
	fsync_path(dir_of(k));
	say("synced", k);
}

static void all_safe(void)
{
	sync();
	for (int k = 0; k < FILES; k++)
		if (files[k].version)
			say("synced", k);
}

/* What nobody asks for later: names that come, move and go. */
static void noise(void)
{
	char from[32], to[32];

	snprintf(from, sizeof(from), "/mnt/d%lu/n%lu", chance(DIRS), chance(20));
	snprintf(to, sizeof(to), "/mnt/d%lu/n%lu", chance(DIRS), chance(20));
	switch (chance(5)) {
	case 0:
		mkdir(from, 0755);
		break;
	case 1:
		rename(from, to);
		break;
	case 2:
		link(from, to);
		break;
	case 3:
		unlink(from);
		rmdir(to);
		break;
	default: {
		int fd = open(from, O_WRONLY | O_CREAT, 0644);

		if (fd >= 0) {
			pwrite(fd, block, chance(20000), chance(200000));
			close(fd);
		}
	}
	}
}

int main(int argc, char **argv)
{
	int fd;

	state = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	for (int k = 0; k < FILES; k++)
		files[k].size = -1;
	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mkdir("/mnt", 0755);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	fd = open("/dev/console", O_RDWR | O_NOCTTY);
	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	fd = open("/proc/sys/vm/dirty_writeback_centisecs", O_WRONLY);	/* what nobody waits for is written too */
	if (fd >= 0) {
		write(fd, "5", 1);
		close(fd);
	}
	must(!mount("/dev/vda", "/mnt", "ext2", 0, NULL), "mount");
	for (int d = 0; d < DIRS; d++)
		must(!mkdir(dir_of(d), 0755), "mkdir");
	sync();
	printf("@@ begin\n");
	for (;;) {
		int k = chance(FILES);

		change(k);
		noise();
		if (!chance(3))
			make_safe(k);
		if (!chance(40))
			all_safe();
	}
}
