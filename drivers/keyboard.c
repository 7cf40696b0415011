/*
 * drivers/keyboard.c - from keys to characters: what all keyboards share
 *
 * Purpose:    layouts, modifiers, dead keys, caps lock, repetition; a key of any keyboard becomes what a terminal
 *             sends, and is typed on the terminal that is seen.  Shift on one keyboard counts for the keys of another.
 *
 *               ps2kbd.c (scan codes)  \                     layout        vt_type()
 *                                       keyboard_key(key) -> characters -> terminal
 *               usb/hid_kbd.c (usages) /
 *
 * Invariants: a key that is held belongs to a registered keyboard; the key that repeats is held.
 * Lock order: keyboard_lock > timer_queue->lock.  Nothing is typed under it.
 * Simplified: the number pad always types digits; no compose key; a layout is two tables and a short list.
 * Command line: keyboard=us or keyboard=de, and how long a key is held before it repeats: keyboard=de,500 (ms)
 * Sources:    keymaps(5); console_codes(4).
 */
#include <asm/processor.h>
#include <boot_info.h>
#include <keyboard.h>
#include <number.h>
#include <pci.h>
#include <printk.h>
#include <screen.h>
#include <spinlock.h>
#include <string.h>
#include <time.h>

#define REPEAT_DELAY_MS		250		/* Linux's defaults */
#define REPEAT_PERIOD_NS	33000000UL

/* ---- layouts ------------------------------------------------------------------------------- */

#define NR_PLACES (KEY_SPACE + 1)

static const struct layout {
	const char *name;
	u16 plain[NR_PLACES + 1], shifted[NR_PLACES + 1];	/* Unicode, by key; 0: no character */
	u16 key_102nd[3];					/* plain, shifted, AltGr: left of Z, where it exists */
	struct { u8 key; u16 c; } altgr[14];			/* if any: the right Alt is AltGr */
	u16 dead[4];						/* characters that wait for the next one */
} layouts[] = {
	{
		"us",
		u"\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ",
		u"\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ",
		u"<>|", { }, { },
	}, {
		"de",
		u"\0\0331234567890ß´\177\tqwertzuiopü+\r\0asdfghjklöä^\0#yxcvbnm,.-\0*\0 ",
		u"\0\033!\"§$%&/()=?`\177\tQWERTZUIOPÜ*\r\0ASDFGHJKLÖÄ°\0'YXCVBNM;:_\0*\0 ",
		u"<>|",
		{ { KEY_1 + 1, u'²' }, { KEY_1 + 2, u'³' }, { KEY_1 + 6, '{' }, { KEY_1 + 7, '[' }, { KEY_1 + 8, ']' },
		  { KEY_0, '}' }, { KEY_MINUS, '\\' }, { KEY_Q, '@' }, { KEY_E, u'€' }, { KEY_RIGHTBRACE, '~' },
		  { KEY_M, u'µ' } },
		u"^´`",
	},
};

static const struct { u16 dead; const u16 *from, *to; } accents[] = {
	{ '^', u"aeiouAEIOU", u"âêîôûÂÊÎÔÛ" },
	{ u'´', u"aeiouyAEIOUY", u"áéíóúýÁÉÍÓÚÝ" },
	{ '`', u"aeiouAEIOU", u"àèìòùÀÈÌÒÙ" },
};

static const struct { u8 key; const char *s; } sequences[] = {
	{ 59, "\033[[A" }, { 60, "\033[[B" }, { 61, "\033[[C" }, { 62, "\033[[D" }, { 63, "\033[[E" },
	{ 64, "\033[17~" }, { 65, "\033[18~" }, { 66, "\033[19~" }, { 67, "\033[20~" }, { KEY_F10, "\033[21~" },
	{ KEY_F11, "\033[23~" }, { KEY_F12, "\033[24~" },
	{ KEY_HOME, "\033[1~" }, { KEY_UP, "\033[A" }, { KEY_PAGEUP, "\033[5~" }, { KEY_LEFT, "\033[D" },
	{ KEY_RIGHT, "\033[C" }, { KEY_END, "\033[4~" }, { KEY_DOWN, "\033[B" }, { KEY_PAGEDOWN, "\033[6~" },
	{ KEY_INSERT, "\033[2~" }, { KEY_DELETE, "\033[3~" },
};

