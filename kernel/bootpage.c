/*
 * kernel/bootpage.c - what a person wants to know of the machine when the kernel has come up
 *
 * Purpose:    names, numbers and a picture of the memory: as plain lines on the log, in colours on the screen.
 * Invariants: the picture needs no colours: each kind of memory has a character of its own, which VGA text has too.
 * Simplified: memory above the end of RAM (devices, mostly) is not drawn.
 */
#include <asm/processor.h>
#include <asm/smp.h>
#include <boot_info.h>
#include <machine_facts.h>
#include <mm.h>
#include <printk.h>
#include <screen.h>
#include <sections.h>
#include <string.h>
#include <time.h>
#include <utsname.h>
#include "commit.h"

#define BAR_MAX		100
#define MARGIN		11		/* in front of a fact's text */
#define MIB		(1UL << 20)
#define BOLD		"\033[1m"
#define PLAIN		"\033[0m"

/* ---- memory -------------------------------------------------------------------------------- */

static const struct {
	const char *name, *picture, *colour;
} kinds[NR_MEMORY_KINDS] = {
	[MEMORY_HOLE] = { "hole", "·", "\033[90m" },
	[MEMORY_USABLE] = { "usable", "█", "\033[32m" },
	[MEMORY_RESERVED] = { "reserved", "▒", "\033[33m" },
	[MEMORY_ACPI] = { "ACPI", "▓", "\033[36m" },
	[MEMORY_KERNEL] = { "kernel", "█", "\033[91m" },
};

/* The kind of the byte at @at, and up to where (at most @to) it is the same. */
static enum memory_kind kind_at(const struct memory_extent *e, unsigned int nr, phys_addr_t at, phys_addr_t *to)
{
	enum memory_kind kind = MEMORY_HOLE;

	for (; nr; nr--, e++) {
		if (e->base > at)
			*to = min(*to, e->base);
		if (e->base > at || e->base + e->size <= at)
			continue;
		*to = min(*to, e->base + e->size);
		kind = max(kind, e->kind);
	}
	return kind;
}

/* What there is of each kind in [from, to). */
static void count_kinds(const struct memory_extent *e, unsigned int nr, phys_addr_t from, phys_addr_t to, phys_addr_t *sum)
{
	while (from < to) {
		phys_addr_t next = to;
		enum memory_kind kind = kind_at(e, nr, from, &next);

		sum[kind] += next - from;
		from = next;
	}
}

static enum memory_kind to_draw(const phys_addr_t *sum)
{
	enum memory_kind most = MEMORY_HOLE;

	if (sum[MEMORY_KERNEL] || sum[MEMORY_ACPI])
		return sum[MEMORY_KERNEL] ? MEMORY_KERNEL : MEMORY_ACPI;
	for (unsigned int k = 0; k < NR_MEMORY_KINDS; k++)
		if (sum[k] > sum[most])
			most = k;
	return most;
}

void memory_bar(const struct memory_extent *extents, unsigned int nr, phys_addr_t end, u8 *out, unsigned int cells,
		phys_addr_t sum[NR_MEMORY_KINDS])
{
	memset(sum, 0, NR_MEMORY_KINDS * sizeof(*sum));
	for (unsigned int i = 0; i < cells; i++) {
		phys_addr_t part[NR_MEMORY_KINDS] = { 0 };

		count_kinds(extents, nr, end / cells * i, i + 1 < cells ? end / cells * (i + 1) : end, part);
		out[i] = to_draw(part);
		for (unsigned int k = 0; k < NR_MEMORY_KINDS; k++)
			sum[k] += part[k];
	}
}

