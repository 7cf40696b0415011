/*
 * drivers/pci.c - the PCI bus: configuration space, BARs, capabilities, MSI-X
 *
 * Purpose:    what a driver for one device needs: where it is, where its registers are, how it
 *             interrupts.
 * Invariants: nothing is written to a device that no driver asked for.
 *             An interrupt by message (MSI-X) needs no routing: it is a write of a vector to the local
 *             APIC, so no firmware table is read.  The pins are the way back: the firmware has noted
 *             the line in configuration space; several devices may share it.
 *             Configuration space in memory is used only if it shows what the ports show, or there are none.
 *             No bus is searched twice, whatever bridges say; one that only mirrors another is left out.
 * Lock order: none: drivers are brought up one after the other.
 *             "pci=nomsi" (Linux's word): pins only.
 * Simplified: BARs stay where the firmware put them; nothing is plugged in later.
 * Simplified: memory for configuration space is found by MCFG only (AML's _CBA is not read), of segment 0.
 *             AML's _BBN, which names the root buses, is not read either: every bus is tried.
 * Sources:    PCI Local Bus Specification 3.0, "Configuration Mechanism", "Capabilities List",
 *             "MSI-X Capability and Table Structures"; PCI Firmware Specification 3.0, "MCFG Table"; PCI Bus Power
 *             Management Interface Specification 1.2, "Power Management Control/Status", "D3hot State".
 */
#include <asm/acpi.h>
#include <asm/processor.h>
#include <boot_info.h>
#include <err.h>
#include <memblock.h>
#include <pci.h>
#include <printk.h>
#include <string.h>
#include <time.h>
#include <vmalloc.h>

#define CONFIG_ADDRESS	0xcf8
#define CONFIG_DATA	0xcfc

#define PCI_CLASS	0x08
#define PCI_CACHE_LINE	0x0c		/* then: the latency timer */
#define PCI_HEADER_TYPE	0x0e
#define PCI_BAR0	0x10
#define PCI_SECONDARY	0x19		/* of a bridge: the bus behind it */
#define PCI_CAP_LIST	0x34
#define PCI_STATUS_CAPS	0x10
#define PM_CONTROL	4		/* in the power management capability */
#define PM_STATE	0x0003
#define PM_PME_ENABLE	0x0100		/* it may wake the machine up */
#define PM_PME_STATUS	0x8000		/* written as 1: cleared */
#define PM_WAKE_MS	10
#define HEADER_BRIDGE	1
#define MSI_ENABLE	0x0001
#define MSI_MESSAGES	0x0070		/* more than one */
#define MSI_64BIT	0x0080
#define MSI_MASKS	0x0100
#define HEADER_MULTI	0x80

/* ---- configuration space ---- */

#define ECAM_BUS_SIZE	(1UL << 20)

static volatile u8 *ecam_bus[256];	/* where each bus is mapped; NULL: not yet, or not there */
static bool ecam_tried[256];
static bool use_ports;

/* What a function's first register says.  0 is what some chipsets say of nobody. */
static bool is_there(u32 id)
{
	return (u16)id != 0xffff && (u16)id;
}

/* By ports: the first 256 bytes only. */
static u32 port_read32(const struct pci_dev *d, u16 reg)
{
	if (reg > 0xff || !use_ports)
		return ~0U;
	outl(CONFIG_ADDRESS, 1U << 31 | d->bus << 16 | d->devfn << 8 | (reg & 0xfc));
	return inl(CONFIG_DATA);
}

/*
 * Is what lies at @base really configuration space?  With ports, both ways must say the same of every device of the
 * bus; without, any device must be there.  *@devices: how many.
 */
static bool ecam_is_true(volatile u8 *base, u8 bus, unsigned int *devices)
{
	*devices = 0;
	for (unsigned int slot = 0; slot < 32; slot++) {
		struct pci_dev d = { .bus = bus, .devfn = slot << 3 };
		u32 id = *(volatile u32 *)(base + d.devfn * 4096UL);

		if (use_ports && id != port_read32(&d, 0))
			return false;
		*devices += is_there(id);
	}
	return use_ports || *devices;
}

