/*
 * kernel/panic.c - a promise of the kernel to itself is broken: tell all, and stop
 *
 * Purpose:    registers, symbolised backtrace, the areas of the address space that was in use,
 *             and the page-table walk of the address that faulted; what the other CPUs were doing.
 * Invariants: interrupts stay off; nothing here allocates or waits for a lock.  A panic inside a
 *             panic prints one line and ends as panic= says, also when that line, the screen or a device faults again.
 *             One CPU panics, the others are stopped by an NMI before it prints; who wants to panic meanwhile
 *             waits for that.
 *             The screen comes last: all else has been said by then.
 * Command line: panic=N reboots after N seconds, panic=-1 at once, panic=0 (default) halts.
 */
#include <asm/extable.h>
#include <asm/nmi.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <boot.h>
#include <boot_info.h>
#include <kasan.h>
#include <kaslr.h>
#include <litmus.h>
#include <lockdep.h>
#include <mm.h>
#include <panic.h>
#include <printk.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#define MAX_AREAS 64

static int panic_depth;			/* the CPU that panics */

void show_regs(const struct pt_regs *r)
{
	char name[128];

	pr_err("RIP %04lx:%016lx %s\n", r->cs, r->ip, sprint_symbol(name, sizeof(name), r->ip));
	pr_err("RSP %04lx:%016lx  EFLAGS %08lx  ORIG_RAX %016lx\n", r->ss, r->sp, r->flags,
	       r->orig_ax);
	pr_err("RAX %016lx  RBX %016lx  RCX %016lx\n", r->ax, r->bx, r->cx);
	pr_err("RDX %016lx  RSI %016lx  RDI %016lx\n", r->dx, r->si, r->di);
	pr_err("RBP %016lx  R8  %016lx  R9  %016lx\n", r->bp, r->r8, r->r9);
	pr_err("R10 %016lx  R11 %016lx  R12 %016lx\n", r->r10, r->r11, r->r12);
	pr_err("R13 %016lx  R14 %016lx  R15 %016lx\n", r->r13, r->r14, r->r15);
	pr_err("CR2 %016lx  CR3 %016lx  CR4 %08lx\n", read_cr2(), read_cr3(), read_cr4());
}

static void show_areas(const struct mm_struct *mm)
{
	const struct vm_area_struct *vma = mm->mmap;

	pr_err("address space: %d areas\n", mm->map_count);
	for (int i = 0; vma && i < MAX_AREAS; i++, vma = vma->vm_next) {
		if (probe_read(vma)) {
			pr_err("  broken list: %p\n", (void *)vma);
			return;
		}
		pr_err("  %012lx-%012lx %c%c%c%c %08lx\n", vma->vm_start, vma->vm_end,
		       vma->vm_flags & VM_READ ? 'r' : '-', vma->vm_flags & VM_WRITE ? 'w' : '-',
		       vma->vm_flags & VM_EXEC ? 'x' : '-',
		       vma->vm_flags & VM_MAYSHARE ? 's' : 'p', vma->vm_pgoff << PAGE_SHIFT);
	}
}

static void show_walk(const struct mm_struct *mm, unsigned long addr)
{
	static char buf[1024];
	pgd_t *pgd = mm ? mm->pgd : init_pgd;

	if (!pgd)
		return;
	format_walk(pgd, addr, buf, sizeof(buf));
	pr_err("page tables of %#lx:\n%s", addr, buf);
}

/* After a jump to nowhere the stack's top still says where from. */
static void show_caller(const struct pt_regs *regs)
{
	const unsigned long *sp = (const unsigned long *)regs->sp;
	char name[128];

	if (regs->ip < KERNEL_VMA && !user_mode(regs) && !probe_read(sp))
		pr_err("called from %016lx %s\n", *sp, sprint_symbol(name, sizeof(name), *sp));
}

