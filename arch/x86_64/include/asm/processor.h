/*
 * asm/processor.h - the CPU: control registers, MSRs, CPUID, segments
 */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <types.h>
#include <asm/irqflags.h>
#include <asm/memory_layout.h>
#include <asm/ptrace.h>

/*
 * Selectors; the order user32 CS, user DS, user CS is what SYSRET demands.  The user's are Linux's:
 * programs see them in signal frames and core files.
 */
#define KERNEL_CS	0x10
#define KERNEL_DS	0x18
#define USER32_CS	0x23
#define USER_DS		0x2b
#define USER_CS		0x33
#define TSS_SEL		0x40
#define CPUNODE_SEL	0x7b

/* IST slots in the TSS, 1-based. */
#define IST_DF	1
#define IST_NMI	2
#define IST_MC	3
#define IST_DB	4

#define CR0_PE BIT(0)
#define CR0_MP BIT(1)
#define CR0_EM BIT(2)
#define CR0_TS BIT(3)
#define CR0_NE BIT(5)
#define CR0_WP BIT(16)
#define CR0_AM BIT(18)		/* a program may ask for alignment checks by EFLAGS.AC */
#define CR0_PG BIT(31)
#define CR3_NOFLUSH BIT(63)		/* with PCIDs: what the TLB holds under this one still fits */
#define CR4_PAE BIT(5)
#define CR4_MCE BIT(6)
#define CR4_PGE BIT(7)
#define CR4_OSFXSR BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_UMIP BIT(11)
#define CR4_LA57 BIT(12)
#define CR4_FSGSBASE BIT(16)
#define CR4_PCIDE BIT(17)
#define CR4_OSXSAVE BIT(18)
#define CR4_SMEP BIT(20)
#define CR4_SMAP BIT(21)
#define CR4_PKE BIT(22)

#define MSR_EFER		0xc0000080
#define EFER_SCE BIT(0)
#define EFER_LME BIT(8)
#define EFER_NX  BIT(11)
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_SYSCALL_MASK	0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_APIC_BASE		0x1b

