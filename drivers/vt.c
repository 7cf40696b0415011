/*
 * drivers/vt.c - tty0: a terminal made of a screen and a keyboard
 *
 * Purpose:    what a serial terminal does by itself: cursor, scrolling, escape sequences, so
 *             that vi and top run on the machine's own screen.
 * Invariants: the cursor is inside the screen; shown[] is what the screen shows, so only
 *             cells that differ are drawn.
 * Lock order: tty->lock > vt_lock, innermost; interrupts off.
 * Simplified: one screen; wide and combining characters are not known as such; of 256 colours, the nearest
 *             of 16.
 * Sources:    ECMA-48, "Control Functions for Coded Character Sets"; console_codes(4).
 */
#include <asm/processor.h>
#include <fs.h>
#include <keyboard.h>
#include <printk.h>
#include <screen.h>
#include <spinlock.h>
#include <string.h>
#include <time.h>
#include <tty.h>
#include <vmalloc.h>
#include <uapi/kdev_t.h>

#define ATTR_DEFAULT	0x07
#define MAX_PARAMS	8
#define LOCK_SPINS	1000000
#define WRITE_ROOM	4096
#define HISTORY_LINES	500
#define REPLACEMENT	0xfffd

enum vt_state { VT_TEXT, VT_ESC, VT_CSI, VT_CHARSET, VT_OSC };

static const struct screen *screen;
static DEFINE_SPINLOCK(vt_lock);		/* everything below */
static cell_t *cells, *shown;			/* of the whole screen, line by line */
static cell_t *history;				/* lines that left it at the top: a ring; NULL: no memory for it */
static unsigned int history_next, history_nr;	/* where the next line goes; how many there are */
static unsigned int view;			/* so many lines back are looked at; 0: the screen itself */
static bool cursor_hidden;
static u32 utf8_code;				/* a character of several bytes, as far as it is known */
static unsigned int utf8_more;			/* how many bytes are missing */
static unsigned int cx, cy;			/* cursor */
static bool wrap_next;				/* the last column is written: wrap at the next */
static unsigned int saved_x, saved_y;
static unsigned int top, bottom;		/* scrolling region, inclusive */
static unsigned int shown_x, shown_y;		/* where the cursor is drawn */
static u8 attr = ATTR_DEFAULT;
static bool bold, reverse;
static enum vt_state state;
static unsigned int params[MAX_PARAMS], nr_params;
static bool private_seq;			/* CSI ? ... */
static char reply[32];				/* answers to the program, typed by a timer */
static struct timer reply_timer;
static struct tty_struct vt_tty = { .name = "tty0" };

/* ---- cells --------------------------------------------------------------------------------- */

static cell_t *cell_at(unsigned int x, unsigned int y)
{
	return &cells[y * screen->cols + x];
}

static cell_t blank(void)
{
	return make_cell(' ', (attr & 0x70) | ATTR_DEFAULT);
}

static u8 current_attr(void)
{
	u8 fg = (attr & 15) | (bold ? 8 : 0), bg = (attr >> 4) & 7;

	return reverse ? (fg & 7) << 4 | bg : bg << 4 | fg;
}

static void clear_cells(unsigned int from, unsigned int to)
{
	cell_t b = blank();

	while (from < to)
		cells[from++] = b;
}

/* The top line of the screen leaves it: keep it. */
static void remember(unsigned int y)
{
	if (!history)
		return;
	memcpy(&history[history_next * screen->cols], cell_at(0, y), screen->cols * sizeof(cell_t));
	history_next = (history_next + 1) % HISTORY_LINES;
	history_nr = min(history_nr + 1, (unsigned int)HISTORY_LINES);
}

/* Move lines first..last up by @n (down if negative); the freed ones become blank. */
static void scroll(unsigned int first, unsigned int last, int n)
{
	unsigned int cols = screen->cols, lines = last - first + 1;
	unsigned int by = min_t(unsigned int, n < 0 ? -n : n, lines);

	for (unsigned int i = 0; n > 0 && !first && i < by; i++)
		remember(i);
	if (n > 0) {
		memmove(cell_at(0, first), cell_at(0, first + by), (lines - by) * cols * sizeof(cell_t));
		clear_cells((last + 1 - by) * cols, (last + 1) * cols);
	} else {
		memmove(cell_at(0, first + by), cell_at(0, first), (lines - by) * cols * sizeof(cell_t));
		clear_cells(first * cols, (first + by) * cols);
	}
}

