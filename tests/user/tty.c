/*
 * tests/user/tty.c - the terminal, as far as it can be seen without typing
 *
 * Runs on /dev/console, which nobody types at. TIOCSTI types for us where the terminal is
 * ours.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include "test.h"

static int tty;

static void open_tty(void)
{
	tty = OK(open("/dev/console", O_RDWR | O_NOCTTY));
}

/* Be the leader of a session whose terminal is the console. */
static void own_tty(void)
{
	OK(setsid());
	open_tty();
	OK(ioctl(tty, TIOCSCTTY, 1));
	tty = OK(open("/dev/tty", O_RDWR));
}

static void type(const char *keys)
{
	for (; *keys; keys++)
		OK(ioctl(tty, TIOCSTI, keys));
}

/* Change the modes and leave nothing typed before. */
static void set_modes(int on, int off)
{
	struct termios t;

	OK(tcgetattr(tty, &t));
	t.c_lflag = (t.c_lflag | on) & ~off;
	OK(tcsetattr(tty, TCSAFLUSH, &t));
}

TEST(console_is_a_terminal_with_sane_modes)
{
	struct termios t;

	open_tty();
	CHECK(isatty(tty));
	OK(tcgetattr(tty, &t));
	EQ(t.c_lflag & (ICANON | ISIG | ECHO), ICANON | ISIG | ECHO);
	EQ(t.c_iflag & ICRNL, ICRNL);
	EQ(t.c_oflag & (OPOST | ONLCR), OPOST | ONLCR);
	EQ(t.c_cflag & CSIZE, CS8);
	EQ(t.c_cc[VINTR], 3);
	EQ(t.c_cc[VEOF], 4);
	EQ(t.c_cc[VERASE], 127);
	EQ(t.c_cc[VSUSP], 26);
}

TEST(modes_that_are_set_are_read_back)
{
	struct termios old, t, back;

	open_tty();
	OK(tcgetattr(tty, &old));
	t = old;
	t.c_lflag &= ~(ICANON | ECHO);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 1;
	OK(tcsetattr(tty, TCSANOW, &t));
	OK(tcgetattr(tty, &back));
	EQ(back.c_lflag, t.c_lflag);
	EQ(back.c_cc[VMIN], 0);
	EQ(back.c_cc[VTIME], 1);
	OK(tcsetattr(tty, TCSADRAIN, &old));
}

TEST(window_size_is_kept)
{
	struct winsize w = { 33, 111, 0, 0 }, back, old;

	open_tty();
	OK(ioctl(tty, TIOCGWINSZ, &old));
	OK(ioctl(tty, TIOCSWINSZ, &w));
	OK(ioctl(tty, TIOCGWINSZ, &back));
	EQ(back.ws_row, 33);
	EQ(back.ws_col, 111);
	OK(ioctl(tty, TIOCSWINSZ, &old));
}

TEST(terminal_ioctls_on_other_files_are_enotty)
{
	struct termios t;
	int fds[2], null = OK(open("/dev/null", O_RDWR));

	OK(pipe(fds));
	ERR(ioctl(fds[0], TCGETS, &t), ENOTTY);
	ERR(ioctl(null, TCGETS, &t), ENOTTY);
	ERR(ioctl(null, TIOCGWINSZ, &t), ENOTTY);
	open_tty();
	ERR(ioctl(tty, 0x12345678, &t), ENOTTY);
	ERR(ioctl(999, TCGETS, &t), EBADF);
}

TEST(without_a_terminal_dev_tty_is_enxio)
{
	EXITS(CHILD(
		OK(setsid());
		ERR(open("/dev/tty", O_RDWR), ENXIO)
	), 0);
}

TEST(a_session_leader_takes_the_terminal)
{
	EXITS(CHILD(
		own_tty();
		EQ(tcgetpgrp(tty), getpid());
		EXITS(CHILD(
			OK(open("/dev/tty", O_RDWR));
			OK(setpgid(0, 0));
			signal(SIGTTOU, SIG_IGN);
			OK(tcsetpgrp(tty, getpid()));
			EQ(tcgetpgrp(tty), getpid())
		), 0)
	), 0);
}

