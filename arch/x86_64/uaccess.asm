; arch/x86_64/uaccess.asm - touching user memory
;
; Purpose:    the only instructions of the kernel that use user addresses.
; Invariants: the range is checked against the end of user space first, without overflow; user memory is
;             open (STAC) only between check and return; every instruction that touches it has
;             an entry in the exception table, so a bad address becomes a short count.
;             Counts are exact to the byte: after a faulting 8-byte step the rest is tried
;             byte by byte.
; Sources:    Intel SDM vol. 2, "REP/REPE/REPZ"; vol. 3A, "Supervisor-Mode Access Prevention".

%include "asm_offsets.inc"
%include "smap.inc"

; A fault at the next instruction continues at %1; %2 says which faults are excused.
%macro MAY_FAULT 1-2 EX_USER_TYPE
%%insn:
	[section .ex_table progbits alloc noexec nowrite align=4]
	dd %%insn - $
	dd %1 - $
	dd %2
	__?SECT?__
%endmacro

; Go to %3 unless [%1, %1 + %2) lies in the user half.  Clobbers rax.
%macro CHECK_RANGE 3
	mov rax, [__task_size_max]
	sub rax, %2
	jb %3
	cmp %1, rax
	ja %3
%endmacro

section .text
bits 64

extern __task_size_max

; size_t __copy_to_user(void *to, const void *from, size_t n): bytes not copied
global __copy_to_user
align 16
__copy_to_user:
	CHECK_RANGE rdi, rdx, .bad_range
	STAC
	cmp rdx, 8
	je .word
	mov rcx, rdx
	shr rcx, 3
	and edx, 7
	MAY_FAULT .by_byte
	rep movsq
	mov ecx, edx
	MAY_FAULT .fault
	rep movsb
.fault:
	CLAC
	mov rax, rcx
	ret
.word:
	mov rax, [rsi]
	MAY_FAULT .word_fault
	mov [rdi], rax
	CLAC
	xor eax, eax
	ret
.word_fault:
	xor ecx, ecx
.by_byte:
	lea rcx, [rdx + rcx * 8]
	MAY_FAULT .fault
	rep movsb
	jmp .fault
.bad_range:
	mov rax, rdx
	ret

; Copies from user memory to rdi; after a fault the bytes that are missing are zeroed if %1.
%macro COPY_FROM_USER 1
	CHECK_RANGE rsi, rdx, %%bad_range
	STAC
	cmp rdx, 8
	je %%word
	mov rcx, rdx
	shr rcx, 3
	and edx, 7
	MAY_FAULT %%by_byte
	rep movsq
	mov ecx, edx
	MAY_FAULT %%fault
	rep movsb
	CLAC
	xor eax, eax
	ret
%%word:
	MAY_FAULT %%word_fault
	mov rax, [rsi]
	mov [rdi], rax
	CLAC
	xor eax, eax
	ret
%%word_fault:
	xor ecx, ecx
%%by_byte:
	lea rcx, [rdx + rcx * 8]
	MAY_FAULT %%fault
	rep movsb
%%fault:
	CLAC
	mov rdx, rcx
%%bad_range:
%if %1
	mov rcx, rdx
	xor eax, eax
	rep stosb
%endif
	mov rax, rdx
	ret
%endmacro

; size_t __copy_from_user(void *to, const void *from, size_t n): bytes not copied, zeroed in @to
global __copy_from_user
align 16
__copy_from_user:
	COPY_FROM_USER 1

; size_t __copy_from_user_partial(void *to, const void *from, size_t n): bytes not copied, @to as it was
global __copy_from_user_partial
align 16
__copy_from_user_partial:
	COPY_FROM_USER 0

; size_t __clear_user(void *to, size_t n): bytes not cleared
global __clear_user
align 16
__clear_user:
	CHECK_RANGE rdi, rsi, .bad_range
	STAC
	mov rcx, rsi
	shr rcx, 3
	and esi, 7
	xor eax, eax
	MAY_FAULT .by_byte
	rep stosq
	mov ecx, esi
	MAY_FAULT .fault
	rep stosb
.fault:
	CLAC
	mov rax, rcx
	ret
.by_byte:
	lea rcx, [rsi + rcx * 8]
	MAY_FAULT .fault
	rep stosb
	jmp .fault
