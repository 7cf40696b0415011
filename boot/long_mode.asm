; boot/long_mode.asm - from 32-bit protected mode to start_kernel() in the upper half
;
; Purpose:    every 32-bit boot path ends here: check the CPU, build the first page tables,
;             switch to long mode, and make the world that C expects.
; Invariants: the first page tables map RAM below 4 GiB twice (at 0 and at PAGE_OFFSET) and the
;             kernel image at KERNEL_VMA, then also where kaslr_init() has moved it;
;             paging_init() replaces them.  Until paging is on, an address is
;             [ebp + symbol - KERNEL_VMA], because we may have been moved.
; Sources:    Intel SDM vol. 3A, "Initializing IA-32e Mode" and "4-Level Paging"; AMD APM vol. 2,
;             "Enabling and Activating Long Mode".

%include "asm_offsets.inc"
%include "../arch/x86_64/nx.inc"

%define PHYS(symbol)	ebp + (symbol) - KERNEL_VMA
%define SLOT(va)	(((va) >> P4D_SHIFT) & 511)	; in the top table: 4 levels here

P_TABLE		equ 3			; present, writable
P_LARGE		equ 0x83		; present, writable, 2 MiB leaf
CR0_BOOT	equ 0x80010033		; PG WP NE ET MP PE
CR4_BOOT	equ 0x20		; PAE
COM1		equ 0x3f8
VGA_TEXT	equ 0xb8000

section .boot.tables nobits alloc noexec write align=4096

pml4:		resb 4096
pdpt_low:	resb 4096		; for the identity map and for PAGE_OFFSET
pdpt_kernel:	resb 4096
global pd_kernel
pd_kernel:	resb 4096
pd_low:		resb 4 * 4096		; 4 GiB by 2 MiB pages
%ifdef QUIRE_KASAN
pdpt_shadow:	resb 4096		; all of the shadow is one page, until paging_init()
pd_shadow:	resb 4096
pt_shadow:	resb 4096
shadow_page:	resb 4096
%endif
tables_end:

section .bss
alignb 4096
		resb 4096		; guard page: unmapped by start_kernel
global boot_stack
boot_stack:	resb KERNEL_STACK_SIZE	; becomes the stack of the idle task

section .data
align 8
global phys_base, boot_tsc
phys_base:	dq 0
boot_tsc:	dq 0			; time stamp counter at kernel entry

section .boot.text progbits alloc exec nowrite align=16
bits 32

extern __bss_start, __bss_stop, cpus, start_kernel, kaslr_init

; Enter: ebp = load address - link address, ebx = what the loader hands over,
; esi = BOOT_PVH or BOOT_MULTIBOOT2.  Never returns.
global enter_long_mode
enter_long_mode:
	cli
	cld
	lea esp, [PHYS(boot_stack + KERNEL_STACK_SIZE)]
	rdtsc
	mov [PHYS(boot_tsc)], eax
	mov [PHYS(boot_tsc) + 4], edx
	mov [PHYS(phys_base)], ebp
	call check_long_mode
	call build_tables

	mov eax, CR4_BOOT
	mov cr4, eax
	lea eax, [PHYS(pml4)]
	mov cr3, eax
	call set_efer
	mov eax, CR0_BOOT
	mov cr0, eax

	sub esp, 8			; load the GDT by a pointer made on the stack
	mov word [esp], boot_gdt_end - boot_gdt - 1
	lea eax, [PHYS(boot_gdt)]
	mov [esp + 2], eax
	lgdt [esp]
	push BOOT_CS
	lea eax, [PHYS(long_mode)]
	push eax
	retf

; Stop with a message if this CPU has no long mode.  Clobbers eax, ecx, edx; keeps ebx, esi.
check_long_mode:
	push ebx
	push esi
	pushfd				; CPUID exists if EFLAGS.ID can be changed
	pop eax
	mov ecx, eax
	xor eax, 1 << 21
	push eax
	popfd
	pushfd
	pop eax
	cmp eax, ecx
	je .none
	mov eax, 0x80000000
	cpuid
	cmp eax, 0x80000001
	jb .none
	mov eax, 0x80000001
	cpuid
	test edx, 1 << 29
	jz .none
	pop esi
	pop ebx
	ret
.none:
	lea esi, [PHYS(no_long_mode)]
	; falls through

; Print the string at esi on the first serial port and on the VGA text screen, and stop.
global boot_fail
boot_fail:
	mov edi, VGA_TEXT
.next:
	lodsb
	test al, al
	jz .stop
	mov ah, 0x4f
	stosw
	mov ah, al
	mov ecx, 100000
	mov edx, COM1 + 5
.wait:
	in al, dx
	test al, 0x20			; transmitter empty, or no port (0xff)
	loopz .wait
	mov al, ah
	mov edx, COM1
	out dx, al
	jmp .next
