/*
 * tests/user/swapshm.c - shared memory that goes to swap: contents, /proc, and the calls that meet pages there
 */
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include "fail_nth.h"
#include "swap.h"

#define N	64
#define RW	(PROT_READ | PROT_WRITE)
#define DIR	"/tmp/swapshm"
#define FILE_	DIR "/file"

/* ---- pages with a number ---- */

static char *numbered(int pages)
{
	char *p = map_shared(pages);

	number(p, pages);
	return p;
}

/* Quire checks everything, slots against the entries of files too. */
static void verify(void)
{
	int fd = open("/proc/sys/vm/verify", O_WRONLY);

	if (fd >= 0) {
		EQ(write(fd, "1", 1), 1);
		close(fd);
	}
}

/* Until all pages have left: one may be busy for a moment. */
static void push_out(char *p, int pages)
{
	for (int i = 0; i < 1000 && smaps_kb(p, "Swap") != pages * 4; i++) {
		OK(madvise(p, pages * PAGE, MADV_PAGEOUT));
		sched_yield();
	}
	EQ(smaps_kb(p, "Swap"), pages * 4);
	EQ(smaps_kb(p, "Rss"), 0);
	verify();
}

/* A file of @pages numbered pages on a tmpfs, mapped, and all of it in swap. */
static char *tmpfs_file(int pages, int *fd)
{
	char *p;

	mkdir("/tmp", 0777);
	mkdir(DIR, 0777);
	OK(mount("none", DIR, "tmpfs", 0, "size=4m"));
	*fd = OK(open(FILE_, O_RDWR | O_CREAT, 0600));
	OK(ftruncate(*fd, pages * PAGE));
	p = mmap(NULL, pages * PAGE, RW, MAP_SHARED, *fd, 0);
	CHECK(p != MAP_FAILED);
	number(p, pages);
	swap_on();
	push_out(p, pages);
	return p;
}

/* And no more of all that. */
static void done(int fd)
{
	if (fd >= 0)
		close(fd);
	OK(umount2(DIR, 0));
	OK(swapoff(SWAP));
}

static long blocks(int fd)
{
	struct stat st;

	OK(fstat(fd, &st));
	return st.st_blocks;
}

static long free_blocks(void)
{
	struct statfs s;

	OK(statfs(DIR, &s));
	return s.f_bfree;
}

/* ---- there and back ---- */

TEST(shared_pages_go_and_come_back)
{
	char *p = numbered(N);
	long out = vmstat("pswpout");

	swap_on();
	push_out(p, N);
	CHECK(vmstat("pswpout") - out >= N);
	for (int i = 0; i < N; i++)
		EQ(pagemap(p + i * PAGE) >> 62, 0);	/* the file knows where they are, the process does not */
	EQ(smaps_kb(p, "SwapPss"), 0);
	EQ(smaps_kb(p, "Pss"), 0);
	EQ(number_in("/proc/self/status", "VmSwap"), 0);
	EQ(wrong(p, N), 0);
	EQ(smaps_kb(p, "Swap"), 0);
	EQ(smaps_kb(p, "Rss"), N * 4);
	OK(swapoff(SWAP));
	EQ(wrong(p, N), 0);
}

TEST(swapoff_brings_all_back)
{
	char *p = numbered(N);
	unsigned char vec[N];

	swap_on();
	push_out(p, N);
	OK(swapoff(SWAP));
	EQ(smaps_kb(p, "Swap"), 0);
	EQ(smaps_kb(p, "Rss"), 0);			/* in the file, not mapped */
	OK(mincore(p, N * PAGE, vec));
	for (int i = 0; i < N; i++)
		EQ(vec[i] & 1, 1);
	EQ(wrong(p, N), 0);
}

TEST(swapoff_finds_pages_that_nobody_maps)
{
	int fd = OK(syscall(__NR_memfd_create, "m", 0));
	char *p, text[32];

	OK(ftruncate(fd, N * PAGE));
	p = mmap(NULL, N * PAGE, RW, MAP_SHARED, fd, 0);
	number(p, N);
	swap_on();
	push_out(p, N);
	OK(munmap(p, N * PAGE));
	OK(swapoff(SWAP));
	for (int i = 0; i < N; i++) {
		char want[32];

		snprintf(want, sizeof(want), "page %d", i);
		EQ(pread(fd, text, sizeof(text), i * PAGE), sizeof(text));
		EQ(strcmp(text, want), 0);
	}
}

