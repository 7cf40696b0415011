/*
 * tests/dynamic/musl.c - a program for musl's loader: thread-local storage, threads, heap, clock
 */
#include <elf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

static __thread int tls = 42;

static void *thread(void *add)
{
	tls += (int)(long)add;		/* each thread begins with 42 of its own */
	return (void *)(long)tls;
}

static long sum_on_heap(void)
{
	long sum = 0;

	for (int i = 0; i < 1000; i++) {
		char *p = malloc(1000 + i * 300);

		memset(p, 1, 1000);
		for (int k = 0; k < 1000; k++)
			sum += p[k];
		free(p);
	}
	return sum;
}

static int show_maps(void)
{
	char line[512];
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f))
		fputs(line, stdout);
	return !f;
}

int main(int argc, char **argv)
{
	struct timespec a, b;
	void *one, *two;
	pthread_t t, u;

	if (argc == 2 && !strcmp(argv[1], "maps"))
		return show_maps();
	pthread_create(&t, NULL, thread, (void *)1);
	pthread_create(&u, NULL, thread, (void *)2);
	pthread_join(t, &one);
	pthread_join(u, &two);
	clock_gettime(CLOCK_MONOTONIC, &a);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("args %d, tls %d %ld %ld, heap %ld, clock %s, vdso %s\n", argc, tls, (long)one, (long)two,
	       sum_on_heap(), b.tv_sec > a.tv_sec || b.tv_nsec >= a.tv_nsec ? "ok" : "backwards",
	       !memcmp((void *)getauxval(AT_SYSINFO_EHDR), ELFMAG, SELFMAG) ? "ok" : "missing");
	return 0;
}
