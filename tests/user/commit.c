/*
 * tests/user/commit.c - how much memory has been promised, and when the kernel says no
 *
 * Each case looks at Committed_AS before and after: nobody else runs meanwhile.
 */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include "proc.h"

#define RW	(PROT_READ | PROT_WRITE)
#define VM	"/proc/sys/vm/"

/* A line of /proc/meminfo, in pages. */
static long meminfo(const char *name)
{
	return meminfo_kb(name) / 4;
}

static long committed(void)
{
	return meminfo("Committed_AS");
}

/* The action promises so many pages more (or, negative, fewer). */
#define CHARGES(pages, action) do {						\
	long before_ = committed();						\
	action;									\
	EQ(committed() - before_, pages);					\
} while (0)

static int set(const char *name, const char *text)
{
	int fd = OK(open(name, O_WRONLY)), n = write(fd, text, strlen(text)), e = errno;

	close(fd);
	errno = e;
	return n;
}

static int set_number(const char *name, long n)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", n);
	return set(name, text);
}

static long get(const char *name)
{
	char buf[64] = "";
	int fd = OK(open(name, O_RDONLY));

	OK(read(fd, buf, sizeof(buf) - 1));
	close(fd);
	return strtol(buf, NULL, 10);
}

static void mode(int n)
{
	OK(set_number(VM "overcommit_memory", n));
}

static char *map(size_t pages, int prot, int flags)
{
	return mmap(NULL, pages * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);
}

static long total_pages(void)
{
	struct sysinfo info;

	OK(sysinfo(&info));
	return info.totalram / PAGE;
}

/* Does VmFlags of the area at p name this flag? */
static int has_flag(const void *p, const char *flag)
{
	static char line[512];
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, end;
	int here = 0, found = -1;

	CHECK(f);
	while (found < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (unsigned long)p >= start && (unsigned long)p < end;
		else if (here && !strncmp(line, "VmFlags:", 8))
			found = strstr(line, flag) != NULL;
	}
	fclose(f);
	return found;
}

TEST(private_writable_memory_is_charged_when_mapped)
{
	char *p;

	committed();
	CHARGES(100, p = map(100, RW, MAP_PRIVATE));
	CHECK(has_flag(p, " ac"));
	CHARGES(0, memset(p, 1, 100 * PAGE));
	CHARGES(-30, munmap(p, 30 * PAGE));
	CHARGES(-10, munmap(p + 50 * PAGE, 10 * PAGE));
	CHARGES(0, mprotect(p + 60 * PAGE, 20 * PAGE, PROT_READ));
	CHARGES(0, madvise(p + 60 * PAGE, 40 * PAGE, MADV_DONTNEED));
	CHARGES(-60, munmap(p + 30 * PAGE, 70 * PAGE));
}

TEST(what_cannot_be_written_is_not_charged)
{
	int fd = OK(open("/proc/self/exe", O_RDONLY));
	char *p, *q;

	committed();
	CHARGES(0, p = map(100, PROT_READ, MAP_PRIVATE));
	CHARGES(0, map(100, PROT_NONE, MAP_PRIVATE));
	CHARGES(0, q = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	CHARGES(4, mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0));
	CHECK(!has_flag(p, " ac"));
	CHARGES(10, mprotect(p + 10 * PAGE, 10 * PAGE, RW));
	CHECK(has_flag(p + 10 * PAGE, " ac"));
	CHECK(!has_flag(p, " ac"));
	CHARGES(0, mprotect(p + 10 * PAGE, 10 * PAGE, PROT_READ));	/* charged once, for good */
	CHECK(has_flag(p + 10 * PAGE, " ac"));
	CHARGES(0, mprotect(p + 10 * PAGE, 10 * PAGE, RW));
	CHARGES(2, mprotect(q, 2 * PAGE, RW));
	CHARGES(-10, munmap(p, 100 * PAGE));
}

TEST(charged_and_uncharged_neighbours_do_not_merge)
{
	char *p = lonely(4);

	map_at(p, 4, PROT_READ, MAP_FIXED);
	OK(mprotect(p, 2 * PAGE, RW));
	OK(mprotect(p, 2 * PAGE, PROT_READ));
	STREQ(areas(p, 4), "0+2 r--p, 2+2 r--p");
	OK(munmap(p, 4 * PAGE));
	map_at(p, 2, RW, MAP_FIXED);
	map_at(p + 2 * PAGE, 2, RW, MAP_FIXED | MAP_NORESERVE);
	STREQ(areas(p, 4), "0+2 rw-p, 2+2 rw-p");
	CHECK(has_flag(p, " ac") && !has_flag(p, " nr"));
	CHECK(!has_flag(p + 2 * PAGE, " ac") && has_flag(p + 2 * PAGE, " nr"));
}