static const char pad[] = "789-456+1230.";	/* KEY_KP7 ... KEY_KPDOT */

/* ---- state --------------------------------------------------------------------------------- */

static DEFINE_SPINLOCK(keyboard_lock);		/* everything below but what is set at boot */
static LIST_HEAD(keyboards);
static bool caps;
static u16 accent;				/* a dead key waits for its letter */
static struct keyboard *repeating;		/* NULL: no key */
static unsigned int repeat_key;
static u64 repeat_at;
static struct timer repeat_timer;
static const struct layout *layout = &layouts[0];
static unsigned int repeat_delay_ms = REPEAT_DELAY_MS;

/* What a key has typed, until the lock is released. */
struct typed {
	char s[16];
	size_t n;
	bool restart;
	int scroll;			/* look back (1), or forth (-1) */
	unsigned int terminal;		/* show this one; 0: none */
};

static bool is_down(const struct keyboard *k, unsigned int key)
{
	return k->down[key / 64] & BIT(key % 64);
}

/* On whichever keyboard. */
static bool held(unsigned int key)
{
	struct keyboard *k;

	list_for_each_entry(k, &keyboards, link)
		if (is_down(k, key))
			return true;
	return false;
}

static bool altgr_held(void)
{
	return layout->altgr[0].key && held(KEY_RIGHTALT);
}

static bool alt_held(void)
{
	return held(KEY_LEFTALT) || (!layout->altgr[0].key && held(KEY_RIGHTALT));
}

static bool ctrl_held(void)
{
	return held(KEY_LEFTCTRL) || held(KEY_RIGHTCTRL);
}

/* ---- characters ---------------------------------------------------------------------------- */

static void put_bytes(struct typed *out, const char *s, size_t n)
{
	if (out->n + n <= sizeof(out->s)) {
		memcpy(out->s + out->n, s, n);
		out->n += n;
	}
}

/* In UTF-8; behind an escape character if Alt is held. */
static void put_character(struct typed *out, u16 c)
{
	char s[4] = { '\033' };
	size_t n = 1;

	if (c < 0x80) {
		s[n++] = c;
	} else if (c < 0x800) {
		s[n++] = 0xc0 | c >> 6;
		s[n++] = 0x80 | (c & 0x3f);
	} else {
		s[n++] = 0xe0 | c >> 12;
		s[n++] = 0x80 | (c >> 6 & 0x3f);
		s[n++] = 0x80 | (c & 0x3f);
	}
	put_bytes(out, alt_held() ? s : s + 1, alt_held() ? n : n - 1);
}

static bool is_letter(u16 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7);
}

static u16 altgr_character(unsigned int key)
{
	if (key == KEY_102ND)
		return layout->key_102nd[2];
	for (size_t i = 0; i < ARRAY_SIZE(layout->altgr); i++)
		if (layout->altgr[i].key == key)
			return layout->altgr[i].c;
	return 0;
}

/* What the layout has at this place; 0: nothing. */
static u16 character_of(unsigned int key)
{
	bool shift = held(KEY_LEFTSHIFT) || held(KEY_RIGHTSHIFT);

	if (key == KEY_KPENTER)
		return '\r';
	if (key == KEY_KPSLASH)
		return '/';
	if (key >= KEY_KP7 && key <= KEY_KPDOT)
		return pad[key - KEY_KP7];
	if (altgr_held())
		return altgr_character(key);
	if (key == KEY_102ND)
		return layout->key_102nd[shift];
	if (key >= NR_PLACES)
		return 0;
	if (caps && is_letter(layout->plain[key]))
		shift = !shift;
	return shift ? layout->shifted[key] : layout->plain[key];
}

