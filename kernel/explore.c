/*
 * kernel/explore.c - who watches from outside: events as JSON lines out, commands in
 *
 * Purpose:    a kernel thread empties the rings into a port, 4 KiB at a time, and answers one-line
 *             commands on it.  The kernel word `explore=virtio|com2|off` chooses the port.
 * Invariants: the thread makes no events and needs no memory once it runs.  Who does not read holds
 *             up this thread and nobody else: the rings go round, and what was overwritten is
 *             counted.  When the listener goes, stepping ends: nobody is left stopped.
 *             The bytes on the line are whole JSON lines; an answer comes after the events that
 *             were sent before the command was read.
 * Lock order: none.
 */
#include <boot_info.h>
#include <explore.h>
#include <mm.h>
#include <number.h>
#include <printk.h>
#include <sched.h>
#include <snapshot.h>
#include <string.h>
#include <time.h>
#include <trace.h>
#include <utsname.h>

#define LOOK_NS		5000000UL	/* how often the rings are looked at while tracing is on */
#define LINE_MAX	256
#define PORT_NAME	"org.quire.explore"

struct explore_out {
	size_t len;
	char batch[EXPLORE_BATCH];
};

static const struct explore_port *port;
static struct explore_out out;		/* events and answers: the thread's own */
static struct trace_cursor cursor;
static DECLARE_WAIT_QUEUE_HEAD(explore_wait);
static bool kicked;
static unsigned int listener;		/* whom we serve, by the port's number; 0: nobody */

static char line[LINE_MAX];
static size_t line_len;
static bool line_too_long;

/* pause event: how many events may still be sent; -1: all. */
static long allowance = -1;

void explore_kick(void)
{
	WRITE_ONCE(kicked, true);
	wake_up(&explore_wait);
}

/* Until the port or the clock has something for us.  @ns 0: no clock. */
static void wait_for_kick(u64 ns)
{
	u64 end = ns ? clock_read_ns() + ns : 0;
	DEFINE_WAIT(w);

	prepare_to_wait(&explore_wait, &w, TASK_INTERRUPTIBLE);
	if (!READ_ONCE(kicked))
		schedule_until(end);
	finish_wait(&explore_wait, &w);
	WRITE_ONCE(kicked, false);
}

/* ---- sending ---- */

/* The batch goes to the port.  False: no room; it stays. */
static bool flush_now(struct explore_out *o)
{
	if (o->len && !port->send(o->batch, o->len))
		return false;
	o->len = 0;
	return true;
}

/* Whom we serve is still there: perhaps somebody else has come in the meantime. */
static bool served(void)
{
	return listener && port->listener() == listener;
}

/* The same, waiting for room as long as our listener is there. */
static bool flush_waiting(struct explore_out *o)
{
	while (served() && !flush_now(o)) {
		wait_for_kick(LOOK_NS);
		if (port->service)
			port->service();
	}
	if (!served())
		o->len = 0;
	return served();
}

bool explore_write(struct explore_out *o, const char *buf, size_t len)
{
	while (len) {
		size_t n = min(len, sizeof(o->batch) - o->len);

		memcpy(o->batch + o->len, buf, n);
		o->len += n;
		buf += n;
		len -= n;
		if (o->len == sizeof(o->batch) && !flush_waiting(o))
			return false;
	}
	return true;
}

int explore_printf(struct explore_out *o, const char *fmt, ...)
{
	static char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	explore_write(o, text, min_t(size_t, n, sizeof(text) - 1));
	return n;
}

/* Events into batches, as many as the port takes now. */
static void drain(void)
{
	struct quire_event ev;

	if (trace_pausing() != PAUSE_OP)
		allowance = -1;		/* somebody switched tracing off */
	for (;;) {
		if (out.len + TRACE_LINE_MAX > sizeof(out.batch) && !flush_now(&out))
			return;
		if (!allowance || !trace_next(&cursor, NULL, &ev))
			break;
		if (allowance > 0)
			allowance--;
		out.len += trace_format(&ev, out.batch + out.len);
	}
	flush_now(&out);
}

