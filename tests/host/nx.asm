; tests/host/nx.asm - arch/x86_64/nx.inc on this machine, asking a CPU made of C (test_nx.c)

bits 64
default rel

extern fake_cpuid, fake_rdmsr, fake_wrmsr, regs

section .text

; Call %1, which finds eax to edx in regs[0..3] and leaves them there.
%macro FAKE 1
	push rdi
	lea rdi, [regs]
	mov [rdi], eax
	mov [rdi + 4], ebx
	mov [rdi + 8], ecx
	mov [rdi + 12], edx
	call %1 wrt ..plt
	lea rdi, [regs]
	mov eax, [rdi]
	mov ebx, [rdi + 4]
	mov ecx, [rdi + 8]
	mov edx, [rdi + 12]
	pop rdi
%endmacro

%macro cpuid 0
	FAKE fake_cpuid
%endmacro
%macro rdmsr 0
	FAKE fake_rdmsr
%endmacro
%macro wrmsr 0
	FAKE fake_wrmsr
%endmacro

%include "nx.inc"

; int ask_nx(void)
global ask_nx
ask_nx:
	push rbx
	push rbp
	ASK_NX
	setc al
	movzx eax, al
	pop rbp
	pop rbx
	ret

section .note.GNU-stack noalloc noexec nowrite progbits
