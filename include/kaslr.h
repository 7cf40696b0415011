/*
 * kaslr.h - how far the kernel's image lies above where it was linked (boot/kaslr.c)
 */
#ifndef KASLR_H
#define KASLR_H

#include <asm/memory_layout.h>
#include <sections.h>
#include <types.h>

/* In bytes, a multiple of 2 MiB; 0: nokaslr.  From start_kernel() on it never changes. */
static inline unsigned long kaslr_offset(void)
{
	return (unsigned long)_text - KERNEL_VMA - KERNEL_LINK_PHYS;
}

/* What an address of the image was when it was linked: what the ELF file and the tables made of it say. */
static inline unsigned long link_address(unsigned long addr)
{
	return addr - kaslr_offset();
}

/* Once, before all else.  Called on the boot tables at the link address (boot/long_mode.asm). */
void kaslr_init(unsigned int protocol, phys_addr_t info);

#endif