/* ---- commands ---- */

static int cmd_hello(struct explore_out *o, const char *args)
{
	explore_printf(o, "{\"k\":\"hello\",\"version\":%d,\"build\":\"%s\",\"tsc_khz\":%lu,\"cpus\":%u,"
		       "\"levels\":%d,\"page_size\":%lu,\"mask\":\"%x\",\"pid\":%d}\n",
		       QUIRE_EVENTS_VERSION, init_uts.version, (unsigned long)tsc_khz, nr_cpus,
		       pgtable_l5_enabled() ? 5 : 4, PAGE_SIZE, trace_mask, trace_pid());
	return 0;
}

static int cmd_mask(struct explore_out *o, const char *args)
{
	u32 mask;
	int err = 0;

	if (*args)
		err = trace_parse_mask(args, strlen(args), &mask) ?: trace_set_mask(mask);
	if (!err)
		explore_printf(o, "{\"k\":\"ok\",\"mask\":\"%x\"}\n", trace_mask);
	return err;
}

static int cmd_pid(struct explore_out *o, const char *args)
{
	unsigned long pid = 0;

	if (*args) {
		if (!take_number(&args, 10, PID_MAX - 1, &pid) || *args)
			return -EINVAL;
		trace_set_pid(pid);
	}
	explore_printf(o, "{\"k\":\"ok\",\"pid\":%d}\n", trace_pid());
	return 0;
}

static int cmd_mark(struct explore_out *o, const char *args)
{
	if (!*args)
		return -EINVAL;
	if (!(trace_mask & TRACE_BIT(META)))
		return -EBADF;
	current->trace.muted = false;		/* this one event is ours */
	trace_mark(args, strlen(args));
	current->trace.muted = true;
	explore_printf(o, "{\"k\":\"ok\"}\n");
	return 0;
}

static const struct {
	const char *name;
	enum trace_pause how;
	long allowance;
} pauses[] = {
	{ "off", PAUSE_OFF, -1 },	/* nothing waits */
	{ "op", PAUSE_OP, -1 },		/* each op waits at its end for a `next` */
	{ "event", PAUSE_OP, 0 },	/* and its events come one by one */
	{ "full", PAUSE_FULL, -1 },	/* ops wait while a ring is half unread: nothing is lost between them */
};

static int cmd_pause(struct explore_out *o, const char *args)
{
	for (size_t i = 0; i < ARRAY_SIZE(pauses); i++) {
		if (strcmp(args, pauses[i].name))
			continue;
		if (pauses[i].how != PAUSE_OFF && !trace_mask)
			return -EBADF;
		allowance = pauses[i].allowance;
		trace_set_pause(pauses[i].how);
		explore_printf(o, "{\"k\":\"ok\",\"pause\":\"%s\"}\n", pauses[i].name);
		return 0;
	}
	return -EINVAL;
}

static bool something_to_send(void)
{
	static struct trace_cursor probe;
	struct quire_event ev;

	probe = cursor;
	return trace_next(&probe, NULL, &ev);
}

/* One event more if events are counted and there is one, else one op more. */
static int cmd_next(struct explore_out *o, const char *args)
{
	if (allowance >= 0 && something_to_send())
		allowance++;
	else
		trace_let_go(1);
	explore_printf(o, "{\"k\":\"ok\",\"waiting\":%u}\n", trace_paused());
	return 0;
}

static const struct explore_command commands[] = {
	{ "hello", cmd_hello },
	{ "mask", cmd_mask },
	{ "pid", cmd_pid },
	{ "mark", cmd_mark },
	{ "pause", cmd_pause },
	{ "next", cmd_next },
	{ "snap", cmd_snap },
	{ "walk", cmd_walk },
	{ "why", explore_why },
};

