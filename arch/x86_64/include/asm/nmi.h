/*
 * asm/nmi.h - looking at other CPUs, and stopping them, whatever they do
 */
#ifndef ASM_NMI_H
#define ASM_NMI_H

struct pt_regs;

/* do_exception(): an NMI came. */
void nmi_received(const struct pt_regs *regs);
/* Print what CPU @cpu, not this one, is doing.  Any context. */
void nmi_backtrace(unsigned int cpu);
/*
 * The end (panic, restart, power-off): the other CPUs stop where they are; those that do not answer in ten seconds, all
 * together, are left alone.  Interrupts off.  One CPU does it, once: a second call there returns at once (a panic that
 * restarts), a call on another CPU never does.
 */
void nmi_stop_others(void);
/* After that: print what each was doing. */
void nmi_show_stopped(void);

#endif
