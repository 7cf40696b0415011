/* links: */
/*
 * tests/host/test_panic_screen.c - the picture of a panic on a screen of 20 columns and 5 lines, and where it may be
 * drawn (drivers/panic_screen.c); that real screens show it is seen by tools/screens.py, on machines that stop early
 */
#include "cmocka_shim.h"
#include <asm/page.h>
#include <sections.h>
#include <string.h>

unsigned char fake_ram[FAKE_RAM_SIZE];
#define _text ((char *)fake_ram + IMAGE)
#define _end ((char *)fake_ram + IMAGE + IMAGE_SIZE)
#define IMAGE		0x200000UL
#define IMAGE_SIZE	0x100000UL
#include "drivers/panic_screen.c"

#define COLS	20
#define ROWS	5
#define RAM	0x1000000UL
#define RAM_END	0x4000000UL

int snprintf(char *s, size_t size, const char *fmt, ...);
void abort(void) __noreturn;
void fake_bad_address(const volatile void *p) { abort(); }

struct cpu_features cpu_features = { .phys_bits = 40 };
struct boot_info boot_info;

/* ---- the log: lines with their newlines; positions are indices ---- */

static const char *const *lines;
static u64 panic_at;

u64 log_panic_start(void) { return panic_at; }

const char *log_panic_line(u64 *pos, size_t *len)
{
	const char *line = lines[*pos];

	if (!line)
		return NULL;
	++*pos;
	*len = strlen(line);
	return line;
}

/* ---- the screens ---- */

static char shown[ROWS][COLS + 1];
static u8 attr[ROWS][COLS];
static unsigned int mapped, text_asked;
static bool vt_is_there;

bool boot_ram_overlaps(phys_addr_t base, u64 size) { return phys_ranges_overlap(base, size, RAM, RAM_END - RAM); }
bool vt_has_log(void) { return vt_is_there; }

static void draw(unsigned int x, unsigned int y, cell_t cell, bool cursor)
{
	assert_true(x < COLS && y < ROWS && !cursor);
	shown[y][x] = cell_code(cell);
	attr[y][x] = cell_attr(cell);
}

static const struct screen screen = { .name = "test", .cols = COLS, .rows = ROWS, .draw = draw };

void *panic_map(phys_addr_t pa, size_t size)
{
	mapped++;
	return fake_ram;
}

const struct screen *fb_screen_init(volatile void *(*map)(void)) { return map() ? &screen : NULL; }

const struct screen *vga_screen_init(void *(*map)(phys_addr_t pa, size_t size))
{
	text_asked++;
	return NULL;
}

/* ---- the tests ---- */

static void show(const char *const *log, u64 start)
{
	lines = log;
	panic_at = start;
	memset(shown, 0, sizeof(shown));
	memset(attr, 0, sizeof(attr));
	draw_log(&screen);
}

static void expect(const char *row0, const char *row1, const char *row2, const char *row3, const char *row4)
{
	const char *rows[ROWS] = { row0, row1, row2, row3, row4 };

	for (int y = 0; y < ROWS; y++) {
		char want[COLS + 1];

		snprintf(want, sizeof(want), "%-20s", rows[y]);
		assert_string_equal(shown[y], want);
	}
}

static void a_short_log_stands_at_the_top(void **state)
{
	static const char *const log[] = { "one\n", "two\n", "panic\n", NULL };

	show(log, 2);
	expect("one", "two", "panic", "", "");
	assert_int_equal(attr[1][0], PLAIN);
	assert_int_equal(attr[2][0], BRIGHT);
	assert_int_equal(attr[4][COLS - 1], PLAIN);
}

static void of_a_long_log_the_end_is_seen(void **state)
{
	static const char *const log[] = { "1\n", "2\n", "3\n", "4\n", "panic\n", "trace\n", NULL };

	show(log, 4);
	expect("2", "3", "4", "panic", "trace");
	assert_int_equal(attr[2][0], PLAIN);
	assert_int_equal(attr[3][0], BRIGHT);
}

static void of_a_long_panic_the_beginning_is_seen(void **state)
{
	static const char *const log[] = { "before\n", "panic\n", "1\n", "2\n", "3\n", "4\n", "5\n", NULL };

	show(log, 1);
	expect("panic", "1", "2", "3", "4");
}

/* A line of just the width takes one row, one more character a second; what is cut by the last row is cut. */
static void lines_are_wrapped(void **state)
{
	static const char *const log[] = { "01234567890123456789\n", "01234567890123456789a\n", "\n", "end\n", NULL };
	static const char *const full[] = { "1\n", "01234567890123456789\n", "3\n", "4\n", "panic\n", NULL };
	static const char *const cut[] = { "p\n", "1\n", "2\n", "3\n", "01234567890123456789a\n", NULL };

	show(log, 0);
	expect("01234567890123456789", "01234567890123456789", "a", "", "end");
	show(full, 4);
	expect("1", "01234567890123456789", "3", "4", "panic");
	show(cut, 0);
	expect("p", "1", "2", "3", "01234567890123456789");
}

static void what_is_not_ascii_is_a_question_mark(void **state)
{
	static const char *const log[] = { "a\tb\x7f\xc3\xa4\n", NULL };

	show(log, 0);
	expect("a b???", "", "", "", "");
}

static void nothing_is_drawn_over_ram_or_the_kernel(void **state)
{
	const u64 size = 480 * 4 * 640;
	struct boot_framebuffer f = { .width = 640, .height = 480, .pitch = 4 * 640, .bpp = 32 };
	const struct { phys_addr_t at; bool may; } places[] = {
		{ 1UL << 39, true }, { RAM, false }, { RAM_END - 1, false }, { RAM - 1, false }, { RAM - size + 1, false },
		{ RAM_END, true }, { IMAGE, false }, { IMAGE + IMAGE_SIZE - 1, false }, { IMAGE - size + 1, false },
		{ IMAGE + IMAGE_SIZE, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		f.addr = places[i].at;
		assert_int_equal(may_draw(&f), places[i].may);
	}
}

/* A framebuffer that cannot be used is none: there may be text.  Once there is a terminal, it shows the panic. */
static void it_is_drawn_once_and_only_without_a_terminal(void **state)
{
	static const char *const log[] = { "panic\n", NULL };

	lines = log;
	vt_is_there = true;
	panic_screen_show();
	assert_int_equal(mapped + text_asked, 0);
	vt_is_there = false;
	boot_info.fb = (struct boot_framebuffer){ .addr = RAM, .width = 640, .height = 480, .pitch = 4 * 640, .bpp = 32 };
	panic_screen_show();
	assert_int_equal(mapped, 0);
	assert_int_equal(text_asked, 1);
	assert_int_equal(boot_info.fb.addr, 0);
	boot_info.fb.addr = 1UL << 39;
	panic_screen_show();
	assert_int_equal(mapped, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_log_stands_at_the_top),
		cmocka_unit_test(of_a_long_log_the_end_is_seen),
		cmocka_unit_test(of_a_long_panic_the_beginning_is_seen),
		cmocka_unit_test(lines_are_wrapped),
		cmocka_unit_test(what_is_not_ascii_is_a_question_mark),
		cmocka_unit_test(nothing_is_drawn_over_ram_or_the_kernel),
		cmocka_unit_test(it_is_drawn_once_and_only_without_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
