/*
 * tests/user/pagemap.c - /proc/PID/pagemap, /proc/kpagecount, /proc/kpageflags
 */
#include "proc.h"

#define PM_SOFT_DIRTY	(1UL << 55)
#define PM_EXCLUSIVE	(1UL << 56)
#define PM_FILE		(1UL << 61)
#define PM_SWAP		(1UL << 62)
#define PM_PRESENT	(1UL << 63)
#define PM_PFN		((1UL << 55) - 1)

#define KPF_UPTODATE	(1UL << 3)
#define KPF_SLAB	(1UL << 7)
#define KPF_BUDDY	(1UL << 10)
#define KPF_MMAP	(1UL << 11)
#define KPF_ANON	(1UL << 12)
#define KPF_SWAPBACKED	(1UL << 14)
#define KPF_NOPAGE	(1UL << 20)
#define KPF_ZERO_PAGE	(1UL << 24)
#define KPF_PGTABLE	(1UL << 26)
#define KPF_RESERVED	(1UL << 32)

static unsigned long kpage(const char *file, unsigned long pfn)
{
	unsigned long word = 0;
	int fd = OK(open(file, O_RDONLY));

	EQ(pread(fd, &word, 8, pfn * 8), 8);
	close(fd);
	return word;
}

static unsigned long count_of(const void *p)
{
	return kpage("/proc/kpagecount", pagemap(p) & PM_PFN);
}

static unsigned long flags_of(const void *p)
{
	return kpage("/proc/kpageflags", pagemap(p) & PM_PFN);
}

/* The bits above the frame number. */
static unsigned long bits(const void *p)
{
	return pagemap(p) & ~PM_PFN;
}

