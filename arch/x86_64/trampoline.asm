; arch/x86_64/trampoline.asm - the first steps of every CPU but the first
;
; Purpose:    a CPU that a STARTUP interrupt wakes begins in real mode at the start of a page below
;             1 MiB.  smp.c copies this code there, fills in the words at its end, and wakes one CPU at
;             a time.  From real mode it goes straight to long mode on the kernel's own tables, which map
;             this one page at its own address as well while CPUs are started.
; Invariants: position independent: DS and CS are the page, later all is relative to RIP.
;             The tables, the GDT and the far pointer lie below 4 GiB.
; Sources:    Intel SDM vol. 3A, "Multiple-Processor (MP) Initialization", "Initializing IA-32e Mode";
;             AMD APM vol. 2, "Long-Mode Initialization Example".

%include "asm_offsets.inc"

%define AT(symbol)	((symbol) - trampoline_start)

CODE64		equ 8
DATA		equ 16
CR0_LONG	equ 0x80010033		; PG WP NE ET MP PE

section .init.data

global trampoline_start, trampoline_end, trampoline_args
align 16
bits 16
trampoline_start:
	cli
	cld
	mov ax, cs
	mov ds, ax
	o32 lidt [AT(no_idt)]		; a fault here stops this CPU, not the machine
	o32 lgdt [AT(gdt_pointer)]
	mov eax, [AT(args.cr4)]
	mov cr4, eax
	mov eax, [AT(args.cr3)]
	mov cr3, eax
	mov ecx, MSR_EFER_NR
	rdmsr
	or eax, [AT(args.efer)]
	wrmsr
	mov eax, CR0_LONG
	mov cr0, eax
	o32 jmp far [AT(far_pointer)]

bits 64
long_mode:
	mov eax, DATA
	mov ds, eax
	mov es, eax
	mov ss, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax
	mov rax, [rel args.cpu]
	mov rdx, rax
	shr rdx, 32
	mov ecx, MSR_GS_BASE_NR		; GS names this CPU's struct cpu
	wrmsr
	mov rdi, [rel args.cpu]
	mov rsp, [rel args.stack]
	xor ebp, ebp			; the last frame of every backtrace
	mov rax, [rel args.entry]
	call rax
	ud2

align 8
gdt:
	dq 0
	dq 0x00af9b000000ffff		; 64-bit code
	dq 0x00cf93000000ffff		; data
gdt_end:

align 8
trampoline_args:			; struct trampoline_args in smp.c
args:
.cpu:		dq 0
.stack:		dq 0
.entry:		dq 0
.cr3:		dd 0
.cr4:		dd 0
.efer:		dd 0
far_pointer:	dd AT(long_mode)	; + address of the page
		dw CODE64
gdt_pointer:	dw gdt_end - gdt - 1
		dd AT(gdt)		; + address of the page
no_idt:		dw 0
		dd 0
trampoline_end:
