/*
 * drivers/vc.c - what output does to a terminal: cursor, scrolling, colours, escape sequences
 *
 * Purpose:    what terminfo's entry "linux" names, so that vi and top find the terminal they know; whatever else
 *             comes is taken to its end and leaves no trace.
 * Invariants: the cursor is inside the screen; top <= bottom < rows; line[] is a permutation of the lines of cells[].
 * Lock order: none of its own: the owner's lock is held (vt.h).
 * Simplified: characters two columns wide take one, combining ones none; of 256 colours, the nearest of 16;
 *             underline and half intensity are colours, as on a VGA; the screen does not flash (flash); the font's
 *             first 32 pictures are not reached (smpch, rmpch).
 * Sources:    ECMA-48, "Control Functions for Coded Character Sets"; console_codes(4); VT100 User Guide,
 *             "Special Graphics Characters"; terminfo(5) and its entry "linux".
 */
#include <string.h>
#include <vmalloc.h>
#include <vt.h>

#define COLOUR_DEFAULT	0x07
#define COLOUR_HALF	0x08
#define COLOUR_UNDERLINE 0x03
#define COLOUR_ITALIC	0x02
#define BLINK		0x80
#define HISTORY_LINES	500
#define REPLACEMENT	0xfffd
#define PALETTE_DIGITS	7
#define CAN		0x18
#define SUB		0x1a
#define ESC		0x1b
#define CSI		0x9b		/* is ESC [ in one; in UTF-8, two bytes */
#define MAX_PARAM	9999U

/* DEC's special graphics, from '_' on. */
static const u16 graphics[] = u"\xa0\u25c6\u2592\u2409\u240c\u240d\u240a\xb0\xb1\u2424\u240b\u2518\u2510\u250c\u2514\u253c"
			      u"\u23ba\u23bb\u2500\u23bc\u23bd\u251c\u2524\u2534\u252c\u2502\u2264\u2265\u03c0\u2260\xa3\xb7";

/* ---- cells --------------------------------------------------------------------------------- */

static void touch(struct vc *vc, unsigned int first, unsigned int last)
{
	vc->dirty_first = min(vc->dirty_first, first);
	vc->dirty_last = max(vc->dirty_last, last);
}

static u8 current_attr(const struct vc *vc)
{
	const struct vc_state *s = &vc->s;
	u8 a = s->colour;

	if (s->italic)
		a = (a & 0xf0) | COLOUR_ITALIC;
	else if (s->underline)
		a = (a & 0xf0) | COLOUR_UNDERLINE;
	else if (!s->intensity)
		a = (a & 0xf0) | COLOUR_HALF;
	if (s->reverse)
		a = (a & 0x88) | (((a >> 4) | (a << 4)) & 0x77);
	if (s->blink)
		a |= BLINK;
	return s->intensity == 2 ? a | 8 : a;
}

/* Cells @from up to @to of line @y become blank, in the current background, which blinks if text would. */
static void clear_cells(struct vc *vc, unsigned int y, unsigned int from, unsigned int to)
{
	cell_t b = make_cell(' ', (vc->s.colour & 0x70) | (vc->s.blink ? BLINK : 0) | COLOUR_DEFAULT);

	while (from < to)
		vc->line[y][from++] = b;
	touch(vc, y, y);
}

static void clear_lines(struct vc *vc, unsigned int from, unsigned int to)
{
	for (; from < to; from++)
		clear_cells(vc, from, 0, vc->cols);
}

/* Line @y leaves the screen at its top: keep it. */
static void remember(struct vc *vc, unsigned int y)
{
	if (!vc->history)
		return;
	memcpy(&vc->history[vc->history_next * vc->cols], vc->line[y], vc->cols * sizeof(cell_t));
	vc->history_next = (vc->history_next + 1) % HISTORY_LINES;
	vc->history_nr = min(vc->history_nr + 1, (unsigned int)HISTORY_LINES);
}

static void reverse_lines(struct vc *vc, unsigned int from, unsigned int to)
{
	while (from + 1 < to) {
		cell_t *line = vc->line[from];

		vc->line[from++] = vc->line[--to];
		vc->line[to] = line;
	}
}

