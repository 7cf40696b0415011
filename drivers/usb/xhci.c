/*
 * drivers/usb/xhci.c - a USB controller: taken from the firmware, started, and its own ports
 *
 * Purpose:    an xHCI controller speaks all speeds of USB.  It is reset, given memory for its rings, and started; then
 *             a port that changes makes an event, and khubd comes here.
 * Invariants: numbers that the controller tells about itself are checked against the size of its registers.
 *             A port with an address in use behind it is never left enabled without its device being known.
 * Simplified: speeds by their default numbers; USB 3 links do as they like; no suspend, no wake-up.
 * Sources:    xHCI specification 1.2, 4.2 "Host Controller Initialization", 4.19 "Root Hub", 4.22.1 "Pre-OS to OS Handoff
 *             Synchronization", 5 "Register Interface", 7 "xHCI Extended Capabilities"; USB 2.0, 7.1.7 "Signaling Levels".
 */
#include "xhci.h"
#include <err.h>
#include <mm.h>
#include <printk.h>
#include <time.h>

/* Capability registers. */
#define HCSPARAMS1		0x04
#define HCSPARAMS2		0x08
#define HCCPARAMS1		0x10
#define HCC_64BIT		BIT(0)
#define HCC_BIG_CONTEXTS	BIT(2)
#define HCC_PORT_POWER		BIT(3)
#define DBOFF			0x14
#define RTSOFF			0x18

/* Operational registers. */
#define USBCMD			0x00
#define CMD_RUN			BIT(0)
#define CMD_RESET		BIT(1)
#define CMD_INTERRUPTS		BIT(2)
#define USBSTS			0x04
#define STS_HALTED		BIT(0)
#define STS_SYSTEM_ERROR	BIT(2)
#define STS_EVENT		BIT(3)
#define STS_NOT_READY		BIT(11)
#define STS_ERROR		BIT(12)
#define PAGESIZE		0x08
#define CRCR			0x18
#define DCBAAP			0x30
#define CONFIG			0x38
#define PORTSC(port)		(0x400 + 16 * ((port) - 1))

/* Runtime registers: interrupter 0. */
#define IMAN			0x20
#define IMAN_PENDING		BIT(0)
#define IMAN_ENABLE		BIT(1)
#define IMOD			0x24
#define ERSTSZ			0x28
#define ERSTBA			0x30
#define ERDP			0x38
#define RUNTIME_LEN		0x40
#define INTERVAL_1MS		4000		/* of 250 ns: interrupts at most so often */

/* PORTSC. */
#define PORT_CONNECTED		BIT(0)
#define PORT_ENABLED		BIT(1)
#define PORT_RESET		BIT(4)
#define PORT_POWER		BIT(9)
#define PORT_SPEED(sc)		((sc) >> 10 & 15)
#define PORT_CONNECT_CHANGE	BIT(17)
#define PORT_CHANGES		(0x7fU << 17)	/* written as 1: cleared */
#define PORT_WARM_RESET		BIT(31)
#define PORT_WAKES		(7U << 25)	/* wake the machine up: a plug, its end, a current too high */
#define PORT_KEEP		(PORT_POWER | 3U << 14)	/* what a write must repeat; so firmware's PORT_WAKES go */

/* Extended capabilities. */
#define CAP_LEGACY		1
#define CAP_PROTOCOL		2
#define LEGACY_BIOS		BIT(16)
#define LEGACY_OS		BIT(24)
#define LEGACY_CONTROL		4
#define LEGACY_SMI_EVENTS	(7U << 29)	/* written as 1: cleared */
#define LEGACY_SMI_KEEP		((7U << 1) | (0xffU << 5) | (7U << 17))

#define HANDOFF_MS		1000
#define RESET_MS		1000
#define HALT_MS			100		/* it may take 16 ms */
#define LAST_RESET_MS		250		/* when the machine ends */
#define SPINS			1000000		/* at most, if the clock does not run */
#define RESET_REST_MS		1		/* Intel's may hang when they are read sooner */
#define DEBOUNCE_MS		100
#define RECOVERY_MS		10
#define PORT_RESET_MS		800
#define TRIES			3

/* ---- start --------------------------------------------------------------------------------- */

/* Until these bits are as wanted; false: not within @ms, or the controller is gone. */
static bool wait_bits(volatile u8 *base, u32 offset, u32 mask, u32 value, unsigned int ms)
{
	u64 end = ktime_get() + ms * 1000000UL;
	u32 now;

	while (((now = xhci_read(base, offset)) & mask) != value && now != ~0U && ktime_get() < end)
		msleep(1);
	return now != ~0U && (now & mask) == value;
}

