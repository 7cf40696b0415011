/*
 * kernel/report.c - how the self tests end on a machine that nobody watches but a person
 *
 * Purpose:    a stick is carried to a machine without a serial line: what passed and what failed, and on what machine,
 *             stays on the screen and can be photographed; behind it the whole log, page by page.
 * Invariants: while the report is shown the log does not come to the screen; a page never has more lines than the screen.
 * Lock order: report_lock: nothing is done under it.
 * Simplified: the log is copied once: what comes later is read with dmesg.
 */
#include <asm/processor.h>
#include <machine_facts.h>
#include <printk.h>
#include <screen.h>
#include <sched.h>
#include <spinlock.h>
#include <string.h>
#include <time.h>
#include <tty.h>
#include <vmalloc.h>
#include <wait.h>

#define LOG_COPY	(256UL << 10)
#define MAX_KEYS	32
#define LINE		256
#define PLAIN		"\033[0m"
#define GOOD		"\033[42;97m"
#define BAD		"\033[41;97m"
#define BAR		"\033[44;97m"
#define SERIAL_HINT	"# selftest: the report is on the screen; to leave it, there or here: q, then p: power off, r: restart, s: go on\n"

/* ---- keys ---------------------------------------------------------------------------------- */

static DEFINE_SPINLOCK(report_lock);
static char keys[MAX_KEYS];			/* report_lock: typed and not yet read */
static unsigned int nr_keys;			/* report_lock */
static DECLARE_WAIT_QUEUE_HEAD(key_wait);

/* At the screen's keyboard, or at the other end of the serial line. */
static void key_typed(const char *s, size_t n)
{
	unsigned long flags;

	spin_lock_irqsave(&report_lock, flags);
	while (n-- && nr_keys < MAX_KEYS)
		keys[nr_keys++] = *s++;
	spin_unlock_irqrestore(&report_lock, flags);
	wake_up_all(&key_wait);
}

enum { KEY_NONE, PAGE_DOWN = 256, PAGE_UP, LINE_DOWN, LINE_UP, FIRST, LAST };

static const struct { const char *s; int key; } sequences[] = {
	{ "\033[6~", PAGE_DOWN }, { "\033[5~", PAGE_UP }, { "\033[B", LINE_DOWN }, { "\033[A", LINE_UP },
	{ "\033[1~", FIRST }, { "\033[4~", LAST }, { " ", PAGE_DOWN }, { "b", PAGE_UP }, { "\r", LINE_DOWN },
};

/* The first key of those that wait: a key of ours, or its character.  report_lock held. */
static int take_key(void)
{
	int key = keys[0];
	size_t n = 1;

	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		size_t len = strlen(sequences[i].s);

		if (nr_keys < len || memcmp(keys, sequences[i].s, len))
			continue;
		key = sequences[i].key;
		n = len;
	}
	if (key == '\033' && nr_keys > 1)		/* a key that means nothing here */
		n = nr_keys;
	nr_keys -= n;
	memmove(keys, keys + n, nr_keys);
	return key;
}

static int wait_key(void)
{
	int key = KEY_NONE;

	do {
		wait_event(key_wait, READ_ONCE(nr_keys));
		spin_lock_irq(&report_lock);
		if (nr_keys)
			key = take_key();
		spin_unlock_irq(&report_lock);
	} while (key == KEY_NONE);
	return key;
}

/* ---- the log ------------------------------------------------------------------------------- */

static struct {
	char *text;				/* NULL: no memory for it */
	unsigned int *line, nr;			/* where each begins */
} log;

static void copy_log(void)
{
	size_t len;
	unsigned int nr = 0;

	log.text = vmalloc(LOG_COPY);
	log.nr = 0;
	if (!log.text)
		return;
	len = log_copy(log.text, LOG_COPY);
	for (size_t i = 0; i < len; i++)
		nr += log.text[i] == '\n';
	log.line = vmalloc((nr + 1) * sizeof(*log.line));
	if (!log.line)
		return;
	for (size_t i = 0; i < len && log.nr < nr; i += strcspn(log.text + i, "\n") + 1)
		log.line[log.nr++] = i;
}

static void free_log(void)
{
	vfree(log.text);
	vfree(log.line);
	memset(&log, 0, sizeof(log));
}