/* The waiting accent on @c; 0: there is no such letter. */
static u16 with_accent(u16 c)
{
	if (c == ' ' || c == accent)
		return accent;
	for (size_t i = 0; i < ARRAY_SIZE(accents); i++)
		for (size_t j = 0; accents[i].dead == accent && accents[i].from[j]; j++)
			if (accents[i].from[j] == c)
				return accents[i].to[j];
	return 0;
}

static bool is_dead(u16 c)
{
	for (const u16 *d = layout->dead; *d; d++)
		if (*d == c)
			return true;
	return false;
}

/* A letter after a dead key is one character if there is such a one, else two. */
static void put_with_accent(struct typed *out, u16 c)
{
	u16 both = with_accent(c);

	if (!both)
		put_character(out, accent);
	put_character(out, both ? both : c);
	accent = 0;
}

static void put_control(struct typed *out, u16 c)
{
	if (c == ' ')
		c = 0;
	else if (c >= '@' && c <= '~')
		c &= 0x1f;
	else if (c == '/')
		c = 0x1f;
	put_character(out, c);
}

static void character_key(struct typed *out, u16 c)
{
	if (ctrl_held())
		put_control(out, c);
	else if (accent)
		put_with_accent(out, c);
	else if (is_dead(c))
		accent = c;
	else
		put_character(out, c);
}

/* What a terminal sends for a key without a character; the arrows as the program wants them. */
static void put_sequence(struct typed *out, const char *s)
{
	if (strlen(s) == 3 && vt_application_keys()) {
		put_bytes(out, "\033O", 2);
		s += 2;
	}
	put_bytes(out, s, strlen(s));
}

static void type_key(struct typed *out, unsigned int key)
{
	u16 c = character_of(key);

	if ((key == KEY_F1 || key == KEY_F1 + 1) && alt_held()) {
		out->terminal = key - KEY_F1 + 1;
		return;
	}
	if ((key == KEY_PAGEUP || key == KEY_PAGEDOWN) && (held(KEY_LEFTSHIFT) || held(KEY_RIGHTSHIFT))) {
		out->scroll = key == KEY_PAGEUP ? 1 : -1;
		return;
	}
	if (c) {
		character_key(out, c);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++)
		if (sequences[i].key == key)
			put_sequence(out, sequences[i].s);
}

/* ---- keys ---------------------------------------------------------------------------------- */

static bool is_modifier(unsigned int key)
{
	switch (key) {
	case KEY_LEFTSHIFT: case KEY_RIGHTSHIFT: case KEY_LEFTCTRL: case KEY_RIGHTCTRL:
	case KEY_LEFTALT: case KEY_RIGHTALT: case KEY_LEFTMETA: case KEY_RIGHTMETA:
		return true;
	}
	return false;
}

static u8 leds(void)
{
	return caps ? KEYBOARD_LED_CAPS : 0;
}

static void caps_lock(void)
{
	struct keyboard *k;

	caps = !caps;
	list_for_each_entry(k, &keyboards, link)
		if (k->set_leds)
			k->set_leds(k, leds());
}

static void repeat_later(struct keyboard *k, unsigned int key, u64 ns)
{
	repeating = k;
	repeat_key = key;
	repeat_at = ktime_get() + ns;
	timer_start(&repeat_timer, repeat_at);
}

/* Key @key went down; @again: it had been down. */
static void press(struct typed *out, struct keyboard *k, unsigned int key, bool again)
{
	if (is_modifier(key) || (again && !k->repeats))
		return;
	if (key == KEY_CAPSLOCK) {
		if (!again)
			caps_lock();
		return;
	}
	if (key == KEY_DELETE && ctrl_held() && alt_held())
		out->restart = true;
	type_key(out, key);
	repeating = NULL;
	if (!k->repeats)
		repeat_later(k, key, repeat_delay_ms * 1000000UL);
}

