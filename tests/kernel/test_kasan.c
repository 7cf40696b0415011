/*
 * tests/kernel/test_kasan.c - each kind of forbidden access is seen (make SAN=kasan)
 *
 * Purpose:    a checker that never speaks proves nothing: make each mistake once and read the report.
 * Invariants: pointers and indices come through volatile variables, so that the compiler cannot
 *             know them.
 */
#include <asm/uaccess.h>
#include <boot_info.h>
#include <kasan.h>
#include <ktest.h>
#include <mm.h>
#include <slab.h>
#include <string.h>
#include <vmalloc.h>

#ifdef QUIRE_KASAN

static struct kasan_trap seen;
static volatile long sink;

/* Free an object of @size whose first byte behind was written: slab's own check looks there too. */
static void free_whole(char *p, size_t size)
{
	forbidden_write(p + size, 0xcc);
	kfree(p);
}

static void watch(void)
{
	memset(&seen, 0, sizeof(seen));
	WRITE_ONCE(kasan_trap, &seen);
	barrier();
}

/* Was there exactly one report, of this kind, with these words? */
static bool reported(const char *kind, const char *words)
{
	barrier();
	WRITE_ONCE(kasan_trap, NULL);
	return seen.count == 1 && strstr(seen.text, kind) && strstr(seen.text, words);
}

#define EXPECT_REPORT(kind, words) do { if (!reported(kind, words)) { \
	ktest_fail(t, __FILE__, __LINE__, "%u reports: %s", seen.count, seen.text); return; } } while (0)

KTEST(kasan, byte_behind_an_object_is_out_of_bounds)
{
	char *volatile p = kmalloc(13, GFP_KERNEL);

	EXPECT(p);
	p[12] = 1;
	watch();
	sink = p[13];
	EXPECT_REPORT("slab-out-of-bounds: read of 1 bytes", "an object of kmalloc-16");
	watch();
	p[16] = 1;
	EXPECT_REPORT("slab-out-of-bounds: write of 1 bytes", "0 bytes behind an object of kmalloc-16");
	free_whole(p, 16);
}

KTEST(kasan, word_that_reaches_over_the_end_is_out_of_bounds)
{
	char *volatile p = kmalloc(20, GFP_KERNEL);

	EXPECT(p);
	watch();
	*(volatile u64 *)(p + 16) = 1;
	EXPECT_REPORT("slab-out-of-bounds: write of 8 bytes", "allocated by ktest_kasan_word");
	kfree(p);
}

KTEST(kasan, object_of_a_cache_has_red_zones)
{
	struct kmem_cache *c = kmem_cache_create("t_kasan", 40, 0, 0, NULL);
	char *volatile p;

	EXPECT(c);
	p = kmem_cache_alloc(c, GFP_KERNEL);
	EXPECT(p);
	watch();
	sink = p[40];
	EXPECT_REPORT("slab-out-of-bounds", "0 bytes behind an object of t_kasan");
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
}

KTEST(kasan, freed_object_is_not_touched)
{
	char *volatile p = kmalloc(64, GFP_KERNEL);

	EXPECT(p);
	kfree(p);
	watch();
	sink = p[3];
	EXPECT_REPORT("slab-use-after-free: read", "3 bytes into an object of kmalloc-64");
	kfree(kmalloc(64, GFP_KERNEL));		/* the next one is another: this one waits */
	watch();
	sink = p[3];
	EXPECT_REPORT("slab-use-after-free: read", "freed by ktest_kasan_freed");
}

KTEST(kasan, freed_page_is_not_touched)
{
	struct page *page = alloc_page(GFP_KERNEL);
	char *volatile p;

	EXPECT(page);
	p = page_address(page);
	__free_page(page);
	watch();
	sink = p[100];
	EXPECT_REPORT("use-after-free of a page: read", "freed by");
}

