/* links: boot/memmap.c mm/memblock.c */
/*
 * tests/host/test_bootmap.c - what a loader tells (boot/bootinfo.c, boot/memmap.c) against a plain model
 *
 * The model asks every entry about every granule of a few windows of the address space: below 1 MiB, across
 * 4 GiB, at 1 TiB, and where 52 bits end.
 */
#include "cmocka_shim.h"
#include <sections.h>
#include <boot_info.h>

static char image_start[4096], image_end[1];
#define _text image_start
#define _end image_end
#include "boot/bootinfo.c"
#undef _text
#undef _end

#define SEEDS		100000
#define GRANULE		1024UL
#define WINDOW		32		/* granules */
#define MOST_ENTRIES	40

int vprintf(const char *fmt, va_list ap);
void abort(void) __noreturn;

unsigned char fake_ram[FAKE_RAM_SIZE];
struct page *vmemmap;
unsigned long phys_base, max_pfn;
bool page_alloc_ready;
struct cpu_features cpu_features = { .phys_bits = 40 };
static jmp_buf *on_panic;

void panic(const char *fmt, ...)
{
	va_list ap;

	if (on_panic)
		longjmp(*on_panic, 1);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fail_msg("panic");
	abort();
}

void __bug(const char *file, int line, const char *expr)
{
	panic("BUG at %s:%d: %s\n", file, line, expr);
}

void fake_bad_address(const volatile void *p) { abort(); }
static char said[256];			/* the last message */

int printk(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	return 0;
}

unsigned long cmdline_num(const char *name, unsigned long def) { return def; }
void cmdline_report_cut(void) { }

static const phys_addr_t windows[] = { 0, (4UL << 30) - WINDOW / 2 * GRANULE, 1UL << 40,
				       (1UL << 52) - WINDOW / 2 * GRANULE };
static u64 seed;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

/* ---- maps ---- */

#define INFO	0x1000UL
#define MAP	0x10000UL

static struct hvm_memmap_entry *const map = (struct hvm_memmap_entry *)(fake_ram + MAP);

static phys_addr_t random_address(void)
{
	return windows[rnd(ARRAY_SIZE(windows))] + rnd(WINDOW + 1) * GRANULE;
}

static void random_entry(struct hvm_memmap_entry *e)
{
	static const u32 odd[] = { 0, 6, 7, 12, 14, 20, 0x7fffffff, ~0U };
	phys_addr_t to = random_address();

	e->addr = random_address();
	e->type = rnd(8) ? 1 + rnd(rnd(2) ? 2 : 5) : odd[rnd(ARRAY_SIZE(odd))];
	if (rnd(4))
		e->size = rnd(WINDOW) * GRANULE;	/* mostly inside one window; also 0 */
	else
		e->size = to > e->addr ? to - e->addr : rnd(2) ? 0 : -e->addr + rnd(3) * GRANULE;	/* wraps, or nearly */
}

static void reset(void)
{
	memset(&memblock, 0, sizeof(memblock));
	memset(&boot_info, 0, sizeof(boot_info));
}

static void tell_pvh(unsigned int n)
{
	struct hvm_start_info *si = (struct hvm_start_info *)(fake_ram + INFO);

	reset();
	*si = (struct hvm_start_info){ .magic = PVH_MAGIC, .version = 1, .memmap_paddr = MAP, .memmap_entries = n };
	boot_info_init(BOOT_PVH, INFO);
}

/* The same by multiboot2, with entries that are longer than they need to be. */
static void tell_multiboot2(unsigned int n, unsigned int entry_size)
{
	u8 *info = fake_ram + INFO + 0x1000000, *p = info + sizeof(struct mb2_info);
	struct mb2_mmap *tag = (struct mb2_mmap *)p;

	reset();
	*tag = (struct mb2_mmap){ { MB2_MMAP, sizeof(*tag) + n * entry_size }, entry_size, 0 };
	p += sizeof(*tag);
	for (unsigned int i = 0; i < n; i++, p += entry_size)
		memcpy(p, &(struct mb2_mmap_entry){ map[i].addr, map[i].size, map[i].type, 0 }, sizeof(struct mb2_mmap_entry));
	p = info + ALIGN_UP(p - info, 8);
	*(struct mb2_tag *)p = (struct mb2_tag){ MB2_END, sizeof(struct mb2_tag) };
	*(struct mb2_info *)info = (struct mb2_info){ p + sizeof(struct mb2_tag) - info, 0 };
	boot_info_init(BOOT_MULTIBOOT2, INFO + 0x1000000);
}

/* ---- the model ---- */