/* Find the registers; the controller must have room for all that it promises. */
static int find_registers(struct xhci *x)
{
	u32 params = xhci_read(x->regs, HCSPARAMS1), hcc = xhci_read(x->regs, HCCPARAMS1);
	u32 op = x->regs[0], doorbells = xhci_read(x->regs, DBOFF) & ~3U, runtime = xhci_read(x->regs, RTSOFF) & ~31U;

	x->nr_ports = params >> 24;
	x->max_slots = min(params & 0xff, (u32)XHCI_MAX_SLOTS);
	if (params == ~0U || !x->nr_ports || !x->max_slots || op < 0x20)
		return -ENODEV;
	if (op + PORTSC(x->nr_ports) + 16UL > x->regs_len || doorbells + 4UL * (XHCI_MAX_SLOTS + 1) > x->regs_len ||
	    (u64)runtime + RUNTIME_LEN > x->regs_len)
		return -EINVAL;
	x->op = x->regs + op;
	x->doorbells = (volatile u32 *)(x->regs + doorbells);
	x->runtime = x->regs + runtime;
	x->context_size = hcc & HCC_BIG_CONTEXTS ? 64 : 32;
	x->gfp = GFP_KERNEL | (hcc & HCC_64BIT ? 0 : __GFP_DMA32);
	return xhci_read(x->op, PAGESIZE) & 1 ? 0 : -EOPNOTSUPP;	/* pages of 4 KiB */
}

/* The firmware may be using it, to play a PS/2 keyboard: ask for it, and make it stop. */
static void take_from_firmware(struct xhci *x, u32 at)
{
	if (xhci_read(x->regs, at) & LEGACY_BIOS) {
		xhci_write(x->regs, at, xhci_read(x->regs, at) | LEGACY_OS);
		if (!wait_bits(x->regs, at, LEGACY_BIOS, 0, HANDOFF_MS)) {
			pr_warn("xhci %u: the firmware does not give it up; it is taken\n", x->number);
			xhci_write(x->regs, at, (xhci_read(x->regs, at) | LEGACY_OS) & ~LEGACY_BIOS);
		}
	}
	xhci_write(x->regs, at + LEGACY_CONTROL,
		   (xhci_read(x->regs, at + LEGACY_CONTROL) & LEGACY_SMI_KEEP) | LEGACY_SMI_EVENTS);
}

/* Which of its ports are USB 3's. */
static void read_protocol(struct xhci *x, u32 at)
{
	u32 ports = xhci_read(x->regs, at + 8);
	bool is_super = xhci_read(x->regs, at) >> 24 >= 3;

	for (unsigned int i = 0, port = ports & 0xff; i < (ports >> 8 & 0xff) && port && port <= x->nr_ports; i++, port++)
		x->port_is_super[port] = is_super;
}

static void read_capabilities(struct xhci *x)
{
	u64 at = (xhci_read(x->regs, HCCPARAMS1) >> 16) * 4UL;

	for (int i = 0; at && at + 16 <= x->regs_len && i < 64; i++) {	/* a list that loops ends too */
		u32 cap = xhci_read(x->regs, at);

		if ((cap & 0xff) == CAP_LEGACY)
			take_from_firmware(x, at);
		else if ((cap & 0xff) == CAP_PROTOCOL)
			read_protocol(x, at);
		at = cap >> 8 & 0xff ? at + (cap >> 8 & 0xff) * 4 : 0;
	}
}

static int reset(struct xhci *x)
{
	xhci_write(x->op, USBCMD, xhci_read(x->op, USBCMD) & ~(CMD_RUN | CMD_INTERRUPTS));
	if (!wait_bits(x->op, USBSTS, STS_HALTED, STS_HALTED, RESET_MS))
		return -EIO;
	xhci_write(x->op, USBCMD, CMD_RESET);
	msleep(RESET_REST_MS);
	if (!wait_bits(x->op, USBCMD, CMD_RESET, 0, RESET_MS) || !wait_bits(x->op, USBSTS, STS_NOT_READY, 0, RESET_MS))
		return -EIO;
	return 0;
}

/* Pages that the controller keeps for itself: their addresses in an array, whose address is dcbaa[0]. */
static bool give_scratchpad(struct xhci *x)
{
	u32 params = xhci_read(x->regs, HCSPARAMS2);
	unsigned int n = (params >> 21 & 31) << 5 | params >> 27;
	u64 *array;

	if (!n)
		return true;
	array = (u64 *)__get_free_pages(x->gfp | __GFP_ZERO, n > 512);
	for (unsigned int i = 0; array && i < n; i++) {
		unsigned long page = xhci_page(x);

		if (!page)
			return false;
		array[i] = __pa((void *)page);
	}
	x->dcbaa[0] = array ? __pa(array) : 0;
	return array;
}

