/*
 * tests/user/fail_nth.h - /proc/self/fail-nth: the nth allocation from now on fails
 *
 * Linux has the file only if it was built with fault injection.
 */
#ifndef _FAIL_NTH_H
#define _FAIL_NTH_H

#include "test.h"

static int fail_fd = -1;

/* 0: there is no such thing here. */
static inline int have_fail_nth(void)
{
	if (fail_fd < 0)
		fail_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	return fail_fd >= 0;
}

static inline void arm(int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	EQ(pwrite(fail_fd, text, len, 0), len);
}

/* What is left, 0 if the nth has failed; the count ends. */
static inline int disarm(void)
{
	char text[16] = "";

	CMP(pread(fail_fd, text, sizeof(text) - 1, 0), >, 0);
	EQ(pwrite(fail_fd, "0", 1, 0), 1);
	return atoi(text);
}

#endif
