/*
 * drivers/vga.c - characters in VGA text mode
 *
 * Sources: IBM VGA technical reference (CRT controller, graphics controller registers).
 */
#include <asm/processor.h>
#include <boot_info.h>
#include <screen.h>
#include <vmalloc.h>

#define VGA_TEXT	0xb8000
#define CRTC_INDEX	0x3d4
#define CRTC_DATA	0x3d5
#define CRTC_CURSOR	0x0e	/* high byte, then low */
#define MISC_READ	0x3cc
#define GC_INDEX	0x3ce
#define GC_DATA		0x3cf
#define GC_MISC		6	/* bit 0: graphics */

static volatile u16 *text;

static void vga_draw(unsigned int x, unsigned int y, u16 cell, bool cursor);
static void vga_cursor(unsigned int x, unsigned int y);

static struct screen screen = {
	.name = "VGA text", .cols = 80, .rows = 25, .draw = vga_draw, .move_cursor = vga_cursor,
};

static void vga_draw(unsigned int x, unsigned int y, u16 cell, bool cursor)
{
	text[y * screen.cols + x] = cell;
}

static void vga_cursor(unsigned int x, unsigned int y)
{
	unsigned int pos = y * screen.cols + x;

	outb(CRTC_INDEX, CRTC_CURSOR);
	outb(CRTC_DATA, pos >> 8);
	outb(CRTC_INDEX, CRTC_CURSOR + 1);
	outb(CRTC_DATA, pos);
}

/* Is there a VGA, and does it show text? */
static bool in_text_mode(void)
{
	if (inb(MISC_READ) == 0xff)
		return false;
	outb(GC_INDEX, GC_MISC);
	return !(inb(GC_DATA) & 1);
}

const struct screen *vga_screen_init(void)
{
	const struct boot_framebuffer *f = &boot_info.fb;

	if ((f->addr && !f->text) || !in_text_mode())
		return NULL;
	if (f->text && f->width <= SCREEN_MAX_COLS && f->height <= SCREEN_MAX_ROWS && f->width) {
		screen.cols = f->width;
		screen.rows = f->height;
	}
	text = ioremap(VGA_TEXT, 0x8000);
	return text ? &screen : NULL;
}