/* What line @y of the screen shows: its own, or while somebody looks back, one that came before. */
static const cell_t *line_shown(unsigned int y)
{
	if (y >= view)
		return cell_at(0, y - view);
	return &history[(history_next + HISTORY_LINES - view + y) % HISTORY_LINES * screen->cols];
}

static void refresh_line(unsigned int y)
{
	cell_t *old = &shown[y * screen->cols];
	const cell_t *new = line_shown(y);

	for (unsigned int x = 0; x < screen->cols; x++)
		if (old[x] != new[x]) {
			old[x] = new[x];
			screen->draw(x, y, new[x], false);
		}
}

/* Show what changed. */
static void refresh(void)
{
	bool visible = !cursor_hidden && !view;

	if (!screen->move_cursor && (shown_x != cx || shown_y != cy || !visible))
		shown[shown_y * screen->cols + shown_x] = 0;	/* take the cursor off */
	for (unsigned int y = 0; y < screen->rows; y++)
		refresh_line(y);
	if (screen->move_cursor)
		screen->move_cursor(cx, cy, visible);
	else if (visible)
		screen->draw(cx, cy, *cell_at(cx, cy), true);
	shown_x = cx;
	shown_y = cy;
}

/* ---- cursor -------------------------------------------------------------------------------- */

static void go(int x, int y)
{
	cx = x < 0 ? 0 : min((unsigned int)x, screen->cols - 1);
	cy = y < 0 ? 0 : min((unsigned int)y, screen->rows - 1);
	wrap_next = false;
}

static void line_feed(void)
{
	if (cy == bottom)
		scroll(top, bottom, 1);
	else if (cy < screen->rows - 1)
		cy++;
	wrap_next = false;
}

static void reverse_line_feed(void)
{
	if (cy == top)
		scroll(top, bottom, -1);
	else if (cy)
		cy--;
	wrap_next = false;
}

static void put_char(u16 c)
{
	if (wrap_next) {
		cx = 0;
		line_feed();
	}
	*cell_at(cx, cy) = make_cell(c, current_attr());
	if (cx + 1 < screen->cols)
		cx++;
	else
		wrap_next = true;
}

static void reset(void)
{
	attr = ATTR_DEFAULT;
	bold = reverse = cursor_hidden = false;
	utf8_more = 0;
	top = 0;
	bottom = screen->rows - 1;
	go(0, 0);
	clear_cells(0, screen->cols * screen->rows);
}

/* ---- escape sequences ---------------------------------------------------------------------- */

/* Parameter @i, or @def if it was left out or 0. */
static int param(unsigned int i, int def)
{
	return i < nr_params && params[i] ? (int)params[i] : def;
}

static void erase_display(void)
{
	unsigned int here = cy * screen->cols + cx, all = screen->cols * screen->rows;

	switch (param(0, 0)) {
	case 0:
		clear_cells(here, all);
		break;
	case 1:
		clear_cells(0, here + 1);
		break;
	default:
		clear_cells(0, all);
	}
}

static void erase_line(void)
{
	unsigned int start = cy * screen->cols, end = start + screen->cols;

	switch (param(0, 0)) {
	case 0:
		clear_cells(start + cx, end);
		break;
	case 1:
		clear_cells(start, start + cx + 1);
		break;
	default:
		clear_cells(start, end);
	}
}

/* Shift the rest of the line right (insert) or left (delete) by @n. */
static void shift_line(unsigned int n, bool insert)
{
	unsigned int start = cy * screen->cols + cx, rest = screen->cols - cx;

	n = min(n, rest);
	if (insert) {
		memmove(&cells[start + n], &cells[start], (rest - n) * sizeof(cell_t));
		clear_cells(start, start + n);
	} else {
		memmove(&cells[start], &cells[start + n], (rest - n) * sizeof(cell_t));
		clear_cells(start + rest - n, start + rest);
	}
}

