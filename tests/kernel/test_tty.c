/*
 * tests/kernel/test_tty.c - the line discipline (drivers/n_tty.c) on a terminal made of paper
 */
#include <ktest.h>
#include <signal.h>
#include <slab.h>
#include <string.h>
#include <tty.h>

static char out[8192];		/* what reached the screen */
static size_t out_len, out_limit;

static size_t paper_write(struct tty_struct *tty, const u8 *buf, size_t n)
{
	n = min(n, out_limit - out_len);
	memcpy(out + out_len, buf, n);
	out_len += n;
	out[out_len] = 0;
	return n;
}
static size_t paper_room(struct tty_struct *tty) { return out_limit - out_len; }
static size_t paper_chars(struct tty_struct *tty) { return 0; }
static void paper_nothing(struct tty_struct *tty) { }

static const struct tty_operations paper_ops = {
	.write = paper_write, .write_room = paper_room, .chars_in_buffer = paper_chars,
	.flush_buffer = paper_nothing, .start = paper_nothing,
};

static struct tty_struct paper;
static u64 signals;

static struct tty_struct *new_paper(void)
{
	static const u8 cc[NCCS] = { 3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0 };

	memset(&paper, 0, sizeof(paper));
	paper.ops = &paper_ops;
	init_waitqueue_head(&paper.read_wait);
	init_waitqueue_head(&paper.write_wait);
	paper.termios.c_iflag = ICRNL | IXON;
	paper.termios.c_oflag = OPOST | ONLCR;
	paper.termios.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	memcpy(paper.termios.c_cc, cc, sizeof(cc));
	out_len = 0;
	out_limit = sizeof(out) - 1;
	out[0] = 0;
	signals = 0;
	return &paper;
}

static void type(struct tty_struct *tty, const char *s)
{
	while (*s)
		n_tty_receive_char(tty, *s++, &signals);
}

/* Does one read of at most @max bytes give exactly @want? */
static bool reads(struct tty_struct *tty, size_t max, const char *want)
{
	u8 buf[256];
	size_t n = n_tty_take(tty, buf, min(max, sizeof(buf)));

	return n == strlen(want) && !memcmp(buf, want, n);
}

KTEST(tty, nothing_is_readable_before_newline)
{
	struct tty_struct *tty = new_paper();

	type(tty, "ls -l");
	EXPECT_EQ(n_tty_readable(tty), 0);
	type(tty, "\r");
	EXPECT_EQ(n_tty_readable(tty), 6);
	EXPECT(reads(tty, 100, "ls -l\n"));
	EXPECT(!strcmp(out, "ls -l\r\n"));
}

KTEST(tty, one_read_gives_one_line)
{
	struct tty_struct *tty = new_paper();

	type(tty, "a\nbb\n");
	EXPECT(reads(tty, 100, "a\n"));
	EXPECT(reads(tty, 100, "bb\n"));
	EXPECT(reads(tty, 100, ""));
}

KTEST(tty, short_reads_share_a_line)
{
	struct tty_struct *tty = new_paper();

	type(tty, "abcd\n");
	EXPECT(reads(tty, 2, "ab"));
	EXPECT(reads(tty, 2, "cd"));
	EXPECT(reads(tty, 2, "\n"));
}

KTEST(tty, eof_ends_a_read_without_a_character)
{
	struct tty_struct *tty = new_paper();

	type(tty, "ab\004");
	EXPECT_EQ(n_tty_readable(tty), 2);
	EXPECT(reads(tty, 100, "ab"));
	type(tty, "\004");
	EXPECT(tty->canon_head != tty->read_tail);	/* a read returns, with nothing */
	EXPECT(reads(tty, 100, ""));
	EXPECT(tty->canon_head == tty->read_tail);
}

KTEST(tty, eof_behind_a_full_buffer_is_not_seen_twice)
{
	struct tty_struct *tty = new_paper();

	type(tty, "abc\004");
	EXPECT(reads(tty, 3, "abc"));
	EXPECT(tty->canon_head == tty->read_tail);
}

KTEST(tty, erase_takes_back_one_character)
{
	struct tty_struct *tty = new_paper();

	type(tty, "abx\177c\n");
	EXPECT(reads(tty, 100, "abc\n"));
	EXPECT(!strcmp(out, "abx\b \bc\r\n"));
}

KTEST(tty, erase_stops_at_the_start_of_the_line)
{
	struct tty_struct *tty = new_paper();

	type(tty, "one\nx\177\177\177\177y\n");
	EXPECT(reads(tty, 100, "one\n"));
	EXPECT(reads(tty, 100, "y\n"));
}

KTEST(tty, erase_of_a_control_character_takes_two_columns)
{
	struct tty_struct *tty = new_paper();

	type(tty, "\001\177");
	EXPECT(!strcmp(out, "^A\b \b\b \b"));
}

KTEST(tty, erase_of_a_tab_goes_back_to_where_it_began)
{
	struct tty_struct *tty = new_paper();

	type(tty, "abc\t\177");
	EXPECT(!strcmp(out, "abc\t\b\b\b\b\b"));
	EXPECT_EQ(tty->read_head, 3);
}

