/* links: */
/*
 * tests/host/test_acpi.c - the firmware's tables (arch/x86_64/acpi.c), good and damaged
 *
 * A machine is a few pieces of fake physical memory.  What the code maps is a copy of exactly that length: who
 * reads on behind it, or forgets to unmap, is seen by the sanitizers.
 */
#include "cmocka_shim.h"
#include "arch/x86_64/acpi.c"

void *malloc(size_t size);
void free(void *p);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
char *strstr(const char *haystack, const char *needle);

struct boot_info boot_info;
struct cpu_features cpu_features = { .phys_bits = 40 };
static char log[1 << 16];
static size_t log_len;
static unsigned int mapped;		/* mappings that were not undone */
static bool acpi_off;

int printk(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (log_len < sizeof(log) - 300)
		log_len += vsnprintf(log + log_len, 300, fmt, ap);
	va_end(ap);
	return 0;
}

bool cmdline_has(const char *word) { return acpi_off; }

/* ---- fake physical memory; elsewhere nobody answers ---- */

#define TABLES	0x7fe0000UL
#define TOP	((1UL << 40) - 0x100)		/* behind it this CPU has no addresses */
static u8 low[0x600], bios[0x20000], tables[0x4000], top[0x100];

static u8 *fake_byte(phys_addr_t pa)
{
	if (pa < sizeof(low))
		return &low[pa];
	if (pa - 0xe0000 < sizeof(bios))
		return &bios[pa - 0xe0000];
	if (pa - TABLES < sizeof(tables))
		return &tables[pa - TABLES];
	if (pa - TOP < sizeof(top))
		return &top[pa - TOP];
	return NULL;
}

void *memremap(phys_addr_t pa, size_t size)
{
	u8 *copy = malloc(size);

	assert_true(pa + size - 1 < 1UL << 40);
	for (size_t i = 0; i < size; i++)
		copy[i] = fake_byte(pa + i) ? *fake_byte(pa + i) : 0xff;
	mapped++;
	return copy;
}

void *ioremap(phys_addr_t pa, size_t size)
{
	assert_true(pa + size - 1 < 1UL << 40);
	return tables;
}

void iounmap(void *p)
{
	if (!p)
		return;
	mapped--;
	free(p);
}

/* ---- making tables ---- */

#define RSDT	(TABLES + 0x100)
#define XSDT	(TABLES + 0x200)
#define FADT	(TABLES + 0x300)
#define DSDT	(TABLES + 0x500)
#define MADT	(TABLES + 0x600)
#define HPET	(TABLES + 0x800)
#define MCFG	(TABLES + 0x900)
#define DSDT2	(TABLES + 0xa00)		/* of the FADT's newer field, where a test has one */
#define MADT2	(TABLES + 0x1000)		/* what only the RSDT names */

static struct acpi_header *at(phys_addr_t pa)
{
	return (struct acpi_header *)fake_byte(pa);
}

static void set_sum(u8 *p, size_t len, size_t where)
{
	u8 sum = 0;

	p[where] = 0;
	for (size_t i = 0; i < len; i++)
		sum += p[i];
	p[where] = -sum;
}

/* The checksum lies at offset 9, whatever the length says; and no more than what is there. */
static void seal(phys_addr_t pa)
{
	struct acpi_header *t = at(pa);

	if (t->length > 9 && t->length < 0x1000)
		set_sum((u8 *)t, t->length, 9);
}

static void make(phys_addr_t pa, const char *signature, const void *body, size_t len)
{
	struct acpi_header *t = at(pa);

	memset(t, 0, sizeof(*t));
	memcpy(t->signature, signature, 4);
	t->length = sizeof(*t) + len;
	memcpy(t + 1, body, len);
	seal(pa);
}

static void make_rsdp(u8 *p, u8 revision, u32 rsdt, u64 xsdt)
{
	memset(p, 0, RSDP_LEN);
	memcpy(p, "RSD PTR ", 8);
	p[15] = revision;
	memcpy(p + 16, &rsdt, 4);
	p[20] = RSDP_LEN;
	memcpy(p + 24, &xsdt, 8);
	set_sum(p, RSDP_V1_LEN, 8);
	set_sum(p, RSDP_LEN, 32);
}