static void answer_error(const char *what)
{
	explore_printf(&out, "{\"k\":\"err\",\"why\":\"%s\"}\n", what);
}

/* Cut @text at its first blank; the rest, without blanks around it. */
static char *cut_word(char *text)
{
	char *rest = text, *end = text + strlen(text);

	while (end > text && (end[-1] == ' ' || end[-1] == '\r'))
		*--end = '\0';
	while (*rest && *rest != ' ')
		rest++;
	while (*rest == ' ')
		*rest++ = '\0';
	return rest;
}

static void run_command(char *text)
{
	const char *args;

	text += strspn(text, " \r");
	args = cut_word(text);
	if (!*text)
		return;			/* an empty line asks nothing */
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		int err;

		if (strcmp(text, commands[i].name))
			continue;
		err = commands[i].handler(&out, args);
		if (err)
			answer_error(err == -EBADF ? "nothing is traced" : err == -ENOMEM ? "no memory"
				     : err == -ESRCH ? "no such task or mm" : err == -EAGAIN ? "try again"
				     : "bad argument");
		return;
	}
	answer_error("unknown command");
}

/* One byte of input. */
static void take_byte(char c)
{
	if (c != '\n') {
		line_too_long |= line_len == sizeof(line) - 1;
		if (!line_too_long)
			line[line_len++] = c ?: '?';	/* a NUL must not hide what follows */
		return;
	}
	line[line_len] = '\0';
	if (line_too_long)
		answer_error("line too long");
	else
		run_command(line);
	line_len = 0;
	line_too_long = false;
}

/* ---- the thread ---- */

static void listener_came(void)
{
	trace_cursor_oldest(&cursor);
	out.len = line_len = 0;
	line_too_long = false;
	allowance = -1;
}

/* What stops nobody: the next listener finds the mask and the filter as this one left them. */
static void listener_went(void)
{
	out.len = 0;
	trace_set_pause(PAUSE_OFF);
}

static void meet_listener(void)
{
	unsigned int now;

	if (port->service)
		port->service();
	now = port->listener();
	if (now == listener)
		return;
	if (listener)
		listener_went();
	listener = now;
	if (now)
		listener_came();
}

/*
 * Who came is asked after the bytes were taken: then whoever sent them is known.  The other way round
 * the first words of somebody who came just now would be taken for those of one who left.
 */
static void take_input(void)
{
	char buf[64];
	size_t n;

	do {
		n = port->receive(buf, sizeof(buf));
		meet_listener();
		for (size_t i = 0; i < n && served(); i++)
			take_byte(buf[i]);
		if (n)
			flush_waiting(&out);
	} while (n);
}

static int explore_thread(void *unused)
{
	current->trace.muted = true;
	trace_set_consumer(&cursor);
	for (;;) {
		take_input();
		if (listener) {
			drain();
			trace_wake_paused();
		}
		wait_for_kick((listener && trace_mask) || port->polled ? LOOK_NS : 0);
	}
	return 0;
}

bool explore_uses_com2(void)
{
	char word[16];

	return cmdline_get("explore", word, sizeof(word)) && !strcmp(word, "com2");
}

void explore_init(void)
{
	char word[16];

	if (!cmdline_get("explore", word, sizeof(word)) || !strcmp(word, "off"))
		return;
	if (!strcmp(word, "virtio"))
		port = virtio_serial_init(PORT_NAME);
	else if (!strcmp(word, "com2"))
		port = com2_init();
	else
		pr_warn("explore: \"%s\" is none of virtio, com2, off\n", word);
	if (!port) {
		pr_warn("explore: no such port\n");
		return;
	}
	if (IS_ERR(kthread_run(explore_thread, NULL, "explore")))
		pr_warn("explore: no memory for its thread\n");
	else
		pr_info("explore: events and commands by %s\n", port->name);
}
