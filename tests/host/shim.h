/* tests/host/shim.h - a machine inside a host process */
#ifndef TESTS_HOST_SHIM_H
#define TESTS_HOST_SHIM_H

#include <types.h>

void fake_boot(void);			/* memblock and page allocator; once */
extern bool fake_log_quiet;		/* while a test provokes complaints */

#endif
