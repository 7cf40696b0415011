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
static void draw_line(volatile u8 *p, u8 bits, u32 on, u32 off)
{
	for (int bit = FONT_WIDTH - 1; bit >= 0; bit--)
		for (unsigned int i = 0; i < scale; i++, p += bytes)
			put_dot(p, bit && (bits >> (bit - 1)) & 1 ? on : off);
}

static void fb_draw(unsigned int x, unsigned int y, u16 cell, bool cursor)
{
	const u8 *glyph = font_glyph(cell & 0xff);
	unsigned int fg = (cell >> 8) & 15, bg = (cell >> 12) & 7;
	u32 on = colour(cursor ? bg : fg), off = colour(cursor ? fg : bg);
	volatile u8 *p = fb + (size_t)y * FONT_HEIGHT * scale * boot_info.fb.pitch +
			 (size_t)x * FONT_WIDTH * scale * bytes;

	for (unsigned int row = 0; row < FONT_HEIGHT * scale; row++, p += boot_info.fb.pitch)
		draw_line(p, row / scale < FONT_HEIGHT - 1 ? glyph[row / scale] : 0, on, off);
}

static struct screen screen = { .name = "framebuffer", .draw = fb_draw };

/* As large as leaves 80 characters a line. */
const struct screen *fb_screen_init(void)
{
	const struct boot_framebuffer *f = &boot_info.fb;

	bytes = (f->bpp + 7) / 8;
	if (!f->addr || f->text || bytes < 2 || bytes > 4 || f->pitch < f->width * bytes)
		return NULL;
	scale = f->width / (80 * FONT_WIDTH);
	if (!scale)
		return NULL;
	screen.cols = min(f->width / (FONT_WIDTH * scale), (u32)SCREEN_MAX_COLS);
	screen.rows = min(f->height / (FONT_HEIGHT * scale), (u32)SCREEN_MAX_ROWS);
	fb = framebuffer_map();
	if (!fb || screen.rows < 2)
		return NULL;
	return &screen;
}
