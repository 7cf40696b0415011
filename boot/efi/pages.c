/*
 * boot/efi/pages.c - memory of the firmware where 32-bit code reaches it
 *
 * Sources: UEFI specification, "EFI_BOOT_SERVICES.AllocatePages()", "FreePages()", "EFI_MEMORY_ATTRIBUTE_PROTOCOL".
 */
#include "loader.h"

/* Newer than the headers of gnu-efi: who may do what with pages, from UEFI 2.10 on. */
struct memory_attribute_protocol {
	void *get_attributes, *set_attributes;
	EFI_STATUS (EFIAPI *clear_attributes)(struct memory_attribute_protocol *self, EFI_PHYSICAL_ADDRESS at,
					      UINT64 size, UINT64 attributes);
};
#define MEMORY_ATTRIBUTE_PROTOCOL \
	{ 0xf4560cf6, 0x40ec, 0x4b4a, { 0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89 } }

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

/*
 * Let the @size bytes at @at, from pages_alloc(EfiLoaderCode), be executed.  A strict firmware forbids it in all pages until
 * it is asked.  Where there is no such protocol, or it refuses, the type of the pages alone decides.
 */
void pages_allow_execution(char *at, UINTN size)
{
	EFI_GUID guid = MEMORY_ATTRIBUTE_PROTOCOL;
	struct memory_attribute_protocol *p;

	if (!EFI_ERROR(LibLocateProtocol(&guid, (void **)&p)))
		uefi_call_wrapper(p->clear_attributes, 4, p, (EFI_PHYSICAL_ADDRESS)at,
				  EFI_SIZE_TO_PAGES(size) * EFI_PAGE_SIZE, EFI_MEMORY_XP);
}

/* Give back the pages of the @size bytes at @at; nothing if that is NULL. */
void pages_free(char *at, UINTN size)
{
	if (at)
		uefi_call_wrapper(BS->FreePages, 2, (EFI_PHYSICAL_ADDRESS)at, EFI_SIZE_TO_PAGES(size));
}
