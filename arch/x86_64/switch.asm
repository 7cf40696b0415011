; arch/x86_64/switch.asm - from one kernel stack to another
;
; Purpose:    the few instructions of a context switch that C cannot say.
; Invariants: a task that is switched out has, from thread.sp upwards, its callee-saved
;             registers and the address where it goes on; copy_thread() makes the same picture
;             for a new task.  Interrupts off.
; Sources:    AMD64 psABI, "Registers and the Stack Frame".

%include "asm_offsets.inc"

section .text
bits 64

extern __switch_to

; struct task_struct *__switch_to_asm(struct task_struct *prev, struct task_struct *next)
global __switch_to_asm
__switch_to_asm:
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	mov [rdi + TASK_thread_sp], rsp
	mov rsp, [rsi + TASK_thread_sp]
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	jmp __switch_to			; returns prev, on next's stack