static void erase_chars(unsigned int n)
{
	unsigned int start = cy * screen->cols + cx;

	clear_cells(start, start + min(n, screen->cols - cx));
}

/* ANSI counts red first, VGA blue first. */
static u8 vga_colour(unsigned int ansi)
{
	return (ansi & 1) << 2 | (ansi & 2) | (ansi & 4) >> 2;
}

static void set_attribute(unsigned int p)
{
	switch (p) {
	case 0:
		attr = ATTR_DEFAULT;
		bold = reverse = false;
		break;
	case 1:
		bold = true;
		break;
	case 7:
		reverse = true;
		break;
	case 22:
		bold = false;
		break;
	case 27:
		reverse = false;
		break;
	case 39:
		attr = (attr & 0x70) | ATTR_DEFAULT;
		break;
	case 49:
		attr &= 0x0f;
		break;
	case 30 ... 37:
		attr = (attr & 0x70) | vga_colour(p - 30);
		break;
	case 40 ... 47:
		attr = (attr & 0x0f) | vga_colour(p - 40) << 4;
		break;
	case 90 ... 97:
		attr = (attr & 0x70) | 8 | vga_colour(p - 90);
		break;
	case 100 ... 107:
		attr = (attr & 0x0f) | vga_colour(p - 100) << 4;
		break;
	}
}

/* The nearest of our colours, in ANSI's order, to red, green, blue of 0..255. */
static unsigned int nearest(unsigned int r, unsigned int g, unsigned int b)
{
	unsigned int most = max(max(r, g), b), bright = most > 212 ? 60 : 0;

	return bright + (r * 2 > most) + (g * 2 > most) * 2 + (b * 2 > most) * 4;
}

/* Colour @n of 256: 16, a cube of 6 x 6 x 6, 24 greys. */
static unsigned int of_256(unsigned int n)
{
	static const u8 steps[6] = { 0, 95, 135, 175, 215, 255 };

	if (n < 8)
		return n;
	if (n < 16)
		return 60 + n - 8;
	if (n < 232)
		return nearest(steps[(n - 16) / 36], steps[(n - 16) / 6 % 6], steps[(n - 16) % 6]);
	return nearest(8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10);
}

/* 38;5;N, 38;2;R;G;B and the same from 48 on: the parameters that belong to the one at @i. */
static unsigned int set_many_colours(unsigned int i)
{
	unsigned int base = params[i] - 8, left = nr_params - i - 1;

	if (left >= 2 && params[i + 1] == 5) {
		set_attribute(base + of_256(min(params[i + 2], 255U)));
		return 2;
	}
	if (left >= 4 && params[i + 1] == 2) {
		set_attribute(base + nearest(params[i + 2], params[i + 3], params[i + 4]));
		return 4;
	}
	return left;
}

static void set_attributes(void)
{
	if (!nr_params)
		set_attribute(0);
	for (unsigned int i = 0; i < nr_params; i++)
		if (params[i] == 38 || params[i] == 48)
			i += set_many_colours(i);
		else
			set_attribute(params[i]);
}

/* CSI ? N h or l. */
static void set_private_mode(bool on)
{
	for (unsigned int i = 0; i < nr_params; i++)
		if (params[i] == 25)
			cursor_hidden = !on;
}

static void set_region(void)
{
	unsigned int t = param(0, 1) - 1, b = param(1, screen->rows) - 1;

	if (t < b && b < screen->rows) {
		top = t;
		bottom = b;
		go(0, 0);
	}
}

/* The program asks: the answer is typed by a timer, because the terminal is locked now. */
static void answer(const char *s)
{
	strlcat(reply, s, sizeof(reply));
	timer_start(&reply_timer, clock_read_ns() + 1000000);
}

static void report(void)
{
	char s[24];

	if (param(0, 0) == 5) {
		answer("\033[0n");
	} else if (param(0, 0) == 6) {
		snprintf(s, sizeof(s), "\033[%u;%uR", cy + 1, cx + 1);
		answer(s);
	}
}

