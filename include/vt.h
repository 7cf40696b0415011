/*
 * vt.h - a terminal as a picture of cells: what a program's output does to it
 *
 *            bytes                 cells that changed
 *   program -------> vc_write() ---------------------> drivers/vt.c -> screen.h
 *              drivers/vc.c: cursor, scrolling, colours, escape sequences of TERM=linux
 *
 * A struct vc knows no screen and takes no lock: its owner (drivers/vt.c: vt_lock) calls one function at a time.
 */
#ifndef VT_H
#define VT_H

#include <screen.h>

#define VC_PARAMS	16
#define VC_ANSWER	32

enum vc_parser {
	VC_TEXT, VC_ESC, VC_CSI, VC_CSI_IGNORE, VC_FUNCTION_KEY, VC_CHARSET, VC_HASH, VC_PERCENT, VC_OSC, VC_PALETTE, VC_STRING
};

/* What ESC 7 keeps and ESC 8 brings back. */
struct vc_state {
	unsigned int x, y;
	u8 colour;			/* as cell_attr(), without what follows */
	u8 intensity;			/* 0 half, 1, 2 bold */
	bool italic, underline, reverse, blink;
	bool graphics[2];		/* G0, G1: DEC's lines and corners instead of letters */
	u8 charset;			/* which of the two */
};

/* What a program has said by half. */
struct vc_parse {
	enum vc_parser parser;
	u8 intermediate;		/* which of ( ) % # */
	bool question;			/* CSI ? */
	unsigned int params[VC_PARAMS], nr_params;
	unsigned int palette_left;	/* digits of ESC ] P still to come */
	u32 palette_entry;		/* those that came: number, red, green, blue */
	u32 utf8_code;			/* a character of several bytes, as far as it is known */
	unsigned int utf8_more;		/* how many bytes are missing */
};

struct vc {
	unsigned int cols, rows;
	cell_t *line[SCREEN_MAX_ROWS];	/* the screen from its top; scrolling turns these round */
	cell_t *cells, *history;	/* what they point into; lines that left at the top: a ring, or NULL */
	unsigned int history_next, history_nr;	/* where the next goes; how many there are */
	unsigned int view;		/* so many lines back are looked at; 0: the screen itself */
	unsigned int dirty_first, dirty_last;	/* lines that may have changed; first > last: none */

	struct vc_state s, saved;
	bool wrap_next;			/* the last column is written: wrap at the next character */
	unsigned int top, bottom;	/* scrolling region, inclusive */
	u64 tabs[SCREEN_MAX_COLS / 64];
	/* modes: DECTCEM, DECAWM, DECOM, DECCKM, IRM, LNM, ESC % G */
	bool cursor_visible, autowrap, origin, application_keys, insert, newline, utf8;

	struct palette palette;		/* the owner shows it; changed without a line being dirty */
	struct vc_parse parse;
	char answer[VC_ANSWER];		/* to the program: the owner types it and empties this */
};

/* Cells for @cols x @rows and a history, all blank.  False: no memory.  May sleep. */
bool vc_alloc(struct vc *vc, unsigned int cols, unsigned int rows);
void vc_free(struct vc *vc);
void vc_write(struct vc *vc, const u8 *buf, size_t n);
/* The kernel's own words, '\n' alone ends a line: what the program has begun to say goes on afterwards as if they were not there. */
void vc_write_log(struct vc *vc, const char *s, size_t len);
/* What line @y shows: its own, or while somebody looks back, one that came before. */
const cell_t *vc_line(const struct vc *vc, unsigned int y);
/* Look @lines further back (negative: forth). */
void vc_scroll_view(struct vc *vc, int lines);

#endif
