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
 * Lock order: none: drivers are brought up one after the other.
 *             "pci=nomsi" (Linux's word): pins only.
 * Simplified: BARs stay where the firmware put them; nothing is plugged in later.
 * Simplified: memory for configuration space is found by MCFG only (AML's _CBA is not read).
 * Sources:    PCI Local Bus Specification 3.0, "Configuration Mechanism", "Capabilities List",
 *             "MSI-X Capability and Table Structures"; PCI Firmware Specification 3.0, "MCFG Table".
 */
#include <asm/acpi.h>
#include <asm/processor.h>
#include <boot_info.h>
#include <err.h>
#include <memblock.h>
#include <pci.h>
#include <printk.h>
#include <string.h>
#include <vmalloc.h>

#define CONFIG_ADDRESS	0xcf8
#define CONFIG_DATA	0xcfc

#define PCI_CLASS	0x08
#define PCI_HEADER_TYPE	0x0e
#define PCI_BAR0	0x10
#define PCI_SECONDARY	0x19
#define PCI_CAP_LIST	0x34
#define PCI_STATUS_CAPS	0x10
#define HEADER_BRIDGE	1
#define MSI_ENABLE	0x0001
#define MSI_MESSAGES	0x0070		/* more than one */
#define MSI_64BIT	0x0080
#define MSI_MASKS	0x0100
#define HEADER_MULTI	0x80

/* ---- configuration space ---- */

#define ECAM_BUS_SIZE	(1UL << 20)

static volatile u8 *ecam_bus[256];	/* where each bus is mapped; NULL: not yet, or not there */
static bool use_ports;

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
		*devices += (u16)id != 0xffff && (u16)id;
	}
	return use_ports || *devices;
}

/* Map bus @bus, of @e.  NULL: it is not there, or is empty (then nothing would tell), or there is no memory. */
static volatile u8 *map_ecam_bus(const struct acpi_ecam *e, u8 bus)
{
	phys_addr_t pa = e->base + bus * ECAM_BUS_SIZE;
	volatile u8 *base = memblock_is_memory(pa) ? NULL : ioremap(pa, ECAM_BUS_SIZE);
	unsigned int devices = 0;
	bool ok = base && ecam_is_true(base, bus, &devices);

	if (ok && devices)
		return base;
	if (!ok)
		pr_warn("pci: no configuration space at %#lx, where MCFG says%s\n", (unsigned long)pa,
			use_ports ? ": by ports" : "");
	iounmap((void *)base);
	return NULL;
}

/* Bus @bus in memory, or NULL.  Each is looked at once, when its first register is asked for. */
static volatile u8 *map_ecam(u8 bus)
{
	static bool tried[256];
	static u32 told;		/* of which entries a line was printed */

	for (unsigned int i = 0; i < acpi_info.nr_ecam && !tried[bus] && !ecam_bus[bus]; i++) {
		const struct acpi_ecam *e = &acpi_info.ecam[i];

		if (bus >= e->first_bus && bus <= e->last_bus)
			ecam_bus[bus] = map_ecam_bus(e, bus);
		if (ecam_bus[bus] && !(told & BIT(i)))
			pr_info("pci: configuration space at %#lx, buses %u-%u\n", (unsigned long)e->base, e->first_bus,
				e->last_bus);
		told |= ecam_bus[bus] ? BIT(i) : 0;
	}
	tried[bus] = true;
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

/* False: this machine has no PCI.  The ports are looked for once, when the first driver looks for its device. */
static bool pci_init(void)
{
	static bool done;

	if (!done) {
		done = true;
		outl(CONFIG_ADDRESS, 1U << 31);
		use_ports = inl(CONFIG_ADDRESS) == 1U << 31;
	}
	return use_ports || map_ecam(0);
}

/* ---- finding a device ---- */

struct wanted {
	u16 vendor, device, other;
	u32 class;			/* if not 0, this counts instead */
	unsigned int skip;		/* so many that fit are left out */
	struct pci_dev *out;
};

static bool search_bus(struct wanted *w, u8 bus, unsigned int depth);

static bool fits(const struct wanted *w, const struct pci_dev *d)
{
	if (w->class)
		return pci_read32(d, PCI_CLASS) >> 8 == w->class;
	return d->vendor == w->vendor && (d->device == w->device || d->device == w->other);
}

/* One function of a device: is it the one, or a bridge to it? */
static bool search_function(struct wanted *w, struct pci_dev *d, unsigned int depth)
{
	u32 id = pci_read32(d, 0);

	d->vendor = id;
	d->device = id >> 16;
	if (d->vendor == 0xffff)
		return false;
	if (fits(w, d) && !w->skip--) {
		*w->out = *d;
		return true;
	}
	if ((pci_read8(d, PCI_HEADER_TYPE) & 0x7f) == HEADER_BRIDGE && depth < 8 &&
	    pci_read8(d, PCI_SECONDARY) > d->bus)
		return search_bus(w, pci_read8(d, PCI_SECONDARY), depth + 1);
	return false;
}

static bool search_bus(struct wanted *w, u8 bus, unsigned int depth)
{
	for (unsigned int devfn = 0; devfn < 256; devfn++) {
		struct pci_dev d = { .bus = bus, .devfn = devfn };

		if (search_function(w, &d, depth))
			return true;
		if (!(devfn & 7) && (d.vendor == 0xffff || !(pci_read8(&d, PCI_HEADER_TYPE) & HEADER_MULTI)))
			devfn += 7;		/* the device has one function, or is none */
	}
	return false;
}

bool pci_find(u16 vendor, u16 device, u16 other_device, unsigned int nth, struct pci_dev *out)
{
	struct wanted w = { .vendor = vendor, .device = device, .other = other_device, .skip = nth, .out = out };

	return pci_init() && search_bus(&w, 0, 0);
}

bool pci_find_class(u32 class, unsigned int nth, struct pci_dev *out)
{
	struct wanted w = { .class = class, .skip = nth, .out = out };

	return pci_init() && search_bus(&w, 0, 0);
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