static void save_cursor(void)
{
	saved_x = cx;
	saved_y = cy;
}

static void csi_final(u8 c)
{
	int n = param(0, 1);

	if (private_seq) {
		if (c == 'h' || c == 'l')
			set_private_mode(c == 'h');
		return;
	}
	switch (c) {
	case 'A': go(cx, (int)cy - n); break;
	case 'B': case 'e': go(cx, cy + n); break;
	case 'C': case 'a': go(cx + n, cy); break;
	case 'D': go((int)cx - n, cy); break;
	case 'E': go(0, cy + n); break;
	case 'F': go(0, (int)cy - n); break;
	case 'G': case '`': go(n - 1, cy); break;
	case 'd': go(cx, n - 1); break;
	case 'H': case 'f': go(param(1, 1) - 1, n - 1); break;
	case 'J': erase_display(); break;
	case 'K': erase_line(); break;
	case 'L': if (cy >= top && cy <= bottom) scroll(cy, bottom, -n); break;
	case 'M': if (cy >= top && cy <= bottom) scroll(cy, bottom, n); break;
	case 'S': scroll(top, bottom, n); break;
	case 'T': scroll(top, bottom, -n); break;
	case '@': shift_line(n, true); break;
	case 'P': shift_line(n, false); break;
	case 'X': erase_chars(n); break;
	case 'r': set_region(); break;
	case 's': save_cursor(); break;
	case 'u': go(saved_x, saved_y); break;
	case 'n': report(); break;
	case 'c': answer("\033[?6c"); break;
	case 'm': set_attributes(); break;
	}
}

static void csi_char(u8 c)
{
	if (c >= '0' && c <= '9') {
		unsigned int *p = &params[nr_params ? nr_params - 1 : 0];

		if (!nr_params)
			nr_params = 1;
		*p = min(*p * 10 + (c - '0'), 9999U);
	} else if (c == ';') {
		if (!nr_params)
			nr_params = 1;
		if (nr_params < MAX_PARAMS)
			params[nr_params++] = 0;
	} else if (c == '?' || c == '>' || c == '=') {
		private_seq = true;
	} else if (c >= '@' && c <= '~') {
		state = VT_TEXT;
		csi_final(c);
	}
}

static void esc_char(u8 c)
{
	state = VT_TEXT;
	switch (c) {
	case '[':
		memset(params, 0, sizeof(params));
		nr_params = 0;
		private_seq = false;
		state = VT_CSI;
		break;
	case ']': state = VT_OSC; break;
	case '(': case ')': case '#': case '%': state = VT_CHARSET; break;
	case '7': save_cursor(); break;
	case '8': go(saved_x, saved_y); break;
	case 'D': line_feed(); break;
	case 'E': cx = 0; line_feed(); break;
	case 'M': reverse_line_feed(); break;
	case 'c': reset(); break;
	}
}

static void text_char(u8 c)
{
	switch (c) {
	case '\n': case '\v': case '\f': line_feed(); break;
	case '\r': go(0, cy); break;
	case '\b': go((int)cx - 1, cy); break;
	case '\t': go((cx | 7) + 1, cy); break;
	case 0x7f: break;
	default:
		if (c >= ' ')
			put_char(c);
	}
}

/* A byte of 0x80 and above: part of a character in UTF-8. */
static void utf8_byte(u8 c)
{
	if (c >= 0xc0) {
		if (utf8_more)
			put_char(REPLACEMENT);
		utf8_more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		utf8_code = c & (0x3f >> utf8_more);
		return;
	}
	if (!utf8_more) {
		put_char(REPLACEMENT);
		return;
	}
	utf8_code = utf8_code << 6 | (c & 0x3f);
	if (!--utf8_more && utf8_code >= 0xa0)
		put_char(utf8_code <= 0xffff ? utf8_code : REPLACEMENT);
}