TEST(a_child_and_its_parent_share_a_page_in_swap)
{
	char *p = numbered(N);
	pid_t pid;

	swap_on();
	push_out(p, N);
	pid = OK(fork());
	if (!pid) {
		EQ(wrong(p, N), 0);
		for (int i = 0; i < N; i++)
			p[i * PAGE + 100] = 'c';
		_exit(0);
	}
	EXITS(pid, 0);
	EQ(wrong(p, N), 0);
	for (int i = 0; i < N; i++)
		EQ(p[i * PAGE + 100], 'c');
	OK(swapoff(SWAP));
}

TEST(what_others_map_too_stays)
{
	char *p = numbered(N);
	int fds[2];
	char c;
	pid_t pid;

	OK(pipe(fds));
	swap_on();
	pid = OK(fork());
	if (!pid) {
		EQ(wrong(p, N), 0);
		close(fds[1]);
		read(fds[0], &c, 1);
		_exit(0);
	}
	while (smaps_kb(p, "Shared_Dirty") != N * 4)
		sched_yield();
	OK(madvise(p, N * PAGE, MADV_PAGEOUT));
	EQ(smaps_kb(p, "Swap"), 0);
	EQ(smaps_kb(p, "Rss"), N * 4);
	close(fds[1]);
	EXITS(pid, 0);
	push_out(p, N);
	EQ(wrong(p, N), 0);
	OK(swapoff(SWAP));
}

TEST(a_private_mapping_of_a_file_in_swap_copies)
{
	int fd;
	char *p = tmpfs_file(N, &fd);
	char *q = mmap(NULL, N * PAGE, RW, MAP_PRIVATE, fd, 0);

	EQ(smaps_kb(q, "Swap"), N * 4);
	q[0] = 'Q';					/* a page of its own */
	EQ(smaps_kb(p, "Swap"), (N - 1) * 4);
	EQ(smaps_kb(q, "Swap"), (N - 1) * 4);
	EQ(p[0], 'p');
	EQ(wrong(p, N), 0);
	EQ(q[0], 'Q');
	munmap(p, N * PAGE);
	munmap(q, N * PAGE);
	done(fd);
}

TEST(the_disk_has_what_was_written_last)
{
	char *p = numbered(N);

	swap_on();
	for (int round = 1; round <= 5; round++) {
		push_out(p, N);
		for (int i = 0; i < N; i++) {
			EQ(p[i * PAGE + 100], (char)(round - 1));
			p[i * PAGE + 100] = round;
		}
	}
	push_out(p, N);
	OK(swapoff(SWAP));
	EQ(wrong(p, N), 0);
	for (int i = 0; i < N; i++)
		EQ(p[i * PAGE + 100], 5);
}

/* ---- the calls of files ---- */

TEST(read_and_write_meet_pages_in_swap)
{
	char buf[2 * PAGE], want[32];
	int fd;
	char *p = tmpfs_file(N, &fd);

	for (int i = 0; i < N; i += 4) {
		snprintf(want, sizeof(want), "page %d", i);
		EQ(pread(fd, buf, PAGE, i * PAGE), PAGE);
		EQ(strcmp(buf, want), 0);
	}
	EQ(pwrite(fd, "XY", 2, 5 * PAGE + PAGE - 1), 2);	/* the end of one and the start of the next */
	memset(buf, 'w', PAGE);
	EQ(pwrite(fd, buf, PAGE, 9 * PAGE), PAGE);		/* a whole page: what it was matters no more */
	EQ(strcmp(p + 5 * PAGE, "page 5"), 0);
	EQ(p[6 * PAGE - 1], 'X');
	EQ(p[6 * PAGE], 'Y');
	EQ(strcmp(p + 6 * PAGE + 1, "age 6"), 0);
	EQ(p[10 * PAGE - 1], 'w');
	p[6 * PAGE] = 'p';
	snprintf(p + 9 * PAGE, 32, "page 9");
	EQ(wrong(p, N), 0);
	munmap(p, N * PAGE);
	done(fd);
}

