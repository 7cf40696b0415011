/* links: tests/host/shim_min.c */
/*
 * tests/host/test_ps2kbd.c - the keyboard controller (drivers/ps2kbd.c) as it is, as it is not, and in between
 *
 * A simulated 8042: one byte of output, one of input, a keyboard with a buffer behind a wire that can be held, and an
 * interrupt line that is an edge: who does not listen when it rises never hears of it.  There may be none, or it rises when
 * it should fall.  Each access to a port is one moment; a key can be hit at any of them.
 *
 * Of faults put into the driver statement by statement it lets pass what changes nothing: no cpu_relax(); a wait that is a
 * nanosecond longer; other limits than 64 and 32 bytes, for each byte that is left has an edge of its own.
 */
#include "cmocka_shim.h"
#include <string.h>
#include <types.h>

static u8 inb(u16 port);
static void outb(u16 port, u8 v);
#include "drivers/ps2kbd.c"

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
char *strstr(const char *haystack, const char *needle);

bool fake_irqs_off;
struct cpu cpus[NR_CPUS];
unsigned int nr_cpus = 1, fake_cpu;
static char log[1024];
static size_t log_len;

int printk(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_len += vsnprintf(log + log_len, sizeof(log) - log_len, fmt, ap);
	va_end(ap);
	return 0;
}

/* ---- the machine ---- */

#define STEP_NS		10000UL		/* an access to a port: a slow one, for there are many in 100 ms */
#define WIRE_NS		1000000UL	/* a byte on its way from the keyboard */

static struct machine {
	/* What kind. */
	bool absent;			/* nobody there: all ones */
	bool no_keyboard;		/* the controller says so after 20 ms */
	bool silent_keyboard;		/* nobody says anything */
	bool emulated;			/* firmware: knows neither the mouse nor an echo */
	bool resends;			/* firmware: says that it does not know the echo */
	bool switched_off;		/* firmware has left it so: it answers, but says no keys */
	bool obeys_silently;		/* does not answer when it is switched on */
	bool answers_at_once;		/* before what waits in it */
	bool forgets;			/* what waits in it, when it is switched on */
	unsigned int asks_back;		/* so often, when it is switched on */
	bool false_timeout;		/* the flag is on every byte */
	unsigned long stuck_at;		/* from this moment on nothing is taken or answered; 0: never */
	bool dumb;			/* reads as 0, answers nothing */
	unsigned int slow;		/* polls until a command is taken, and again until it is answered */
	bool mouse_moves;
	bool stays_held;		/* until it is told: a byte for the keyboard does not let it go */
	bool mute;			/* takes commands, and does not answer */
	bool floods;			/* whenever a byte is read there is another */
	bool hides;			/* its configuration does not say what is held */
	bool polled;			/* firmware has left the keyboard's interrupt off */
	bool reads_first;		/* takes nothing while its own byte waits */
	unsigned long late_at;		/* a byte from before arrives */
	unsigned int before;		/* moments before the driver comes */
	int refuse_irq;
	bool dead_line;			/* never interrupts */
	bool low_line;			/* rises when a byte has been read */
	bool timer_first;		/* of two interrupts at once */
	/* How it is now. */
	u8 config, out, in, out_flags, expects;
	bool out_full, in_full, in_is_command, held, mouse_off, irq_raised, has_answer;
	u8 answer;
	unsigned int busy;
	u8 queue[64];			/* in the keyboard */
	unsigned int nr_queue;
	u64 wire_until, refuse_at, now;	/* a byte is on the wire; the controller gives up */
	bool on_wire, scanning;
	unsigned int nr_switched_on;
	unsigned long configured_at, switched_on_at;	/* moments */
	unsigned long moment, hit_at;
	bool hit;
	irq_handler_t handler;
	struct timer *timer;		/* NULL: not started */
	unsigned int lost;		/* edges */
	unsigned int in_vain;		/* accesses to what is absent */
} m;

u64 clock_read_ns(void) { return m.now; }

static void queue_byte(u8 b)
{
	assert_true(m.nr_queue < sizeof(m.queue));
	m.queue[m.nr_queue++] = b;
}

/* A person does it. */
static void hit_key(void)
{
	if (!m.scanning)
		return;
	queue_byte(KEY_A);
	queue_byte(KEY_A | RELEASED);
}

