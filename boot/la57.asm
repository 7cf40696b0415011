; boot/la57.asm - from 4 levels of page tables to 5
;
; Purpose:    CR4.LA57 cannot be changed in long mode, nor while paging is on.  So: down to
;             32-bit code that lies at its physical address, paging off, LA57 on, a new top
;             table, paging on, and up again.
; Invariants: interrupts are off and no fault may come: there is no IDT.  The tables in CR3 and
;             the kernel image lie below 4 GiB, and the tables map RAM there at its own address
;             (long_mode.asm).  All this is thrown away by paging_init().
; Sources:    Intel SDM vol. 3A, "Switching Out of IA-32e Mode Operation", "Compatibility Mode".

%include "asm_offsets.inc"
%include "../arch/x86_64/regs.inc"

%define PHYS(symbol)	ebp + (symbol) - KERNEL_VMA

; As PHYS(), in 64 bits.
%macro PHYS64 2
	lea %1, [rbp + %2]
	sub %1, KERNEL_VMA
%endmacro

P_TABLE		equ 3			; present, writable
CR0_PG		equ 1 << 31
CODE64		equ 8			; the first two as in long_mode.asm: SS stays what it is
DATA		equ 16
CODE32		equ 24

section .boot.tables nobits alloc noexec write align=4096

pml5:		resb 4096

section .data
align 8
kernel_rsp:	dq 0

section .boot.text progbits alloc exec nowrite align=16

extern phys_base

align 8
gdt:
	dq 0
	dq 0x00af9b000000ffff		; 64-bit code
	dq 0x00cf93000000ffff		; data
	dq 0x00cf9b000000ffff		; 32-bit code
gdt_end:

bits 64
; void la57_switch(void).  The upper halves of all registers are lost on the way.
global la57_switch
la57_switch:
	PUSH_CALLEE_SAVED
	mov [kernel_rsp], rsp
	mov rbp, [phys_base]

	mov rdi, pml5			; the old top table serves the lowest and the highest
	mov ecx, 512			; 2^48 bytes
	xor eax, eax
	rep stosq
	mov rax, cr3
	and rax, ~0xfff
	or rax, P_TABLE
	mov rdi, pml5
	mov [rdi], rax
	mov [rdi + 511 * 8], rax

	PHYS64 rax, gdt
	sub rsp, 16
	mov word [rsp], gdt_end - gdt - 1
	mov [rsp + 2], rax
	lgdt [rsp]
	PHYS64 rax, paging_off
	push CODE32
	push rax
	o64 retf

bits 32
paging_off:
	lea esp, [ebp + esp - KERNEL_VMA]	; the same stack by its physical address
	mov eax, cr0
	and eax, ~CR0_PG		; leaves long mode; EFER.LME stays
	mov cr0, eax
	mov eax, cr4
	or eax, CR4_LA57_BIT
	mov cr4, eax
	lea eax, [PHYS(pml5)]
	mov cr3, eax
	mov eax, cr0
	or eax, CR0_PG
	mov cr0, eax
	push CODE64
	lea eax, [PHYS(back)]
	push eax
	retf

bits 64
back:
	mov rax, upper_half
	jmp rax
upper_half:
	mov rsp, [kernel_rsp]
	POP_CALLEE_SAVED
	ret