TEST(truncation_frees_what_is_in_swap)
{
	int fd;
	char *p = tmpfs_file(N, &fd);
	long room = free_blocks();

	EQ(blocks(fd), N * 8);
	OK(ftruncate(fd, N / 2 * PAGE + 3));
	EQ(blocks(fd), (N / 2 + 1) * 8);
	EQ(free_blocks(), room + N / 2 - 1);
	OK(ftruncate(fd, N * PAGE));
	EQ(wrong(p, N / 2), 0);
	EQ(memcmp(p + N / 2 * PAGE, "pag\0\0", 6), 0);
	EQ(p[(N - 1) * PAGE], 0);
	OK(ftruncate(fd, 0));
	EQ(blocks(fd), 0);
	munmap(p, N * PAGE);
	done(fd);
}

TEST(a_hole_is_punched_where_pages_are_in_swap)
{
	int fd;
	char *p = tmpfs_file(N, &fd);

	OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8 * PAGE + 2, 4 * PAGE));
	EQ(blocks(fd), (N - 3) * 8);
	EQ(memcmp(p + 8 * PAGE, "pa\0\0\0", 5), 0);
	for (int i = 9; i < 12; i++)
		EQ(p[i * PAGE], 0);
	EQ(memcmp(p + 12 * PAGE, "\0\0ge 12", 8), 0);
	EQ(strcmp(p + 13 * PAGE, "page 13"), 0);
	munmap(p, N * PAGE);
	done(fd);
}

TEST(madv_remove_frees_what_is_in_swap)
{
	int fd;
	char *p = tmpfs_file(N, &fd);

	OK(madvise(p + 8 * PAGE, 8 * PAGE, MADV_REMOVE));
	EQ(blocks(fd), (N - 8) * 8);
	EQ(smaps_kb(p, "Swap"), (N - 8) * 4);
	EQ(p[8 * PAGE], 0);
	EQ(wrong(p, 8), 0);
	munmap(p, N * PAGE);
	done(fd);
}

TEST(lseek_takes_what_is_in_swap_for_data)
{
	int fd;
	char *p = tmpfs_file(N, &fd);

	OK(ftruncate(fd, 2 * N * PAGE));
	EQ(lseek(fd, 0, SEEK_DATA), 0);
	EQ(lseek(fd, 0, SEEK_HOLE), N * PAGE);
	ERR(lseek(fd, N * PAGE, SEEK_DATA), ENXIO);
	EQ(lseek(fd, 5 * PAGE + 7, SEEK_DATA), 5 * PAGE + 7);
	OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4 * PAGE, 4 * PAGE));
	EQ(lseek(fd, 0, SEEK_HOLE), 4 * PAGE);
	EQ(lseek(fd, 4 * PAGE, SEEK_DATA), 8 * PAGE);
	munmap(p, N * PAGE);
	done(fd);
}

TEST(fallocate_keeps_what_is_in_swap)
{
	int fd;
	char *p = tmpfs_file(N, &fd);

	OK(fallocate(fd, 0, 0, 2 * N * PAGE));
	EQ(blocks(fd), 2 * N * 8);
	EQ(wrong(p, N), 0);
	munmap(p, N * PAGE);
	done(fd);
}

TEST(what_fallocate_made_goes_to_swap_as_zeroes)
{
	int fd = OK(syscall(__NR_memfd_create, "m", 0));
	char *p;

	OK(fallocate(fd, 0, 0, N * PAGE));
	p = mmap(NULL, N * PAGE, RW, MAP_SHARED, fd, 0);
	for (int i = 0; i < N; i++)
		EQ(p[i * PAGE], 0);
	swap_on();
	push_out(p, N);
	for (int i = 0; i < N; i++)
		EQ(p[i * PAGE + 17], 0);
	OK(swapoff(SWAP));
}

TEST(a_page_that_was_only_read_is_no_data)
{
	char *p = map_shared(N);

	for (int i = 0; i < N; i++)
		EQ(p[i * PAGE], 0);
	swap_on();
	for (int i = 0; i < 1000 && smaps_kb(p, "Rss"); i++)
		OK(madvise(p, N * PAGE, MADV_PAGEOUT));
	EQ(smaps_kb(p, "Rss"), 0);
	EQ(smaps_kb(p, "Swap"), 0);
	for (int i = 0; i < N; i++)
		EQ(p[i * PAGE], 0);
	OK(swapoff(SWAP));
}