/* Lines first..last move up by @by: those at the top go round to the bottom. */
static void rotate(struct vc *vc, unsigned int first, unsigned int last, unsigned int by)
{
	reverse_lines(vc, first, first + by);
	reverse_lines(vc, first + by, last + 1);
	reverse_lines(vc, first, last + 1);
}

/* Move lines first..last up by @n (down if negative); the freed ones become blank. */
static void scroll(struct vc *vc, unsigned int first, unsigned int last, int n)
{
	unsigned int lines = last - first + 1, by = min_t(unsigned int, n < 0 ? -n : n, lines);

	for (unsigned int i = 0; n > 0 && !first && i < by; i++)
		remember(vc, i);
	rotate(vc, first, last, n > 0 ? by : lines - by);
	if (n > 0)
		clear_lines(vc, last + 1 - by, last + 1);
	else
		clear_lines(vc, first, first + by);
	touch(vc, first, last);
}

const cell_t *vc_line(const struct vc *vc, unsigned int y)
{
	if (y >= vc->view)
		return vc->line[y - vc->view];
	return &vc->history[(vc->history_next + HISTORY_LINES - vc->view + y) % HISTORY_LINES * vc->cols];
}

void vc_scroll_view(struct vc *vc, int lines)
{
	int view = (int)vc->view + lines;

	view = view < 0 ? 0 : min((unsigned int)view, vc->history_nr);
	if ((unsigned int)view != vc->view)
		touch(vc, 0, vc->rows - 1);
	vc->view = view;
}

/* ---- cursor -------------------------------------------------------------------------------- */

/* To a place on the screen; with DECOM not out of the region. */
static void go(struct vc *vc, int x, int y)
{
	int low = vc->origin ? vc->top : 0, high = vc->origin ? vc->bottom : vc->rows - 1;

	vc->s.x = x < 0 ? 0 : min((unsigned int)x, vc->cols - 1);
	vc->s.y = y < low ? low : y > high ? high : y;
	vc->wrap_next = false;
}

/* As programs count: from the top of the region if there is DECOM. */
static void go_absolute(struct vc *vc, int x, int y)
{
	go(vc, x, vc->origin ? (int)vc->top + y : y);
}

static void line_feed(struct vc *vc)
{
	if (vc->s.y == vc->bottom)
		scroll(vc, vc->top, vc->bottom, 1);
	else if (vc->s.y < vc->rows - 1)
		vc->s.y++;
	vc->wrap_next = false;
}

static void reverse_line_feed(struct vc *vc)
{
	if (vc->s.y == vc->top)
		scroll(vc, vc->top, vc->bottom, -1);
	else if (vc->s.y)
		vc->s.y--;
	vc->wrap_next = false;
}

static void tab(struct vc *vc)
{
	do {
		if (vc->s.x == vc->cols - 1)
			return;
		vc->s.x++;
	} while (!(vc->tabs[vc->s.x / 64] & BIT(vc->s.x % 64)));
	vc->wrap_next = false;
}

/* CSI g: no stop here, or nowhere. */
static void clear_tabs(struct vc *vc, unsigned int what)
{
	if (!what)
		vc->tabs[vc->s.x / 64] &= ~BIT(vc->s.x % 64);
	else if (what == 3)
		memset(vc->tabs, 0, sizeof(vc->tabs));
}

/* Shift the rest of the line right (insert) or left (delete) by @n. */
static void shift_line(struct vc *vc, unsigned int n, bool insert)
{
	unsigned int x = vc->s.x, rest = vc->cols - x;
	cell_t *line = vc->line[vc->s.y];

	n = min(n, rest);
	if (insert) {
		memmove(line + x + n, line + x, (rest - n) * sizeof(cell_t));
		clear_cells(vc, vc->s.y, x, x + n);
	} else {
		memmove(line + x, line + x + n, (rest - n) * sizeof(cell_t));
		clear_cells(vc, vc->s.y, vc->cols - n, vc->cols);
	}
	vc->wrap_next = false;
}