static void put(u8 *p, size_t off, u64 v, size_t size)
{
	memcpy(p + off - 36, &v, size);
}

static void put_register(u8 *p, size_t off, u8 space, u64 addr)
{
	put(p, off, space, 1);
	put(p, off + 4, addr, 8);
}

static const u8 madt_body[] = {
	0, 0, 0xe0, 0xfe, 1, 0, 0, 0,
	0, 8, 0, 0, 1, 0, 0, 0,				/* CPU 0 */
	0, 8, 1, 2, 1, 0, 0, 0,				/* CPU 2 */
	0, 8, 2, 3, 0, 0, 0, 0,				/* not enabled */
	0, 8, 3, 0xff, 1, 0, 0, 0,			/* no id at all */
	9, 16, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,	/* CPU 2 again */
	9, 16, 0, 0, 0x2c, 1, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0,	/* CPU 300 */
	9, 16, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 4, 0, 0, 0,
	1, 12, 7, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,
	1, 12, 8, 0, 0, 0x10, 0xc0, 0xfe, 24, 0, 0, 0,
	2, 10, 0, 0, 2, 0, 0, 0, 0, 0,			/* line 0 at 2 */
	2, 10, 0, 9, 20, 0, 0, 0, 0xf, 0,		/* line 9 at 20, level, low */
	2, 10, 1, 5, 21, 0, 0, 0, 0xf, 0,		/* not ISA */
	4, 6, 0xff, 0, 0, 1,				/* LINT1 is the NMI */
	0x80, 5, 1, 2, 3,				/* somebody's own */
};

static const u8 dsdt_body[] = { 0x10, 0x20, 0x08, '_', 'S', '5', '_', 0x12, 0x0a, 0x04, 0x0a, 5, 0x0a, 7, 0, 0 };

static void make_fadt(u64 x_dsdt)
{
	u8 f[244 - 36 + 12] = { 0 };

	put(f, FADT_DSDT, DSDT, 4);
	put(f, FADT_X_DSDT, x_dsdt, 8);
	put(f, FADT_SMI_CMD, 0xb2, 4);
	put(f, FADT_ACPI_ENABLE, 0xf1, 1);
	put(f, FADT_PM1A_EVT, 0x600, 4);
	put(f, FADT_PM1B_EVT, 0x700, 4);
	put_register(f, FADT_X_PM1B_EVT, ACPI_SPACE_MEMORY, 0xfed01000);
	put(f, FADT_PM1A_CNT, 0x604, 4);
	put(f, FADT_PM_TMR, 0x608, 4);
	put(f, FADT_PM_TMR_LEN, 4, 1);
	put(f, FADT_CENTURY, 0x32, 1);
	put(f, FADT_FLAGS, FADT_RESET_SUPPORTED, 4);
	put_register(f, FADT_RESET_REG, ACPI_SPACE_MEMORY, 0xfed00f00);
	put(f, FADT_RESET_VALUE, 0x0f, 1);
	make(FADT, "FACP", f, sizeof(f));
}

static void make_machine(void)
{
	const u32 rsdt[] = { FADT, MADT2 };
	const u64 xsdt[] = { FADT, MADT, 0, HPET, MCFG };
	u8 h[20] = { 0 }, m[8 + 2 * 16] = { 0 };

	memset(&boot_info, 0, sizeof(boot_info));
	memset(low, 0, sizeof(low));
	memset(bios, 0, sizeof(bios));
	memset(tables, 0, sizeof(tables));
	make(RSDT, "RSDT", rsdt, sizeof(rsdt));
	make(XSDT, "XSDT", xsdt, sizeof(xsdt));
	make_fadt(0);
	make(DSDT, "DSDT", dsdt_body, sizeof(dsdt_body));
	make(MADT, "APIC", madt_body, sizeof(madt_body));
	make(MADT2, "APIC", madt_body, 16);
	put_register(h, 40, ACPI_SPACE_MEMORY, 0xfed00000);
	make(HPET, "HPET", h, sizeof(h));
	put(m, 44, 0xb0000000, 8);
	put(m, 55, 255, 1);
	put(m, 60, 0xd0000000, 8);
	put(m, 68, 1, 2);			/* another segment */
	make(MCFG, "MCFG", m, sizeof(m));
	make_rsdp(boot_info.rsdp_copy[RSDP_ACPI_2], 2, RSDT, XSDT);
}