TEST(unlink_and_umount_free_what_is_in_swap)
{
	int fd;
	char *p = tmpfs_file(N, &fd);
	long room = free_blocks();

	OK(unlink(FILE_));
	EQ(free_blocks(), room);
	close(fd);
	EQ(free_blocks(), room);
	EQ(strcmp(p + 7 * PAGE, "page 7"), 0);
	munmap(p, N * PAGE);
	EQ(free_blocks(), room + N);
	done(-1);
}

TEST(umount_takes_files_with_pages_in_swap)
{
	int fd;
	char *p = tmpfs_file(N, &fd);

	munmap(p, N * PAGE);
	close(fd);
	OK(umount2(DIR, 0));
	OK(swapoff(SWAP));
}

TEST(a_full_tmpfs_stays_full)
{
	int fd, fd2;
	char *p = tmpfs_file(N, &fd);
	static char buf[PAGE];
	long room = free_blocks();

	fd2 = OK(open(DIR "/other", O_RDWR | O_CREAT, 0600));
	for (long i = 0; i < room; i++)
		EQ(write(fd2, buf, PAGE), PAGE);
	ERR(write(fd2, buf, PAGE), ENOSPC);
	EQ(free_blocks(), 0);
	EQ(wrong(p, N), 0);			/* coming back needs no room */
	EQ(free_blocks(), 0);
	close(fd2);
	munmap(p, N * PAGE);
	done(fd);
}

/* ---- memfd, SysV, locks ---- */

#define F_ADD_SEALS_	1033
#define SEAL_WRITE	8

TEST(a_sealed_memfd_reads_from_swap)
{
	int fd = OK(syscall(__NR_memfd_create, "m", 2));	/* MFD_ALLOW_SEALING */
	char *p, text[16];

	OK(ftruncate(fd, N * PAGE));
	p = mmap(NULL, N * PAGE, RW, MAP_SHARED, fd, 0);
	number(p, N);
	swap_on();
	push_out(p, N);
	ERR(fcntl(fd, F_ADD_SEALS_, SEAL_WRITE), EBUSY);
	munmap(p, N * PAGE);
	OK(fcntl(fd, F_ADD_SEALS_, SEAL_WRITE));
	ERR(pwrite(fd, "x", 1, 0), EPERM);
	ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), EPERM);
	EQ(pread(fd, text, 16, 3 * PAGE), 16);
	EQ(strcmp(text, "page 3"), 0);
	OK(swapoff(SWAP));
	EQ(pread(fd, text, 16, 60 * PAGE), 16);
	EQ(strcmp(text, "page 60"), 0);
}

/* The word of the segment's line in /proc/sysvipc/shm: 14 rss, 15 swap. */
static long sysvipc(int id, int word)
{
	const char *line = file_text("/proc/sysvipc/shm");

	while ((line = strchr(line, '\n')) && *++line) {
		char *end = (char *)line;
		long value = 0;

		strtol(end, &end, 10);
		if (strtol(end, NULL, 10) != id)
			continue;
		end = (char *)line;
		for (int i = 0; i <= word; i++)
			value = strtol(end, &end, 10);
		return value;
	}
	return -1;
}

TEST(a_segment_goes_to_swap_and_shmctl_says_so)
{
	int id = OK(shmget(IPC_PRIVATE, N * PAGE, IPC_CREAT | 0600));
	char *p = (char *)OK(shmat(id, NULL, 0));
	struct shm_info info;

	number(p, N);
	OK(shmctl(id, SHM_INFO, (void *)&info));
	EQ(info.shm_rss, N);
	EQ(info.shm_swp, 0);
	swap_on();
	push_out(p, N);
	OK(shmctl(id, SHM_INFO, (void *)&info));
	EQ(info.shm_rss, 0);
	EQ(info.shm_swp, N);
	EQ(info.shm_tot, N);
	EQ(sysvipc(id, 14), 0);
	EQ(sysvipc(id, 15), N * PAGE);
	EQ(wrong(p, N), 0);
	EQ(sysvipc(id, 14), N * PAGE);
	EQ(sysvipc(id, 15), 0);
	push_out(p, N);
	OK(shmdt(p));
	OK(shmctl(id, IPC_RMID, NULL));
	OK(swapoff(SWAP));
}

