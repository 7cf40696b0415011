; boot/efi/enter.asm - from the firmware's 64-bit mode to the 32-bit entry of the kernel
;
; Purpose:    a Multiboot2 kernel is entered in protected mode without paging.  So: own segments, down to
;             32-bit code, paging off, long mode off, jump.
; Invariants: this is a copy in two pages below 4 GiB, the second half of which is the stack; the firmware
;             maps all memory at its own address.  Nothing may interrupt.
; Sources:    Intel SDM vol. 3A, "Switching Out of IA-32e Mode Operation"; Multiboot2 specification, "Machine state".

MB2_LOADER_MAGIC	equ 0x36d76289
EFER			equ 0xc0000080
CODE32			equ 8
DATA			equ 16

section .text
global enter_start, enter_end

bits 64
; void enter(UINT32 entry, UINT32 info).  Does not return.
enter_start:
	cli
	cld
	mov ebp, edi
	mov ebx, esi
	lea rsp, [rel enter_start + 8192]
	lea rax, [rel gdt]
	mov [rel gdt_base], rax
	lgdt [rel gdt_pointer]
	lea rax, [rel compat]
	push CODE32
	push rax
	o64 retf

bits 32
compat:
	mov eax, DATA
	mov ds, eax
	mov es, eax
	mov fs, eax
	mov gs, eax
	mov ss, eax
	mov eax, cr0
	and eax, 0x7fffffff		; PG: leaves long mode
	mov cr0, eax
	mov ecx, EFER
	rdmsr
	and eax, ~0x100			; LME
	wrmsr
	xor eax, eax			; with PAE also LA57, PCIDE, PGE, whatever the firmware used
	mov cr4, eax
	mov eax, MB2_LOADER_MAGIC
	jmp ebp

align 8
gdt:
	dq 0
	dq 0x00cf9b000000ffff		; 32-bit code
	dq 0x00cf93000000ffff		; data
gdt_end:
gdt_pointer:
	dw gdt_end - gdt - 1
gdt_base:
	dq 0
enter_end:
