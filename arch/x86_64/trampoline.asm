; arch/x86_64/trampoline.asm - the first steps of every CPU but the first
;
; Purpose:    a CPU that a STARTUP interrupt wakes begins in real mode at the start of a page below
;             1 MiB.  smp.c copies this code there, fills in the words at its end, and wakes one CPU at
;             a time.  From real mode it goes straight to long mode on tables that map this one page at
;             its own address, and the kernel.
; Invariants: position independent: DS and CS are the page, later all is relative to RIP.
;             The tables, the GDT and the far pointer lie below 4 GiB.
;             A CPU goes on only if it is the one that is waited for, and the first to say so: it takes
;             args.wanted, its APIC id, away.  One that comes too late stops here, with no stack
;             and no structure of anybody's.  So the page and its tables stay for ever.
;             One without NX cannot use the kernel's tables: it says so in args.wanted, and stops.
; Sources:    Intel SDM vol. 3A, "Multiple-Processor (MP) Initialization", "Initializing IA-32e Mode";
;             AMD APM vol. 2, "Long-Mode Initialization Example".

%include "asm_offsets.inc"
%include "nx.inc"

%define AT(symbol)	((symbol) - trampoline_start)

CODE64		equ 8
DATA		equ 16
NOBODY		equ 0xffffffff
HAS_NO_NX	equ 0xfffffffe
CR0_LONG	equ 0x80010033		; PG WP NE ET MP PE

; eax = who we are.  In x2APIC mode all 32 bits of the id are in leaf 0xb, otherwise 8 in leaf 1.
; Clobbers ebx, ecx, edx.
%macro OWN_APIC_ID 0
	xor eax, eax
	cpuid
	cmp eax, 0xb
	jb %%short_id
	mov eax, 0xb
	xor ecx, ecx
	cpuid
	test ebx, ebx			; the leaf is there, but says nothing
	jnz %%have_id
%%short_id:
	mov eax, 1
	cpuid
	shr ebx, 24
	mov edx, ebx
%%have_id:
	mov eax, edx
%endmacro

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
	ASK_NX
	jnc no_nx
	mov ecx, MSR_EFER_NR
	rdmsr
	or eax, [AT(args.efer)]
	wrmsr
	mov eax, CR0_LONG
	mov cr0, eax
	o32 jmp far [AT(far_pointer)]

no_nx:
	OWN_APIC_ID
	mov ecx, HAS_NO_NX
	lock cmpxchg [AT(args.wanted)], ecx
.stop:
	cli
	hlt
	jmp .stop

bits 64
long_mode:
	mov eax, DATA
	mov ds, eax
	mov es, eax
	mov ss, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax
	OWN_APIC_ID
	mov ecx, NOBODY
	mov rdi, [rel args.wanted_at]	; this page itself cannot be written at its own address
	lock cmpxchg [rdi], ecx
	jne .too_late
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
.too_late:
	cli
	hlt
	jmp .too_late

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
.wanted:	dd NOBODY
.wanted_at:	dq 0
far_pointer:	dd AT(long_mode)	; + address of the page
		dw CODE64
gdt_pointer:	dw gdt_end - gdt - 1
		dd AT(gdt)		; + address of the page
no_idt:		dw 0
		dd 0
trampoline_end:
