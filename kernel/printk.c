/*
 * kernel/printk.c - the kernel log: a ring of records, and the consoles that show it
 *
 * Purpose:    printk() puts a record into the ring and returns; the records then go, in order,
 *             to every enabled console.  dmesg reads the ring by syslog(2).
 * Invariants: a console sees each record once, in order; one that registers late is first shown
 *             what it missed.
 * Lock order: console_lock > log_lock, both with interrupts off, below every other lock.
 * Simplified: each printk is at least one line (no continuation); a reader that waits in
 *             syslog(READ) looks ten times a second instead of being woken, because printk may
 *             be called with the scheduler's locks held.
 * Sources:    Linux man-pages, syslog(2); National PC16550D UART data sheet.
 */
#include <asm/processor.h>
#include <asm/uaccess.h>
#include <boot.h>
#include <boot_info.h>
#include <log_ring.h>
#include <mutex.h>
#include <printk.h>
#include <sched.h>
#include <slab.h>
#include <spinlock.h>
#include <string.h>
#include <time.h>

#define LOG_SIZE	(128UL << 10)	/* the boot and a run of all self tests take two thirds */
#define LINE_MAX	1024
#define PREFIX_MAX	48
#define LEVEL_DEFAULT	4		/* text without KERN_* */
#define LEVEL_RAW	6		/* lines that went to the consoles whatever their level */
#define CONSOLE_QUIET	4
#define CONSOLE_DEFAULT	7

static char log_buf[LOG_SIZE] __aligned(LOG_RECORD_ALIGN);
static struct log_ring log = { .buf = log_buf, .size = LOG_SIZE };	/* log_lock */
static DEFINE_SPINLOCK(log_lock);
static u64 clear_pos;			/* log_lock: dmesg -c */
static DEFINE_MUTEX(syslog_mutex);	/* syslog(READ): one reader at a time */
static u64 syslog_pos;			/* syslog_mutex to change */
static size_t syslog_partial;		/* syslog_mutex: bytes of that record already read */

static DEFINE_SPINLOCK(console_lock);
static struct console *consoles;	/* console_lock: in order of registration */
static u64 console_pos;			/* console_lock: what the consoles have shown */
static u64 early_end;			/* console_lock: what the early console has shown */
static char console_buf[PREFIX_MAX + LINE_MAX];	/* console_lock */
static int console_level = CONSOLE_DEFAULT;
static int saved_level = -1;		/* syslog(CONSOLE_OFF) */
static bool panicking;
static u64 panic_start;			/* where the log ended when it began */

/* ---- the ring ------------------------------------------------------------------------------- */

/* log_lock held. */
static struct log_record *store_line(int level, const char *text, size_t len)
{
	return log_ring_store(&log, tsc_khz ? clock_read_ns() : 0, level, text, len);
}

static void store_lines(int level, const char *s)
{
	while (*s) {
		size_t len = strcspn(s, "\n");

		store_line(level, s, len);
		s += len + (s[len] == '\n');
	}
}

/* "[    1.234567] text\n", with "<6>" before it for syslog(2).  Returns the length. */
static size_t format_record(const struct log_record *r, bool with_level, char *buf, size_t size)
{
	unsigned long us = r->ns / 1000;
	size_t n = 0;

	if (with_level)
		n = snprintf(buf, size, "<%u>", r->level);
	n += snprintf(buf + n, size - n, "[%5lu.%06lu] ", us / 1000000, us % 1000000);
	memcpy(buf + n, r->text, r->len);
	n += r->len;
	buf[n++] = '\n';
	return n;
}

/* ---- the early console: the first serial port, polled ------------------------------------------ */

#define COM1		0x3f8
#define UART_LCR	3
#define UART_LSR	5
#define LSR_THR_EMPTY	0x20

static void early_putc(char c)
{
	for (int i = 0; i < 100000 && !(inb(COM1 + UART_LSR) & LSR_THR_EMPTY); i++)
		cpu_relax();
	outb(COM1, c);
}

static void early_write(struct console *con, const char *s, size_t len)
{
	for (; len; s++, len--) {
		if (*s == '\n')
			early_putc('\r');
		early_putc(*s);
	}
}

static struct console early_console = { .name = "early", .write = early_write };

