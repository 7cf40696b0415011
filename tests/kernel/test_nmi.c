/*
 * tests/kernel/test_nmi.c - a CPU is looked at, whatever it does; a hanging one is noticed
 *
 * The cases that need the word "provoke" take long, or end the kernel: tools/test.py boots with it.
 */
#include <asm/irqflags.h>
#include <asm/nmi.h>
#include <asm/pgtable.h>
#include <asm/processor.h>
#include <boot.h>
#include <boot_info.h>
#include <err.h>
#include <ktest.h>
#include <panic.h>
#include <printk.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <vmalloc.h>
#include <watchdog.h>

struct spinner {
	unsigned int cpu;
	bool irqs_off;
	bool there, stop, gone;
};

static noinline void spin_around(struct spinner *s)
{
	WRITE_ONCE(s->there, smp_processor_id() == s->cpu);
	while (!READ_ONCE(s->stop))
		cpu_relax();
}

static int spin_on_cpu(void *arg)
{
	struct spinner *s = arg;
	unsigned long flags;

	set_cpus_allowed(current, BIT(s->cpu));
	flags = s->irqs_off ? local_irq_save() : 0;
	spin_around(s);
	if (s->irqs_off)
		local_irq_restore(flags);
	WRITE_ONCE(s->gone, true);
	return 0;
}

/* False if there is only one CPU, or it did not work. */
static bool start_spinner(struct ktest_ctx *t, struct spinner *s)
{
	if (nr_cpus == 1) {
		ktest_skip(t, "needs a second CPU");
		return false;
	}
	if (IS_ERR(kthread_run(spin_on_cpu, s, "spinner")))
		return false;
	for (int i = 0; i < 10000 && !READ_ONCE(s->there); i++)
		msleep(1);
	return READ_ONCE(s->there);
}

static void stop_spinner(struct spinner *s)
{
	WRITE_ONCE(s->stop, true);
	for (int i = 0; i < 10000 && !READ_ONCE(s->gone); i++)
		msleep(1);
}

static bool shown;

static void show_trace(struct timer *timer)
{
	dump_stack(NULL);
	WRITE_ONCE(shown, true);
}

static noinline void wait_until_shown(void)
{
	for (u64 i = 0; i < 10000000000 && !READ_ONCE(shown); i++)	/* no calls: this is where it is interrupted */
		cpu_relax();
}

#define TEXT_SIZE (16 << 10)

KTEST(nmi, trace_names_the_function_that_was_interrupted)
{
	struct timer timer;
	char *text = vmalloc(TEXT_SIZE);
	bool named __attribute__((unused));

	EXPECT(text);
	shown = false;
	timer_setup(&timer, show_trace);
	ktest_stay_here();
	timer_start(&timer, clock_read_ns() + 20 * 1000000UL);
	wait_until_shown();
	timer_cancel(&timer);
	named = log_copy(text, TEXT_SIZE) && strstr(text, " wait_until_shown+") && strstr(text, ", interrupted\n");
	vfree(text);
#ifdef QUIRE_DEBUG				/* the others have no frame pointers */
	EXPECT(named);
#endif
}

static bool provoked(struct ktest_ctx *t)
{
	char word[8];

	if (cmdline_get("provoke", word, sizeof(word)))
		return true;
	ktest_skip(t, "needs the word provoke on the command line");
	return false;
}

static bool reports_grow(unsigned long before)
{
	for (int i = 0; i < 120000 && READ_ONCE(watchdog_reports) == before; i++)
		msleep(1);
	return READ_ONCE(watchdog_reports) != before;
}

static unsigned int other_cpu(void)
{
	return smp_processor_id() ? 0 : 1;
}

/* The machine goes on afterwards: an NMI that only looks changes nothing. */
KTEST(nmi, backtrace_of_a_cpu_with_interrupts_off_lets_it_go_on)
{
	static struct spinner s;

	s = (struct spinner){ .cpu = 1, .irqs_off = true };
	set_cpus_allowed(current, BIT(0));
	if (start_spinner(t, &s)) {
		nmi_backtrace(1);
		stop_spinner(&s);
		EXPECT(s.gone);
	}
	set_cpus_allowed(current, ~0UL);
}

KTEST(watchdog, cpu_with_interrupts_off_is_noticed_once)
{
	static struct spinner s;
	unsigned long before = watchdog_reports;

	if (!provoked(t))
		return;
	set_cpus_allowed(current, BIT(0));
	s = (struct spinner){ .cpu = 1, .irqs_off = true };
	if (start_spinner(t, &s)) {
		EXPECT(reports_grow(before));
		msleep(4000);
		EXPECT_EQ(watchdog_reports, before + 1);
		stop_spinner(&s);
		EXPECT(s.gone);
	}
	set_cpus_allowed(current, ~0UL);
}

/* An idle machine, a CPU that is busy with interrupts on: neither is a hang. */
KTEST(watchdog, busy_and_idle_cpus_are_left_alone)
{
	static struct spinner s;
	unsigned long before = watchdog_reports;

	if (!provoked(t))
		return;
	s = (struct spinner){ .cpu = other_cpu() };
	if (start_spinner(t, &s)) {
		msleep(6000);
		stop_spinner(&s);
		msleep(6000);
		EXPECT_EQ(watchdog_reports, before);
	}
}

KTEST(watchdog, task_that_keeps_the_cpu_from_another_is_noticed)
{
	static struct spinner s;
	unsigned long before = watchdog_reports;

	if (!provoked(t))
		return;
	set_cpus_allowed(current, BIT(0));
	s = (struct spinner){ .cpu = 1 };
	if (start_spinner(t, &s)) {
		static struct spinner waits;

		waits = (struct spinner){ .cpu = 1, .stop = true };
		EXPECT(!IS_ERR(kthread_run(spin_on_cpu, &waits, "waits")));
		EXPECT(reports_grow(before));
		stop_spinner(&s);
		stop_spinner(&waits);
		EXPECT(s.gone && waits.gone);
	}
	set_cpus_allowed(current, ~0UL);
}

/* tools/test.py wants to see all CPUs shown. */
KTEST(panic, shows_what_every_cpu_does)
{
	static struct spinner s[NR_CPUS];

	if (!provoked(t))
		return;
	set_cpus_allowed(current, BIT(0));
	for (unsigned int cpu = 1; cpu < nr_cpus; cpu++) {
		s[cpu] = (struct spinner){ .cpu = cpu, .irqs_off = cpu & 1 };
		if (!start_spinner(t, &s[cpu]))
			return;
	}
	panic("on purpose");
}

/* A console that cannot be used any more when it matters most. */
static void write_and_fault(struct console *con, const char *text, size_t len)
{
	if (printk_panicking())
		*(volatile char *)(VMALLOC_END - PAGE_SIZE) = 0;
}

/* And a device. */
static void quiet_and_fault(bool power_off)
{
	*(volatile char *)(VMALLOC_END - PAGE_SIZE) = 0;
}

/* Of three panics the last one, in the restart, must still restart. */
KTEST(panic, inside_a_panic_restarts_if_that_was_asked_for)
{
	static struct console bad = { .name = "bad", .write = write_and_fault };

	if (!provoked(t))
		return;
	register_console(&bad);
	machine_quiet_with(quiet_and_fault);
	panic("on purpose");
}
