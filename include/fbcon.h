/*
 * fbcon.h - characters as dots: a framebuffer of any kind, be it the machine's or a test's
 */
#ifndef FBCON_H
#define FBCON_H

#include <boot_info.h>
#include <screen.h>

#define FBCON_MAX_SCALE 8

struct fbcon {
	struct boot_framebuffer mode;
	volatile u8 *fb;			/* mode.pitch * mode.height bytes; only written */
	unsigned int cols, rows;
	unsigned int scale, bytes;		/* dots per font dot; bytes per dot */
	bool fast;				/* two dots at a time */
	u32 colours[16];			/* as dots */
};

/*
 * Fill all of @c but ->fb for the mode @f, with the default palette.  NULL, or why no characters can be shown (nothing is
 * known of @c then).
 */
const char *fbcon_setup(struct fbcon *c, const struct boot_framebuffer *f);
/* Colours for what is drawn from now on; nothing is drawn.  Any context, not while another CPU draws. */
void fbcon_set_palette(struct fbcon *c, const struct palette *p);
void fbcon_draw(const struct fbcon *c, unsigned int x, unsigned int y, cell_t cell, bool cursor);

#endif
