/*
 * asm/topology.h - which CPUs share a core, and which a package
 */
#ifndef ASM_TOPOLOGY_H
#define ASM_TOPOLOGY_H

#include <types.h>

/* Of each local APIC's id the low bits name the thread of a core, the next the core of a package. */
struct topology {
	u8 thread_bits, package_bits;	/* package_bits: thread and core together */
};

/* What CPUID says of this machine; the same on every CPU. */
struct topology cpu_topology(void);

static inline u32 topology_package(struct topology t, u32 apic_id)
{
	return t.package_bits < 32 ? apic_id >> t.package_bits : 0;
}
static inline u32 topology_core(struct topology t, u32 apic_id)
{
	return (apic_id & ((1UL << t.package_bits) - 1)) >> t.thread_bits;
}

/* Running CPUs of the package, and different cores among them: "siblings" and "cpu cores" of /proc/cpuinfo. */
void topology_count(struct topology t, u32 package, unsigned int *cpus, unsigned int *cores);

#endif