/* What is on the wire stays first. */
static void answer_byte(u8 b)
{
	unsigned int at = m.answers_at_once ? m.on_wire : m.nr_queue;

	queue_byte(0);
	memmove(m.queue + at + 1, m.queue + at, m.nr_queue - 1 - at);
	m.queue[at] = b;
}

/* An edge: the handler runs, now or when interrupts are on again; unless nobody has asked for it. */
static void raise(void)
{
	if (!(m.config & CONFIG_IRQ))
		return;
	if (m.handler)
		m.irq_raised = true;
	else
		m.lost++;
}

static void put_out(u8 b, u8 flags)
{
	m.out = b;
	m.out_flags = flags;
	m.out_full = true;
	if (!(flags & STATUS_AUX) && !m.dead_line && !m.low_line)
		raise();
}

static void run_command(u8 c)
{
	switch (c) {
	case CMD_READ_CONFIG:
		if (m.mute)
			break;
		m.has_answer = true;
		m.answer = m.config;
		if (!m.hides)
			m.answer |= (m.held ? CONFIG_DISABLED : 0) | (m.mouse_off ? CONFIG_AUX_OFF : 0);
		m.busy = m.slow;
		break;
	case CMD_WRITE_CONFIG:
		m.expects = c;
		break;
	case CMD_DISABLE:
		m.held = true;
		break;
	case CMD_ENABLE:
		m.held = false;
		break;
	case CMD_AUX_OFF:
		m.mouse_off = !m.emulated;
		break;
	default:
		fail_msg("command %x", c);
	}
}

static void switch_on(void)
{
	m.nr_switched_on++;
	m.switched_on_at = m.moment;
	if (m.asks_back) {
		m.asks_back--;
		answer_byte(KBD_RESEND);
		return;
	}
	m.scanning = true;
	if (m.forgets) {
		m.nr_queue = 0;
		m.on_wire = false;
	}
	if (!m.obeys_silently && !m.silent_keyboard)
		answer_byte(KBD_ACK);
}

static void run_data(u8 b)
{
	if (m.expects == CMD_WRITE_CONFIG) {
		m.config = b;
		m.configured_at = m.moment;
		m.held = b & CONFIG_DISABLED;
		m.mouse_off = b & CONFIG_AUX_OFF;
		m.expects = 0;
		return;
	}
	m.held = m.held && m.stays_held;	/* the real one lets go */
	if (m.no_keyboard)
		m.refuse_at = m.now + 20000000;
	else if (b == KBD_SCAN)
		switch_on();
	else if (b != KBD_ECHO)
		fail_msg("data %x", b);
	else if (!m.silent_keyboard && !m.emulated)
		answer_byte(m.resends ? KBD_RESEND : KBD_ECHO);
}

/* What happens by itself. */
static void step(void)
{
	m.now += STEP_NS;
	if (m.moment++ == m.hit_at && !m.hit) {
		m.hit = true;
		hit_key();
	}
	if (m.stuck_at && m.moment >= m.stuck_at)
		m.busy = 1;
	if (m.busy) {
		m.busy--;
	} else if (m.in_full && !(m.reads_first && m.out_full)) {
		m.in_full = false;
		if (m.in_is_command)
			run_command(m.in);
		else
			run_data(m.in);
	} else if (m.has_answer && !m.out_full) {
		m.has_answer = false;
		put_out(m.answer, 0);
	}
	if (m.late_at && m.moment == m.late_at && !m.out_full)
		put_out(KEY_A | RELEASED, 0);
	if (m.mouse_moves && !m.mouse_off && !m.out_full && !m.has_answer)
		put_out(0x08, STATUS_AUX);
	if (m.floods && !m.out_full && !m.has_answer)
		put_out(KEY_A | RELEASED, 0);
	if (!m.on_wire && m.nr_queue && !m.held) {	/* once begun it arrives */
		m.on_wire = true;
		m.wire_until = m.now + (m.emulated ? 0 : WIRE_NS);
	}
	if (m.on_wire && m.now >= m.wire_until && !m.out_full && !m.has_answer) {
		u8 b = m.queue[0];

		m.on_wire = false;
		memmove(m.queue, m.queue + 1, --m.nr_queue);
		put_out(b, m.false_timeout ? STATUS_TIMEOUT : 0);
	}
	if (m.refuse_at && m.now >= m.refuse_at && !m.out_full) {
		m.refuse_at = 0;
		put_out(0xfe, STATUS_TIMEOUT);
	}
}