TEST(noreserve_is_never_charged)
{
	char *p;

	committed();
	CHARGES(0, p = map(100, RW, MAP_PRIVATE | MAP_NORESERVE));
	CHARGES(0, mprotect(p, 50 * PAGE, PROT_READ));
	CHARGES(0, mprotect(p, 50 * PAGE, RW));
	CHARGES(0, memset(p, 1, 10 * PAGE));
	CHARGES(0, munmap(p, 100 * PAGE));
}

TEST(remapping_charges_the_growth)
{
	char *p = map(10, RW, MAP_PRIVATE), *q;

	committed();
	CHARGES(20, p = mremap(p, 10 * PAGE, 30 * PAGE, MREMAP_MAYMOVE));
	CHARGES(-5, p = mremap(p, 30 * PAGE, 25 * PAGE, 0));
	q = lonely(40);
	CHARGES(15, p = mremap(p, 25 * PAGE, 40 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q));
	EQ(p, q);
	CHARGES(40, q = mremap(p, 40 * PAGE, 40 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
	CHARGES(-80, (munmap(p, 40 * PAGE), munmap(q, 40 * PAGE)));
}

TEST(heap_is_charged)
{
	char *now;

	committed();					/* what stdio needs comes first */
	now = sbrk(0);
	CHARGES(16, OK(brk(now + 16 * PAGE)));
	CHARGES(-6, OK(brk(now + 10 * PAGE)));
	CHARGES(-10, OK(brk(now)));
}

TEST(fork_doubles_and_exit_gives_back)
{
	long mine, before, after;
	int up[2], down[2];
	char c;
	pid_t child;

	map(50, RW, MAP_PRIVATE);
	map(70, RW, MAP_SHARED);
	map(90, RW, MAP_PRIVATE | MAP_NORESERVE);
	OK(pipe(up));
	OK(pipe(down));
	committed();
	before = committed();
	child = CHILD({ OK(write(up[1], "x", 1)); OK(read(down[0], &c, 1)); });
	OK(read(up[0], &c, 1));
	mine = committed() - before;
	OK(write(down[1], "x", 1));
	EXITS(child, 0);
	EQ(committed(), before);
	OK(munmap(map(1, RW, MAP_PRIVATE), PAGE));
	map(33, RW, MAP_PRIVATE);
	after = committed();
	EQ(after, before + 33);
	child = CHILD({ OK(write(up[1], "x", 1)); OK(read(down[0], &c, 1)); });
	OK(read(up[0], &c, 1));
	EQ(committed() - after, mine + 33);
	OK(write(down[1], "x", 1));
	EXITS(child, 0);
	EQ(committed(), after);
}

TEST(shared_memory_is_charged_at_its_creation)
{
	char *p;
	int id;

	committed();
	CHARGES(100, p = map(100, RW, MAP_SHARED));
	CHECK(!has_flag(p, " ac"));
	CHARGES(0, memset(p, 1, 50 * PAGE));
	CHARGES(0, munmap(p, 60 * PAGE));		/* the object is still whole */
	CHARGES(-100, munmap(p + 60 * PAGE, 40 * PAGE));
	CHARGES(20, map(20, PROT_READ, MAP_SHARED));
	CHARGES(11, id = OK(shmget(IPC_PRIVATE, 10 * PAGE + 1, 0600)));
	CHARGES(0, p = (char *)OK(shmat(id, NULL, 0)));
	CHARGES(0, p[0] = 1);
	CHARGES(0, OK(shmctl(id, IPC_RMID, NULL)));
	CHARGES(-11, OK(shmdt(p)));
}

TEST(shared_noreserve_is_charged_page_by_page)
{
	volatile char *p;
	int id;

	committed();
	CHARGES(0, p = map(100, RW, MAP_SHARED | MAP_NORESERVE));
	CHECK(has_flag((char *)p, " nr"));
	CHARGES(1, p[0] = 1);
	CHARGES(1, p[50 * PAGE] = 1);
	CHARGES(1, (void)p[70 * PAGE]);			/* a read makes the page too */
	CHARGES(0, (void)p[70 * PAGE]);
	CHARGES(-1, OK(madvise((char *)p, PAGE, MADV_REMOVE)));
	CHARGES(-2, OK(munmap((char *)p, 100 * PAGE)));
	CHARGES(0, id = OK(shmget(IPC_PRIVATE, 100 * PAGE, SHM_NORESERVE | 0600)));
	CHARGES(0, p = (char *)OK(shmat(id, NULL, 0)));
	CHARGES(1, p[0] = 1);
	OK(shmctl(id, IPC_RMID, NULL));
	CHARGES(-1, OK(shmdt((char *)p)));
}

TEST(files_in_memory_are_charged_page_by_page)
{
	static char buf[4 * PAGE];
	volatile char *p;
	int fd;

	committed();
	CHARGES(0, fd = OK(memfd_create("x", 0)));
	CHARGES(0, OK(ftruncate(fd, 100 * PAGE)));
	CHARGES(4, OK(pwrite(fd, buf, 4 * PAGE, 0)));
	CHARGES(0, OK(pwrite(fd, buf, 4 * PAGE, 0)));
	CHARGES(0, OK(pread(fd, buf, 4 * PAGE, 50 * PAGE)));
	CHARGES(6, OK(fallocate(fd, 0, 0, 10 * PAGE)));
	CHARGES(-2, OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, 2 * PAGE)));
	CHARGES(0, p = mmap(NULL, 100 * PAGE, RW, MAP_SHARED, fd, 0));
	CHARGES(1, p[60 * PAGE] = 1);
	CHARGES(-8, OK(ftruncate(fd, PAGE)));
	CHARGES(100, p = mmap(NULL, 100 * PAGE, RW, MAP_PRIVATE, fd, 0));
	CHARGES(0, p[0] = 1);
	CHARGES(-100, OK(munmap((char *)p, 100 * PAGE)));

	mkdir("/commit_t", 0755);
	OK(mount("t", "/commit_t", "tmpfs", 0, NULL));
	CHARGES(4, {
		fd = OK(open("/commit_t/f", O_RDWR | O_CREAT, 0600));
		OK(write(fd, buf, 4 * PAGE));
	});
	CHARGES(0, OK(unlink("/commit_t/f")));
	CHARGES(-4, OK(close(fd)));
	OK(umount2("/commit_t", 0));
	rmdir("/commit_t");
}

