/*
 * user/hog.c - more is promised than there is, and somebody takes all of it
 *
 * Shows: mmap() of four times the memory succeeds; what is taken of it is pages that are written. When there are
 *        none left the kernel ends the process that has most, by SIGKILL, and the others find memory again.
 *        Why it was this one stands in the log: dmesg.
 */
#include <signal.h>
#include <sys/wait.h>
#include "show.h"

#define TABLE	(2UL << 20)		/* what one last-level table maps */

static long meminfo_mb(const char *word)
{
	char line[128];
	FILE *f = fopen("/proc/meminfo", "r");
	long kb = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, word, strlen(word)))
			kb = strtol(line + strlen(word), NULL, 10);
	if (f)
		fclose(f);
	return kb >> 10;
}

static void take(volatile char *mem, unsigned long bytes)
{
	for (unsigned long i = 0; i < bytes; i += TABLE)
		(void)mem[i];			/* page tables first: so that it is a page that is wanted in the end */
	for (unsigned long i = 0; i < bytes; i += PAGE)
		mem[i] = 1;
}

int main(void)
{
	unsigned long bytes = (unsigned long)meminfo_mb("MemTotal:") << 22;
	int status = 0;
	pid_t pid;

	printf("memory: %ld MB, available: %ld MB\n", meminfo_mb("MemTotal:"), meminfo_mb("MemAvailable:"));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		char *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (mem == MAP_FAILED)
			return 1;
		printf("a child is promised %lu MB, and begins to write\n", bytes >> 20);
		fflush(stdout);
		take(mem, bytes);
		return 0;
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("it was ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		printf("it has them all\n");
	return 0;
}