static struct acpi_info read_tables(void)
{
	memset(&acpi_info, 0, sizeof(acpi_info));
	memset(log, 0, log_len);
	log_len = 0;
	acpi_init();
	assert_int_equal(mapped, 0);
	return acpi_info;
}

static bool said(const char *what)
{
	return strstr(log, what);
}

/* Whatever the tables were, the rest of the kernel may rely on this. */
static void check_sane(const struct acpi_info *a)
{
	assert_true(a->nr_lapics <= NR_CPUS);
	assert_in_range(a->nr_ioapics, 1, ACPI_MAX_IOAPICS);
	assert_true(a->nr_ecam <= ACPI_MAX_ECAM);
	for (int i = 0; i < 16; i++)
		assert_true(a->isa_gsi[i] < 256);
	for (unsigned int i = 0; i < a->nr_ecam; i++)
		assert_true(a->ecam[i].base + ((a->ecam[i].last_bus + 1UL) << 20) <= 1UL << 40);
	for (unsigned int i = 0; i < a->nr_lapics; i++)
		for (unsigned int j = 0; j < i; j++)
			assert_int_not_equal(a->lapic_id[i], a->lapic_id[j]);
	assert_true(a->nmi_pins < 4);
	if (a->reset_reg.space == ACPI_SPACE_MEMORY && a->reset_reg.mapped)
		assert_true(a->reset_reg.addr < 1UL << 40);
	assert_true(a->rtc_century < 128);
}

/* ---- whole tables ---- */

static void good_tables_are_read(void **state)
{
	struct acpi_info a;

	make_machine();
	a = read_tables();
	check_sane(&a);
	assert_true(a.present && said("XSDT"));
	assert_int_equal(a.nr_lapics, 3);
	assert_int_equal(a.lapic_id[0], 0);
	assert_int_equal(a.lapic_id[1], 2);
	assert_int_equal(a.lapic_id[2], 300);
	assert_int_equal(a.nr_high_lapics, 1);
	assert_true(said("1 CPUs have APIC ids above 255"));
	assert_int_equal(a.nr_ioapics, 2);
	assert_int_equal(a.ioapic[1].addr, 0xfec01000);
	assert_int_equal(a.ioapic[1].gsi_base, 24);
	assert_int_equal(a.isa_gsi[0], 2);
	assert_int_equal(a.isa_gsi[9], 20);
	assert_int_equal(a.isa_flags[9], 0xf);
	assert_int_equal(a.isa_gsi[5], 5);
	assert_int_equal(a.nmi_pins, BIT(1));
	assert_int_equal(a.hpet_addr, 0xfed00000);
	assert_int_equal(a.pm_timer_port, 0x608);
	assert_true(a.pm1a_sts.space == ACPI_SPACE_IO && a.pm1a_sts.addr == 0x600 && !a.pm1a_sts.mapped);
	assert_true(a.pm1b_sts.space == ACPI_SPACE_MEMORY && a.pm1b_sts.addr == 0xfed01000 && a.pm1b_sts.mapped);
	assert_true(a.pm1a_cnt.addr == 0x604 && !a.pm1b_cnt.addr);
	assert_int_equal(a.reset_reg.addr, 0xfed00f00);
	assert_non_null(a.reset_reg.mapped);
	assert_int_equal(a.reset_value, 0x0f);
	assert_int_equal(a.rtc_century, 0x32);
	assert_true(a.have_s5 && a.s5_typa == 5 && a.s5_typb == 7);
	assert_int_equal(a.nr_ecam, 1);
	assert_int_equal(a.ecam[0].base, 0xb0000000);
	assert_int_equal(a.ecam[0].last_bus, 255);
	assert_true(said("no table can be at 0,"));
}