static void send(const struct typed *out)
{
	if (out->restart)
		machine_restart();
	if (out->terminal)
		vt_switch(out->terminal);
	if (out->scroll)
		vt_scroll_view(out->scroll > 0);
	if (out->n)
		vt_type(out->s, out->n);
}

void keyboard_key(struct keyboard *k, unsigned int key, bool down)
{
	struct typed out = { .n = 0 };
	unsigned long flags;
	bool again;

	if (!key || key >= NR_KEYS)
		return;
	spin_lock_irqsave(&keyboard_lock, flags);
	again = is_down(k, key);
	if (down)
		k->down[key / 64] |= BIT(key % 64);
	else
		k->down[key / 64] &= ~BIT(key % 64);
	if (down)
		press(&out, k, key, again);
	else if (repeating == k && repeat_key == key)
		repeating = NULL;
	spin_unlock_irqrestore(&keyboard_lock, flags);
	send(&out);
}

/* The timer is never cancelled: if it is early, or no key repeats, it was for another key. */
static void repeat(struct timer *t)
{
	struct typed out = { .n = 0 };
	unsigned long flags;

	spin_lock_irqsave(&keyboard_lock, flags);
	if (repeating && ktime_get() >= repeat_at) {
		type_key(&out, repeat_key);
		repeat_later(repeating, repeat_key, REPEAT_PERIOD_NS);
	}
	spin_unlock_irqrestore(&keyboard_lock, flags);
	send(&out);
}

/* ---- keyboards ----------------------------------------------------------------------------- */

void keyboard_register(struct keyboard *k)
{
	unsigned long flags;

	spin_lock_irqsave(&keyboard_lock, flags);
	list_add_tail(&k->link, &keyboards);
	if (k->set_leds)
		k->set_leds(k, leds());
	spin_unlock_irqrestore(&keyboard_lock, flags);
}

void keyboard_unregister(struct keyboard *k)
{
	unsigned long flags;

	spin_lock_irqsave(&keyboard_lock, flags);
	list_del(&k->link);
	if (repeating == k)
		repeating = NULL;
	spin_unlock_irqrestore(&keyboard_lock, flags);
}

/* USB controllers by class: these have no driver, and a keyboard at one of them is never found. */
static const struct { u32 class; const char *name; } undriven[] = {
	{ 0x0c0320, ", EHCI" }, { 0x0c0310, ", OHCI" }, { 0x0c0300, ", UHCI" },
};

void keyboard_all_looked(void)
{
	char names[32] = "";
	struct pci_dev d;
	bool none;
	unsigned long flags;

	spin_lock_irqsave(&keyboard_lock, flags);
	none = list_empty(&keyboards);
	spin_unlock_irqrestore(&keyboard_lock, flags);
	if (!none || !vt_foreground())
		return;
	/* No driver looks any more, so nobody else is at PCI's ports. */
	for (size_t i = 0; i < ARRAY_SIZE(undriven); i++)
		if (pci_find_class(undriven[i].class, 0, &d))
			strlcat(names, undriven[i].name, sizeof(names));
	pr_notice("keyboard: none found, neither PS/2 nor USB%s%s\n",
		  *names ? "; no driver for this machine's USB controllers: " : "", *names ? names + 2 : "");
}

const char *keyboard_layout(void)
{
	return layout->name;
}

void keyboard_init(void)
{
	char word[32], *delay;
	const char *digits;
	unsigned long ms;
	bool found = false;

	timer_setup(&repeat_timer, repeat);
	if (!cmdline_get("keyboard", word, sizeof(word)))
		return;
	delay = strchr(word, ',');
	if (delay) {
		*delay = 0;
		digits = delay + 1;
		if (take_number(&digits, 10, 60000, &ms) && !*digits)
			repeat_delay_ms = ms;
	}
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		if (strcmp(layouts[i].name, word))
			continue;
		layout = &layouts[i];
		found = true;
	}
	if (!found)
		pr_warn("keyboard: there is no layout %s: %s is used\n", word, layout->name);
}