static void timer_interrupts(void)
{
	struct timer *t = m.timer;

	if (!t || m.now < t->expires)
		return;
	m.timer = NULL;
	t->fn(t);
}

static void line_interrupts(void)
{
	if (!m.irq_raised)
		return;
	m.irq_raised = false;
	m.handler(KBD_IRQ, NULL);
}

static void deliver(void)
{
	if (fake_irqs_off)
		return;
	fake_irqs_off = true;
	if (m.timer_first)
		timer_interrupts();
	line_interrupts();
	timer_interrupts();
	fake_irqs_off = false;
}

void timer_setup(struct timer *t, void (*fn)(struct timer *)) { *t = (struct timer){ .fn = fn }; }

void timer_start(struct timer *t, u64 expires)
{
	t->expires = expires;
	m.timer = t;
}

static u8 inb(u16 port)
{
	u8 v;

	if (m.absent) {
		m.in_vain++;
		return 0xff;
	}
	if (m.dumb) {
		m.now += STEP_NS;
		return 0;
	}
	step();
	if (port == KBD_STATUS) {
		v = (m.out_full ? STATUS_OUT_FULL | m.out_flags : 0) | (m.in_full ? STATUS_IN_FULL : 0);
	} else {
		v = m.out;
		if (m.low_line && m.out_full)
			raise();
		m.out_full = false;
	}
	deliver();
	return v;
}

static void outb(u16 port, u8 v)
{
	assert_false(m.absent);
	if (m.dumb)
		return;
	step();
	assert_false(m.in_full);	/* it would be lost */
	m.in = v;
	m.in_full = true;
	m.in_is_command = port == KBD_COMMAND;
	m.busy = m.slow;
	deliver();
}

int request_irq(unsigned int irq, irq_handler_t fn, void *arg, const char *name)
{
	assert_int_equal(irq, KBD_IRQ);
	for (int i = 0; i < 20; i++)	/* time enough to take the configuration */
		step();
	assert_true(m.held);		/* until now nobody listens */
	if (m.refuse_irq)
		return m.refuse_irq;
	m.handler = fn;
	return 0;
}

/* ---- what the driver says ---- */

static unsigned int presses, releases, registered, others;
static struct told { unsigned int key; bool down; } told[64];	/* what it said, if somebody wants to know */
static unsigned int nr_told;
static bool any_key, booting;

void keyboard_register(struct keyboard *k)
{
	assert_true(k->repeats);	/* by itself: what is held comes again and again */
	registered++;
}

const char *keyboard_layout(void) { return "us"; }

void keyboard_key(struct keyboard *k, unsigned int key, bool down)
{
	assert_true(fake_irqs_off);
	assert_true(booting || spin_is_locked(&ps2_lock));
	assert_int_equal(registered, 1);	/* what was typed before is nobody's */
	if (m.floods)
		return;
	if (any_key) {
		assert_true(nr_told < ARRAY_SIZE(told));
		told[nr_told++] = (struct told){ key, down };
		return;
	}
	if (!key) {
		others++;
		return;
	}
	assert_int_equal(key, KEY_A);
	presses += down;
	releases += !down;
}

static void start(struct machine kind)
{
	m = kind;
	m.config |= (m.polled ? 0 : CONFIG_IRQ) | 0x04;	/* firmware's: what the system flag says stays */
	if (!m.hit_at)
		m.hit_at = ~0UL;
	m.scanning = !m.switched_off;
	extended = has_line = line_works = false;
	empty_looks = nr_polled = full_looks = 0;
	fake_irqs_off = booting = true;
	skip = presses = releases = registered = others = log_len = 0;
	answer = NOT_ASKED;
	for (unsigned int i = 0; i < m.before; i++)
		step();
	ps2kbd_init();
	assert_true(fake_irqs_off);
	fake_irqs_off = booting = false;
	deliver();
}

/* Is something on its way? */
static bool busy(void)
{
	return m.nr_queue || m.on_wire || m.out_full || m.in_full || m.has_answer || m.refuse_at || m.irq_raised;
}

/* Time passes; nobody touches the controller but the interrupts.  Until it is at rest, or 100 ms. */
static void idle(void)
{
	for (unsigned long i = 0; i < 100000000 / STEP_NS && busy(); i++) {
		step();
		deliver();
	}
}

