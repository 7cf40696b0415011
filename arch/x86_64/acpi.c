/*
 * arch/x86_64/acpi.c - reading the firmware's tables
 *
 * Purpose:    ask the machine, instead of guessing, where its interrupt controllers and
 *             timers are and how it is switched off.  Everything is copied to acpi_info.
 * Invariants: a table is used only if its checksum is right and its length fits; nothing
 *             keeps a pointer into firmware memory after acpi_init().
 *             Without tables acpi_info holds what every PC has had since the 1990s.
 * Lock order: none; boot only.
 * Simplified: no AML interpreter.  The one AML object needed, \_S5_, is a constant package
 *             and is found by its byte pattern.
 * Sources:    ACPI specification 6.4, "ACPI Software Programming Model" (tables) and
 *             "ACPI Machine Language Specification" (encoding of _S5_).
 */
#include <asm/acpi.h>
#include <boot_info.h>
#include <irq.h>
#include <printk.h>
#include <string.h>
#include <vmalloc.h>

struct acpi_info acpi_info;

struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem_id[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __packed;
_Static_assert(sizeof(struct acpi_header) == 36, "ACPI");

#define RSDP_V1_LEN	20
#define RSDP_LEN	36
#define TABLE_MAX	(16UL << 20)	/* a longer one is garbage */

/* Offsets in the FADT. */
#define FADT_DSDT		40
#define FADT_SMI_CMD		48
#define FADT_ACPI_ENABLE	52
#define FADT_PM1A_CNT		64
#define FADT_PM1B_CNT		68
#define FADT_PM_TMR		76
#define FADT_PM_TMR_LEN		91
#define FADT_FLAGS		112
#define FADT_RESET_REG		116
#define FADT_RESET_VALUE	128
#define FADT_X_DSDT		140
#define FADT_X_PM1A_CNT		172
#define FADT_X_PM1B_CNT		184
#define FADT_X_PM_TMR		208
#define FADT_SLEEP_CONTROL	244
#define FADT_RESET_SUPPORTED	BIT(10)
#define FADT_HW_REDUCED		BIT(20)

/* ---- little-endian fields at any alignment; 0 beyond the end of the table ---- */

static u64 field(const struct acpi_header *t, size_t off, size_t size)
{
	u64 v = 0;

	if (off + size <= t->length)
		memcpy(&v, (const u8 *)t + off, size);
	return v;
}

static struct acpi_reg generic_address(const struct acpi_header *t, size_t off)
{
	return (struct acpi_reg){ field(t, off, 1), field(t, off + 4, 8), NULL };
}

/* A register with an old 32-bit port field and a newer generic address: the newer wins. */
static struct acpi_reg port_or_generic(const struct acpi_header *t, size_t old, size_t newer)
{
	struct acpi_reg r = generic_address(t, newer);

	if (!r.addr)
		r = (struct acpi_reg){ ACPI_SPACE_IO, field(t, old, 4), NULL };
	return r;
}

bool acpi_checksum_ok(const void *table, size_t len)
{
	const u8 *p = table;
	u8 sum = 0;

	while (len--)
		sum += *p++;
	return sum == 0;
}

/* Map a whole table and check it; NULL (with a log line) if it is damaged. */
static const struct acpi_header *map_table(phys_addr_t pa)
{
	struct acpi_header *t = memremap(pa, sizeof(*t));
	size_t len;

	if (!t)
		return NULL;
	len = t->length;
	iounmap(t);
	if (len < sizeof(*t) || len > TABLE_MAX) {
		pr_warn("acpi: table at %#lx has length %zu, ignored\n", (unsigned long)pa, len);
		return NULL;
	}
	t = memremap(pa, len);
	if (t && !acpi_checksum_ok(t, len)) {
		pr_warn("acpi: table %.4s at %#lx has a wrong checksum, ignored\n",
			t->signature, (unsigned long)pa);
		iounmap(t);
		return NULL;
	}
	return t;
}

static void unmap_table(const struct acpi_header *t)
{
	iounmap((void *)t);
}

/* ---- MADT: interrupt controllers ---- */

static void add_lapic(u32 id, u32 flags)
{
	/* bit 0: enabled; bit 1: could be brought online later, which we never do */
	if ((flags & 1) && acpi_info.nr_lapics < NR_CPUS)
		acpi_info.lapic_id[acpi_info.nr_lapics++] = id;
}

static void madt_entry(const struct acpi_header *t, size_t off, u8 type)
{
	struct acpi_ioapic *io;
	u8 line;

	switch (type) {
	case 0:		/* local APIC */
		add_lapic(field(t, off + 3, 1), field(t, off + 4, 4));
		break;
	case 1:		/* I/O APIC */
		if (acpi_info.nr_ioapics == ACPI_MAX_IOAPICS)
			break;
		io = &acpi_info.ioapic[acpi_info.nr_ioapics++];
		io->id = field(t, off + 2, 1);
		io->addr = field(t, off + 4, 4);
		io->gsi_base = field(t, off + 8, 4);
		break;
	case 2:		/* an ISA line that is wired elsewhere */
		line = field(t, off + 3, 1);
		if (line < 16) {
			acpi_info.isa_gsi[line] = field(t, off + 4, 4);
			acpi_info.isa_flags[line] = field(t, off + 8, 2);
		}
		break;
	case 5:		/* 64-bit address of the local APIC */
		acpi_info.lapic_addr = field(t, off + 4, 8);
		break;
	case 9:		/* local x2APIC */
		add_lapic(field(t, off + 4, 4), field(t, off + 8, 4));
		break;
	}
}

static void parse_madt(const struct acpi_header *t)
{
	size_t off = 44;

	acpi_info.lapic_addr = field(t, 36, 4);
	while (off + 2 <= t->length) {
		u8 type = field(t, off, 1), len = field(t, off + 1, 1);

		if (len < 2 || off + len > t->length)
			break;
		madt_entry(t, off, type);
		off += len;
	}
}

/* ---- FADT: timer, reset, power ---- */

/* Decode the package length at @p: one to four bytes; returns how many. */
static size_t pkg_length_size(u8 lead)
{
	return 1 + (lead >> 6);
}

/* One small integer of AML at @p; bytes used, 0 if it is something else. */
static size_t aml_integer(const u8 *p, const u8 *end, u8 *v)
{
	if (p < end && (*p == 0x00 || *p == 0x01)) {	/* ZeroOp, OneOp */
		*v = *p;
		return 1;
	}
	if (p + 1 < end && *p == 0x0a) {		/* BytePrefix */
		*v = p[1];
		return 2;
	}
	if (p + 2 < end && *p == 0x0b) {		/* WordPrefix */
		*v = p[1];
		return 3;
	}
	return 0;
}

bool acpi_find_s5(const u8 *aml, size_t len, u8 *typa, u8 *typb)
{
	const u8 *end = aml + len;

	for (const u8 *p = aml; p + 8 < end; p++) {
		const u8 *q = p + 4;
		size_t n;

		if (memcmp(p, "_S5_", 4) || *q != 0x12)		/* PackageOp */
			continue;
		q++;
		q += pkg_length_size(*q) + 1;			/* and the element count */
		n = aml_integer(q, end, typa);
		if (n && aml_integer(q + n, end, typb))
			return true;
	}
	return false;
}

static void find_s5_in(const struct acpi_header *t)
{
	if (acpi_info.have_s5)
		return;
	acpi_info.have_s5 = acpi_find_s5((const u8 *)(t + 1), t->length - sizeof(*t),
					 &acpi_info.s5_typa, &acpi_info.s5_typb);
}

static void parse_fadt(const struct acpi_header *t)
{
	const struct acpi_header *dsdt;
	struct acpi_reg tmr;
	u32 flags = field(t, FADT_FLAGS, 4);
	u64 dsdt_pa = field(t, FADT_X_DSDT, 8);

	if (flags & FADT_RESET_SUPPORTED) {
		acpi_info.reset_reg = generic_address(t, FADT_RESET_REG);
		acpi_info.reset_value = field(t, FADT_RESET_VALUE, 1);
	}
	if (flags & FADT_HW_REDUCED) {
		acpi_info.sleep_control = generic_address(t, FADT_SLEEP_CONTROL);
	} else {
		acpi_info.pm1a_cnt = port_or_generic(t, FADT_PM1A_CNT, FADT_X_PM1A_CNT);
		acpi_info.pm1b_cnt = port_or_generic(t, FADT_PM1B_CNT, FADT_X_PM1B_CNT);
		acpi_info.smi_cmd = field(t, FADT_SMI_CMD, 4);
		acpi_info.acpi_enable = field(t, FADT_ACPI_ENABLE, 1);
		tmr = port_or_generic(t, FADT_PM_TMR, FADT_X_PM_TMR);
		if (field(t, FADT_PM_TMR_LEN, 1) == 4 && tmr.space == ACPI_SPACE_IO)
			acpi_info.pm_timer_port = tmr.addr;
	}
	if (!dsdt_pa)
		dsdt_pa = field(t, FADT_DSDT, 4);
	dsdt = dsdt_pa ? map_table(dsdt_pa) : NULL;
	if (dsdt) {
		find_s5_in(dsdt);
		unmap_table(dsdt);
	}
}

static void parse_hpet(const struct acpi_header *t)
{
	struct acpi_reg r = generic_address(t, 40);

	if (r.space == ACPI_SPACE_MEMORY)
		acpi_info.hpet_addr = r.addr;
}

static const struct {
	char signature[5];
	void (*parse)(const struct acpi_header *t);
} parsers[] = {
	{ "APIC", parse_madt },
	{ "FACP", parse_fadt },
	{ "HPET", parse_hpet },
	{ "SSDT", find_s5_in },
};

/* Walk the root table: @width bytes per address (4 in the RSDT, 8 in the XSDT). */
static void parse_root(const struct acpi_header *root, size_t width)
{
	for (size_t off = sizeof(*root); off + width <= root->length; off += width) {
		u64 pa = field(root, off, width);
		const struct acpi_header *t = pa ? map_table(pa) : NULL;

		if (!t)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(parsers); i++)
			if (!memcmp(t->signature, parsers[i].signature, 4))
				parsers[i].parse(t);
		unmap_table(t);
	}
}

