/*
 * tests/kernel/test_report.c - the boot page and the report of the self tests: the picture of the memory, lines of
 * tests in the log; and a case that fails, for who wants to see the report of one
 */
#include <asm/irqflags.h>
#include <blkdev.h>
#include <boot_info.h>
#include <bug.h>
#include <ktest.h>
#include <machine_facts.h>
#include <printk.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <vmalloc.h>

#define MIB (1UL << 20)

static phys_addr_t sum[NR_MEMORY_KINDS];
static u8 bar[16];

KTEST(report, memory_is_drawn_as_what_there_is_most_of)
{
	static const struct memory_extent e[] = {
		{ 0, 6 * MIB, MEMORY_USABLE }, { 6 * MIB, 3 * MIB, MEMORY_RESERVED }, { 12 * MIB, 4 * MIB, MEMORY_USABLE },
	};

	memory_bar(e, ARRAY_SIZE(e), 16 * MIB, bar, 4, sum);
	EXPECT(bar[0] == MEMORY_USABLE && bar[1] == MEMORY_USABLE && bar[2] == MEMORY_HOLE && bar[3] == MEMORY_USABLE);
	EXPECT(sum[MEMORY_USABLE] == 10 * MIB && sum[MEMORY_RESERVED] == 3 * MIB && sum[MEMORY_HOLE] == 3 * MIB);
	memory_bar(e, ARRAY_SIZE(e), 16 * MIB, bar, 16, sum);
	EXPECT(bar[5] == MEMORY_USABLE && bar[6] == MEMORY_RESERVED && bar[8] == MEMORY_RESERVED && bar[9] == MEMORY_HOLE);
	EXPECT(sum[MEMORY_USABLE] == 10 * MIB && sum[MEMORY_RESERVED] == 3 * MIB);
}

KTEST(report, kernel_and_acpi_are_drawn_however_small)
{
	static const struct memory_extent e[] = {
		{ 8 * MIB, 4096, MEMORY_KERNEL }, { 0, 16 * MIB, MEMORY_USABLE }, { 15 * MIB, 4096, MEMORY_ACPI },
		{ 8 * MIB, 8192, MEMORY_ACPI }, { 1UL << 40, 1UL << 40, MEMORY_RESERVED },
	};

	memory_bar(e, ARRAY_SIZE(e), 16 * MIB, bar, 4, sum);
	EXPECT(bar[0] == MEMORY_USABLE && bar[1] == MEMORY_USABLE && bar[2] == MEMORY_KERNEL && bar[3] == MEMORY_ACPI);
	EXPECT(sum[MEMORY_KERNEL] == 4096 && sum[MEMORY_ACPI] == 8192 && sum[MEMORY_USABLE] == 16 * MIB - 12288);
	EXPECT(!sum[MEMORY_HOLE] && !sum[MEMORY_RESERVED]);
	memory_bar(e, ARRAY_SIZE(e), 3, bar, 16, sum);		/* less memory than cells */
	EXPECT_EQ(sum[MEMORY_USABLE], 3);
	memory_bar(e, 0, 0, bar, 16, sum);
	EXPECT_EQ(sum[MEMORY_HOLE], 0);
}

KTEST(report, first_mib_is_drawn_as_reserved)
{
	static struct memory_extent e[BOOT_MAX_MEM + 2];
	phys_addr_t end;
	unsigned int nr = memory_extents(e, &end);
	u64 ram = 0, usable = 0;

	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];

		if (m->type == BOOT_MEM_RAM && m->base + m->size > MIB)
			ram += m->base + m->size - max(m->base, MIB);
	}
	for (unsigned int i = 0; i < nr; i++) {
		usable += e[i].kind == MEMORY_USABLE ? e[i].size : 0;
		EXPECT(e[i].base >= MIB || e[i].kind != MEMORY_USABLE);
		EXPECT(e[i].size);
	}
	EXPECT(ram && usable == ram);
	memory_bar(e, nr, MIB, bar, 1, sum);
	EXPECT_EQ(sum[MEMORY_USABLE], 0);
}

KTEST(report, facts_say_what_the_machine_is)
{
	static struct fact facts[NR_FACTS];

	machine_facts(facts);
	for (unsigned int i = 0; i < NR_FACTS; i++)
		EXPECT(*facts[i].name && *facts[i].text);
	EXPECT(strstr(facts[3].text, " x ") && strstr(facts[4].text, "NX") && strstr(facts[5].text, "usable"));
	EXPECT(strstr(facts[7].text, "Quire"));
	EXPECT(facts[4].text[0] != ' ' && facts[4].text[strlen(facts[4].text) - 1] != 't');	/* "; not" what? */
}

KTEST(report, lines_of_tests_are_in_the_log)
{
	char *text = vmalloc(512 << 10);
	bool found;

	if (!text) {
		ktest_skip(t, "no memory");
		return;
	}
	console_write_line("# a line for the log\n", strlen("# a line for the log\n"));
	found = log_copy(text, 512 << 10) && strstr(text, "] # a line for the log\n");
	if (found && log_copy(text, 64))
		found = strlen(text) < 64;		/* the newest that fit */
	vfree(text);
	EXPECT(found);
}

static void __noreturn panic_later(struct timer *timer)
{
	panic("while the report is read");
}

/* Also for it: with "provoke_panic", the report is there before the time has come. */
KTEST(report, panic_is_seen_whatever_the_screen_shows)
{
	static struct timer timer;

	if (!cmdline_has("provoke_panic")) {
		ktest_skip(t, "needs the word provoke_panic on the command line");
		return;
	}
	timer_setup(&timer, panic_later);
	timer_start(&timer, clock_read_ns() + 10 * NSEC_PER_SEC);
}

/* For tools/screens.py, which boots with the word "provoke" and wants to see this case's name. */
KTEST(report, case_that_fails_is_named)
{
	struct blk_plug plug;

	if (!cmdline_has("provoke")) {
		ktest_skip(t, "needs the word provoke on the command line");
		return;
	}
	EXPECT(ktest_use_mm());
	blk_start_plug(&plug);
	local_irq_disable();
	ktest_fail(t, __FILE__, __LINE__, "on purpose");
}

KTEST(report, case_after_one_that_failed_begins_like_any_other)
{
	EXPECT(!irqs_disabled());
	EXPECT(!current->mm);
	EXPECT(!current->plug);
}
