/*
 * tests/kernel/test_boot.c - what boot/ leaves behind: boot_info, memblock, the command line,
 * the borders of the image
 */
#include <asm/extable.h>
#include <asm/page.h>
#include <boot.h>
#include <boot_info.h>
#include <kaslr.h>
#include <ktest.h>
#include <memblock.h>
#include <mm.h>
#include <printk.h>
#include <sections.h>
#include <string.h>

/* A function with a name to look for. */
static noinline void slide_tests_name(void)
{
	asm volatile("");
}

KTEST(boot, kernel_lies_on_a_2mib_border)
{
	const char *first = _text;
	unsigned long entry = 0;

	EXPECT_EQ(__pa(_text) & ~PMD_MASK, KERNEL_LINK_PHYS & ~PMD_MASK);
	EXPECT_EQ(phys_base & ~PMD_MASK, 0);
	EXPECT(walk_leaf(init_pgd, (unsigned long)_text, &entry) > 0);
	EXPECT_EQ(entry & PTE_PFN_MASK, __pa(_text));		/* by the tables, not by the same sum again */
	EXPECT(!memcmp(first, __va(__pa(first)), 64));
}

/* tools/test.py compares the offsets of several boots. */
KTEST(boot, slide_is_whole_and_stays_in_the_kernels_gib)
{
	unsigned long offset = kaslr_offset(), size = _end - _text;

	pr_info("kaslr offset %#lx\n", offset);
	EXPECT_EQ(offset & ~PMD_MASK, 0);
	if (cmdline_has("nokaslr")) {
		EXPECT_EQ(offset, 0);
		return;
	}
	EXPECT(offset >= size);			/* where it was linked nothing is mapped */
	EXPECT(KERNEL_VMA + KERNEL_LINK_PHYS + offset + size <= KERNEL_VMA_END);
	EXPECT(probe_read((void *)(KERNEL_VMA + KERNEL_LINK_PHYS)) & PROBE_FAULTED);
}

static const void *const known[] = { slide_tests_name, &known, _text, boot_stack };

KTEST(boot, addresses_in_code_and_data_have_slid)
{
	const void *volatile from_code[] = { slide_tests_name, &known, _text, boot_stack };
	char name[64];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		EXPECT_EQ(known[i], from_code[i]);	/* the linker's and the instructions' */
		EXPECT(known[i] >= (void *)_text && known[i] < (void *)_end);
	}
	EXPECT(!strncmp(sprint_symbol(name, sizeof(name), (unsigned long)slide_tests_name), "slide_tests_name+0x0/", 21));
}

KTEST(boot, list_of_addresses_is_given_back)
{
	EXPECT(&__relocs_end[0] > &__relocs_start[0]);
	EXPECT(probe_read(__relocs_start) & PROBE_FAULTED);
}

KTEST(boot, memory_map_was_read)
{
	unsigned long ram = 0;

	EXPECT(boot_info.protocol != NULL);
	EXPECT(boot_info.nr_mem > 0);
	for (unsigned int i = 0; i < boot_info.nr_mem; i++)
		if (boot_info.mem[i].type == BOOT_MEM_RAM)
			ram += boot_info.mem[i].size;
	EXPECT(ram >= totalram_pages() * PAGE_SIZE);
}

/* Frames of [@pfn, @end) in the buddies; the CPUs' own lists have a few more. */
static unsigned long free_frames(unsigned long pfn, unsigned long end)
{
	unsigned long n = 0;

	for (; pfn < end; pfn++) {
		const struct page *page = pfn_valid(pfn) ? pfn_to_page(pfn) : NULL;
		unsigned int order;

		if (!page || !PageBuddy(page))
			continue;
		order = min((unsigned int)READ_ONCE(page->order), MAX_ORDER - 1U);
		n += 1UL << order;
		pfn += (1UL << order) - 1;
	}
	return n;
}

/* tools/oddmachines.py looks for the lines. */
KTEST(boot, large_pieces_of_ram_are_the_allocators)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];
		unsigned long free;

		if (m->type != BOOT_MEM_RAM || m->size < 64UL << 20)
			continue;
		free = free_frames(PFN_UP(m->base), PFN_DOWN(m->base + m->size));
		pr_info("RAM at %#lx: %lu of %lu MiB are free\n", (unsigned long)m->base, free >> 8, (unsigned long)m->size >> 20);
		EXPECT(cmdline_has("mem") || free);
	}
}

/* Also not when what the loader had put there has been given back: boots/memory-low-initramfs. */
KTEST(boot, kernel_image_and_first_mib_are_not_the_allocators)
{
	for (phys_addr_t p = 0; p < 0x100000; p += PAGE_SIZE) {
		EXPECT(memblock_is_reserved(p));
		EXPECT(!pfn_valid(PFN_DOWN(p)) || PageReserved(pfn_to_page(PFN_DOWN(p))));
	}
	pr_info("the initramfs lay at %#lx\n", (unsigned long)boot_info.initrd);
	for (char *p = _text; p < __bss_stop; p += PAGE_SIZE)
		EXPECT(memblock_is_reserved(__pa(p)));
}