/* What the entries say of the granule at @pa: the highest type, unknown ones being reserved; 0: nothing. */
static unsigned int model_type(phys_addr_t pa, unsigned int n)
{
	unsigned int best = 0;

	if (pa >= 1UL << 52)
		return 0;
	for (unsigned int i = 0; i < n; i++) {
		u32 type = map[i].type >= 1 && map[i].type <= 5 ? map[i].type : 2;

		if (map[i].size && map[i].addr <= pa && pa - map[i].addr < map[i].size && type > best)
			best = type;
	}
	return best;
}

static unsigned int told_type(phys_addr_t pa)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++)
		if (pa >= boot_info.mem[i].base && pa - boot_info.mem[i].base < boot_info.mem[i].size)
			return boot_info.mem[i].type;
	return 0;
}

static void check_order(void)
{
	assert_true(boot_info.nr_mem <= BOOT_MAX_MEM);
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];

		assert_true(m->size && m->base + m->size <= 1UL << 52);
		if (!i)
			continue;
		assert_true(m[-1].base + m[-1].size <= m->base);
		assert_true(m[-1].base + m[-1].size < m->base || m[-1].type != m->type);
	}
}

static void check_against_model(unsigned int n)
{
	bool page_is_ram = false;

	check_order();
	add_ram();
	for (unsigned int w = 0; w < ARRAY_SIZE(windows); w++)
		for (unsigned int g = 0; g < WINDOW; g++) {
			phys_addr_t pa = windows[w] + g * GRANULE;
			unsigned int type = model_type(pa, n);

			if (told_type(pa) != type)
				fail_msg("seed %lx: %#lx is %u, not %u", (long)seed, (long)pa, told_type(pa), type);
			page_is_ram = (page_is_ram || !(pa % PAGE_SIZE)) && type == BOOT_MEM_RAM;
			if (pa % PAGE_SIZE == PAGE_SIZE - GRANULE && memblock_is_memory(pa) != page_is_ram)
				fail_msg("seed %lx: page of %#lx", (long)seed, (long)pa);
		}
}

static void every_address_has_its_highest_type(void **state)
{
	for (u64 s = 0; s < SEEDS; s++) {
		unsigned int n;

		seed = s;
		n = 1 + rnd(rnd(8) ? 12 : MOST_ENTRIES);
		for (unsigned int i = 0; i < n; i++)
			random_entry(&map[i]);
		map[0] = (struct hvm_memmap_entry){ windows[1], GRANULE, 1, 0 };	/* an empty map is refused */
		if (s % 2)
			tell_pvh(n);
		else
			tell_multiboot2(n, s % 4 ? 24 : 40);
		assert_false(boot_info.mem_cut);
		check_against_model(n);
	}
}

/* More pieces than there is room for: RAM may be lost, but nothing becomes RAM that is not. */
static void thousands_of_pieces_lose_ram_only(void **state)
{
	for (u64 s = 0; s < 60; s++) {
		unsigned int n = 2000;
		phys_addr_t biggest = 1UL << 33;

		seed = s;
		map[0] = (struct hvm_memmap_entry){ biggest, 1UL << 30, 1, 0 };
		for (unsigned int i = 1; i < n; i++)
			map[i] = (struct hvm_memmap_entry){ rnd(8000) * GRANULE, (1 + rnd(6)) * GRANULE, 1 + rnd(3), 0 };
		tell_pvh(n);
		assert_true(boot_info.mem_cut);
		check_order();
		assert_int_equal(told_type(biggest), BOOT_MEM_RAM);
		for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
			const struct boot_mem *m = &boot_info.mem[i];

			if (m->type != BOOT_MEM_RAM || m->base == biggest)
				continue;
			for (phys_addr_t pa = m->base; pa < m->base + m->size; pa += GRANULE)
				assert_int_equal(model_type(pa, n), BOOT_MEM_RAM);
		}
	}
}

static void alternating_pieces_of_ram_keep_the_largest(void **state)
{
	unsigned int n = 1000;

	for (unsigned int i = 0; i < n; i++)
		map[i] = (struct hvm_memmap_entry){ i * 64 * GRANULE, (4 + i % 50) * GRANULE, i % 2 ? 2 : 1, 0 };
	map[500].size = 60 * GRANULE;
	tell_pvh(n);
	assert_true(boot_info.mem_cut);
	check_order();
	assert_int_equal(told_type(500 * 64 * GRANULE), BOOT_MEM_RAM);
}

