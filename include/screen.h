/*
 * screen.h - between the terminal emulator (drivers/vt.c) and what shows its characters
 *
 * A cell is a character in the low byte and an attribute in the high byte, as VGA has it:
 * bits 0-3 foreground, 4-6 background.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <types.h>

struct screen {
	const char *name;
	unsigned int cols, rows;
	/* Show @cell; @cursor: with the cursor on it (only if there is no ->move_cursor). */
	void (*draw)(unsigned int x, unsigned int y, u16 cell, bool cursor);
	void (*move_cursor)(unsigned int x, unsigned int y);	/* NULL: drawn into the cell */
};

#define SCREEN_MAX_COLS 160
#define SCREEN_MAX_ROWS 128

/* Each is NULL if the machine has no such screen. */
const struct screen *fb_screen_init(void);
const struct screen *vga_screen_init(void);

/* drivers/fbdev.c: the loader's framebuffer, mapped write-combining; NULL if there is none. */
volatile void *framebuffer_map(void);
void fbdev_init(void);

/* drivers/font.c: 5 x 9 dots, bit 4 of a row is the leftmost; the cell is 6 x 10. */
#define FONT_WIDTH	6
#define FONT_HEIGHT	10
const u8 *font_glyph(u8 c);

/* drivers/vt.c */
void vt_init(void);
/* Characters typed on a keyboard, any context; nothing happens without a screen. */
void vt_type(const char *s, size_t n);
/* drivers/ps2kbd.c */
void ps2kbd_init(void);

#endif