static void without_tables_it_is_a_plain_pc(void **state)
{
	struct acpi_info a;

	make_machine();
	acpi_off = true;
	a = read_tables();
	acpi_off = false;
	assert_false(a.present);
	assert_true(said("no tables"));
	assert_int_equal(a.ioapic[0].addr, 0xfec00000);
	assert_int_equal(a.isa_gsi[7], 7);
	assert_int_equal(a.lapic_addr, 0xfee00000);
	memset(boot_info.rsdp_copy, 0, sizeof(boot_info.rsdp_copy));
	a = read_tables();
	assert_false(a.present);
}

static bool used_rsdt(const struct acpi_info *a)
{
	return a->present && a->nr_lapics == 1 && !a->hpet_addr;
}

static void rsdt_is_the_way_back(void **state)
{
	struct acpi_info a;

	make_machine();
	make_rsdp(boot_info.rsdp_copy[RSDP_ACPI_2], 0, RSDT, XSDT);	/* ACPI 1.0 has no XSDT */
	a = read_tables();
	assert_true(used_rsdt(&a));
	make_rsdp(boot_info.rsdp_copy[RSDP_ACPI_2], 2, RSDT, XSDT);
	boot_info.rsdp_copy[RSDP_ACPI_2][25]++;		/* what ACPI 2.0 has added is damaged */
	a = read_tables();
	assert_true(used_rsdt(&a) && said("damaged in its newer part"));
	make_rsdp(boot_info.rsdp_copy[RSDP_ACPI_2], 2, RSDT, XSDT);
	at(XSDT)->oem_id[0]++;
	a = read_tables();
	assert_true(used_rsdt(&a) && said("table XSDT at") && said("wrong checksum"));
	make_machine();
	memcpy(at(XSDT)->signature, "XSDX", 4);
	seal(XSDT);
	a = read_tables();
	assert_true(used_rsdt(&a) && said("called XSDX"));
	for (u64 bad = 1UL << 40; bad; bad <<= 1) {		/* where there are no addresses */
		make_rsdp(boot_info.rsdp_copy[RSDP_ACPI_2], 2, RSDT, bad);
		a = read_tables();
		assert_true(used_rsdt(&a) && said("no table can be at"));
	}
	make_rsdp(boot_info.rsdp_copy[RSDP_ACPI_2], 2, 0, 0);
	a = read_tables();
	assert_false(a.present);
}

static void damaged_root_pointers_are_passed_over(void **state)
{
	struct acpi_info a;

	make_machine();
	boot_info.rsdp_copy[RSDP_ACPI_2][9]++;
	a = read_tables();
	assert_false(a.present);
	make_rsdp(bios + 0x5000, 2, RSDT, XSDT);		/* the first one is damaged, the second leads nowhere */
	bios[0x5009]++;
	make_rsdp(bios + 0x5030, 0, 0x123456, 0);
	make_rsdp(bios + 0x6010, 2, RSDT, XSDT);
	a = read_tables();
	assert_true(a.present && a.nr_lapics == 3);
	memset(bios, 0, sizeof(bios));
	make_rsdp(bios + sizeof(bios) - 48, 2, RSDT, XSDT);
	a = read_tables();
	assert_true(a.present && a.nr_lapics == 3);
	memset(bios, 0, sizeof(bios));
	boot_info.rsdp = TABLES;
	make_rsdp(tables, 2, RSDT, XSDT);
	a = read_tables();
	assert_true(a.present && a.nr_lapics == 3);
	boot_info.rsdp = ~0UL - 8;
	a = read_tables();
	assert_false(a.present);
}

/* The root pointers of ACPI 2.0 and 1.0, as a loader copies them: of the older one there are but 20 bytes. */
static void make_two_pointers(void)
{
	make_machine();
	make_rsdp(boot_info.rsdp_copy[RSDP_ACPI_1], 0, RSDT, 0);
	memset(boot_info.rsdp_copy[RSDP_ACPI_1] + RSDP_V1_LEN, 0, RSDP_LEN - RSDP_V1_LEN);
}

