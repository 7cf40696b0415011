/*
 * tests/user/devmem.c - /dev/mem: device memory read, written and mapped (VM_IO, VM_PFNMAP)
 *
 * Physical addresses are those of every PC; the machine is QEMU's q35.  Linux is Debian's: the
 * kernel's RAM and the registers of its drivers are out of reach.
 */
#include <sys/stat.h>
#include "mem.h"

#define MEM_FILE "/dev/mem"
#define ROM	0xe0000UL		/* the BIOS: ACPI tables begin here or in the next 64 KiB */
#define ROM_LEN	0x20000UL
#define HPET	0xfed00000UL
#define LAPIC	0xfee00000UL
#define IOAPIC	0xfec00000UL
#define MIB	0x100000UL
#define BAD_PTR	((void *)1)

static int mem(int flags)
{
	return OK(open(MEM_FILE, flags));
}

static char *map(int fd, unsigned long pa, unsigned long len, int prot, int flags)
{
	return (char *)OK(mmap(NULL, len, prot, flags, fd, pa));
}

/* A line of smaps about an address: what stands behind "name:", without blanks at both ends. */
static const char *smaps(const volatile void *addr, const char *name)
{
	static char line[512];
	unsigned long start, end, a = (unsigned long)addr;
	FILE *f = fopen("/proc/self/smaps", "r");
	int here = 0, len = strlen(name);

	while (f && fgets(line, sizeof(line), f)) {
		char *text = line + len + 1, *last;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = a >= start && a < end;
		if (!here || strncmp(line, name, len) || line[len] != ':')
			continue;
		fclose(f);
		text += strspn(text, " ");
		last = text + strlen(text);
		while (last > text && (last[-1] == ' ' || last[-1] == '\n'))
			*--last = '\0';
		return text;
	}
	if (f)
		fclose(f);
	return "";
}

static unsigned long pagemap(const volatile void *addr)
{
	unsigned long word = 1;
	int fd = OK(open("/proc/self/pagemap", O_RDONLY));

	EQ(pread(fd, &word, 8, (unsigned long)addr / PAGE * 8), 8);
	close(fd);
	return word;
}

/* No page is counted, whatever is mapped. */
#define UNCOUNTED(addr) do {							\
	unsigned char vec_ = 1;							\
	STREQ(smaps(addr, "Rss"), "0 kB");					\
	STREQ(smaps(addr, "Pss"), "0 kB");					\
	EQ(pagemap(addr) >> 63, 0);						\
	EQ(pagemap(addr) & ((1UL << 55) - 1), 0);				\
	OK(mincore((void *)(addr), PAGE, &vec_));				\
	EQ(vec_ & 1, 0);							\
} while (0)

/* ---- who may ---- */

TEST(only_root_with_rights_opens_it)
{
	struct stat st;

	OK(stat(MEM_FILE, &st));
	EQ(st.st_mode, S_IFCHR | 0600);
	EQ(st.st_rdev, 0x101);
	EXITS(CHILD(
		OK(setuid(1));
		ERR(open(MEM_FILE, O_RDONLY), EACCES);
	), 0);
	OK(chmod(MEM_FILE, 0666));
	EXITS(CHILD(
		OK(setuid(1));
		ERR(open(MEM_FILE, O_RDONLY), EPERM);
	), 0);
	OK(chmod(MEM_FILE, 0600));
}

/* ---- read, write, lseek ---- */

TEST(the_first_page_is_the_bios_own)
{
	char page[PAGE];
	int fd = mem(O_RDONLY);
	const char *p = map(fd, 0, PAGE, PROT_READ, MAP_SHARED);

	EQ(pread(fd, page, PAGE, 0), PAGE);
	EQ(*(unsigned short *)(page + 2), 0xf000);	/* the segment of interrupt vector 0 */
	EQ(memcmp(page, p, 0x400), 0);
}

TEST(ram_below_1_mib_reads_as_zeros_and_writes_are_lost)
{
	static const unsigned long at[] = { 0x1000, 0x9f000 };
	char page[PAGE], zeros[PAGE];
	int fd = mem(O_RDWR);

	memset(zeros, 0, PAGE);
	for (int i = 0; i < 2; i++) {
		memset(page, 0xcc, PAGE);
		EQ(pwrite(fd, page, PAGE, at[i]), PAGE);
		EQ(pread(fd, page, PAGE, at[i]), PAGE);
		EQ(memcmp(page, zeros, PAGE), 0);
	}
}

