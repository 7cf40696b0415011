/*
 * kernel/main.c - start_kernel(): the boot order as a table of contents
 *
 * Purpose:    bring up one part after the other, each needing only those above it; then process 1
 *             unpacks the initramfs and becomes the first program.
 * Invariants: interrupts stay off until everything that they touch exists.
 * Command line: nokaslr (boot/kaslr.c), selftest[=pattern], init=PATH, rdinit=PATH, root=DEVICE, words after "--" for init.
 */
#include <asm/desc.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/vdso.h>
#include <boot.h>
#include <boot_info.h>
#include <drivers.h>
#include <explore.h>
#include <fs.h>
#include <futex.h>
#include <genhd.h>
#include <irq.h>
#include <kaslr.h>
#include <ktest.h>
#include <litmus.h>
#include <machine_facts.h>
#include <mm.h>
#include <printk.h>
#include <sched.h>
#include <sections.h>
#include <swap.h>
#include <slab.h>
#include <string.h>
#include <time.h>
#include <trace.h>
#include <usb.h>
#include <utsname.h>
#include <vmalloc.h>
#include <watchdog.h>

#ifdef __clang__
#define COMPILER __VERSION__		/* names itself */
#else
#define COMPILER "gcc " __VERSION__
#endif

#define MAX_INIT_ARGS 32

static bool had_initramfs;

static int init_thread(void *unused);

static void log_start(void)
{
	pr_info("Quire (" QUIRE_BUILD ", compiled by " COMPILER ")\n");
	pr_info("boot: %s%s%s, kernel at physical %#lx\n", boot_info.protocol,
		*boot_info.loader ? " by " : "", boot_info.loader,
		(unsigned long)__pa(_text));
	pr_info("command line: %s\n", boot_info.cmdline);
	cmdline_has("nokaslr");			/* kaslr_init() has heeded it */
	if (!kaslr_offset())
		pr_info("kaslr: off, the kernel runs where it was linked\n");
}

static void memory_init(void)
{
	boot_memory_init();
	smp_reserve_trampoline();
	boot_reserve_low_memory();
	paging_init();
	mem_init();
	kmem_cache_init();
	vmalloc_init();
	ist_stacks_init();
	kernel_unmap((unsigned long)boot_stack - PAGE_SIZE, PAGE_SIZE);	/* its guard page */
	proc_caches_init();
}

static void interrupts_and_time_init(void)
{
	acpi_init();
	apic_init();
	ioapic_init();
	clocksource_init();
	time_init();
}

static void processes_init(void)
{
	fpu_init();
	fork_init();
	vdso_init();
	signals_init();
	futex_init();
	sched_init();
}

static void files_and_devices_init(void)
{
	litmus_init();
	vfs_init();
	tmpfs_init();
	ext2_init();
	devtmpfs_init();
	procfs_init();
	trace_init();
	drivers_init();
}

/* From boot/long_mode.asm: long mode, boot page tables, this CPU's GS set, interrupts off. */
void start_kernel(unsigned int protocol, phys_addr_t info)
{
	cpus[0].curr = &init_task;
	boot_info_init(protocol, info);
	printk_init();
	log_start();
	la57_init();
	cpu_init();
	memory_init();
	interrupts_and_time_init();
	processes_init();
	files_and_devices_init();
	local_irq_enable();
	lockdep_boot_done();
	if (IS_ERR(kthread_run(init_thread, NULL, "init")))
		panic("no memory for process 1");
	cpu_idle();
}

/* ---- process 1 -------------------------------------------------------------------------------- */

/* As Linux: descriptors 0, 1 and 2 of process 1 are the console. */
static void open_console(void)
{
	for (int fd = 0; fd < 3; fd++) {
		struct file *f = filp_open("/dev/console", O_RDWR, 0);

		if (IS_ERR(f)) {
			pr_warn("cannot open /dev/console: init starts without one\n");
			return;
		}
		fd_install(get_unused_fd(0, 0), f);
	}
}

extern const struct ktest __ktests_start[], __ktests_end[];

static struct report selftest_report;

/* False: there was nothing to do. */
static bool run_selftests(void)
{
	char pattern[128];

	if (!cmdline_get("selftest", pattern, sizeof(pattern)))
		return false;
	if ((unsigned long)__ktests_start >= (unsigned long)__ktests_end) {
		pr_err("selftest: this kernel was built without self tests: boot quire-selftest.elf\n");
		debug_exit(DEBUG_EXIT_FAILURE);
		return false;
	}
	ktest_run_all(pattern, &selftest_report);
	debug_exit(selftest_report.failed ? DEBUG_EXIT_FAILURE : DEBUG_EXIT_SUCCESS);
	return true;
}

/* No program watches: a person may. */
static void report_selftests(void)
{
	report_show(&selftest_report);
	pr_notice("selftest: %s; going on to init\n", selftest_report.failed ? "FAILED" : "all passed");
}

static int run_program(const char *path, const char **argv)
{
	static const char *const envp[] = { "HOME=/", "TERM=linux", NULL };
	int err;

	argv[0] = path;
	err = kernel_execve(path, argv, envp);
	if (err && err != -ENOENT)
		pr_err("cannot run %s: error %d\n", path, err);
	return err;
}

/* As Linux: a root= counts only if the archive has no program to begin with. */
static bool archive_has_init(void)
{
	char name[256] = "/init";
	struct path path;

	cmdline_get("rdinit", name, sizeof(name));
	if (kern_path(AT_FDCWD, name, LOOKUP_FOLLOW, &path))
		return false;
	path_put(&path);
	return true;
}

/* Returns only if nothing could be run. */
static void run_init(bool on_disk)
{
	static const char *const usual[] = { "/init", "/sbin/init", "/etc/init", "/bin/init",
					     "/bin/sh" };
	static const char *argv[MAX_INIT_ARGS + 2];
	static char path[256], args[COMMAND_LINE_SIZE];
	int n = cmdline_init_args(argv + 1, MAX_INIT_ARGS, args, sizeof(args));

	argv[n + 1] = NULL;
	if ((!on_disk && cmdline_get("rdinit", path, sizeof(path))) || cmdline_get("init", path, sizeof(path))) {
		if (!run_program(path, argv))
			return;
		panic("the requested init %s cannot be run; check rdinit= and init=", path);
	}
	for (size_t i = on_disk; i < ARRAY_SIZE(usual); i++)
		if (!run_program(usual[i], argv))
			return;
	if (on_disk)
		panic("no init found on the root file system: name one with init=");
	if (!had_initramfs)
		panic("no initramfs: pass one with -initrd build/initramfs.cpio (QEMU) or module2 (GRUB)");
	panic("no init found: the initramfs needs an executable /init, or name one with rdinit=");
}

static int init_thread(void *unused)
{
	bool on_disk, tested;

	had_initramfs = boot_info.initrd_size != 0;
	smp_init();
	watchdog_init();
	vmscan_init();
	oom_init();
	virtio_blk_init();
	populate_rootfs();
	explore_init();
	mark_rodata_ro();
	check_wx();
	boot_page();
	tested = run_selftests();
	usb_init();
	if (tested)
		report_selftests();
	open_console();
	on_disk = !archive_has_init() && mount_root_device();
	cmdline_report_unknown();
	run_init(on_disk);
	return 0;
}
