/*
 * arch/x86_64/acpi.c - reading the firmware's tables
 *
 * Purpose:    ask the machine, instead of guessing, where its interrupt controllers and
 *             timers are and how it is switched off.  Everything is copied to acpi_info.
 * Invariants: a table is used only if its checksum is right, its length fits and it lies where this CPU has
 *             addresses; an entry in it only if it is as long as its kind must be.  What is left out is told.
 *             Nothing keeps a pointer into firmware memory after acpi_init().
 *             Without tables acpi_info holds what every PC has had since the 1990s.
 * Lock order: none; boot only.
 * Simplified: no AML interpreter.  The one AML object needed, \_S5_, is a constant package
 *             and is found by its byte pattern.
 * Sources:    ACPI specification 6.4, "ACPI Software Programming Model" (tables) and
 *             "ACPI Machine Language Specification" (encoding of _S5_).
 */
#include <asm/acpi.h>
#include <asm/phys_range.h>
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
#define FADT_PM1A_EVT		56
#define FADT_PM1B_EVT		60
#define FADT_PM1A_CNT		64
#define FADT_PM1B_CNT		68
#define FADT_PM_TMR		76
#define FADT_PM_TMR_LEN		91
#define FADT_CENTURY		108
#define FADT_FLAGS		112
#define FADT_RESET_REG		116
#define FADT_RESET_VALUE	128
#define FADT_X_DSDT		140
#define FADT_X_PM1A_EVT		148
#define FADT_X_PM1B_EVT		160
#define FADT_X_PM1A_CNT		172
#define FADT_X_PM1B_CNT		184
#define FADT_X_PM_TMR		208
#define FADT_SLEEP_CONTROL	244
#define FADT_SLEEP_STATUS	256
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

/* Memory that this CPU can address; the first KiB is the BIOS's vectors, and no table of its. */
static bool address_ok(u64 pa, u64 len)
{
	return pa >= 0x400 && phys_range_ok(pa, len);
}

