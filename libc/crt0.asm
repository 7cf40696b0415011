; libc/crt0.asm - the first instructions of a program
;
; Purpose: the kernel enters here with RSP at argc, then argv, envp and the auxiliary
;          vector (AMD64 psABI, "Process Initialization"). Everything else is C.

	extern	__libc_start
	global	_start

	section .text
_start:
	xor	ebp, ebp		; the outermost frame
	mov	rdi, rsp
	and	rsp, -16
	call	__libc_start
	ud2

	section .note.GNU-stack noalloc noexec nowrite progbits