TEST(a_locked_segment_stays)
{
	int id = OK(shmget(IPC_PRIVATE, N * PAGE, IPC_CREAT | 0600));
	char *p = (char *)OK(shmat(id, NULL, 0));

	number(p, N);
	swap_on();
	OK(shmctl(id, SHM_LOCK, NULL));
	OK(madvise(p, N * PAGE, MADV_PAGEOUT));
	EQ(smaps_kb(p, "Swap"), 0);
	EQ(wrong(p, N), 0);
	OK(shmctl(id, SHM_UNLOCK, NULL));
	push_out(p, N);
	OK(shmctl(id, SHM_LOCK, NULL));
	EQ(smaps_kb(p, "Swap"), N * 4);			/* locking brings nothing back */
	EQ(wrong(p, N), 0);
	OK(madvise(p, N * PAGE, MADV_PAGEOUT));
	EQ(smaps_kb(p, "Swap"), 0);
	OK(shmdt(p));
	OK(shmctl(id, IPC_RMID, NULL));
	OK(swapoff(SWAP));
}

TEST(mlock_brings_shared_pages_back)
{
	char *p = numbered(N);

	swap_on();
	push_out(p, N);
	OK(mlock(p, N * PAGE));
	EQ(smaps_kb(p, "Swap"), 0);
	EQ(smaps_kb(p, "Locked"), N * 4);
	ERR(madvise(p, N * PAGE, MADV_PAGEOUT), EINVAL);
	EQ(wrong(p, N), 0);
	OK(munlock(p, N * PAGE));
	push_out(p, N);
	OK(swapoff(SWAP));
	EQ(wrong(p, N), 0);
}

/* ---- advice ---- */

TEST(willneed_reads_into_the_swap_cache)
{
	unsigned char vec[N];
	char *p = numbered(N);
	long faults;
	int in;

	swap_on();
	push_out(p, N);
	OK(madvise(p, N * PAGE, MADV_WILLNEED));
	for (int i = 0; i < 100000; i++) {
		OK(mincore(p, N * PAGE, vec));
		in = 0;
		for (int j = 0; j < N; j++)
			in += vec[j] & 1;
		if (in == N)
			break;
		sched_yield();
	}
	EQ(in, N);
	EQ(smaps_kb(p, "Swap"), N * 4);			/* they still have their slots */
	faults = vmstat("pgmajfault");
	EQ(wrong(p, N), 0);
	EQ(vmstat("pgmajfault"), faults);
	OK(swapoff(SWAP));
}

TEST(dontneed_leaves_shared_pages_in_swap)
{
	char *p = numbered(N);

	swap_on();
	push_out(p, N);
	OK(madvise(p, N * PAGE, MADV_DONTNEED));
	EQ(smaps_kb(p, "Swap"), N * 4);
	EQ(wrong(p, N), 0);
	OK(swapoff(SWAP));
}