/* What is wrong with it is said, with all its numbers; of one that is not there, or text, nothing. */
static bool fb_usable(struct boot_framebuffer fb)
{
	char want[sizeof(said)] = "";

	said[0] = 0;
	boot_info.fb = fb;
	check_framebuffer();
	if (!boot_info.fb.width && fb.width)
		snprintf(want, sizeof(want), KERN_ERR "framebuffer: %ux%u, %u bits, at %#lx, %u bytes a line: cannot be used\n",
			 fb.width, fb.height, fb.bpp, (unsigned long)fb.addr, fb.pitch);
	assert_string_equal(said, want);
	return boot_info.fb.width;
}

static void framebuffer_must_lie_where_nothing_else_does(void **state)
{
	const struct boot_framebuffer good = { .addr = 0xfd000000, .width = 800, .height = 600, .pitch = 3200, .bpp = 32 };
	struct boot_framebuffer fb;

	reset();
	boot_map_add(0, 64UL << 20, BOOT_MEM_RAM);
	boot_map_add(0xfd000000, 64UL << 20, BOOT_MEM_RESERVED);
	assert_true(fb_usable(good));
	fb = good, fb.addr = 0;
	assert_false(fb_usable(fb));
	fb = good, fb.addr = 32UL << 20;
	assert_false(fb_usable(fb));
	fb = good, fb.addr = (1UL << 40) - 4096;
	assert_false(fb_usable(fb));
	fb = good, fb.addr = ~0UL - 4096;
	assert_false(fb_usable(fb));
	fb = good, fb.pitch = 3199;
	assert_false(fb_usable(fb));
	fb = good, fb.height = 0;
	assert_false(fb_usable(fb));
	fb = good, fb.bpp = 0;
	assert_false(fb_usable(fb));
	fb = good, fb.width = fb.height = fb.pitch = ~0U;
	assert_false(fb_usable(fb));
	fb = good, fb.addr = (64UL << 20) - 4096;		/* begins in RAM; ends in it */
	assert_false(fb_usable(fb));
	for (unsigned int line = 300; line < 600; line += 299) {	/* RAM in the midst of it, and where it ends */
		reset();
		boot_map_add(0xfd000000 + 3200 * line, 4096, BOOT_MEM_RAM);
		assert_false(fb_usable(good));
		fb = good, fb.height = line;
		assert_true(fb_usable(fb));
	}
	fb = good, fb.bpp = 8, fb.height = 300;			/* drivers/fbcon.c says that it has no colours for it */
	assert_true(fb_usable(fb));
	assert_false(fb_usable((struct boot_framebuffer){ 0 }));
	fb = (struct boot_framebuffer){ .text = true, .width = 80, .height = 25 };
	assert_true(fb_usable(fb));
}

/* ---- damage ---- */

/* Who cannot wait is told the same line. */
static void same_command_line(unsigned int protocol, phys_addr_t info)
{
	size_t len;
	const char *line = boot_command_line(protocol, info, &len);

	boot_info_init(protocol, info);
	assert_int_equal(line ? len : 0, strlen(boot_info.cmdline));
	assert_true(!len || !memcmp(line, boot_info.cmdline, len));
}

static void survives(unsigned int protocol, phys_addr_t info)
{
	jmp_buf back;

	reset();
	on_panic = &back;
	if (!setjmp(back)) {
		same_command_line(protocol, info);
		check_order();
		assert_true(strnlen(boot_info.cmdline, COMMAND_LINE_SIZE) < COMMAND_LINE_SIZE);
	}
	on_panic = NULL;
}