/* 115200 baud, eight bits, no parity. */
static void early_console_init(void)
{
	if (inb(COM1 + UART_LSR) == 0xff)
		return;
	outb(COM1 + 1, 0);
	outb(COM1 + UART_LCR, 0x80);
	outb(COM1, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + UART_LCR, 3);
	outb(COM1 + 2, 7);
	outb(COM1 + 4, 3);
	early_console.enabled = true;
}

/* ---- consoles ----------------------------------------------------------------------------------- */

static bool any_console(void)
{
	for (struct console *c = consoles; c; c = c->next)
		if (c->enabled)
			return true;
	return false;
}

/* A console that has faulted in a panic never came back from its write: it is not asked again.  console_lock held. */
static void write_to(struct console *c, const char *s, size_t len)
{
	if (panicking && c->writing)
		return;
	c->writing = panicking;
	c->write(c, s, len);
	c->writing = false;
}

/* To each console but the one of the name @but (NULL: to all); console_lock held. */
static void write_but(const char *but, const char *s, size_t len)
{
	if (!any_console()) {
		if (early_console.enabled)
			write_to(&early_console, s, len);
		return;
	}
	for (struct console *c = consoles; c; c = c->next)
		if (c->enabled && !(but && !strcmp(c->name, but)))
			write_to(c, s, len);
}

static void write_all(const char *s, size_t len)
{
	write_but(NULL, s, len);
}

/* Format the record at *pos into console_buf and step over it.  False: there is none. */
static bool take_record(u64 *pos, size_t *len, bool *show)
{
	unsigned long flags;
	bool found;

	spin_lock_irqsave(&log_lock, flags);
	*pos = log_ring_next(&log, *pos);
	found = *pos < log.next;
	if (found) {
		const struct log_record *r = log_ring_at(&log, *pos);

		*show = !r->written && (panicking || r->level < console_level);
		*len = format_record(r, false, console_buf, sizeof(console_buf));
		*pos = log_ring_after(&log, *pos);
	}
	spin_unlock_irqrestore(&log_lock, flags);
	return found;
}

/* Show what is new.  If another CPU is at it, it will show ours too. */
static void console_flush(void)
{
	size_t len;
	bool show;

	do {
		unsigned long flags = local_irq_save();

		if (!spin_trylock(&console_lock)) {
			local_irq_restore(flags);
			return;
		}
		while (take_record(&console_pos, &len, &show)) {
			if (show)
				write_all(console_buf, len);
			if (!any_console())
				early_end = console_pos;
		}
		spin_unlock(&console_lock);
		local_irq_restore(flags);
	} while (READ_ONCE(console_pos) != READ_ONCE(log.next));
}

/* Place of @con among the console= words, from 1; 0 if it is not there. */
static unsigned int console_rank(const struct console *con, bool *any)
{
	unsigned int rank = 0;
	char word[32];

	for (unsigned int n = 0; cmdline_get_nth("console", n, word, sizeof(word)); n++) {
		*any = true;
		word[strcspn(word, ",")] = 0;
		if (!strcmp(word, con->name))
			rank = n + 1;
	}
	return rank;
}

/* Show @con what was logged before it came. */
static void replay(struct console *con)
{
	u64 pos = strcmp(con->name, "ttyS0") ? 0 : early_end;
	size_t len;
	bool show;

	while (pos < console_pos && take_record(&pos, &len, &show))
		if (show)
			con->write(con, console_buf, len);
}

void register_console(struct console *con)
{
	struct console **p = &consoles;
	unsigned long flags;
	bool any = false;
	bool named = console_rank(con, &any);

	spin_lock_irqsave(&console_lock, flags);
	con->enabled = named || (!any && !consoles);
	con->next = NULL;
	if (con->enabled)
		replay(con);
	while (*p)
		p = &(*p)->next;
	*p = con;
	spin_unlock_irqrestore(&console_lock, flags);
	pr_info("console: %s%s\n", con->name, con->enabled ? " enabled" : "");
}

dev_t console_device(void)
{
	const struct console *best = consoles;
	unsigned int best_rank = 0;
	bool any;

	for (const struct console *c = consoles; c; c = c->next) {
		unsigned int rank = console_rank(c, &any);

		if (rank > best_rank) {
			best_rank = rank;
			best = c;
		}
	}
	return best ? best->dev : 0;
}

void console_write_raw(const char *s, size_t len)
{
	unsigned long flags;

	console_flush();
	spin_lock_irqsave(&console_lock, flags);
	write_all(s, len);
	spin_unlock_irqrestore(&console_lock, flags);
}

