; arch/x86_64/entry.asm - every way into the kernel, and the ways back
;
; Purpose:    SYSCALL, the 256 vectors of the IDT, and the first steps of a new task.  Each
;             entry makes a full struct pt_regs on the stack and calls one C function.
; Invariants: in the kernel GS.base names this CPU's struct cpu: an entry from user mode swaps
;             it in, a return to user mode swaps it out, with interrupts off.  The entries on
;             stacks of their own (#DF, NMI, #MC, #DB) can interrupt between the two.  What is in
;             GS.base then says nothing where user mode may write it (FSGSBASE), an address of
;             the kernel too: so they put it aside, find the CPU by its number in the GDT, and
;             put it back.  Without FSGSBASE user mode has only addresses of the lower half.
;             Direction flag clear, AC clear (user memory closed) while C runs.
;             orig_ax is the number inside a system call, -1 otherwise; who rewrites the
;             registers of a system call (exec, sigreturn, a signal frame) sets it to -1.
;             SYSRET only with an untouched frame and a canonical RIP: a #GP in SYSRET
;             would arrive in ring 0 on the user's stack.
; Sources:    Intel SDM vol. 2, "SYSCALL", "SYSRET", "SWAPGS"; vol. 3A, "64-Bit Mode Stack
;             Frame", "Interrupt Stack Table"; AMD APM vol. 2, "SYSCALL and SYSRET";
;             Xen XSA-7; CVE-2019-1125.

%include "asm_offsets.inc"
%include "regs.inc"
%include "smap.inc"

VEC_DB	equ 1
VEC_PF	equ 14

section .text
bits 64

extern sys_call_table, sys_ni_syscall, exit_to_user_mode, do_exception, do_page_fault, do_irq
extern schedule_tail, do_exit, fixup_bad_iret, __task_size_max, cpu_features, cpus, trace_syscall

; After orig_ax and rdi: the rest of struct pt_regs.
%macro PUSH_REGS 0
	push rsi
	push rdx
	push rcx
	push rax
	PUSH_LOWER_REGS
%endmacro

; All registers back from rsp = pt_regs; leaves rsp at the frame for iretq.
%macro POP_REGS 0
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	pop r11
	pop r10
	pop r9
	pop r8
	pop rax
	pop rcx
	pop rdx
	pop rsi
	pop rdi
	add rsp, 8
%endmacro

; ---- system calls ---------------------------------------------------------------------------

; rax = number, rdi rsi rdx r10 r8 r9 = arguments, rcx = return address, r11 = flags; interrupts
; are off and the stack is still the user's.  Makes struct pt_regs.
%macro SYSCALL_FRAME 0
	swapgs
	mov [gs:CPU_user_sp_scratch], rsp
	mov rsp, [gs:CPU_kernel_sp]
	push USER_DS_SEL
	push qword [gs:CPU_user_sp_scratch]
	push r11
	push USER_CS_SEL
	push rcx
	push rax
	push rdi
	push rsi
	push rdx
	push rcx
	push -ENOSYS_NR
	PUSH_LOWER_REGS
	sti
%endmacro

; Where backtraces find a struct pt_regs: kernel/kallsyms.c.
global exception_entry.called, irq_entry.called, page_fault_entry.called

global entry_syscall
align 32
entry_syscall:
	SYSCALL_FRAME
	cmp eax, NR_SYSCALLS_NR
	jae .unknown
	sbb ecx, ecx			; all ones: also when the branch above was mispredicted,
	and eax, ecx			; the index stays inside the table
	mov rax, [sys_call_table + rax * 8]
	test rax, rax
	jz .unknown
	mov rcx, r10
	push rax			; keeps rsp a multiple of 16
	call rax
.done:
	cli
	mov rdx, [gs:CPU_current]
	cmp qword [rdx + TASK_ti_flags], 0
	jne .slow
%ifdef TASK_nr_held
	cmp dword [rdx + TASK_nr_held], 0
	jne .slow			; exit_to_user_mode reports it
	cmp dword [gs:CPU_preempt_count], 0
	jne .slow
%endif
	cmp qword [rsp + 8 + PT_orig_ax], 0
	jl .slow			; the frame is not ours any more
	mov rcx, [rsp + 8 + PT_ip]
	mov r11, [rsp + 8 + PT_flags]
	cmp rcx, [rsp + 8 + PT_cx]
	jne .slow
	cmp r11, [rsp + 8 + PT_r11]
	jne .slow
	test r11d, FLAGS_NO_SYSRET
	jnz .slow
	cmp rcx, [__task_size_max]	; canonical, lower half, whatever the mode
	jae .slow
	; C has kept rbx, rbp and r12 to r15; rax is the result.
	mov rdi, [rsp + 8 + PT_di]
	mov rsi, [rsp + 8 + PT_si]
	mov rdx, [rsp + 8 + PT_dx]
	mov r8, [rsp + 8 + PT_r8]
	mov r9, [rsp + 8 + PT_r9]
	mov r10, [rsp + 8 + PT_r10]
	mov rsp, [rsp + 8 + PT_sp]
	swapgs
	o64 sysret

.slow:
	mov [rsp + 8 + PT_ax], rax
	lea rdi, [rsp + 8]
	call exit_to_user_mode
	add rsp, 8
	jmp restore_user

.unknown:
	push rax
	mov rdi, [rsp + 8 + PT_orig_ax]
	call sys_ni_syscall
	jmp .done

; While tracing is on (arch_trace_syscalls), SYSCALL comes here: C makes the call and tells of it.
global entry_syscall_traced
align 32
entry_syscall_traced:
	SYSCALL_FRAME
	mov rdi, rsp
	sub rsp, 8
	call trace_syscall
	jmp entry_syscall.done

; ---- exceptions and interrupts ----------------------------------------------------------------

; Here and below: rdi of the interrupted context is pushed, edi = vector, orig_ax = error code.
align 16
exception_entry:
	PUSH_REGS
	cld
	CLAC
	mov esi, edi
	test byte [rsp + PT_cs], 3
	jz .kernel
	swapgs
.fence:
	lfence				; no speculation with the wrong GS
.call:
	mov rdi, rsp
	mov rdx, [rsp + PT_orig_ax]
	mov qword [rsp + PT_orig_ax], -1
	sub rsp, 8
	call do_exception
.called:
	jmp exception_return
.kernel:
	cmp qword [rsp + PT_ip], iretq_to_user
	jne .fence
	; The IRETQ to user mode itself faulted, GS already swapped: make it look like a fault
	; of the user instruction it was to return to.
	swapgs
	lfence
	mov ebx, esi
	mov rdi, rsp
	call fixup_bad_iret
	mov rsp, rax
	mov esi, ebx
	jmp .call

align 16
irq_entry:
	PUSH_REGS
	cld
	CLAC
	mov esi, edi
	test byte [rsp + PT_cs], 3
	jz .kernel
	swapgs
.kernel:
	lfence
	mov rdi, rsp
	sub rsp, 8
	call do_irq
.called:
	jmp exception_return

; The page fault has a path of its own: it is the one that must be fast.
align 16
page_fault_entry:
	push rdi
	PUSH_REGS
	cld
	CLAC
	test byte [rsp + PT_cs], 3
	jz .kernel
	swapgs
.kernel:
	lfence
	mov rdx, cr2			; before anything else can fault
	mov rsi, [rsp + PT_orig_ax]
	mov qword [rsp + PT_orig_ax], -1
	mov rdi, rsp
	sub rsp, 8
	call do_page_fault
.called:

; Here rsp lies 8 below pt_regs, as at the calls before.
exception_return:
	cli
	test byte [rsp + 8 + PT_cs], 3
	jz exception_of_kernel
	mov rax, [gs:CPU_current]
	cmp qword [rax + TASK_ti_flags], 0
	jne exception_slow
%ifdef TASK_nr_held
	cmp dword [rax + TASK_nr_held], 0
	jne exception_slow
	cmp dword [gs:CPU_preempt_count], 0
	jne exception_slow
%endif
	; Nobody has changed the user's registers, and C has kept rbx, rbp and r12 to r15.
	mov r11, [rsp + 8 + PT_r11]
	mov r10, [rsp + 8 + PT_r10]
	mov r9, [rsp + 8 + PT_r9]
	mov r8, [rsp + 8 + PT_r8]
	mov rax, [rsp + 8 + PT_ax]
	mov rcx, [rsp + 8 + PT_cx]
	mov rdx, [rsp + 8 + PT_dx]
	mov rsi, [rsp + 8 + PT_si]
	mov rdi, [rsp + 8 + PT_di]
	add rsp, 8 + PT_ip
	swapgs
iretq_to_user:
	iretq
exception_slow:
	lea rdi, [rsp + 8]
	call exit_to_user_mode
	add rsp, 8
	; falls through

; Everything from rsp = pt_regs into user mode; interrupts off, no work pending.
restore_user:
	POP_REGS
	swapgs
	jmp iretq_to_user

exception_of_kernel:
	add rsp, 8
restore_kernel:
	POP_REGS
	iretq

; ---- exceptions with a stack of their own -------------------------------------------------------

align 16
paranoid_entry:
	PUSH_REGS
	cld
	CLAC
	mov r12d, edi
	test byte [rsp + PT_cs], 3
	jz .kernel
	swapgs
	lfence
	cmp r12d, VEC_DB
	je .to_task_stack
	call .handle
	jmp restore_user
.kernel:
	cmp byte [cpu_features + FEATURES_fsgsbase], 0
	je .by_sign
	lfence
	rdgsbase rbx			; C keeps it
	mov eax, CPUNODE_SELECTOR
	lsl eax, eax			; the CPU's number (gdt.c)
	imul rax, rax, CPU_SIZE
	add rax, cpus
	wrgsbase rax
	call .handle
	wrgsbase rbx
	jmp restore_kernel
.by_sign:
	xor ebx, ebx			; 1: GS must be swapped back
	mov ecx, MSR_GS_BASE_NR
	rdmsr
	test edx, edx
	js .gs_ok			; an address in the upper half: the kernel's
	swapgs
	inc ebx
.gs_ok:
	lfence
	call .handle
	test ebx, ebx
	jz restore_kernel
	jmp restore_user

.handle:				; rsp = return address, pt_regs: a multiple of 16 less 8
	lea rdi, [rsp + 8]
	mov esi, r12d
	mov rdx, [rdi + PT_orig_ax]
	mov qword [rdi + PT_orig_ax], -1
	jmp do_exception

.to_task_stack:
	mov rdx, [rsp + PT_orig_ax]
	mov qword [rsp + PT_orig_ax], -1
	; A single step of user code ends in a signal, which needs the task's own stack.
	mov rdi, [gs:CPU_kernel_sp]
	sub rdi, PT_SIZE
	mov rax, rdi
	mov rsi, rsp
	mov ecx, PT_SIZE / 8
	rep movsq
	mov rsp, rax
	mov rdi, rax
	mov esi, r12d
	sub rsp, 8
	call do_exception
	jmp exception_return

; ---- one stub a vector ------------------------------------------------------------------------------

; Does the CPU push an error code?
%define HAS_ERROR(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || \
		      (v) == 29 || (v) == 30)
%define HAS_IST(v) ((v) == 1 || (v) == 2 || (v) == 8 || (v) == 18)

%assign v 0
%rep 256
stub_%+v:
%if v == VEC_PF
	jmp page_fault_entry
%else
%if v < 32
%if !HAS_ERROR(v)
	push 0
%endif
	push rdi
	mov edi, v
%if HAS_IST(v)
	jmp paranoid_entry
%else
	jmp exception_entry
%endif
%else
	push -1
	push rdi
	mov edi, v
	jmp irq_entry
%endif
%endif
%assign v v + 1
%endrep

section .rodata
align 8
global idt_stubs
idt_stubs:
%assign v 0
%rep 256
	dq stub_%+v
%assign v v + 1
%endrep

; ---- tasks -----------------------------------------------------------------------------------------------

section .text

; Where a new task starts: the stack holds its pt_regs; rax = the task we came from,
; rbx = function of a kernel thread or 0, r12 = its argument.
global ret_from_fork
ret_from_fork:
	mov rdi, rax
	sub rsp, 8
	call schedule_tail
	test rbx, rbx
	jz .user
	mov rdi, r12
	call rbx
	test byte [rsp + 8 + PT_cs], 3
	jnz .user			; it has become a program by exec
	movsxd rdi, eax
	call do_exit
.user:
	lea rdi, [rsp + 8]
	call exit_to_user_mode
	add rsp, 8
	jmp restore_user

; void enter_user_mode(struct pt_regs *regs): leave the kernel with these registers, which lie
; where the entry code puts them: at the top of current's stack.
global enter_user_mode
enter_user_mode:
	lea rsp, [rdi - 8]
	call exit_to_user_mode
	add rsp, 8
	jmp restore_user