static void assert_works(void)
{
	unsigned int before;

	assert_int_equal(registered, 1);
	assert_int_equal(m.config & ~(CONFIG_DISABLED | CONFIG_AUX_OFF), CONFIG_IRQ | CONFIG_TRANSLATE | 0x04);
	assert_false(m.held);
	idle();
	before = presses;
	hit_key();
	idle();
	if (presses != before + 1)
		fail_msg("a key hit at moment %ld: the keyboard is dead afterwards", (long)(m.hit_at - m.before));
}

static void a_keyboard_is_found(void **state)
{
	start((struct machine){ .slow = 0 });
	assert_works();
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, layout us\n");
	assert_true(m.now < 300000000);
}

static unsigned long moments_of(struct machine kind)
{
	start(kind);
	return m.moment;
}

/* Whatever it does to what is typed: before set-up began it may be dropped, after that it is typed. */
static void hit_at_each_moment(struct machine kind)
{
	unsigned long n = moments_of(kind), typed = 0;

	assert_true(n > 10);
	kind.hit_at = 1;		/* its bytes are on the wire when set-up begins, and at each moment of it */
	for (kind.before = 1; kind.before < 3 * WIRE_NS / STEP_NS; kind.before++) {
		start(kind);
		assert_works();
	}
	kind.before = 0;
	for (unsigned long at = 1; at < n; at += at < 1000 ? 1 : 37) {
		kind.hit_at = at;
		start(kind);
		assert_works();
		typed += presses == 2;
		if (presses != 2 && at > 20 + 4 * kind.slow && !kind.emulated)
			fail_msg("the key hit at moment %lu of %lu is lost", at, n);
	}
	assert_true(typed);
}

static void a_key_can_be_hit_at_any_moment(void **state)
{
	hit_at_each_moment((struct machine){ .slow = 0 });
	hit_at_each_moment((struct machine){ .slow = 3 });
}

static void a_key_can_be_hit_on_odd_controllers(void **state)
{
	hit_at_each_moment((struct machine){ .emulated = true });
	hit_at_each_moment((struct machine){ .silent_keyboard = true });
	hit_at_each_moment((struct machine){ .config = CONFIG_DISABLED });
}

/* Enter held in a boot menu: the buffer is full when we come, and more are behind it. */
static void keys_from_before_do_not_matter(void **state)
{
	struct machine kind = { .out_full = true, .out = KEY_A, .queue = { KEY_A, KEY_A, KEY_A | RELEASED }, .nr_queue = 3 };

	start(kind);
	assert_works();
	kind.out = 0xe0;
	start(kind);
	assert_works();
}

static void a_slow_controller_is_given_time(void **state)
{
	start((struct machine){ .slow = 2000 });
	assert_works();
	assert_non_null(strstr(log, "PS/2, layout us"));
}

static void no_controller_costs_nothing(void **state)
{
	start((struct machine){ .absent = true });
	assert_int_equal(registered, 0);
	assert_int_equal(m.now, 0);
	assert_string_equal(log, KERN_NOTICE "keyboard: no PS/2 controller\n");
}

static void a_controller_that_says_nothing_is_given_up(void **state)
{
	start((struct machine){ .dumb = true });
	assert_int_equal(registered, 0);
	assert_non_null(strstr(log, "does not answer"));
	assert_true(m.now < 2000000000);
	start((struct machine){ .mute = true });
	assert_int_equal(registered, 0);
	assert_non_null(strstr(log, "does not answer"));
	idle();
	assert_false(m.held);			/* whoever comes after us finds it as it was */
}

/* It is said that none answers; one that is plugged in works. */
static void a_keyboard_may_come_later(void **state)
{
	start((struct machine){ .no_keyboard = true });
	assert_non_null(strstr(log, "PS/2 controller, no keyboard answers, layout us"));
	assert_true(m.now < 60000000);
	assert_works();
	start((struct machine){ .silent_keyboard = true });
	assert_non_null(strstr(log, "no keyboard answers"));
	assert_true(m.now < 300000000);
	assert_works();
}

static void firmware_that_plays_a_keyboard_is_one(void **state)
{
	start((struct machine){ .emulated = true });
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, layout us\n");
	assert_works();
}

static void type(const u8 *bytes, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		queue_byte(bytes[i]);
	idle();
}

