/*
 * user/init.c - process 1
 *
 * Purpose:    mount what a shell expects, give it a terminal of its own, wait for every
 *             orphan, and end the machine when asked to.
 * Invariants: never returns and never dies by a signal it can catch; a shell that ends is
 *             followed by another one.  Where the console is a screen there is a second one, on tty2 (Alt-F2).
 * Simplified: no inittab. Words on the kernel's command line after "--" (or after init=)
 *             are a command to run in place of the shell; when it ends, the machine ends.
 *             Busybox's poweroff, reboot and halt ask by SIGUSR2, SIGTERM and SIGUSR1.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <uapi/vt.h>

#define NO_PROGRAM 127		/* exit status of a child that found nothing to become (or of a shell whose last command did) */

static const struct {
	const char	*type, *where;
	unsigned long	flags;
} mounts[] = {
	{ "proc", "/proc", MS_NOSUID | MS_NOEXEC | MS_NODEV },
	{ "devtmpfs", "/dev", MS_NOSUID },
	{ "tmpfs", "/tmp", MS_NOSUID | MS_NODEV },
	{ "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV },
};

static const char greeting[] =
	"\n"
	"Welcome to Quire, a kernel to read: how a process gets its address space.\n"
	"\n"
	"  tour                  copy-on-write, step by step: maps, page tables, frames\n"
	"  cat /proc/self/maps   the memory areas of the program that prints them\n"
	"  cow                   one page, two processes, and the moment they part\n"
	"\n"
	"To leave: poweroff  (in QEMU also Ctrl-A x)\n"
	"\n";

static void mount_all(void)
{
	static const char *const dirs[] = { "/proc", "/dev", "/tmp", "/mnt", "/root", "/etc" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(dirs[i], 0755);
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, mounts[i].flags, NULL) &&
		    errno != EBUSY)
			printf("init: cannot mount %s: %s\n", mounts[i].where, strerror(errno));
}

/* The disk of `make run DISK=1` (tools/mkdisk.py), if it is there. */
static void use_disk(void)
{
	if (!access("/dev/vda1", F_OK) && !mount("/dev/vda1", "/mnt", "ext2", 0, NULL))
		printf("init: /dev/vda1 is mounted on /mnt\n");
	if (!access("/dev/vda2", F_OK) && !syscall(__NR_swapon, "/dev/vda2", 0))
		printf("init: /dev/vda2 is in use as swap: try `swap`, then `swap 256`\n");
}

/* Make a terminal our standard input, output and error.  0 or -1. */
static int open_terminal(const char *device, int flags)
{
	int fd = open(device, O_RDWR | flags);

	if (fd < 0)
		return -1;
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	return 0;
}

/*
 * End the machine: ask all processes, then insist. Runs in the signal handler, so it uses
 * system calls only.
 */
static void leave(int command)
{
	struct timespec tick = { 0, 20 * 1000 * 1000 };

	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	for (int i = 0; i < 10 && waitpid(-1, NULL, WNOHANG) >= 0; i++)
		nanosleep(&tick, NULL);
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	umount2("/mnt", 0);		/* or the next boot finds a file system that was not left in order */
	sync();
	reboot(command);
	_exit(1);
}

static void on_signal(int sig)
{
	leave(sig == SIGUSR2 ? RB_POWER_OFF : sig == SIGUSR1 ? RB_HALT_SYSTEM : RB_AUTOBOOT);
}

static void catch_signals(void)
{
	static const int sigs[] = { SIGUSR1, SIGUSR2, SIGTERM, SIGINT };
	struct sigaction act = { .sa_handler = on_signal, .sa_mask = ~0UL };

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &act, NULL);
}

/*
 * A child in a session of its own, with @device as its terminal.  What there is to say (@words) it says itself: a
 * terminal that ^S has stopped holds up nobody else.  NULL: no shell, and it can do without a terminal.
 */
static pid_t start(char *const argv[], const char *device, const char *words, unsigned int pause)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	sleep(pause);
	setsid();
	if (open_terminal(device, 0) && words)
		exit(1);
	ioctl(0, TIOCSCTTY, 0);
	tcsetpgrp(0, getpid());
	chdir("/root");
	fputs(words ? words : "", stdout);
	fflush(stdout);
	/* A leading '-' in argv[0] makes it a login shell; it is not part of the name. */
	execvp(argv[0] + (argv[0][0] == '-'), argv);
	printf("init: cannot run %s: %s%s\n", argv[0], strerror(errno), words ? "; is /bin/sh in the initramfs?" : "");
	exit(NO_PROGRAM);
}

/* Wait for one process among all that end, our own and orphans. */
static int wait_for(pid_t pid)
{
	pid_t ended;
	int status = 0;

	while ((ended = wait(&status)) != pid)
		if (ended < 0 && errno != EINTR)
			break;
	return status;
}

static struct shell {
	const char *device;
	pid_t pid;
	time_t started;
	const char *words;		/* for the next one to say */
	unsigned int pause;		/* seconds until then */
} shells[2] = { { "/dev/console", .words = "" } };

static time_t now(void)
{
	struct timespec t = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Is the console a screen?  Then there are two terminals on it. */
static void find_terminals(void)
{
	struct vt_stat state;

	if (ioctl(0, VT_GETSTATE, &state))
		return;
	shells[0].device = "/dev/tty1";
	shells[1].device = "/dev/tty2";
	shells[1].words = "";
}

/* Every terminal has its shell; false: no memory for one. */
static int start_shells(void)
{
	static char *const argv[] = { "-sh", NULL };
	int all = 1;

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (!shells[i].device || shells[i].pid > 0)
			continue;
		shells[i].started = now();
		shells[i].pid = start(argv, shells[i].device, shells[i].words, shells[i].pause);
		all = all && shells[i].pid > 0;
	}
	return all;
}

static struct shell *shell_of(pid_t pid)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (shells[i].pid == pid)
			return &shells[i];
	return NULL;
}

/* A shell has ended: the next start_shells() makes another, unless there is nothing to run. */
static void shell_ended(struct shell *shell, int status)
{
	shell->pid = 0;
	shell->words = "\ninit: the shell has ended; here is another. To leave: poweroff\n";
	shell->pause = now() - shell->started <= shell->pause;		/* what ends at once is not tried without end */
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM && access("/bin/sh", X_OK))
		shell->device = NULL;
}

static void shells_for_ever(void)
{
	for (;;) {
		int all = start_shells(), status = 0;
		pid_t pid = waitpid(-1, &status, all ? 0 : WNOHANG);
		struct shell *shell = pid > 0 ? shell_of(pid) : NULL;

		if (shell)
			shell_ended(shell, status);
		else if (pid <= 0)
			sleep(1);	/* no memory for a process, or nobody to wait for: do not spin */
	}
}

int main(int argc, char **argv)
{
	mount_all();
	open_terminal("/dev/console", O_NOCTTY);
	catch_signals();
	sethostname("quire", 5);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 0);
	setenv("PS1", "\\w # ", 0);

	if (argc > 1) {
		int status = wait_for(start(argv + 1, "/dev/console", NULL, 0));

		if (status)
			printf("init: %s: %s %d\n", argv[1],
			       WIFEXITED(status) ? "exit status" : "killed by signal",
			       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		leave(RB_POWER_OFF);
	}
	fputs(greeting, stdout);
	use_disk();
	find_terminals();
	shells_for_ever();
	return 0;
}
