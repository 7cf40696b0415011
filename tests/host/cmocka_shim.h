/* tests/host/cmocka_shim.h - cmocka with what it wants included first */
#ifndef TESTS_HOST_CMOCKA_SHIM_H
#define TESTS_HOST_CMOCKA_SHIM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#endif