KTEST(boot, sections_are_page_aligned)
{
	const char *const borders[] = { _text, _etext, __init_begin, __inittext_end, __init_end,
					__rodata_start, __rodata_end, __ro_after_init_start,
					__ro_after_init_end, _data, _edata, __kallsyms_start,
					__kallsyms_end, __relocs_free, __bss_stop, _end };

	for (size_t i = 0; i < ARRAY_SIZE(borders); i++) {
		EXPECT(IS_ALIGNED((unsigned long)borders[i], PAGE_SIZE));
		EXPECT(i == 0 || borders[i - 1] <= borders[i]);
	}
}

KTEST(boot, entry_time_was_taken)
{
	EXPECT(boot_tsc != 0);
}

/* ---- the command line: each case brings its own --------------------------------------------- */

static char saved_cmdline[COMMAND_LINE_SIZE];

static void use_cmdline(const char *line)
{
	memcpy(saved_cmdline, boot_info.cmdline, sizeof(saved_cmdline));
	strlcpy(boot_info.cmdline, line, sizeof(boot_info.cmdline));
}

static void restore_cmdline(void)
{
	memcpy(boot_info.cmdline, saved_cmdline, sizeof(saved_cmdline));
}

KTEST(boot, only_whole_words_match)
{
	bool part, whole;

	use_cmdline("wait0 xquiet quiet");
	part = cmdline_has("wait") || cmdline_has("uiet");
	whole = cmdline_has("quiet") && cmdline_has("wait0");
	restore_cmdline();
	EXPECT(!part);
	EXPECT(whole);
}

/* As the loader left it: nothing behind its last byte is its own. */
KTEST(boot, line_is_read_to_its_last_byte_and_by_the_same_rules)
{
	static const struct { const char *line; bool has; } cases[] = {
		{ "nokaslr", true }, { "a nokaslr b", true }, { "a\tnokaslr", true }, { "\"nokaslr\"", false },
		{ "\"nokaslr=a b\"", true }, { "nokaslr=1", true }, { "x=\"a nokaslr b\"", false }, { "", false },
		{ "-- nokaslr", false }, { "nokaslr --", true }, { "nokaslrx xnokaslr", false }, { "nokasl", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = strlen(cases[i].line);
		bool here, there;

		use_cmdline(cases[i].line);
		there = cmdline_has("nokaslr");
		strlcpy(boot_info.cmdline + len, "r nokaslr", 16);
		here = cmdline_line_has(boot_info.cmdline, len, "nokaslr");
		restore_cmdline();
		EXPECT_EQ(here, cases[i].has);
		EXPECT_EQ(there, cases[i].has);
	}
}

KTEST(boot, last_value_wins)
{
	char a[16] = "", second[16] = "";

	use_cmdline("console=tty0 x console=ttyS0");
	cmdline_get("console", a, sizeof(a));
	cmdline_get_nth("console", 0, second, sizeof(second));
	restore_cmdline();
	EXPECT(!strcmp(a, "ttyS0"));
	EXPECT(!strcmp(second, "tty0"));
}

KTEST(boot, words_after_dashes_belong_to_init)
{
	const char *argv[4];
	char buf[64];
	bool ours;
	int n;

	use_cmdline("a -- selftestx 'b \"c d\" e f");
	ours = cmdline_has("selftestx");
	n = cmdline_init_args(argv, 3, buf, sizeof(buf));
	restore_cmdline();
	EXPECT(!ours);
	EXPECT_EQ(n, 3);
	EXPECT(!strcmp(argv[0], "selftestx"));
	EXPECT(!strcmp(argv[2], "c d"));
}

KTEST(boot, numbers_take_suffixes)
{
	unsigned long a, b, c, d, e;

	use_cmdline("a=64M b=0x10 c=2g d=oops e=-1");
	a = cmdline_num("a", 1);
	b = cmdline_num("b", 1);
	c = cmdline_num("c", 1);
	d = cmdline_num("d", 77);
	e = cmdline_num("e", 0);
	restore_cmdline();
	EXPECT_EQ(a, 64 << 20);
	EXPECT_EQ(b, 16);
	EXPECT_EQ(c, 2UL << 30);
	EXPECT_EQ(d, 77);
	EXPECT_EQ(e, -1);
}

KTEST(boot, long_values_are_cut_not_overrun)
{
	char small[4] = "zzz";

	use_cmdline("name=abcdefgh");
	cmdline_get("name", small, sizeof(small));
	restore_cmdline();
	EXPECT(!strcmp(small, "abc"));
}