static bool line_has(unsigned int n, const char *word)
{
	const char *p = log.text + log.line[n];
	size_t left = strcspn(p, "\n"), len = strlen(word);

	for (; left >= len; p++, left--)
		if (!memcmp(p, word, len))
			return true;
	return false;
}

/* ---- drawing ------------------------------------------------------------------------------- */

/* One line of at most @cols characters, the rest of it in the same colour. */
static void put_line(const struct screen *s, const char *colour, const char *text, bool last)
{
	char line[LINE + 32];

	snprintf(line, sizeof(line), "%s%.*s\033[K" PLAIN "%s", colour, (int)min(s->cols - 1, (unsigned int)LINE - 1), text,
		 last ? "" : "\n");
	vt_puts(line);
}

static void begin_page(void)
{
	vt_puts("\033[?25l\033[r" PLAIN "\033[2J\033[H");
}

static void put_help(const struct screen *s, const char *text)
{
	char place[24];

	snprintf(place, sizeof(place), "\033[%uH", s->rows);
	vt_puts(place);
	put_line(s, BAR, text, true);
}

/* As many names of failed cases as fit into @rows, several a line where the screen is wide. */
static void put_failed(const struct screen *s, const struct report *r, unsigned int rows)
{
	unsigned int nr = min(r->failed, (unsigned int)REPORT_MAX_FAILED), i = 0;
	char line[LINE], name[LINE];

	for (unsigned int y = 0; y < rows && i < nr; y++) {
		if (y + 1 == rows && i + 1 < r->failed) {
			snprintf(line, sizeof(line), "  ... and %u more: see the log", r->failed - i);
			put_line(s, "\033[91m", line, false);
			return;
		}
		line[0] = 0;
		do {
			snprintf(name, sizeof(name), "  %s.%s", r->failed_cases[i].suite, r->failed_cases[i].name);
			if (line[0] && strlen(line) + strlen(name) >= s->cols)
				break;
			strlcat(line, name, sizeof(line));
			i++;
		} while (i < nr && nr > rows - 1);
		put_line(s, "\033[91m", line, false);
	}
	if (i < r->failed) {
		snprintf(line, sizeof(line), "  ... and %u more: see the log", r->failed - i);
		put_line(s, "\033[91m", line, false);
	}
}

static unsigned int rows_but(const struct screen *s, unsigned int used)
{
	return s->rows > used ? s->rows - used : 0;
}

/* On a low screen, what failed goes before what the machine is. */
static void put_summary(const struct screen *s, const struct report *r, const struct fact *facts)
{
	unsigned int nr_facts = min(rows_but(s, r->failed ? 9 : 5), (unsigned int)NR_FACTS);
	char line[LINE];

	begin_page();
	put_line(s, r->failed ? BAD : GOOD, r->failed ? " Quire's self tests: FAILED" : " Quire's self tests: all passed", false);
	snprintf(line, sizeof(line), "\n  %u passed, %u failed, %u skipped, in %lu seconds\n", r->passed, r->failed, r->skipped,
		 (unsigned long)(r->ns / NSEC_PER_SEC));
	put_line(s, "\033[97m", line, false);
	for (unsigned int i = 0; i < nr_facts; i++) {
		snprintf(line, sizeof(line), "  %-9s%s", facts[i].name, facts[i].text);
		put_line(s, "", line, false);
	}
	if (r->failed) {
		put_line(s, "", "\n  failed:", false);
		put_failed(s, r, rows_but(s, nr_facts + 8));
	}
	put_help(s, " Space, PgDn: the log, page by page    End: its last page    q: leave");
}

static unsigned int page_rows(const struct screen *s) { return s->rows - 1; }

static unsigned int last_top(const struct screen *s)
{
	return log.nr > page_rows(s) ? log.nr - page_rows(s) : 0;
}

static void put_log(const struct screen *s, unsigned int top)
{
	char line[LINE];

	begin_page();
	for (unsigned int i = top; i < log.nr && i < top + page_rows(s); i++) {
		size_t len = min(strcspn(log.text + log.line[i], "\n"), sizeof(line) - 1);

		memcpy(line, log.text + log.line[i], len);
		line[len] = 0;
		put_line(s, line_has(i, "not ok") ? "\033[91m" : "", line, false);
	}
	snprintf(line, sizeof(line), " %u-%u of %u lines   Space, PgDn, PgUp, End   n: next failure   Home: summary   q: leave",
		 top + 1, min(top + page_rows(s), log.nr), log.nr);
	put_help(s, line);
}

