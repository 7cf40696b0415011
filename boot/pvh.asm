; boot/pvh.asm - entry by the PVH protocol: qemu-system-x86_64 -kernel build/quire.elf
;
; Purpose:    the ELF note that names the entry, and the entry.
; Invariants: on entry 32-bit protected mode without paging, ebx = struct hvm_start_info; the
;             image lies where it was linked, so ebp (load address - link address) is 0.
; Sources:    Xen, "x86/HVM direct boot ABI".

%include "asm_offsets.inc"

XEN_ELFNOTE_PHYS32_ENTRY equ 18

section .note.pvh note alloc noexec nowrite align=4

	dd 4				; length of the name
	dd 4				; length of the value
	dd XEN_ELFNOTE_PHYS32_ENTRY
	db "Xen", 0
	dd pvh_entry - KERNEL_VMA

section .boot.text progbits alloc exec nowrite align=16
bits 32

extern enter_long_mode

pvh_entry:
	xor ebp, ebp
	mov esi, BOOT_PVH
	jmp enter_long_mode