unsigned int memory_extents(struct memory_extent *e, phys_addr_t *end)
{
	static const u8 kind_of[] = {
		[BOOT_MEM_RAM] = MEMORY_USABLE, [BOOT_MEM_RESERVED] = MEMORY_RESERVED, [BOOT_MEM_ACPI] = MEMORY_ACPI,
		[BOOT_MEM_NVS] = MEMORY_ACPI, [BOOT_MEM_BAD] = MEMORY_RESERVED,
	};
	unsigned int nr = 0;

	*end = 0;
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];
		phys_addr_t base = m->base, stop = base + m->size, low = base;

		if (m->type == BOOT_MEM_RAM) {
			low = min(stop, max(base, LOW_MEMORY_END));
			*end = max(*end, stop);
		}
		if (base < low)
			e[nr++] = (struct memory_extent){ base, low - base, MEMORY_RESERVED };
		if (low < stop)
			e[nr++] = (struct memory_extent){ low, stop - low, kind_of[m->type] };
	}
	e[nr++] = (struct memory_extent){ __pa(_text), _end - _text, MEMORY_KERNEL };
	return nr;
}

/* "123 MiB", or KiB where that would be little; @brief: "123M". */
static void size_text(char *s, size_t size, phys_addr_t bytes, bool brief)
{
	bool little = bytes < 10 * MIB;

	snprintf(s, size, "%lu%s%c%s", (unsigned long)(little ? bytes >> 10 : bytes >> 20), brief ? "" : " ", little ? 'K' : 'M',
		 brief ? "" : "iB");
}

/* "1023 MiB usable, 128 KiB reserved, ..."; with @pictures a legend. */
static void memory_text(char *s, size_t size, const phys_addr_t *sum, bool pictures)
{
	static const u8 order[] = { MEMORY_USABLE, MEMORY_RESERVED, MEMORY_ACPI, MEMORY_KERNEL, MEMORY_HOLE };
	char part[64], amount[24];

	s[0] = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(order); i++) {
		unsigned int k = order[i];

		if (!sum[k])
			continue;
		size_text(amount, sizeof(amount), sum[k], pictures);
		if (pictures)
			snprintf(part, sizeof(part), "%s%s" PLAIN " %s %s  ", kinds[k].colour, kinds[k].picture, kinds[k].name, amount);
		else
			snprintf(part, sizeof(part), "%s%s %s", *s ? ", " : "", amount, kinds[k].name);
		strlcat(s, part, size);
	}
}

static unsigned int draw_memory(unsigned int cells, char *bar, size_t bar_size, phys_addr_t *sum)
{
	static struct memory_extent extents[BOOT_MAX_MEM + 2];
	phys_addr_t end;
	unsigned int nr = memory_extents(extents, &end);
	u8 drawn[BAR_MAX], last = NR_MEMORY_KINDS;

	memory_bar(extents, nr, end, drawn, cells, sum);
	bar[0] = 0;
	for (unsigned int i = 0; i < cells; i++) {
		if (drawn[i] != last)
			strlcat(bar, kinds[drawn[i]].colour, bar_size);
		strlcat(bar, kinds[drawn[i]].picture, bar_size);
		last = drawn[i];
	}
	strlcat(bar, PLAIN, bar_size);
	return end >> 20;
}

/* ---- facts --------------------------------------------------------------------------------- */

static void feature_text(char *s, size_t size)
{
	const struct cpu_features *c = &cpu_features;
	const struct { const char *name; bool there; } features[] = {
		{ "NX", c->nx }, { "SMEP", c->smep }, { "SMAP", c->smap }, { "UMIP", c->umip }, { "PKU", c->ospke },
		{ "PCID", c->pcid }, { "LA57", c->la57 }, { "1G pages", c->gbpages }, { "x2APIC", c->x2apic },
		{ "FSGSBASE", c->fsgsbase },
	};

	const char *before = "";

	s[0] = 0;
	for (unsigned int there = 2; there--; before = *s ? "; not " : "not ")
		for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
			if (features[i].there != there)
				continue;
			strlcat(s, before, size);
			strlcat(s, features[i].name, size);
			before = " ";
		}
}

static void screen_text(char *s, size_t size)
{
	const struct boot_framebuffer *f = &boot_info.fb;
	const struct screen *screen = vt_screen();

	if (!screen)
		strlcpy(s, vt_foreground() ? "not a console: console=tty0 makes it one" : "none", size);
	else if (f->addr && !f->text)
		snprintf(s, size, "%ux%u dots of %u bits: %u columns, %u rows", f->width, f->height, f->bpp, screen->cols,
			 screen->rows);
	else
		snprintf(s, size, "%s: %u columns, %u rows", screen->name, screen->cols, screen->rows);
}

