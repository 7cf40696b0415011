/*
 * drivers/fbcon.c - characters on the linear framebuffer that the loader set up
 *
 * Purpose:    a screen where there is no text mode: UEFI machines, GRUB's graphics.
 * Invariants: nothing is written outside height * pitch bytes; video memory is never read.
 * Sources:    Multiboot2 specification, "Framebuffer info".
 */
#include <boot_info.h>
#include <screen.h>

static volatile u8 *fb;
static unsigned int scale, bytes;		/* dots per font dot; bytes per dot */
static bool fast;				/* two dots at a time */

/* The sixteen colours of a terminal as red, green, blue. */
static const u8 palette[16][3] = {
	{ 0, 0, 0 }, { 0, 0, 170 }, { 0, 170, 0 }, { 0, 170, 170 },
	{ 170, 0, 0 }, { 170, 0, 170 }, { 170, 85, 0 }, { 170, 170, 170 },
	{ 85, 85, 85 }, { 85, 85, 255 }, { 85, 255, 85 }, { 85, 255, 255 },
	{ 255, 85, 85 }, { 255, 85, 255 }, { 255, 255, 85 }, { 255, 255, 255 },
};

static u32 channel(u8 v, u8 pos, u8 size)
{
	return size ? (u32)(size >= 8 ? v : v >> (8 - size)) << pos : 0;
}

static u32 colour(unsigned int n)
{
	const struct boot_framebuffer *f = &boot_info.fb;

	return channel(palette[n][0], f->red_pos, f->red_size) |
	       channel(palette[n][1], f->green_pos, f->green_size) |
	       channel(palette[n][2], f->blue_pos, f->blue_size);
}

/*
 * Two dots side by side in all four combinations of the colours at hand: a row of a glyph is four of them
 * (32 bits a dot and no scaling: nearly every machine).
 */
struct brush {
	u32 on, off;
	u64 pair[4];
};

static void make_brush(struct brush *b, u32 on, u32 off)
{
	u64 high = (u64)on << 32, low = (u64)off << 32;

	*b = (struct brush){ on, off, { low | off, high | off, low | on, high | on } };
}

static void draw_row_fast(volatile u64 *p, u8 bits, const struct brush *b)
{
	p[0] = b->pair[bits >> 6];
	p[1] = b->pair[(bits >> 4) & 3];
	p[2] = b->pair[(bits >> 2) & 3];
	p[3] = b->pair[bits & 3];
}

static void put_dot(volatile u8 *p, u32 v)
{
	if (bytes == 4)
		*(volatile u32 *)p = v;
	else if (bytes == 2)
		*(volatile u16 *)p = v;
	else
		for (unsigned int i = 0; i < 3; i++)
			p[i] = v >> (8 * i);
}

/* One line of dots of a glyph row, each font dot @scale wide. */
static void draw_row(volatile u8 *p, u8 bits, const struct brush *b)
{
	for (int bit = FONT_WIDTH - 1; bit >= 0; bit--)
		for (unsigned int i = 0; i < scale; i++, p += bytes)
			put_dot(p, (bits >> bit) & 1 ? b->on : b->off);
}

static void fb_draw(unsigned int x, unsigned int y, cell_t cell, bool cursor)
{
	const u8 *glyph = font_glyph(cell_code(cell));
	unsigned int fg = cell_attr(cell) & 15, bg = (cell_attr(cell) >> 4) & 7;
	volatile u8 *p = fb + (size_t)y * FONT_HEIGHT * scale * boot_info.fb.pitch +
			 (size_t)x * FONT_WIDTH * scale * bytes;
	struct brush b;

	make_brush(&b, colour(cursor ? bg : fg), colour(cursor ? fg : bg));
	for (unsigned int row = 0; row < FONT_HEIGHT * scale; row++, p += boot_info.fb.pitch)
		if (fast)
			draw_row_fast((volatile u64 *)p, glyph[row], &b);
		else
			draw_row(p, glyph[row / scale], &b);
}

static struct screen screen = { .name = "framebuffer", .draw = fb_draw };

/* The dots of the font are made larger as long as that leaves 100 characters a line. */
const struct screen *fb_screen_init(void)
{
	const struct boot_framebuffer *f = &boot_info.fb;

	bytes = (f->bpp + 7) / 8;
	if (!f->addr || f->text || bytes < 2 || bytes > 4 || f->pitch < f->width * bytes)
		return NULL;
	scale = max(f->width / (100 * FONT_WIDTH), 1U);
	screen.cols = min(f->width / (FONT_WIDTH * scale), (u32)SCREEN_MAX_COLS);
	screen.rows = min(f->height / (FONT_HEIGHT * scale), (u32)SCREEN_MAX_ROWS);
	if (screen.cols < 20 || screen.rows < 2)
		return NULL;
	fb = framebuffer_map();
	fast = scale == 1 && bytes == 4 && f->pitch % 8 == 0 && f->addr % 8 == 0;
	return fb ? &screen : NULL;
}
