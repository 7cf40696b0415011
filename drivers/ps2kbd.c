/*
 * drivers/ps2kbd.c - the PC keyboard: from scan codes to keys
 *
 * Purpose:    the bytes of a keyboard at the 8042 controller, as keys for keyboard.c.
 * Invariants: the state (prefixes seen) changes only in the interrupt, or with interrupts off at boot.
 *             From the first byte of set-up until the line is ours the keyboard's wire is held: a key that is hit
 *             meanwhile waits in the keyboard, and is neither taken for an answer nor left where nobody looks.
 *             A keyboard that firmware has told to be quiet is told to speak.
 * Simplified: scan code set 1 (the controller translates), no lock lights, no mouse.  A machine without the controller
 *             reads as 0xff and costs nothing; one that answers slowly is given time; firmware that plays an 8042 for a
 *             USB keyboard is one until drivers/usb takes the keyboard from it.  A keyboard that is silent, or is
 *             plugged in later, changes only what the log says.
 * Sources:    IBM PS/2 technical reference, "Keyboard and Auxiliary Device Controller".
 */
#include <asm/processor.h>
#include <irq.h>
#include <keyboard.h>
#include <printk.h>
#include <screen.h>
#include <time.h>

#define KBD_DATA	0x60
#define KBD_STATUS	0x64
#define KBD_COMMAND	0x64
#define KBD_IRQ		1

#define STATUS_OUT_FULL	0x01
#define STATUS_IN_FULL	0x02
#define STATUS_AUX	0x20		/* the byte is the mouse's */
#define STATUS_TIMEOUT	0x40		/* the keyboard has not answered; some controllers set it on any byte */

#define CMD_READ_CONFIG	0x20
#define CMD_WRITE_CONFIG 0x60
#define CMD_AUX_OFF	0xa7
#define CMD_DISABLE	0xad
#define CMD_ENABLE	0xae
#define CONFIG_IRQ	0x01
#define CONFIG_AUX_IRQ	0x02
#define CONFIG_DISABLED	0x10
#define CONFIG_AUX_OFF	0x20
#define CONFIG_TRANSLATE 0x40

#define KBD_ECHO	0xee		/* to the keyboard, which says the same */
#define KBD_SCAN	0xf4		/* to the keyboard: say which keys are hit */
#define KBD_ACK		0xfa		/* it does */
#define KBD_RESEND	0xfe		/* it does not understand; with STATUS_TIMEOUT the controller: it is silent */
#define KBD_ERROR	0xff		/* the controller: its answer broke off */

#define RELEASED	0x80
#define PREFIX_E0	0xe0
#define PREFIX_PAUSE	0xe1
#define NOTHING_THERE	0xff
#define WAIT_NS		250000000UL	/* for the controller; after one wait that ends so there is no other */
#define QUIET_NS	2000000UL	/* nothing comes: a byte that was on the wire has arrived (11 bits at 10 kHz) */
#define ANSWER_NS	100000000UL	/* a keyboard answers in 20 ms, or the controller says that it does not */

/* What a code behind E0 means; those that are missing here mean nothing. */
static const struct { u8 code, key; } extended_keys[] = {
	{ 0x1c, KEY_KPENTER }, { 0x1d, KEY_RIGHTCTRL }, { 0x35, KEY_KPSLASH }, { 0x37, KEY_SYSRQ }, { 0x38, KEY_RIGHTALT },
	{ 0x47, KEY_HOME }, { 0x48, KEY_UP }, { 0x49, KEY_PAGEUP }, { 0x4b, KEY_LEFT }, { 0x4d, KEY_RIGHT },
	{ 0x4f, KEY_END }, { 0x50, KEY_DOWN }, { 0x51, KEY_PAGEDOWN }, { 0x52, KEY_INSERT }, { 0x53, KEY_DELETE },
	{ 0x5b, KEY_LEFTMETA }, { 0x5c, KEY_RIGHTMETA }, { 0x5d, KEY_COMPOSE },
};

static struct keyboard ps2_keyboard = { .name = "PS/2", .repeats = true };
static bool extended;
static unsigned int skip;			/* bytes of the pause key still to come */
static enum answer { NOT_ASKED, ASKED, YES, AGAIN, NOBODY } answer;
static u8 yes;					/* the answer that we want */
static const char nobody[] = " controller, no keyboard answers";

static unsigned int extended_key(u8 code)
{
	for (size_t i = 0; i < ARRAY_SIZE(extended_keys); i++)
		if (extended_keys[i].code == code)
			return extended_keys[i].key;
	return 0;
}

static void scan_code(u8 b)
{
	u8 code = b & ~RELEASED;

	if (skip) {
		skip--;
	} else if (b == PREFIX_PAUSE) {
		skip = 5;
	} else if (b == PREFIX_E0) {
		extended = true;
	} else {
		keyboard_key(&ps2_keyboard, extended ? extended_key(code) : code <= KEY_F12 ? code : 0u, !(b & RELEASED));
		extended = false;
	}
}

/*
 * Is @b what came of our question?  Only while it is open: at any other time these bytes are, like all others, parts of
 * keys, and the flag for them means nothing.
 */