/* ---- finding the root pointer ---- */

static bool rsdp_valid(const u8 *p)
{
	return !memcmp(p, "RSD PTR ", 8) && acpi_checksum_ok(p, RSDP_V1_LEN);
}

static bool scan_for_rsdp(phys_addr_t from, size_t len, u8 *rsdp)
{
	u8 *area = memremap(from, len);
	bool found = false;

	if (!area)
		return false;
	for (size_t off = 0; off + RSDP_LEN <= len && !found; off += 16) {
		if (!rsdp_valid(area + off))
			continue;
		memcpy(rsdp, area + off, RSDP_LEN);
		found = true;
	}
	iounmap(area);
	return found;
}

/* From the loader, else from the two places where a BIOS may put it. */
static bool find_rsdp(u8 *rsdp)
{
	u16 *bda;
	phys_addr_t ebda;

	if (boot_info.have_rsdp_copy && rsdp_valid(boot_info.rsdp_copy)) {
		memcpy(rsdp, boot_info.rsdp_copy, RSDP_LEN);
		return true;
	}
	if (boot_info.rsdp && scan_for_rsdp(boot_info.rsdp, RSDP_LEN, rsdp))
		return true;
	bda = memremap(0x40e, sizeof(*bda));
	ebda = bda ? (phys_addr_t)*bda << 4 : 0;
	iounmap(bda);
	if (ebda >= 0x80000 && ebda < 0xa0000 && scan_for_rsdp(ebda, 1024, rsdp))
		return true;
	return scan_for_rsdp(0xe0000, 0x20000, rsdp);
}

