/* tests/host/include/efilib.h - what gnu-efi's library gives to boot/efi/config.c and elf.c */
#ifndef TESTS_HOST_EFILIB_H
#define TESTS_HOST_EFILIB_H

#include <string.h>

#define strlena(s)			strlen((const char *)(s))
#define CompareMem(a, b, n)		memcmp(a, b, n)
#define CopyMem(to, from, n)		memcpy(to, from, n)
#define ZeroMem(at, n)			memset(at, 0, n)
#define uefi_call_wrapper(f, nr, ...)	f(__VA_ARGS__)

#endif