KTEST(tty, kill_takes_back_the_line)
{
	struct tty_struct *tty = new_paper();

	type(tty, "wrong\025right\n");
	EXPECT(reads(tty, 100, "right\n"));
}

KTEST(tty, word_erase_takes_one_word)
{
	struct tty_struct *tty = new_paper();

	type(tty, "echo two words  \027\n");
	EXPECT(reads(tty, 100, "echo two \n"));
}

KTEST(tty, word_and_line_erase_stop_at_the_start_of_the_line)
{
	struct tty_struct *tty = new_paper();

	type(tty, "one\ntwo\027\027\027x\025\025y\n");
	EXPECT(reads(tty, 100, "one\n"));
	EXPECT(reads(tty, 100, "y\n"));
}

KTEST(tty, literal_next_takes_away_the_meaning)
{
	struct tty_struct *tty = new_paper();

	type(tty, "\026\003\n");
	EXPECT(signals == 0);
	EXPECT(reads(tty, 100, "\003\n"));
}

KTEST(tty, utf8_erase_takes_whole_characters)
{
	struct tty_struct *tty = new_paper();

	tty->termios.c_iflag |= IUTF8;
	type(tty, "a\303\244\177\n");
	EXPECT(reads(tty, 100, "a\n"));
}

KTEST(tty, signal_characters_raise_signals_and_flush)
{
	struct tty_struct *tty = new_paper();

	type(tty, "half\003");
	EXPECT(signals == sigmask(SIGINT));
	EXPECT_EQ(tty->read_head, tty->read_tail);
	EXPECT(!strcmp(out, "half^C"));
	type(tty, "\032\034");
	EXPECT(signals == (sigmask(SIGINT) | sigmask(SIGTSTP) | sigmask(SIGQUIT)));
}

KTEST(tty, without_isig_they_are_data)
{
	struct tty_struct *tty = new_paper();

	tty->termios.c_lflag &= ~ISIG;
	type(tty, "\003\n");
	EXPECT(signals == 0);
	EXPECT(reads(tty, 100, "\003\n"));
}

KTEST(tty, raw_mode_passes_everything_at_once)
{
	struct tty_struct *tty = new_paper();

	tty->termios.c_lflag = 0;
	tty->termios.c_iflag = 0;
	type(tty, "a\r\004\177");
	EXPECT(reads(tty, 100, "a\r\004\177"));
	EXPECT(!strcmp(out, ""));
}

KTEST(tty, leaving_canonical_mode_keeps_what_was_typed)
{
	struct tty_struct *tty = new_paper();
	struct termios old = tty->termios;

	type(tty, "typed ahead");
	EXPECT_EQ(n_tty_readable(tty), 0);
	tty->termios.c_lflag &= ~ICANON;
	n_tty_termios_changed(tty, &old);
	EXPECT_EQ(n_tty_readable(tty), 11);
	old = tty->termios;
	tty->termios.c_lflag |= ICANON;
	n_tty_termios_changed(tty, &old);
	EXPECT(reads(tty, 100, "typed ahead"));
}

KTEST(tty, stop_and_start_hold_output)
{
	struct tty_struct *tty = new_paper();

	type(tty, "\023");
	EXPECT(tty->stopped);
	type(tty, "\021");
	EXPECT(!tty->stopped);
	EXPECT(!strcmp(out, ""));
}

KTEST(tty, a_full_buffer_still_takes_the_newline)
{
	struct tty_struct *tty = new_paper();

	tty->termios.c_lflag &= ~ECHO;
	for (int i = 0; i < 2 * N_TTY_BUF_SIZE; i++)
		n_tty_receive_char(tty, 'x', &signals);
	EXPECT_EQ(tty->read_head - tty->read_tail, N_TTY_BUF_SIZE - 1);
	type(tty, "\n");
	EXPECT_EQ(n_tty_readable(tty), N_TTY_BUF_SIZE);
	EXPECT_EQ(tty->read_head - tty->read_tail, N_TTY_BUF_SIZE);
}

KTEST(tty, newline_becomes_return_and_newline)
{
	struct tty_struct *tty = new_paper();

	EXPECT_EQ(n_tty_output(tty, (const u8 *)"a\nb\r\n", 5), 5);
	EXPECT(!strcmp(out, "a\r\nb\r\r\n"));
	tty->termios.c_oflag = 0;
	n_tty_output(tty, (const u8 *)"\n", 1);
	EXPECT(!strcmp(out, "a\r\nb\r\r\n\n"));
}

KTEST(tty, output_stops_when_the_driver_is_full)
{
	struct tty_struct *tty = new_paper();

	out_limit = 4;
	EXPECT_EQ(n_tty_output(tty, (const u8 *)"abc\ndef", 7), 3);	/* no half newline */
	EXPECT(!strcmp(out, "abc"));
}

KTEST(tty, tabs_expand_to_the_next_stop)
{
	struct tty_struct *tty = new_paper();

	tty->termios.c_oflag |= TAB3;
	n_tty_output(tty, (const u8 *)"ab\tc", 4);
	EXPECT(!strcmp(out, "ab      c"));
	EXPECT_EQ(tty->column, 9);
}