/* What it works with.  Never given back: the controller keeps it. */
static bool give_memory(struct xhci *x)
{
	unsigned long events = xhci_page(x);
	u64 *segments;

	x->dcbaa = (u64 *)xhci_page(x);
	if (!events || !x->dcbaa || !xhci_make_ring(x, &x->commands) || !give_scratchpad(x))
		return false;
	x->events = (volatile struct xhci_trb *)events;
	x->event_cycle = true;
	segments = x->dcbaa + 384;			/* behind 256 slots: address and length of the one segment */
	segments[0] = __pa((void *)events);
	segments[1] = TRBS_PER_RING;
	xhci_write(x->op, CONFIG, x->max_slots);
	xhci_write64(x->op, DCBAAP, __pa(x->dcbaa));
	xhci_write64(x->op, CRCR, __pa((void *)x->commands.trbs) | TRB_CYCLE);
	xhci_write(x->runtime, ERSTSZ, 1);
	xhci_write64(x->runtime, ERDP, __pa((void *)events));
	xhci_write64(x->runtime, ERSTBA, __pa(segments));
	return true;
}

static void power_ports(struct xhci *x)
{
	for (unsigned int port = 1; port <= x->nr_ports; port++) {
		u32 sc = xhci_read(x->op, PORTSC(port));

		if (!(sc & PORT_POWER))
			xhci_write(x->op, PORTSC(port), (sc & PORT_KEEP) | PORT_POWER);
		x->port_changed[port / 64] |= BIT(port % 64);
	}
}

/* It is not stopped: it is the firmware's until that has given it up. */
int xhci_quiet(struct xhci *x)
{
	int err = find_registers(x);
	u32 command;

	if (err)
		return err;
	command = xhci_read(x->op, USBCMD);
	if (command & CMD_INTERRUPTS) {
		xhci_write(x->op, USBCMD, command & ~CMD_INTERRUPTS);
		xhci_read(x->op, USBCMD);		/* it has arrived there */
	}
	return 0;
}

int xhci_start(struct xhci *x)
{
	int err;

	read_capabilities(x);
	err = reset(x);
	if (err)
		return err;
	if (!give_memory(x))
		return -ENOMEM;
	x->nr_pages = 0;
	xhci_write(x->runtime, IMOD, INTERVAL_1MS);
	xhci_write(x->runtime, IMAN, IMAN_ENABLE | IMAN_PENDING);
	xhci_write(x->op, USBCMD, CMD_RUN | (x->has_irq ? CMD_INTERRUPTS : 0));
	err = wait_bits(x->op, USBSTS, STS_HALTED, 0, RESET_MS) ? 0 : -EIO;
	if (!err)
		err = xhci_command(x, 0, TRB_TYPE(TRB_NO_OP_COMMAND), NULL);	/* rings and interrupt work? */
	if (err)
		return err;
	power_ports(x);
	xhci_sleep(x, 20);
	pr_info("xhci %u: at %02x:%02x.%x, %u ports, %s\n", x->number, x->pci.bus, x->pci.devfn >> 3, x->pci.devfn & 7,
		x->nr_ports, !x->nr_interrupts ? "polled" : x->by_pin ? "its pin" : "MSI");
	return 0;
}

void xhci_die(struct xhci *x, const char *why)
{
	if (x->dead)
		return;
	x->dead = true;
	pr_err("xhci %u: %s: it is given up\n", x->number, why);
	xhci_write(x->op, USBCMD, 0);
}

/* wait_bits() where nobody can sleep, and the clock may not run. */
static bool spin_bits(struct xhci *x, u32 offset, u32 mask, u32 value, unsigned int ms)
{
	u64 end = ktime_get() + ms * 1000000UL;

	for (unsigned int i = 0; i < SPINS && ktime_get() < end; i++) {
		u32 now = xhci_read(x->op, offset);

		if (now == ~0U || (now & mask) == value)
			return now != ~0U;
	}
	return false;
}

static void write_port(struct xhci *x, unsigned int port, u32 bits)
{
	xhci_write(x->op, PORTSC(port), (xhci_read(x->op, PORTSC(port)) & PORT_KEEP) | bits);
}

/* A port that loses its device, as it will, is no reason to switch the machine on. */
static void disarm_ports(struct xhci *x)
{
	for (unsigned int port = 1; port <= x->nr_ports; port++)
		if (xhci_read(x->op, PORTSC(port)) & PORT_WAKES)
			write_port(x, port, 0);
}

/* Forget all that would be an event.  Halted; its registers rest before they are read. */
static void last_reset(struct xhci *x)
{
	u64 end = ktime_get() + RESET_REST_MS * 1000000UL;

	xhci_write(x->op, USBCMD, CMD_RESET);
	for (unsigned int i = 0; i < SPINS && ktime_get() < end; i++)
		cpu_relax();
	if (spin_bits(x, USBCMD, CMD_RESET, 0, LAST_RESET_MS))
		spin_bits(x, USBSTS, STS_NOT_READY, 0, LAST_RESET_MS);
}

