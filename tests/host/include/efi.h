/*
 * tests/host/include/efi.h - as much of the UEFI's types as boot/efi/loader.h names
 *
 * For tests/host/test_efi_*.c: config.c and elf.c of the loader as ordinary programs.
 */
#ifndef TESTS_HOST_EFI_H
#define TESTS_HOST_EFI_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t UINT8;
typedef uint32_t UINT32;
typedef uint64_t UINT64, UINTN, EFI_PHYSICAL_ADDRESS, EFI_STATUS;
typedef unsigned char CHAR8;
typedef uint16_t CHAR16;
typedef void *EFI_HANDLE;
typedef struct graphics_output EFI_GRAPHICS_OUTPUT_PROTOCOL;

#define EFI_SUCCESS		0
#define EFI_ERR(n)		(1UL << 63 | (n))
#define EFI_LOAD_ERROR		EFI_ERR(1)
#define EFI_OUT_OF_RESOURCES	EFI_ERR(9)
#define EFI_NOT_FOUND		EFI_ERR(14)
#define EFI_ERROR(status)	((int64_t)(status) < 0)
#define EFI_SIZE_TO_PAGES(n)	(((n) + 4095) / 4096)

enum { AllocateAnyPages, AllocateMaxAddress, AllocateAddress };
enum { EfiLoaderData = 2 };

typedef struct {
	EFI_STATUS (*AllocatePages)(int how, int type, UINTN pages, EFI_PHYSICAL_ADDRESS *at);
} EFI_BOOT_SERVICES;
extern EFI_BOOT_SERVICES *BS;

#endif