static void show_task(void)
{
	const struct task_struct *t = current;

	if (t && !probe_read(t))
		pr_err("CPU %u, process %d (%.15s)\n", smp_processor_id(), t->pid, t->comm);
	litmus_report();
}

/* Busy waiting by the time stamp counter: no interrupt comes any more. */
static void delay_seconds(long seconds)
{
	u64 start = rdtsc(), ticks = (u64)seconds * (tsc_khz ?: 1000000) * 1000;

	while (rdtsc() - start < ticks)
		cpu_relax();
}

/* What to give a debugger with the ELF file: symbol-file -o. */
static void show_offset(void)
{
	if (kaslr_offset())
		pr_emerg("kernel offset: %#lx from %#lx\n", kaslr_offset(), KERNEL_VMA + KERNEL_LINK_PHYS);
}

/* panic=: seconds until the restart; 0: never; less: at once. */
static long panic_timeout(void)
{
	return cmdline_num("panic", 0);
}

/* If there is time to read it. */
static void show_on_screen(void)
{
	if (panic_timeout() >= 0)
		panic_screen_show();
}

static void __noreturn restart_or_halt(void)
{
	long timeout = panic_timeout();

	if (timeout > 0)
		delay_seconds(timeout);
	if (timeout)
		machine_restart();
	machine_halt();
}

static void __noreturn stop(void)
{
	show_offset();
	if (panic_depth == 1)
		nmi_show_stopped();
	debug_exit(DEBUG_EXIT_FAILURE);
	if (!panic_timeout())
		pr_emerg("the machine is halted; switch it off (QEMU: C-a x), or boot with panic=N\n");
	show_on_screen();
	restart_or_halt();
}

static void say_panic_again(void)
{
	static const char msg[] = "panic inside a panic: stopped\n";

	console_write_line(msg, sizeof(msg) - 1);
}

static void fail_debug_exit(void)
{
	debug_exit(DEBUG_EXIT_FAILURE);
}

/*
 * What can still be done, each once: a step that faults ends here again, where the next one follows.  The restart comes
 * twice, for it may fault where devices are made quiet; the second time it leaves them alone.
 */
static void __noreturn panic_again(void)
{
	static void (*const steps[])(void) = {
		say_panic_again, fail_debug_exit, show_on_screen, restart_or_halt, restart_or_halt,
	};
	static unsigned int next;

	printk_panic_mode();
	while (next < ARRAY_SIZE(steps))
		steps[next++]();
	machine_halt();
}

static void panic_begin(void)
{
	local_irq_disable();
	lockdep_off();
	kasan_stop();
	nmi_stop_others();		/* comes back on one CPU only, and there each time */
	if (panic_depth++)
		panic_again();
	printk_panic_mode();
}

void panic(const char *fmt, ...)
{
	static char msg[512];
	va_list ap;

	panic_begin();
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	pr_emerg("Kernel panic - not syncing: %s\n", msg);
	show_task();
	dump_stack(NULL);
	stop();
}

void die(struct pt_regs *regs, const char *why, unsigned long error, unsigned long addr)
{
	const struct mm_struct *mm = current->active_mm;

	panic_begin();
	pr_emerg("Kernel panic - not syncing: %s, error code %#lx\n", why, error);
	show_task();
	show_regs(regs);
	show_caller(regs);
	dump_stack(regs);
	if (mm && !probe_read(mm))
		show_areas(mm);
	if (addr)
		show_walk(mm, addr);
	stop();
}

void __bug(const char *file, int line, const char *expr)
{
	panic_begin();
	pr_emerg("Kernel panic - not syncing: BUG at %s:%d: %s\n", file, line, expr);
	show_task();
	dump_stack(NULL);
	if (current->active_mm && !probe_read(current->active_mm))
		show_areas(current->active_mm);
	stop();
}

void __warn(const char *file, int line, const char *expr)
{
	pr_warn("WARNING at %s:%d: %s\n", file, line, expr);
	dump_stack(NULL);
}