/*
 * Map bus @bus, of @e.  NULL: it is not there, or is empty (then nothing would tell), or there is no memory.  Without ports
 * nothing tells one that is not there from one that is empty, which of all buses only the first cannot be.
 */
static volatile u8 *map_ecam_bus(const struct acpi_ecam *e, u8 bus)
{
	phys_addr_t pa = e->base + bus * ECAM_BUS_SIZE;
	volatile u8 *base = memblock_is_memory(pa) ? NULL : ioremap(pa, ECAM_BUS_SIZE);
	unsigned int devices = 0;
	bool ok = base && ecam_is_true(base, bus, &devices);

	if (ok && devices)
		return base;
	if (!ok && (use_ports || !bus))
		pr_warn("pci: no configuration space at %#lx, where MCFG says%s\n", (unsigned long)pa,
			use_ports ? ": by ports" : "");
	iounmap((void *)base);
	return NULL;
}

/* Bus @bus in memory, or NULL.  Each is looked at once, when its first register is asked for. */
static volatile u8 *map_ecam(u8 bus)
{
	static u32 told;		/* of which entries a line was printed */

	for (unsigned int i = 0; i < acpi_info.nr_ecam && !ecam_tried[bus] && !ecam_bus[bus]; i++) {
		const struct acpi_ecam *e = &acpi_info.ecam[i];

		if (bus >= e->first_bus && bus <= e->last_bus)
			ecam_bus[bus] = map_ecam_bus(e, bus);
		if (ecam_bus[bus] && !(told & BIT(i)))
			pr_info("pci: configuration space at %#lx, buses %u-%u\n", (unsigned long)e->base, e->first_bus,
				e->last_bus);
		told |= ecam_bus[bus] ? BIT(i) : 0;
	}
	ecam_tried[bus] = true;
	return ecam_bus[bus];
}

static volatile void *ecam_register(const struct pci_dev *d, u16 reg)
{
	volatile u8 *bus = reg < 4096 ? map_ecam(d->bus) : NULL;

	return bus ? bus + d->devfn * 4096UL + reg : NULL;
}

bool pci_uses_ecam(u8 bus)
{
	return map_ecam(bus);
}

u32 pci_read32(const struct pci_dev *d, u16 reg)
{
	volatile u32 *p = ecam_register(d, reg & ~3);

	return p ? *p : port_read32(d, reg & ~3);
}

u16 pci_read16(const struct pci_dev *d, u16 reg)
{
	return pci_read32(d, reg) >> (reg & 2) * 8;
}

u8 pci_read8(const struct pci_dev *d, u16 reg)
{
	return pci_read32(d, reg) >> (reg & 3) * 8;
}

void pci_write16(const struct pci_dev *d, u16 reg, u16 v)
{
	volatile u16 *p = ecam_register(d, reg & ~1);

	if (p) {
		*p = v;
	} else if (reg <= 0xff && use_ports) {
		outl(CONFIG_ADDRESS, 1U << 31 | d->bus << 16 | d->devfn << 8 | (reg & 0xfc));
		outw(CONFIG_DATA + (reg & 2), v);
	}
}

void pci_write32(const struct pci_dev *d, u16 reg, u32 v)
{
	volatile u32 *p = ecam_register(d, reg & ~3);

	if (p) {
		*p = v;
	} else if (reg <= 0xff && use_ports) {
		outl(CONFIG_ADDRESS, 1U << 31 | d->bus << 16 | d->devfn << 8 | (reg & 0xfc));
		outl(CONFIG_DATA, v);
	}
}

/* ---- the buses ---- */

static u8 buses[256];			/* as they are searched: a root, the buses behind it, the next root */
static unsigned int nr_buses;
static bool looked_through;
static bool is_listed[256];

/* The next function of @d's bus from *@devfn on, to *@d; *@devfn is then behind it.  False: there is none. */
static bool next_function(struct pci_dev *d, unsigned int *devfn)
{
	while (*devfn < 256) {
		u32 id;

		d->devfn = *devfn;
		id = pci_read32(d, 0);
		d->vendor = id;
		d->device = id >> 16;
		if (!(*devfn & 7) && (!is_there(id) || !(pci_read8(d, PCI_HEADER_TYPE) & HEADER_MULTI)))
			*devfn += 8;		/* the device has one function, or is none */
		else
			*devfn += 1;
		if (is_there(id))
			return true;
	}
	return false;
}