static void vt_putc(u8 c)
{
	if (c == 0x1b) {
		state = VT_ESC;
		return;
	}
	switch (state) {
	case VT_ESC:
		esc_char(c);
		break;
	case VT_CSI:
		if (c < ' ')
			text_char(c);
		else
			csi_char(c);
		break;
	case VT_CHARSET:
		state = VT_TEXT;
		break;
	case VT_OSC:
		if (c == '\a')
			state = VT_TEXT;
		break;
	default:
		if (c >= 0x80) {
			utf8_byte(c);
			break;
		}
		if (utf8_more)
			put_char(REPLACEMENT);
		utf8_more = 0;
		text_char(c);
	}
}

/* ---- the terminal and the console ---------------------------------------------------------- */

static size_t vt_write(struct tty_struct *tty, const u8 *buf, size_t n)
{
	unsigned long flags;

	spin_lock_irqsave(&vt_lock, flags);
	view = 0;
	for (size_t i = 0; i < n; i++)
		vt_putc(buf[i]);
	refresh();
	spin_unlock_irqrestore(&vt_lock, flags);
	return n;
}

static size_t vt_write_room(struct tty_struct *tty) { return WRITE_ROOM; }
static size_t vt_chars_in_buffer(struct tty_struct *tty) { return 0; }
static void vt_nothing(struct tty_struct *tty) { }

static const struct tty_operations vt_ops = {
	.write = vt_write,
	.write_room = vt_write_room,
	.chars_in_buffer = vt_chars_in_buffer,
	.flush_buffer = vt_nothing,
	.start = vt_nothing,
};

/* From any context; see the serial console about the lock. */
static void vt_console_write(struct console *con, const char *s, size_t len)
{
	unsigned long flags = local_irq_save();
	bool locked = false;

	for (int i = 0; i < LOCK_SPINS && !locked; i++) {
		locked = spin_trylock(&vt_lock);
		if (!locked)
			cpu_relax();
	}
	view = 0;
	while (len--) {
		if (*s == '\n')
			vt_putc('\r');
		vt_putc(*s++);
	}
	refresh();
	if (locked)
		spin_unlock(&vt_lock);
	local_irq_restore(flags);
}

static struct console vt_console = {
	.name = "tty0",
	.write = vt_console_write,
	.dev = MKDEV(TTY_MAJOR, 0),
};

static void type_reply(struct timer *t)
{
	char s[sizeof(reply)];
	unsigned long flags;

	spin_lock_irqsave(&vt_lock, flags);
	memcpy(s, reply, sizeof(s));
	reply[0] = 0;
	spin_unlock_irqrestore(&vt_lock, flags);
	tty_receive(&vt_tty, (const u8 *)s, strlen(s));
}

void vt_type(const char *s, size_t n)
{
	if (vt_tty.ops)
		tty_receive(&vt_tty, (const u8 *)s, n);
}

void vt_scroll_view(bool back)
{
	unsigned long flags;
	unsigned int by;

	if (!screen)
		return;
	spin_lock_irqsave(&vt_lock, flags);
	by = screen->rows / 2;
	view = back ? min(view + by, history_nr) : view > by ? view - by : 0;
	refresh();
	spin_unlock_irqrestore(&vt_lock, flags);
}

/* False: no memory. */
static bool alloc_cells(void)
{
	size_t size = screen->cols * screen->rows * sizeof(cell_t);

	cells = vzalloc(size);
	shown = vzalloc(size);
	history = vzalloc(HISTORY_LINES * screen->cols * sizeof(cell_t));
	return cells && shown;
}

void vt_init(void)
{
	keyboard_init();
	screen = fb_screen_init();
	if (!screen)
		screen = vga_screen_init();
	if (!screen)
		return;
	if (!alloc_cells()) {
		pr_err("vt: no memory for the screen\n");
		screen = NULL;
		return;
	}
	timer_setup(&reply_timer, type_reply);
	reset();
	vt_tty.ops = &vt_ops;
	if (tty_register(&vt_tty, TTY_MAJOR, 0)) {
		pr_err("vt: cannot register tty0\n");
		return;
	}
	vt_tty.winsize.ws_col = screen->cols;
	vt_tty.winsize.ws_row = screen->rows;
	pr_info("vt: %s, %u columns, %u rows\n", screen->name, screen->cols, screen->rows);
	register_console(&vt_console);
	ps2kbd_init();
}
