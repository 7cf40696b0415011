/*
 * user/maps.c - an address space is a list of areas, each with one kind of memory
 *
 * Shows: what each line of /proc/self/maps is; how mprotect() in the middle splits an area
 *        in three, how giving back the old protection merges them, how munmap() leaves a
 *        hole. One line is one vm_area_struct.
 */
#include "show.h"

static int initialised = 1;	/* .data */
static char zeroed[3 * PAGE];	/* .bss */
static volatile char *mem;

static int inside(unsigned long start, unsigned long end, const void *p)
{
	return (unsigned long)p >= start && (unsigned long)p < end;
}

static const char *what(const char *line, const void *heap)
{
	unsigned long start, end;

	sscanf(line, "%lx-%lx", &start, &end);
	return inside(start, end, (const void *)what) ? "text: the program's instructions" :
	       inside(start, end, "constant") ? "read-only data" :
	       inside(start, end, &initialised) ? "data: variables with a value in the file" :
	       inside(start, end, zeroed + PAGE) ? "bss: variables that start as zero" :
	       inside(start, end, heap) ? "heap: grown by brk(), used by malloc()" :
	       inside(start, end, &start) ? "stack: grows down as it is used" :
	       inside(start, end, (const void *)mem) ? "mapped by us, without a file" :
	       strstr(line, "[vdso]") || strstr(line, "[vvar]") ? "the kernel's gift: clock code" :
	       strstr(line, "[vsyscall]") ? "an old gift, kept for old programs" : "";
}

static void ours(const char *when)
{
	printf("%s\n", when);
	show_maps(getpid(), mem, mem + 3 * PAGE);
}

int main(void)
{
	void *heap = malloc(100);
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];

	mem = fresh_pages(3);
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		printf("%-74s | %s\n", line, what(line, heap));
	}
	ours("\nThree pages, one area:");
	mprotect((void *)(mem + PAGE), PAGE, PROT_READ);
	ours("mprotect() of the middle page splits it:");
	mprotect((void *)(mem + PAGE), PAGE, PROT_READ | PROT_WRITE);
	ours("the same protection again merges it:");
	munmap((void *)(mem + PAGE), PAGE);
	ours("munmap() of the middle page leaves a hole:");
	return 0;
}
