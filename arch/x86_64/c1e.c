/*
 * arch/x86_64/c1e.c - AMD CPUs of 2006 to 2009, whose timer would stand still while they wait
 *
 * Purpose:    when all cores of such a CPU are in HLT, it goes on to C1E by itself, where the local APIC's timer
 *             stops (erratum 400): cpu_idle() would wait for a tick that never comes.  So C1E stays off.
 * Invariants: nothing is read or written on other CPUs, and only bits that are set are cleared.
 * Simplified: Linux takes another timer and keeps C1E, which saves power.  Some firmware asks for C1E when it hands
 *             ACPI over; Quire lets it do so only to switch the machine off (reboot.c).
 * Sources:    AMD, "BIOS and Kernel Developer's Guide for AMD Family 10h Processors", "MSRC001_0055 Interrupt Pending
 *             and CMP-Halt Register", the same for family 11h and "for AMD NPT Family 0Fh Processors"; "Revision Guide
 *             for AMD Family 10h Processors", erratum 400.
 */
#include <asm/extable.h>
#include <asm/processor.h>
#include <printk.h>
#include <string.h>

#define MSR_INTERRUPT_PENDING	0xc0010055
#define SMI_ON_CMP_HALT		BIT(27)		/* all cores halted: an SMI, whose handler asks for C1E */
#define C1E_ON_CMP_HALT		BIT(28)		/* all cores halted: C1E */
#define FIRST_NPT_MODEL		0x40		/* of family 0Fh: older ones have no C1E */

bool c1e_stops_timer(const struct cpu_features *f)
{
	if (strcmp(f->vendor, "AuthenticAMD"))
		return false;
	return (f->family == 0x0f && f->model >= FIRST_NPT_MODEL) || f->family == 0x10 || f->family == 0x11;
}

void c1e_cpu_init(void)
{
	u64 v;

	if (!c1e_stops_timer(&cpu_features) || probe_rdmsr(MSR_INTERRUPT_PENDING, &v))
		return;
	if (!(v & (SMI_ON_CMP_HALT | C1E_ON_CMP_HALT)))
		return;
	wrmsr(MSR_INTERRUPT_PENDING, v & ~(SMI_ON_CMP_HALT | C1E_ON_CMP_HALT));
	pr_info("cpu: C1E is off: the local APIC's timer would stop there\n");
}