/* The info lies at the end of fake RAM: who reads on behind it is seen. */
static void damaged_multiboot2_info_is_survived(void **state)
{
	static u8 good[512];
	u8 *info = fake_ram + FAKE_RAM_SIZE - PAGE_SIZE, *p = good + 8;
	const struct { u32 type, size; } tags[] = {
		{ MB2_CMDLINE, 8 + 20 }, { MB2_LOADER, 8 + 12 }, { MB2_MODULE, 20 }, { MB2_MMAP, 16 + 3 * 24 },
		{ MB2_FRAMEBUFFER, sizeof(struct mb2_framebuffer) }, { MB2_ACPI_OLD, 28 }, { MB2_ACPI_NEW, 44 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(tags); i++, p = good + ALIGN_UP(p - good, 8)) {
		*(struct mb2_tag *)p = (struct mb2_tag){ tags[i].type, tags[i].size };
		memset(p + 8, 'x', tags[i].size - 8);
		if (tags[i].type == MB2_MMAP)
			((struct mb2_mmap *)p)->entry_size = 24;
		p += tags[i].size;
	}
	*(struct mb2_tag *)p = (struct mb2_tag){ MB2_END, 8 };
	*(u32 *)good = p + 8 - good;
	for (u64 s = 0; s < SEEDS; s++) {
		seed = s;
		memcpy(info, good, sizeof(good));
		for (unsigned int i = 0; i < 1 + s % 3; i++)
			info[rnd(p + 8 - good)] = rnd(2) ? rnd(256) : 1U << rnd(8);
		*(u32 *)info = min_t(u32, *(u32 *)info, PAGE_SIZE);
		survives(BOOT_MULTIBOOT2, FAKE_RAM_SIZE - PAGE_SIZE);
	}
}

/* Rounded up, such a size would be 0: there is no next tag, and there is an end to asking for it. */
static void tag_as_long_as_all_memory_is_the_last(void **state)
{
	u8 *info = fake_ram + FAKE_RAM_SIZE - PAGE_SIZE;

	for (u32 size = 0xfffffff0; size >= 0xfffffff0; size++) {
		memset(info, 0, PAGE_SIZE);
		*(u32 *)info = 4096;
		*(struct mb2_tag *)(info + 8) = (struct mb2_tag){ 77, size };
		survives(BOOT_MULTIBOOT2, FAKE_RAM_SIZE - PAGE_SIZE);
	}
}

/* GRUB writes the older first; whichever it is, neither takes the other's place. */
static void root_pointers_of_both_kinds_are_kept(void **state)
{
	for (int first = 0; first < 2; first++) {
		u8 *info = fake_ram + INFO, *p = info + sizeof(struct mb2_info);

		reset();
		*(struct mb2_mmap *)p = (struct mb2_mmap){ { MB2_MMAP, sizeof(struct mb2_mmap) + 24 }, 24, 0 };
		*(struct mb2_mmap_entry *)(p + sizeof(struct mb2_mmap)) = (struct mb2_mmap_entry){ 0, 1 << 20, 1, 0 };
		p += sizeof(struct mb2_mmap) + 24;
		for (int i = 0; i < 2; i++, p += 48) {		/* 28 bytes or 44, and then to a multiple of 8 */
			bool old = i == first;

			*(struct mb2_tag *)p = old ? (struct mb2_tag){ MB2_ACPI_OLD, 28 } : (struct mb2_tag){ MB2_ACPI_NEW, 44 };
			memset(p + 8, old ? 'o' : 'n', 40);
			p -= old ? 16 : 0;
		}
		*(struct mb2_tag *)p = (struct mb2_tag){ MB2_END, 8 };
		*(struct mb2_info *)info = (struct mb2_info){ p + 8 - info, 0 };
		boot_info_init(BOOT_MULTIBOOT2, INFO);
		for (int i = 0; i < 36; i++) {
			assert_int_equal(boot_info.rsdp_copy[RSDP_ACPI_2][i], 'n');
			assert_int_equal(boot_info.rsdp_copy[RSDP_ACPI_1][i], i < 20 ? 'o' : 0);
		}
	}
}

static void long_command_line_is_cut_at_a_word(void **state)
{
	struct hvm_start_info *si = (struct hvm_start_info *)(fake_ram + INFO);
	char *line = (char *)fake_ram + 0x100000;
	size_t len;

	for (len = 2000; len < 4200; len++) {
		memset(line, 0, 8192);
		for (size_t i = 0; i < len; i++)
			line[i] = i % 7 == 6 ? ' ' : 'a' + i % 7;
		reset();
		*si = (struct hvm_start_info){ .magic = PVH_MAGIC, .version = 1, .memmap_paddr = MAP, .memmap_entries = 1,
					       .cmdline_paddr = 0x100000 };
		map[0] = (struct hvm_memmap_entry){ 0, 1 << 20, 1, 0 };
		same_command_line(BOOT_PVH, INFO);
		assert_int_equal(boot_info.cmdline_cut, len >= COMMAND_LINE_SIZE);
		if (boot_info.cmdline_cut)
			assert_int_equal(strlen(boot_info.cmdline) % 7, 6);
		else
			assert_int_equal(strlen(boot_info.cmdline), len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_address_has_its_highest_type),
		cmocka_unit_test(thousands_of_pieces_lose_ram_only),
		cmocka_unit_test(alternating_pieces_of_ram_keep_the_largest),
		cmocka_unit_test(framebuffer_must_lie_where_nothing_else_does),
		cmocka_unit_test(damaged_multiboot2_info_is_survived),
		cmocka_unit_test(tag_as_long_as_all_memory_is_the_last),
		cmocka_unit_test(root_pointers_of_both_kinds_are_kept),
		cmocka_unit_test(long_command_line_is_cut_at_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
