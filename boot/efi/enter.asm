; boot/efi/enter.asm - from the firmware's 64-bit mode to the 32-bit entry of the kernel
;
; Purpose:    a Multiboot2 kernel is entered in protected mode without paging.  So: own segments, down to
;             32-bit code, paging off, long mode off, jump.
; Invariants: this is a copy in two pages below 4 GiB, the second half of which is the stack; the firmware
;             maps all memory at its own address.  Nothing may interrupt.
; Sources:    Intel SDM vol. 3A, "Switching Out of IA-32e Mode Operation", "Control Registers", "Process-Context
;             Identifiers (PCIDs)"; vol. 2, "MOV - Move to/from Control Registers"; Multiboot2 specification,
;             "Machine state".

MB2_LOADER_MAGIC	equ 0x36d76289
EFER			equ 0xc0000080
CR4_PCIDE		equ 1 << 17
CR4_CET			equ 1 << 23
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
	mov rax, cr3			; what goes only in 64-bit code: with PCIDs on, clearing PG faults;
	and rax, ~0xfff			; with a shadow stack the far return below does.  No PCID remains in CR3.
	mov cr3, rax
	mov rax, cr4
	and eax, ~(CR4_PCIDE | CR4_CET)	; its upper half too: FRED is there
	mov cr4, rax
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
	xor eax, eax			; with PAE also LA57, PGE, SMEP, SMAP, whatever the firmware used
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