/* Power off and reset must need no memory: what they write to is mapped now. */
static void map_register(struct acpi_reg *r)
{
	if (r->addr && r->space == ACPI_SPACE_MEMORY)
		r->mapped = ioremap(r->addr, 4);
}

static void set_defaults(void)
{
	for (unsigned int i = 0; i < 16; i++)
		acpi_info.isa_gsi[i] = i;
	acpi_info.lapic_addr = 0xfee00000;
}

/* Read all tables of interest.  Without any, the defaults above stand. */
void acpi_init(void)
{
	const struct acpi_header *root = NULL;
	u8 rsdp[RSDP_LEN];
	u64 xsdt = 0;
	u32 rsdt;

	set_defaults();
	if (cmdline_has("acpi=off") || !find_rsdp(rsdp)) {
		pr_info("acpi: no tables, assuming a plain PC\n");
		goto out;
	}
	memcpy(&rsdt, rsdp + 16, 4);
	if (rsdp[15] >= 2 && acpi_checksum_ok(rsdp, RSDP_LEN))
		memcpy(&xsdt, rsdp + 24, 8);
	if (xsdt)
		root = map_table(xsdt);
	if (root) {
		parse_root(root, 8);
	} else if (rsdt && (root = map_table(rsdt))) {
		xsdt = 0;
		parse_root(root, 4);
	}
	if (root) {
		acpi_info.present = true;
		unmap_table(root);
		map_register(&acpi_info.reset_reg);
		map_register(&acpi_info.sleep_control);
		map_register(&acpi_info.pm1a_cnt);
		map_register(&acpi_info.pm1b_cnt);
	}
out:
	if (!acpi_info.nr_ioapics)
		acpi_info.ioapic[acpi_info.nr_ioapics++] = (struct acpi_ioapic){ 0, 0xfec00000, 0 };
	if (acpi_info.present)
		pr_info("acpi: %s, %u CPUs, %u I/O APICs, HPET %s, PM timer %#x, S5 %s\n",
			xsdt ? "XSDT" : "RSDT", acpi_info.nr_lapics, acpi_info.nr_ioapics,
			acpi_info.hpet_addr ? "yes" : "no", acpi_info.pm_timer_port,
			acpi_info.have_s5 ? "yes" : "no");
}
