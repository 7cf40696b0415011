/*
 * tests/host/shim.c - the parts of the kernel that mm/ calls and that a host has not
 *
 * Purpose:    memory, CPUs, log and panic for mm/ in a host process.  A panic ends the
 *             test with its message; what cannot happen here (tasks, signals) says so.
 */
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <memblock.h>
#include <mm.h>
#include <printk.h>
#include <rmap.h>
#include <sched.h>
#include <seq_file.h>
#include <string.h>
#include "shim.h"

void abort(void) __noreturn;
int vprintf(const char *fmt, va_list ap);
int printf(const char *fmt, ...);
int fflush(void *stream);

unsigned char fake_ram[FAKE_RAM_SIZE] __aligned(4096);
static struct page fake_vmemmap[FAKE_RAM_SIZE / PAGE_SIZE];
struct page *vmemmap = fake_vmemmap;
unsigned long phys_base;
bool __pgtable_l5_enabled;
unsigned long __task_size_max = TASK_SIZE_L4;
struct cpu cpus[NR_CPUS];
unsigned int nr_cpus = 1, fake_cpu;
bool fake_irqs_off;
struct cpu_features cpu_features = { .phys_bits = 40 };
bool fake_log_quiet;

static struct task_struct fake_task;

void panic(const char *fmt, ...)
{
	va_list ap;

	printf("panic: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(NULL);
	abort();
}

void __bug(const char *file, int line, const char *expr)
{
	panic("BUG at %s:%d: %s", file, line, expr);
}

void __warn(const char *file, int line, const char *expr)
{
	printf("WARNING at %s:%d: %s\n", file, line, expr);
}

void fake_bad_address(const volatile void *p)
{
	panic("%p is not in the direct map", (void *)p);
}

int printk(const char *fmt, ...)
{
	va_list ap;
	int n = 0;

	if (fmt[0] == '\001')
		fmt += 2;
	if (fake_log_quiet)
		return 0;
	va_start(ap, fmt);
	n = vprintf(fmt, ap);
	va_end(ap);
	return n;
}

const char *sprint_symbol(char *buf, size_t size, unsigned long addr)
{
	snprintf(buf, size, "0x%lx", addr);
	return buf;
}

int seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(m->buf + m->count, m->size - m->count, fmt, ap);
	va_end(ap);
	m->count = min(m->count + n, m->size - 1);
	return 0;
}

/* A test that is linked with the real ones (all of mm/) uses those. */
__attribute__((weak)) void page_anon_release(struct page *page) { }
__attribute__((weak)) bool out_of_memory(gfp_t gfp, unsigned int order) { return false; }
bool fatal_signal_pending(struct task_struct *t) { return false; }
void schedule(void) { panic("nothing to schedule"); }
void vmemmap_populate(unsigned long start_pfn, unsigned long end_pfn) { }

/* ---- a machine ------------------------------------------------------------------------ */

static void start_cpus(void)
{
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		cpus[i].id = i;
		cpus[i].curr = &fake_task;
	}
}

/* A machine of @frames page frames and nothing else. */
void fake_boot_frames(unsigned long frames)
{
	BUG_ON(page_alloc_ready || frames > FAKE_RAM_SIZE / PAGE_SIZE);
	start_cpus();
	memblock_add(0, frames << PAGE_SHIFT);
	mem_init();
}

/* 64 MiB with a hole, as firmware would tell it, up to a working page allocator. */
void fake_boot(void)
{
	if (page_alloc_ready)
		return;
	start_cpus();
	memblock_add(0, 0x9fc00);
	memblock_add(0x100000, (24UL << 20) - 0x100000);
	memblock_add(32UL << 20, 32UL << 20);
	memblock_reserve(0, 0x100000);
	memblock_reserve(0x200000, 0x123456);
	mem_init();
}
