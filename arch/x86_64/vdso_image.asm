; arch/x86_64/vdso_image.asm - the finished vDSO, made by the build from arch/x86_64/vdso/, as data
;
; Needed only until vdso_init() has copied it to pages of its own.

[section .init.data progbits alloc noexec write align=8]
global vdso_image_start, vdso_image_end
vdso_image_start:
	incbin "vdso.so"
vdso_image_end:
