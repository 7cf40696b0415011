/*
 * arch/x86_64/cpu.c - what this CPU can do, and its control registers
 *
 * Purpose:    read CPUID once; set CR0, CR4 and EFER to what the kernel relies on, whatever
 *             the firmware left in them; then GDT, IDT and the SYSCALL registers.
 * Invariants: CR0.WP is on, or the kernel's own writes would break copy-on-write.  FSGSBASE
 *             stays off: the FS and GS bases change only by arch_prctl(), so the kernel
 *             knows them.  SMEP, SMAP, UMIP and NX are on wherever CPUID has them.
 *             XCR0 has every feature that fpu.c saves; protection keys are on only with XSAVE.
 * Sources:    Intel SDM vol. 2, "CPUID"; vol. 3A, "Control Registers".
 */
#include <asm/desc.h>
#include <asm/extable.h>
#include <asm/memtype.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <boot_info.h>
#include <boot.h>
#include <printk.h>
#include <sched.h>
#include <string.h>

struct cpu cpus[NR_CPUS];
unsigned int nr_cpus = 1;
struct cpu_features cpu_features __ro_after_init;

static void __init read_family(struct cpu_features *f, u32 eax)
{
	f->stepping = eax & 15;
	f->model = (eax >> 4) & 15;
	f->family = (eax >> 8) & 15;
	if (f->family == 6 || f->family == 15)
		f->model |= ((eax >> 16) & 15) << 4;
	if (f->family == 15)
		f->family += (eax >> 20) & 255;
}

static void __init read_brand(struct cpu_features *f)
{
	u32 r[12];

	for (u32 i = 0; i < 3; i++)
		cpuid(0x80000002 + i, 0, &r[4 * i], &r[4 * i + 1], &r[4 * i + 2], &r[4 * i + 3]);
	memcpy(f->brand, r, sizeof(r));
	f->brand[48] = 0;
}

/* Has the component a place in an XSAVE area?  Bochs' Tiger Lake does not say where it puts PKRU. */
static bool __init has_place_in_xsave(unsigned int component)
{
	u32 size, offset, c, d;

	cpuid(0xd, component, &size, &offset, &c, &d);
	return size && offset >= sizeof(struct xregs_state);
}

static void __init read_features(struct cpu_features *f)
{
	u32 a, b, c, d, max, max_ext;

	cpuid(0, 0, &max, &b, &c, &d);
	memcpy(f->vendor, &b, 4);
	memcpy(f->vendor + 4, &d, 4);
	memcpy(f->vendor + 8, &c, 4);
	cpuid(1, 0, &a, &b, &c, &d);
	read_family(f, a);
	f->pge = d & BIT(13);
	f->pcid = (c & BIT(17)) && f->pge && !cmdline_has("nopcid");
	f->x2apic = c & BIT(21);
	f->tsc_deadline = c & BIT(24);
	f->xsave = c & BIT(26);
	f->avx = c & BIT(28);
	if (max >= 7) {
		cpuid(7, 0, &a, &b, &c, &d);
		f->fsgsbase = b & BIT(0);
		f->smep = b & BIT(7);
		f->smap = b & BIT(20);
		f->umip = c & BIT(2);
		f->la57 = c & BIT(16);
		f->ospke = c & BIT(3);
	}
	if (f->xsave && max >= 0xd) {
		cpuid(0xd, 0, &a, &b, &c, &d);
		f->xfeatures = ((u64)d << 32 | a) & XFEATURE_MASK_SUPPORTED;
		if (!has_place_in_xsave(XFEATURE_PKRU))
			f->xfeatures &= ~XFEATURE_MASK_PKRU;
	}
	f->xsave = f->xfeatures;
	f->avx &= !!(f->xfeatures & XFEATURE_MASK_YMM);
	f->ospke &= !!(f->xfeatures & XFEATURE_MASK_PKRU);	/* PKRU is saved by XSAVE alone */
	cpuid(0x80000000, 0, &max_ext, &b, &c, &d);
	cpuid(0x80000001, 0, &a, &b, &c, &d);
	f->nx = d & BIT(20);
	f->gbpages = d & BIT(26);
	f->phys_bits = 36;
	f->virt_bits = 48;
	if (max_ext >= 0x80000008) {
		cpuid(0x80000008, 0, &a, &b, &c, &d);
		f->phys_bits = a & 255;
		f->virt_bits = (a >> 8) & 255;
	}
	if (max_ext >= 0x80000004)
		read_brand(f);
}

static void set_control_registers(const struct cpu_features *f)
{
	write_cr0(CR0_PE | CR0_MP | CR0_NE | BIT(4) | CR0_WP | CR0_AM | CR0_PG);
	write_cr4(CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT |
		  (f->pge ? CR4_PGE : 0) | (f->smep ? CR4_SMEP : 0) |
		  (f->smap ? CR4_SMAP : 0) | (f->umip ? CR4_UMIP : 0) |
		  (pgtable_l5_enabled() ? CR4_LA57 : 0) |
		  (f->xsave ? CR4_OSXSAVE : 0) | (f->ospke ? CR4_PKE : 0) |
		  (f->fsgsbase ? CR4_FSGSBASE : 0) | (f->pcid ? CR4_PCIDE : 0));
	if (f->xsave)
		xsetbv(0, f->xfeatures);
	if (f->nx)
		wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NX);
}

/* Where an instruction goes if the CPU has SMAP (smap.inc). */
struct smap_site {
	s32 insn;		/* offset from this field */
	u8 opcode[4];		/* three bytes used */
};
extern const struct smap_site __smap_sites_start[], __smap_sites_end[];

/* Write STAC and CLAC over their NOPs.  The code is still writable: boot tables. */
static void __init patch_smap_sites(void)
{
	for (const struct smap_site *s = __smap_sites_start; s < __smap_sites_end; s++)
		memcpy((char *)&s->insn + s->insn, s->opcode, 3);
}

/* What cpu_init() finds out for all, set on one more of them.  smp.c has filled @cpu. */
void cpu_init_secondary(struct cpu *cpu)
{
	gdt_init(cpu);
	idt_load();
	set_control_registers(&cpu_features);
	mtrr_cpu_init();
	pat_cpu_init();
	c1e_cpu_init();
	syscall_init();
}

void __init cpu_init(void)
{
	struct cpu *cpu = &cpus[0];

	cpu->curr = &init_task;
	cpu->kernel_sp = (unsigned long)boot_stack + KERNEL_STACK_SIZE;
	read_features(&cpu_features);
	gdt_init(cpu);
	idt_init();
	sort_extable();
	if (cpu_features.smap)
		patch_smap_sites();
	set_control_registers(&cpu_features);
	mtrr_init();
	pat_cpu_init();
	c1e_cpu_init();
	syscall_init();
	pr_info("cpu: %s %s, family %u model %u, %u physical and %u virtual address bits\n",
		cpu_features.vendor, cpu_features.brand, cpu_features.family, cpu_features.model,
		cpu_features.phys_bits, cpu_features.virt_bits);
	pr_info("cpu: protections:%s%s%s%s%s WP\n", cpu_features.nx ? " NX" : "",
		cpu_features.smep ? " SMEP" : "", cpu_features.smap ? " SMAP" : "",
		cpu_features.umip ? " UMIP" : "", cpu_features.ospke ? " PKU" : "");
}