TEST(rsdp_is_found_by_read_and_by_mmap)
{
	static char copy[ROM_LEN];
	int fd = mem(O_RDONLY);
	const char *p = map(fd, ROM, ROM_LEN, PROT_READ, MAP_SHARED);
	unsigned long at;
	unsigned char sum = 0;

	EQ(pread(fd, copy, ROM_LEN, ROM), ROM_LEN);
	EQ(memcmp(p, copy, ROM_LEN), 0);
	for (at = 0; at < ROM_LEN && memcmp(copy + at, "RSD PTR ", 8); at += 16)
		;
	CMP(at, <, ROM_LEN);
	EQ(memcmp(p + at, "RSD PTR ", 8), 0);
	for (int i = 0; i < 20; i++)
		sum += p[at + i];
	EQ(sum, 0);
	EQ(munmap((void *)p, ROM_LEN), 0);
}

TEST(position_is_the_physical_address)
{
	char a[16], b[16];
	int fd = mem(O_RDONLY);

	EQ(lseek(fd, 0xffff0, SEEK_SET), 0xffff0);
	EQ(read(fd, a, 8), 8);
	EQ(lseek(fd, 0, SEEK_CUR), 0xffff8);
	EQ(lseek(fd, -8, SEEK_CUR), 0xffff0);
	EQ(pread(fd, b, 8, 0xffff0), 8);
	EQ(memcmp(a, b, 8), 0);
	EQ((unsigned char)a[0], 0xea);			/* the jump after reset */
	ERR(lseek(fd, 0, SEEK_END), EINVAL);
	ERR(lseek(fd, 0, 5), EINVAL);
	ERR(lseek(fd, -1, SEEK_SET), EOVERFLOW);
	ERR(lseek(fd, -4095, SEEK_SET), EOVERFLOW);
	EQ(lseek(fd, 0, SEEK_CUR), 0xffff0);
	EQ(lseek(fd, 1UL << 60, SEEK_SET), 1L << 60);
	ERR(read(fd, a, 8), EFAULT);
	ERR(ftruncate(fd, 0), EINVAL);
	ERR(fsync(fd), EINVAL);
}

TEST(ram_of_the_kernel_is_refused)
{
	char buf[2 * PAGE];
	int fd = mem(O_RDWR);

	memset(buf, 0, sizeof(buf));
	ERR(pread(fd, buf, 8, MIB), EPERM);
	ERR(pread(fd, buf, 8, 16 * MIB), EPERM);
	ERR(pwrite(fd, buf, 8, MIB), EPERM);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, MIB), EPERM);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 16 * MIB), EPERM);
	/* a range that reaches into it: nothing, and the position stays */
	OK(lseek(fd, MIB - PAGE, SEEK_SET));
	ERR(read(fd, buf, 2 * PAGE), EPERM);
	EQ(lseek(fd, 0, SEEK_CUR), MIB - PAGE);
	ERR(mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, MIB - PAGE), EPERM);
	EQ(pread(fd, buf, PAGE, MIB - PAGE), PAGE);
	EQ(pread(fd, buf, 0, MIB), 0);
}

TEST(read_and_write_end_where_ram_ends)
{
	static const unsigned long at[] = { HPET, LAPIC, IOAPIC, 0xfffffff0, 1UL << 39, 1UL << 52,
					    1UL << 62 };
	char buf[8] = "";
	int fd = mem(O_RDWR);

	for (unsigned int i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		ERR(pread(fd, buf, 8, at[i]), EFAULT);
		ERR(pwrite(fd, buf, 8, at[i]), EFAULT);
	}
	ERR(pread(fd, buf, 8, -8), EINVAL);
	ERR(pread(fd, BAD_PTR, 8, 0xf0000), EFAULT);
	ERR(pwrite(fd, BAD_PTR, 8, 0xb8000), EFAULT);
	ERR(pwrite(mem(O_RDONLY), buf, 8, 0xb8000), EBADF);
	ERR(pread(mem(O_WRONLY), buf, 8, 0xb8000), EBADF);
}

TEST(video_memory_is_one_memory_by_mmap_and_write)
{
	int fd = mem(O_RDWR);
	volatile char *p = map(fd, 0xb8000, 0x8000, PROT_READ | PROT_WRITE, MAP_SHARED);
	char c = 0;

	p[0x7f00] = 'Q';				/* far behind what the console shows */
	EQ(pread(fd, &c, 1, 0xb8000 + 0x7f00), 1);
	EQ(c, 'Q');
	EQ(pwrite(fd, "Z", 1, 0xb8000 + 0x7f00), 1);
	EQ(p[0x7f00], 'Z');
}

/* ---- mmap ---- */

