/*
 * tests/kernel/test_snapshot.c - snapshots: form, sums, place among the events, and no memory
 *
 * That the parts of a snapshot agree with each other is checked outside (tools/snapshot.py); here is
 * what needs the kernel: single pages of a known address space, failing allocations, events.
 */
#include <fail_nth.h>
#include <snapshot.h>
#include <time.h>
#include <trace.h>
#include <vmalloc.h>
#include "mm_util.h"
#include "../../mm/page_internal.h"

static struct snapshot *take(const char *words)
{
	struct snap_what what;

	return snap_parse(words, strlen(words), &what) ? ERR_PTR(-EINVAL) : snapshot_take(&what);
}

/* Does @text lie in the snapshot? */
static bool says(const struct snapshot *s, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= s->len; i++)
		if (!memcmp(s->buf + i, text, n))
			return true;
	return false;
}

/* The number after the last @name of the snapshot. */
static unsigned long last_number(const struct snapshot *s, const char *name)
{
	size_t n = strlen(name), i = s->len - n;
	unsigned long value = 0;

	while (i > 0 && memcmp(s->buf + i, name, n))
		i--;
	for (i += n; i < s->len && s->buf[i] >= '0' && s->buf[i] <= '9'; i++)
		value = value * 10 + s->buf[i] - '0';
	return value;
}

/* ---- what may be asked for ---- */

KTEST(snapshot, words_choose_a_part_and_nonsense_is_refused)
{
	static const char *const bad[] = { "alles", "all 1", "mm", "mm 0", "mm x", "mm 1 2", "mm 4294967296",
					   "mm -1", "pages", "pages 1", "pages 2 2", "pages 3 2", "pages 1 2 3",
					   "pages 1 18446744073709551616", "page 1 2", "mm1", "mm 1x" };
	struct snap_what what;

	EXPECT(!snap_parse("", 0, &what) && what.kind == SNAP_ALL);
	EXPECT(!snap_parse("\n", 1, &what) && what.kind == SNAP_ALL);
	EXPECT(!snap_parse("all\n", 4, &what) && what.kind == SNAP_ALL);
	EXPECT(!snap_parse("mm 4294967295", 13, &what) && what.kind == SNAP_MM && what.mm == ~0U);
	EXPECT(!snap_parse("pages  7  9\n", 12, &what) && what.kind == SNAP_PAGES && what.from == 7 && what.to == 9);
	EXPECT_EQ(snap_parse("mm 1\0x", 6, &what), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(snap_parse(bad[i], strlen(bad[i]), &what), -EINVAL);
}

KTEST(snapshot, what_is_not_there_is_said)
{
	struct snap_what beyond = { .kind = SNAP_PAGES, .from = max_pfn, .to = max_pfn + 1 };

	EXPECT_EQ(PTR_ERR(take("mm 4294967295")), -ESRCH);
	EXPECT_EQ(PTR_ERR(snapshot_take(&beyond)), -EINVAL);
	beyond.from = 0;
	EXPECT_EQ(PTR_ERR(snapshot_take(&beyond)), -EINVAL);
	beyond.to = ~0UL;
	EXPECT_EQ(PTR_ERR(snapshot_take(&beyond)), -EINVAL);
}

/* ---- the form ---- */

/* One JSON object from @p to @end?  (strings, nesting, and nothing outside) */
static bool is_object(const char *p, const char *end)
{
	int depth = 0;

	if (*p != '{' || end[-1] != '}')
		return false;
	for (; p < end; p++) {
		if (*p < ' ' || *p > '~')
			return false;
		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\';
			if (p >= end)
				return false;
			continue;
		}
		depth += *p == '{' || *p == '[' ? 1 : *p == '}' || *p == ']' ? -1 : 0;
		if (depth <= 0 && p != end - 1)
			return false;
		if (*p == ',' && (p[1] == ',' || p[1] == ']' || p[1] == '}'))
			return false;
	}
	return depth == 0;
}

/* How many lines; 0: one of them is no object. */
static unsigned long objects(const struct snapshot *s)
{
	unsigned long n = 0;
	size_t i = 0, from;

	while (i < s->len) {
		for (from = i; i < s->len && s->buf[i] != '\n'; i++)
			;
		if (i == s->len || !is_object(s->buf + from, s->buf + i))
			return 0;
		i++;
		n++;
	}
	return n;
}

KTEST(snapshot, every_line_is_an_object_and_all_are_counted)
{
	struct snapshot *s = take("all");
	unsigned long n, says_lines;

	EXPECT(!IS_ERR(s));
	n = objects(s);
	says_lines = last_number(s, "\"lines\":");
	snapshot_free(s);
	EXPECT(n > 100);
	EXPECT_EQ(says_lines, n - 1);
}