void console_write_line(const char *s, size_t len)
{
	unsigned long flags;

	console_write_raw(s, len);
	if (len && s[len - 1] == '\n')
		len--;
	spin_lock_irqsave(&log_lock, flags);
	store_line(LEVEL_RAW, s, min(len, (size_t)LINE_MAX))->written = true;
	spin_unlock_irqrestore(&log_lock, flags);
}

void log_line_but(const char *but, const char *text)
{
	unsigned long flags;
	struct log_record *r;
	size_t len;

	console_flush();
	spin_lock_irqsave(&console_lock, flags);
	spin_lock(&log_lock);
	r = store_line(LEVEL_RAW, text, min(strlen(text), (size_t)LINE_MAX));
	r->written = true;
	len = format_record(r, false, console_buf, sizeof(console_buf));
	spin_unlock(&log_lock);
	if (LEVEL_RAW < console_level)
		write_but(but, console_buf, len);
	spin_unlock_irqrestore(&console_lock, flags);
}

/* ---- printk ------------------------------------------------------------------------------------- */

int vprintk(const char *fmt, va_list ap)
{
	static char line[LINE_MAX];	/* log_lock */
	int level = LEVEL_DEFAULT, n;
	unsigned long flags;

	if (fmt[0] == '\001' && fmt[1] >= '0' && fmt[1] <= '7') {
		level = fmt[1] - '0';
		fmt += 2;
	}
	spin_lock_irqsave(&log_lock, flags);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	store_lines(level, line);
	spin_unlock_irqrestore(&log_lock, flags);
	console_flush();
	return n;
}

int printk(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vprintk(fmt, ap);
	va_end(ap);
	return n;
}

/* A panic prints whatever its level, and whoever held the locks. */
void printk_panic_mode(void)
{
	if (!panicking)
		panic_start = log.next;
	panicking = true;
	spin_lock_init(&log_lock);
	spin_lock_init(&console_lock);
	if (!any_console())
		early_console_init();
}

bool printk_panicking(void)
{
	return READ_ONCE(panicking);
}

u64 log_panic_start(void)
{
	return panic_start;
}

const char *log_panic_line(u64 *pos, size_t *len)
{
	bool show;

	return take_record(pos, len, &show) ? console_buf : NULL;
}

void __init printk_init(void)
{
	early_console_init();
	if (cmdline_has("quiet"))
		console_level = CONSOLE_QUIET;
	console_level = cmdline_num("loglevel", console_level);
}

/* ---- syslog(2) ------------------------------------------------------------------------------------ */

enum {
	SYSLOG_CLOSE, SYSLOG_OPEN, SYSLOG_READ, SYSLOG_READ_ALL, SYSLOG_READ_CLEAR, SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF, SYSLOG_CONSOLE_ON, SYSLOG_CONSOLE_LEVEL, SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};

/* Take the record at *pos, formatted, into @buf; its length, 0 if there is none. */
static size_t syslog_record(u64 *pos, char *buf, size_t size)
{
	unsigned long flags;
	size_t len = 0;

	spin_lock_irqsave(&log_lock, flags);
	*pos = log_ring_next(&log, *pos);
	if (*pos < log.next) {
		len = format_record(log_ring_at(&log, *pos), true, buf, size);
		*pos = log_ring_after(&log, *pos);
	}
	spin_unlock_irqrestore(&log_lock, flags);
	return len;
}

/* Formatted size of all records from @pos on. */
static size_t syslog_size(u64 pos, char *buf, size_t size)
{
	size_t total = 0, len;

	while ((len = syslog_record(&pos, buf, size)))
		total += len;
	return total;
}

size_t log_copy(char *out, size_t size)
{
	const size_t bufsize = PREFIX_MAX + LINE_MAX;
	char *buf = kmalloc(bufsize, GFP_KERNEL);
	size_t total, done = 0, len;
	u64 pos = 0;

	if (!buf)
		return 0;
	total = syslog_size(pos, buf, bufsize);
	while (total >= size && (len = syslog_record(&pos, buf, bufsize)))
		total -= min(len, total);
	while ((len = syslog_record(&pos, buf, bufsize)) && done + len < size) {
		memcpy(out + done, buf + strlen("<0>"), len - strlen("<0>"));
		done += len - strlen("<0>");
	}
	out[done] = 0;
	kfree(buf);
	return done;
}

u64 log_forgotten(void)
{
	return READ_ONCE(log.first);
}

