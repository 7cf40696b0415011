/*
 * arch/x86_64/mtrr.c - memory type range registers: what the firmware said about physical memory
 *
 * Purpose:    which ranges may be cached at all (memtype.c asks); and the same on all CPUs: one that was woken
 *             by INIT may have come with none, and would run without its caches.
 * Invariants: the answers are those of the first CPU, noted once, whichever CPU asks.
 *             The registers of the other CPUs are written only if they differ.
 * Lock order: none; written before the CPU uses memory together with others.
 * Simplified: what the firmware set up is kept, and nothing is added.
 * Sources:    Intel SDM vol. 3A, "Memory Type Range Registers (MTRRs)", "MTRR Considerations in MP Systems".
 */
#include <asm/memtype.h>
#include <asm/processor.h>
#include <boot.h>
#include <mm.h>

#define MSR_MTRRcap		0xfe
#define MSR_MTRRdefType		0x2ff
#define MSR_MTRRphysBase(i)	(0x200 + 2 * (i))
#define MSR_MTRRphysMask(i)	(0x201 + 2 * (i))

#define MTRR_ENABLED	BIT(11)
#define MTRR_VALID	BIT(11)
#define CAP_FIXED	BIT(8)
#define MAX_RANGES	32
#define CR0_CD		BIT(30)
#define CR0_NW		BIT(29)

static const u32 fixed_msrs[] = { 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f };

/* As the first CPU has them. */
static struct {
	bool present, fixed_present;
	unsigned int nr;
	u64 def;
	u64 base[MAX_RANGES], mask[MAX_RANGES];
	u64 fixed[ARRAY_SIZE(fixed_msrs)];
} mtrr __ro_after_init;

void __init mtrr_init(void)
{
	u32 a, b, c, d;
	u64 cap;

	cpuid(1, 0, &a, &b, &c, &d);
	if (!(d & BIT(12)))
		return;
	cap = rdmsr(MSR_MTRRcap);
	mtrr.present = true;
	mtrr.fixed_present = cap & CAP_FIXED;
	mtrr.nr = min(cap & 255, (u64)MAX_RANGES);
	mtrr.def = rdmsr(MSR_MTRRdefType);
	for (unsigned int i = 0; i < mtrr.nr; i++) {
		mtrr.base[i] = rdmsr(MSR_MTRRphysBase(i));
		mtrr.mask[i] = rdmsr(MSR_MTRRphysMask(i));
	}
	for (size_t i = 0; mtrr.fixed_present && i < ARRAY_SIZE(fixed_msrs); i++)
		mtrr.fixed[i] = rdmsr(fixed_msrs[i]);
}

static bool as_on_the_first_cpu(void)
{
	if (rdmsr(MSR_MTRRdefType) != mtrr.def)
		return false;
	for (unsigned int i = 0; i < mtrr.nr; i++)
		if (rdmsr(MSR_MTRRphysBase(i)) != mtrr.base[i] || rdmsr(MSR_MTRRphysMask(i)) != mtrr.mask[i])
			return false;
	for (size_t i = 0; mtrr.fixed_present && i < ARRAY_SIZE(fixed_msrs); i++)
		if (rdmsr(fixed_msrs[i]) != mtrr.fixed[i])
			return false;
	return true;
}

static void wbinvd(void)
{
	asm volatile("wbinvd" ::: "memory");
}

/* The steps that the SDM asks for: no caches, no TLB entries while the types change. */
void mtrr_cpu_init(void)
{
	unsigned long cr0 = read_cr0();

	if (!mtrr.present || as_on_the_first_cpu())
		return;
	write_cr0((cr0 | CR0_CD) & ~CR0_NW);
	wbinvd();
	write_cr3(read_cr3());
	wrmsr(MSR_MTRRdefType, 0);
	for (unsigned int i = 0; i < mtrr.nr; i++) {
		wrmsr(MSR_MTRRphysBase(i), mtrr.base[i]);
		wrmsr(MSR_MTRRphysMask(i), mtrr.mask[i]);
	}
	for (size_t i = 0; mtrr.fixed_present && i < ARRAY_SIZE(fixed_msrs); i++)
		wrmsr(fixed_msrs[i], mtrr.fixed[i]);
	wbinvd();
	write_cr3(read_cr3());
	wrmsr(MSR_MTRRdefType, mtrr.def);
	write_cr0(cr0);
}

/* ---- what they say ---- */

/* UC wins over everything, WT over WB. */
static unsigned int combine(unsigned int a, unsigned int b)
{
	if (a == b)
		return a;
	if ((a == HW_WT && b == HW_WB) || (a == HW_WB && b == HW_WT))
		return HW_WT;
	return HW_UC;
}

/* The type of one page above 1 MiB. */
static unsigned int page_type(phys_addr_t pa)
{
	unsigned int type = mtrr.def & 255;
	bool found = false;

	if (!(mtrr.def & MTRR_ENABLED))
		return HW_UC;
	for (unsigned int i = 0; i < mtrr.nr; i++) {
		u64 base = mtrr.base[i], mask = mtrr.mask[i];

		if (!(mask & MTRR_VALID) || ((pa ^ base) & mask & PTE_PFN_MASK))
			continue;
		type = found ? combine(type, base & 255) : base & 255;
		found = true;
	}
	return type;
}

/* The type can change only at multiples of the smallest range. */
static phys_addr_t granule(void)
{
	phys_addr_t g = 1UL << 40;

	for (unsigned int i = 0; i < mtrr.nr; i++) {
		u64 size = mtrr.mask[i] & PTE_PFN_MASK;

		if ((mtrr.mask[i] & MTRR_VALID) && size)
			g = min(g, (phys_addr_t)(size & -size));
	}
	return g;
}

bool mtrr_write_back(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t step = granule();

	if (!mtrr.present)
		return false;
	for (phys_addr_t pa = start; pa < end; pa = (pa | (step - 1)) + 1)
		if (page_type(pa) != HW_WB)
			return false;
	return true;
}