static void the_older_root_pointer_counts_when_the_newer_is_damaged(void **state)
{
	struct acpi_info a;

	make_two_pointers();
	a = read_tables();
	assert_true(a.present && a.nr_lapics == 3 && !said("leads to no tables"));
	boot_info.rsdp_copy[RSDP_ACPI_2][9]++;
	a = read_tables();
	assert_true(used_rsdt(&a) && said("of ACPI 2.0 leads to no tables"));
	make_two_pointers();
	memset(boot_info.rsdp_copy[RSDP_ACPI_2], 0, RSDP_LEN);	/* there is only the older */
	a = read_tables();
	assert_true(used_rsdt(&a) && !said("leads to no tables"));
}

static void the_older_root_pointer_counts_when_the_newer_names_a_bad_xsdt(void **state)
{
	struct acpi_info a;

	make_two_pointers();
	make_rsdp(boot_info.rsdp_copy[RSDP_ACPI_2], 2, 0, XSDT);
	at(XSDT)->oem_id[0]++;
	a = read_tables();
	assert_true(used_rsdt(&a) && said("table XSDT at") && said("of ACPI 2.0 leads to no tables"));
}

static void two_damaged_root_pointers_leave_the_bios_area(void **state)
{
	struct acpi_info a;

	make_two_pointers();
	boot_info.rsdp_copy[RSDP_ACPI_2][9]++;
	boot_info.rsdp_copy[RSDP_ACPI_1][9]++;
	a = read_tables();
	assert_false(a.present);
	assert_true(said("of ACPI 2.0 leads") && said("of ACPI 1.0 leads") && said("no tables"));
	make_rsdp(bios + 0x5000, 2, RSDT, XSDT);
	a = read_tables();
	assert_true(a.present && a.nr_lapics == 3);
}

static void the_older_dsdt_counts_when_the_newer_is_damaged(void **state)
{
	static const u8 other[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x0a, 0x04, 0x0a, 3, 0x0a, 4, 0, 0 };
	struct acpi_info a;

	make_machine();
	make_fadt(DSDT2);
	make(DSDT2, "DSDT", other, sizeof(other));
	a = read_tables();
	assert_true(a.have_s5 && a.s5_typa == 3 && a.s5_typb == 4);
	at(DSDT2)->oem_id[0]++;
	a = read_tables();
	assert_true(a.have_s5 && a.s5_typa == 5 && a.s5_typb == 7);
	assert_true(said("table DSDT at") && said("wrong checksum"));
	make_fadt(1UL << 40);			/* where there are no addresses */
	a = read_tables();
	assert_true(a.have_s5 && a.s5_typa == 5 && said("no table can be at"));
	make_fadt(DSDT);			/* both name the same one: it is not tried twice */
	at(DSDT)->oem_id[0]++;
	a = read_tables();
	assert_false(a.have_s5);
	assert_null(strstr(strstr(log, "table DSDT at") + 1, "table DSDT at"));
}

static void reduced_hardware_has_registers_of_its_own(void **state)
{
	u8 f[FADT_SLEEP_STATUS - 36 + 12] = { 0 };
	struct acpi_info a;

	make_machine();
	put(f, FADT_DSDT, DSDT, 4);
	put(f, FADT_PM1A_CNT, 0x604, 4);
	put(f, FADT_FLAGS, FADT_HW_REDUCED, 4);
	put_register(f, FADT_SLEEP_CONTROL, ACPI_SPACE_MEMORY, 0xfed02000);
	put_register(f, FADT_SLEEP_STATUS, ACPI_SPACE_MEMORY, 0xfed02001);
	make(FADT, "FACP", f, sizeof(f));
	a = read_tables();
	assert_true(a.have_s5 && !a.pm1a_cnt.addr);
	assert_true(a.sleep_control.space == ACPI_SPACE_MEMORY && a.sleep_control.addr == 0xfed02000 && a.sleep_control.mapped);
	assert_true(a.sleep_status.space == ACPI_SPACE_MEMORY && a.sleep_status.addr == 0xfed02001 && a.sleep_status.mapped);
	make(FADT, "FACP", f, sizeof(f) - 12);		/* ends before the status: there is none */
	a = read_tables();
	assert_true(a.sleep_control.mapped && !a.sleep_status.addr && !a.sleep_status.mapped);
}

/* ---- damage ---- */

