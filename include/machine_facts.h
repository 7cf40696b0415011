/*
 * machine_facts.h - what a person wants to know about the machine in front of them, as short lines
 */
#ifndef MACHINE_FACTS_H
#define MACHINE_FACTS_H

#include <types.h>

/* drivers/dmi.c: names out of the firmware's SMBIOS table; "" where it says nothing.  Once, at boot. */
struct dmi_names {
	char vendor[40], product[48], firmware[40], firmware_version[40];
};
void dmi_find(struct dmi_names *names);

/* ---- kernel/bootpage.c ---- */

#define FACT_TEXT 160
struct fact {
	const char *name;
	char text[FACT_TEXT];
};
#define NR_FACTS 8
/* Fill NR_FACTS of them.  Process context. */
void machine_facts(struct fact *facts);
/* On the log, and in colours on the screen if it is a console: the facts, and a picture of the memory. */
void boot_page(void);

/* How much of each kind of memory there is, up to the end of RAM. */
enum memory_kind { MEMORY_HOLE, MEMORY_USABLE, MEMORY_RESERVED, MEMORY_ACPI, MEMORY_KERNEL, NR_MEMORY_KINDS };
struct memory_extent {
	phys_addr_t base, size;
	enum memory_kind kind;
};
/*
 * The loader's map and the kernel's own place, BOOT_MAX_MEM + 2 extents at most.  RAM in the first MiB is reserved: nobody
 * will get it.  Returns how many, and in @end where RAM ends.
 */
unsigned int memory_extents(struct memory_extent *e, phys_addr_t *end);
/*
 * Cut [0, end) into @cells equal parts and say of each which kind to draw (the kernel and ACPI however little it is,
 * else what there is most of); @sum: bytes of each kind.  Where extents overlap, the kind with the higher number counts.
 */
void memory_bar(const struct memory_extent *extents, unsigned int nr, phys_addr_t end, u8 *kinds, unsigned int cells,
		phys_addr_t sum[NR_MEMORY_KINDS]);

/* ---- kernel/report.c: the end of a run of the self tests ---- */

#define REPORT_MAX_FAILED 64
struct report {
	unsigned int passed, failed, skipped;
	u64 ns;					/* how long it took */
	struct { const char *suite, *name; } failed_cases[REPORT_MAX_FAILED];	/* the first of them */
};
/*
 * Show it on the screen, with the log behind it, until the person in front of it wants to go on to the shell (this
 * returns), or to end the machine.  Returns at once if the screen is no console.  Keyboards must be there, or a serial
 * console, where the same keys work.
 */
void report_show(const struct report *r);
/* The last line of the screen while tests run: case @done of @total is @name; @name NULL: there is no such line any more. */
void report_progress(unsigned int done, unsigned int total, unsigned int failed, const char *suite, const char *name);

#endif
