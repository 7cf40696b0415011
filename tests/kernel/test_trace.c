/*
 * tests/kernel/test_trace.c - rings of events: order, loss, filter, what a record costs
 */
#include <asm/processor.h>
#include <ktest.h>
#include <mm.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <trace.h>

static struct trace_cursor cursor;
static u32 before;			/* what was traced around the case */

/* Only what a case emits itself: the group of marks, no filter. */
static bool start(u32 mask)
{
	before = trace_mask;
	if (trace_set_mask(0) || trace_set_mask(mask))
		return false;
	trace_set_pid(0);
	trace_cursor_newest(&cursor);
	return true;
}

static void stop(void)
{
	trace_set_mask(0);
	trace_set_pid(0);
}

static void restore(void)
{
	trace_set_mask(before);
}

KTEST(trace, a_mask_with_unknown_bits_is_refused)
{
	u32 mask, was = trace_mask;

	EXPECT_EQ(trace_set_mask(1 << 11), -EINVAL);
	EXPECT_EQ(trace_set_mask(1U << 31), -EINVAL);
	EXPECT_EQ(trace_mask, was);
	EXPECT_EQ(trace_parse_mask("3ff\n", 4, &mask), 0);
	EXPECT_EQ(mask, 0x3ff);
	EXPECT_EQ(trace_parse_mask("0x", 2, &mask), -EINVAL);
	EXPECT_EQ(trace_parse_mask("", 0, &mask), -EINVAL);
	EXPECT_EQ(trace_parse_mask("123456789", 9, &mask), -EINVAL);
}

KTEST(trace, events_are_read_in_order_and_once)
{
	struct quire_event ev;
	u32 seq;

	EXPECT(start(1));
	for (u64 i = 0; i < 10; i++)
		trace_emit(EV_META_MARK, 0, 0, i, 0, 0, 0);
	stop();
	for (u64 i = 0; i < 10; i++) {
		EXPECT(trace_next(&cursor, NULL, &ev));
		EXPECT_EQ(ev.kind, EV_META_MARK);
		EXPECT_EQ(ev.a, i);
		EXPECT(!i || ev.seq == seq + 1);
		seq = ev.seq;
	}
	EXPECT(!trace_next(&cursor, NULL, &ev));
	restore();
}

KTEST(trace, what_was_overwritten_is_counted)
{
	u64 records = (trace_ring_nr_pages() - 1) * PAGE_SIZE / sizeof(struct quire_event), lost = 0, n = 0;
	struct quire_event ev;

	EXPECT(start(1));
	records = (trace_ring_nr_pages() - 1) * PAGE_SIZE / sizeof(struct quire_event);
	for (u64 i = 0; i < 3 * records; i++)
		trace_emit(EV_META_MARK, 0, 0, i, 0, 0, 0);
	stop();
	while (trace_next(&cursor, NULL, &ev)) {
		if (ev.kind == EV_META_LOST) {
			EXPECT(!lost);
			lost = ev.a;
		} else {
			EXPECT_EQ(ev.a, lost + n);
			n++;
		}
	}
	EXPECT_EQ(lost + n, 3 * records);
	EXPECT(n >= records / 2);
	restore();
}

KTEST(trace, a_filtered_or_muted_task_says_nothing)
{
	struct quire_event ev;

	EXPECT(start(1));
	trace_set_pid(PID_MAX - 1);
	trace_emit(EV_META_MARK, 0, 0, 1, 0, 0, 0);
	trace_set_pid(current->pid);
	trace_emit(EV_META_MARK, 0, 0, 2, 0, 0, 0);
	current->trace.muted = true;
	trace_emit(EV_META_MARK, 0, 0, 3, 0, 0, 0);
	current->trace.muted = false;
	stop();
	EXPECT(trace_next(&cursor, NULL, &ev));
	EXPECT_EQ(ev.a, 2);
	EXPECT(!trace_next(&cursor, NULL, &ev));
	restore();
}

/* The kinds that only readers make, or that need a program: their lines at least have a form. */
KTEST(trace, a_line_is_json_whatever_the_record_holds)
{
	static char line[2 * TRACE_LINE_MAX];
	struct quire_event ev;

	for (unsigned int kind = 0; kind < 12 << 8; kind += kind % 256 == 20 ? 236 : 1) {
		int quotes = 0;
		size_t n;

		memset(&ev, 0xff, sizeof(ev));
		ev.kind = kind;
		memset(line, '#', sizeof(line));
		n = trace_format(&ev, line);
		EXPECT(n <= TRACE_LINE_MAX && line[n] == '#');
		EXPECT(line[0] == '{' && line[n - 2] == '}' && line[n - 1] == '\n');
		for (size_t i = 0; i < n - 1; i++) {
			EXPECT(line[i] >= ' ' && line[i] <= '~');
			quotes += line[i] == '"';
		}
		EXPECT_EQ(quotes % 2, 0);
	}
}

KTEST(trace, a_page_is_told_from_alloc_to_free)
{
	int allocs = 0, frees = 0;
	struct quire_event ev;
	unsigned long pfn;
	struct page *page;

	EXPECT(start(TRACE_BIT(PAGE)));
	page = alloc_page(GFP_KERNEL);
	if (page) {
		pfn = page_to_pfn(page);
		put_page(page);
	}
	stop();
	EXPECT(page);
	while (trace_next(&cursor, NULL, &ev)) {
		allocs += ev.kind == EV_PAGE_ALLOC && ev.a == pfn && ev.e == 0 && !frees;
		frees += ev.kind == EV_PAGE_FREE && ev.a == pfn;
	}
	EXPECT_EQ(allocs, 1);
	EXPECT_EQ(frees, 1);
	restore();
}

/* Instructions that a compiler adds to check or count are not the record's. */
#if defined(QUIRE_UBSAN) || defined(QUIRE_KASAN) || defined(QUIRE_GCOV)
#define INSTRUMENTED true
#else
#define INSTRUMENTED false
#endif

/* Where the time stamp counter counts instructions (QEMU -icount: 1 GHz): at most 120. */
KTEST(trace, a_record_costs_at_most_120_instructions)
{
	const int n = 1000;
	u64 took = ~0UL;

	if (INSTRUMENTED || tsc_khz < 999000 || tsc_khz > 1001000) {
		ktest_skip(t, INSTRUMENTED ? "instrumented" : "no -icount");
		return;
	}
	EXPECT(start(0x3ff));
	for (int run = 0; run < 7; run++) {
		u64 from = rdtsc(), to;

		for (int i = 0; i < n; i++)
			trace_vma_adjust(current->active_mm, 1, 2, 3, i);
		to = rdtsc();
		took = min(took, to - from);
	}
	stop();
	EXPECT_EQ(max(took / n, 120UL), 120);
	restore();
}