/* ---- the person in front of it -------------------------------------------------------------- */

#define SUMMARY (-1)				/* instead of the log's first line that is shown */

/* The line before the next failure, where its reason is, after the one that is shown with @top; @top if there is none. */
static int next_failure(const struct screen *s, int top)
{
	for (int i = top + 2; i < (int)log.nr; i++)
		if (line_has(i, "not ok"))
			return min(i - 1, (int)last_top(s));
	return top;
}

/* What is shown after @key; @top: what is shown now. */
static int after_key(const struct screen *s, int top, int key)
{
	int rows = page_rows(s), last = last_top(s);

	if (!log.nr)
		return SUMMARY;
	switch (key) {
	case PAGE_DOWN: return top == SUMMARY ? 0 : min(top + rows, last);
	case LINE_DOWN: return min(top + 1, last);
	case PAGE_UP: return top <= 0 ? SUMMARY : max(top - rows, 0);
	case LINE_UP: return max(top - 1, SUMMARY);
	case FIRST: return SUMMARY;
	case LAST: return last;
	case 'n': return next_failure(s, top);
	}
	return top;
}

/* False: stay. */
static bool leave(const struct screen *s)
{
	put_help(s, " p: power off    r: restart    s: go on to the shell    other keys: back");
	switch (wait_key()) {
	case 'p':
		pr_emerg("reboot: Power down\n");
		machine_power_off();
	case 'r':
		pr_emerg("reboot: Restarting system\n");
		machine_restart();
	case 's':
		return true;
	}
	return false;
}

static void show(const struct screen *s, const struct report *r, const struct fact *facts)
{
	int top = SUMMARY, key;

	do {
		if (top == SUMMARY)
			put_summary(s, r, facts);
		else
			put_log(s, top);
		key = wait_key();
		top = after_key(s, top, key);
	} while (key != 'q' || !leave(s));
}

void report_show(const struct report *r)
{
	static struct fact facts[NR_FACTS];
	const struct screen *s = vt_screen();

	if (!s)
		return;
	machine_facts(facts);
	copy_log();
	console_write_raw(SERIAL_HINT, strlen(SERIAL_HINT));
	vt_mute(true);
	vt_grab_keyboard(key_typed);
	serial_grab(key_typed);
	show(s, r, facts);
	serial_grab(NULL);
	vt_grab_keyboard(NULL);
	vt_puts("\033[?25h" PLAIN "\033[2J\033[H");
	vt_mute(false);
	free_log();
}

/* ---- while they run -------------------------------------------------------------------------- */

#define BAR_CELLS 20

/* The last line does not scroll from now on, or does again; the cursor keeps its place above it. */
static void reserve_line(const struct screen *s, bool on)
{
	char region[48];

	if (on)
		snprintf(region, sizeof(region), "\n\0337\033[1;%ur\0338\033[A", s->rows - 1);
	else
		snprintf(region, sizeof(region), "\0337\033[r\033[%uH\033[2K\0338", s->rows);
	vt_puts(region);
}

void report_progress(unsigned int done, unsigned int total, unsigned int failed, const char *suite, const char *name)
{
	const struct screen *s = vt_screen();
	char line[LINE], bar[3 * BAR_CELLS + 1] = "", whole[LINE + 48];
	unsigned int cells;

	if (!s || !total)
		return;
	if (!name || !done)
		reserve_line(s, name);
	if (!name)
		return;
	cells = min(s->cols / 4, (unsigned int)BAR_CELLS);
	for (unsigned int i = 0; i < cells; i++)
		strlcat(bar, i < done * cells / total ? "█" : "░", sizeof(bar));
	snprintf(line, sizeof(line), "%u/%u  %u failed  %s.%s", done, total, failed, suite, name);
	snprintf(whole, sizeof(whole), "\0337\033[%uH%s %s %.*s\033[K" PLAIN "\0338", s->rows, failed ? BAD : BAR, bar,
		 (int)(s->cols - cells - 3), line);
	vt_puts(whole);
}
