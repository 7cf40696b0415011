/*
 * drivers/ps2kbd.c - the PC keyboard: from scan codes to the characters of tty0
 *
 * Purpose:    keys, with shift, control, alt and caps lock, on the US layout.
 * Invariants: state (which modifiers are down) changes only in the interrupt.
 * Simplified: one layout, scan code set 1 (the controller translates), no lock lights.
 * Sources:    IBM PS/2 technical reference, "Keyboard and Auxiliary Device Controller".
 */
#include <asm/processor.h>
#include <irq.h>
#include <printk.h>
#include <screen.h>
#include <string.h>

#define KBD_DATA	0x60
#define KBD_STATUS	0x64
#define KBD_COMMAND	0x64
#define KBD_IRQ		1

#define STATUS_OUT_FULL	0x01
#define STATUS_IN_FULL	0x02
#define STATUS_AUX	0x20		/* the byte is the mouse's */

#define CMD_READ_CONFIG	0x20
#define CMD_WRITE_CONFIG 0x60
#define CMD_ENABLE	0xae
#define CONFIG_IRQ	0x01
#define CONFIG_DISABLED	0x10
#define CONFIG_TRANSLATE 0x40

#define KEY_RELEASED	0x80
#define KEY_EXTENDED	0xe0
#define KEY_PAUSE	0xe1
#define WAIT_SPINS	100000

/* Scan codes of the keys that are not characters. */
enum { SC_CTRL = 0x1d, SC_LSHIFT = 0x2a, SC_RSHIFT = 0x36, SC_ALT = 0x38, SC_CAPS = 0x3a,
       SC_DELETE = 0x53 };

static const char plain[0x3a] =
	"\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[0x3a] =
	"\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

static const struct { u8 code; const char *s; } function_keys[] = {
	{ 0x3b, "\033[[A" }, { 0x3c, "\033[[B" }, { 0x3d, "\033[[C" }, { 0x3e, "\033[[D" },
	{ 0x3f, "\033[[E" }, { 0x40, "\033[17~" }, { 0x41, "\033[18~" }, { 0x42, "\033[19~" },
	{ 0x43, "\033[20~" }, { 0x44, "\033[21~" }, { 0x57, "\033[23~" }, { 0x58, "\033[24~" },
};

/* With the prefix E0 these are arrows and their neighbours, without it the number pad. */
static const struct { u8 code; char pad; const char *s; } cursor_keys[] = {
	{ 0x47, '7', "\033[1~" }, { 0x48, '8', "\033[A" }, { 0x49, '9', "\033[5~" },
	{ 0x4b, '4', "\033[D" }, { 0x4d, '6', "\033[C" }, { 0x4f, '1', "\033[4~" },
	{ 0x50, '2', "\033[B" }, { 0x51, '3', "\033[6~" }, { 0x52, '0', "\033[2~" },
	{ 0x53, '.', "\033[3~" }, { 0x4a, '-', "-" }, { 0x4c, '5', "5" }, { 0x4e, '+', "+" },
};

static bool shift, ctrl, alt, caps, extended;
static unsigned int skip;			/* bytes of the pause key still to come */

/* A modifier went down or up; false if @code is none. */
static bool modifier(u8 code, bool down)
{
	switch (code) {
	case SC_LSHIFT:
	case SC_RSHIFT:
		if (!extended)			/* E0 2A surrounds some keys and means nothing */
			shift = down;
		return true;
	case SC_CTRL:
		ctrl = down;
		return true;
	case SC_ALT:
		alt = down;
		return true;
	case SC_CAPS:
		caps ^= down;
		return true;
	}
	return false;
}

static void type_char(char c)
{
	char s[2] = { '\033', c };

	vt_type(alt ? s : s + 1, alt ? 2 : 1);
}

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static void character_key(u8 code)
{
	char c = shift ? shifted[code] : plain[code];

	if (!c)
		return;
	if (caps && is_letter(c))
		c ^= 0x20;
	if (ctrl && c == ' ')
		c = 0;
	else if (ctrl && c >= '@' && c <= '~')
		c &= 0x1f;
	else if (ctrl && c == '/')
		c = 0x1f;
	type_char(c);
}

static void special_key(u8 code)
{
	for (size_t i = 0; i < ARRAY_SIZE(function_keys); i++)
		if (function_keys[i].code == code)
			vt_type(function_keys[i].s, strlen(function_keys[i].s));
	for (size_t i = 0; i < ARRAY_SIZE(cursor_keys); i++) {
		if (cursor_keys[i].code != code)
			continue;
		if (extended)
			vt_type(cursor_keys[i].s, strlen(cursor_keys[i].s));
		else
			type_char(cursor_keys[i].pad);
	}
}

static void scan_code(u8 b)
{
	u8 code = b & ~KEY_RELEASED;
	bool down = !(b & KEY_RELEASED);

	if (skip) {
		skip--;
		return;
	}
	if (b == KEY_PAUSE) {
		skip = 5;
		return;
	}
	if (b == KEY_EXTENDED) {
		extended = true;
		return;
	}
	if (!modifier(code, down) && down) {
		if (ctrl && alt && code == SC_DELETE)
			machine_restart();
		if (code < sizeof(plain) && (!extended || code == 0x1c || code == 0x35))
			character_key(code);	/* the pad's enter and slash too */
		else
			special_key(code);
	}
	extended = false;
}

static void ps2kbd_irq(int irq, void *arg)
{
	for (int i = 0; i < 32; i++) {
		u8 status = inb(KBD_STATUS), b;

		if (!(status & STATUS_OUT_FULL))
			break;
		b = inb(KBD_DATA);
		if (!(status & STATUS_AUX))
			scan_code(b);
	}
}

/* Wait for a bit of the status register; false if it never comes. */
static bool wait_status(u8 mask, u8 value)
{
	for (int i = 0; i < WAIT_SPINS; i++) {
		if ((inb(KBD_STATUS) & mask) == value)
			return true;
		cpu_relax();
	}
	return false;
}

static bool command(u8 c)
{
	if (!wait_status(STATUS_IN_FULL, 0))
		return false;
	outb(KBD_COMMAND, c);
	return true;
}

void ps2kbd_init(void)
{
	u8 config;

	if (inb(KBD_STATUS) == 0xff)		/* no such controller */
		return;
	for (int i = 0; i < 32 && (inb(KBD_STATUS) & STATUS_OUT_FULL); i++)
		inb(KBD_DATA);
	if (!command(CMD_READ_CONFIG) || !wait_status(STATUS_OUT_FULL, STATUS_OUT_FULL))
		return;
	config = (inb(KBD_DATA) | CONFIG_IRQ | CONFIG_TRANSLATE) & ~CONFIG_DISABLED;
	if (!command(CMD_WRITE_CONFIG) || !wait_status(STATUS_IN_FULL, 0))
		return;
	outb(KBD_DATA, config);
	command(CMD_ENABLE);
	if (request_irq(KBD_IRQ, ps2kbd_irq, NULL, "keyboard"))
		pr_warn("keyboard: no interrupt line\n");
	else
		pr_info("keyboard: PS/2, US layout\n");
}
