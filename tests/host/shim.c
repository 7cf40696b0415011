/*
 * tests/host/shim.c - the parts of the kernel that mm/ calls and that a host has not
 *
 * Purpose:    memory, CPUs, log and panic for mm/ in a host process.  A panic ends the
 *             test with its message; what cannot happen here (tasks, signals) says so.
 */
#include <asm/irqflags.h>
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

unsigned char fake_ram[FAKE_RAM_SIZE] __aligned(4096);
static struct page fake_vmemmap[FAKE_RAM_SIZE / PAGE_SIZE];
struct page *vmemmap = fake_vmemmap;
unsigned long phys_base;
bool __pgtable_l5_enabled;
unsigned long __task_size_max = TASK_SIZE_L4;
struct cpu cpus[NR_CPUS];
unsigned int nr_cpus = 1, fake_cpu;
bool fake_irqs_off;
unsigned long vm_event_counts[NR_CPUS][NR_VM_EVENTS];
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

void page_anon_release(struct page *page) { }
bool fatal_signal_pending(struct task_struct *t) { return false; }
bool out_of_memory(gfp_t gfp, unsigned int order) { return false; }
void schedule(void) { panic("nothing to schedule"); }
void vmemmap_populate(unsigned long start_pfn, unsigned long end_pfn) { }

/* ---- the software TLB --------------------------------------------------------------- */

#define TLB_SLOTS 64

static struct tlb_entry {
	struct mm_struct *mm;
	unsigned long vpn;
	pte_t *ptep;
	unsigned long pte;
} fake_tlb[TLB_SLOTS];

unsigned long fake_stale_uses;
static u64 tlb_seed = 1;

static struct tlb_entry *tlb_slot(struct mm_struct *mm, unsigned long vpn)
{
	return &fake_tlb[(vpn ^ (unsigned long)mm >> 6) % TLB_SLOTS];
}

static pte_t *walk(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (!pgd_present(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (!p4d_present(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (!pud_present(*pud) || pud_leaf(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	if (!pmd_present(*pmd) || pmd_leaf(*pmd))
		return NULL;
	return pte_offset_kernel(pmd, addr);
}

/* An entry as good as @write needs, from the TLB or by a walk; NULL is a page fault. */
static struct tlb_entry *translate(struct mm_struct *mm, unsigned long addr, bool write)
{
	unsigned long vpn = addr >> PAGE_SHIFT;
	unsigned long need = _PAGE_PRESENT | _PAGE_USER | (write ? _PAGE_RW | _PAGE_DIRTY : 0);
	struct tlb_entry *e = tlb_slot(mm, vpn);
	pte_t *ptep;

	tlb_seed = tlb_seed * 6364136223846793005UL + 1442695040888963407UL;
	if (tlb_seed >> 60 == 0)
		e->mm = NULL;		/* a CPU may forget at any time */
	if (e->mm == mm && e->vpn == vpn && (e->pte & need) == need)
		return e;
	ptep = walk(mm, addr);
	if (!ptep || (pte_val(*ptep) & need & ~_PAGE_DIRTY) != (need & ~_PAGE_DIRTY))
		return NULL;
	__atomic_fetch_or(&ptep->pte, _PAGE_ACCESSED | (write ? _PAGE_DIRTY : 0),
			  __ATOMIC_SEQ_CST);
	*e = (struct tlb_entry){ mm, vpn, ptep, pte_val(*ptep) };
	return e;
}

void *fake_access(struct mm_struct *mm, unsigned long addr, bool write)
{
	const unsigned long matters = PTE_PFN_MASK | _PAGE_PRESENT | _PAGE_USER;
	struct tlb_entry *e = translate(mm, addr, write);
	pte_t *now;

	if (!e)
		return NULL;
	now = walk(mm, addr);
	if (!now || ((pte_val(*now) ^ e->pte) & matters) ||
	    (write && !(pte_val(*now) & _PAGE_RW)))
		fake_stale_uses++;
	return fake_ram + (e->pte & PTE_PFN_MASK) + offset_in_page(addr);
}

void flush_tlb_mm_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	unsigned int i;

	for (i = 0; i < TLB_SLOTS; i++)
		if (fake_tlb[i].mm == mm && fake_tlb[i].vpn >= start >> PAGE_SHIFT &&
		    fake_tlb[i].vpn < PFN_UP(end))
			fake_tlb[i].mm = NULL;
}

void flush_tlb_mm(struct mm_struct *mm)
{
	flush_tlb_mm_range(mm, 0, TASK_SIZE_MAX);
}

void flush_tlb_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	flush_tlb_mm_range(vma->vm_mm, start, end);
}

void flush_tlb_page(struct vm_area_struct *vma, unsigned long addr)
{
	flush_tlb_mm_range(vma->vm_mm, addr & PAGE_MASK, (addr & PAGE_MASK) + PAGE_SIZE);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end) { }

void flush_tlb_all(void)
{
	memset(fake_tlb, 0, sizeof(fake_tlb));
}

/* ---- a machine ------------------------------------------------------------------------ */

/* 64 MiB with a hole, as firmware would tell it, up to a working page allocator. */
void fake_boot(void)
{
	unsigned int i;

	if (page_alloc_ready)
		return;
	for (i = 0; i < NR_CPUS; i++) {
		cpus[i].id = i;
		cpus[i].curr = &fake_task;
	}
	memblock_add(0, 0x9fc00);
	memblock_add(0x100000, (24UL << 20) - 0x100000);
	memblock_add(32UL << 20, 32UL << 20);
	memblock_reserve(0, 0x10000);
	memblock_reserve(0x200000, 0x123456);
	mem_init();
}
