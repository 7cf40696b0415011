/*
 * xhci.h - the controller, inside drivers/usb
 *
 * All of it is khubd's, but for ->pending, ->work and ->nr_interrupts.
 */
#ifndef XHCI_H
#define XHCI_H

#include <gfp.h>
#include <pci.h>
#include <usb.h>
#include <wait.h>

/* What both sides put into rings: 16 bytes. */
struct xhci_trb {
	u64 param;
	u32 status, control;
};
_Static_assert(sizeof(struct xhci_trb) == 16, "TRB");

#define TRBS_PER_RING	256		/* a page */
#define TRB_CYCLE	0x1
#define TRB_TYPE(t)	((u32)(t) << 10)

enum trb_type {
	TRB_NORMAL = 1, TRB_SETUP, TRB_DATA, TRB_STATUS, TRB_LINK = 6, TRB_ENABLE_SLOT = 9, TRB_DISABLE_SLOT,
	TRB_ADDRESS_DEVICE, TRB_CONFIGURE, TRB_EVALUATE, TRB_RESET_ENDPOINT, TRB_STOP_ENDPOINT, TRB_SET_DEQUEUE,
	TRB_NO_OP_COMMAND = 23, TRB_TRANSFER_EVENT = 32, TRB_COMMAND_EVENT, TRB_PORT_EVENT, TRB_CONTROLLER_EVENT = 37,
};

enum completion_code { COMP_SUCCESS = 1, COMP_STALL = 6, COMP_SHORT = 13 };

#define XHCI_MAX_SLOTS	32		/* devices that we look after */
#define XHCI_NR_PORTS	256

struct xhci {
	struct pci_dev pci;
	unsigned int number;		/* in names of devices: from 1 */
	volatile u8 *regs;		/* the BAR: capability registers ... */
	u64 regs_len;
	volatile u8 *op, *runtime;	/* ... operational and runtime registers, inside it */
	volatile u32 *doorbells;
	gfp_t gfp;			/* memory that it can reach */
	unsigned int context_size;	/* 32 or 64 bytes */
	unsigned int max_slots, nr_ports;
	bool has_irq, by_pin;
	bool routed;			/* it was given ports that an EHCI controller had */
	bool dead;			/* does not work, or is gone: nothing is asked of it any more */

	u64 *dcbaa;			/* by slot: what the controller knows of a device; [0]: scratchpad */
	struct usb_ring commands;
	volatile struct xhci_trb *events;
	unsigned int next_event;
	bool event_cycle;
	u64 command_trb;		/* under way; 0: none */
	u8 command_code, command_slot;	/* its answer; code 0: none yet */
	unsigned int nr_pages;		/* that devices have */

	struct usb_device *devices[XHCI_MAX_SLOTS + 1];		/* by slot */
	struct usb_device *root_devices[XHCI_NR_PORTS];		/* by port, from 1 */
	u64 port_changed[XHCI_NR_PORTS / 64];
	bool port_is_super[XHCI_NR_PORTS];

	wait_queue_head_t wait;		/* khubd */
	bool pending;			/* wake up: there are events, or work.  Any context */
	bool work;			/* something to do for which khubd must not be in the middle of something.  Any context */
	unsigned long nr_interrupts;
};

static inline u32 xhci_read(volatile u8 *base, u32 offset) { return *(volatile u32 *)(base + offset); }
static inline void xhci_write(volatile u8 *base, u32 offset, u32 v) { *(volatile u32 *)(base + offset) = v; }
static inline void xhci_write64(volatile u8 *base, u32 offset, u64 v)
{
	xhci_write(base, offset, v);
	xhci_write(base, offset + 4, v >> 32);
}

/* ---- xhci_ring.c ---- */
bool xhci_make_ring(struct xhci *x, struct usb_ring *r);	/* false: no memory */
void xhci_handle_events(struct xhci *x);
/* Any context: khubd has work (->work of a device, a port).  What only waits for events does not do it. */
void xhci_kick(struct xhci *x);
/* Sleep until kicked, or until @until (monotonic ns, 0: for ever). */
void xhci_idle(struct xhci *x, u64 until);
/* Sleep, while events are served.  khubd has no other way to wait, or keyboards would wait with it. */
void xhci_sleep(struct xhci *x, unsigned int ms);
/* 0, -ENODEV (the controller is dead), -ETIMEDOUT, -EIO; *@slot, if wanted: the slot of the answer. */
int xhci_command(struct xhci *x, u64 param, u32 control, u8 *slot);
int xhci_control(struct usb_device *d, u8 type, u8 request, u16 value, u16 index, void *data, u16 len);
/* Ask for what the interrupt endpoint has to say next. */
void xhci_ask_in(struct usb_device *d);
/* An endpoint that stopped works again, and has forgotten what it was to do; @dci as the controller counts. */
int xhci_recover(struct usb_device *d, struct usb_ring *r, unsigned int dci);

/* ---- xhci_dev.c: what the controller has to know of a device ---- */
int xhci_add_device(struct usb_device *d);			/* gives it a slot and an address */
int xhci_set_max_packet0(struct usb_device *d, unsigned int bytes);
/* Its interrupt endpoint, d->function; @hub_ports > 0: it is a hub, whose translator needs @think_time. */
int xhci_configure(struct usb_device *d, unsigned int hub_ports, unsigned int think_time);
/* Forget it.  Memory that the controller might still write into is not freed. */
void xhci_remove_device(struct usb_device *d);
/* Number of the interrupt endpoint as the controller counts. */
static inline unsigned int xhci_in_dci(const struct usb_device *d) { return d->function.endpoint * 2 + 1; }
unsigned long xhci_page(struct xhci *x);			/* zeroed, counted; 0: no memory */
void xhci_free_page(struct xhci *x, void *p);			/* NULL is fine */

/* ---- xhci.c ---- */
/* Boot, before it has an interrupt: find its registers, and switch off those that the firmware has left on.  0 or -errno. */
int xhci_quiet(struct xhci *x);
int xhci_start(struct xhci *x);
bool xhci_root_connected(struct xhci *x, unsigned int port);
void xhci_root_ports(struct xhci *x);				/* look after those that changed */
void xhci_die(struct xhci *x, const char *why);
void xhci_interrupt(int irq, void *xhci);
/*
 * The machine ends: the controller is halted; to @power_off its ports also do not wake the machine up any more, and it is
 * reset.  Any context, even a panic: no lock is taken, and it is waited for as long as it takes, but no longer than HALT_MS,
 * and twice LAST_RESET_MS.
 */
void xhci_stop(struct xhci *x, bool power_off);

#endif