#define X86_EFLAGS_FIXED 0x2UL
#define X86_EFLAGS_TF 0x100UL
#define X86_EFLAGS_DF 0x400UL
#define X86_EFLAGS_IOPL 0x3000UL
#define X86_EFLAGS_NT 0x4000UL
#define X86_EFLAGS_RF 0x10000UL
#define X86_EFLAGS_AC 0x40000UL
/* What a user may set by sigreturn. */
#define X86_EFLAGS_USER (X86_EFLAGS_AC | X86_EFLAGS_DF | X86_EFLAGS_TF | X86_EFLAGS_RF | 0x8d5UL)

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}
static inline void wrmsr(u32 msr, u64 v)
{
	asm volatile("wrmsr" :: "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}
static inline void cpuid(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	asm volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "0"(leaf), "2"(sub));
}
static inline u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (u64)hi << 32 | lo;
}
#define DEFINE_CR(n) \
static inline unsigned long read_cr##n(void) \
{ unsigned long v; asm volatile("mov %%cr" #n ", %0" : "=r"(v) :: "memory"); return v; } \
static inline void write_cr##n(unsigned long v) \
{ asm volatile("mov %0, %%cr" #n :: "r"(v) : "memory"); }
DEFINE_CR(0)
DEFINE_CR(2)
DEFINE_CR(3)
DEFINE_CR(4)

/* XCR0: which state components XSAVE and the instructions that use them may touch. */
static inline void xsetbv(u32 reg, u64 v)
{
	asm volatile("xsetbv" :: "c"(reg), "a"((u32)v), "d"((u32)(v >> 32)));
}

static inline void outb(u16 port, u8 v) { asm volatile("outb %0, %1" :: "a"(v), "Nd"(port)); }
static inline void outw(u16 port, u16 v) { asm volatile("outw %0, %1" :: "a"(v), "Nd"(port)); }
static inline void outl(u16 port, u32 v) { asm volatile("outl %0, %1" :: "a"(v), "Nd"(port)); }
static inline u8 inb(u16 port) { u8 v; asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline u16 inw(u16 port) { u16 v; asm volatile("inw %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline u32 inl(u16 port) { u32 v; asm volatile("inl %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline void native_halt(void) { asm volatile("hlt" ::: "memory"); }
/* sti; hlt as one: an interrupt cannot slip between. */
static inline void safe_halt(void) { asm volatile("sti; hlt" ::: "memory"); }

/* What this CPU can do, read once by cpu_init(). */
struct cpu_features {
	bool nx, smep, smap, umip, pge, gbpages, fsgsbase, x2apic, tsc_deadline, xsave, la57, pcid;
	bool avx, ospke;		/* ospke: there are protection keys and we use them */
	u64 xfeatures;			/* for XCR0: what CPUID has and we support; 0 without XSAVE */
	unsigned int phys_bits, virt_bits, family, model, stepping;
	char vendor[13];
	char brand[49];
};
extern struct cpu_features cpu_features;

/* Registers kept across a context switch, plus what user space owns of the CPU. */
struct thread_struct {
	unsigned long sp;		/* kernel stack pointer while switched out */
	unsigned long fsbase, gsbase;	/* user's, see save_segment_bases(); gsbase is in KERNEL_GS_BASE while running */
	unsigned long cr2, error_code, trap_nr;	/* of the last fault, for signals */
	void *fpu;			/* struct xregs_state, 64-aligned (asm/fpu.h), or NULL (kernel thread) */
};

struct task_struct;
struct pt_regs;

void cpu_init(void);			/* features, control registers, GDT, TSS, IDT, SYSCALL MSRs, GS */
struct cpu;
void cpu_init_secondary(struct cpu *cpu);	/* the same for one more CPU, on it */
/* arch/x86_64/switch.asm: save callee-saved state on prev's stack, run next; returns the task we came from. */
struct task_struct *__switch_to_asm(struct task_struct *prev, struct task_struct *next);
/* Prepare a child's first return: kernel thread (fn, arg), or a copy of the parent's user registers. */
int copy_thread(struct task_struct *p, unsigned long usp, unsigned long tls, bool settls,
		int (*fn)(void *), void *arg);
/* current's fsbase and gsbase as they are now: with FSGSBASE user mode writes them by itself. */
void save_segment_bases(void);
/* exec: the registers with which the program starts; the caller's stack frame returns to it. */
void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);
/* entry.asm: leave the kernel with @regs, which must be task_pt_regs(current). */
void enter_user_mode(struct pt_regs *regs) __noreturn;
static inline struct pt_regs *task_pt_regs_stack(void *stack)
{
	return (struct pt_regs *)((char *)stack + KERNEL_STACK_SIZE - sizeof(struct pt_regs));
}
#define task_pt_regs(t) task_pt_regs_stack((t)->stack)
long do_arch_prctl(int code, unsigned long addr);

/* arch/x86_64/c1e.c: would this CPU's local APIC timer stop in HLT?  See to it that it does not; on each CPU. */
bool c1e_stops_timer(const struct cpu_features *f);
void c1e_cpu_init(void);

/* arch/x86_64/fpu.c */
void fpu_init(void);
void *fpu_alloc(void);			/* a clean state; NULL when there is no memory */
void fpu_free(void *fpu);
void fpu_save(void *fpu);
void fpu_restore(void *fpu);
void fpu_reset(void *fpu);		/* exec */
extern struct kmem_cache *fpu_cachep;

/* Stop: reboot, power off, halt for ever. */
void machine_restart(void) __noreturn;
void machine_power_off(void) __noreturn;
void machine_halt(void) __noreturn;
/* End QEMU by isa-debug-exit (0xf4) if it is there: rc = 2 * value + 1.  Returns if absent. */
void debug_exit(u8 value);
bool have_debug_exit(void);

#endif
