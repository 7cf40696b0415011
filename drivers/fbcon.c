/*
 * drivers/fbcon.c - characters on the linear framebuffer that the loader set up
 *
 * Purpose:    a screen where there is no text mode: UEFI machines, GRUB's graphics.
 * Invariants: nothing is written outside height * pitch bytes; video memory is never read.
 * Sources:    Multiboot2 specification, "Framebuffer info".
 */
#include <fbcon.h>
#include <printk.h>
#include <string.h>

#define GOOD_COLS	100			/* so many characters a line should fit when dots are made larger */
#define MIN_COLS	20
#define MIN_ROWS	2
#define SMALL_WIDTH	640
#define SMALL_HEIGHT	480

const struct palette default_palette = { {
	{ 0, 0, 0 }, { 0, 0, 170 }, { 0, 170, 0 }, { 0, 170, 170 },
	{ 170, 0, 0 }, { 170, 0, 170 }, { 170, 85, 0 }, { 170, 170, 170 },
	{ 85, 85, 85 }, { 85, 85, 255 }, { 85, 255, 85 }, { 85, 255, 255 },
	{ 255, 85, 85 }, { 255, 85, 255 }, { 255, 255, 85 }, { 255, 255, 255 },
} };

static u32 channel(u8 v, u8 pos, u8 size)
{
	return size ? (u32)(size >= 8 ? v : v >> (8 - size)) << pos : 0;
}

void fbcon_set_palette(struct fbcon *c, const struct palette *p)
{
	const struct boot_framebuffer *f = &c->mode;

	for (unsigned int i = 0; i < ARRAY_SIZE(c->colours); i++)
		c->colours[i] = channel(p->rgb[i][0], f->red_pos, f->red_size) |
				channel(p->rgb[i][1], f->green_pos, f->green_size) |
				channel(p->rgb[i][2], f->blue_pos, f->blue_size);
}

static inline void put_twice(volatile u64 *upper, volatile u64 *lower, u64 v)
{
	*upper = v;
	*lower = v;
}

/*
 * 32 bits a dot and each twice as wide and high: screens of 1600 dots a line and more.  A font dot is two side by side,
 * on two lines.
 */
static void draw_fast_double(const struct fbcon *c, volatile u8 *p, const u8 *glyph, u32 on, u32 off)
{
	const u64 dot[2] = { (u64)off << 32 | off, (u64)on << 32 | on };

	for (unsigned int row = 0; row < FONT_HEIGHT; row++, p += 2 * c->mode.pitch) {
		volatile u64 *upper = (volatile u64 *)p, *lower = (volatile u64 *)(p + c->mode.pitch);
		unsigned int bits = glyph[row];

		for (unsigned int x = 0; x < FONT_WIDTH; x += 4, bits <<= 4) {
			put_twice(upper + x, lower + x, dot[bits >> 7 & 1]);
			put_twice(upper + x + 1, lower + x + 1, dot[bits >> 6 & 1]);
			put_twice(upper + x + 2, lower + x + 2, dot[bits >> 5 & 1]);
			put_twice(upper + x + 3, lower + x + 3, dot[bits >> 4 & 1]);
		}
	}
}

/*
 * 32 bits a dot and no scaling: screens of less than 1600.  Two dots side by side in all four combinations of the
 * colours at hand: a row of a glyph is four of them.
 */
static void draw_fast(const struct fbcon *c, volatile u8 *p, const u8 *glyph, u32 on, u32 off)
{
	const u64 high = (u64)on << 32, low = (u64)off << 32;
	const u64 pair[4] = { low | off, high | off, low | on, high | on };

	for (unsigned int row = 0; row < FONT_HEIGHT; row++, p += c->mode.pitch) {
		volatile u64 *dots = (volatile u64 *)p;
		u8 bits = glyph[row];

		dots[0] = pair[bits >> 6];
		dots[1] = pair[(bits >> 4) & 3];
		dots[2] = pair[(bits >> 2) & 3];
		dots[3] = pair[bits & 3];
	}
}

/* A dot where a line's length may be odd. */
struct dot16 { u16 v; } __packed;
struct dot32 { u32 v; } __packed;

