/*
 * tests/host asm/percpu.h - CPUs that take turns: a test says which one it plays
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include <types.h>

#define NR_CPUS 64
#define NR_VM_EVENT_SLOTS 72

struct task_struct;
struct mm_struct;

struct cpu {
	unsigned int id, apic_id;
	bool icr_stuck;
	unsigned int irq_depth;
	unsigned int preempt_count;
	struct task_struct *curr;
	struct mm_struct *loaded_mm;
	unsigned long vm_events[NR_VM_EVENT_SLOTS];
};

extern struct cpu cpus[NR_CPUS];
extern unsigned int nr_cpus;
extern unsigned int fake_cpu;		/* the CPU that runs now */

static inline struct cpu *this_cpu(void) { return &cpus[fake_cpu]; }
#define this_cpu_add(field, n) (this_cpu()->field += (n))
static inline unsigned int smp_processor_id(void) { return fake_cpu; }
static inline struct task_struct *get_current(void) { return this_cpu()->curr; }
#define current get_current()
static inline void preempt_disable(void) { this_cpu()->preempt_count++; }
static inline void preempt_enable(void) { this_cpu()->preempt_count--; }
static inline bool in_interrupt(void) { return this_cpu()->irq_depth != 0; }
static inline bool in_atomic(void) { return this_cpu()->preempt_count || in_interrupt(); }

#endif
