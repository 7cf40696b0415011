/* tests/host/include/efilib.h - what gnu-efi's library gives to parts of boot/efi */
#ifndef TESTS_HOST_EFILIB_H
#define TESTS_HOST_EFILIB_H

#include <stdlib.h>
#include <string.h>

#define strlena(s)			strlen((const char *)(s))
#define CompareMem(a, b, n)		memcmp(a, b, n)
#define CopyMem(to, from, n)		memcpy(to, from, n)
#define ZeroMem(at, n)			memset(at, 0, n)
#define AllocatePool(n)			malloc(n)
#define FreePool(p)			free(p)
#define uefi_call_wrapper(f, nr, ...)	f(__VA_ARGS__)

/* The test has them. */
extern EFI_GUID GraphicsOutputProtocol, LoadedImageProtocol, FileSystemProtocol;
EFI_FILE_INFO *LibFileInfo(EFI_FILE_PROTOCOL *file);
EFI_STATUS LibLocateProtocol(EFI_GUID *guid, void **interface);
EFI_STATUS LibGetSystemConfigurationTable(EFI_GUID *guid, void **table);
void InitializeLib(EFI_HANDLE me, EFI_SYSTEM_TABLE *table);
UINTN Print(const CHAR16 *format, ...);

#endif
