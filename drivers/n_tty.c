/*
 * drivers/n_tty.c - the line discipline: what happens between the wire and read(2)
 *
 * Purpose:    echo, editing of a line, ^C and its kind, and the way back: newline becomes
 *             carriage return and newline.
 * Invariants: read_tail <= canon_head <= read_head <= read_tail + N_TTY_BUF_SIZE (free-running);
 *             in canonical mode nothing beyond canon_head is given to a reader;
 *             a line_end bit is set only between read_tail and canon_head; such a character
 *             that is NUL is an end of file, not data.
 * Lock order: tty->lock, then the driver's.  User memory is touched without either.
 * Simplified: one discipline, no ECHOPRT, no IXOFF; two writers may interleave every
 *             OUT_CHUNK bytes.
 * Sources:    POSIX.1-2017, "General Terminal Interface".
 */
#include <asm/uaccess.h>
#include <fs.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <time.h>
#include <tty.h>

#define IN_MASK		(N_TTY_BUF_SIZE - 1)
#define OUT_CHUNK	512
#define ECHO_RESERVE	256	/* room in the driver kept for echo */
#define EOF_MARK	0
#define DECISECOND_NS	100000000UL

#define I_FLAG(tty, f)	((tty)->termios.c_iflag & (f))
#define O_FLAG(tty, f)	((tty)->termios.c_oflag & (f))
#define L_FLAG(tty, f)	((tty)->termios.c_lflag & (f))
#define CC(tty, i)	((tty)->termios.c_cc[i])

static bool is_control(u8 c) { return c < 0x20 || c == 0x7f; }
static bool is_continuation(struct tty_struct *tty, u8 c)
{
	return I_FLAG(tty, IUTF8) && (c & 0xc0) == 0x80;
}

/* Is @c the special character @i?  NUL switches one off. */
static bool is_cc(struct tty_struct *tty, u8 c, int i)
{
	return c == CC(tty, i) && CC(tty, i);
}

/* ---- output -------------------------------------------------------------------------------- */

static bool put(struct tty_struct *tty, const char *s, size_t n)
{
	if (tty->ops->write_room(tty) < n)
		return false;
	tty->ops->write(tty, (const u8 *)s, n);
	return true;
}

static bool put_newline(struct tty_struct *tty)
{
	if (O_FLAG(tty, ONLRET))
		tty->column = 0;
	if (!O_FLAG(tty, ONLCR))
		return put(tty, "\n", 1);
	if (!put(tty, "\r\n", 2))
		return false;
	tty->column = 0;
	return true;
}

static bool put_return(struct tty_struct *tty)
{
	if (O_FLAG(tty, ONOCR) && !tty->column)
		return true;
	if (O_FLAG(tty, OCRNL))
		return put(tty, "\n", 1);
	tty->column = 0;
	return put(tty, "\r", 1);
}

static bool put_tab(struct tty_struct *tty)
{
	unsigned int n = 8 - (tty->column & 7);
	bool done = O_FLAG(tty, TABDLY) == TAB3 ? put(tty, "        ", n) : put(tty, "\t", 1);

	if (done)
		tty->column += n;
	return done;
}

