/*
 * fs/procfs/kernel.c - /proc files about the machine and the kernel as a whole
 */
#include <asm/memtype.h>
#include <asm/processor.h>
#include <asm/topology.h>
#include <asm/uaccess.h>
#include <boot_info.h>
#include <genhd.h>
#include <irq.h>
#include <printk.h>
#include <string.h>
#include <utsname.h>
#include <swap.h>

#include "internal.h"

static int version_show(struct seq_file *m)
{
	seq_printf(m, "%s version %s (quire) (C compiler %s) %s\n", init_uts.sysname, init_uts.release,
		   __VERSION__, init_uts.version);
	return 0;
}

static int cmdline_show(struct seq_file *m)
{
	seq_printf(m, "%s\n", boot_info.cmdline);
	return 0;
}

static struct cpu_times all_cpu_times(void)
{
	struct cpu_times sum = { 0 };

	for (unsigned int i = 0; i < nr_cpus; i++) {
		struct cpu_times t = sched_cpu_times(i);

		sum.user += t.user;
		sum.system += t.system;
		sum.idle += t.idle;
	}
	return sum;
}

static int uptime_show(struct seq_file *m)
{
	u64 up = ktime_get() / 10000000, idle = all_cpu_times().idle / 10000000;

	seq_printf(m, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100, idle % 100);
	return 0;
}

static int loadavg_show(struct seq_file *m)
{
	struct task_struct *p;
	unsigned long flags;
	pid_t last = 0;

	spin_lock_irqsave(&tasklist_lock, flags);
	for_each_process(p)
		last = max(last, p->pid);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	for (int i = 0; i < 3; i++) {
		unsigned long v = avenrun[i] + (1 << 11) / 200;

		seq_printf(m, "%lu.%02lu ", v >> 11, ((v & 2047) * 100) >> 11);
	}
	seq_printf(m, "%u/%u %d\n", nr_running(), nr_threads, last);
	return 0;
}

static void cpu_times(struct seq_file *m, struct cpu_times t)
{
	seq_printf(m, " %lu 0 %lu %lu 0 0 0 0 0 0\n", t.user / 10000000, t.system / 10000000,
		   t.idle / 10000000);
}

static int stat_show(struct seq_file *m)
{
	unsigned long total = 0;

	for (int i = 0; i < 256; i++)
		total += irq_count(i);
	seq_puts(m, "cpu ");
	cpu_times(m, all_cpu_times());
	for (unsigned int i = 0; i < nr_cpus; i++) {
		seq_printf(m, "cpu%u", i);
		cpu_times(m, sched_cpu_times(i));
	}
	seq_printf(m, "intr %lu", total);
	for (int i = 0; i < 16; i++)
		seq_printf(m, " %lu", irq_count(IRQ_BASE_VECTOR + i));
	seq_printf(m, "\nctxt %lu\nbtime %lu\nprocesses %lu\nprocs_running %u\nprocs_blocked 0\n",
		   nr_context_switches(), (ktime_get_real() - ktime_get()) / NSEC_PER_SEC, total_forks,
		   nr_running());
	return 0;
}