static void list_bus(u8 bus)
{
	if (!is_listed[bus])
		buses[nr_buses++] = bus;
	is_listed[bus] = true;
}

/* The buses right behind bridges of @bus. */
static void list_behind(u8 bus)
{
	struct pci_dev d = { .bus = bus };
	unsigned int devfn = 0;

	while (next_function(&d, &devfn)) {
		u8 first = pci_read8(&d, PCI_SECONDARY);

		if ((pci_read8(&d, PCI_HEADER_TYPE) & 0x7f) == HEADER_BRIDGE && first > bus)
			list_bus(first);
	}
}

static void list_tree(u8 root)
{
	unsigned int i = nr_buses;

	for (list_bus(root); i < nr_buses; i++)
		list_behind(buses[i]);
}

/*
 * A root need not have a device 0.  By ports, where there are some: nothing is mapped for a bus that is empty, as most are.
 * That is 32 reads, each of about 1 us.
 */
static bool has_devices(u8 bus)
{
	if (!use_ports)
		return map_ecam(bus);
	for (unsigned int slot = 0; slot < 32; slot++)
		if (is_there(port_read32(&(struct pci_dev){ .bus = bus, .devfn = slot << 3 }, 0)))
			return true;
	return false;
}

/*
 * Does bus @a show what bus @b shows?  Ids alone do not tell: the roots of a large machine often have the same devices.  But
 * no two bridges lead to the same bus, and no two devices lie at the same address.
 */
static bool is_mirror(u8 a, u8 b)
{
	static const u8 regs[] = { PCI_CLASS, PCI_BAR0, 0x14, 0x18, 0x20, 0x24 };	/* 0x18: a bridge's buses */

	for (unsigned int devfn = 0; devfn < 256; devfn++) {
		struct pci_dev on_a = { .bus = a, .devfn = devfn }, on_b = { .bus = b, .devfn = devfn };
		u32 id = pci_read32(&on_a, 0);

		if (id != pci_read32(&on_b, 0))
			return false;
		for (size_t i = 0; i < ARRAY_SIZE(regs) && is_there(id); i++)
			if (pci_read32(&on_a, regs[i]) != pci_read32(&on_b, regs[i]))
				return false;
	}
	return true;
}

/* A chipset that does not look at all bits of a bus's number shows the same devices again. */
static bool is_ghost(u8 bus)
{
	for (unsigned int i = 0; i < nr_buses; i++)
		if (is_mirror(bus, buses[i]))
			return true;
	return false;
}

/*
 * What bus 0 leads to, then all other roots and what they lead to: large machines have several, and so have some small ones.
 * Neither tells that a bus is no root: of MCFG an entry may be lost, and a bridge may claim to lead to all up to 255.
 */
static void list_buses(void)
{
	list_tree(0);
	for (unsigned int bus = 1; bus < 256; bus++) {
		if (is_listed[bus] || !has_devices(bus) || is_ghost(bus))
			continue;
		pr_info("pci: another root: bus %02x\n", bus);
		list_tree(bus);
	}
}

/* False: this machine has no PCI.  It is looked through once, when the first driver looks for its device. */
static bool pci_init(void)
{
	if (!looked_through) {
		looked_through = true;
		outl(CONFIG_ADDRESS, 1U << 31);
		use_ports = inl(CONFIG_ADDRESS) == 1U << 31;
		if (use_ports || map_ecam(0))
			list_buses();
	}
	return nr_buses;
}

/* ---- finding a device ---- */

struct wanted {
	u16 vendor, device, other;
	u32 class;			/* if not 0, this counts instead */
	unsigned int skip;		/* so many that fit are left out */
};

static bool fits(const struct wanted *w, const struct pci_dev *d)
{
	if (w->class)
		return pci_read32(d, PCI_CLASS) >> 8 == w->class;
	return d->vendor == w->vendor && (d->device == w->device || d->device == w->other);
}