/* One character through the OPOST rules; false, with nothing sent, if the driver is full. */
static bool put_processed(struct tty_struct *tty, u8 c)
{
	switch (c) {
	case '\n':
		return put_newline(tty);
	case '\r':
		return put_return(tty);
	case '\t':
		return put_tab(tty);
	}
	if (O_FLAG(tty, OLCUC) && c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	if (!put(tty, (char *)&c, 1))
		return false;
	if (c == '\b' && tty->column)
		tty->column--;
	else if (!is_control(c) && !is_continuation(tty, c))
		tty->column++;
	return true;
}

/* Characters at @buf that need no processing: they go out in one piece. */
static size_t plain_run(struct tty_struct *tty, const u8 *buf, size_t n)
{
	size_t i = 0;

	if (O_FLAG(tty, OLCUC))
		return 0;
	while (i < n && buf[i] >= 0x20 && buf[i] < 0x7f)
		i++;
	return i;
}

size_t n_tty_output(struct tty_struct *tty, const u8 *buf, size_t n)
{
	size_t done = 0;

	if (!O_FLAG(tty, OPOST))
		return tty->ops->write(tty, buf, n);
	while (done < n) {
		size_t run = plain_run(tty, buf + done, n - done);

		if (run) {
			run = tty->ops->write(tty, buf + done, run);
			tty->column += run;
			if (!run)
				break;
			done += run;
		} else if (put_processed(tty, buf[done])) {
			done++;
		} else {
			break;
		}
	}
	return done;
}

static bool can_write(struct tty_struct *tty)
{
	return !tty->stopped && tty->ops->write_room(tty) > ECHO_RESERVE;
}

/* As much of @buf as fits while some room stays free for echo. */
static size_t output_chunk(struct tty_struct *tty, const u8 *buf, size_t n)
{
	size_t done = 0;

	spin_lock_irq(&tty->lock);
	if (can_write(tty))
		done = n_tty_output(tty, buf, min(n, (tty->ops->write_room(tty) - ECHO_RESERVE) / 2 + 1));
	spin_unlock_irq(&tty->lock);
	return done;
}

/* Wait for room; 0, -EAGAIN, -EIO after a hangup, -ERESTARTSYS. */
static int wait_for_room(struct tty_struct *tty, struct file *file)
{
	if (file->f_flags & O_NONBLOCK)
		return can_write(tty) ? 0 : -EAGAIN;
	return wait_event_interruptible(tty->write_wait, tty_hung_up(file) || can_write(tty));
}

ssize_t n_tty_write(struct tty_struct *tty, struct file *file, const char __user *buf, size_t len)
{
	u8 chunk[OUT_CHUNK];
	size_t written = 0;
	int err = 0;

	while (written < len && !err) {
		size_t n = min(len - written, sizeof(chunk)), done = 0;

		n -= copy_from_user(chunk, buf + written, n);
		if (!n)
			err = -EFAULT;
		while (done < n && !err) {
			if (tty_hung_up(file)) {
				err = -EIO;
				break;
			}
			done += output_chunk(tty, chunk + done, n - done);
			if (done < n)
				err = wait_for_room(tty, file);
		}
		written += done;
		cond_resched();
	}
	return written ? (ssize_t)written : err;
}

/* ---- echo ---------------------------------------------------------------------------------- */

static void echo_raw(struct tty_struct *tty, const char *s)
{
	n_tty_output(tty, (const u8 *)s, strlen(s));
}

static void echo_char(struct tty_struct *tty, u8 c)
{
	char caret[3] = { '^', c ^ 0x40, 0 };

	if (L_FLAG(tty, ECHOCTL) && is_control(c) && c != '\t' && c != '\n')
		echo_raw(tty, caret);
	else
		n_tty_output(tty, &c, 1);
}

/* ---- the line being typed ------------------------------------------------------------------ */

static size_t space_left(const struct tty_struct *tty)
{
	return N_TTY_BUF_SIZE - (tty->read_head - tty->read_tail);
}

static void store(struct tty_struct *tty, u8 c)
{
	tty->read_buf[tty->read_head++ & IN_MASK] = c;
}

static void store_line_end(struct tty_struct *tty, u8 c)
{
	__set_bit(tty->read_head & IN_MASK, tty->line_end);
	store(tty, c);
	tty->canon_head = tty->read_head;
}

void n_tty_flush_input(struct tty_struct *tty)
{
	tty->read_head = tty->canon_head = tty->read_tail = 0;
	memset(tty->line_end, 0, sizeof(tty->line_end));
	tty->lnext = false;
}

/* Columns that the typed line takes up on the screen, up to position @end. */
static unsigned int typed_column(struct tty_struct *tty, unsigned int end)
{
	unsigned int col = tty->canon_column;

	for (unsigned int i = tty->canon_head; i != end; i++) {
		u8 c = tty->read_buf[i & IN_MASK];

		if (c == '\t')
			col = (col | 7) + 1;
		else if (is_control(c))
			col += L_FLAG(tty, ECHOCTL) ? 2 : 0;
		else if (!is_continuation(tty, c))
			col++;
	}
	return col;
}

/* Take the erased character @c, which stood before position read_head, off the screen. */
static void unecho(struct tty_struct *tty, u8 c)
{
	unsigned int col;

	if (c == '\t') {
		for (col = 8 - (typed_column(tty, tty->read_head) & 7); col; col--)
			echo_raw(tty, "\b");
		return;
	}
	if (is_control(c) && !L_FLAG(tty, ECHOCTL))
		return;
	echo_raw(tty, is_control(c) ? "\b \b\b \b" : "\b \b");
}

/* Step back over one character (several bytes in UTF-8); returns its first byte. */
static u8 step_back(struct tty_struct *tty, unsigned int *pos)
{
	u8 c;

	do {
		c = tty->read_buf[--*pos & IN_MASK];
	} while (*pos != tty->canon_head && is_continuation(tty, c));
	return c;
}

static void erase_char(struct tty_struct *tty)
{
	u8 c;

	if (tty->read_head == tty->canon_head)
		return;
	c = step_back(tty, &tty->read_head);
	if (!L_FLAG(tty, ECHO))
		return;
	if (L_FLAG(tty, ECHOE))
		unecho(tty, c);
	else
		echo_char(tty, CC(tty, VERASE));
}

static bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0x80;
}

