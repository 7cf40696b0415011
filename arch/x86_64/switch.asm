; arch/x86_64/switch.asm - from one kernel stack to another
;
; Purpose:    the few instructions of a context switch that C cannot say.
; Invariants: a task that is switched out has, from thread.sp upwards, its callee-saved
;             registers and the address where it goes on; copy_thread() makes the same picture
;             for a new task.  Interrupts off.
; Sources:    AMD64 psABI, "Registers and the Stack Frame".

%include "asm_offsets.inc"
%include "regs.inc"

section .text
bits 64

extern __switch_to

; struct task_struct *__switch_to_asm(struct task_struct *prev, struct task_struct *next)
global __switch_to_asm
__switch_to_asm:
	PUSH_CALLEE_SAVED
	mov [rdi + TASK_thread_sp], rsp
	mov rsp, [rsi + TASK_thread_sp]
	POP_CALLEE_SAVED
	jmp __switch_to			; returns prev, on next's stack
