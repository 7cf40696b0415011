/* tests/host types.h - the kernel's types, on top of a C library that has words of its own */
#ifndef TESTS_HOST_TYPES_H
#define TESTS_HOST_TYPES_H

#include <stdint.h>
#undef __always_inline
#include "../../../include/types.h"

#endif