static bool find(struct wanted w, struct pci_dev *out)
{
	if (!pci_init())
		return false;
	for (unsigned int i = 0; i < nr_buses; i++) {
		struct pci_dev d = { .bus = buses[i] };
		unsigned int devfn = 0;

		while (next_function(&d, &devfn)) {
			if (!fits(&w, &d) || w.skip--)
				continue;
			*out = d;
			return true;
		}
	}
	return false;
}

bool pci_find(u16 vendor, u16 device, u16 other_device, unsigned int nth, struct pci_dev *out)
{
	return find((struct wanted){ .vendor = vendor, .device = device, .other = other_device, .skip = nth }, out);
}

bool pci_find_class(u32 class, unsigned int nth, struct pci_dev *out)
{
	return find((struct wanted){ .class = class, .skip = nth }, out);
}

u8 pci_capability(const struct pci_dev *d, u8 id, u8 after)
{
	u8 at;

	if (!(pci_read16(d, PCI_COMMAND + 2) & PCI_STATUS_CAPS))
		return 0;
	at = pci_read8(d, after ? after + 1 : PCI_CAP_LIST) & 0xfc;
	for (int i = 0; at && i < 48; i++) {	/* a list that loops has more */
		if (pci_read8(d, at) == id)
			return at;
		at = pci_read8(d, at + 1) & 0xfc;
	}
	return 0;
}

/* ---- power ---- */

/* A function that wakes up may have forgotten where its registers are, and what firmware noted of its interrupt line. */
static void wake_up_function(const struct pci_dev *d, u8 cap, u16 control)
{
	static const u8 regs[] = { PCI_CACHE_LINE, PCI_INTERRUPT_LINE, PCI_COMMAND };	/* it answers last of all */
	u16 saved[ARRAY_SIZE(regs)];
	u32 bars[6];

	for (unsigned int i = 0; i < ARRAY_SIZE(bars); i++)
		bars[i] = pci_read32(d, PCI_BAR0 + 4 * i);
	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++)
		saved[i] = pci_read16(d, regs[i]);
	pci_write16(d, cap + PM_CONTROL, control | PCI_D0);
	msleep(PM_WAKE_MS);
	for (unsigned int i = 0; i < ARRAY_SIZE(bars); i++)
		if (pci_read32(d, PCI_BAR0 + 4 * i) != bars[i])
			pci_write32(d, PCI_BAR0 + 4 * i, bars[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++)
		if (pci_read16(d, regs[i]) != saved[i])
			pci_write16(d, regs[i], saved[i]);
}

u8 pci_set_power(const struct pci_dev *d, u8 state)
{
	u8 cap = pci_capability(d, PCI_CAP_PM, 0);
	u16 control = cap ? pci_read16(d, cap + PM_CONTROL) : PCI_D0;
	u8 before = control & PM_STATE;

	control = (control & ~(PM_STATE | PM_PME_ENABLE)) | PM_PME_STATUS;
	if (!cap || before == state)
		return before;
	if (state == PCI_D0)
		wake_up_function(d, cap, control);
	else
		pci_write16(d, cap + PM_CONTROL, control | state);
	return before;
}

/* ---- registers and interrupts ---- */

void *pci_map_bar(const struct pci_dev *d, unsigned int bar, u32 offset, u32 len)
{
	u32 low = bar < 6 ? pci_read32(d, PCI_BAR0 + 4 * bar) : 1;
	phys_addr_t base = low & ~15U;

	if (low & 1)
		return NULL;
	if ((low & 6) == 4 && bar < 5)
		base |= (u64)pci_read32(d, PCI_BAR0 + 4 * bar + 4) << 32;
	return base ? ioremap(base + offset, len) : NULL;
}

/* It says so by the bits that stay 0 when ones are written; meanwhile it must not answer to addresses. */
u64 pci_bar_len(const struct pci_dev *d, unsigned int bar)
{
	u8 reg = PCI_BAR0 + 4 * bar;
	u16 command = pci_read16(d, PCI_COMMAND);
	u32 low = pci_read32(d, reg), high = 0, mask;
	u64 size;

	if (low & 1)
		return 0;
	pci_write16(d, PCI_COMMAND, command & ~PCI_COMMAND_MEMORY);
	pci_write32(d, reg, ~0U);
	mask = pci_read32(d, reg);
	size = 0xffffffff00000000UL | (mask & ~15U);
	pci_write32(d, reg, low);
	if ((low & 6) == 4 && bar < 5) {
		high = pci_read32(d, reg + 4);
		pci_write32(d, reg + 4, ~0U);
		size = (u64)pci_read32(d, reg + 4) << 32 | (mask & ~15U);
		pci_write32(d, reg + 4, high);
	}
	pci_write16(d, PCI_COMMAND, command);
	return mask & ~15U || high ? -size : 0;
}