/* BYTES are these keys, and nothing more. */
static void assert_keys(const u8 *bytes, unsigned int n, const struct told *want, unsigned int nr)
{
	nr_told = 0;
	any_key = true;
	type(bytes, n);
	any_key = false;
	assert_int_equal(nr_told, nr);
	for (unsigned int i = 0; i < nr; i++) {
		assert_int_equal(told[i].key, want[i].key);
		assert_int_equal(told[i].down, want[i].down);
	}
}

#define KEYS(bytes, ...) do {								\
	const struct told want_[] = { __VA_ARGS__ };					\
	assert_keys((const u8 *)(bytes), sizeof(bytes) - 1, want_, ARRAY_SIZE(want_));	\
} while (0)

static void scan_codes_are_keys(void **state)
{
	start((struct machine){ .slow = 0 });
	KEYS("\x1e\x12\x9e\x92", { KEY_A, true }, { KEY_E, true }, { KEY_A, false }, { KEY_E, false });
	KEYS("\x58\xd8\x59", { KEY_F12, true }, { KEY_F12, false }, { 0, true });		/* the last, and one too many */
	KEYS("\xe0\x1c\xe0\x9c\x1c", { KEY_KPENTER, true }, { KEY_KPENTER, false }, { KEY_ENTER, true });
	KEYS("\xe0\x1d\xe0\x35\xe0\x37\xe0\x38", { KEY_RIGHTCTRL, true }, { KEY_KPSLASH, true }, { KEY_SYSRQ, true },
	     { KEY_RIGHTALT, true });
	KEYS("\xe0\x47\xe0\x48\xe0\x49\xe0\x4b", { KEY_HOME, true }, { KEY_UP, true }, { KEY_PAGEUP, true }, { KEY_LEFT, true });
	KEYS("\xe0\x4d\xe0\x4f\xe0\x50\xe0\x51", { KEY_RIGHT, true }, { KEY_END, true }, { KEY_DOWN, true },
	     { KEY_PAGEDOWN, true });
	KEYS("\xe0\x52\xe0\x53\xe0\xdb\xe0\xdc\xe0\xdd", { KEY_INSERT, true }, { KEY_DELETE, true }, { KEY_LEFTMETA, false },
	     { KEY_RIGHTMETA, false }, { KEY_COMPOSE, false });
	KEYS("\xe0\x2a\xe0\xaa", { 0, true }, { 0, false });				/* a shift that some send along */
	KEYS("\xe1\x1d\x45\xe1\x9d\xc5\x1e", { KEY_A, true });			/* pause is six bytes, and nothing */
}

/* Some laptops' flag says nothing: what is typed counts all the same, and so does the echo. */
static void a_flag_that_is_always_set_means_nothing(void **state)
{
	struct machine kind = { .false_timeout = true };

	start(kind);
	assert_works();
	assert_non_null(strstr(log, "PS/2, layout us"));
	hit_at_each_moment(kind);
	kind.silent_keyboard = true;
	hit_at_each_moment(kind);
}

/* E0 EE is the release of a key; EE and FE alone are keys that nobody has, once the question is closed. */
static void answers_that_nobody_asked_for_are_keys(void **state)
{
	static const u8 release[] = { PREFIX_E0, 0x6e, PREFIX_E0, 0xee }, alone[] = { 0xee, KBD_RESEND, KBD_ACK };

	start((struct machine){ .slow = 0 });
	type(release, sizeof(release));
	assert_int_equal(others, 2);
	assert_false(extended);
	assert_works();
	type(alone, sizeof(alone));
	assert_int_equal(others, 5);
	assert_works();
	start((struct machine){ .silent_keyboard = true });		/* nor when there was none in time */
	type(alone, sizeof(alone));
	assert_int_equal(others, 3);
	assert_works();
}

/* 0xfa does not answer the first question, nor 0xee the second. */
static void the_answer_to_another_question_is_none(void **state)
{
	start((struct machine){ .silent_keyboard = true, .held = true, .queue = { KBD_ACK }, .nr_queue = 1 });
	assert_int_equal(others, 1);
	assert_non_null(strstr(log, "no keyboard answers"));
	assert_works();
	answer = ASKED;
	yes = KBD_ACK;
	assert_false(take_answer(0, KBD_ECHO));
	assert_true(take_answer(0, KBD_ACK));
}

