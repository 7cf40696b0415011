/*
 * kernel/membarrier.c - a memory barrier on every CPU that runs threads of a process
 *
 * Purpose:    of two sides that would both need a barrier, the frequent one leaves it out (a compiler
 *             barrier stays) and the rare one makes both, by this call.
 * Invariants: between entry and return every CPU that runs a thread of the process in user mode has been
 *             interrupted, and an interrupt with its IRET orders everything: memory, and the
 *             instructions fetched afterwards (SYNC_CORE).
 *             A CPU that is not in the mm's mask when it is read loads its CR3 later: setting the bit in
 *             the mask is a locked operation, and so is leaving it (switch_mm).  A CPU that is in the mask
 *             and runs a kernel thread is interrupted too: no harm.
 *             A process says first that it will want the expedited kinds; exec forgets it.
 * Lock order: as smp_call_mask(): interrupts on, no spinlock held.
 * Simplified: MEMBARRIER_CMD_GLOBAL interrupts all CPUs; Linux waits for a grace period of RCU.
 * Sources:    membarrier(2); Intel SDM vol. 3A, "Serializing Instructions".
 */
#include <asm/smp.h>
#include <err.h>
#include <mm.h>
#include <rseq.h>
#include <sched.h>
#include <syscalls_sys.h>
#include <uapi/membarrier.h>

#define ALL_COMMANDS (2 * MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ - 1)

/* Coming here from user mode and going back is the barrier. */
static void serialize(void *mm)
{
	smp_mb();
}

/* Who is in a restartable sequence begins it again. */
static void restart_sequence(void *mm)
{
	if (current->mm == mm)
		rseq_preempt(current);
	smp_mb();
}

/* All CPUs that run @mm, or only @cpu of them if that is not negative. */
static void call_cpus_of(struct mm_struct *mm, void (*fn)(void *), int cpu)
{
	unsigned long mask[NR_CPUS / 64];

	smp_mb();
	for (unsigned int i = 0; i < ARRAY_SIZE(mask); i++)
		mask[i] = READ_ONCE(mm->cpu_vm_mask_var.bits[i]);
	if (cpu >= 0) {
		bool there = (unsigned int)cpu < nr_cpus && (mask[cpu / 64] & BIT(cpu % 64));

		for (unsigned int i = 0; i < ARRAY_SIZE(mask); i++)
			mask[i] = 0;
		if (there)
			mask[cpu / 64] = BIT(cpu % 64);
	}
	smp_call_mask(mask, fn, mm);
	smp_mb();
}

/* @cmd, one of the expedited kinds, after it was registered for. */
static long expedited(unsigned int cmd, int cpu)
{
	struct mm_struct *mm = current->mm;

	if (!(READ_ONCE(mm->membarrier_state) & cmd))
		return -EPERM;
	call_cpus_of(mm, cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ ? restart_sequence : serialize, cpu);
	return 0;
}

/*
 * The state has the bit of each command that may be used.  A CPU that runs the process needs not be told:
 * every switch between address spaces is a barrier already.
 */
static long register_for(unsigned int cmd)
{
	__atomic_fetch_or(&current->mm->membarrier_state, cmd, __ATOMIC_SEQ_CST);
	return 0;
}

long sys_membarrier(int cmd, unsigned int flags, int cpu)
{
	if (cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ ? flags & ~MEMBARRIER_CMD_FLAG_CPU : flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return ALL_COMMANDS;
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		smp_mb();
		smp_call_others(serialize, NULL);
		smp_mb();
		return 0;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ:
		return register_for(cmd / 2);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return expedited(cmd, -1);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ:
		return expedited(cmd, flags & MEMBARRIER_CMD_FLAG_CPU ? cpu : -1);
	}
	return -EINVAL;
}
