/*
 * boot/kaslr.c - the kernel's image at another virtual address at each boot
 *
 * Purpose:    who wants to misuse a bug has to know where the code lies.  So the image, linked at one
 *             address, slides up by a random multiple of 2 MiB; where it lies in RAM is the loader's
 *             affair, as before.
 *
 *   KERNEL_VMA                                                     KERNEL_VMA_END
 *   |  2 MiB |== link ==|       |== here ==|                               |
 *            |<----- slide ---->|           each pd entry: 2 MiB
 *
 * Invariants: runs once, in long mode on the boot tables, at the link address, before .bss is cleared
 *             and before any address was kept anywhere.  The image is then mapped at both addresses,
 *             which do not overlap, and each place of the list (tools/relocs.py) has the slide
 *             added: code that runs here meanwhile uses one or the other, the same memory.
 *             phys_base stays "physical minus virtual, counted from KERNEL_VMA", so that __pa() costs
 *             what it did.  No slide: nothing is changed.
 * Simplified: the direct map, vmalloc and vmemmap stay where they are; Linux moves them too.  About 500
 *             places are few against who can try often; a wrong guess ends in a panic.
 * Sources:    Edge, "Kernel address space layout randomization" (LWN, 2013); Intel SDM vol. 2, "RDRAND".
 */
#include <asm/page.h>
#include <asm/pgtable.h>
#include <asm/processor.h>
#include <boot.h>
#include <kaslr.h>
#include <sections.h>

#define PIT_CHANNEL0	0x40

extern u64 pd_kernel[];			/* long_mode.asm: 2 MiB each from KERNEL_VMA on */

/* ---- chance -------------------------------------------------------------------------------------- */

static bool __init rdrand(u64 *value)
{
	u32 a, b, c, d;
	bool ok = false;

	cpuid(1, 0, &a, &b, &c, &d);
	if (!(c & BIT(30)))
		return false;
	for (int tries = 0; tries < 10 && !ok; tries++)
		asm volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok));
	return ok;
}

/* Not known to anybody who has not seen this boot: RDRAND, and what else differs from boot to boot. */
static u64 __init boot_entropy(void)
{
	u64 hash = rdtsc(), value;

	hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9UL;
	if (rdrand(&value))
		hash ^= value;
	for (int i = 0; i < 3; i++) {		/* the count of a clock of its own */
		hash ^= (u64)inb(PIT_CHANNEL0) << 8 * i ^ rdtsc();
		hash = (hash ^ hash >> 32) * 0x94d049bb133111ebUL;
	}
	return hash ^ hash >> 31;
}

/* ---- the slide --------------------------------------------------------------------------------------- */

/* The image in units of 2 MiB, its first one at the link address. */
static unsigned long __init image_units(void)
{
	return (_end - _text + PMD_SIZE - 1) >> PMD_SHIFT;
}

/* In units of 2 MiB: not less than the image, and so that it ends below KERNEL_VMA_END. */
static unsigned long __init choose_slide(void)
{
	unsigned long first = KERNEL_LINK_PHYS >> PMD_SHIFT, units = image_units();
	unsigned long least = units, most = PTRS_PER_TABLE - units - first;

	return least + (boot_entropy() >> 32) * (most - least + 1) / (1UL << 32);
}

static void __init map_slid(unsigned long slide)
{
	unsigned long first = KERNEL_LINK_PHYS >> PMD_SHIFT;

	for (unsigned long i = first; i < first + image_units(); i++)
		pd_kernel[i + slide] = pd_kernel[i];
}

typedef u32 u32_in_code __attribute__((aligned(1)));	/* part of an instruction */

/* The borders of the list are in registers, because the instructions that name them are on it. */
static void __init relocate(unsigned int slide)
{
	const u32 *place = __relocs_start, *end = __relocs_end;

	asm volatile("" : "+r"(place), "+r"(end));
	for (; place < end; place++)
		*(u32_in_code *)(KERNEL_VMA + *place) += slide;
}

/* From long_mode.asm.  Afterwards the caller serializes, and jumps to where it now lies. */
void __init kaslr_init(unsigned int protocol, phys_addr_t info)
{
	unsigned long slide;
	const char *line;
	size_t len;

	line = boot_command_line(protocol, info, &len);
	if (line && cmdline_line_has(line, len, "nokaslr"))
		return;
	slide = choose_slide();
	map_slid(slide);
	phys_base -= slide << PMD_SHIFT;
	relocate(slide << PMD_SHIFT);
}
