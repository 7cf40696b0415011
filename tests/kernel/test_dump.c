/*
 * tests/kernel/test_dump.c - what a failing assert would show: pages, areas, address spaces
 *
 * The pictures are read back from the log by syslog(2), in the test's own address space.
 */
#include <printk.h>
#include "mm_util.h"

enum { READ_ALL = 3 };
#define TEXT_SIZE (32UL << 10)

static char *text;		/* the end of the log */

/* The last lines of the log; false: no memory. */
static bool read_log(void)
{
	unsigned long addr = map_any(TEXT_SIZE / PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS);
	long n;

	text = kmalloc(TEXT_SIZE + 1, GFP_KERNEL);
	if (IS_ERR_VALUE(addr) || !text)
		return false;
	n = do_syslog(READ_ALL, (char *)addr, TEXT_SIZE);
	if (n <= 0 || copy_from_user(text, (void *)addr, n))
		return false;
	text[n] = 0;
	return true;
}

static bool shown(const char *words)
{
	return text && strstr(text, words);
}

MM_TEST(dump, page_is_shown_by_what_it_is)
{
	struct page *plain = alloc_page(GFP_KERNEL);
	void *obj = kmalloc(64, GFP_KERNEL);
	bool ok;

	EXPECT(plain && obj && map_at(0, 1, RW) == (long)AT(0) && poke(AT(0), 1));
	dump_page(plain, "dump: a plain page");
	dump_page(virt_to_page(obj), "dump: a slab");
	dump_page(virt_to_page(mm->pgd), "dump: a page table");
	dump_page(page_at(mm, AT(0)), "dump: an anonymous page");
	dump_page(NULL, "dump: no page");
	ok = read_log() && shown("dump: a plain page\n") && shown("dump: a slab\n") && shown(" inuse ") &&
	     shown("dump: a page table\n") && shown(" entries ") && shown("refcount 1 mapcount 1") &&
	     shown("(no frame): dump: no page\n");
#ifdef QUIRE_DEBUG
	ok = ok && shown("allocated by ") && shown("page_is_shown_by_what");
#endif
	kfree(text);
	kfree(obj);
	__free_page(plain);
	EXPECT(ok);
}

MM_TEST(dump, address_space_is_shown_with_its_areas)
{
	char first[40], second[40];
	bool ok;

	EXPECT(map_at(0, 1, RW) == (long)AT(0) && map_at(2, 3, PROT_READ) == (long)AT(2));
	snprintf(first, sizeof(first), " 0x%lx-0x%lx flags", AT(0), AT(1));
	snprintf(second, sizeof(second), " 0x%lx-0x%lx flags", AT(2), AT(5));
	dump_mm(mm);
	ok = read_log() && shown("maps 2\n") && shown("total 4 locked 0") && shown(first) && shown(second);
	kfree(text);
	EXPECT(ok);
}

MM_TEST(dump, frame_that_is_no_ram_says_so)
{
	char line[160];

	format_page(~0UL >> PAGE_SHIFT, line, sizeof(line));
	EXPECT(strstr(line, "no RAM"));
	EXPECT(map_at(0, 1, RW) == (long)AT(0) && poke(AT(0), 1));
	format_page(page_to_pfn(page_at(mm, AT(0))), line, sizeof(line));
	EXPECT(strstr(line, "anonymous, refcount 1, mapcount 1"));
}