TEST(registers_of_the_hpet_are_mapped)
{
	int sync = mem(O_RDWR | O_SYNC), fd = mem(O_RDONLY);
	const volatile unsigned int *a = (void *)map(sync, HPET, PAGE, PROT_READ, MAP_SHARED);
	const volatile unsigned int *b = (void *)map(fd, HPET, PAGE, PROT_READ, MAP_SHARED);

	EQ(a[0] >> 16, 0x8086);				/* who made it */
	CMP(a[1], >, 0);				/* femtoseconds a tick */
	CMP(a[1], <=, 100000000);
	EQ(a[0], b[0]);
	EQ(a[1], b[1]);
	STREQ(smaps(a, "VmFlags"), "rd sh mr mw me ms pf io de ar dd sd");
	STREQ(smaps(b, "VmFlags"), "rd mr me ms pf io de ar dd sd");
	UNCOUNTED(a);
}

TEST(registers_of_drivers_are_refused)
{
	int fd = mem(O_RDWR);

	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, LAPIC), EPERM);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, IOAPIC), EPERM);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, LAPIC), EPERM);
}

TEST(flags_say_io_pfnmap_and_pat)
{
	int fd = mem(O_RDWR), ro = mem(O_RDONLY);
	char *p = map(fd, ROM, ROM_LEN, PROT_READ | PROT_WRITE, MAP_SHARED);

	STREQ(smaps(p, "VmFlags"), "rd wr sh mr mw me ms pf io de ar dd sd");
	STREQ(smaps(p, "Size"), "128 kB");
	UNCOUNTED(p);
	CHECK(strstr(maps_line(p), " rw-s 000e0000 "));
	CHECK(strstr(maps_line(p), " /dev/mem"));
	p = map(ro, ROM, PAGE, PROT_READ, MAP_SHARED);
	STREQ(smaps(p, "VmFlags"), "rd mr me ms pf io de ar dd sd");
	p = map(ro, ROM, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	STREQ(smaps(p, "VmFlags"), "rd wr mr mw me pf io de ac ar dd sd");
	UNCOUNTED(p);
	p = map(fd, ROM, PAGE, PROT_NONE, MAP_SHARED);
	STREQ(smaps(p, "VmFlags"), "sh mr mw me ms pf io de ar dd sd");
	p = map(fd, 0x1000, PAGE, PROT_READ, MAP_SHARED);	/* RAM: no different */
	STREQ(smaps(p, "VmFlags"), "rd sh mr mw me ms pf io de ar dd sd");
	UNCOUNTED(p);
}

TEST(mapping_is_refused_at_the_rims)
{
	int fd = mem(O_RDWR), ro = mem(O_RDONLY), wo = mem(O_WRONLY);
	long size = status_value("VmSize");

	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 1UL << 52), EINVAL);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (1UL << 52) - PAGE), EINVAL);
	ERR(mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, (1UL << 52) - PAGE), EINVAL);
	ERR(mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, -PAGE), EOVERFLOW);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, ROM + 1), EINVAL);
	ERR(mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, ROM), EINVAL);
	ERR(mmap(NULL, -PAGE, PROT_READ, MAP_SHARED, fd, ROM), ENOMEM);
	ERR(mmap(NULL, PAGE, PROT_READ, 0, fd, ROM), EINVAL);
	ERR(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ro, ROM), EACCES);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, wo, ROM), EACCES);
	ERR(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, wo, ROM), EACCES);
	EQ(status_value("VmSize"), size);
}

