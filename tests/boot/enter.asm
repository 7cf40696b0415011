; tests/boot/enter.asm - boot/efi/enter.asm, called by a firmware that uses more of CR4 than OVMF does
;
; Purpose:    a Multiboot2 kernel that plays the firmware's part: it goes to long mode, switches on all of PCIDs, SMEP,
;             SMAP and CET that CPUID has, goes on under a PCID that is not 0, and calls enter().  Where that ends,
;             it looks at the machine and says on COM1 what is not as Multiboot2 wants it, or "enter: ok".
; Simplified: of CET the bit in CR4 is on, but no shadow stack is used: no MSR asks for one.  So it is seen that the bit is
;             cleared, not that a firmware's shadow stack is left well: that was read.
; Use:        tools/test.py, job bochs/enter.  If CR0.PG is cleared while PCIDs are on, Bochs faults, as the SDM says;
;             QEMU's own CPU does not look.
; Sources:    Intel SDM vol. 3A, "Control Registers", "Process-Context Identifiers (PCIDs)"; Multiboot2 specification,
;             "OS image format", "Machine state".

CODE64		equ 8
MB2_HEADER	equ 0xe85250d6
MB2_LOADER	equ 0x36d76289
INFO		equ 0x12345678
PCID		equ 5
CR0_FIRMWARE	equ 0x80010033		; PG WP NE ET MP PE
CR0_PG_BIT	equ 1 << 31
CR4_PAE		equ 1 << 5
CR4_PCIDE	equ 1 << 17
CR4_SMEP	equ 1 << 20
CR4_SMAP	equ 1 << 21
CR4_CET		equ 1 << 23
EFER_NR		equ 0xc0000080
EFER_LME_LMA	equ 0x500
COM1		equ 0x3f8
BOCHS_SHUTDOWN	equ 0x8900

section .header progbits alloc noexec nowrite align=8
header:
	dd MB2_HEADER, 0, header_end - header, -(MB2_HEADER + (header_end - header)) & 0xffffffff
	dw 0, 0				; the end tag
	dd 8
header_end:

%include "enter.asm"

; enter() is copied here: a page of code, one of stack.
section .bss
alignb 4096
place:		resb 8192
pml4:		resb 4096
pdpt:		resb 4096
pd:		resb 4096		; the lowest 1 GiB at its own address
stack:		resb 4096
stack_end:
set:		resd 1			; CR4 when enter() was called

section .text
; Is bit %2 of %1 set?  Then %3 goes to CR4.
%macro IF_THERE 3
	bt %1, %2
	jnc %%no
	or ebp, %3
%%no:
%endmacro

bits 32
global _start
_start:
	cli
	cld
	mov esp, stack_end
	mov edi, pd
	mov eax, 0x83
	mov ecx, 512
.pages:
	mov [edi], eax
	add edi, 8
	add eax, 0x200000
	loop .pages
	mov dword [pml4], pdpt + 3
	mov dword [pdpt], pd + 3

	mov ebp, CR4_PAE
	mov eax, 1
	cpuid
	IF_THERE ecx, 17, CR4_PCIDE
	xor eax, eax
	cpuid
	cmp eax, 7
	jb .no_more
	mov eax, 7
	xor ecx, ecx
	cpuid
	IF_THERE ebx, 7, CR4_SMEP
	IF_THERE ebx, 20, CR4_SMAP
	IF_THERE ecx, 7, CR4_CET
.no_more:
	mov [set], ebp

	mov eax, CR4_PAE
	mov cr4, eax
	mov eax, pml4
	mov cr3, eax
	mov ecx, EFER_NR
	rdmsr
	or eax, 0x100			; LME
	wrmsr
	mov eax, CR0_FIRMWARE
	mov cr0, eax
	lgdt [firmware_gdt_pointer]
	jmp CODE64:firmware

bits 64
firmware:
	mov esi, enter_start
	mov edi, place
	mov ecx, enter_end - enter_start
	rep movsb
	mov cr4, rbp
	test ebp, CR4_PCIDE
	jz .enter
	mov eax, pml4 + PCID
	mov cr3, rax
.enter:
	mov edi, landed
	mov esi, INFO
	mov eax, place
	jmp rax

; Say %2 unless the comparison before has found condition %1.
%macro MUST_BE 2
	j%1 %%right
	mov esi, %2
	call say
%%right:
%endmacro

bits 32
landed:
	mov esp, stack_end
	mov ecx, eax
	mov edx, COM1 + 3
	mov al, 3			; bytes of 8 bits
	out dx, al
	cmp ecx, MB2_LOADER
	MUST_BE e, wrong_eax
	cmp ebx, INFO
	MUST_BE e, wrong_ebx
	mov eax, cr0
	test eax, CR0_PG_BIT
	MUST_BE z, wrong_cr0
	mov eax, cr4
	test eax, eax
	MUST_BE z, wrong_cr4
	mov ecx, EFER_NR
	rdmsr
	test eax, EFER_LME_LMA
	MUST_BE z, wrong_efer
	mov esi, ok
	call say
	mov esi, with_pcids
	test dword [set], CR4_PCIDE
	jz .off
	call say
.off:
	mov esi, line_end
	call say
	mov esi, shutdown
	mov edx, BOCHS_SHUTDOWN
	mov ecx, shutdown_end - shutdown
	rep outsb
	hlt

; Print the string at esi.  Clobbers eax, edx, esi.
say:
	lodsb
	test al, al
	jz .end
	mov ah, al
	mov edx, COM1 + 5
.wait:
	in al, dx
	test al, 0x40			; all that was written has gone
	jz .wait
	mov al, ah
	mov edx, COM1
	out dx, al
	jmp say
.end:
	ret

section .rodata
align 8
firmware_gdt:
	dq 0
	dq 0x00af9b000000ffff		; 64-bit code
firmware_gdt_pointer:
	dw $ - firmware_gdt - 1
	dd firmware_gdt
wrong_eax:	db "enter: eax is not the magic number", 10, 0
wrong_ebx:	db "enter: ebx is not the information", 10, 0
wrong_cr0:	db "enter: paging is on", 10, 0
wrong_cr4:	db "enter: CR4 is not 0", 10, 0
wrong_efer:	db "enter: still long mode", 10, 0
ok:		db "enter: the kernel is reached", 0
with_pcids:	db ", PCIDs were on", 0
line_end:	db 10, 13, 0		; nobody waits for the last byte
shutdown:	db "Shutdown"
shutdown_end:
