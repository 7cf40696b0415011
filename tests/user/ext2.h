/*
 * tests/user/ext2.h - a program whose cases have a file system of mkfs.ext2 on M (tools/ext2test.py)
 */
#ifndef _EXT2_H
#define _EXT2_H

#include <sys/mount.h>
#include <sys/stat.h>
#include "test.h"

#define DISK	"/dev/vda"
#define M	"/mnt2"

/* The cases, with DISK on M; @before them and @after them (NULL: nothing). */
static inline int main_on_disk(char **argv, void (*before)(void), void (*after)(void))
{
	int failed;

	mkdir(M, 0755);
	if (mount(DISK, M, "ext2", 0, NULL)) {
		printf("Bail out! cannot mount %s: %s\n", DISK, strerrorname(errno));
		return 1;
	}
	if (before)
		before();
	failed = test_main(argv);
	if (after)
		after();
	if (umount2(M, 0)) {
		printf("not ok - umount: %s\n", strerrorname(errno));
		failed = 1;
	}
	return failed;
}

#endif
