/*
 * tests/user/vt.c - /dev/tty0, tty1, tty2 and the calls that chvt makes
 */
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <termios.h>
#include <uapi/vt.h>
#include "mem.h"

static int open_tty(const char *name)
{
	return OK(open(name, O_RDWR | O_NOCTTY));
}

TEST(terminals_have_a_size_each_and_settings_of_their_own)
{
	struct winsize a, b, small = { .ws_row = 10, .ws_col = 40 };
	struct termios t1, t2;
	int one = open_tty("/dev/tty1"), two = open_tty("/dev/tty2");

	CHECK(!ioctl(one, TIOCGWINSZ, &a) && !ioctl(two, TIOCGWINSZ, &b));
	CHECK(a.ws_row == 25 && a.ws_col == 80 && b.ws_row == 25 && b.ws_col == 80);
	CHECK(!ioctl(two, TIOCSWINSZ, &small) && !ioctl(one, TIOCGWINSZ, &a));
	CHECK(a.ws_row == 25 && a.ws_col == 80);
	CHECK(!ioctl(two, TIOCSWINSZ, &b));
	CHECK(!tcgetattr(one, &t1));
	t1.c_lflag &= ~ECHO;
	CHECK(!tcsetattr(one, TCSANOW, &t1) && !tcgetattr(two, &t2) && (t2.c_lflag & ECHO));
	t1.c_lflag |= ECHO;
	CHECK(!tcsetattr(one, TCSANOW, &t1));
	close(one);
	close(two);
}

TEST(activate_shows_the_other_and_tty0_is_the_one_that_is_seen)
{
	struct vt_stat st = { 0, 0x1234, 0 };
	int one = open_tty("/dev/tty1"), two = open_tty("/dev/tty2"), now;

	CHECK(!ioctl(one, VT_ACTIVATE, 2) && !ioctl(one, VT_WAITACTIVE, 2));
	CHECK(!ioctl(one, VT_GETSTATE, &st));
	CHECK(st.v_active == 2 && st.v_signal == 0x1234 && (st.v_state & 7) == 7);
	now = open_tty("/dev/tty0");
	CHECK(!ioctl(now, TIOCSTI, "x"));
	CHECK(!ioctl(two, TCFLSH, TCIFLUSH));
	CHECK(!ioctl(now, VT_ACTIVATE, 1) && !ioctl(now, VT_WAITACTIVE, 1));
	CHECK(!ioctl(two, VT_GETSTATE, &st) && st.v_active == 1);
	close(now);
	close(two);
	close(one);
}

/* Of what nobody else has open: which of tty1 and tty2 is in use? */
static unsigned int in_use(int tty)
{
	struct vt_stat st = { 0 };

	return ioctl(tty, VT_GETSTATE, &st) ? 0 : st.v_state & 7;
}

TEST(closing_a_terminal_is_seen)
{
	int one = open_tty("/dev/tty1"), two = open_tty("/dev/tty2"), other = dup(two), first = 0;

	CHECK(in_use(one) == 7);
	close(two);
	CHECK(in_use(one) == 7);
	close(other);
	CHECK(in_use(one) == 3);
	CHECK(!ioctl(one, VT_OPENQRY, &first) && first == 2);
	two = open_tty("/dev/tty2");
	CHECK(in_use(one) == 7);
	close(one);
	CHECK(in_use(two) == 5);
	CHECK(!ioctl(two, VT_OPENQRY, &first) && first == 1);
	close(two);
}