.stop:
	mov al, DEBUG_EXIT_FAILURE	; ends QEMU with -device isa-debug-exit
	out DEBUG_EXIT_PORT, al
.halt:
	hlt
	jmp .halt

; Long mode, and NX where there is one (the boot tables do not use it yet; paging_init() needs it).
set_efer:
	push ebx
	mov edi, EFER_LME_BIT
	ASK_NX
	jnc .write
	or edi, EFER_NX_BIT
.write:
	mov ecx, MSR_EFER_NR
	xor edx, edx
	mov eax, edi
	wrmsr
	pop ebx
	ret

build_tables:
	lea edi, [PHYS(pml4)]
	mov ecx, (tables_end - pml4) / 4
	xor eax, eax
	rep stosd

	lea edi, [PHYS(pml4)]
	lea eax, [PHYS(pdpt_low) + P_TABLE]
	mov [edi], eax
	mov [edi + SLOT(PAGE_OFFSET) * 8], eax
	lea eax, [PHYS(pdpt_kernel) + P_TABLE]
	mov [edi + SLOT(KERNEL_VMA) * 8], eax
	lea eax, [PHYS(pd_kernel) + P_TABLE]
	mov [PHYS(pdpt_kernel) + 510 * 8], eax

	lea edi, [PHYS(pdpt_low)]
	lea eax, [PHYS(pd_low) + P_TABLE]
	mov ecx, 4
.pdpt:
	mov [edi], eax
	add eax, 4096
	add edi, 8
	loop .pdpt

%ifdef QUIRE_KASAN
	lea edi, [PHYS(pml4) + SLOT(KASAN_SHADOW_START) * 8]
	lea eax, [PHYS(pdpt_shadow) + P_TABLE]
	mov ecx, (KASAN_SHADOW_END - KASAN_SHADOW_START) >> P4D_SHIFT
	call fill_same
	lea edi, [PHYS(pdpt_shadow)]
	lea eax, [PHYS(pd_shadow) + P_TABLE]
	mov ecx, 512
	call fill_same
	lea edi, [PHYS(pd_shadow)]
	lea eax, [PHYS(pt_shadow) + P_TABLE]
	mov ecx, 512
	call fill_same
	lea edi, [PHYS(pt_shadow)]
	lea eax, [PHYS(shadow_page) + P_TABLE]
	mov ecx, 512
	call fill_same
%endif

	lea edi, [PHYS(pd_low)]		; physical 0 upwards
	xor eax, eax
	mov ecx, 4 * 512
	call fill_large
	lea edi, [PHYS(pd_kernel)]	; physical phys_base upwards
	mov eax, ebp
	mov ecx, 512
	; falls through

; Write ecx entries at edi that map 2 MiB each from physical eax upwards.
fill_large:
	or eax, P_LARGE
	xor edx, edx
.next:
	mov [edi], eax
	mov [edi + 4], edx
	add eax, 0x200000
	adc edx, 0
	add edi, 8
	loop .next
	ret

%ifdef QUIRE_KASAN
; Write ecx times the entry eax at edi.
fill_same:
	mov [edi], eax
	add edi, 8
	loop fill_same
	ret
%endif

BOOT_CS equ 8
BOOT_DS equ 16

align 8
boot_gdt:
	dq 0
	dq 0x00af9b000000ffff		; 64-bit code
	dq 0x00cf93000000ffff		; data
boot_gdt_end:

no_long_mode:	db "Quire needs a 64-bit CPU: this one has no long mode.", 0

bits 64
long_mode:
	mov rax, upper_half
	jmp rax
upper_half:
	mov eax, BOOT_DS
	mov ds, eax
	mov es, eax
	mov ss, eax
	xor eax, eax
	mov fs, eax
	mov gs, eax

	mov r12d, esi
	mov r13d, ebx
	mov rsp, boot_stack + KERNEL_STACK_SIZE
	xor ebp, ebp
	mov edi, esi
	mov esi, ebx
	call kaslr_init			; from here on an address is another one,
	mov rax, cr3
	mov cr3, rax
	mov rax, here			; this one too
	jmp rax
here:
	mov rdi, __bss_start
	mov rcx, __bss_stop
	sub rcx, rdi
	shr rcx, 3
	xor eax, eax
	rep stosq

	mov ecx, MSR_GS_BASE_NR		; GS names this CPU's struct cpu
	mov rax, cpus
	mov [rax + CPU_self], rax
	mov rdx, rax
	shr rdx, 32
	wrmsr

	mov rsp, boot_stack + KERNEL_STACK_SIZE
	xor ebp, ebp			; the last frame of every backtrace
	mov edi, r12d
	mov esi, r13d
	call start_kernel
	ud2
