/*
 * tests/user/run.c - process 1 of a test machine
 *
 * Purpose:    mount what tests need, run the programs named on the command line (NAME, or NAME*TIMES), or all in
 *             /tests, let their TAP go to the console, and end QEMU with the result. Before the names may stand
 *             -d DEV (its ext2 holds /tests), -p DEV (swap), -s SEED (a storm beside each program, tests/user/storm.c).
 * Invariants: the machine ends with success only if every program ended with status 0 and,
 *             on Quire, the kernel found its own structures in order after each.
 * Interface:  /proc/sys/vm/verify: a write checks everything; then its first word is `ok`.
 *             Its line also says how many frames are free and how many objects in use.
 *             isa-debug-exit at port 0xf4 through /dev/port: QEMU ends with 2 * byte + 1.
 */
#include <dirent.h>
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
#include <unistd.h>

#define DEBUG_EXIT_PORT	0xf4
#define SUCCESS		0x10
#define FAILURE		0x11

/* Linux keeps the drivers of disks in modules: those of /modules, in order. */
static void load_modules(void)
{
	char path[300];
	DIR *dir = opendir("/modules");
	struct dirent *e;

	for (char c = 'a'; dir && c <= 'z'; c++) {
		rewinddir(dir);
		while ((e = readdir(dir))) {
			int fd;

			if (e->d_name[0] != c)
				continue;
			snprintf(path, sizeof(path), "/modules/%s", e->d_name);
			fd = open(path, O_RDONLY);
			if (fd < 0 || syscall(313, fd, "", 0))		/* finit_module */
				printf("# cannot load %s: %s\n", path, strerror(errno));
			close(fd);
		}
	}
	if (dir)
		closedir(dir);
}

static void set_up(void)
{
	static const struct {
		const char *type, *where;
	} mounts[] = { { "proc", "/proc" }, { "devtmpfs", "/dev" }, { "tmpfs", "/tmp" } };
	int fd;

	for (int i = 0; i < 3; i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0, NULL) &&
		    errno != EBUSY)
			printf("# cannot mount %s: %s\n", mounts[i].where, strerror(errno));
	}
	chmod("/tmp", 01777);
	fd = open("/dev/console", O_RDWR | O_NOCTTY);
	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	setenv("PATH", "/bin:/sbin", 1);
	load_modules();
}

/*
 * Visit each CPU, so that none borrows the address space of somebody who has ended, and have given back what is
 * only kept ready: then the numbers below can be compared.
 */
static void settle(void)
{
	unsigned long all = ~0UL, cpu;
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	for (cpu = 1; cpu; cpu <<= 1)
		syscall(__NR_sched_setaffinity, 0, sizeof(cpu), &cpu);
	syscall(__NR_sched_setaffinity, 0, sizeof(all), &all);
	if (fd >= 0) {
		write(fd, "2", 1);
		close(fd);
	}
}

/* Ask Quire's kernel whether all invariants hold; Linux has no such file. */
static int verify(const char *after)
{
	int fd = open("/proc/sys/vm/verify", O_RDWR), good;
	char text[512];
	ssize_t n;

	if (fd < 0)
		return 1;
	settle();
	write(fd, "1", 1);
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	close(fd);
	good = !strncmp(text, "ok", 2);
	printf("# verify after %s: %s\n", after, text);
	return good;
}

static const char *storm_seed;

/* Something that pushes out memory at random; 0: none is wanted. */
static pid_t start_storm(void)
{
	char *argv[] = { "storm", "-f", (char *)storm_seed, NULL };
	pid_t pid = storm_seed ? fork() : 0;

	if (storm_seed && !pid) {
		setsid();
		execv("/tests/storm", argv);
		exit(1);
	}
	return pid;
}

/* Did the storm find all in order? */
static int end_storm(pid_t pid)
{
	int status = 0;

	if (pid <= 0)
		return !pid;
	kill(pid, SIGTERM);
	if (waitpid(pid, &status, 0) != pid || status)
		printf("not ok - the storm ended with status 0x%x\n", status);
	return !status;
}

/* Run a program of /tests to its end and reap what it leaves. */
static int run(const char *name)
{
	pid_t storm = start_storm();
	char path[300];
	char *argv[] = { path, NULL };
	int status = -1, s;
	pid_t pid, ended;

	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "/tests/", name);
	printf("# run %s\n", name);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setsid();
		execv(path, argv);
		printf("not ok 1 - %s # cannot run it: %s\n", path, strerror(errno));
		exit(1);
	}
	while ((ended = wait(&s)) > 0) {
		if (ended == pid) {
			status = s;
			break;
		}
		if (ended == storm) {
			printf("not ok - the storm ended too early with status 0x%x\n", s);
			storm = -1;
		}
	}
	s = end_storm(storm);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	printf("# end %s %s%d\n", name, WIFSIGNALED(status) ? "signal " : "",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return verify(name) && !status && s;
}

/* NAME, or NAME*TIMES. */
static int run_times(char *word)
{
	char *star = strchr(word, '*');
	long times = star ? strtol(star + 1, NULL, 10) : 1;
	int good = 1;

	if (star)
		*star = '\0';
	while (times-- > 0)
		good &= run(word);
	return good;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int run_all(void)
{
	char *names[256];
	struct dirent *e;
	DIR *d = opendir("/tests");
	int count = 0, good = 1;

	while (d && count < 256 && (e = readdir(d)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, "lost+found") &&
		    !(storm_seed && !strcmp(e->d_name, "storm")))
			names[count++] = strdup(e->d_name);
	if (d)
		closedir(d);
	qsort(names, count, sizeof(names[0]), by_name);
	for (int i = 0; i < count; i++)
		good &= run(names[i]);
	return good && count;
}

/* A kernel that counts its lines (make coverage) sends the counts. */
static void dump_coverage(void)
{
	int fd = open("/proc/sys/debug/gcov_dump", O_WRONLY);

	if (fd >= 0) {
		write(fd, "1", 1);
		close(fd);
	}
}

/* End the machine. Without the debug device it powers off, and the console has the result. */
static void finish(int good)
{
	unsigned char byte = good ? SUCCESS : FAILURE;
	int fd = open("/dev/port", O_RDWR);

	printf("# %s\n", good ? "passed" : "failed");
	fflush(stdout);
	dump_coverage();
	ioctl(1, TCSBRK, 1);		/* until the last byte has left */
	if (fd >= 0)
		pwrite(fd, &byte, 1, DEBUG_EXIT_PORT);
	sync();
	reboot(RB_POWER_OFF);
}

/* The options; the number of words that they were. */
static int use_disks(int argc, char **argv)
{
	int i = 1;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		const char *value = argv[i + 1];
		int err = 0;

		if (argv[i][1] == 's')
			storm_seed = value;
		else if (argv[i][1] == 'p')
			err = syscall(__NR_swapon, value, 0);
		else if (argv[i][1] == 'd')
			err = mkdir("/tests", 0755) | mount(value, "/tests", "ext2", 0, NULL);
		if (err)
			printf("not ok - run %s %s: %s\n", argv[i], value, strerror(errno));
	}
	return i - 1;
}

int main(int argc, char **argv)
{
	int good, words;

	set_up();
	words = use_disks(argc, argv);
	argc -= words;
	argv += words;
	good = verify("boot");
	if (argc > 1)
		for (int i = 1; i < argc; i++)
			good &= run_times(argv[i]);
	else
		good &= run_all();
	finish(good);
	return 1;
}
