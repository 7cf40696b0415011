/*
 * drivers/panic_screen.c - a panic is seen, also when it comes before the screen has its driver
 *
 * Purpose:    a laptop has no serial port.  What ends the boot before vt_init() (too little RAM, a CPU that lacks
 *             something, a fault) is drawn once on the screen that the loader left: its framebuffer, else VGA text.
 *
 *   the log's last lines, as many as fit       with the newest at the end; lines are wrapped
 *   ...
 *   Kernel panic - not syncing: ...            bright, and never above the top: a long panic loses its end
 *
 * Invariants: nothing is drawn unless a panic has begun, and then at most once: a fault on the way ends in
 *             panic_begin(), which stops.  Nothing is allocated, no lock is waited for.
 *             Nothing is drawn over RAM.
 * Simplified: what is not ASCII is a question mark.
 */
#include <asm/page.h>
#include <asm/phys_range.h>
#include <boot_info.h>
#include <panic.h>
#include <printk.h>
#include <screen.h>
#include <sections.h>

#define PLAIN	0x07
#define BRIGHT	0x0f

/* ---- the screen ------------------------------------------------------------------------------ */

/* Over RAM or the kernel nothing is drawn, whatever the loader says. */
static bool may_draw(const struct boot_framebuffer *f)
{
	u64 size = (u64)f->pitch * f->height;

	return !boot_ram_overlaps(f->addr, size) && !phys_ranges_overlap(f->addr, size, __pa(_text), _end - _text);
}

static volatile void *map_framebuffer(void)
{
	const struct boot_framebuffer *f = &boot_info.fb;

	return may_draw(f) ? panic_map(f->addr, (size_t)f->pitch * f->height) : NULL;
}

/* As vt_init() looks for one; a framebuffer that cannot be used is none. */
static const struct screen *find_screen(void)
{
	const struct screen *s = fb_screen_init(map_framebuffer);

	if (s)
		return s;
	if (!boot_info.fb.text)
		boot_info.fb = (struct boot_framebuffer){ 0 };
	return vga_screen_init(panic_map);
}

/* ---- the text -------------------------------------------------------------------------------- */

/* Lines of the screen that a line of the log takes; @len counts its newline. */
static unsigned int rows_of(const struct screen *s, size_t len)
{
	return len > 1 ? DIV_ROUND_UP(len - 1, s->cols) : 1;
}

/* Where in the log to begin, so that its end is seen, but the panic's first line too. */
static u64 first_shown(const struct screen *s)
{
	unsigned int rows = 0;
	u64 pos = 0;
	size_t len;

	while (log_panic_line(&pos, &len))
		rows += rows_of(s, len);
	for (pos = 0; rows > s->rows && pos < log_panic_start() && log_panic_line(&pos, &len); )
		rows -= rows_of(s, len);
	return pos;
}

static void draw_blanks(const struct screen *s, unsigned int x, unsigned int y)
{
	for (; x < s->cols; x++)
		s->draw(x, y, make_cell(' ', PLAIN), false);
}

/* One line of the log from line @y on, as far as there is room; the line of the screen behind it. */
static unsigned int draw_line(const struct screen *s, unsigned int y, const char *text, size_t len, u8 attr)
{
	unsigned int x = 0;

	for (; len > 1 && y < s->rows; text++, len--) {
		u8 c = *text;

		s->draw(x, y, make_cell(c < ' ' ? ' ' : c < 0x7f ? c : '?', attr), false);
		if (++x == s->cols && len > 2) {
			x = 0;
			y++;
		}
	}
	if (y < s->rows)
		draw_blanks(s, x, y);
	return y + 1;
}

static void draw_log(const struct screen *s)
{
	u64 pos = first_shown(s), start = log_panic_start(), at = pos;
	unsigned int y = 0;
	const char *text;
	size_t len;

	while (y < s->rows && (text = log_panic_line(&pos, &len))) {
		y = draw_line(s, y, text, len, at < start ? PLAIN : BRIGHT);
		at = pos;
	}
	for (; y < s->rows; y++)
		draw_blanks(s, 0, y);
	if (s->move_cursor)
		s->move_cursor(0, 0, false);
}

void panic_screen_show(void)
{
	static bool begun;
	const struct screen *s;

	if (begun || vt_has_log())
		return;
	begun = true;
	s = find_screen();
	if (s)
		draw_log(s);
}