KTEST(kasan, byte_behind_a_large_kmalloc_is_out_of_bounds)
{
	char *volatile p = kmalloc(20000, GFP_KERNEL);

	EXPECT(p);
	watch();
	p[20000] = 1;
	EXPECT_REPORT("page-out-of-bounds: write", "in page frame");
	kfree(p);
}

KTEST(kasan, byte_behind_vmalloc_is_out_of_bounds)
{
	char *volatile p = vmalloc(5000);

	EXPECT(p);
	p[4999] = 1;
	watch();
	p[5000] = 1;
	EXPECT_REPORT("vmalloc-out-of-bounds: write", "");
	vfree(p);
}

KTEST(kasan, byte_behind_a_local_array_is_out_of_bounds)
{
	volatile char local[10];
	volatile int at = 10;

	local[9] = 1;
	watch();
	local[at] = 1;
	EXPECT_REPORT("stack-out-of-bounds: write", "local");
	at = -1;
	watch();
	sink = local[at];
	EXPECT_REPORT("stack-out-of-bounds: read", "local");
}

static char table[10];

KTEST(kasan, byte_behind_a_global_is_out_of_bounds)
{
	char *volatile p = table;

	watch();
	sink = p[10];
	EXPECT_REPORT("global-out-of-bounds: read", "0 bytes behind table of tests/kernel/test_kasan.c");
}

KTEST(kasan, string_functions_look_too)
{
	char *volatile p = kmalloc(32, GFP_KERNEL), *volatile q = kmalloc(64, GFP_KERNEL);
	volatile size_t n = 33;

	EXPECT(p && q);
	watch();
	memset(p, 'x', n);
	EXPECT_REPORT("slab-out-of-bounds: write of 33 bytes", "");
	watch();
	memcpy(q, p, n);
	EXPECT_REPORT("slab-out-of-bounds: read of 33 bytes", "");
	watch();
	memmove(p, q, n);
	EXPECT_REPORT("slab-out-of-bounds: write of 33 bytes", "");
	watch();
	sink = strlen(p);		/* no NUL in it: the first byte behind is read */
	WRITE_ONCE(kasan_trap, NULL);
	EXPECT(seen.count >= 1 && strstr(seen.text, "strlen"));
	free_whole(p, 32);
	kfree(q);
}

KTEST(kasan, user_copies_look_at_the_kernels_side)
{
	struct mm_struct *mm = ktest_use_mm();
	char *volatile p = kmalloc(32, GFP_KERNEL);
	volatile size_t n = 33;
	bool written, read;

	watch();
	sink = copy_from_user(p, (void *)0x10000, n);
	written = reported("slab-out-of-bounds: write of 33 bytes", "");
	watch();
	sink = copy_to_user((void *)0x10000, p, n);
	read = reported("slab-out-of-bounds: read of 33 bytes", "");
	free_whole(p, 32);
	ktest_unuse_mm(mm);
	EXPECT(written && read);
}

KTEST(kasan, what_is_allowed_is_not_reported)
{
	char *volatile p = kmalloc(13, GFP_KERNEL);
	volatile char local[10];

	EXPECT(p);
	watch();
	for (volatile int i = 0; i < 13; i++)
		p[i] = i;
	for (volatile int i = 0; i < 10; i++)
		local[i] = p[i];
	sink = local[3] + table[9];
	WRITE_ONCE(kasan_trap, NULL);
	kfree(p);
	EXPECT_EQ(seen.count, 0);
}

/* For tools/test.py, which boots with the word "provoke" and wants to see the kernel end. */
KTEST(kasan, report_ends_the_kernel)
{
	char *volatile p;
	char word[8];

	if (!cmdline_get("provoke", word, sizeof(word))) {
		ktest_skip(t, "needs the word provoke on the command line");
		return;
	}
	p = kmalloc(13, GFP_KERNEL);
	EXPECT(p);
	p[13] = 1;
	EXPECT(!"the kernel went on");
}

#endif