static void erase_word(struct tty_struct *tty)
{
	bool seen = false;

	while (tty->read_head != tty->canon_head) {
		unsigned int pos = tty->read_head;
		u8 c = step_back(tty, &pos);

		if (is_word(c))
			seen = true;
		else if (seen)
			break;
		tty->read_head = pos;
		if (L_FLAG(tty, ECHO))
			unecho(tty, c);
	}
}

static void erase_line(struct tty_struct *tty)
{
	if (L_FLAG(tty, ECHO) && L_FLAG(tty, ECHOK) && L_FLAG(tty, ECHOKE) && L_FLAG(tty, ECHOE)) {
		while (tty->read_head != tty->canon_head)
			unecho(tty, step_back(tty, &tty->read_head));
		return;
	}
	tty->read_head = tty->canon_head;
	if (!L_FLAG(tty, ECHO))
		return;
	echo_char(tty, CC(tty, VKILL));
	if (L_FLAG(tty, ECHOK))
		echo_raw(tty, "\n");
}

static void reprint(struct tty_struct *tty)
{
	echo_char(tty, CC(tty, VREPRINT));
	echo_raw(tty, "\n");
	for (unsigned int i = tty->canon_head; i != tty->read_head; i++)
		echo_char(tty, tty->read_buf[i & IN_MASK]);
}

/* ---- input --------------------------------------------------------------------------------- */

void n_tty_stop(struct tty_struct *tty)
{
	tty->stopped = true;
}

void n_tty_start(struct tty_struct *tty)
{
	if (!tty->stopped)
		return;
	tty->stopped = false;
	tty->ops->start(tty);
	wake_up_interruptible(&tty->write_wait);
}

/* ^C, ^\ and ^Z: note the signal, forget what was typed and not yet shown. */
static void signal_char(struct tty_struct *tty, u8 c, int sig, u64 *signals)
{
	n_tty_start(tty);
	if (!L_FLAG(tty, NOFLSH)) {
		n_tty_flush_input(tty);
		tty->ops->flush_buffer(tty);
		wake_up_interruptible(&tty->write_wait);
	}
	if (L_FLAG(tty, ECHO))
		echo_char(tty, c);
	*signals |= sigmask(sig);
}

/* Flow control and signals; true if @c was one of those. */
static bool control_char(struct tty_struct *tty, u8 c, u64 *signals)
{
	static const struct { int cc, sig; } keys[] = {
		{ VINTR, SIGINT }, { VQUIT, SIGQUIT }, { VSUSP, SIGTSTP },
	};

	if (I_FLAG(tty, IXON)) {
		if (is_cc(tty, c, VSTART)) {
			n_tty_start(tty);
			return true;
		}
		if (is_cc(tty, c, VSTOP)) {
			n_tty_stop(tty);
			return true;
		}
	}
	for (size_t i = 0; L_FLAG(tty, ISIG) && i < ARRAY_SIZE(keys); i++) {
		if (is_cc(tty, c, keys[i].cc)) {
			signal_char(tty, c, keys[i].sig, signals);
			return true;
		}
	}
	if (I_FLAG(tty, IXON) && I_FLAG(tty, IXANY))
		n_tty_start(tty);
	return false;
}

/* Editing keys of canonical mode; true if @c was one. */
static bool edit_char(struct tty_struct *tty, u8 c)
{
	bool ext = L_FLAG(tty, IEXTEN);

	if (is_cc(tty, c, VERASE))
		erase_char(tty);
	else if (is_cc(tty, c, VKILL))
		erase_line(tty);
	else if (ext && is_cc(tty, c, VWERASE))
		erase_word(tty);
	else if (ext && L_FLAG(tty, ECHO) && is_cc(tty, c, VREPRINT))
		reprint(tty);
	else
		return false;
	return true;
}

/* Does @c complete a line?  Echoes and stores it if so. */
static bool end_line(struct tty_struct *tty, u8 c)
{
	if (c == '\n') {
		if (L_FLAG(tty, ECHO | ECHONL))
			echo_raw(tty, "\n");
		store_line_end(tty, c);
	} else if (is_cc(tty, c, VEOF)) {
		store_line_end(tty, EOF_MARK);
	} else if (is_cc(tty, c, VEOL) || (L_FLAG(tty, IEXTEN) && is_cc(tty, c, VEOL2))) {
		if (L_FLAG(tty, ECHO))
			echo_char(tty, c);
		store_line_end(tty, c);
	} else {
		return false;
	}
	return true;
}

