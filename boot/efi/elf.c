/*
 * boot/efi/elf.c - the kernel's segments to a place that is free
 *
 * The kernel is linked at one physical address and runs at any other that is as far into 2 MiB
 * (phys_base, linker.ld).  The address it was linked for is tried first.
 * Sources: "System V Application Binary Interface", "Program Loading"; Quire's linker.ld.
 */
#include <uapi/elf.h>
#include "loader.h"

#define ALIGNMENT 0x200000UL

/* Is this an ELF file for this machine whose program headers lie in it? */
static bool is_kernel(const char *data, UINTN size)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)data;

	return size >= sizeof(*eh) && !CompareMem(eh->e_ident, ELFMAG, SELFMAG) &&
	       eh->e_ident[EI_CLASS] == ELFCLASS64 && eh->e_ident[EI_DATA] == ELFDATA2LSB &&
	       eh->e_machine == EM_X86_64 && eh->e_type == ET_EXEC && eh->e_phentsize == sizeof(Elf64_Phdr) &&
	       eh->e_phoff <= size && !(eh->e_phoff % 8) && eh->e_phnum <= (size - eh->e_phoff) / sizeof(Elf64_Phdr);
}

/*
 * What the segments take, [*@start, *@end), and where the entry lies from *@start on.  False if they are not all in
 * the file, not in order one behind the other below 4 GiB, or none has the entry.
 */
static bool extent(const char *data, UINTN size, UINT64 *start, UINT64 *end, UINT64 *entry)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)data;
	const Elf64_Phdr *ph = (const Elf64_Phdr *)(data + eh->e_phoff);
	bool any = false, entered = false;

	*start = *end = 0;
	for (unsigned int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		if (ph[i].p_offset > size || ph[i].p_filesz > size - ph[i].p_offset || ph[i].p_filesz > ph[i].p_memsz ||
		    ph[i].p_paddr > BELOW_4G || ph[i].p_memsz > BELOW_4G - ph[i].p_paddr || ph[i].p_paddr < *end)
			return false;
		if (!any)
			*start = ph[i].p_paddr;
		any = true;
		*end = ph[i].p_paddr + ph[i].p_memsz;
		if (eh->e_entry - ph[i].p_vaddr < ph[i].p_filesz) {
			*entry = ph[i].p_paddr - *start + (eh->e_entry - ph[i].p_vaddr);
			entered = true;
		}
	}
	return entered && !(*start & (ALIGNMENT - 1));
}

/* Give back the pages [start, end), of what was allocated as a whole. */
static void trim(UINT64 start, UINT64 end)
{
	if (start < end)
		pages_free((char *)start, end - start);
}

/* Pages for [start, end), or as many elsewhere below 4 GiB with the same alignment. */
static EFI_STATUS allocate(UINT64 start, UINT64 end, EFI_PHYSICAL_ADDRESS *at)
{
	UINTN pages = EFI_SIZE_TO_PAGES(end - start), size = pages * EFI_PAGE_SIZE;
	EFI_STATUS err;
	char *room;

	*at = start;
	err = uefi_call_wrapper(BS->AllocatePages, 4, AllocateAddress, EfiLoaderData, pages, at);
	if (!EFI_ERROR(err))
		return err;
	room = pages_alloc(EfiLoaderData, size + ALIGNMENT);
	if (!room)
		return EFI_OUT_OF_RESOURCES;
	*at = ((UINT64)room + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	trim((UINT64)room, *at);
	trim(*at + size, (UINT64)room + size + ALIGNMENT);
	return EFI_SUCCESS;
}

EFI_STATUS elf_load(const char *data, UINTN size, struct image *image)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)data;
	const Elf64_Phdr *ph;
	EFI_PHYSICAL_ADDRESS at;
	UINT64 start, end, entry;
	EFI_STATUS err;

	if (!is_kernel(data, size) || !extent(data, size, &start, &end, &entry))
		return EFI_LOAD_ERROR;
	err = allocate(start, end, &at);
	if (EFI_ERROR(err))
		return err;
	*image = (struct image){ at, at + (end - start), at + entry };
	ZeroMem((void *)at, end - start);
	ph = (const Elf64_Phdr *)(data + eh->e_phoff);
	for (unsigned int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD)
			CopyMem((char *)at + (ph[i].p_paddr - start), data + ph[i].p_offset, ph[i].p_filesz);
	return EFI_SUCCESS;
}
