/*
 * user/tour.c - copy-on-write, step by step
 *
 * Purpose: for a newcomer: at each step the area (/proc/self/maps), the page-table walk, the
 *          frame number and the fault counter, before and after. `tour -n` does not wait for
 *          a key.
 * Needs:   root (frame numbers). On Linux the walk is shown as its last line only.
 */
#include <signal.h>
#include <termios.h>
#include "show.h"

static int wait_for_keys;
static volatile char *page;

/* One key from the terminal, not a line; q ends the tour. */
static void next(void)
{
	struct termios old, one;
	char key = '\n';

	fflush(stdout);
	if (!wait_for_keys)
		return;
	printf("-- any key to go on, q to stop --");
	fflush(stdout);
	tcgetattr(0, &old);
	one = old;
	one.c_lflag &= ~(ICANON | ECHO);
	tcsetattr(0, TCSANOW, &one);
	if (read(0, &key, 1) != 1)
		key = 'q';
	tcsetattr(0, TCSANOW, &old);
	printf("\r                                 \r");
	if (key == 'q')
		exit(0);
}

static void step(const char *title, const char *text)
{
	static int number;

	next();
	printf("\n=== %d. %s\n%s\n", ++number, title, text);
}

static void show(const char *who, int pid)
{
	printf("  %s (pid %d), the area and the way to its page:\n", who, pid);
	show_maps(pid, page, page + PAGE);
	show_walk(pid, page);
}

/* Do it, and say how many page faults it cost. */
#define CHARGE(what, action) do {						\
	long faults_ = minor_faults();						\
	action;									\
	faults_ = minor_faults() - faults_;					\
	printf("  %s: %ld page fault%s\n", what, faults_, faults_ == 1 ? "" : "s");	\
} while (0)

/* The other process: waits for a letter, writes to the page, says so, waits for the end. */
static void child(int orders, int answers)
{
	char c;

	read(orders, &c, 1);
	CHARGE("child writes \"C\"", page[0] = 'C');
	fflush(stdout);
	write(answers, &c, 1);
	read(orders, &c, 1);
	_exit(0);
}

static void before_fork(void)
{
	char c;

	page = fresh_pages(1);
	minor_faults();
	step("A promise",
	     "mmap() made an area of one page. The kernel has written down that these addresses\n"
	     "are ours; there is no memory behind them yet, and the page tables end early.");
	show("we", getpid());

	step("The first read",
	     "Reading faults. Nobody has written here, so the kernel maps the page of zeros that\n"
	     "all processes share, for reading only.");
	CHARGE("we read", c = page[0]);
	printf("  we got %d\n", c);
	show("we", getpid());

	step("The first write",
	     "Writing faults again, because the zero page must stay zero. Now we get a frame of\n"
	     "our own, and the entry allows writing.");
	CHARGE("we write \"P\"", page[0] = 'P');
	show("we", getpid());
	CHARGE("we write once more", page[1] = 'P');
}

static void after_fork(int pid, int orders, int answers)
{
	unsigned long old = frame_of(getpid(), page);
	char c = 'w';

	step("fork()",
	     "The child has an address space of its own: other page tables, same contents. No\n"
	     "memory was copied: both entries name the same frame, and both lost the right to\n"
	     "write, although both areas still say rw.");
	show("we", getpid());
	show("the child", pid);

	step("The child writes",
	     "The entry forbids it, the area allows it: that is copy-on-write. The child gets a\n"
	     "new frame with a copy of the page and writes there.");
	fflush(stdout);
	write(orders, &c, 1);
	read(answers, &c, 1);
	show("the child", pid);
	show("we", getpid());
	printf("  we still read \"%c\"\n", page[0]);

	step("We write",
	     "We fault too, since our entry is still read-only. But nobody else uses the frame any\n"
	     "more, so the kernel gives the right to write back and copies nothing.");
	CHARGE("we write \"Q\"", page[0] = 'Q');
	show("we", getpid());
	printf("  our frame is %s\n", frame_of(getpid(), page) == old ? "the old one" : "a new one");

	step("The end",
	     "The child ends and its frame is free again. In the source: mm/fault.c decides, one\n"
	     "function per kind of fault; kernel/fork.c shares the pages. Try: cow, lazy, threads,\n"
	     "maps.");
	write(orders, &c, 1);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	int orders[2], answers[2], pid;

	wait_for_keys = isatty(0) && !(argc > 1 && !strcmp(argv[1], "-n"));
	printf("Copy-on-write: how fork() avoids copying memory.\n");
	if (access("/proc/self/pagewalk", R_OK))
		printf("(This kernel does not show its page tables; only the frame at their end.)\n");
	before_fork();

	fflush(stdout);
	if (pipe(orders) || pipe(answers) || (pid = fork()) < 0) {
		perror("tour");
		return 1;
	}
	if (!pid)
		child(orders[0], answers[1]);
	after_fork(pid, orders[1], answers[0]);
	return 0;
}