TEST(a_private_page_is_present_and_exclusive)
{
	char *p = map_pages(2);

	EQ(bits(p), PM_SOFT_DIRTY);
	EQ(pagemap(p) & PM_PFN, 0);
	poke(p, 1);
	EQ(bits(p), PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
	CHECK(pagemap(p) & PM_PFN);
	EQ(count_of(p), 1);
	EQ(flags_of(p) & (KPF_MMAP | KPF_ANON | KPF_SWAPBACKED | KPF_SLAB | KPF_BUDDY),
	   KPF_MMAP | KPF_ANON | KPF_SWAPBACKED);
	OK(madvise(p, PAGE, MADV_DONTNEED));
	EQ(pagemap(p), PM_SOFT_DIRTY);
}

TEST(the_zero_page_belongs_to_nobody)
{
	char *p = map_pages(2);

	EQ(peek(p) + peek(p + PAGE), 0);
	EQ(bits(p), PM_PRESENT | PM_SOFT_DIRTY);
	EQ(pagemap(p), pagemap(p + PAGE));
	CHECK(flags_of(p) & KPF_ZERO_PAGE);
	EQ(count_of(p), 0);
	EQ(flags_of(p) & (KPF_MMAP | KPF_ANON), 0);
}

TEST(after_fork_both_name_one_frame)
{
	char *p = map_pages(1);
	unsigned long pfn;
	pid_t pid;

	poke(p, 1);
	pfn = pagemap(p) & PM_PFN;
	pid = CHILD({
		EQ(bits(p), PM_PRESENT | PM_SOFT_DIRTY);
		EQ(pagemap(p) & PM_PFN, pfn);
		EQ(count_of(p), 2);
		poke(p, 2);
		EQ(bits(p), PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
		CHECK((pagemap(p) & PM_PFN) != pfn);
		EQ(count_of(p), 1);
	});
	EXITS(pid, 0);
	EQ(pagemap(p) & PM_PFN, pfn);
	EQ(bits(p), PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
	EQ(count_of(p), 1);
}

TEST(shared_memory_is_a_file_page)
{
	char *p = map_shared(2);
	pid_t pid;

	poke(p, 1);
	EQ(bits(p), PM_PRESENT | PM_FILE | PM_EXCLUSIVE | PM_SOFT_DIRTY);
	EQ(flags_of(p) & (KPF_MMAP | KPF_ANON | KPF_SWAPBACKED), KPF_MMAP | KPF_SWAPBACKED);
	CHECK(flags_of(p) & KPF_UPTODATE);
	EQ(bits(p + PAGE), PM_SOFT_DIRTY);
	pid = CHILD({
		EQ(peek(p), 1);
		EQ(bits(p), PM_PRESENT | PM_FILE | PM_SOFT_DIRTY);
		EQ(count_of(p), 2);
	});
	EXITS(pid, 0);
	EQ(count_of(p), 1);
}

TEST(a_private_copy_of_a_file_page_is_no_file_page)
{
	int fd = OK(open("/tmp/pagemap", O_RDWR | O_CREAT | O_TRUNC, 0600));
	char *p;

	OK(unlink("/tmp/pagemap"));
	OK(ftruncate(fd, 2 * PAGE));
	EQ(pwrite(fd, "a", 1, 0), 1);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	EQ(peek(p), 'a');
	EQ(bits(p), PM_PRESENT | PM_FILE | PM_EXCLUSIVE | PM_SOFT_DIRTY);
	poke(p, 'b');
	EQ(bits(p), PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
}

TEST(prot_none_keeps_the_page)
{
	char *p = map_pages(1);
	unsigned long word;

	poke(p, 1);
	word = pagemap(p);
	OK(mprotect(p, PAGE, PROT_NONE));
	EQ(pagemap(p), word);
}

TEST(reads_are_whole_words_up_to_the_end_of_user_space)
{
	unsigned long words[16], kernel = 0xffff800000000000UL / PAGE * 8;
	int fd = OK(open("/proc/self/pagemap", O_RDONLY));
	char *p = lonely(8);

	ERR(pread(fd, words, 7, 0), EINVAL);
	ERR(pread(fd, words, 8, 4), EINVAL);
	EQ(pread(fd, words, 0, 0), 0);
	EQ(pread(fd, words, 128, kernel), 0);
	EQ(pread(fd, words, 128, 1UL << 62), 0);
	EQ(pread(fd, words, 8, 0), 8);
	EQ(words[0], 0);
	ERR(pread(fd, words, 8, -8), EINVAL);
	ERR(pread(fd, (void *)1, 8, 0), EFAULT);
	ERR(write(fd, words, 8), EBADF);
	map_at(p + 2 * PAGE, 2, PROT_READ | PROT_WRITE, MAP_FIXED);
	poke(p + 3 * PAGE, 1);
	EQ(pread(fd, words, 6 * 8, (long)p / PAGE * 8), 48);
	EQ(words[0] | words[1] | words[4] | words[5], 0);
	EQ(words[2], PM_SOFT_DIRTY);
	CHECK(words[3] & PM_PRESENT);
}

TEST(a_long_read_equals_single_ones)
{
	unsigned long words[300];
	int fd = OK(open("/proc/self/pagemap", O_RDONLY));
	char *p = map_pages(300);

	for (int i = 0; i < 300; i += 7)
		poke(p + i * PAGE, 1);
	EQ(pread(fd, words, sizeof(words), (long)p / PAGE * 8), sizeof(words));
	for (int i = 0; i < 300; i++) {
		EQ(words[i], pagemap(p + i * PAGE));
		EQ(words[i] >> 63, i % 7 == 0);
	}
}

TEST(frame_numbers_are_for_root)
{
	char *p = map_pages(1);
	pid_t pid;
	int fd = OK(open("/proc/self/pagemap", O_RDONLY));

	poke(p, 1);
	pid = CHILD({
		unsigned long word;

		OK(setuid(1000));
		ERR(open("/proc/self/pagemap", O_RDONLY), EACCES);	/* it might know secrets */
		OK(syscall(__NR_prctl, 4, 1, 0, 0, 0));			/* PR_SET_DUMPABLE */
		poke(p, 2);
		EQ(pread(fd, &word, 8, (long)p / PAGE * 8), 8);
		CHECK(word & PM_PFN);			/* opened by root, for the parent */
		EQ(pagemap(p), PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY);
		ERR(open("/proc/kpagecount", O_RDONLY), EACCES);
		ERR(open("/proc/kpageflags", O_RDONLY), EACCES);
	});
	EXITS(pid, 0);
}

TEST(a_process_that_is_gone_reads_as_empty)
{
	pid_t pid = CHILD(pause());
	unsigned long word;
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = OK(open(path, O_RDONLY));
	EQ(pread(fd, &word, 8, 0), 8);
	OK(kill(pid, SIGKILL));
	DIES(pid, SIGKILL);
	EQ(pread(fd, &word, 8, 0), 0);
}

TEST(kpage_files_are_whole_words_up_to_the_last_frame)
{
	int fd = OK(open("/proc/kpageflags", O_RDONLY));
	unsigned long words[2];

	ERR(pread(fd, words, 7, 0), EINVAL);
	ERR(pread(fd, words, 8, 1), EINVAL);
	EQ(pread(fd, words, 8, 1UL << 50), 0);
	EQ(pread(fd, words, 16, 0), 16);
}

/* The firmware may still write there, so nobody else does, nor ever did. */
TEST(frames_of_the_first_mib_are_nobodys)
{
	unsigned long words[256];
	int fd = OK(open("/proc/kpageflags", O_RDONLY));

	EQ(OK(read(fd, words, sizeof(words))), sizeof(words));
	for (int i = 0; i < 256; i++)
		EQ(words[i] & ~(KPF_RESERVED | KPF_NOPAGE), 0);
}

/* Every frame once: what is free in kpageflags is about what meminfo calls free. */
TEST(free_frames_are_marked_as_such)
{
	static unsigned long words[512];
	int fd = OK(open("/proc/kpageflags", O_RDONLY));
	long n, free_pages = 0, tables = 0, slabs = 0, free_kb = 0;
	char line[128];
	FILE *f;

	while ((n = OK(read(fd, words, sizeof(words)))))
		for (long i = 0; i < n / 8; i++) {
			free_pages += !!(words[i] & KPF_BUDDY);
			tables += !!(words[i] & KPF_PGTABLE);
			slabs += !!(words[i] & KPF_SLAB);
			CHECK(!(words[i] & KPF_BUDDY) || !(words[i] & (KPF_MMAP | KPF_ANON | KPF_SLAB)));
		}
	f = fopen("/proc/meminfo", "r");
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "MemFree:", 8))
			free_kb = strtol(line + 8, NULL, 10);
	fclose(f);
	CMP(free_pages, >, 1000);
	CMP(free_pages, <=, free_kb / 4 + 2048);
	CMP(free_pages, >, free_kb / 4 - 4096);
	CMP(tables, >, 4);
	CMP(slabs, >, 10);
}
