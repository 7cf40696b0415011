/*
 * asm/percpu.h - what belongs to one CPU, reached by the GS segment base
 *
 * Invariants: in the kernel GS.base points to this CPU's struct cpu; in user
 *             mode the kernel's value waits in KERNEL_GS_BASE (swapgs on entry).
 *             A field is touched only by its own CPU unless its comment says so.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include <lockdep.h>
#include <types.h>

#define NR_CPUS 64
#define NR_VM_EVENT_SLOTS 72		/* at least NR_VM_EVENTS */

struct task_struct;
struct mm_struct;
struct tss;

/* What this CPU's TLB may hold under one PCID: translations of this mm, no older than this. */
struct tlb_context {
	u64 ctx_id;				/* mm->context.ctx_id; 0: nothing */
	u64 gen;				/* mm->context.tlb_gen when it was last loaded or flushed */
};
#define TLB_NR_ASIDS 6

struct cpu {
	struct cpu *self;			/* GS:0, so that C can take the address */
	struct task_struct *curr;		/* what "current" reads */
	unsigned long kernel_sp;		/* top of current's kernel stack: the SYSCALL entry loads it */
	unsigned long user_sp_scratch;		/* the SYSCALL entry parks the user rsp here */
	unsigned int id;			/* 0 .. nr_cpus-1 */
	unsigned int apic_id;
	bool icr_stuck;				/* apic_send(): the last interrupt to another CPU had not left in time */
	unsigned int irq_depth;			/* nested hardware interrupts */
	unsigned int preempt_count;		/* spinlocks held: no sleep while not 0 */
	bool need_resched;
	struct mm_struct *loaded_mm;		/* whose tables are in CR3 */
	bool tlb_lazy;				/* a task without an mm runs: others read it */
	unsigned int asid, next_asid;		/* the PCID in CR3; which one is replaced next */
	struct tlb_context tlb[TLB_NR_ASIDS];	/* without PCIDs the first alone */
	struct task_struct *idle;
	struct tss *tss;
	unsigned long vm_events[NR_VM_EVENT_SLOTS];	/* of enum vm_event; others may read */
#ifdef QUIRE_LOCKDEP
	struct held_spins held;
#endif
};

extern struct cpu cpus[NR_CPUS];
extern unsigned int nr_cpus;

#define __cpu_read(field, type) ({ type _v; \
	asm volatile("mov %%gs:%c1, %0" : "=r"(_v) : "i"(offsetof(struct cpu, field))); _v; })

/* One instruction: no interrupt comes in between, and it is this CPU's counter wherever we run. */
#define this_cpu_add(field, n) \
	asm volatile("addq %1, %%gs:%c0" :: "i"(offsetof(struct cpu, field)), "re"((unsigned long)(n)) : "cc")

/* This CPU's structure.  Stable only while the caller cannot migrate. */
static inline struct cpu *this_cpu(void) { return __cpu_read(self, struct cpu *); }
static inline unsigned int smp_processor_id(void) { return __cpu_read(id, unsigned int); }
static inline struct task_struct *get_current(void)
{
	struct task_struct *t;

	asm("mov %%gs:%c1, %0" : "=r"(t) : "i"(offsetof(struct cpu, curr)));
	return t;
}
#define current get_current()

static inline void preempt_disable(void)
{
	asm volatile("incl %%gs:%c0" :: "i"(offsetof(struct cpu, preempt_count)) : "memory", "cc");
}
static inline void preempt_enable(void)
{
	asm volatile("decl %%gs:%c0" :: "i"(offsetof(struct cpu, preempt_count)) : "memory", "cc");
}
static inline bool in_interrupt(void) { return __cpu_read(irq_depth, unsigned int) != 0; }
static inline bool in_atomic(void)
{
	return __cpu_read(preempt_count, unsigned int) != 0 || in_interrupt();
}

#endif
