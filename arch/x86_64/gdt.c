/*
 * arch/x86_64/gdt.c - segments, and the stacks that the CPU switches to by itself
 *
 * Purpose:    long mode needs few segments: code and data for kernel and user, and a TSS, which
 *             holds the stack for entries from user mode (rsp0) and those of #DF, NMI, #MC
 *             and #DB (IST).
 * Invariants: the order of the user segments is what SYSRET computes from STAR; an IST stack
 *             ends at an unmapped page, so that overflowing it faults instead of corrupting.
 *             GDTR names the direct map's alias of the table, as IDTR does (idt.c): without UMIP any
 *             program can read both, and must not learn where the image is (boot/kaslr.c).
 * Sources:    Intel SDM vol. 3A, "Segment Descriptors", "Task Management in 64-bit Mode",
 *             "Interrupt Stack Table"; vol. 2, "SYSRET".
 */
#include <asm/desc.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <bug.h>
#include <err.h>
#include <vmalloc.h>

#define NR_IST 4

struct cpu_tables {
	u64 gdt[CPUNODE_SEL / 8 + 1];
	struct tss tss;
} __aligned(64);

static struct cpu_tables cpu_tables[NR_CPUS];
/* Until vmalloc works: no guard pages, but a message instead of a triple fault. */
static u8 early_ist[NR_IST][PAGE_SIZE] __initdata __aligned(16);

static void set_tss_descriptor(u64 *gdt, const struct tss *tss)
{
	u64 base = (u64)tss;
	u64 *desc = &gdt[TSS_SEL / 8];

	desc[0] = (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | 0x89UL << 40 |
		  ((base >> 24) & 0xff) << 56;
	desc[1] = base >> 32;
}

static void load_segments(const struct desc_ptr *ptr)
{
	asm volatile("lgdt %0\n\t"
		     "pushq %1\n\t"
		     "leaq 1f(%%rip), %%rax\n\t"
		     "pushq %%rax\n\t"
		     "lretq\n"
		     "1:\tmovl %2, %%eax\n\t"
		     "movl %%eax, %%ds\n\t"
		     "movl %%eax, %%es\n\t"
		     "movl %%eax, %%ss\n\t"
		     "movw %3, %%ax\n\t"
		     "ltr %%ax"
		     :: "m"(*ptr), "i"(KERNEL_CS), "i"(KERNEL_DS), "i"(TSS_SEL)
		     : "rax", "memory");
}

void gdt_init(struct cpu *cpu)
{
	struct cpu_tables *t = &cpu_tables[cpu->id];
	struct desc_ptr ptr = { sizeof(t->gdt) - 1, (u64)__va(__pa(t->gdt)) };

	t->gdt[KERNEL_CS / 8] = 0x00af9b000000ffff;
	t->gdt[KERNEL_DS / 8] = 0x00cf93000000ffff;
	t->gdt[USER32_CS / 8] = 0x00cffb000000ffff;
	t->gdt[USER_DS / 8] = 0x00cff3000000ffff;
	t->gdt[USER_CS / 8] = 0x00affb000000ffff;
	/* Nobody loads it: its limit is the CPU's number, for user mode to read (vdso/vgettime.c). */
	t->gdt[CPUNODE_SEL / 8] = 0x0040f50000000000 | cpu->id;
	set_tss_descriptor(t->gdt, &t->tss);
	t->tss.iomap_base = sizeof(t->tss);	/* beyond the limit: no port is open to user mode */
	for (int i = 0; i < NR_IST && !cpu->id; i++)
		t->tss.ist[i] = (u64)early_ist[i] + PAGE_SIZE;
	t->tss.rsp0 = cpu->kernel_sp;
	cpu->tss = &t->tss;
	load_segments(&ptr);
}

int ist_stacks_alloc(const struct cpu *cpu)
{
	struct tss *tss = &cpu_tables[cpu->id].tss;
	char *stacks[NR_IST];

	for (int i = 0; i < NR_IST; i++) {
		stacks[i] = alloc_kernel_stack();
		if (stacks[i])
			continue;
		while (i--)
			free_kernel_stack(stacks[i]);
		return -ENOMEM;
	}
	for (int i = 0; i < NR_IST; i++)
		tss->ist[i] = (u64)stacks[i] + KERNEL_STACK_SIZE;
	return 0;
}

void ist_stacks_init(void)
{
	if (ist_stacks_alloc(this_cpu()))
		panic("no memory for the exception stacks");
}