/* Map a whole table and check it; NULL (with a log line) if it is damaged. */
static const struct acpi_header *map_table(u64 pa)
{
	struct acpi_header *t = address_ok(pa, sizeof(*t)) ? memremap(pa, sizeof(*t)) : NULL;
	u32 len;

	if (!t) {
		pr_warn("acpi: no table can be at %#lx, ignored\n", (unsigned long)pa);
		return NULL;
	}
	len = t->length;
	iounmap(t);
	if (len < sizeof(*t) || len > TABLE_MAX || !address_ok(pa, len)) {
		pr_warn("acpi: table at %#lx has length %u, ignored\n", (unsigned long)pa, len);
		return NULL;
	}
	t = memremap(pa, len);
	if (t && (t->length != len || !acpi_checksum_ok(t, len))) {
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

/* Ids below this of CPUs without room; above, one that is listed twice counts twice in the log. */
#define LEFT_OUT_IDS	4096
static u64 left_out[LEFT_OUT_IDS / 64];

/* Is @id one of those that were left out before?  From now on it is. */
static bool left_out_before(u32 id)
{
	bool before;

	if (id >= LEFT_OUT_IDS)
		return false;
	before = left_out[id / 64] & BIT(id % 64);
	left_out[id / 64] |= BIT(id % 64);
	return before;
}

/* A CPU may be listed twice, with a short and a long entry: once is enough. */
static void add_lapic(u32 id, u32 flags)
{
	/* bit 0: enabled; bit 1: could be brought online later, which we never do */
	if (!(flags & 1))
		return;
	for (unsigned int i = 0; i < acpi_info.nr_lapics; i++)
		if (acpi_info.lapic_id[i] == id)
			return;
	if (acpi_info.nr_lapics == NR_CPUS && left_out_before(id))
		return;
	acpi_info.nr_high_lapics += id > 255;
	if (acpi_info.nr_lapics < NR_CPUS)
		acpi_info.lapic_id[acpi_info.nr_lapics++] = id;
	else
		acpi_info.nr_lapics_left_out++;
}

static void add_ioapic(u8 id, u32 addr, u32 gsi_base)
{
	if (!addr || acpi_info.nr_ioapics == ACPI_MAX_IOAPICS) {
		pr_warn("acpi: I/O APIC %u at %#x is left out\n", id, addr);
		return;
	}
	acpi_info.ioapic[acpi_info.nr_ioapics++] = (struct acpi_ioapic){ id, addr, gsi_base };
}

static void add_override(u8 bus, u8 line, u32 gsi, u16 flags)
{
	if (bus || line >= 16 || gsi > 255)	/* bus 0 is ISA */
		return;
	acpi_info.isa_gsi[line] = gsi;
	acpi_info.isa_flags[line] = flags;
}

/* Simplified: a pin that is the NMI of one CPU is taken to be that of all. */
static void add_nmi_pin(u8 pin)
{
	if (pin < 2)
		acpi_info.nmi_pins |= BIT(pin);
}

static void madt_entry(const struct acpi_header *t, size_t off, u8 type)
{
	u32 id;

	switch (type) {
	case 0:		/* local APIC */
		id = field(t, off + 3, 1);
		if (id != 0xff)
			add_lapic(id, field(t, off + 4, 4));
		break;
	case 1:		/* I/O APIC */
		add_ioapic(field(t, off + 2, 1), field(t, off + 4, 4), field(t, off + 8, 4));
		break;
	case 2:		/* an ISA line that is wired elsewhere */
		add_override(field(t, off + 2, 1), field(t, off + 3, 1), field(t, off + 4, 4),
			     field(t, off + 8, 2));
		break;
	case 4:		/* NMI of a local APIC */
		add_nmi_pin(field(t, off + 5, 1));
		break;
	case 5:		/* 64-bit address of the local APIC */
		acpi_info.lapic_addr = field(t, off + 4, 8);
		break;
	case 9:		/* local x2APIC */
		id = field(t, off + 4, 4);
		if (id != 0xffffffff)
			add_lapic(id, field(t, off + 8, 4));
		break;
	case 10:	/* NMI of a local x2APIC */
		add_nmi_pin(field(t, off + 8, 1));
		break;
	}
}

/* What an entry of a known type must at least have. */
static u8 madt_entry_min(u8 type)
{
	static const u8 len[] = { 8, 12, 10, 8, 6, 12, 16, 16, 16, 16, 12 };

	return type < ARRAY_SIZE(len) ? len[type] : 2;
}

static void parse_madt(const struct acpi_header *t)
{
	size_t off = 44;

	memset(left_out, 0, sizeof(left_out));
	acpi_info.lapic_addr = field(t, 36, 4);
	while (off + 2 <= t->length) {
		u8 type = field(t, off, 1), len = field(t, off + 1, 1);

		if (len < 2 || off + len > t->length) {
			pr_warn("acpi: MADT: entry of length %u at offset %zu: what follows is ignored\n", len, off);
			break;
		}
		if (len < madt_entry_min(type))
			pr_warn("acpi: MADT: entry of type %u at offset %zu is too short, ignored\n", type, off);
		else
			madt_entry(t, off, type);
		off += len;
	}
	if (acpi_info.nr_high_lapics)
		pr_info("acpi: %u CPUs have APIC ids above 255\n", acpi_info.nr_high_lapics);
	if (acpi_info.nr_lapics_left_out)
		pr_warn("acpi: %u CPUs are left out: Quire has room for %u\n", acpi_info.nr_lapics_left_out, NR_CPUS);
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

/* The DSDT of the newer field, or, where that leads to none, of the older; NULL: neither. */
static const struct acpi_header *map_dsdt(const struct acpi_header *fadt)
{
	u64 newer = field(fadt, FADT_X_DSDT, 8), old = field(fadt, FADT_DSDT, 4);
	const struct acpi_header *dsdt = newer ? map_table(newer) : NULL;

	if (!dsdt && old && old != newer)
		dsdt = map_table(old);
	return dsdt;
}

static void parse_fadt(const struct acpi_header *t)
{
	const struct acpi_header *dsdt;
	struct acpi_reg tmr;
	u32 flags = field(t, FADT_FLAGS, 4);

	if (field(t, FADT_CENTURY, 1) < 128)	/* bit 7 of its index would switch NMIs */
		acpi_info.rtc_century = field(t, FADT_CENTURY, 1);
	if (flags & FADT_RESET_SUPPORTED) {
		acpi_info.reset_reg = generic_address(t, FADT_RESET_REG);
		acpi_info.reset_value = field(t, FADT_RESET_VALUE, 1);
	}
	if (flags & FADT_HW_REDUCED) {
		acpi_info.sleep_control = generic_address(t, FADT_SLEEP_CONTROL);
		acpi_info.sleep_status = generic_address(t, FADT_SLEEP_STATUS);
	} else {
		acpi_info.pm1a_sts = port_or_generic(t, FADT_PM1A_EVT, FADT_X_PM1A_EVT);
		acpi_info.pm1b_sts = port_or_generic(t, FADT_PM1B_EVT, FADT_X_PM1B_EVT);
		acpi_info.pm1a_cnt = port_or_generic(t, FADT_PM1A_CNT, FADT_X_PM1A_CNT);
		acpi_info.pm1b_cnt = port_or_generic(t, FADT_PM1B_CNT, FADT_X_PM1B_CNT);
		acpi_info.smi_cmd = field(t, FADT_SMI_CMD, 4);
		acpi_info.acpi_enable = field(t, FADT_ACPI_ENABLE, 1);
		tmr = port_or_generic(t, FADT_PM_TMR, FADT_X_PM_TMR);
		if (field(t, FADT_PM_TMR_LEN, 1) == 4 && tmr.space == ACPI_SPACE_IO)
			acpi_info.pm_timer_port = tmr.addr;
	}
	dsdt = map_dsdt(t);
	if (dsdt) {
		find_s5_in(dsdt);
		unmap_table(dsdt);
	}
}

static void parse_hpet(const struct acpi_header *t)
{
	struct acpi_reg r = generic_address(t, 40);

	if (r.space == ACPI_SPACE_MEMORY && address_ok(r.addr, 4096))
		acpi_info.hpet_addr = r.addr;
}

/* ---- MCFG: configuration space in memory ---- */

static void parse_mcfg(const struct acpi_header *t)
{
	for (size_t off = 44; off + 16 <= t->length; off += 16) {
		struct acpi_ecam e = { field(t, off, 8), field(t, off + 10, 1), field(t, off + 11, 1) };
		u16 segment = field(t, off + 8, 2);

		if (!address_ok(e.base, (e.last_bus + 1UL) << 20) || e.base & 0xfffff || e.first_bus > e.last_bus) {
			pr_warn("acpi: MCFG: no buses %u-%u can be at %#lx, ignored\n", e.first_bus, e.last_bus,
				(unsigned long)e.base);
			continue;
		}
		if (!segment && acpi_info.nr_ecam < ACPI_MAX_ECAM)
			acpi_info.ecam[acpi_info.nr_ecam++] = e;
	}
}

static const struct {
	char signature[5];
	void (*parse)(const struct acpi_header *t);
} parsers[] = {
	{ "APIC", parse_madt },
	{ "FACP", parse_fadt },
	{ "HPET", parse_hpet },
	{ "MCFG", parse_mcfg },
	{ "SSDT", find_s5_in },
};

/* The first table of a kind counts (but all SSDTs do): @seen remembers which. */
static void parse_table(const struct acpi_header *t, unsigned int *seen)
{
	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++) {
		if (memcmp(t->signature, parsers[i].signature, 4))
			continue;
		if (!(*seen & BIT(i)) || parsers[i].parse == find_s5_in)
			parsers[i].parse(t);
		else
			pr_warn("acpi: a second table %s is ignored\n", parsers[i].signature);
		*seen |= BIT(i);
	}
}

/*
 * Walk the root table at @pa: @width bytes per address (4 in the RSDT, 8 in the XSDT).
 * True if it had a table that we know.
 */
static bool parse_root(u64 pa, size_t width)
{
	const struct acpi_header *root = pa ? map_table(pa) : NULL;
	unsigned int seen = 0;

	if (!root)
		return false;
	if (memcmp(root->signature, width == 8 ? "XSDT" : "RSDT", 4))
		pr_warn("acpi: the root table is called %.4s, ignored\n", root->signature);
	else
		for (size_t off = sizeof(*root); off + width <= root->length; off += width) {
			const struct acpi_header *t = map_table(field(root, off, width));

			if (t)
				parse_table(t, &seen);
			unmap_table(t);
		}
	unmap_table(root);
	return seen;
}

/* ---- finding the root pointer ---- */

static bool rsdp_valid(const u8 *p)
{
	return !memcmp(p, "RSD PTR ", 8) && acpi_checksum_ok(p, RSDP_V1_LEN);
}

/* The root tables that one root pointer names: the XSDT of ACPI 2.0, or else the RSDT of ACPI 1.0. */
static const char *try_rsdp(const u8 *rsdp)
{
	u64 xsdt = 0;
	u32 rsdt;

	if (!rsdp_valid(rsdp))
		return NULL;
	memcpy(&rsdt, rsdp + 16, 4);
	if (rsdp[15] >= 2 && acpi_checksum_ok(rsdp, RSDP_LEN))
		memcpy(&xsdt, rsdp + 24, 8);
	else if (rsdp[15] >= 2)
		pr_warn("acpi: the root pointer is damaged in its newer part\n");
	if (xsdt && parse_root(xsdt, 8))
		return "XSDT";
	return rsdt && parse_root(rsdt, 4) ? "RSDT" : NULL;
}

/* Root pointers lie at multiples of 16.  The first that leads to tables. */
static const char *scan(phys_addr_t from, size_t len)
{
	u8 *area = address_ok(from, len) ? memremap(from, len) : NULL;
	const char *root = NULL;
	u8 rsdp[RSDP_LEN];

	for (size_t off = 0; area && off + RSDP_LEN <= len && !root; off += 16) {
		memcpy(rsdp, area + off, RSDP_LEN);
		root = try_rsdp(rsdp);
	}
	iounmap(area);
	return root;
}

/* What the loader has copied: the root pointer of ACPI 2.0, else the one of ACPI 1.0, where the firmware has both. */
static const char *try_copies(void)
{
	static const char *const names[NR_RSDP] = { [RSDP_ACPI_2] = "2.0", [RSDP_ACPI_1] = "1.0" };
	static const u8 none[RSDP_LEN];
	const char *root = NULL;

	for (unsigned int i = 0; i < NR_RSDP && !root; i++) {
		const u8 *copy = boot_info.rsdp_copy[i];

		if (!memcmp(copy, none, sizeof(none)))
			continue;
		root = try_rsdp(copy);
		if (!root)
			pr_warn("acpi: the root pointer of ACPI %s leads to no tables, ignored\n", names[i]);
	}
	return root;
}

/* From the loader, else from the two places where a BIOS may put it.  Which root table it was; NULL: none. */
static const char *find_tables(void)
{
	const char *root = try_copies();
	phys_addr_t ebda;
	u16 *bda;

	if (!root && boot_info.rsdp)
		root = scan(boot_info.rsdp, RSDP_LEN);
	if (root)
		return root;
	bda = memremap(0x40e, sizeof(*bda));
	ebda = bda ? (phys_addr_t)*bda << 4 : 0;
	iounmap(bda);
	if (ebda >= 0x80000 && ebda < 0xa0000)
		root = scan(ebda, 1024);
	return root ?: scan(0xe0000, 0x20000);
}

/* Power off and reset must need no memory: what they write to is mapped now. */
static void map_register(struct acpi_reg *r)
{
	if (r->space == ACPI_SPACE_MEMORY && address_ok(r->addr, 4))
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
	const char *root = NULL;

	set_defaults();
	if (!cmdline_has("acpi=off"))
		root = find_tables();
	acpi_info.present = root != NULL;
	if (!acpi_info.nr_ioapics)
		acpi_info.ioapic[acpi_info.nr_ioapics++] = (struct acpi_ioapic){ 0, 0xfec00000, 0 };
	if (!root) {
		pr_warn("acpi: no tables, assuming a plain PC with one CPU\n");
		return;
	}
	map_register(&acpi_info.reset_reg);
	map_register(&acpi_info.sleep_control);
	map_register(&acpi_info.sleep_status);
	map_register(&acpi_info.pm1a_sts);
	map_register(&acpi_info.pm1b_sts);
	map_register(&acpi_info.pm1a_cnt);
	map_register(&acpi_info.pm1b_cnt);
	pr_info("acpi: %s, %u CPUs, %u I/O APICs, HPET %s, PM timer %#x, S5 %s\n", root, acpi_info.nr_lapics,
		acpi_info.nr_ioapics, acpi_info.hpet_addr ? "yes" : "no", acpi_info.pm_timer_port,
		acpi_info.have_s5 ? "yes" : "no");
}