.bad_range:
	mov rax, rsi
	ret

; long __strncpy_from_user(char *to, const char *from, long n)
global __strncpy_from_user
align 16
__strncpy_from_user:
	mov r8, [__task_size_max]
	sub r8, rsi
	jbe .bad_range
	cmp r8, rdx			; r8 = bytes we may look at
	cmova r8, rdx
	xor ecx, ecx
	STAC
.next:
	cmp rcx, r8
	jge .end
	MAY_FAULT .fault
	mov al, [rsi + rcx]
	mov [rdi + rcx], al
	inc rcx
	test al, al
	jnz .next
.done:
	CLAC
	mov rax, rcx
	ret
.end:
	cmp rcx, rdx			; the caller's limit, or the end of user space?
	jge .done
.fault:
	CLAC
.bad_range:
	mov rax, -EFAULT_NR
	ret

; long strnlen_user(const char *s, long max)
global strnlen_user
align 16
strnlen_user:
	mov r8, [__task_size_max]
	sub r8, rdi
	jbe .bad_range
	cmp r8, rsi
	cmova r8, rsi
	xor ecx, ecx
	STAC
.next:
	cmp rcx, r8
	jge .end
	MAY_FAULT .fault
	mov al, [rdi + rcx]
	inc rcx
	test al, al
	jnz .next
.done:
	CLAC
	mov rax, rcx
	ret
.end:
	inc rcx
	cmp rcx, rsi
	jg .done
.fault:
	CLAC
.bad_range:
	xor eax, eax
	ret

; int cmpxchg_user_u32(u32 *p, u32 *old, u32 new)
global cmpxchg_user_u32
align 16
cmpxchg_user_u32:
	mov ecx, 4
	CHECK_RANGE rdi, rcx, .bad_range
	mov eax, [rsi]
	STAC
	MAY_FAULT .fault
	lock cmpxchg [rdi], edx
	CLAC
	mov [rsi], eax
	xor eax, eax
	ret
.fault:
	CLAC
.bad_range:
	mov eax, -EFAULT_NR
	ret

; long xrstor_user(const void *area, u64 components), long fxrstor_user(const void *area)
; 0, or PROBE_FAULTED and the page fault's error code (nothing is brought in), or PROBE_GP.
global xrstor_user
xrstor_user:
	mov eax, esi
	mov rdx, rsi
	shr rdx, 32
	STAC
	MAY_FAULT .fault, EX_PROBE_TYPE
	xrstor64 [rdi]
	xor eax, eax
.fault:
	CLAC
	ret

global fxrstor_user
fxrstor_user:
	STAC
	MAY_FAULT .fault, EX_PROBE_TYPE
	fxrstor64 [rdi]
	xor eax, eax
.fault:
	CLAC
	ret

; Probes: the fault handler puts the result in rax before it continues at .fault.
global probe_read
probe_read:
	MAY_FAULT .fault, EX_PROBE_TYPE
	mov al, [rdi]
	xor eax, eax
.fault:
	ret

; Plain load and store: a locked instruction would report a read fault on some machines.
global probe_write
probe_write:
	MAY_FAULT .store, EX_PROBE_TYPE
	mov al, [rdi]
.store:
	MAY_FAULT .fault, EX_PROBE_TYPE
	mov [rdi], al
	xor eax, eax
.fault:
	ret

; long probe_rdmsr(u32 msr, u64 *value)
global probe_rdmsr
probe_rdmsr:
	mov ecx, edi
	MAY_FAULT .fault, EX_PROBE_TYPE
	rdmsr
	mov [rsi], eax
	mov [rsi + 4], edx
	xor eax, eax
.fault:
	ret

; The fault of a jump has the target's address, so it is known by the return address instead.
global probe_exec, probe_exec_return, probe_exec_fault
probe_exec:
	push rbp
	mov rbp, rsp
	call rdi
probe_exec_return:
	xor eax, eax
probe_exec_fault:
	pop rbp
	ret

; Push until there is no stack left; the double fault handler says PROBE_DF.
global probe_stack_overflow
probe_stack_overflow:
	push rbp
	mov rbp, rsp
.again:
	MAY_FAULT .fault, EX_OVERFLOW_TYPE
	push rbp
	jmp .again
.fault:
	mov rsp, rbp
	pop rbp
	ret