void xhci_stop(struct xhci *x, bool power_off)
{
	u32 command = xhci_read(x->op, USBCMD);
	bool halted;

	if (command == ~0U)			/* it is gone */
		return;
	xhci_write(x->op, USBCMD, command & ~(CMD_RUN | CMD_INTERRUPTS));
	halted = spin_bits(x, USBSTS, STS_HALTED, STS_HALTED, HALT_MS);
	if (!power_off)
		return;
	disarm_ports(x);
	if (halted)				/* one that runs must not be reset */
		last_reset(x);
}

/* ---- its own ports ------------------------------------------------------------------------- */

bool xhci_root_connected(struct xhci *x, unsigned int port)
{
	u32 sc = xhci_read(x->op, PORTSC(port));

	return sc != ~0U && sc & PORT_CONNECTED;
}

/* The speed of what is there, ready to get an address; or -errno.  @warm: a USB 3 link is made anew. */
static int reset_port(struct xhci *x, unsigned int port, bool warm)
{
	u64 end = ktime_get() + PORT_RESET_MS * 1000000UL;
	u32 sc;

	write_port(x, port, warm ? PORT_WARM_RESET : PORT_RESET);
	do {
		xhci_sleep(x, 10);
		sc = xhci_read(x->op, PORTSC(port));
		if (x->dead || sc == ~0U || !(sc & (PORT_CONNECTED | PORT_RESET)))
			return -ENODEV;
	} while ((sc & PORT_RESET || !(sc & PORT_ENABLED)) && ktime_get() < end);
	write_port(x, port, sc & PORT_CHANGES & ~PORT_CONNECT_CHANGE);
	if (sc & PORT_RESET || !(sc & PORT_ENABLED) || !PORT_SPEED(sc))
		return -ETIMEDOUT;
	xhci_sleep(x, RECOVERY_MS);
	return min(PORT_SPEED(sc), (u32)USB_SUPER_PLUS);
}

static void connect(struct xhci *x, unsigned int port)
{
	xhci_sleep(x, DEBOUNCE_MS);
	write_port(x, port, PORT_CONNECT_CHANGE);		/* that was the plug coming to rest */
	for (int i = 0; i < TRIES && !x->root_devices[port]; i++) {
		bool enabled = xhci_read(x->op, PORTSC(port)) & PORT_ENABLED;
		int speed = reset_port(x, port, x->port_is_super[port] && (i || !enabled));

		if (speed == -ENODEV)
			return;
		if (speed > 0)
			x->root_devices[port] = usb_new_device(x, NULL, port, speed);
	}
	if (!x->root_devices[port] && !x->dead)
		write_port(x, port, PORT_ENABLED);	/* written as 1: disabled.  It must not listen to another's address */
}

static void port_changed(struct xhci *x, unsigned int port)
{
	u32 sc = xhci_read(x->op, PORTSC(port));

	if (sc == ~0U)
		return;
	write_port(x, port, sc & PORT_CHANGES);
	if (x->root_devices[port] && (sc & PORT_CONNECT_CHANGE || !(sc & PORT_CONNECTED))) {
		usb_disconnect(x->root_devices[port]);
		x->root_devices[port] = NULL;
	}
	if (sc & PORT_CONNECTED && !x->root_devices[port])
		connect(x, port);
}

void xhci_root_ports(struct xhci *x)
{
	u32 status = xhci_read(x->op, USBSTS);

	if (status == ~0U || status & (STS_SYSTEM_ERROR | STS_ERROR))
		xhci_die(x, status == ~0U ? "it is gone" : "it reports an error of its own");
	for (unsigned int port = 1; port <= x->nr_ports && !x->dead; port++) {
		if (!(x->port_changed[port / 64] & BIT(port % 64)))
			continue;
		x->port_changed[port / 64] &= ~BIT(port % 64);
		port_changed(x, port);
	}
}

/* ---- interrupts ---------------------------------------------------------------------------- */

/* Only says that khubd has something to do.  A pin may be another device's. */
void xhci_interrupt(int irq, void *arg)
{
	struct xhci *x = arg;

	if (x->by_pin) {
		if (!(xhci_read(x->runtime, IMAN) & IMAN_PENDING))
			return;
		xhci_write(x->op, USBSTS, STS_EVENT);
		xhci_write(x->runtime, IMAN, IMAN_ENABLE | IMAN_PENDING);
		xhci_read(x->runtime, IMAN);		/* it has arrived there before we return */
	}
	x->nr_interrupts++;
	WRITE_ONCE(x->pending, true);
	wake_up(&x->wait);
}
