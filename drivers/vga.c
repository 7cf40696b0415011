/*
 * drivers/vga.c - characters in VGA text mode
 *
 * An attribute's 4 bits of colour are the number of a palette register of the attribute controller; what stands there is
 * the number of a register of the DAC, which has red, green and blue in 6 bits.  The BIOS has spread them over the DAC's 64;
 * from our first palette on, each is its own number.
 *
 * Sources: IBM VGA technical reference (CRT controller, graphics controller, attribute controller, video DAC registers).
 */
#include <asm/processor.h>
#include <boot_info.h>
#include <screen.h>

#define VGA_TEXT	0xb8000
#define CRTC_INDEX	0x3d4
#define CRTC_DATA	0x3d5
#define CRTC_CURSOR	0x0e	/* high byte, then low */
#define MISC_READ	0x3cc
#define ATT_INDEX	0x3c0	/* index, then value; reading STATUS makes the next one an index */
#define ATT_SCREEN_ON	0x20	/* in the index: the palette registers are the screen's, not ours */
#define STATUS		0x3da
#define DAC_WRITE	0x3c8	/* first register; then red, green, blue of each */
#define DAC_DATA	0x3c9
#define GC_INDEX	0x3ce
#define GC_DATA		0x3cf
#define GC_MISC		6	/* bit 0: graphics */

static volatile u16 *text;

static void vga_draw(unsigned int x, unsigned int y, cell_t cell, bool cursor);
static void vga_cursor(unsigned int x, unsigned int y, bool visible);
static bool vga_set_palette(const struct palette *p);

static struct screen screen = {
	.name = "VGA text", .cols = 80, .rows = 25, .draw = vga_draw, .move_cursor = vga_cursor, .set_palette = vga_set_palette,
};

/*
 * What the card's own font (code page 437) has beyond ASCII, of what programs write: letters with accents, the
 * lines and corners of boxes, blocks.
 */
static const struct { u16 code; u8 byte; } cp437[] = {
	{ 0xa0, 255 }, { 0xa1, 173 }, { 0xa2, 155 }, { 0xa3, 156 }, { 0xa5, 157 }, { 0xab, 174 }, { 0xac, 170 },
	{ 0xb0, 248 }, { 0xb1, 241 }, { 0xb2, 253 }, { 0xb5, 230 }, { 0xb7, 250 }, { 0xbb, 175 }, { 0xbc, 172 },
	{ 0xbd, 171 }, { 0xbf, 168 }, { 0xc4, 142 }, { 0xc5, 143 }, { 0xc6, 146 }, { 0xc7, 128 }, { 0xc9, 144 },
	{ 0xd1, 165 }, { 0xd6, 153 }, { 0xdc, 154 }, { 0xdf, 225 }, { 0xe0, 133 }, { 0xe1, 160 }, { 0xe2, 131 },
	{ 0xe4, 132 }, { 0xe5, 134 }, { 0xe6, 145 }, { 0xe7, 135 }, { 0xe8, 138 }, { 0xe9, 130 }, { 0xea, 136 },
	{ 0xeb, 137 }, { 0xec, 141 }, { 0xed, 161 }, { 0xee, 140 }, { 0xef, 139 }, { 0xf1, 164 }, { 0xf2, 149 },
	{ 0xf3, 162 }, { 0xf4, 147 }, { 0xf6, 148 }, { 0xf7, 246 }, { 0xf9, 151 }, { 0xfa, 163 }, { 0xfb, 150 },
	{ 0xfc, 129 }, { 0xff, 152 }, { 0x2500, 196 }, { 0x2502, 179 }, { 0x250c, 218 }, { 0x2510, 191 },
	{ 0x2514, 192 }, { 0x2518, 217 }, { 0x251c, 195 }, { 0x2524, 180 }, { 0x252c, 194 }, { 0x2534, 193 },
	{ 0x253c, 197 }, { 0x2550, 205 }, { 0x2551, 186 }, { 0x2588, 219 }, { 0x2591, 176 }, { 0x2592, 177 },
	{ 0x2593, 178 },
};

static u8 to_cp437(u16 code)
{
	if (code >= ' ' && code < 0x7f)
		return code;
	for (size_t i = 0; i < ARRAY_SIZE(cp437); i++)
		if (cp437[i].code == code)
			return cp437[i].byte;
	return '?';
}

static void vga_draw(unsigned int x, unsigned int y, cell_t cell, bool cursor)
{
	text[y * screen.cols + x] = cell_attr(cell) << 8 | to_cp437(cell_code(cell));
}

static void vga_cursor(unsigned int x, unsigned int y, bool visible)
{
	unsigned int pos = visible ? y * screen.cols + x : screen.cols * screen.rows;	/* hidden: below the last line */

	outb(CRTC_INDEX, CRTC_CURSOR);
	outb(CRTC_DATA, pos >> 8);
	outb(CRTC_INDEX, CRTC_CURSOR + 1);
	outb(CRTC_DATA, pos);
}

static void map_to_first_registers(void)
{
	for (unsigned int i = 0; i < 16; i++) {
		(void)inb(STATUS);
		outb(ATT_INDEX, i);
		outb(ATT_INDEX, i);
	}
	outb(ATT_INDEX, ATT_SCREEN_ON);
}

static bool vga_set_palette(const struct palette *p)
{
	static bool mapped;

	outb(DAC_WRITE, 0);
	for (unsigned int i = 0; i < 16; i++)
		for (unsigned int j = 0; j < 3; j++)
			outb(DAC_DATA, p->rgb[i][j] >> 2);
	if (!mapped)
		map_to_first_registers();
	mapped = true;
	return true;
}

/* Is there a VGA, and does it show text? */
static bool in_text_mode(void)
{
	if (inb(MISC_READ) == 0xff)
		return false;
	outb(GC_INDEX, GC_MISC);
	return !(inb(GC_DATA) & 1);
}

const struct screen *vga_screen_init(void *(*map)(phys_addr_t pa, size_t size))
{
	const struct boot_framebuffer *f = &boot_info.fb;

	if ((f->addr && !f->text) || !in_text_mode())
		return NULL;
	if (f->text && f->width <= SCREEN_MAX_COLS && f->height <= SCREEN_MAX_ROWS && f->width) {
		screen.cols = f->width;
		screen.rows = f->height;
	}
	text = map(VGA_TEXT, 0x8000);
	return text ? &screen : NULL;
}
