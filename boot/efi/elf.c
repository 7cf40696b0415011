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

/* Is this a kernel, and where would it like to lie? */
static bool extent(const char *data, UINTN size, UINT64 *start, UINT64 *end)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)data;
	const Elf64_Phdr *ph = (const Elf64_Phdr *)(data + eh->e_phoff);

	if (size < sizeof(*eh) || CompareMem(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_machine != EM_X86_64 || eh->e_type != ET_EXEC || eh->e_phentsize != sizeof(*ph) ||
	    eh->e_phoff > size || eh->e_phnum > (size - eh->e_phoff) / sizeof(*ph))
		return false;
	*start = ~0UL;
	*end = 0;
	for (unsigned int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		if (ph[i].p_offset > size || ph[i].p_filesz > size - ph[i].p_offset || ph[i].p_filesz > ph[i].p_memsz ||
		    ph[i].p_paddr > BELOW_4G || ph[i].p_memsz > BELOW_4G)
			return false;
		if (ph[i].p_paddr < *start)
			*start = ph[i].p_paddr;
		if (ph[i].p_paddr + ph[i].p_memsz > *end)
			*end = ph[i].p_paddr + ph[i].p_memsz;
	}
	return *start < *end && !(*start & (ALIGNMENT - 1));
}

/* Pages for [start, end), or as many elsewhere below 4 GiB with the same alignment. */
static EFI_STATUS allocate(UINT64 start, UINT64 end, EFI_PHYSICAL_ADDRESS *at)
{
	UINTN pages = EFI_SIZE_TO_PAGES(end - start), room = pages + EFI_SIZE_TO_PAGES(ALIGNMENT);
	EFI_STATUS err;

	*at = start;
	err = uefi_call_wrapper(BS->AllocatePages, 4, AllocateAddress, EfiLoaderData, pages, at);
	if (!EFI_ERROR(err))
		return err;
	*at = BELOW_4G;
	err = uefi_call_wrapper(BS->AllocatePages, 4, AllocateMaxAddress, EfiLoaderData, room, at);
	*at = (*at + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	return err;
}

EFI_STATUS elf_load(const char *data, UINTN size, struct image *image)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)data;
	const Elf64_Phdr *ph;
	EFI_PHYSICAL_ADDRESS at;
	UINT64 start, end;
	EFI_STATUS err;

	if (!extent(data, size, &start, &end))
		return EFI_LOAD_ERROR;
	err = allocate(start, end, &at);
	if (EFI_ERROR(err))
		return err;
	image->base = at;
	image->end = at + (end - start);
	image->entry = 0;
	ZeroMem((void *)at, end - start);
	ph = (const Elf64_Phdr *)(data + eh->e_phoff);
	for (unsigned int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		CopyMem((char *)at + (ph[i].p_paddr - start), data + ph[i].p_offset, ph[i].p_filesz);
		if (eh->e_entry - ph[i].p_vaddr < ph[i].p_filesz)
			image->entry = at + (ph[i].p_paddr - start) + (eh->e_entry - ph[i].p_vaddr);
	}
	return image->entry ? EFI_SUCCESS : EFI_LOAD_ERROR;
}
