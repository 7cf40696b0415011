/*
 * screen.h - between the terminal emulator (drivers/vt.c) and what shows its characters
 *
 * A cell is a character of Unicode's first plane in the low half, and above it an attribute as VGA has it:
 * bits 0-3 foreground, 4-6 background; bit 7 blinks in VGA text, and makes the background bright where a screen has dots.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <types.h>

typedef u32 cell_t;

static inline cell_t make_cell(u16 code, u8 attr) { return (cell_t)attr << 16 | code; }
static inline u16 cell_code(cell_t c) { return c; }
static inline u8 cell_attr(cell_t c) { return c >> 16; }

/* Red, green and blue, 0 to 255 each, by the numbers that attributes have. */
struct palette { u8 rgb[16][3]; };

/* drivers/fbcon.c: a terminal's colours before a program changes them. */
extern const struct palette default_palette;

struct screen {
	const char *name;
	unsigned int cols, rows;
	/* Show @cell; @cursor: with the cursor on it (only if there is no ->move_cursor). */
	void (*draw)(unsigned int x, unsigned int y, cell_t cell, bool cursor);
	/* Where the cursor is shown, or not at all; NULL: it is drawn into the cell. */
	void (*move_cursor)(unsigned int x, unsigned int y, bool visible);
	/*
	 * The colours from now on; any context, owner's lock held.  True: cells on the screen have them too; false: only those
	 * drawn from now on.
	 */
	bool (*set_palette)(const struct palette *p);
};

#define SCREEN_MAX_COLS 256
#define SCREEN_MAX_ROWS 128

/* Each is NULL if the machine has no such screen.  @map: how to reach its memory; it may return NULL. */
const struct screen *fb_screen_init(volatile void *(*map)(void));
const struct screen *vga_screen_init(void *(*map)(phys_addr_t pa, size_t size));

/* drivers/fbdev.c: the loader's framebuffer, mapped write-combining; NULL if there is none. */
volatile void *framebuffer_map(void);
void fbdev_init(void);

/* drivers/font.c: rows of 8 dots, bit 7 is the leftmost.  That of '?' for what the font does not have. */
#define FONT_WIDTH	8
#define FONT_HEIGHT	16
const u8 *font_glyph(u16 code);

/* drivers/vt.c */
void vt_init(void);
/* Characters typed on a keyboard, any context; nothing happens without a screen. */
void vt_type(const char *s, size_t n);
/* Look back into what has left the screen, by half a screen (or forth); output or a key ends it.  Any context. */
void vt_scroll_view(bool back);
/* Show terminal @n (1, 2), if there is one.  Any context. */
void vt_switch(unsigned int n);
/* Has the program in the foreground asked for the other codes of the arrow keys (DECCKM)? */
bool vt_application_keys(void);
struct tty_struct;
struct tty_struct *vt_foreground(void);		/* /dev/tty0; NULL: no screen */

/* Does the log, and with it a panic, come to the screen if console= wants that?  Not before vt_init() is through. */
bool vt_has_log(void);
/* For the kernel itself.  The screen if it is a console (console=tty0), else NULL. */
const struct screen *vt_screen(void);
/* Write on the screen alone, with escape sequences.  Any context. */
void vt_puts(const char *s);
/* The log goes by the screen (but not a panic). */
void vt_mute(bool on);
/* Until NULL is given, what is typed goes to @fn: any context, must not sleep. */
void vt_grab_keyboard(void (*fn)(const char *s, size_t n));
/* drivers/ps2kbd.c */
void ps2kbd_init(void);

#endif
