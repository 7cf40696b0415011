; libc/syscall.asm - system calls that C cannot make, and setjmp
;
; Invariants: the kernel keeps all registers but RAX, RCX and R11.

	global	__restore_rt, vfork, __clone_thread, __unmap_and_exit, setjmp, longjmp
	extern	__failed

	section .text

; A signal handler returns to here; RSP is at the ucontext.
__restore_rt:
	mov	eax, 15			; rt_sigreturn
	syscall
	ud2

; pid_t vfork(void): the child runs on our stack and overwrites the return address, so it
; is kept in a register.
vfork:
	pop	rdx
	mov	eax, 58			; vfork
	syscall
	push	rdx
	cmp	rax, -4096
	ja	.failed
	ret
.failed:
	mov	rdi, rax
	jmp	__failed

; long __clone_thread(flags, stack, &parent_tid, &child_tid, tls, fn, arg)
; The child starts on the new stack, where nothing is to return to.
__clone_thread:
	mov	r10, rcx
	mov	rcx, [rsp + 8]		; arg
	sub	rsi, 16
	mov	[rsi], r9		; fn
	mov	[rsi + 8], rcx
	mov	eax, 56			; clone
	syscall
	test	rax, rax
	jz	.child
	ret
.child:
	xor	ebp, ebp
	pop	rax
	pop	rdi
	call	rax
	ud2				; fn ends with exit

; void __unmap_and_exit(addr, len): a detached thread's last words, off its own stack
__unmap_and_exit:
	mov	eax, 11			; munmap
	syscall
	xor	edi, edi
	mov	eax, 60			; exit
	syscall
	ud2

; int setjmp(jmp_buf): rbx rbp r12-r15 rsp rip
setjmp:
	mov	[rdi], rbx
	mov	[rdi + 8], rbp
	mov	[rdi + 16], r12
	mov	[rdi + 24], r13
	mov	[rdi + 32], r14
	mov	[rdi + 40], r15
	lea	rdx, [rsp + 8]
	mov	[rdi + 48], rdx
	mov	rdx, [rsp]
	mov	[rdi + 56], rdx
	xor	eax, eax
	ret

; void longjmp(jmp_buf, int value)
longjmp:
	mov	eax, esi
	cmp	eax, 1
	adc	eax, 0			; 0 becomes 1
	mov	rbx, [rdi]
	mov	rbp, [rdi + 8]
	mov	r12, [rdi + 16]
	mov	r13, [rdi + 24]
	mov	r14, [rdi + 32]
	mov	r15, [rdi + 40]
	mov	rsp, [rdi + 48]
	jmp	[rdi + 56]

	section .note.GNU-stack noalloc noexec nowrite progbits
