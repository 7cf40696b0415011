/*
 * keyboard.h - keys, wherever they come from, and the drivers of keyboards
 *
 * A key is known by its place on a US keyboard.  The numbers are Linux's (input-event-codes.h); those below 84
 * are also the scan codes of the first PC keyboards.
 */
#ifndef KEYBOARD_H
#define KEYBOARD_H

#include <list.h>
#include <types.h>

enum {
	KEY_ESC = 1, KEY_1 = 2, KEY_0 = 11, KEY_MINUS = 12, KEY_EQUAL = 13, KEY_BACKSPACE = 14, KEY_TAB = 15, KEY_Q = 16,
	KEY_E = 18, KEY_LEFTBRACE = 26, KEY_RIGHTBRACE = 27, KEY_ENTER = 28, KEY_LEFTCTRL = 29, KEY_A = 30,
	KEY_SEMICOLON = 39, KEY_APOSTROPHE = 40, KEY_GRAVE = 41, KEY_LEFTSHIFT = 42, KEY_BACKSLASH = 43, KEY_Z = 44,
	KEY_M = 50, KEY_COMMA = 51, KEY_DOT = 52, KEY_SLASH = 53, KEY_RIGHTSHIFT = 54, KEY_KPASTERISK = 55, KEY_LEFTALT = 56,
	KEY_SPACE = 57, KEY_CAPSLOCK = 58, KEY_F1 = 59, KEY_F10 = 68, KEY_NUMLOCK = 69, KEY_SCROLLLOCK = 70,
	KEY_KP7 = 71, KEY_KP8, KEY_KP9, KEY_KPMINUS, KEY_KP4, KEY_KP5, KEY_KP6, KEY_KPPLUS, KEY_KP1, KEY_KP2, KEY_KP3,
	KEY_KP0, KEY_KPDOT = 83, KEY_102ND = 86, KEY_F11 = 87, KEY_F12 = 88, KEY_KPENTER = 96, KEY_RIGHTCTRL = 97,
	KEY_KPSLASH = 98, KEY_SYSRQ = 99, KEY_RIGHTALT = 100, KEY_HOME = 102, KEY_UP, KEY_PAGEUP, KEY_LEFT, KEY_RIGHT,
	KEY_END, KEY_DOWN, KEY_PAGEDOWN, KEY_INSERT, KEY_DELETE, KEY_PAUSE = 119, KEY_LEFTMETA = 125, KEY_RIGHTMETA,
	KEY_COMPOSE, NR_KEYS
};

#define KEYBOARD_LED_CAPS 0x02		/* as HID numbers the lights */

/* One keyboard.  The driver fills the first three, the rest is zero. */
struct keyboard {
	const char *name;
	bool repeats;			/* the device itself repeats a key that is held; else keyboard.c does */
	void (*set_leds)(struct keyboard *k, u8 leds);	/* NULL: no lights.  Any context, must not sleep or type */
	u64 down[NR_KEYS / 64];		/* keys that are held; keyboard_lock */
	struct list_head link;		/* keyboard_lock */
};

/* drivers/keyboard.c.  All from any context. */
void keyboard_init(void);		/* boot: which layout */
void keyboard_register(struct keyboard *k);
/* It is gone: the keys that were held are let go.  After this nobody knows @k. */
void keyboard_unregister(struct keyboard *k);
/* Key @key (0: none, others than the above are ignored) went down, or came up. */
void keyboard_key(struct keyboard *k, unsigned int key, bool down);
const char *keyboard_layout(void);
/*
 * Process context, once: all drivers have looked.  If there is a screen, but no keyboard, it is said, and which USB
 * controllers nobody drives.
 */
void keyboard_all_looked(void);

#endif