static bool take_answer(u8 status, u8 b)
{
	if (answer != ASKED || extended)
		return false;
	if ((status & STATUS_TIMEOUT) && (b == KBD_RESEND || b == KBD_ERROR))
		answer = NOBODY;
	else if (b == yes)
		answer = YES;
	else if (b == KBD_RESEND)
		answer = AGAIN;
	return answer != ASKED;
}

static void ps2kbd_irq(int irq, void *arg)
{
	for (int i = 0; i < 32; i++) {
		u8 status = inb(KBD_STATUS), b;

		if (!(status & STATUS_OUT_FULL))
			break;
		b = inb(KBD_DATA);
		if (status & STATUS_AUX)
			continue;
		if (!take_answer(status, b))
			scan_code(b);
	}
}

/* Wait for a bit of the status register; false if it never comes. */
static bool wait_status(u8 mask, u8 value)
{
	u64 end = ktime_get() + WAIT_NS;

	do {
		if ((inb(KBD_STATUS) & mask) == value)
			return true;
		cpu_relax();
	} while (ktime_get() < end);
	return false;
}

static bool command(u8 c)
{
	if (!wait_status(STATUS_IN_FULL, 0))
		return false;
	outb(KBD_COMMAND, c);
	return true;
}

/* Read until nothing has come for a while: a byte can be on its way.  @typed: they are keys; else nobody's. */
static void read_until_quiet(bool typed)
{
	u64 end = ktime_get() + QUIET_NS;
	unsigned int left = 64;

	while (left && ktime_get() < end) {
		if (!(inb(KBD_STATUS) & STATUS_OUT_FULL)) {
			cpu_relax();
			continue;
		}
		if (typed)
			ps2kbd_irq(KBD_IRQ, NULL);
		else
			inb(KBD_DATA);
		end = ktime_get() + QUIET_NS;
		left--;
	}
}

/* The controller's own set-up, while keyboard and mouse are held; false: it does not answer. */
static bool configure(void)
{
	u8 config;

	if (!command(CMD_DISABLE) || !command(CMD_AUX_OFF) || !wait_status(STATUS_IN_FULL, 0))
		return false;
	read_until_quiet(false);
	if (!command(CMD_READ_CONFIG) || !wait_status(STATUS_OUT_FULL, STATUS_OUT_FULL))
		return false;
	config = inb(KBD_DATA) & ~CONFIG_AUX_IRQ;
	config |= CONFIG_IRQ | CONFIG_TRANSLATE | CONFIG_DISABLED | CONFIG_AUX_OFF;
	if (!command(CMD_WRITE_CONFIG) || !wait_status(STATUS_IN_FULL, 0))
		return false;
	outb(KBD_DATA, config);
	return true;
}

/*
 * Send @question, to which @wanted is the answer; keys that are hit meanwhile are typed.  Interrupts are off, so we read
 * what comes ourselves.  ASKED: no answer came in time.
 */
static enum answer ask(u8 question, u8 wanted)
{
	enum answer result;
	u64 end;

	ps2kbd_irq(KBD_IRQ, NULL);	/* the controller may take nothing while a byte waits, or need it read to interrupt again */
	if (!wait_status(STATUS_IN_FULL, 0))
		return NOBODY;
	yes = wanted;
	answer = ASKED;
	outb(KBD_DATA, question);
	end = ktime_get() + ANSWER_NS;
	do {
		ps2kbd_irq(KBD_IRQ, NULL);
		cpu_relax();
	} while (answer == ASKED && ktime_get() < end);
	result = answer;
	answer = NOT_ASKED;
	return result;
}

/*
 * Does a keyboard answer, and will it say which keys are hit?  Firmware that plays one may not know the first question: it
 * is silent, or asks back, which is an answer too.  By the second a keyboard forgets what it has not yet said: so it may say
 * that before.  Boot, interrupts off: nobody but us reads what comes.  Returns what the log says of it.
 */
static const char *keyboard_answers(void)
{
	enum answer echo = ask(KBD_ECHO, KBD_ECHO), scan;

	if (echo == NOBODY)
		return nobody;
	read_until_quiet(true);
	scan = ask(KBD_SCAN, KBD_ACK);
	if (scan == AGAIN)
		scan = ask(KBD_SCAN, KBD_ACK);
	if (scan == YES)
		return "";
	return echo == ASKED && scan != AGAIN ? nobody : ", does not answer when it is switched on";
}

void ps2kbd_init(void)
{
	const char *which = nobody;

	if (inb(KBD_STATUS) == NOTHING_THERE) {
		pr_notice("keyboard: no PS/2 controller\n");
		return;
	}
	if (!configure()) {
		if (!(inb(KBD_STATUS) & STATUS_IN_FULL))	/* we have waited once */
			outb(KBD_COMMAND, CMD_ENABLE);
		pr_warn("keyboard: the PS/2 controller does not answer\n");
		return;
	}
	keyboard_register(&ps2_keyboard);
	if (request_irq(KBD_IRQ, ps2kbd_irq, NULL, "keyboard")) {
		pr_warn("keyboard: no interrupt line\n");
		return;
	}
	if (command(CMD_ENABLE))
		which = keyboard_answers();
	pr_info("keyboard: PS/2%s, layout %s\n", which, keyboard_layout());
}