static void a_keyboard_that_firmware_switched_off_types(void **state)
{
	struct machine kind = { .switched_off = true };

	start(kind);
	assert_int_equal(m.nr_switched_on, 1);
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, layout us\n");
	assert_works();
	kind.emulated = true;			/* silent when it is asked who it is */
	start(kind);
	assert_works();
}

static void a_keyboard_that_asks_back_is_told_again(void **state)
{
	struct machine kind = { .switched_off = true, .asks_back = 1 };

	start(kind);
	assert_int_equal(m.nr_switched_on, 2);
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, layout us\n");
	assert_works();
	kind.asks_back = ~0U;
	start(kind);
	assert_int_equal(m.nr_switched_on, 2);
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, does not answer when it is switched on, layout us\n");
	kind.emulated = true;			/* and has been silent before: somebody is there all the same */
	start(kind);
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, does not answer when it is switched on, layout us\n");
}

static void a_keyboard_that_does_not_answer_the_order_works(void **state)
{
	struct machine kind = { .obeys_silently = true };

	start(kind);
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, does not answer when it is switched on, layout us\n");
	assert_true(m.now < 300000000);
	assert_works();
	hit_at_each_moment(kind);
}

/* By the book; only what has not been said when the order comes can be lost. */
static void a_keyboard_says_all_before_it_is_switched_on(void **state)
{
	struct machine kind = { .answers_at_once = true, .forgets = true };
	unsigned long n = moments_of(kind), lost = 0;

	for (unsigned long at = 21; at < n; at++) {
		kind.hit_at = at;
		start(kind);
		assert_works();
		if (presses == 2 && releases == 2)
			continue;
		lost++;
		if (at > m.switched_on_at || at + WIRE_NS / STEP_NS + 10 < m.switched_on_at)
			fail_msg("the key hit at %lu of %lu is lost, switched on at %lu", at, n, m.switched_on_at);
	}
	assert_true(lost);
	kind.forgets = false;
	hit_at_each_moment(kind);
}

/* Even while it is open: what is behind a prefix is the rest of a key. */
static void a_key_that_looks_like_the_answer_is_none(void **state)
{
	struct machine kind = { .silent_keyboard = true, .held = true, .queue = { PREFIX_E0, 0xee }, .nr_queue = 2 };

	start(kind);
	assert_int_equal(others, 1);
	assert_non_null(strstr(log, "no keyboard answers"));
	assert_works();
}

static void firmware_that_does_not_know_the_question_answers(void **state)
{
	start((struct machine){ .resends = true });
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, layout us\n");
	assert_true(m.now < 60000000);
	assert_works();
}

static void a_controller_that_gets_stuck_is_waited_for_once(void **state)
{
	unsigned long n = moments_of((struct machine){ .slow = 0 });

	for (unsigned long at = 1; at < n; at++) {
		start((struct machine){ .stuck_at = at });
		if (m.now >= WAIT_NS + ANSWER_NS + 40000000)
			fail_msg("stuck at moment %lu of %lu: %lu ms", at, n, (unsigned long)m.now / 1000000);
		if (m.held && strstr(log, "PS/2, layout"))
			fail_msg("stuck at moment %lu of %lu: \"%s\" of a keyboard that is held", at, n, log);
	}
}

/* Reading until nothing comes has an end, and so has an interrupt. */
static void a_controller_that_floods_does_not_hold_the_boot(void **state)
{
	start((struct machine){ .floods = true });
	assert_true(m.now < 2000000000);
	assert_non_null(strstr(log, "no keyboard answers"));
}

/* Its edge may have come before somebody listened, and there is no second one until it is read. */
static void a_byte_that_waits_is_read_first(void **state)
{
	struct machine kind = { .reads_first = true };
	unsigned long n = moments_of(kind);

	for (kind.late_at = m.configured_at + 1; kind.late_at < n; kind.late_at++) {
		start(kind);
		assert_works();
		assert_int_equal(m.nr_switched_on, 1);
		assert_true(m.now < WAIT_NS);
	}
}

/* Its bytes would fill the one buffer, and nobody listens to its line. */
static void a_mouse_does_not_block_the_keyboard(void **state)
{
	start((struct machine){ .mouse_moves = true, .config = CONFIG_AUX_IRQ });
	assert_works();
	assert_true(m.mouse_off);
	/* And one that sends until a slow controller has obeyed: none of its bytes is the controller's answer. */
	start((struct machine){ .mouse_moves = true, .config = CONFIG_AUX_IRQ, .slow = 2000 });
	assert_works();
	assert_true(m.mouse_off);
}

