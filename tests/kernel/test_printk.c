/*
 * tests/kernel/test_printk.c - the log ring as syslog(2) shows it, and symbol names
 *
 * Lines are logged at KERN_DEBUG, which the consoles do not show, so the KTAP stays readable.
 */
#include <asm/uaccess.h>
#include <boot.h>
#include <boot_info.h>
#include <ktest.h>
#include <log_ring.h>
#include <mm.h>
#include <printk.h>
#include <slab.h>
#include <string.h>

enum { READ = 2, READ_ALL = 3, READ_CLEAR = 4, CONSOLE_LEVEL = 8, SIZE_UNREAD = 9, SIZE_BUFFER = 10 };

#define AREA (160UL << 10)

struct reader {
	struct mm_struct *mm;
	char *user;		/* AREA bytes of user memory */
	char *text;		/* a kernel copy of what was read */
};

static bool reader_open(struct reader *r)
{
	unsigned long addr;

	r->mm = ktest_use_mm();
	if (!r->mm)
		return false;
	addr = vm_mmap(NULL, 0x10000000, AREA, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
	r->user = (char *)addr;
	r->text = kmalloc(AREA + 1, GFP_KERNEL);
	return !IS_ERR_VALUE(addr) && r->text;
}

static void reader_close(struct reader *r)
{
	kfree(r->text);
	ktest_unuse_mm(r->mm);
}

/* The text of one syslog(2) call, ended by a NUL; its length or -errno. */
static long reader_get(struct reader *r, int type, size_t len)
{
	long n = do_syslog(type, r->user, len);

	if (n >= 0) {
		copy_from_user(r->text, r->user, n);
		r->text[n] = 0;
	}
	return n;
}

static bool ends_with(const char *s, const char *end)
{
	size_t a = strlen(s), b = strlen(end);

	return a >= b && !strcmp(s + a - b, end);
}

/*
 * For tools/screens.py, which boots with the word "provoke": after all the cases below, what this one says, and how the
 * boot began, must still be in the log.
 */
KTEST(printk, reason_of_an_early_failure_stays_in_the_log)
{
	if (!cmdline_has("provoke"))
		ktest_skip(t, "needs the word provoke on the command line");
	else
		ktest_fail(t, __FILE__, __LINE__, "on purpose, and early");
}

KTEST(printk, dmesg_shows_the_newest_line_last)
{
	struct reader r;
	bool ok;

	EXPECT(reader_open(&r));
	printk(KERN_DEBUG "marker %d\n", 4711);
	ok = reader_get(&r, READ_ALL, AREA) > 0 && ends_with(r.text, "] marker 4711\n") &&
	     r.text[0] == '<';
	reader_close(&r);
	EXPECT(ok);
}

KTEST(printk, a_small_buffer_gets_the_newest_whole_lines)
{
	struct reader r;
	bool ok;
	long n;

	EXPECT(reader_open(&r));
	printk(KERN_DEBUG "one\n");
	printk(KERN_DEBUG "two\n");
	n = reader_get(&r, READ_ALL, 30);
	ok = n > 0 && n <= 30 && r.text[0] == '<' && ends_with(r.text, "] two\n");
	reader_close(&r);
	EXPECT(ok);
}

/* ---- the ring, one of its own: what the kernel has said so far is for who reads the report ---- */

static char small[1024] __aligned(LOG_RECORD_ALIGN);

static void ring_say(struct log_ring *ring, unsigned int number)
{
	char text[64];

	snprintf(text, sizeof(text), "%u%.*s", number, (int)(number % 40), "........................................");
	log_ring_store(ring, number, 7, text, strlen(text));
}

/* How many records it holds; 0: they are not those up to @newest, whole and in order. */
static unsigned int ring_holds(const struct log_ring *ring, unsigned int newest)
{
	unsigned int n = 0;
	u64 pos = 0, first = 0;
	char text[24];

	while ((pos = log_ring_next(ring, pos)) < ring->next) {
		const struct log_record *r = log_ring_at(ring, pos);

		if (!n)
			first = r->ns;
		snprintf(text, sizeof(text), "%lu", (unsigned long)r->ns);
		if (r->ns != first + n || r->len < r->ns % 40 + 1 || memcmp(r->text, text, strlen(text)))
			return 0;
		if (r->text + r->len > ring->buf + ring->size)
			return 0;
		n++;
		pos = log_ring_after(ring, pos);
	}
	return n && first + n - 1 == newest ? n : 0;
}

KTEST(printk, ring_forgets_the_oldest)
{
	struct log_ring ring = { .buf = small, .size = sizeof(small) };
	unsigned int n;

	for (unsigned int i = 0; i < 2000; i++) {
		ring_say(&ring, i);
		n = ring_holds(&ring, i);
		EXPECT(n);
		EXPECT(ring.first ? n >= sizeof(small) / 80 : n == i + 1);	/* none is lost before it must be */
	}
	EXPECT(ring.first);
}

KTEST(printk, read_clear_hides_the_past)
{
	struct reader r;
	bool empty, again;

	EXPECT(reader_open(&r));
	printk(KERN_DEBUG "before\n");
	reader_get(&r, READ_CLEAR, AREA);
	empty = reader_get(&r, READ_ALL, AREA) == 0;
	printk(KERN_DEBUG "after\n");
	again = reader_get(&r, READ_ALL, AREA) > 0 && ends_with(r.text, "after\n") &&
		!strstr(r.text, "before");
	reader_close(&r);
	EXPECT(empty);
	EXPECT(again);
}

KTEST(printk, read_consumes_also_in_pieces)
{
	struct reader r;
	bool whole;
	long unread, sum = 0, n;

	EXPECT(reader_open(&r));
	while ((n = do_syslog(SIZE_UNREAD, NULL, 0)) > 0)
		reader_get(&r, READ, AREA);
	printk(KERN_DEBUG "0123456789\n");
	unread = do_syslog(SIZE_UNREAD, NULL, 0);
	while (do_syslog(SIZE_UNREAD, NULL, 0) > 0 && (n = reader_get(&r, READ, 7)) > 0)
		sum += n;
	whole = sum == unread && unread > 20;
	reader_close(&r);
	EXPECT(whole);
}

KTEST(printk, syslog_checks_its_arguments)
{
	EXPECT_EQ(do_syslog(99, NULL, 0), -EINVAL);
	EXPECT_EQ(do_syslog(READ_ALL, NULL, 10), -EINVAL);
	EXPECT_EQ(do_syslog(READ_ALL, (char *)0x1000, -1), -EINVAL);
	EXPECT_EQ(do_syslog(READ_ALL, (char *)PAGE_OFFSET, 10), -EFAULT);
	EXPECT_EQ(do_syslog(CONSOLE_LEVEL, NULL, 9), -EINVAL);
	EXPECT_EQ(do_syslog(SIZE_BUFFER, NULL, 0), 128 << 10);
}

KTEST(printk, several_lines_become_several_records)
{
	struct reader r;
	bool ok;

	EXPECT(reader_open(&r));
	printk(KERN_DEBUG "first\nsecond\n");
	ok = reader_get(&r, READ_ALL, AREA) > 0 && ends_with(r.text, "] second\n") &&
	     strstr(r.text, "] first\n<7>[");
	reader_close(&r);
	EXPECT(ok);
}

KTEST(printk, symbols_have_names)
{
	char buf[96];
	unsigned long addr = (unsigned long)start_kernel;

	sprint_symbol(buf, sizeof(buf), addr + 3);
	EXPECT(!strncmp(buf, "start_kernel+0x3/0x", 19));
	sprint_symbol(buf, sizeof(buf), 0x1234);
	EXPECT(!strcmp(buf, "0x1234"));
}