TEST(mode_0_refuses_what_can_never_fit)
{
	size_t total = total_pages();
	char *p;

	mode(0);
	p = map(total + 1, RW, MAP_PRIVATE);
	CHECK(p == MAP_FAILED && errno == ENOMEM);
	p = map(total + 1, RW, MAP_SHARED);
	CHECK(p == MAP_FAILED && errno == ENOMEM);
	ERR(shmget(IPC_PRIVATE, (total + 1) * PAGE, 0600), ENOMEM);
	p = map(total, RW, MAP_PRIVATE);
	CHECK(p != MAP_FAILED);
	CHECK(map(total, RW, MAP_PRIVATE) != MAP_FAILED);	/* each request stands alone */
	CHECK(mremap(p, total * PAGE, (2 * total + 1) * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	EQ(errno, ENOMEM);
	p = map(total + 1, PROT_READ, MAP_PRIVATE);
	CHECK(p != MAP_FAILED);
	ERR(mprotect(p, (total + 1) * PAGE, RW), ENOMEM);
	OK(mprotect(p, total * PAGE, RW));
}

TEST(far_more_than_memory_can_be_mapped_and_used_in_places)
{
	size_t huge = 1UL << 28;			/* pages: a tebibyte */
	char *p;

	committed();
	for (int m = 0; m < 2; m++) {
		mode(m);
		for (int i = 0; i < 2; i++) {
			int flags = (i ? MAP_SHARED : MAP_PRIVATE) | (m ? 0 : MAP_NORESERVE);

			p = map(huge, RW, flags);
			CHECK(p != MAP_FAILED);
			p[0] = 1;
			p[(huge - 1) * PAGE] = 2;
			p[huge / 3 * PAGE] = 3;
			EQ(p[0] + p[(huge - 1) * PAGE] + p[huge / 3 * PAGE], 6);
			OK(munmap(p, huge * PAGE));
		}
	}
	mode(0);
}

TEST(limit_follows_ratio_and_kbytes)
{
	long total = meminfo("MemTotal"), ratio = get(VM "overcommit_ratio");

	EQ(ratio, 50);
	EQ(get(VM "overcommit_kbytes"), 0);
	EQ(meminfo("CommitLimit"), total * 50 / 100);
	OK(set(VM "overcommit_ratio", "80\n"));
	EQ(meminfo("CommitLimit"), total * 80 / 100);
	OK(set(VM "overcommit_kbytes", "40000"));
	EQ(meminfo("CommitLimit"), 10000);
	EQ(get(VM "overcommit_ratio"), 0);
	OK(set(VM "overcommit_ratio", "50"));
	EQ(get(VM "overcommit_kbytes"), 0);
	EQ(meminfo("CommitLimit"), total * 50 / 100);
}

TEST(settings_at_the_rims)
{
	ERR(set(VM "overcommit_memory", "3"), EINVAL);
	ERR(set(VM "overcommit_memory", "-1"), EINVAL);
	ERR(set(VM "overcommit_memory", "x"), EINVAL);
	EQ(get(VM "overcommit_memory"), 0);
	ERR(set(VM "overcommit_kbytes", "x"), EINVAL);
	OK(set(VM "overcommit_ratio", "50"));
	EXITS(CHILD({
		OK(setuid(1000));
		ERR(open(VM "overcommit_memory", O_WRONLY), EACCES);
		EQ(get(VM "overcommit_memory"), 0);
	}), 0);
	CMP(get(VM "user_reserve_kbytes"), >, 8192);
	EQ(get(VM "admin_reserve_kbytes"), 8192);
}

/* How many pages can be had at once, to the page. */
static long can_have(void)
{
	long low = 0, high = total_pages();

	while (low < high) {
		long middle = (low + high + 1) / 2;
		char *p = map(middle, RW, MAP_PRIVATE);

		if (p == MAP_FAILED) {
			EQ(errno, ENOMEM);
			high = middle - 1;
		} else {
			OK(munmap(p, middle * PAGE));
			low = middle;
		}
	}
	return low;
}

/* A program run twice finds what the first run found. */
static void put_back_user_reserve(long kbytes)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", kbytes);
	OK(set(VM "user_reserve_kbytes", text));
}

TEST(mode_2_keeps_to_the_limit)
{
	long limit = meminfo("CommitLimit"), user = get(VM "user_reserve_kbytes"), free;
	static long n;
	volatile char *p;
	int fd;

	OK(set(VM "user_reserve_kbytes", "0"));
	mode(2);
	committed();
	free = limit - committed();
	EQ(can_have(), free - 1);			/* the sum must stay below */
	CHARGES(40, map(40, RW, MAP_PRIVATE | MAP_NORESERVE));	/* no longer heard */
	CHARGES(40, map(40, RW, MAP_SHARED | MAP_NORESERVE));
	CHARGES(40, OK(shmctl(OK(shmget(IPC_PRIVATE, 40 * PAGE, SHM_NORESERVE | 0600)), IPC_STAT,
			      (char[sizeof(struct shmid_ds)]){ 0 })));
	free -= 120;
	EQ(can_have(), free - 1);

	/* All but two pages are taken.  Linux sees small charges only in batches: up to 4000. */
	OK(fd = memfd_create("x", 0));
	OK(ftruncate(fd, 8000 * PAGE));
	p = mmap(NULL, 8000 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(map(free - 2, RW, MAP_PRIVATE) != MAP_FAILED);
	for (n = 0; n < 8000 && !FAULTS(poke(p + n * PAGE, 1)); n++)
		;
	CMP(n, >, 0);
	CMP(n, <, 4000);
	SIGBUS_AT(poke(p + n * PAGE, 1), p + n * PAGE);
	ERR(pwrite(fd, "x", 1, n * PAGE), ENOSPC);
	ERR(fallocate(fd, 0, n * PAGE, PAGE), ENOSPC);
	EQ(p[0], 1);
	CHECK(map(1, RW, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
	CHECK(map(1, RW, MAP_SHARED) == MAP_FAILED && errno == ENOMEM);
	ERR(shmget(IPC_PRIVATE, PAGE, 0600), ENOMEM);
	CHECK(fork() < 0);
	EQ(errno, ENOMEM);
	CHECK(map(100, PROT_READ, MAP_PRIVATE) != MAP_FAILED);
	mode(0);
	put_back_user_reserve(user);
}

TEST(mode_2_keeps_something_for_root_and_for_the_user)
{
	long limit = meminfo("CommitLimit"), admin = get(VM "admin_reserve_kbytes") / 4;
	long user = get(VM "user_reserve_kbytes");
	int fds[2];

	OK(set(VM "user_reserve_kbytes", "0"));
	OK(pipe(fds));
	mode(2);
	EXITS(CHILD({
		OK(setuid(1000));
		committed();
		EQ(can_have(), limit - committed() - admin - 1);
	}), 0);
	OK(set(VM "admin_reserve_kbytes", "400"));
	EXITS(CHILD({
		OK(setuid(1000));
		committed();
		EQ(can_have(), limit - committed() - 100 - 1);
	}), 0);
	OK(set(VM "admin_reserve_kbytes", "8192"));
	/* a 32nd of the process, at most the reserve: a big mapping makes it the reserve */
	OK(set(VM "user_reserve_kbytes", "40"));
	CHECK(map(1000, PROT_NONE, MAP_PRIVATE) != MAP_FAILED);
	committed();
	EQ(can_have(), limit - committed() - 10 - 1);
	mode(0);
	put_back_user_reserve(user);
}