static void put_dot(volatile u8 *p, u32 v, unsigned int bytes)
{
	if (bytes == 4)
		((volatile struct dot32 *)p)->v = v;
	else if (bytes == 2)
		((volatile struct dot16 *)p)->v = v;
	else
		for (unsigned int i = 0; i < 3; i++)
			p[i] = v >> (8 * i);
}

/* One line of dots of a glyph row, each font dot ->scale wide. */
static void draw_row(const struct fbcon *c, volatile u8 *p, u8 bits, u32 on, u32 off)
{
	for (int bit = FONT_WIDTH - 1; bit >= 0; bit--)
		for (unsigned int i = 0; i < c->scale; i++, p += c->bytes)
			put_dot(p, (bits >> bit) & 1 ? on : off, c->bytes);
}

void fbcon_draw(const struct fbcon *c, unsigned int x, unsigned int y, cell_t cell, bool cursor)
{
	const u8 *glyph = font_glyph(cell_code(cell));
	u32 fg = c->colours[cell_attr(cell) & 15], bg = c->colours[cell_attr(cell) >> 4];
	volatile u8 *p = c->fb + (size_t)y * FONT_HEIGHT * c->scale * c->mode.pitch +
			 (size_t)x * FONT_WIDTH * c->scale * c->bytes;
	u32 on = cursor ? bg : fg, off = cursor ? fg : bg;

	if (c->fast)
		(c->scale == 1 ? draw_fast : draw_fast_double)(c, p, glyph, on, off);
	else
		for (unsigned int row = 0; row < FONT_HEIGHT * c->scale; row++, p += c->mode.pitch)
			draw_row(c, p, glyph[row / c->scale], on, off);
}

const char *fbcon_setup(struct fbcon *c, const struct boot_framebuffer *f)
{
	memset(c, 0, sizeof(*c));
	c->mode = *f;
	c->bytes = framebuffer_dot_bytes(f);
	if (!f->addr)
		return "it has no address";
	if (c->bytes < 2 || c->bytes > 4)
		return "only 15 to 32 bits a dot are known";
	if (!framebuffer_line_fits(f))
		return "a line is longer than its pitch";
	c->scale = min(max(f->width / (GOOD_COLS * FONT_WIDTH), 1U), (u32)FBCON_MAX_SCALE);
	c->cols = min(f->width / (FONT_WIDTH * c->scale), (u32)SCREEN_MAX_COLS);
	c->rows = min(f->height / (FONT_HEIGHT * c->scale), (u32)SCREEN_MAX_ROWS);
	if (c->cols < MIN_COLS || c->rows < MIN_ROWS)
		return "it is too small";
	c->fast = c->scale <= 2 && c->bytes == 4 && f->pitch % 8 == 0 && f->addr % 8 == 0;
	fbcon_set_palette(c, &default_palette);
	return NULL;
}

/* ---- the machine's own --------------------------------------------------------------------- */

static struct fbcon machine;

static void fb_draw(unsigned int x, unsigned int y, cell_t cell, bool cursor)
{
	fbcon_draw(&machine, x, y, cell, cursor);
}

static bool fb_set_palette(const struct palette *p)
{
	fbcon_set_palette(&machine, p);
	return false;
}

static struct screen screen = { .name = "framebuffer", .draw = fb_draw, .set_palette = fb_set_palette };

const struct screen *fb_screen_init(volatile void *(*map)(void))
{
	const struct boot_framebuffer *f = &boot_info.fb;
	const char *why;

	if (f->text || (!f->addr && !f->width))
		return NULL;
	why = fbcon_setup(&machine, f);
	if (!why) {
		machine.fb = map();
		why = machine.fb ? NULL : "it cannot be mapped";
	}
	if (why) {
		pr_err("fbcon: no characters on the framebuffer of %ux%u, %u bits a dot: %s\n", f->width, f->height, f->bpp, why);
		return NULL;
	}
	if (f->width < SMALL_WIDTH || f->height < SMALL_HEIGHT)
		pr_warn("fbcon: the screen of %ux%u dots is small: %u columns, %u rows\n", f->width, f->height,
			machine.cols, machine.rows);
	screen.cols = machine.cols;
	screen.rows = machine.rows;
	return &screen;
}
