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
 *   _data          .. _edata            data                       RW
 *   __kallsyms_start .. __kallsyms_end  names of functions         R
 *   __relocs_start .. __relocs_free     boot/kaslr.c's list        RW,  then freed
 *   __relocs_free  .. __bss_stop        zeroed data                RW
 *   __bss_stop     .. _end              the boot page tables       RW,  then freed
 */
#ifndef SECTIONS_H
#define SECTIONS_H

extern char _text[], _etext[];
extern char __init_begin[], __inittext_end[], __init_end[];
extern char __rodata_start[], __rodata_end[];
extern char __ro_after_init_start[], __ro_after_init_end[];
extern char _data[], _edata[];
extern char __kallsyms_start[], __kallsyms_end[];
extern const unsigned int __relocs_start[], __relocs_end[];
extern char __relocs_free[];
extern char __bss_start[], __bss_stop[];
extern char __boot_tables_start[], __boot_tables_end[];
extern char _end[];

#endif
