/*
 * tests/kernel/test_irq.c - interrupt lines (arch/x86_64/irq.c, ioapic.c)
 */
#include <asm/apic.h>
#include <err.h>
#include <irq.h>
#include <ktest.h>
#include <sched.h>
#include <time.h>

static void no_handler(int irq, void *arg) { }

KTEST(irq, timer_interrupts_are_counted)
{
	unsigned long before = irq_count(LOCAL_TIMER_VECTOR);

	for (int i = 0; i < 100 && irq_count(LOCAL_TIMER_VECTOR) == before; i++)
		msleep(5);
	EXPECT(irq_count(LOCAL_TIMER_VECTOR) > before);
}

KTEST(irq, a_line_has_one_handler)
{
	int a, b;

	if (!ioapic_has(12)) {
		ktest_skip(t, "no I/O APIC");
		return;
	}
	EXPECT_EQ(request_irq(12, no_handler, &a, "test"), 0);
	EXPECT_EQ(request_irq(12, no_handler, &b, "test"), -EBUSY);
	free_irq(12, &b);		/* not the owner: nothing happens */
	EXPECT_EQ(request_irq(12, no_handler, &b, "test"), -EBUSY);
	free_irq(12, &a);
	EXPECT_EQ(request_irq(12, no_handler, &b, "test"), 0);
	free_irq(12, &b);
}

KTEST(irq, line_without_pin_is_refused)
{
	EXPECT_EQ(request_irq(NR_IRQS, no_handler, NULL, "test"), -ENODEV);
	EXPECT_EQ(request_irq(NR_IRQS - 1, no_handler, NULL, "test"), -ENODEV);
}

static unsigned int depth_seen;
static void note_depth(struct timer *t) { depth_seen = in_interrupt(); }

KTEST(irq, handlers_run_in_interrupt_context)
{
	struct timer timer;

	depth_seen = 0;
	EXPECT(!in_interrupt());
	timer_setup(&timer, note_depth);
	timer_start(&timer, clock_read_ns() + 1000000);
	msleep(5);
	timer_cancel(&timer);
	EXPECT_EQ(depth_seen, 1);
	EXPECT(!in_interrupt());
}