TEST(mprotect_follows_the_mode_of_the_file)
{
	char *p = map(mem(O_RDONLY), ROM, 3 * PAGE, PROT_READ, MAP_SHARED), c = p[PAGE + 5];

	ERR(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
	OK(mprotect(p + PAGE, PAGE, PROT_NONE));
	SEGV(peek(p + PAGE + 5), SEGV_ACCERR, p + PAGE + 5);
	STREQ(smaps(p + PAGE, "VmFlags"), "mr me ms pf io de ar dd sd");
	STREQ(smaps(p, "VmFlags"), "rd mr me ms pf io de ar dd sd");
	OK(mprotect(p + PAGE, PAGE, PROT_READ));
	EQ(peek(p + PAGE + 5), c);
	CHECK(strstr(maps_line(p + PAGE), " r--s 000e1000 "));	/* special areas do not merge */
	SEGV(poke(p, 1), SEGV_ACCERR, p);
}

TEST(a_hole_leaves_both_sides_mapped)
{
	int fd = mem(O_RDONLY);
	char *p = map(fd, ROM, 8 * PAGE, PROT_READ, MAP_SHARED), copy[8 * PAGE];

	EQ(pread(fd, copy, sizeof(copy), ROM), sizeof(copy));
	OK(munmap(p + 3 * PAGE, 2 * PAGE));
	SEGV(peek(p + 3 * PAGE), SEGV_MAPERR, p + 3 * PAGE);
	EQ(memcmp(p, copy, 3 * PAGE), 0);
	EQ(memcmp(p + 5 * PAGE, copy + 5 * PAGE, 3 * PAGE), 0);
	CHECK(strstr(maps_line(p + 5 * PAGE), " r--s 000e5000 "));
	OK(munmap(p + 5 * PAGE, PAGE));
	EQ(memcmp(p + 6 * PAGE, copy + 6 * PAGE, 2 * PAGE), 0);
	OK(munmap(p, 8 * PAGE));
}

TEST(mremap_moves_and_shrinks_but_does_not_grow)
{
	int fd = mem(O_RDONLY);
	char *p = map(fd, ROM, 4 * PAGE, PROT_READ, MAP_SHARED), copy[4 * PAGE], *to;

	EQ(pread(fd, copy, sizeof(copy), ROM), sizeof(copy));
	to = (char *)OK(mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	ERR(mremap(p, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE), EFAULT);
	ERR(mremap(p, 0, PAGE, MREMAP_MAYMOVE), EFAULT);
	ERR(mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL), EINVAL);
	EQ(mremap(p, 4 * PAGE, 3 * PAGE, 0), p);
	SEGV(peek(p + 3 * PAGE), SEGV_MAPERR, p + 3 * PAGE);
	EQ(mremap(p, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	SEGV(peek(p), SEGV_MAPERR, p);
	EQ(memcmp(to, copy, 3 * PAGE), 0);
	STREQ(smaps(to, "VmFlags"), "rd mr me ms pf io de ar dd sd");
	UNCOUNTED(to);
	EQ(mremap(to + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p), p);
	EQ(memcmp(p, copy + PAGE, PAGE), 0);
	EQ(memcmp(to, copy, PAGE), 0);
	EQ(memcmp(to + 2 * PAGE, copy + 2 * PAGE, PAGE), 0);
}

TEST(advice_that_drops_pages_is_refused)
{
	char *p = map(mem(O_RDWR), ROM, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED), c = *p;

	ERR(madvise(p, PAGE, MADV_DONTNEED), EINVAL);
	ERR(madvise(p, PAGE, MADV_FREE), EINVAL);
	ERR(madvise(p, PAGE, MADV_COLD), EINVAL);
	ERR(madvise(p, PAGE, MADV_PAGEOUT), EINVAL);
	ERR(madvise(p, PAGE, MADV_REMOVE), ENODEV);
	ERR(madvise(p, PAGE, MADV_POPULATE_READ), EINVAL);
	ERR(madvise(p, PAGE, MADV_POPULATE_WRITE), EINVAL);
	ERR(madvise(p, PAGE, MADV_WIPEONFORK), EINVAL);
	ERR(madvise(p, PAGE, MADV_DODUMP), EINVAL);
	ERR(madvise(p, PAGE, MADV_DOFORK), EINVAL);
	OK(madvise(p, PAGE, MADV_WILLNEED));
	OK(madvise(p, PAGE, MADV_DONTDUMP));
	STREQ(smaps(p, "VmFlags"), "rd wr sh mr mw me ms pf io de ar dd sd");
	STREQ(smaps(p, "Size"), "16 kB");
	OK(madvise(p, PAGE, MADV_RANDOM));
	STREQ(smaps(p, "VmFlags"), "rd wr sh mr mw me ms pf io rr de ar dd sd");
	STREQ(smaps(p, "Size"), "4 kB");
	EQ(*p, c);
	ERR(msync(p, PAGE, MS_SYNC), EINVAL);
	OK(msync(p, PAGE, MS_ASYNC));
}

TEST(locks_do_not_apply)
{
	int fd = mem(O_RDONLY);
	char *p = map(fd, ROM, PAGE, PROT_READ, MAP_SHARED);

	OK(mlock(p, PAGE));
	EQ(status_value("VmLck"), 0);
	p = map(fd, ROM, PAGE, PROT_READ, MAP_SHARED | MAP_LOCKED);
	EQ(status_value("VmLck"), 0);
	STREQ(smaps(p, "VmFlags"), "rd mr me ms pf io de ar dd sd");
	p = map(fd, ROM, PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE);
	UNCOUNTED(p);
	OK(syscall(__NR_mlockall, MCL_FUTURE | MCL_ONFAULT));
	p = map(fd, ROM, PAGE, PROT_READ, MAP_SHARED);
	STREQ(smaps(p, "VmFlags"), "rd mr me ms pf io de ar dd sd");
	OK(syscall(__NR_munlockall));
}

TEST(child_has_the_same_frames)
{
	int fd = mem(O_RDWR);
	volatile char *p = map(fd, 0xb8000, 0x8000, PROT_READ | PROT_WRITE, MAP_SHARED);

	p[0x7e00] = 1;
	EXITS(CHILD(
		EQ(p[0x7e00], 1);
		STREQ(smaps(p, "VmFlags"), "rd wr sh mr mw me ms pf io de ar dd sd");
		UNCOUNTED(p);
		p[0x7e00] = 2;
		OK(munmap((void *)p, 0x4000));
		p[0x7e01] = 3;
	), 0);
	EQ(p[0x7e00], 2);
	EQ(p[0x7e01], 3);
	p[0] = p[0];
	OK(madvise((void *)p, 0x8000, MADV_DONTFORK));
	EXITS(CHILD(
		SEGV(peek(p), SEGV_MAPERR, (void *)p);
	), 0);
}

/* ---- private: copied on write ---- */

TEST(private_mapping_is_copied_on_write)
{
	int fd = mem(O_RDONLY);
	char *p = map(fd, ROM + 0x10000, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char copy[4 * PAGE];

	EQ(pread(fd, copy, sizeof(copy), ROM + 0x10000), sizeof(copy));
	EQ(memcmp(p, copy, sizeof(copy)), 0);
	p[PAGE + 7]++;
	EQ(p[PAGE + 7], (char)(copy[PAGE + 7] + 1));
	copy[PAGE + 7]++;
	EQ(memcmp(p, copy, sizeof(copy)), 0);		/* the rest of the page came along */
	EQ(pread(fd, copy, sizeof(copy), ROM + 0x10000), sizeof(copy));
	EQ(p[PAGE + 7], (char)(copy[PAGE + 7] + 1));	/* the device has not changed */
	UNCOUNTED(p + PAGE);				/* nobody looks into such an area */
	EXITS(CHILD(
		EQ(p[PAGE + 7], (char)(copy[PAGE + 7] + 1));
		p[PAGE + 7] = 99;
		p[2 * PAGE] = 98;
	), 0);
	EQ(p[PAGE + 7], (char)(copy[PAGE + 7] + 1));
	EQ(p[2 * PAGE], copy[2 * PAGE]);
	ERR(madvise(p + PAGE, PAGE, MADV_DONTNEED), EINVAL);
	OK(mprotect(p + PAGE, PAGE, PROT_READ));
	SEGV(poke(p + PAGE, 1), SEGV_ACCERR, p + PAGE);
	OK(mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE));
	EQ(p[PAGE + 7], (char)(copy[PAGE + 7] + 1));
	p[PAGE + 8] = 55;
	EQ(p[PAGE + 8], 55);
	OK(munmap(p, 2 * PAGE));
	EQ(p[2 * PAGE], copy[2 * PAGE]);
}

TEST(private_mapping_of_a_file_opened_to_read_may_become_writable)
{
	char *p = map(mem(O_RDONLY), ROM, 2 * PAGE, PROT_READ, MAP_PRIVATE), c = p[PAGE];

	STREQ(smaps(p, "VmFlags"), "rd mr mw me pf io de ar dd sd");
	OK(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	STREQ(smaps(p, "VmFlags"), "rd wr mr mw me pf io de ac ar dd sd");
	STREQ(smaps(p + PAGE, "VmFlags"), "rd mr mw me pf io de ar dd sd");
	*p = 1;
	EQ(*p, 1);
	EQ(p[PAGE], c);
}

/* ---- other ways to the memory ---- */

TEST(system_calls_read_from_it)
{
	char *p = map(mem(O_RDONLY), ROM, PAGE, PROT_READ, MAP_SHARED), buf[64];
	int fds[2];

	OK(pipe(fds));
	EQ(write(fds[1], p + 100, 64), 64);
	EQ(read(fds[0], buf, 64), 64);
	EQ(memcmp(buf, p + 100, 64), 0);
	EQ(write(fds[1], buf, 64), 64);
	ERR(read(fds[0], p, 64), EFAULT);
}

TEST(dev_port_has_no_mmap)
{
	int fd = OK(open("/dev/port", O_RDWR));

	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0), ENODEV);
	ERR(open("/dev/kmem", O_RDWR), ENOENT);
}