static void a_controller_may_hide_what_it_holds(void **state)
{
	struct machine kind = { .hides = true, .stays_held = true, .mouse_moves = true };

	start(kind);
	assert_works();
	assert_true(m.mouse_off);
	hit_at_each_moment(kind);
}

static void an_interrupt_that_firmware_left_off_is_switched_on(void **state)
{
	struct machine kind = { .polled = true };

	start(kind);
	assert_works();
	hit_at_each_moment(kind);
}

/* One that does send: its byte is taken, so that the next can come, and dropped. */
static void a_byte_of_the_mouse_is_no_key(void **state)
{
	start((struct machine){ .slow = 0 });
	put_out(KEY_A, STATUS_AUX);
	fake_irqs_off = true;
	ps2kbd_irq(KBD_IRQ, NULL);
	fake_irqs_off = false;
	assert_false(m.out_full);
	assert_int_equal(presses, 0);
	assert_works();
}

/* ---- who reads: the interrupt, or the timer ---- */

static void pass(u64 ns)
{
	for (u64 end = m.now + ns; m.now < end;) {
		step();
		deliver();
	}
}

/* @n keys, one every @ns: each is typed, once. */
static void type_keys(unsigned int n, u64 ns)
{
	unsigned int before = presses;

	for (unsigned int i = 0; i < n; i++) {
		hit_key();
		pass(ns);
	}
	idle();
	assert_int_equal(presses, before + n);
	assert_int_equal(releases, presses);
}

static void without_an_interrupt_line_the_timer_reads(void **state)
{
	start((struct machine){ .refuse_irq = -19 });
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, no interrupt line: polled, layout us\n");
	assert_works();
	type_keys(100, 30000000);
	type_keys(10, 7000000);
	assert_non_null(m.timer);
	assert_null(strstr(log, "so far"));
}

static void a_line_that_never_interrupts_is_found_out(void **state)
{
	char *said;

	start((struct machine){ .dead_line = true });
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, layout us\n");
	assert_works();
	type_keys(100, 50000000);
	assert_non_null(m.timer);
	said = strstr(log, "PS/2 is polled: its interrupt has brought no key so far\n");
	assert_non_null(said);
	assert_null(strstr(said + 1, "PS/2 is polled"));
}

/* It interrupts when it has been read; then there may be another byte, or not. */
static void a_line_the_other_way_round_does_not_stop_the_timer(void **state)
{
	struct machine kind = { .low_line = true };

	for (int fast = 0; fast < 2; fast++) {
		for (int first = 0; first < 2; first++) {
			kind.emulated = fast;		/* the next byte is there at once */
			kind.timer_first = first;
			start(kind);
			assert_works();
			for (u64 ns = 5000000; ns < 130000000; ns += 1730000)
				type_keys(3, ns);
			assert_non_null(m.timer);
		}
	}
	/* The last edge of set-up is served when the first key is there. */
	kind.hit_at = moments_of(kind) - 1;
	start(kind);
	pass(1000000000);
	type_keys(3, 50000000);
	assert_non_null(m.timer);
}

static void the_timer_stops_when_the_line_has_brought_a_key(void **state)
{
	start((struct machine){ .slow = 0 });
	pass(1000000000);
	assert_non_null(m.timer);
	type_keys(1, 100000000);
	assert_null(m.timer);
	type_keys(100, 50000000);
	assert_string_equal(log, KERN_INFO "keyboard: PS/2, layout us\n");
}

/* The timer looks just before, while, and just after the line interrupts, and either is served first. */
static void what_both_could_read_is_typed_once(void **state)
{
	struct machine kind = { .slow = 0 };

	for (int fast = 0; fast < 2; fast++) {
		for (int first = 0; first < 2; first++) {
			for (u64 ns = 0; ns < POLL_NS; ns += STEP_NS) {
				kind.emulated = fast;
				kind.timer_first = first;
				start(kind);
				pass(ns);
				type_keys(1, 0);
				type_keys(1, 5000000);
				assert_int_equal(presses, 2);
			}
		}
	}
}

