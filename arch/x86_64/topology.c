/*
 * arch/x86_64/topology.c - threads, cores, packages
 *
 * Purpose:    /proc/cpuinfo: which of the CPUs are threads of one core (SMT).  The scheduler does not ask.
 * Invariants: thread_bits <= package_bits <= 32.
 * Lock order: none.
 * Simplified: one level between core and package (no dies, tiles, modules), and all packages alike.
 * Sources:    Intel SDM vol. 2A, "CPUID", leaves 04H, 0BH; vol. 3A, "Multiple-Processor Management";
 *             AMD64 APM vol. 3, "Extended Topology Enumeration", functions 8000_0008h and 8000_001Eh.
 */
#include <asm/percpu.h>
#include <asm/processor.h>
#include <asm/topology.h>
#include <string.h>

#define LEVEL_THREAD	1
#define LEVEL_CORE	2

/* Bits that can tell @n things apart. */
static u8 bits_for(u32 n)
{
	u8 bits = 0;

	while (bits < 31 && 1U << bits < n)
		bits++;
	return bits;
}

static bool is_amd(void)
{
	return !strcmp(cpu_features.vendor, "AuthenticAMD") || !strcmp(cpu_features.vendor, "HygonGenuine");
}

static struct topology amd_topology(void)
{
	struct topology t = { 0, 0 };
	u32 max, a, b, c, d, threads = 1;

	cpuid(0x80000000, 0, &max, &b, &c, &d);
	if (max >= 0x80000008) {
		cpuid(0x80000008, 0, &a, &b, &c, &d);
		t.package_bits = (c >> 12) & 15 ?: bits_for((c & 0xff) + 1);
	}
	cpuid(0x80000001, 0, &a, &b, &c, &d);
	if (max >= 0x8000001e && c & BIT(22)) {
		cpuid(0x8000001e, 0, &a, &b, &c, &d);
		threads = ((b >> 8) & 0xff) + 1;
	}
	t.thread_bits = min(bits_for(threads), t.package_bits);
	return t;
}

/* Leaf 0BH: a list of levels.  False: this CPU does not have it. */
static bool listed_topology(struct topology *t)
{
	u32 max, a, b, c, d;

	cpuid(0, 0, &max, &b, &c, &d);
	if (max < 0xb)
		return false;
	cpuid(0xb, 0, &a, &b, &c, &d);
	if (!(b & 0xffff) || ((c >> 8) & 0xff) != LEVEL_THREAD)
		return false;
	t->thread_bits = t->package_bits = a & 31;
	for (u32 i = 1; i < 8; i++) {
		cpuid(0xb, i, &a, &b, &c, &d);
		if (((c >> 8) & 0xff) == LEVEL_CORE)
			t->package_bits = max(a & 31, (u32)t->thread_bits);
	}
	return true;
}

/* Before leaf 0BH: how many ids a package has, and how many of its cores. */
static struct topology counted_topology(void)
{
	struct topology t = { 0, 0 };
	u32 max, a, b, c, d, cores = 1;

	cpuid(0, 0, &max, &b, &c, &d);
	if (max >= 4) {
		cpuid(4, 0, &a, &b, &c, &d);
		cores = a & 31 ? (a >> 26) + 1 : 1;
	}
	cpuid(1, 0, &a, &b, &c, &d);
	if (d & BIT(28))
		t.package_bits = bits_for((b >> 16) & 0xff);
	t.thread_bits = t.package_bits - min(t.package_bits, bits_for(cores));
	return t;
}

struct topology cpu_topology(void)
{
	struct topology t;

	if (is_amd())
		return amd_topology();
	return listed_topology(&t) ? t : counted_topology();
}

/* Is there a CPU with a lower number on the same core? */
static bool core_was_seen(struct topology t, unsigned int cpu)
{
	for (unsigned int i = 0; i < cpu; i++)
		if (cpus[i].apic_id >> t.thread_bits == cpus[cpu].apic_id >> t.thread_bits)
			return true;
	return false;
}

void topology_count(struct topology t, u32 package, unsigned int *nr, unsigned int *cores)
{
	*nr = *cores = 0;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (topology_package(t, cpus[cpu].apic_id) != package)
			continue;
		++*nr;
		*cores += !core_was_seen(t, cpu);
	}
}
