/*
 * user/cow.c - fork copies no memory: a page is copied when one side writes to it
 *
 * Shows: after fork() both processes use the same frame, read-only in the page tables
 *        although the area allows writing. The first write faults, and do_wp_page() gives
 *        the writer a copy. The other side keeps the old frame and loses nothing.
 */
#include "show.h"

static volatile char *page;

static void look(const char *when)
{
	printf("%-34s frame 0x%-6lx  \"%s\"\n", when, frame_of(getpid(), page),
	       (const char *)page);
	fflush(stdout);
}

int main(void)
{
	long faults;

	page = fresh_pages(1);
	strcpy((char *)page, "written before fork");
	look("parent, before fork:");

	if (!fork()) {
		look("child, after fork:");
		faults = minor_faults();
		strcpy((char *)page, "written by the child");
		faults = minor_faults() - faults;
		look("child, after writing:");
		printf("%-34s %ld page fault(s)\n", "child, that write cost:", faults);
		return 0;
	}
	wait(NULL);
	look("parent, after the child's write:");

	faults = minor_faults();
	strcpy((char *)page, "written by the parent");
	faults = minor_faults() - faults;
	look("parent, after writing:");
	printf("%-34s %ld page fault(s), and no copy: the page is its own again\n",
	       "parent, that write cost:", faults);
	return 0;
}
