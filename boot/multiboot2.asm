; boot/multiboot2.asm - entry from a multiboot2 loader (GRUB, on BIOS and on UEFI)
;
; Purpose:    the header that the loader looks for, and the first instructions it jumps to.
; Invariants: on entry 32-bit protected mode without paging, eax = magic, ebx = the boot
;             information; esp and the load address are unknown.  All code here is position
;             independent: the relocatable tag lets the loader put us on any 2 MiB border.
; Sources:    Multiboot2 specification, "OS image format" and "Machine state".

%include "asm_offsets.inc"

MB2_HEADER_MAGIC	equ 0xe85250d6
MB2_LOADER_MAGIC	equ 0x36d76289
ARCH_I386		equ 0

TAG_END			equ 0
TAG_ENTRY_ADDRESS	equ 3
TAG_FRAMEBUFFER		equ 5
TAG_RELOCATABLE		equ 10
OPTIONAL		equ 1

; Where to be put: make ASMDEFS="-DLOAD_PREF=2 -DLOAD_MIN=0x4000000" moves us for a test.
%ifndef LOAD_PREF
%define LOAD_PREF 0		; 0 none, 1 lowest, 2 highest possible address
%endif
%ifndef LOAD_MIN
%define LOAD_MIN KERNEL_LINK_PHYS
%endif

section .boot.header progbits alloc noexec nowrite align=8

header:
	dd MB2_HEADER_MAGIC
	dd ARCH_I386
	dd header_end - header
	dd -(MB2_HEADER_MAGIC + ARCH_I386 + (header_end - header)) & 0xffffffff

	align 8, db 0
	dw TAG_RELOCATABLE, OPTIONAL
	dd 24
	dd LOAD_MIN			; lowest and highest address of the image
	dd 0xffffffff
	dd 0x200000			; alignment
	dd LOAD_PREF

	align 8, db 0
	dw TAG_ENTRY_ADDRESS, 0
	dd 12
	dd multiboot2_entry - KERNEL_VMA

	align 8, db 0
	dw TAG_FRAMEBUFFER, OPTIONAL	; a graphics mode is welcome; text will do
	dd 20
	dd 0, 0, 0			; width, height, depth: no preference

	align 8, db 0
	dw TAG_END, 0
	dd 8
header_end:

section .boot.text progbits alloc exec nowrite align=16
bits 32

extern enter_long_mode, boot_fail

global multiboot2_entry
multiboot2_entry:
	; Two words of stack inside the reserved dword of the boot information: enough to
	; learn where we are.
	lea esp, [ebx + 8]
	call .here
.here:
	pop ebp
	sub ebp, .here - KERNEL_VMA	; ebp = load address - link address
	mov esi, BOOT_MULTIBOOT2
	cmp eax, MB2_LOADER_MAGIC
	je enter_long_mode
	lea esi, [ebp + not_multiboot2 - KERNEL_VMA]
	jmp boot_fail

not_multiboot2:	db "Quire must be started by a multiboot2 loader or by QEMU's -kernel.", 0