static bool pci_no_msi(void)
{
	char words[32];

	return cmdline_get("pci", words, sizeof(words)) && !strcmp(words, "nomsi");
}

int pci_enable_msix(const struct pci_dev *d, irq_handler_t fn, void *arg, const char *name)
{
	u8 cap = pci_no_msi() ? 0 : pci_capability(d, PCI_CAP_MSIX, 0);
	volatile u32 *entry;
	u32 where, data;
	u64 addr;
	int err;

	if (!cap)
		return -ENODEV;
	where = pci_read32(d, cap + 4);
	entry = pci_map_bar(d, where & 7, where & ~7U, 16);
	if (!entry)
		return -ENOMEM;
	err = request_msi(fn, arg, name, &addr, &data);
	if (err)
		return err;
	pci_write16(d, PCI_COMMAND, pci_read16(d, PCI_COMMAND) | PCI_COMMAND_NO_INTX);
	pci_write16(d, cap + 2, 1U << 15);
	entry[0] = addr;
	entry[1] = addr >> 32;
	entry[2] = data;
	entry[3] = 0;			/* not masked */
	return 0;
}

int pci_enable_msi(const struct pci_dev *d, irq_handler_t fn, void *arg, const char *name)
{
	u8 cap = pci_no_msi() ? 0 : pci_capability(d, PCI_CAP_MSI, 0);
	u16 control;
	bool is_64bit;
	u32 data;
	u64 addr;
	int err;

	if (!cap)
		return -ENODEV;
	err = request_msi(fn, arg, name, &addr, &data);
	if (err)
		return err;
	control = pci_read16(d, cap + 2);
	is_64bit = control & MSI_64BIT;
	pci_write32(d, cap + 4, addr);
	if (is_64bit)
		pci_write32(d, cap + 8, addr >> 32);
	pci_write16(d, cap + (is_64bit ? 12 : 8), data);
	if (control & MSI_MASKS)
		pci_write32(d, cap + (is_64bit ? 16 : 12), 0);
	pci_write16(d, PCI_COMMAND, pci_read16(d, PCI_COMMAND) | PCI_COMMAND_NO_INTX);
	pci_write16(d, cap + 2, (control & ~MSI_MESSAGES) | MSI_ENABLE);
	return 0;
}

/* ---- pins ---- */

#define NR_PIN_USERS	16

static struct pin_user {
	u8 line;
	irq_handler_t fn;
	void *arg;
} pin_users[NR_PIN_USERS];
static unsigned int nr_pin_users;	/* boot only; an entry is complete when it is counted */

static void pin_interrupt(int irq, void *arg)
{
	for (unsigned int i = 0; i < READ_ONCE(nr_pin_users); i++)
		if (pin_users[i].line == irq)
			pin_users[i].fn(irq, pin_users[i].arg);
}

int pci_enable_intx(const struct pci_dev *d, irq_handler_t fn, void *arg)
{
	u8 line = pci_read8(d, PCI_INTERRUPT_LINE);
	bool shared = false;
	int err;

	if (!line || line == 0xff)
		return -ENODEV;
	if (nr_pin_users == NR_PIN_USERS)
		return -EBUSY;
	for (unsigned int i = 0; i < nr_pin_users; i++)
		shared |= pin_users[i].line == line;
	pin_users[nr_pin_users] = (struct pin_user){ line, fn, arg };
	__atomic_store_n(&nr_pin_users, nr_pin_users + 1, __ATOMIC_RELEASE);
	err = shared ? 0 : request_irq(line, pin_interrupt, NULL, "pci");
	if (err)
		nr_pin_users--;
	else
		pci_write16(d, PCI_COMMAND, pci_read16(d, PCI_COMMAND) & ~PCI_COMMAND_NO_INTX);
	return err;
}