TEST(an_area_moves_and_is_cut_while_its_pages_are_in_swap)
{
	char *p = numbered(N), *q;

	swap_on();
	push_out(p, N);
	q = mmap(NULL, 2 * N * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EQ(mremap(p, N * PAGE, N * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q), q);
	EQ(smaps_kb(q, "Swap"), N * 4);
	OK(munmap(q, 8 * PAGE));
	EQ(smaps_kb(q + 8 * PAGE, "Swap"), (N - 8) * 4);
	EQ(strcmp(q + 8 * PAGE, "page 8"), 0);
	EQ(strcmp(q + 63 * PAGE, "page 63"), 0);
	OK(swapoff(SWAP));
}

TEST(shmem_of_meminfo_counts_what_is_in_memory)
{
	enum { MANY = 1024 };			/* Linux's counters lag behind by some pages */
	char *p = numbered(MANY);
	long before = number_in("/proc/meminfo", "Shmem"), committed = number_in("/proc/meminfo", "Committed_AS");

	swap_on();
	push_out(p, MANY);
	CHECK(before - number_in("/proc/meminfo", "Shmem") >= MANY * 4 - 1024);
	CHECK(number_in("/proc/meminfo", "Committed_AS") >= committed - 1024);
	EQ(wrong(p, MANY), 0);
	CHECK(number_in("/proc/meminfo", "Shmem") >= before - 1024);
	OK(swapoff(SWAP));
}

TEST(swapoff_with_no_room_to_commit_changes_nothing)
{
	char *p = numbered(N);

	swap_on();
	push_out(p, N);
	put_text("/proc/sys/vm/overcommit_memory", "2\n");
	put_text("/proc/sys/vm/overcommit_ratio", "0\n");
	ERR(swapoff(SWAP), ENOMEM);
	put_text("/proc/sys/vm/overcommit_ratio", "50\n");
	put_text("/proc/sys/vm/overcommit_memory", "0\n");
	EQ(area_kb(), (PAGES - 1) * 4);
	EQ(smaps_kb(p, "Swap"), N * 4);
	OK(swapoff(SWAP));
	EQ(wrong(p, N), 0);
}

/* ---- out of memory ---- */

enum { FEW = 16 };

static struct {
	int fd;
	char *p, buf[PAGE];
} o;

static long do_read(void) { return pread(o.fd, o.buf, 32, 3 * PAGE); }
static long do_write(void) { return pwrite(o.fd, "p", 1, 3 * PAGE); }
static long do_populate(void) { return madvise(o.p, FEW * PAGE, 22); }	/* MADV_POPULATE_READ */
static long do_mlock(void) { return mlock(o.p, FEW * PAGE) ?: munlock(o.p, FEW * PAGE); }
static long do_allocate(void) { return fallocate(o.fd, 0, 0, FEW * PAGE); }
static long do_willneed(void) { return madvise(o.p, FEW * PAGE, MADV_WILLNEED); }
static long do_punch(void)
{
	return fallocate(o.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 3 * PAGE + 100, 200);
}
static long do_truncate(void) { return ftruncate(o.fd, FEW * PAGE - 100); }
static long do_swapoff(void) { return swapoff(SWAP); }
static long do_pageout(void)
{
	EQ(wrong(o.p, FEW), 0);
	return madvise(o.p, FEW * PAGE, MADV_PAGEOUT);
}

/* Each allocation of @call fails once: ENOMEM, or it did without; the contents stay, and so does their size. */
static void sweep(const char *name, long (*call)(void))
{
	for (int n = 1, failed = 1; failed; n++) {
		long r, err;

		if (n == 200)
			FAIL("%s: never without a failure", name);
		OK(ftruncate(o.fd, FEW * PAGE));
		if (area_kb() < 0)
			OK(swapon(SWAP, 0));
		push_out(o.p, FEW);
		arm(n);
		r = call();
		err = errno;
		failed = !disarm();
		if (r < 0 && err != ENOMEM && err != EAGAIN && err != EFAULT)
			FAIL("%s at allocation %d: %s", name, n, strerrorname(err));
		if (r < 0 && !failed)
			FAIL("%s without a failure: %s", name, strerrorname(err));
		EQ(blocks(o.fd), FEW * 8);
		verify();
		EQ(wrong(o.p, FEW), 0);
		EQ(o.p[FEW * PAGE - 101], 0);
	}
}

TEST_LIMIT(memory_ends_while_pages_come_back, 120)
{
	if (!have_fail_nth())
		return;
	o.fd = OK(syscall(__NR_memfd_create, "m", 0));
	OK(ftruncate(o.fd, FEW * PAGE));
	o.p = mmap(NULL, FEW * PAGE, RW, MAP_SHARED, o.fd, 0);
	number(o.p, FEW);
	swap_on();
	sweep("read", do_read);
	sweep("write", do_write);
	sweep("populate", do_populate);
	sweep("mlock", do_mlock);
	sweep("fallocate", do_allocate);
	sweep("willneed", do_willneed);
	sweep("punch", do_punch);
	sweep("truncate", do_truncate);
	sweep("pageout", do_pageout);
	sweep("swapoff", do_swapoff);
	swapoff(SWAP);
	EQ(wrong(o.p, FEW), 0);
}