/* Bit by bit, as the polynomial is written. */
static u32 slow_crc(const char *p, size_t len)
{
	u32 crc = ~0U;

	while (len--) {
		crc ^= (u8)*p++;
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

KTEST(snapshot, the_checksum_is_crc32_of_all_before_the_last_line)
{
	struct snapshot *s = take("pages 0 300");
	char want[40];
	size_t len;
	bool right;

	EXPECT(!IS_ERR(s));
	for (len = s->len - 1; len && s->buf[len - 1] != '\n'; len--)
		;
	snprintf(want, sizeof(want), "\"crc32\":\"%08x\"}\n", slow_crc(s->buf, len));
	right = says(s, want);
	snapshot_free(s);
	EXPECT_EQ(slow_crc("123456789", 9), (long)0xcbf43926);
	EXPECT(right);
}

/* ---- what it shows ---- */

MM_TEST(snapshot, an_address_space_is_shown_as_it_is)
{
	char area[160], entries[80], words[24];
	struct snapshot *s;
	bool has_area, has_entry;

	EXPECT_EQ(map_at(0, 4, RW), AT(0));
	EXPECT(poke(AT(2), 1));
	snprintf(words, sizeof(words), "mm %u", mm->id);
	s = take(words);
	EXPECT(!IS_ERR(s));
	snprintf(area, sizeof(area), "{\"k\":\"snap.vma\",\"mm\":%u,\"s\":\"%lx\",\"e\":\"%lx\",\"f\":\"%lx\"", mm->id,
		 AT(0), AT(4), mm->mmap->vm_flags);
	snprintf(entries, sizeof(entries), "\"ents\":[[%lu,\"%lx\"]]", pte_index(AT(2)),
		 (unsigned long)entry(mm, AT(2)).pte);
	has_area = says(s, area);
	has_entry = says(s, entries);
	snapshot_free(s);
	EXPECT(has_area);
	EXPECT(has_entry);
}

MM_TEST(snapshot, a_page_shared_by_fork_is_found_through_its_anon_vma)
{
	struct mm_struct *child;
	char at[120], words[40];
	unsigned long pfn;
	struct snapshot *s;
	bool both;

	EXPECT_EQ(map_at(0, 1, RW), AT(0));
	EXPECT(poke(AT(0), 1));
	pfn = page_to_pfn(page_at(mm, AT(0)));
	child = dup_mm(mm);
	EXPECT(!IS_ERR(child));
	snprintf(words, sizeof(words), "pages %lu %lu", pfn, pfn + 1);
	s = take(words);
	snprintf(at, sizeof(at), "{\"k\":\"snap.rmap\",\"pfn\":%lu,\"at\":[[%u,\"%lx\"],[%u,\"%lx\"]]}", pfn, mm->id,
		 AT(0), child->id, AT(0));
	both = !IS_ERR(s) && says(s, at);
	if (!IS_ERR(s))
		snapshot_free(s);
	mmput(child);
	EXPECT(both);
}

/* An mm that is made or taken down while its tasks sleep: links are left out, not followed. */
MM_TEST(snapshot, an_mm_without_a_tree_is_shown_by_its_list)
{
	struct rb_node *root = mm->mm_rb.rb_node;
	struct snapshot *s;
	bool shown;
	char words[24];

	EXPECT_EQ(map_at(0, 1, RW), AT(0));
	EXPECT_EQ(map_at(2, 1, PROT_READ), AT(2));
	root = mm->mm_rb.rb_node;
	mm->mm_rb = RB_ROOT;
	snprintf(words, sizeof(words), "mm %u", mm->id);
	s = take(words);
	mm->mm_rb.rb_node = root;
	EXPECT(!IS_ERR(s));
	shown = says(s, "\"rb_root\":null") && says(s, "\"rb\":null");
	snapshot_free(s);
	EXPECT(shown);
}

static int closes, areas_seen[3];

static void look_while_closing(struct vm_area_struct *vma)
{
	struct snapshot *s;
	char words[24];

	snprintf(words, sizeof(words), "mm %u", vma->vm_mm->id);
	s = take(words);
	if (IS_ERR(s))
		return;
	for (size_t i = 0; i + 10 < s->len && closes < 3; i++)
		areas_seen[closes] += !memcmp(s->buf + i, "\"snap.vma\"", 10);
	closes++;
	snapshot_free(s);
}

/* ->close may sleep, and then anybody may look: at the areas that are still there. */
MM_TEST(snapshot, a_dying_mm_shows_what_is_left_of_it)
{
	static const struct vm_operations_struct ops = { .close = look_while_closing };
	struct mm_struct *child;

	closes = 0;
	memset(areas_seen, 0, sizeof(areas_seen));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(map_at(2 * i, 1, RW), AT(2 * i));
	child = dup_mm(mm);
	EXPECT(!IS_ERR(child));
	for (struct vm_area_struct *v = child->mmap; v; v = v->vm_next)
		v->vm_ops = &ops;
	mmput(child);
	EXPECT_EQ(closes, 3);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(areas_seen[i], 2 - i);
}

/* ---- memory ---- */

#ifdef QUIRE_DEBUG
KTEST(snapshot, without_memory_it_says_so_and_keeps_nothing)
{
	for (int for_good = 0; for_good < 2; for_good++) {
		unsigned long nth = 0, failed;

		do {
			struct snapshot *s;

			fail_alloc(++nth, for_good);
			s = take("pages 0 64");
			failed = fail_alloc(0, false);
			if (!IS_ERR(s))
				snapshot_free(s);
			EXPECT(failed ? PTR_ERR(s) == -ENOMEM : !IS_ERR(s));
			EXPECT(nth < 5000);
		} while (failed);
		EXPECT(nth > 3);
	}
}
#endif

KTEST(snapshot, nobody_is_killed_for_one)
{
	unsigned long keep = nr_free_pages(), nr = 0, kills = vm_event_sum(OOM_KILL);
	static struct page *first;		/* chained by ->private */
	struct snapshot *s;

	if (keep > 65536) {
		ktest_skip(t, "too much memory to use up");
		return;
	}
	/* All is taken but the reserve. */
	for (; nr_free_pages() > min_free_pages(); nr++) {
		struct page *page = alloc_page(__GFP_HIGH | __GFP_NOWARN);

		if (!page)
			break;
		page->private = (unsigned long)first;
		first = page;
	}
	s = take("all");
	while (first) {
		struct page *page = first;

		first = (struct page *)page->private;
		__free_page(page);
	}
	if (!IS_ERR(s))
		snapshot_free(s);
	EXPECT(nr < keep);
	EXPECT_EQ(PTR_ERR(s), -ENOMEM);
	EXPECT_EQ(vm_event_sum(OOM_KILL), kills);
}

/* ---- its place among the events ---- */

/* The number of the event that the first line says comes next on @cpu. */
static unsigned long next_event(const struct snapshot *s, u32 cpu)
{
	static const char name[] = "\"seq\":[";
	unsigned long value = 0;
	size_t i = 0;

	while (i + sizeof(name) < s->len && memcmp(s->buf + i, name, sizeof(name) - 1))
		i++;
	for (i += sizeof(name) - 1; cpu && i < s->len; i++)
		cpu -= s->buf[i] == ',';
	for (; i < s->len && s->buf[i] >= '0' && s->buf[i] <= '9'; i++)
		value = value * 10 + s->buf[i] - '0';
	return value;
}

static struct trace_cursor cursor;

KTEST(snapshot, it_lies_between_two_events_and_names_the_second)
{
	struct quire_event ev, begin = { 0 }, end = { 0 };
	u32 before = trace_mask, allocs = 0, after = 0;
	struct snapshot *s;
	unsigned long lines = 0, named = 0;

	trace_set_mask(0);
	EXPECT(!trace_set_mask(TRACE_BIT(META) | TRACE_BIT(PAGE)));
	trace_cursor_newest(&cursor);
	current->trace.muted = true;
	s = take("pages 0 64");
	current->trace.muted = false;
	trace_set_mask(0);
	while (trace_next(&cursor, NULL, &ev)) {
		allocs += ev.kind == EV_PAGE_ALLOC && !begin.kind;
		after += ev.kind == EV_PAGE_ALLOC && begin.kind;
		if (ev.kind == EV_META_SNAP)
			*(ev.e ? &end : &begin) = ev;
	}
	if (!IS_ERR(s)) {
		named = next_event(s, end.cpu);
		lines = last_number(s, "\"lines\":");
		snapshot_free(s);
	}
	trace_set_mask(before);
	EXPECT(begin.kind && end.kind);
	EXPECT_EQ(end.seq, begin.seq + 1);
	EXPECT_EQ(named, end.seq);
	EXPECT_EQ(end.a, lines);
	EXPECT(allocs > 0);		/* a muted task's buffer is told of */
	EXPECT_EQ(after, 0);
}