static const phys_addr_t all_tables[] = { RSDT, XSDT, FADT, DSDT, MADT, HPET, MCFG };

/* Any byte of any table, to any of a few values: with a checksum that is wrong now, nothing of it is believed. */
static void changed_byte_is_noticed(void **state)
{
	for (size_t n = 2; n < ARRAY_SIZE(all_tables); n++) {
		make_machine();
		for (u32 i = 0; i < at(all_tables[n])->length; i++) {
			u8 *p = (u8 *)at(all_tables[n]) + i;
			struct acpi_info a;

			if (i >= 4 && i < 8)
				continue;		/* the length: see below */
			++*p;
			a = read_tables();
			--*p;
			check_sane(&a);
			assert_true(said("wrong checksum"));
			assert_true(n != 2 || !a.pm_timer_port);
			assert_true(n != 3 || !a.have_s5);
			assert_true(n != 4 || !a.nr_lapics);
			assert_true(n != 5 || !a.hpet_addr);
			assert_true(n != 6 || !a.nr_ecam);
		}
	}
}

/* The machine, and the root pointer of ACPI 1.0 if it is @table that only that one leads to. */
static void make_machine_for(phys_addr_t table)
{
	make_machine();
	if (table == RSDT)
		make_rsdp(boot_info.rsdp_copy[RSDP_ACPI_2], 0, RSDT, 0);
}

/* The same with a right checksum: it may be believed, but does no harm. */
static void changed_byte_with_a_right_checksum_does_no_harm(void **state)
{
	static const u8 values[] = { 0, 1, 2, 0x7f, 0x80, 0xfe, 0xff };

	for (size_t n = 0; n < ARRAY_SIZE(all_tables); n++) {
		u32 len;

		make_machine();
		len = at(all_tables[n])->length;
		for (u32 i = 0; i < len; i++)
			for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
				struct acpi_info a;

				make_machine_for(all_tables[n]);
				((u8 *)at(all_tables[n]))[i] = values[v];
				seal(all_tables[n]);
				a = read_tables();
				check_sane(&a);
			}
	}
}

static void table_cut_at_any_length_does_no_harm(void **state)
{
	for (size_t n = 0; n < ARRAY_SIZE(all_tables); n++) {
		u32 len;

		make_machine();
		len = at(all_tables[n])->length;
		for (u32 cut = 0; cut < len; cut++) {
			struct acpi_info a;

			make_machine_for(all_tables[n]);
			at(all_tables[n])->length = cut;
			memset((u8 *)at(all_tables[n]) + max(cut, 36U), 0xff, len - max(cut, 36U));
			seal(all_tables[n]);
			a = read_tables();
			check_sane(&a);
			assert_true(cut >= 36 || said("has length"));
		}
	}
}

static void lengths_that_lead_away_are_refused(void **state)
{
	static const u32 lengths[] = { 0, 8, 35, (16 << 20) + 1, 0x7fffffff, 0xffffffff };
	struct acpi_info a;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		make_machine();
		at(MADT)->length = lengths[i];
		a = read_tables();
		assert_true(a.present && !a.nr_lapics && said("has length"));
	}
	make_machine();			/* the table begins where there are addresses, and ends where there are none */
	at(XSDT)->length = sizeof(struct acpi_header) + 8;
	*(u64 *)(at(XSDT) + 1) = TOP + sizeof(top) - 40;
	seal(XSDT);
	at(TOP + sizeof(top) - 40)->length = 100;
	a = read_tables();
	assert_true(said("has length 100"));
}

static void madt_entry_of_no_length_ends_the_table(void **state)
{
	struct acpi_info a;

	for (u8 len = 0; len < 2; len++) {
		make_machine();
		((u8 *)at(MADT))[44 + 8 + 1] = len;	/* of CPU 2 */
		seal(MADT);
		a = read_tables();
		assert_int_equal(a.nr_lapics, 1);
		assert_true(said("what follows is ignored"));
		assert_int_equal(a.ioapic[0].addr, 0xfec00000);
	}
	make_machine();
	((u8 *)at(MADT))[44 + 8 + 1] = 200;		/* it swallows the others, and ends behind the table */
	at(MADT)->length = 44 + 100;
	seal(MADT);
	a = read_tables();
	assert_true(a.nr_lapics == 1 && said("what follows is ignored"));
	make_machine();
	((u8 *)at(MADT))[44 + 8 + 1] = 4;		/* too short for its kind; its other half is an entry of no kind */
	((u8 *)at(MADT))[44 + 8 + 4] = 0x90;
	((u8 *)at(MADT))[44 + 8 + 5] = 4;
	seal(MADT);
	a = read_tables();
	assert_true(a.nr_lapics == 3 && said("too short"));
}