static bool record_waits(void)
{
	unsigned long flags;
	bool waits;

	spin_lock_irqsave(&log_lock, flags);
	waits = log_ring_next(&log, READ_ONCE(syslog_pos)) < log.next;
	spin_unlock_irqrestore(&log_lock, flags);
	return waits;
}

static long wait_for_record(void)
{
	while (!record_waits()) {
		if (signal_pending(current))
			return -ERESTARTSYS;
		set_current_state(TASK_INTERRUPTIBLE);
		schedule_until(ktime_get() + NSEC_PER_SEC / 10);
	}
	return 0;
}

/* Read and consume what is there; a record that does not fit is left half read.  syslog_mutex held. */
static long take_records(char __user *ubuf, size_t size, char *buf, size_t bufsize)
{
	size_t done = 0;

	while (done < size) {
		u64 pos = syslog_pos;
		size_t len = syslog_record(&pos, buf, bufsize), skip, n;

		if (!len)
			break;
		skip = min(syslog_partial, len);
		n = min(len - skip, size - done);
		if (copy_to_user(ubuf + done, buf + skip, n))
			return done ? (long)done : -EFAULT;
		done += n;
		if (skip + n < len) {
			syslog_partial = skip + n;
		} else {
			syslog_partial = 0;
			WRITE_ONCE(syslog_pos, pos);
		}
	}
	return done;
}

static long syslog_read(char __user *ubuf, size_t size, char *buf, size_t bufsize)
{
	long ret;

	do {
		ret = wait_for_record();
		if (ret)
			return ret;
		mutex_lock(&syslog_mutex);
		ret = take_records(ubuf, size, buf, bufsize);
		mutex_unlock(&syslog_mutex);
	} while (!ret);			/* another reader was faster */
	return ret;
}

/* The newest records that fit; the oldest of them first. */
static long syslog_read_all(char __user *ubuf, size_t size, bool clear, char *buf, size_t bufsize)
{
	u64 pos = READ_ONCE(clear_pos);
	size_t total = syslog_size(pos, buf, bufsize), done = 0, len;

	while (total > size && (len = syslog_record(&pos, buf, bufsize)))
		total -= min(len, total);
	while ((len = syslog_record(&pos, buf, bufsize)) && done + len <= size) {
		if (copy_to_user(ubuf + done, buf, len))
			return -EFAULT;
		done += len;
	}
	if (clear)
		WRITE_ONCE(clear_pos, READ_ONCE(log.next));
	return done;
}

static long syslog_with_buffer(int type, char __user *ubuf, int len)
{
	const size_t bufsize = PREFIX_MAX + LINE_MAX;
	char *buf;
	long ret;

	if (type != SYSLOG_SIZE_UNREAD) {
		if (!ubuf || len < 0)
			return -EINVAL;
		if (!len)
			return 0;
		if (!access_ok(ubuf, len))
			return -EFAULT;
	}
	buf = kmalloc(bufsize, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (type == SYSLOG_SIZE_UNREAD)
		ret = syslog_size(syslog_pos, buf, bufsize) - syslog_partial;
	else if (type == SYSLOG_READ)
		ret = syslog_read(ubuf, len, buf, bufsize);
	else
		ret = syslog_read_all(ubuf, len, type == SYSLOG_READ_CLEAR, buf, bufsize);
	kfree(buf);
	return ret;
}

static long set_console_level(int level)
{
	if (level < 1 || level > 8)
		return -EINVAL;
	console_level = level;
	saved_level = -1;
	return 0;
}

long do_syslog(int type, char __user *ubuf, int len)
{
	if (!capable_root())
		return -EPERM;
	switch (type) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
		return 0;
	case SYSLOG_READ:
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
	case SYSLOG_SIZE_UNREAD:
		return syslog_with_buffer(type, ubuf, len);
	case SYSLOG_CLEAR:
		WRITE_ONCE(clear_pos, READ_ONCE(log.next));
		return 0;
	case SYSLOG_CONSOLE_OFF:
		if (saved_level < 0)
			saved_level = console_level;
		console_level = 1;
		return 0;
	case SYSLOG_CONSOLE_ON:
		if (saved_level >= 0)
			console_level = saved_level;
		saved_level = -1;
		return 0;
	case SYSLOG_CONSOLE_LEVEL:
		return set_console_level(len);
	case SYSLOG_SIZE_BUFFER:
		return LOG_SIZE;
	default:
		return -EINVAL;
	}
}
