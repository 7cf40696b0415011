/*
 * boot/efi/pages.c - memory of the firmware where 32-bit code reaches it
 *
 * Source: UEFI specification, "EFI_BOOT_SERVICES.AllocatePages()", "FreePages()".
 */
#include "loader.h"

/*
 * Pages below 4 GiB for @size bytes, not cleared; NULL: there are none.  What is to be executed is EfiLoaderCode: in
 * data a firmware may forbid that, and its page tables are in force until enter.asm leaves them.
 */
char *pages_alloc(EFI_MEMORY_TYPE type, UINTN size)
{
	EFI_PHYSICAL_ADDRESS at = BELOW_4G;

	if (EFI_ERROR(uefi_call_wrapper(BS->AllocatePages, 4, AllocateMaxAddress, type, EFI_SIZE_TO_PAGES(size), &at)))
		return NULL;
	return (char *)at;
}

/* Give back the pages of the @size bytes at @at; nothing if that is NULL. */
void pages_free(char *at, UINTN size)
{
	if (at)
		uefi_call_wrapper(BS->FreePages, 2, (EFI_PHYSICAL_ADDRESS)at, EFI_SIZE_TO_PAGES(size));
}
