/*
 * sections.h - the borders of the kernel image, set by linker.ld
 *
 * All are page aligned.  In address order (each row one protection):
 *
 *   _text          .. _etext            code                       R X, for ever
 *   __init_begin   .. __inittext_end    code used only at boot     R X, then freed
 *   __inittext_end .. __init_end        data used only at boot     RW,  then freed
 *   __rodata_start .. __rodata_end      constants, tests, symbols  R
 *   __ro_after_init_start .. __ro_after_init_end written only at boot       RW,  then R
 *   _data          .. __bss_stop        data                       RW
 *     __relocs_start .. __relocs_free   in it: boot/kaslr.c's list      then freed
 *   __bss_stop     .. _end              the boot page tables       RW,  then freed
 */
#ifndef SECTIONS_H
#define SECTIONS_H

extern char _text[], _etext[];
extern char __init_begin[], __inittext_end[], __init_end[];
extern char __rodata_start[], __rodata_end[];
extern char __ro_after_init_start[], __ro_after_init_end[];
extern char _data[], _edata[];
extern const unsigned int __relocs_start[], __relocs_end[];
extern char __relocs_free[];
extern char __bss_start[], __bss_stop[];
extern char __boot_tables_start[], __boot_tables_end[];
extern char _end[];

#endif