/* The bit that says that a byte waits sticks: that is said, and nobody reads for ever.  More than a queue full may come. */
static void a_controller_that_never_runs_out_is_left_alone(void **state)
{
	unsigned int looks;
	char *said;

	start((struct machine){ .floods = true, .dead_line = true });
	for (looks = 0; m.timer && looks < 1000; looks++) {
		m.now = m.timer->expires;
		step();
		deliver();
	}
	assert_int_equal(looks, FULL_LOOKS);
	said = strstr(log, "PS/2: the controller never runs out of bytes; it is polled no more\n");
	assert_non_null(said);
	assert_null(strstr(said + 1, "PS/2: the controller"));

	start((struct machine){ .dead_line = true });
	for (looks = 0; looks < 10 * FULL_LOOKS; looks++) {
		m.floods = looks % FULL_LOOKS;		/* all but one of them find as much as they can */
		if (!m.floods)
			m.out_full = false;
		m.now = m.timer->expires;
		step();
		deliver();
		assert_non_null(m.timer);
	}
	assert_null(strstr(log, "polled no more"));
	m.floods = m.out_full = false;
	for (looks = 0; looks < 10 * FULL_LOOKS; looks++) {	/* each finds one: a key that is held, a slow host */
		put_out(KEY_A | RELEASED, 0);
		m.now = m.timer->expires;
		step();
		deliver();
		assert_non_null(m.timer);
	}
	assert_works();
}

/* Firmware that played one has let go: all ones, which say that a byte waits. */
static void a_controller_that_goes_away_types_nothing(void **state)
{
	start((struct machine){ .emulated = true });
	type_keys(1, 0);
	m.absent = true;
	for (int i = 0; i < 10; i++) {
		m.now += POLL_NS;
		deliver();
	}
	assert_int_equal(presses + others, 1);
	assert_true(m.in_vain && m.in_vain <= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_keyboard_is_found),
		cmocka_unit_test(a_key_can_be_hit_at_any_moment),
		cmocka_unit_test(a_key_can_be_hit_on_odd_controllers),
		cmocka_unit_test(keys_from_before_do_not_matter),
		cmocka_unit_test(a_slow_controller_is_given_time),
		cmocka_unit_test(no_controller_costs_nothing),
		cmocka_unit_test(a_controller_that_says_nothing_is_given_up),
		cmocka_unit_test(a_keyboard_may_come_later),
		cmocka_unit_test(firmware_that_plays_a_keyboard_is_one),
		cmocka_unit_test(scan_codes_are_keys),
		cmocka_unit_test(a_flag_that_is_always_set_means_nothing),
		cmocka_unit_test(answers_that_nobody_asked_for_are_keys),
		cmocka_unit_test(a_key_that_looks_like_the_answer_is_none),
		cmocka_unit_test(the_answer_to_another_question_is_none),
		cmocka_unit_test(a_keyboard_that_firmware_switched_off_types),
		cmocka_unit_test(a_keyboard_that_asks_back_is_told_again),
		cmocka_unit_test(a_keyboard_that_does_not_answer_the_order_works),
		cmocka_unit_test(a_keyboard_says_all_before_it_is_switched_on),
		cmocka_unit_test(firmware_that_does_not_know_the_question_answers),
		cmocka_unit_test(a_controller_that_gets_stuck_is_waited_for_once),
		cmocka_unit_test(a_controller_that_floods_does_not_hold_the_boot),
		cmocka_unit_test(a_byte_that_waits_is_read_first),
		cmocka_unit_test(a_mouse_does_not_block_the_keyboard),
		cmocka_unit_test(a_controller_may_hide_what_it_holds),
		cmocka_unit_test(an_interrupt_that_firmware_left_off_is_switched_on),
		cmocka_unit_test(a_byte_of_the_mouse_is_no_key),
		cmocka_unit_test(without_an_interrupt_line_the_timer_reads),
		cmocka_unit_test(a_line_that_never_interrupts_is_found_out),
		cmocka_unit_test(a_line_the_other_way_round_does_not_stop_the_timer),
		cmocka_unit_test(the_timer_stops_when_the_line_has_brought_a_key),
		cmocka_unit_test(what_both_could_read_is_typed_once),
		cmocka_unit_test(a_controller_that_never_runs_out_is_left_alone),
		cmocka_unit_test(a_controller_that_goes_away_types_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
