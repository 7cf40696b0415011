/*
 * tests/user/ext2fail.c - ext2 on /dev/vda while memory ends: each allocation of each call fails once
 *
 * A call that fails has changed nothing that is seen; the file system is whole afterwards (tools/ext2test.py asks e2fsck).
 * Linux says so only if it was built with fault injection: without /proc/self/fail-nth every case passes.
 */
#define TEST_OWN_MAIN
#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include "ext2.h"
#include "fail_nth.h"

#define MOST	400
#define KINDS	"/proc/sys/debug/fail_kinds"
#define FOR_GOOD "/proc/sys/debug/fail_for_good"

/* Without asking what is left: the answer's copy could be the one that fails. */
static void fail_never(void)
{
	OK(pwrite(fail_fd, "0", 1, 0));
}

static struct statfs fs_now(void)
{
	struct statfs s;

	OK(statfs(M, &s));
	return s;
}

/* From nothing cached, so that what is read is read anew. */
static void drop_caches(void)
{
	int fd = OK(open("/proc/sys/vm/drop_caches", O_WRONLY));

	sync();
	EQ(write(fd, "3", 1), 1);
	OK(close(fd));
}

/* Do it with the 1st, 2nd, ... allocation failing, until none fails any more; @undo after each success. */
#define SWEEP(call, undo) do {								\
	struct statfs before_ = fs_now(), after_;					\
	if (!have_fail_nth())								\
		return;									\
	for (int n_ = 1; ; n_++) {							\
		long r_;								\
		int failed_, err_;							\
		if (n_ == MOST)								\
			FAIL("never without a failure");				\
		drop_caches();								\
		arm(n_);								\
		r_ = (long)(call);							\
		err_ = errno;								\
		failed_ = !disarm();							\
		if (r_ != -1) {								\
			undo;								\
		} else if (err_ != ENOMEM && err_ != EIO) {				\
			FAIL("%s at allocation %d: %s", #call, n_, strerrorname(err_));	\
		}									\
		after_ = fs_now();							\
		EQ(after_.f_bfree, before_.f_bfree);					\
		EQ(after_.f_ffree, before_.f_ffree);					\
		if (!failed_) {								\
			if (r_ == -1)							\
				FAIL("%s: %s", #call, strerrorname(err_));		\
			break;								\
		}									\
	}										\
} while (0)

static void put(const char *path, const char *text)
{
	int fd = OK(open(path, O_RDWR | O_CREAT | O_TRUNC, 0644));

	EQ(write(fd, text, strlen(text)), strlen(text));
	OK(close(fd));
}

TEST(create)
{
	SWEEP(mknod(M "/f", S_IFREG | 0644, 0), OK(unlink(M "/f")));
}

TEST(mkdir_and_rmdir)
{
	SWEEP(mkdir(M "/sub-directory", 0755), OK(rmdir(M "/sub-directory")));
	OK(mkdir(M "/sub-directory", 0755));
	SWEEP(rmdir(M "/sub-directory"), OK(mkdir(M "/sub-directory", 0755)));
	OK(rmdir(M "/sub-directory"));
}

TEST(long_symlink)
{
	static char text[301];

	memset(text, 'x', 300);
	SWEEP(symlink(text, M "/s"), OK(unlink(M "/s")));
}

TEST(links_and_names)
{
	put(M "/f", "x");
	SWEEP(link(M "/f", M "/g"), OK(unlink(M "/g")));
	SWEEP(rename(M "/f", M "/a-longer-name"), OK(rename(M "/a-longer-name", M "/f")));
	OK(unlink(M "/f"));
}

TEST(unlink_frees_all_the_same)
{
	put(M "/f", "x");
	SWEEP(unlink(M "/f"), put(M "/f", "x"));
	OK(unlink(M "/f"));
}

TEST(write_to_every_kind_of_block)
{
	static const long at[] = { 0, 20 << 10, 400 << 10, 80 << 20 };

	for (int i = 0; i < 4; i++) {
		int fd = OK(open(M "/f", O_RDWR | O_CREAT, 0644));

		SWEEP(pwrite(fd, "text", 4, at[i]), OK(ftruncate(fd, 0)));
		OK(close(fd));
		OK(unlink(M "/f"));
	}
}

TEST(read_and_look)
{
	struct stat st;
	char buf[100];
	int fd;

	put(M "/f", "some text");
	SWEEP(stat(M "/f", &st), {});
	SWEEP(({ fd = open(M "/f", O_RDONLY); long r = fd < 0 ? -1 : read(fd, buf, 100); int e = errno;
		 if (fd >= 0) close(fd); errno = e; r; }), {});
	OK(unlink(M "/f"));
}

TEST(truncate_to_the_middle)
{
	int fd = OK(open(M "/f", O_RDWR | O_CREAT, 0644));
	static char buf[8192];

	EQ(write(fd, buf, sizeof(buf)), sizeof(buf));
	SWEEP(ftruncate(fd, 5000), { OK(ftruncate(fd, 0)); EQ(pwrite(fd, buf, sizeof(buf), 0), sizeof(buf)); });
	OK(close(fd));
	OK(unlink(M "/f"));
}

TEST(fsync_the_file)
{
	int fd = OK(open(M "/f", O_RDWR | O_CREAT, 0644));

	EQ(write(fd, "x", 1), 1);
	SWEEP(pwrite(fd, "y", 1, 0) == 1 ? fsync(fd) : -1, {});
	OK(close(fd));
	OK(unlink(M "/f"));
}

static void set(const char *name, const char *words)
{
	int fd = open(name, O_WRONLY);

	if (fd < 0)
		return;
	EQ(write(fd, words, strlen(words)), strlen(words));
	OK(close(fd));
}

/*
 * A write that stops in the middle - into a hole, or at the end of the file, which then grows - shows nothing of what the
 * block held before.
 */
static void stop_copies(int in_a_hole, const char *where)
{
	static char old[65536], buf[65536];
	int fd = OK(open(M "/f", O_RDWR | O_CREAT, 0644));

	memset(old, 'o', sizeof(old));
	set(KINDS, "usercopy");
	set("/proc/sys/debug/fail_usercopy", where);
	set(FOR_GOOD, "1");		/* it does not come again, either */
	for (int n = 1; have_fail_nth() && n < 20; n++) {
		EQ(pwrite(fd, old, sizeof(old), 0), sizeof(old));
		OK(fsync(fd));
		OK(ftruncate(fd, 0));
		if (in_a_hole)
			OK(ftruncate(fd, sizeof(old)));
		arm(n);
		memset(buf, 'n', sizeof(buf));
		pwrite(fd, buf, sizeof(buf), 0);
		fail_never();
		drop_caches();
		OK(ftruncate(fd, sizeof(old)));
		drop_caches();
		EQ(pread(fd, buf, sizeof(buf), 0), sizeof(buf));
		for (unsigned int i = 0; i < sizeof(buf); i++)
			CHECK(buf[i] == 0 || buf[i] == 'n');
	}
	set(FOR_GOOD, "0");
	set("/proc/sys/debug/fail_usercopy", "first");
	set(KINDS, "slab page table stack");
	OK(close(fd));
	OK(unlink(M "/f"));
}

TEST_LIMIT(a_copy_that_stops_shows_nothing_old, 60)
{
	stop_copies(1, "first");
	stop_copies(1, "middle");
}

TEST_LIMIT(nor_does_one_that_stops_at_the_end_of_the_file, 60)
{
	stop_copies(0, "first");
	stop_copies(0, "middle");
}

TEST(mount_and_unmount)
{
	mkdir("/mnt3", 0755);
	OK(umount2(M, 0));
	for (int n = 1; have_fail_nth() && n < MOST; n++) {
		int r, failed;

		arm(n);
		r = mount(DISK, M, "ext2", 0, NULL);
		failed = !disarm();
		if (!r)
			OK(umount2(M, 0));
		if (!failed)
			break;
	}
	OK(mount(DISK, M, "ext2", 0, NULL));
}

static void memory_fails(void)
{
	set(KINDS, "slab page table stack");		/* not what the caller hands over */
}

int main(int argc, char **argv)
{
	return main_on_disk(argv, memory_fails, NULL);
}