static void firmware_text(char *s, size_t size, const struct dmi_names *d)
{
	const char *kind = boot_info.efi ? "UEFI" : "BIOS";

	if (*d->firmware)
		snprintf(s, size, "%s: %s, %s", kind, d->firmware, d->firmware_version);
	else
		snprintf(s, size, "%s", !strcmp(boot_info.protocol, "PVH") ? "unknown" : kind);
}

void machine_facts(struct fact *facts)
{
	static const char *const names[NR_FACTS] = { "machine", "firmware", "loader", "CPU", "features", "memory", "screen",
						     "kernel" };
	phys_addr_t sum[NR_MEMORY_KINDS];
	struct dmi_names dmi;
	char bar[64];

	dmi_find(&dmi);
	for (unsigned int i = 0; i < NR_FACTS; i++)
		facts[i].name = names[i];
	if (*dmi.product)
		snprintf(facts[0].text, FACT_TEXT, "%s %s", dmi.vendor, dmi.product);
	else
		strlcpy(facts[0].text, "unknown: there is no SMBIOS table", FACT_TEXT);
	firmware_text(facts[1].text, FACT_TEXT, &dmi);
	snprintf(facts[2].text, FACT_TEXT, "%s%s%s", boot_info.protocol, *boot_info.loader ? " by " : "", boot_info.loader);
	snprintf(facts[3].text, FACT_TEXT, "%u x %s, %lu MHz", nr_cpus, *cpu_features.brand ? cpu_features.brand : cpu_features.vendor,
		 (unsigned long)tsc_khz / 1000);
	feature_text(facts[4].text, FACT_TEXT);
	draw_memory(1, bar, sizeof(bar), sum);
	memory_text(facts[5].text, FACT_TEXT, sum, false);
	screen_text(facts[6].text, FACT_TEXT);
	snprintf(facts[7].text, FACT_TEXT, "Quire %s, commit %s, " QUIRE_BUILD, init_uts.release, QUIRE_COMMIT);
}

/* ---- the page ------------------------------------------------------------------------------ */

static void put_bar(unsigned int cols)
{
	static char bar[BAR_MAX * 12], legend[400];
	phys_addr_t sum[NR_MEMORY_KINDS];
	unsigned int room = cols > 2 * MARGIN + 2 ? cols - 2 * MARGIN - 2 : 1;
	unsigned int mib = draw_memory(min(room, (unsigned int)BAR_MAX), bar, sizeof(bar), sum);
	char s[64];

	memory_text(legend, sizeof(legend), sum, true);
	vt_puts(BOLD "  memory   " PLAIN "0 ");
	vt_puts(bar);
	snprintf(s, sizeof(s), " %u MiB\n           ", mib);
	vt_puts(s);
	vt_puts(legend);
	vt_puts("\n");
}

static void put_facts(const struct fact *facts, unsigned int cols)
{
	char line[FACT_TEXT + 32];

	vt_puts("\n\033[44;97m" "  Quire: a kernel to read \033[K" PLAIN "\n\n");
	for (unsigned int i = 0; i < NR_FACTS; i++) {
		if (!strcmp(facts[i].name, "memory")) {
			put_bar(cols);
			continue;
		}
		snprintf(line, sizeof(line), BOLD "  %-9s" PLAIN "%.*s\n", facts[i].name, (int)(cols - MARGIN - 1), facts[i].text);
		vt_puts(line);
	}
	vt_puts("\n");
}

void boot_page(void)
{
	static struct fact facts[NR_FACTS];
	const struct screen *screen = vt_screen();
	bool quiet = cmdline_has("quiet");
	char line[FACT_TEXT + 32];

	machine_facts(facts);
	for (unsigned int i = 0; i < NR_FACTS; i++) {
		snprintf(line, sizeof(line), "%s: %s", facts[i].name, facts[i].text);
		log_line_but("tty0", line);		/* there, they come in colours */
	}
	if (screen && !quiet)
		put_facts(facts, screen->cols);
}