/* Each is listed twice, as firmware may with its short and its long entries. */
static void more_cpus_than_there_is_room_for_are_counted(void **state)
{
	static u8 body[8 + 16 * 700];
	struct acpi_info a;

	for (u32 i = 0; i < 700; i++) {
		u8 *e = body + 8 + 16 * i;
		u32 id = i % 350;

		e[0] = 9;
		e[1] = 16;
		memcpy(e + 4, &id, 4);
		e[8] = 1;
	}
	make_machine();
	make(MADT2, "APIC", body, sizeof(body));
	set_sum((u8 *)at(MADT2), at(MADT2)->length, 9);
	make_rsdp(boot_info.rsdp_copy[RSDP_ACPI_2], 0, RSDT, 0);
	a = read_tables();
	check_sane(&a);
	assert_int_equal(a.nr_lapics, NR_CPUS);
	assert_int_equal(a.nr_lapics_left_out, 350 - NR_CPUS);
	assert_int_equal(a.nr_high_lapics, 350 - 256);
	assert_true(said("286 CPUs are left out") && said("94 CPUs have APIC ids above 255"));
}

/* It lies as near to the end of the addresses as its buses allow. */
static void configuration_space_of_a_few_buses_may_be_short(void **state)
{
	u8 m[8 + 16] = { 0 };
	struct acpi_info a;

	make_machine();
	put(m, 44, (1UL << 40) - (64UL << 20), 8);
	put(m, 55, 63, 1);
	make(MCFG, "MCFG", m, sizeof(m));
	a = read_tables();
	check_sane(&a);
	assert_int_equal(a.nr_ecam, 1);
	put(m, 55, 64, 1);
	make(MCFG, "MCFG", m, sizeof(m));
	a = read_tables();
	assert_int_equal(a.nr_ecam, 0);
	assert_true(said("no buses 0-64 can be at"));
}

static void second_table_of_a_kind_is_ignored(void **state)
{
	const u64 xsdt[] = { FADT, MADT, MADT2, MADT };
	struct acpi_info a;

	make_machine();
	make(XSDT, "XSDT", xsdt, sizeof(xsdt));
	a = read_tables();
	assert_int_equal(a.nr_lapics, 3);
	assert_int_equal(a.nr_ioapics, 2);
	assert_true(said("second table APIC"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_tables_are_read),
		cmocka_unit_test(without_tables_it_is_a_plain_pc),
		cmocka_unit_test(rsdt_is_the_way_back),
		cmocka_unit_test(damaged_root_pointers_are_passed_over),
		cmocka_unit_test(the_older_root_pointer_counts_when_the_newer_is_damaged),
		cmocka_unit_test(the_older_root_pointer_counts_when_the_newer_names_a_bad_xsdt),
		cmocka_unit_test(two_damaged_root_pointers_leave_the_bios_area),
		cmocka_unit_test(the_older_dsdt_counts_when_the_newer_is_damaged),
		cmocka_unit_test(reduced_hardware_has_registers_of_its_own),
		cmocka_unit_test(changed_byte_is_noticed),
		cmocka_unit_test(changed_byte_with_a_right_checksum_does_no_harm),
		cmocka_unit_test(table_cut_at_any_length_does_no_harm),
		cmocka_unit_test(lengths_that_lead_away_are_refused),
		cmocka_unit_test(madt_entry_of_no_length_ends_the_table),
		cmocka_unit_test(more_cpus_than_there_is_room_for_are_counted),
		cmocka_unit_test(configuration_space_of_a_few_buses_may_be_short),
		cmocka_unit_test(second_table_of_a_kind_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