TEST(writing_console_modes_from_the_background_stops)
{
	EXITS(CHILD(
		int status;
		pid_t pid;

		own_tty();
		pid = CHILD(
			struct termios t;

			OK(setpgid(0, 0));
			OK(tcgetattr(tty, &t));
			OK(tcsetattr(tty, TCSANOW, &t))
		);
		EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
		EQ(WSTOPSIG(status), SIGTTOU);
		OK(kill(pid, SIGKILL));
		DIES(pid, SIGKILL)
	), 0);
}

TEST(reading_from_the_background_stops)
{
	EXITS(CHILD(
		int status;
		pid_t pid;

		own_tty();
		pid = CHILD(
			char c;

			OK(setpgid(0, 0));
			read(tty, &c, 1)
		);
		EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
		EQ(WSTOPSIG(status), SIGTTIN);
		OK(kill(pid, SIGKILL));
		DIES(pid, SIGKILL)
	), 0);
}

TEST(a_line_is_given_when_it_is_complete)
{
	EXITS(CHILD(
		char buf[32] = "";
		struct pollfd p;

		own_tty();
		set_modes(ICANON, ECHO);
		p = (struct pollfd){ tty, POLLIN, 0 };
		type("abc");
		EQ(poll(&p, 1, 0), 0);
		type("\r");
		EQ(poll(&p, 1, 1000), 1);
		EQ(read(tty, buf, 2), 2);
		EQ(read(tty, buf + 2, 20), 2);
		STREQ(buf, "abc\n");
		set_modes(ECHO, 0)
	), 0);
}

TEST(erase_kill_and_end_of_file_keys_edit_the_line)
{
	EXITS(CHILD(
		char buf[32] = "";

		own_tty();
		set_modes(ICANON, ECHO);
		type("xy\x15" "abx\x7f" "c\r");
		EQ(read(tty, buf, 32), 4);
		STREQ(buf, "abc\n");
		type("de\x04");
		EQ(read(tty, buf, 32), 2);
		type("\x04");
		EQ(read(tty, buf, 32), 0);
		set_modes(ECHO, 0)
	), 0);
}

TEST(raw_mode_gives_each_byte)
{
	EXITS(CHILD(
		char buf[32] = "";

		own_tty();
		set_modes(0, ICANON | ECHO | ISIG);
		type("a\x03");
		EQ(read(tty, buf, 32), 2);
		EQ(buf[0], 'a');
		EQ(buf[1], 3);
		set_modes(ICANON | ECHO | ISIG, 0)
	), 0);
}

TEST(fionread_counts_what_can_be_read)
{
	EXITS(CHILD(
		int n = -1;
		char buf[8];

		own_tty();
		set_modes(ICANON, ECHO);
		type("abc\r");
		OK(ioctl(tty, FIONREAD, &n));
		EQ(n, 4);
		EQ(read(tty, buf, 8), 4);
		set_modes(ECHO, 0)
	), 0);
}

static volatile int got;

static void note(int sig)
{
	got = sig;
}

TEST(control_keys_signal_the_foreground_group)
{
	EXITS(CHILD(
		own_tty();
		set_modes(ICANON | ISIG, ECHO);
		signal(SIGINT, note);
		signal(SIGQUIT, note);
		signal(SIGTSTP, note);
		type("\x03");
		EVENTUALLY(got == SIGINT);
		type("\x1c");
		EVENTUALLY(got == SIGQUIT);
		type("\x1a");
		EVENTUALLY(got == SIGTSTP);
		set_modes(ECHO, 0)
	), 0);
}

TEST(nonblocking_read_of_an_empty_terminal_is_eagain)
{
	EXITS(CHILD(
		char c;

		own_tty();
		set_modes(0, 0);
		OK(fcntl(tty, F_SETFL, O_RDWR | O_NONBLOCK));
		ERR(read(tty, &c, 1), EAGAIN)
	), 0);
}

TEST(the_end_of_the_session_leader_hangs_up_the_foreground)
{
	int fds[2];
	char c = 0;

	OK(pipe(fds));
	EXITS(CHILD(
		own_tty();
		CHILD(
			signal(SIGHUP, note);
			write(fds[1], "r", 1);
			while (!got)
				usleep(10000);
			write(fds[1], got == SIGHUP ? "h" : "-", 1)
		);
		read(fds[0], &c, 1)
	), 0);
	EQ(read(fds[0], &c, 1), 1);
	EQ(c, 'h');
}