static int cpuinfo_show(struct seq_file *m)
{
	const struct cpu_features *c = &cpu_features;
	struct topology t = cpu_topology();

	for (unsigned int i = 0; i < nr_cpus; i++) {
		u32 apic = cpus[i].apic_id, package = topology_package(t, apic);
		unsigned int siblings, cores;

		topology_count(t, package, &siblings, &cores);
		seq_printf(m, "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", i,
			   c->vendor, c->family, c->model);
		seq_printf(m, "model name\t: %s\nstepping\t: %u\ncpu MHz\t\t: %lu.%03lu\n", c->brand,
			   c->stepping, tsc_khz / 1000, tsc_khz % 1000);
		seq_printf(m, "physical id\t: %u\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n",
			   package, siblings, topology_core(t, apic), cores);
		seq_printf(m, "apicid\t\t: %u\ninitial apicid\t: %u\n", apic, apic);
		seq_printf(m, "fpu\t\t: yes\nwp\t\t: yes\nflags\t\t: fpu tsc msr pae apic sse sse2 syscall lm%s%s%s%s%s%s%s%s%s%s\n",
			   c->nx ? " nx" : "", c->gbpages ? " pdpe1gb" : "", c->smep ? " smep" : "",
			   c->smap ? " smap" : "", c->umip ? " umip" : "",
			   c->fsgsbase ? " fsgsbase" : "", pgtable_l5_enabled() ? " la57" : "",
			   c->xsave ? " xsave" : "", c->avx ? " avx" : "",
			   c->ospke ? " pku ospke" : "");
		seq_printf(m, "bogomips\t: %lu.%02lu\nclflush size\t: 64\n", tsc_khz * 2 / 1000,
			   tsc_khz / 5 % 100);
		seq_printf(m, "address sizes\t: %u bits physical, %u bits virtual\n\n", c->phys_bits,
			   c->virt_bits);
	}
	return 0;
}

static void interrupt_line(struct seq_file *m, unsigned int vector, const char *text)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		seq_printf(m, " %10u", irq_counts[cpu][vector]);
	seq_printf(m, "   %s\n", text);
}

/* Lines that have interrupted; then what CPUs do by themselves, in Linux's order (PRK: ours alone). */
static int interrupts_show(struct seq_file *m)
{
	static const struct {
		unsigned int vector;
		const char *name, *text;
	} local[] = {
		{ 2, "NMI", "Non-maskable interrupts" },
		{ LOCAL_TIMER_VECTOR, "LOC", "Local timer interrupts" },
		{ SPURIOUS_VECTOR, "SPU", "Spurious interrupts" },
		{ RESCHEDULE_VECTOR, "RES", "Rescheduling interrupts" },
		{ CALL_VECTOR, "CAL", "Function call interrupts" },
		{ PARK_VECTOR, "PRK", "Parking interrupts" },
	};

	seq_puts(m, "           ");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		seq_printf(m, "CPU%-8u", cpu);
	seq_puts(m, "\n");
	for (unsigned int irq = 0; irq < NR_IRQS; irq++) {
		if (!irq_count(IRQ_BASE_VECTOR + irq))
			continue;
		seq_printf(m, "%3u:", irq);
		interrupt_line(m, IRQ_BASE_VECTOR + irq, "IO-APIC");
	}
	for (size_t i = 0; i < ARRAY_SIZE(local); i++) {
		seq_printf(m, "%s:", local[i].name);
		interrupt_line(m, local[i].vector, local[i].text);
	}
	return 0;
}

/* /proc/kmsg: reading takes messages out, as syslog(2) action 2 does. */
static ssize_t kmsg_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	return do_syslog(2, buf, len);
}

static const struct file_operations kmsg_fops = { .read = kmsg_read };

void proc_kernel_init(void)
{
	proc_create("version", 0444, version_show, NULL);
	proc_create("cmdline", 0444, cmdline_show, NULL);
	proc_create("uptime", 0444, uptime_show, NULL);
	proc_create("loadavg", 0444, loadavg_show, NULL);
	proc_create("stat", 0444, stat_show, NULL);
	proc_create("cpuinfo", 0444, cpuinfo_show, NULL);
	proc_create("interrupts", 0444, interrupts_show, NULL);
	proc_create("pat_memtype_list", 0400, memtype_show, NULL);
	proc_kallsyms_init();
	proc_create("filesystems", 0444, filesystems_show, NULL);
	proc_create("devices", 0444, devices_show, NULL);
	proc_create("diskstats", 0444, diskstats_show, NULL);
	proc_create("partitions", 0444, partitions_show, NULL);
	proc_create("swaps", 0444, swaps_show, NULL);
#ifdef QUIRE_LOCKDEP
	proc_create("lockdep", 0444, lockdep_show, NULL);
	proc_create("lockdep_chains", 0444, lockdep_chains_show, NULL);
#endif
	proc_create_fops("kmsg", 0400, &kmsg_fops);
}
