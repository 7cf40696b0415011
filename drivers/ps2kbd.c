/*
 * drivers/ps2kbd.c - the PC keyboard: from scan codes to keys
 *
 * Purpose:    the bytes of a keyboard at the 8042 controller, as keys for keyboard.c.
 * Invariants: the state (prefixes seen) changes only under ps2_lock, interrupts off: a byte is read by one, the interrupt or
 *             the timer, and is a part of a key before the next is read.
 *             From the first byte of set-up until the line is ours the keyboard's wire is held: a key that is hit
 *             meanwhile waits in the keyboard, and is neither taken for an answer nor left where nobody looks.
 *             A keyboard that firmware has told to be quiet is told to speak.
 *             Until the interrupt has brought a key a timer looks too: a line may be missing, or wired the other way round,
 *             which only AML tells.
 * Lock order: ps2_lock is taken first of all spinlocks.
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
#include <spinlock.h>
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
#define POLL_NS		20000000UL	/* the timer looks; after a byte sooner, since a key may have four */
#define POLL_AGAIN_NS	2000000UL
#define AT_MOST		32		/* bytes at once */
#define FULL_LOOKS	16		/* so many looks that find as many: no keyboard is so fast, nor a queue so long */

/* What a code behind E0 means; those that are missing here mean nothing. */
static const struct { u8 code, key; } extended_keys[] = {
	{ 0x1c, KEY_KPENTER }, { 0x1d, KEY_RIGHTCTRL }, { 0x35, KEY_KPSLASH }, { 0x37, KEY_SYSRQ }, { 0x38, KEY_RIGHTALT },
	{ 0x47, KEY_HOME }, { 0x48, KEY_UP }, { 0x49, KEY_PAGEUP }, { 0x4b, KEY_LEFT }, { 0x4d, KEY_RIGHT },
	{ 0x4f, KEY_END }, { 0x50, KEY_DOWN }, { 0x51, KEY_PAGEDOWN }, { 0x52, KEY_INSERT }, { 0x53, KEY_DELETE },
	{ 0x5b, KEY_LEFTMETA }, { 0x5c, KEY_RIGHTMETA }, { 0x5d, KEY_COMPOSE },
};

static struct keyboard ps2_keyboard = { .name = "PS/2", .repeats = true };
static DEFINE_SPINLOCK(ps2_lock);		/* everything below */
static struct timer poll_timer;
static bool has_line, line_works;
static unsigned int empty_looks;		/* of the timer, since the last byte */
static unsigned int nr_polled;			/* looks that found something, though there is a line */
static unsigned int full_looks;			/* one after the other that found AT_MOST */
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

/* Read all that waits, and type it.  How many bytes.  ps2_lock held, or boot; interrupts off. */
static unsigned int take_bytes(void)
{
	unsigned int n;

	for (n = 0; n < AT_MOST; n++) {
		u8 status = inb(KBD_STATUS), b;

		if (status == NOTHING_THERE || !(status & STATUS_OUT_FULL))
			break;
		b = inb(KBD_DATA);
		if (status & STATUS_AUX)
			continue;
		if (!take_answer(status, b))
			scan_code(b);
	}
	return n;
}

/*
 * A line that is wired the other way round interrupts too: when a byte has been read and the line falls back, and then the
 * next byte may be there by chance.  So the line has brought a byte only if nobody read one just before.
 */
static void ps2kbd_irq(int irq, void *arg)
{
	spin_lock(&ps2_lock);
	if (take_bytes()) {
		if (empty_looks >= 2)
			line_works = true;
		empty_looks = 0;
	}
	spin_unlock(&ps2_lock);
}

/*
 * Timer, interrupts off.  For ever, or until the line has shown that it works: then nothing needs to wake an idle CPU.  Or
 * until it is clear that the controller says that a byte waits whatever is read.
 */
static void ps2kbd_poll(struct timer *t)
{
	bool found, go_on, stuck, say = false;
	unsigned int n;

	spin_lock(&ps2_lock);
	n = take_bytes();
	found = n;
	full_looks = n == AT_MOST ? full_looks + 1 : 0;
	stuck = full_looks == FULL_LOOKS;
	empty_looks = found ? 0 : empty_looks + 1;
	go_on = !line_works;
	if (found && go_on && has_line)
		say = ++nr_polled == 32;	/* on a busy host the timer may be first a few times */
	spin_unlock(&ps2_lock);
	if (say)
		pr_notice("keyboard: PS/2 is polled: its interrupt has brought no key so far\n");
	if (stuck && go_on)
		pr_warn("keyboard: PS/2: the controller never runs out of bytes; it is polled no more\n");
	if (go_on && !stuck)
		timer_start(t, ktime_get() + (found ? POLL_AGAIN_NS : POLL_NS));
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
			take_bytes();
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

	take_bytes();	/* the controller may take nothing while a byte waits, or need it read to interrupt again */
	if (!wait_status(STATUS_IN_FULL, 0))
		return NOBODY;
	yes = wanted;
	answer = ASKED;
	outb(KBD_DATA, question);
	end = ktime_get() + ANSWER_NS;
	do {
		take_bytes();
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
	has_line = !request_irq(KBD_IRQ, ps2kbd_irq, NULL, "keyboard");
	if (command(CMD_ENABLE))
		which = keyboard_answers();
	pr_info("keyboard: PS/2%s%s, layout %s\n", which, has_line ? "" : ", no interrupt line: polled", keyboard_layout());
	timer_setup(&poll_timer, ps2kbd_poll);
	timer_start(&poll_timer, ktime_get() + POLL_NS);
}