static bool no_width(u16 c)
{
	return (c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff;
}

static void put_char(struct vc *vc, u16 c)
{
	if (no_width(c))
		return;
	if (c >= '_' && c < 0x7f && vc->s.graphics[vc->s.charset])
		c = graphics[c - '_'];
	if (vc->wrap_next) {
		vc->s.x = 0;
		line_feed(vc);
	}
	if (vc->insert)
		shift_line(vc, 1, true);
	vc->line[vc->s.y][vc->s.x] = make_cell(c, current_attr(vc));
	touch(vc, vc->s.y, vc->s.y);
	if (vc->s.x + 1 < vc->cols)
		vc->s.x++;
	else
		vc->wrap_next = vc->autowrap;
}

/* RIS, ESC c.  The palette stays, as on Linux: whoever wants it back says ESC ] R too (terminfo's rs1). */
static void reset(struct vc *vc)
{
	vc->s = (struct vc_state){ .colour = COLOUR_DEFAULT, .intensity = 1, .graphics = { false, true } };
	vc->saved = vc->s;
	vc->cursor_visible = vc->autowrap = vc->utf8 = true;
	vc->origin = vc->application_keys = vc->insert = vc->newline = false;
	vc->parse.utf8_more = 0;
	vc->top = 0;
	vc->bottom = vc->rows - 1;
	for (size_t i = 0; i < ARRAY_SIZE(vc->tabs); i++)
		vc->tabs[i] = 0x0101010101010101UL;
	go(vc, 0, 0);
	clear_lines(vc, 0, vc->rows);
}

/* ---- CSI: what its parameters mean --------------------------------------------------------- */

/* Parameter @i, or @def if it was left out or 0. */
static int param(const struct vc *vc, unsigned int i, int def)
{
	return i < vc->parse.nr_params && vc->parse.params[i] ? (int)vc->parse.params[i] : def;
}

static void erase_display(struct vc *vc, unsigned int what)
{
	switch (what) {
	case 0:
		clear_cells(vc, vc->s.y, vc->s.x, vc->cols);
		clear_lines(vc, vc->s.y + 1, vc->rows);
		break;
	case 1:
		clear_lines(vc, 0, vc->s.y);
		clear_cells(vc, vc->s.y, 0, vc->s.x + 1);
		break;
	case 3:
		vc->history_nr = 0;
		/* fall through */
	case 2:
		clear_lines(vc, 0, vc->rows);
		break;
	default:
		return;
	}
	vc->wrap_next = false;
}

static void erase_line(struct vc *vc, unsigned int what)
{
	if (what > 2)
		return;
	clear_cells(vc, vc->s.y, what ? 0 : vc->s.x, what == 1 ? vc->s.x + 1 : vc->cols);
	vc->wrap_next = false;
}

/* ANSI counts red first, VGA blue first. */
static u8 vga_colour(unsigned int ansi)
{
	return (ansi & 1) << 2 | (ansi & 2) | (ansi & 4) >> 2;
}

static void set_foreground(struct vc *vc, u8 c)
{
	vc->s.colour = (vc->s.colour & 0xf0) | c;
}

static void set_background(struct vc *vc, u8 c)
{
	vc->s.colour = (vc->s.colour & 0x0f) | (c & 7) << 4;
}

static void set_attribute(struct vc *vc, unsigned int p)
{
	struct vc_state *s = &vc->s;

	switch (p) {
	case 0:
		s->colour = COLOUR_DEFAULT;
		s->intensity = 1;
		s->italic = s->underline = s->reverse = s->blink = false;
		break;
	case 1: s->intensity = 2; break;
	case 2: s->intensity = 0; break;
	case 22: s->intensity = 1; break;
	case 3: s->italic = true; break;
	case 23: s->italic = false; break;
	case 4: case 21: s->underline = true; break;
	case 24: s->underline = false; break;
	case 5: s->blink = true; break;
	case 25: s->blink = false; break;
	case 7: s->reverse = true; break;
	case 27: s->reverse = false; break;
	case 30 ... 37: set_foreground(vc, vga_colour(p - 30)); break;
	case 39: set_foreground(vc, COLOUR_DEFAULT); break;
	case 90 ... 97: set_foreground(vc, 8 | vga_colour(p - 90)); break;
	case 40 ... 47: set_background(vc, vga_colour(p - 40)); break;
	case 49: set_background(vc, 0); break;
	case 100 ... 107: set_background(vc, vga_colour(p - 100)); break;
	}
}

/* The nearest of our colours, in ANSI's order and 60 more if it is bright, to red, green, blue of 0..255. */
static unsigned int nearest(unsigned int r, unsigned int g, unsigned int b)
{
	unsigned int most = max(max(r, g), b), hue = (r * 2 > most) + (g * 2 > most) * 2 + (b * 2 > most) * 4;

	if (hue == 7 && most <= 85)
		return 60;			/* dark grey is bright black */
	return hue + (most > 170 ? 60 : 0);
}

/* Colour @n of 256: 16, a cube of 6 x 6 x 6, 24 greys. */
static unsigned int of_256(unsigned int n)
{
	static const u8 steps[6] = { 0, 95, 135, 175, 215, 255 };
	unsigned int grey = 8 + (n - 232) * 10;

	if (n < 16)
		return n < 8 ? n : 60 + n - 8;
	if (n < 232)
		return nearest(steps[(n - 16) / 36], steps[(n - 16) / 6 % 6], steps[(n - 16) % 6]);
	return nearest(grey, grey, grey);
}

/* 38;5;N, 38;2;R;G;B and the same from 48 on: the parameters that belong to the one at @i. */
static unsigned int set_many_colours(struct vc *vc, unsigned int i)
{
	const unsigned int *p = &vc->parse.params[i];
	unsigned int base = p[0] - 8, left = vc->parse.nr_params - i - 1;

	if (left >= 2 && p[1] == 5) {
		set_attribute(vc, base + of_256(min(p[2], 255U)));
		return 2;
	}
	if (left >= 4 && p[1] == 2) {
		set_attribute(vc, base + nearest(p[2], p[3], p[4]));
		return 4;
	}
	return left;
}

static void set_attributes(struct vc *vc)
{
	if (!vc->parse.nr_params)
		set_attribute(vc, 0);
	for (unsigned int i = 0; i < vc->parse.nr_params; i++)
		if (vc->parse.params[i] == 38 || vc->parse.params[i] == 48)
			i += set_many_colours(vc, i);
		else
			set_attribute(vc, vc->parse.params[i]);
}

/* CSI N h or l, and CSI ? N h or l. */
static void set_mode(struct vc *vc, unsigned int mode, bool on)
{
	if (!vc->parse.question) {
		if (mode == 4)
			vc->insert = on;
		else if (mode == 20)
			vc->newline = on;
		return;
	}
	switch (mode) {
	case 1:
		vc->application_keys = on;
		break;
	case 6:
		vc->origin = on;
		go_absolute(vc, 0, 0);
		break;
	case 7:
		vc->autowrap = on;
		vc->wrap_next = vc->wrap_next && on;
		break;
	case 25:
		vc->cursor_visible = on;
		break;
	}
}

static void set_region(struct vc *vc)
{
	unsigned int t = param(vc, 0, 1) - 1, b = param(vc, 1, vc->rows) - 1;

	if (t < b && b < vc->rows) {
		vc->top = t;
		vc->bottom = b;
		go_absolute(vc, 0, 0);
	}
}

/* All of it or, if too much waits to be read, nothing. */
static void answer(struct vc *vc, const char *s)
{
	if (strlen(vc->answer) + strlen(s) < sizeof(vc->answer))
		strlcat(vc->answer, s, sizeof(vc->answer));
}

static void report(struct vc *vc, unsigned int what)
{
	char s[24];

	if (what == 5) {
		answer(vc, "\033[0n");
	} else if (what == 6) {
		snprintf(s, sizeof(s), "\033[%u;%uR", vc->s.y + 1 - (vc->origin ? vc->top : 0), vc->s.x + 1);
		answer(vc, s);
	}
}

static void restore_cursor(struct vc *vc)
{
	vc->s = vc->saved;
	go(vc, vc->s.x, vc->s.y);
}

static bool in_region(const struct vc *vc)
{
	return vc->s.y >= vc->top && vc->s.y <= vc->bottom;
}

static void csi_final(struct vc *vc, u8 c)
{
	int n = param(vc, 0, 1), x = vc->s.x, y = vc->s.y;
	unsigned int first = param(vc, 0, 0);

	if (vc->parse.question && c != 'h' && c != 'l')
		return;
	switch (c) {
	case 'A': go(vc, x, y - n); break;
	case 'B': case 'e': go(vc, x, y + n); break;
	case 'C': case 'a': go(vc, x + n, y); break;
	case 'D': go(vc, x - n, y); break;
	case 'E': go(vc, 0, y + n); break;
	case 'F': go(vc, 0, y - n); break;
	case 'G': case '`': go(vc, n - 1, y); break;
	case 'd': go_absolute(vc, x, n - 1); break;
	case 'H': case 'f': go_absolute(vc, param(vc, 1, 1) - 1, n - 1); break;
	case 'J': erase_display(vc, first); break;
	case 'K': erase_line(vc, first); break;
	case 'L': if (in_region(vc)) scroll(vc, y, vc->bottom, -n); break;
	case 'M': if (in_region(vc)) scroll(vc, y, vc->bottom, n); break;
	case 'S': scroll(vc, vc->top, vc->bottom, n); break;
	case 'T': scroll(vc, vc->top, vc->bottom, -n); break;
	case '@': shift_line(vc, n, true); break;
	case 'P': shift_line(vc, n, false); break;
	case 'X': clear_cells(vc, y, x, x + min_t(unsigned int, n, vc->cols - x)); break;
	case 'g': clear_tabs(vc, first); break;
	case 'r': set_region(vc); break;
	case 's': vc->saved = vc->s; break;
	case 'u': restore_cursor(vc); break;
	case 'n': report(vc, first); break;
	case 'c': if (!first) answer(vc, "\033[?6c"); break;
	case 'm': set_attributes(vc); break;
	case 'h': case 'l':
		for (unsigned int i = 0; i < vc->parse.nr_params; i++)
			set_mode(vc, vc->parse.params[i], c == 'h');
		break;
	}
}

/* ---- the parser ---------------------------------------------------------------------------- */

static void csi_char(struct vc *vc, u8 c)
{
	unsigned int *p = &vc->parse.params[vc->parse.nr_params ? vc->parse.nr_params - 1 : 0];
	bool fresh = !vc->parse.nr_params;

	if (c >= '0' && c <= '9') {
		vc->parse.nr_params = max(vc->parse.nr_params, 1U);
		*p = min(*p * 10 + (c - '0'), MAX_PARAM);
	} else if (c == ';') {
		vc->parse.nr_params = max(vc->parse.nr_params, 1U);
		if (vc->parse.nr_params == VC_PARAMS)
			vc->parse.parser = VC_CSI_IGNORE;
		else
			vc->parse.params[vc->parse.nr_params++] = 0;
	} else if (c == '?' && fresh) {
		vc->parse.question = true;
	} else if (c == '[' && fresh) {
		vc->parse.parser = VC_FUNCTION_KEY;	/* a key that is echoed: one more comes */
	} else if (c >= '@' && c <= '~') {
		vc->parse.parser = VC_TEXT;
		csi_final(vc, c);
	} else {
		vc->parse.parser = VC_CSI_IGNORE;
	}
}

static void begin_csi(struct vc *vc)
{
	memset(vc->parse.params, 0, sizeof(vc->parse.params));
	vc->parse.nr_params = 0;
	vc->parse.question = false;
	vc->parse.parser = VC_CSI;
}

static void esc_char(struct vc *vc, u8 c)
{
	vc->parse.parser = VC_TEXT;
	switch (c) {
	case '[': begin_csi(vc); break;
	case ']': vc->parse.parser = VC_OSC; break;
	case 'P': case '^': case '_': case 'X': vc->parse.parser = VC_STRING; break;
	case '(': case ')':
		vc->parse.parser = VC_CHARSET;
		vc->parse.intermediate = c;
		break;
	case '#': vc->parse.parser = VC_HASH; break;
	case '%': vc->parse.parser = VC_PERCENT; break;
	case '7': vc->saved = vc->s; break;
	case '8': restore_cursor(vc); break;
	case 'D': line_feed(vc); break;
	case 'E': vc->s.x = 0; line_feed(vc); break;
	case 'H': vc->tabs[vc->s.x / 64] |= BIT(vc->s.x % 64); break;
	case 'M': reverse_line_feed(vc); break;
	case 'Z': answer(vc, "\033[?6c"); break;
	case 'c': reset(vc); break;
	}
}

/* ESC # 8: E everywhere, to adjust the screen by. */
static void hash_char(struct vc *vc, u8 c)
{
	if (c != '8')
		return;
	for (unsigned int y = 0; y < vc->rows; y++)
		for (unsigned int x = 0; x < vc->cols; x++)
			vc->line[y][x] = make_cell('E', COLOUR_DEFAULT);
	touch(vc, 0, vc->rows - 1);
}

static void percent_char(struct vc *vc, u8 c)
{
	if (c == '@')
		vc->utf8 = false;
	else if (c == 'G' || c == '8')
		vc->utf8 = true;
	vc->parse.utf8_more = 0;
}

/* ESC ]: P and seven digits are a colour, R all of them as at first; a number begins what goes on to its end. */
static void osc_char(struct vc *vc, u8 c)
{
	vc->parse.parser = c == 'P' ? VC_PALETTE : c >= '0' && c <= '9' ? VC_STRING : VC_TEXT;
	vc->parse.palette_left = PALETTE_DIGITS;
	vc->parse.palette_entry = 0;
	if (c == 'R')
		vc->palette = default_palette;
}

/* What a hexadecimal digit stands for, or -1. */
static int hex_value(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void set_palette_entry(struct vc *vc, u32 entry)
{
	unsigned int ansi = entry >> 24;
	u8 *rgb = vc->palette.rgb[(ansi & 8) | vga_colour(ansi & 7)];

	rgb[0] = entry >> 16;
	rgb[1] = entry >> 8;
	rgb[2] = entry;
}

/* Seven digits or, if one is none, no change at all. */
static void palette_char(struct vc *vc, u8 c)
{
	struct vc_parse *parse = &vc->parse;
	int digit = hex_value(c);

	if (digit < 0) {
		parse->parser = VC_TEXT;
		return;
	}
	parse->palette_entry = parse->palette_entry << 4 | digit;
	if (--parse->palette_left)
		return;
	parse->parser = VC_TEXT;
	set_palette_entry(vc, parse->palette_entry);
}

/* A byte of 0x80 and above: part of a character in UTF-8. */
static void utf8_byte(struct vc *vc, u8 c)
{
	if (c >= 0xc0) {
		if (vc->parse.utf8_more)
			put_char(vc, REPLACEMENT);
		vc->parse.utf8_more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		vc->parse.utf8_code = c & (0x3f >> vc->parse.utf8_more);
		return;
	}
	if (!vc->parse.utf8_more) {
		put_char(vc, REPLACEMENT);
		return;
	}
	vc->parse.utf8_code = vc->parse.utf8_code << 6 | (c & 0x3f);
	if (--vc->parse.utf8_more)
		return;
	if (vc->parse.utf8_code == CSI)
		begin_csi(vc);
	else if (vc->parse.utf8_code >= 0xa0)
		put_char(vc, vc->parse.utf8_code <= 0xffff ? vc->parse.utf8_code : REPLACEMENT);
}

static void text_char(struct vc *vc, u8 c)
{
	if (c >= 0x80 && vc->utf8) {
		utf8_byte(vc, c);
		return;
	}
	if (c == CSI)
		begin_csi(vc);
	else if (c < 0x7f || c >= 0xa0)
		put_char(vc, c);
}

/* Control characters work inside of a sequence too.  True: @c was one. */
static bool control_char(struct vc *vc, u8 c)
{
	switch (c) {
	case '\b': go(vc, (int)vc->s.x - 1, vc->s.y); break;
	case '\t': tab(vc); break;
	case '\n': case '\v': case '\f':
		line_feed(vc);
		if (vc->newline)
			vc->s.x = 0;
		break;
	case '\r': go(vc, 0, vc->s.y); break;
	case 0x0e: vc->s.charset = 1; break;
	case 0x0f: vc->s.charset = 0; break;
	case CAN: case SUB: vc->parse.parser = VC_TEXT; break;
	case ESC: vc->parse.parser = VC_ESC; break;
	case CSI:
		if (vc->parse.parser == VC_TEXT)	/* there, it may be part of a character */
			return false;
		begin_csi(vc);
		break;
	default: return c < ' ';
	}
	return true;
}

/* In a string only its end means something. */
static void string_char(struct vc *vc, u8 c)
{
	if (c == '\a' || c == CAN || c == SUB)
		vc->parse.parser = VC_TEXT;
	else if (c == ESC)
		vc->parse.parser = VC_ESC;		/* ESC \ ends it, which else does nothing */
	else if (c == CSI)
		begin_csi(vc);			/* as on Linux, be it part of a character or not */
}

static void vc_putc(struct vc *vc, u8 c)
{
	if (vc->parse.utf8_more && c < 0x80) {		/* a control character, too, ends what was begun */
		vc->parse.utf8_more = 0;
		put_char(vc, REPLACEMENT);
	}
	if (vc->parse.parser == VC_STRING || (vc->parse.parser == VC_OSC && c < ' ')) {
		string_char(vc, c);
		return;
	}
	if (control_char(vc, c))
		return;
	switch (vc->parse.parser) {
	case VC_TEXT:
		text_char(vc, c);
		return;
	case VC_ESC:
		esc_char(vc, c);
		return;
	case VC_CSI:
		csi_char(vc, c);
		return;
	case VC_OSC:
		osc_char(vc, c);
		return;
	case VC_PALETTE:
		palette_char(vc, c);
		return;
	case VC_CSI_IGNORE:
		if (c < '@' || c > '~')
			return;
		break;
	case VC_CHARSET:
		vc->s.graphics[vc->parse.intermediate == ')'] = c == '0';
		break;
	case VC_HASH:
		hash_char(vc, c);
		break;
	case VC_PERCENT:
		percent_char(vc, c);
		break;
	default:
		break;
	}
	vc->parse.parser = VC_TEXT;
}

void vc_write(struct vc *vc, const u8 *buf, size_t n)
{
	vc_scroll_view(vc, -(int)vc->view);
	while (n--)
		vc_putc(vc, *buf++);
}

void vc_write_log(struct vc *vc, const char *s, size_t len)
{
	const struct vc_parse begun = vc->parse;		/* by a program, whose modes and answers wait too */
	const bool utf8 = vc->utf8, insert = vc->insert;
	const u8 charset = vc->s.charset;
	char waiting[VC_ANSWER];

	memcpy(waiting, vc->answer, sizeof(waiting));
	vc->parse = (struct vc_parse){ .parser = VC_TEXT };
	vc->utf8 = true;
	vc->insert = false;
	vc->s.charset = 0;
	for (; len; s++, len--)
		if (*s == '\n')
			vc_write(vc, (const u8 *)"\r\n", 2);
		else
			vc_write(vc, (const u8 *)s, 1);
	vc->parse = begun;
	vc->utf8 = utf8;
	vc->insert = insert;
	vc->s.charset = charset;
	memcpy(vc->answer, waiting, sizeof(waiting));	/* nobody reads what was answered to the kernel */
}

/* ---- life ---------------------------------------------------------------------------------- */

bool vc_alloc(struct vc *vc, unsigned int cols, unsigned int rows)
{
	memset(vc, 0, sizeof(*vc));
	vc->cells = vzalloc(cols * rows * sizeof(cell_t));
	if (!vc->cells)
		return false;
	vc->history = vzalloc(HISTORY_LINES * cols * sizeof(cell_t));	/* NULL: there is none to look at */
	vc->cols = cols;
	vc->rows = rows;
	for (unsigned int y = 0; y < rows; y++)
		vc->line[y] = &vc->cells[y * cols];
	vc->palette = default_palette;
	reset(vc);
	return true;
}

void vc_free(struct vc *vc)
{
	vfree(vc->cells);
	vfree(vc->history);
	vc->cells = vc->history = NULL;
}