TEST(the_last_close_and_a_hangup_bring_the_first_settings_back)
{
	int one = open_tty("/dev/tty1"), two = open_tty("/dev/tty2"), n = -1;
	struct termios first, t;

	CHECK(!tcgetattr(two, &first) && (first.c_iflag & IUTF8) && (first.c_lflag & ECHO));
	t = first;
	t.c_lflag &= ~(ECHO | ICANON);
	t.c_iflag &= ~IUTF8;
	CHECK(!tcsetattr(two, TCSANOW, &t) && !ioctl(two, TIOCSTI, "x"));
	close(two);
	two = open_tty("/dev/tty2");
	CHECK(!tcgetattr(two, &t) && t.c_lflag == first.c_lflag && t.c_iflag == first.c_iflag);
	CHECK(!ioctl(two, FIONREAD, &n) && n == 0);
	t.c_lflag &= ~ECHO;
	CHECK(!tcsetattr(two, TCSANOW, &t) && !ioctl(two, TIOCVHANGUP, 0));
	ERR(tcgetattr(two, &t), EIO);
	close(two);
	two = open_tty("/dev/tty2");
	CHECK(!tcgetattr(two, &t) && t.c_lflag == first.c_lflag && t.c_iflag == first.c_iflag);
	close(two);
	close(one);
}

static void ignore(int sig)
{
}

TEST(a_signal_ends_waiting_for_a_terminal_for_good)
{
	struct sigaction act = { .sa_handler = ignore, .sa_flags = SA_RESTART };
	struct itimerval soon = { .it_interval = { 0, 20000 }, .it_value = { 0, 20000 } }, never = { .it_value = { 0, 0 } };
	int one = open_tty("/dev/tty1"), two = open_tty("/dev/tty2");

	CHECK(!ioctl(one, VT_ACTIVATE, 1) && !ioctl(one, VT_WAITACTIVE, 1));
	CHECK(!sigaction(SIGALRM, &act, NULL) && !setitimer(ITIMER_REAL, &soon, NULL));
	ERR(ioctl(one, VT_WAITACTIVE, 2), EINTR);
	CHECK(!setitimer(ITIMER_REAL, &never, NULL));
	close(two);
	close(one);
}

TEST(what_is_typed_arrives_at_one_terminal_only)
{
	int one = open_tty("/dev/tty1"), two = open_tty("/dev/tty2"), n1, n2;
	char buf[8];

	CHECK(!ioctl(two, TIOCSTI, "a") && !ioctl(two, TIOCSTI, "\n"));
	CHECK(!ioctl(one, FIONREAD, &n1) && !ioctl(two, FIONREAD, &n2));
	CHECK(n1 == 0 && n2 == 2);
	CHECK(read(two, buf, sizeof(buf)) == 2 && buf[0] == 'a');
	close(one);
	close(two);
}

TEST(numbers_and_places_that_are_wrong)
{
	int tty = open_tty("/dev/tty1"), kbd = 0, null = open_tty("/dev/null");
	char type = 0;

	ERR(ioctl(tty, VT_ACTIVATE, 0), ENXIO);
	ERR(ioctl(tty, VT_ACTIVATE, 64), ENXIO);
	ERR(ioctl(tty, VT_ACTIVATE, -1), ENXIO);
	ERR(ioctl(tty, VT_WAITACTIVE, 0), ENXIO);
	ERR(ioctl(tty, VT_WAITACTIVE, 64), ENXIO);
	ERR(ioctl(tty, VT_GETSTATE, 0), EFAULT);
	ERR(ioctl(tty, KDGKBTYPE, 0), EFAULT);
	ERR(ioctl(null, VT_ACTIVATE, 1), ENOTTY);
	ERR(ioctl(0, VT_ACTIVATE, 1), ENOTTY);		/* a serial line */
	ERR(ioctl(0, KDGKBTYPE, &type), ENOTTY);
	CHECK(!ioctl(tty, KDGKBTYPE, &type) && type == KB_101);
	CHECK(!ioctl(tty, KDGETMODE, &kbd) && kbd == KD_TEXT);
	CHECK(!ioctl(tty, KDGKBMODE, &kbd) && kbd == K_UNICODE);
	close(tty);
	close(null);
}

TEST(the_names_are_those_of_linux)
{
	static const char *const names[] = { "/dev/tty0", "/dev/tty1", "/dev/tty2" };
	struct stat st;

	for (int i = 0; i < 3; i++)
		CHECK(!stat(names[i], &st) && S_ISCHR(st.st_mode) && st.st_rdev == (4UL << 8 | i));
}