/* Echo and store; in canonical mode one place stays free for the end of the line. */
static void ordinary_char(struct tty_struct *tty, u8 c)
{
	size_t need = 1 + (L_FLAG(tty, ICANON) ? 1 : 0);
	bool twice = I_FLAG(tty, PARMRK) && c == 0xff && !I_FLAG(tty, ISTRIP);

	if (space_left(tty) < need + twice) {
		if (I_FLAG(tty, IMAXBEL))
			put(tty, "\a", 1);
		return;
	}
	if (L_FLAG(tty, ECHO)) {
		if (tty->read_head == tty->canon_head)
			tty->canon_column = tty->column;
		echo_char(tty, c);
	}
	if (twice)
		store(tty, c);
	store(tty, c);
	if (!L_FLAG(tty, ICANON))
		tty->canon_head = tty->read_head;
}

/* Map carriage return and newline as the modes say; -1: drop it. */
static int map_input(struct tty_struct *tty, u8 c)
{
	if (c == '\r' && I_FLAG(tty, IGNCR))
		return -1;
	if (c == '\r' && I_FLAG(tty, ICRNL))
		return '\n';
	if (c == '\n' && I_FLAG(tty, INLCR))
		return '\r';
	return c;
}

void n_tty_receive_char(struct tty_struct *tty, u8 c, u64 *signals)
{
	int mapped;

	if (I_FLAG(tty, ISTRIP))
		c &= 0x7f;
	if (I_FLAG(tty, IUCLC) && L_FLAG(tty, IEXTEN) && c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (tty->lnext) {
		tty->lnext = false;
		ordinary_char(tty, c);
		return;
	}
	if (control_char(tty, c, signals))
		return;
	mapped = map_input(tty, c);
	if (mapped < 0)
		return;
	c = mapped;
	if (L_FLAG(tty, ICANON)) {
		if (edit_char(tty, c))
			return;
		if (L_FLAG(tty, IEXTEN) && is_cc(tty, c, VLNEXT)) {
			tty->lnext = true;
			if (L_FLAG(tty, ECHO) && L_FLAG(tty, ECHOCTL))
				echo_raw(tty, "^\b");
			return;
		}
		if (space_left(tty) && end_line(tty, c))
			return;
	}
	ordinary_char(tty, c);
}

/*
 * Canonical mode was switched: what is in the buffer becomes one complete line, or
 * (the other way) plain characters.
 */
void n_tty_termios_changed(struct tty_struct *tty, const struct termios *old)
{
	if ((old->c_lflag ^ tty->termios.c_lflag) & ICANON) {
		memset(tty->line_end, 0, sizeof(tty->line_end));
		tty->canon_head = tty->read_head;
		if (L_FLAG(tty, ICANON) && tty->read_head != tty->read_tail)
			__set_bit((tty->read_head - 1) & IN_MASK, tty->line_end);
		tty->lnext = false;
	}
	if ((old->c_iflag & IXON) && !I_FLAG(tty, IXON))
		n_tty_start(tty);
}

/* ---- reading ------------------------------------------------------------------------------- */

size_t n_tty_readable(struct tty_struct *tty)
{
	size_t n = tty->canon_head - tty->read_tail;

	if (!L_FLAG(tty, ICANON))
		return tty->read_head - tty->read_tail;
	for (unsigned int i = tty->read_tail; i != tty->canon_head; i++)
		if (test_bit(i & IN_MASK, tty->line_end) && tty->read_buf[i & IN_MASK] == EOF_MARK)
			n--;
	return n;
}

/* Is there something (an end of file counts)? */
static bool input_available(struct tty_struct *tty, size_t wanted)
{
	if (L_FLAG(tty, ICANON))
		return tty->canon_head != tty->read_tail;
	return tty->read_head - tty->read_tail >= wanted;
}

/* Take the character at the tail; true if it ends a line. */
static bool take(struct tty_struct *tty, u8 *c)
{
	unsigned int pos = tty->read_tail++ & IN_MASK;

	*c = tty->read_buf[pos];
	if (!test_bit(pos, tty->line_end))
		return false;
	__clear_bit(pos, tty->line_end);
	return true;
}

static bool at_eof_mark(struct tty_struct *tty)
{
	unsigned int pos = tty->read_tail & IN_MASK;

	return tty->read_tail != tty->canon_head && test_bit(pos, tty->line_end) &&
	       tty->read_buf[pos] == EOF_MARK;
}

/*
 * At most one line into @buf.  An end-of-file mark right behind a full buffer belongs to
 * the same read, so that the next one does not see it.
 */
static size_t take_line(struct tty_struct *tty, u8 *buf, size_t n)
{
	size_t got = 0;
	u8 c;

	while (got < n && tty->read_tail != tty->canon_head) {
		bool eof = at_eof_mark(tty), end = take(tty, &c);

		if (!eof)
			buf[got++] = c;
		if (end)
			return got;
	}
	if (got && at_eof_mark(tty))
		take(tty, &c);
	return got;
}

size_t n_tty_take(struct tty_struct *tty, u8 *buf, size_t n)
{
	size_t got = 0;

	if (L_FLAG(tty, ICANON))
		return take_line(tty, buf, n);
	while (got < n && tty->read_tail != tty->read_head)
		buf[got++] = tty->read_buf[tty->read_tail++ & IN_MASK];
	tty->canon_head = tty->read_head;
	return got;
}

/* The time by which a raw read must end, given what it has; 0: no limit. */
static u64 raw_deadline(struct tty_struct *tty, size_t got)
{
	if (L_FLAG(tty, ICANON) || !CC(tty, VTIME) || (CC(tty, VMIN) && !got))
		return 0;
	return clock_read_ns() + CC(tty, VTIME) * DECISECOND_NS;
}

/*
 * Wait until more can be read than the @got bytes there are.  1: look again; 0: the read
 * ends with what it has (time is over, hangup); -EAGAIN, -ERESTARTSYS.
 */
static int wait_for_input(struct tty_struct *tty, struct file *file, size_t got)
{
	u64 deadline = raw_deadline(tty, got);
	int ret = 1;
	DEFINE_WAIT(w);

	if (!L_FLAG(tty, ICANON) && !CC(tty, VMIN) && !CC(tty, VTIME))
		return 0;
	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	prepare_to_wait(&tty->read_wait, &w, TASK_INTERRUPTIBLE);
	if (tty_hung_up(file))
		ret = 0;
	else if (input_available(tty, 1))
		ret = 1;
	else if (signal_pending(current))
		ret = -ERESTARTSYS;
	else if (!deadline)
		schedule();
	else if (!schedule_until(deadline) && !input_available(tty, 1))
		ret = 0;
	finish_wait(&tty->read_wait, &w);
	return ret;
}

/* Bytes with which a read is satisfied. */
static size_t read_goal(struct tty_struct *tty, size_t len)
{
	if (L_FLAG(tty, ICANON) || CC(tty, VMIN) == 0)
		return 1;
	return min_t(size_t, CC(tty, VMIN), len);
}

/* Collect into the kernel buffer @buf; bytes, or an error if there are none. */
static ssize_t collect(struct tty_struct *tty, struct file *file, u8 *buf, size_t len)
{
	size_t got = 0;
	bool had;
	int ret;

	for (;;) {
		spin_lock_irq(&tty->lock);
		had = input_available(tty, 1);
		if (had)
			got += n_tty_take(tty, buf + got, len - got);
		spin_unlock_irq(&tty->lock);
		if (had && (L_FLAG(tty, ICANON) || got >= read_goal(tty, len)))
			return got;
		ret = wait_for_input(tty, file, got);
		if (ret <= 0)
			return got ? (ssize_t)got : ret;
	}
}

ssize_t n_tty_read(struct tty_struct *tty, struct file *file, char __user *buf, size_t len)
{
	u8 small[64], *k = small;
	ssize_t got;

	if (!len)
		return 0;
	len = min_t(size_t, len, N_TTY_BUF_SIZE);
	if (len > sizeof(small)) {
		k = kmalloc(len, GFP_KERNEL);
		if (!k)
			return -ENOMEM;
	}
	got = collect(tty, file, k, len);
	if (got > 0 && copy_to_user(buf, k, got))
		got = -EFAULT;
	if (k != small)
		kfree(k);
	return got;
}

unsigned int n_tty_poll(struct tty_struct *tty, struct file *file, struct poll_table *pt)
{
	unsigned int mask = 0;
	size_t wanted;

	poll_wait(file, &tty->read_wait, pt);
	poll_wait(file, &tty->write_wait, pt);
	if (tty_hung_up(file))
		return POLLIN | POLLRDNORM | POLLHUP | POLLERR;
	spin_lock_irq(&tty->lock);
	wanted = CC(tty, VMIN) && !CC(tty, VTIME) ? CC(tty, VMIN) : 1;
	if (input_available(tty, wanted))
		mask |= POLLIN | POLLRDNORM;
	if (can_write(tty))
		mask |= POLLOUT | POLLWRNORM;
	spin_unlock_irq(&tty->lock);
	return mask;
}
