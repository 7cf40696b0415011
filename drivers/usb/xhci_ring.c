/*
 * drivers/usb/xhci_ring.c - how khubd and the controller talk: commands, transfers, events
 *
 * Purpose:    three kinds of rings in memory.  Who writes an entry (a TRB) turns its cycle bit last: so the other side sees
 *             where the new ones end.  khubd writes commands, and transfers for each endpoint; the controller writes events,
 *             which say what became of them.
 *
 *               khubd:      TRB, TRB ... -> doorbell            reads events, moves ERDP
 *               controller: reads TRBs, does them            -> event -> interrupt
 *
 * Invariants: only khubd touches rings.  At most one command, one request and one interrupt transfer of a device are under
 *             way, so that a ring is never full.  An event about anything else is ignored.
 *             Every wait ends: after its time, when the controller is dead, when the device is gone.
 * Simplified: no stream, isochronous or bulk transfers; one event ring with one segment.
 * Sources:    xHCI specification 1.2, 4.9 "TRB Ring", 4.11 "TRBs", 4.6 "Command Interface", 4.17 "Interrupters".
 */
#include "xhci.h"
#include <err.h>
#include <mm.h>
#include <printk.h>
#include <string.h>
#include <time.h>

#define MS			1000000UL
#define POLL_NS			(8 * MS)	/* while no interrupt has ever come */
#define SLICE_NS		(100 * MS)	/* looks at least so often while it waits */
#define COMMAND_MS		5000		/* USB 2.0, 9.2.6.1: no request takes longer */
#define REQUEST_MS		2000
#define ABORT_MS		1000

#define TOGGLE_CYCLE		0x2		/* of a link */
#define SHORT_EVENT		0x4		/* an event also if less comes */
#define IOC			0x20		/* an event when done */
#define IMMEDIATE		0x40		/* the data stand in the TRB */
#define DIR_IN			0x10000
#define SETUP_OUT		(2 << 16)
#define SETUP_IN		(3 << 16)

#define CRCR			0x18
#define CRCR_ABORT		0x4
#define CRCR_RUNNING		0x8
#define ERDP			0x38		/* of interrupter 0 */
#define ERDP_BUSY		0x8

#define EP_HALTED		2
#define EP_RUNNING		1

/* ---- rings --------------------------------------------------------------------------------- */

bool xhci_make_ring(struct xhci *x, struct usb_ring *r)
{
	unsigned long page = xhci_page(x);

	if (!page)
		return false;
	*r = (struct usb_ring){ .trbs = (volatile struct xhci_trb *)page, .cycle = true };
	r->trbs[TRBS_PER_RING - 1].param = __pa((void *)page);
	return true;
}

static u64 place_of(const struct usb_ring *r)
{
	return __pa((void *)&r->trbs[r->next]);
}

/* Where the new TRB lies, by which its event will name it. */
static u64 push(struct usb_ring *r, u64 param, u32 status, u32 control)
{
	volatile struct xhci_trb *t = &r->trbs[r->next];
	u64 place = place_of(r);

	t->param = param;
	t->status = status;
	barrier();
	t->control = control | r->cycle;
	if (++r->next == TRBS_PER_RING - 1) {
		r->trbs[r->next].control = TRB_TYPE(TRB_LINK) | TOGGLE_CYCLE | r->cycle;
		r->next = 0;
		r->cycle = !r->cycle;
	}
	return place;
}

static void ring_doorbell(struct xhci *x, unsigned int slot, unsigned int dci)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	x->doorbells[slot] = dci;
}

/* ---- events -------------------------------------------------------------------------------- */

static void request_event(struct usb_device *d, const struct xhci_trb *e, u8 code)
{
	u64 *trbs = d->control_trbs;

	if (!e->param || (e->param != trbs[0] && e->param != trbs[1] && e->param != trbs[2]))
		return;
	if (e->param == trbs[1])
		d->control_left = e->status & 0xffffff;
	if (e->param == trbs[2] || (code != COMP_SUCCESS && code != COMP_SHORT))
		d->control_code = code;
}

static void in_event(struct usb_device *d, const struct xhci_trb *e, u8 code)
{
	u32 asked = min_t(u32, d->function.max_packet, USB_MAX_IN), left = e->status & 0xffffff;
	u8 data[USB_MAX_IN];

	if (!d->in_trb || e->param != d->in_trb)
		return;
	d->in_trb = 0;
	if (code != COMP_SUCCESS && code != COMP_SHORT) {
		d->in_error = code;
		WRITE_ONCE(d->xhci->work, true);
		return;
	}
	d->nr_in_errors = 0;
	memcpy(data, d->buffer + USB_MAX_DATA, asked);	/* the device may go on writing */
	if (d->on_data && left <= asked)
		d->on_data(d, data, asked - left);
	xhci_ask_in(d);
}

static void transfer_event(struct xhci *x, const struct xhci_trb *e, u8 code)
{
	unsigned int slot = e->control >> 24, dci = e->control >> 16 & 31;
	struct usb_device *d = slot <= x->max_slots ? x->devices[slot] : NULL;

	if (d && dci == 1)
		request_event(d, e, code);
	else if (d && d->function.kind && dci == xhci_in_dci(d))
		in_event(d, e, code);
}

static void command_event(struct xhci *x, const struct xhci_trb *e, u8 code)
{
	if (!x->command_trb || e->param != x->command_trb)
		return;
	x->command_code = code;
	x->command_slot = e->control >> 24;
}

static void port_event(struct xhci *x, unsigned int port)
{
	if (!port || port > x->nr_ports)
		return;
	x->port_changed[port / 64] |= BIT(port % 64);
	WRITE_ONCE(x->work, true);
}

static void handle_event(struct xhci *x, const struct xhci_trb *e)
{
	u8 code = e->status >> 24;

	switch (e->control >> 10 & 63) {
	case TRB_TRANSFER_EVENT:
		transfer_event(x, e, code);
		break;
	case TRB_COMMAND_EVENT:
		command_event(x, e, code);
		break;
	case TRB_PORT_EVENT:
		port_event(x, e->param >> 24 & 0xff);
		break;
	}
}

/* All that have come, but not for ever: the controller may be writing them as fast as we read. */
void xhci_handle_events(struct xhci *x)
{
	for (int i = 0; i < 2 * TRBS_PER_RING && !x->dead; i++) {
		volatile struct xhci_trb *t = &x->events[x->next_event];
		struct xhci_trb e = { .control = t->control };

		if ((e.control & TRB_CYCLE) != x->event_cycle)
			break;
		barrier();
		e.param = t->param;
		e.status = t->status;
		if (++x->next_event == TRBS_PER_RING) {
			x->next_event = 0;
			x->event_cycle = !x->event_cycle;
		}
		handle_event(x, &e);
	}
	if (!x->dead)
		xhci_write64(x->runtime, ERDP, __pa((void *)&x->events[x->next_event]) | ERDP_BUSY);
}

/* ---- waiting ------------------------------------------------------------------------------- */

void xhci_kick(struct xhci *x)
{
	WRITE_ONCE(x->work, true);
	WRITE_ONCE(x->pending, true);
	wake_up(&x->wait);
}

void xhci_idle(struct xhci *x, u64 until)
{
	u64 poll = ktime_get() + POLL_NS;
	DEFINE_WAIT(wait);

	if (!READ_ONCE(x->nr_interrupts) && (!until || poll < until))
		until = poll;
	prepare_to_wait(&x->wait, &wait, TASK_INTERRUPTIBLE);
	if (!READ_ONCE(x->pending))
		schedule_until(until);
	finish_wait(&x->wait, &wait);
	WRITE_ONCE(x->pending, false);
}

/* Serve events until *@flag is not 0: true; or until @ms have passed, or @d (if any) is gone: false. */
static bool wait_for(struct xhci *x, const u8 *flag, unsigned int ms, const struct usb_device *d)
{
	u64 end = ktime_get() + ms * MS;

	for (;;) {
		u64 now = ktime_get();

		xhci_handle_events(x);
		if (*flag)
			return true;
		if (x->dead || now >= end || (d && !xhci_root_connected(x, d->root_port)))
			return false;
		xhci_idle(x, min(end, now + SLICE_NS));
	}
}

void xhci_sleep(struct xhci *x, unsigned int ms)
{
	const u8 never = 0;

	wait_for(x, &never, ms, NULL);
}

/* ---- commands ------------------------------------------------------------------------------ */

/* It takes too long: stop it.  A controller that cannot do even that is given up. */
static void abort_command(struct xhci *x)
{
	if (xhci_read(x->op, CRCR) & CRCR_RUNNING) {
		xhci_write64(x->op, CRCR, CRCR_ABORT);
		wait_for(x, &x->command_code, ABORT_MS, NULL);
	}
	if (!x->command_code || xhci_read(x->op, CRCR) & CRCR_RUNNING)
		xhci_die(x, "it does not answer");
}

int xhci_command(struct xhci *x, u64 param, u32 control, u8 *slot)
{
	bool answered;

	if (x->dead)
		return -ENODEV;
	x->command_code = 0;
	x->command_trb = push(&x->commands, param, 0, control);
	ring_doorbell(x, 0, 0);
	answered = wait_for(x, &x->command_code, COMMAND_MS, NULL);
	if (!answered && !x->dead)
		abort_command(x);
	x->command_trb = 0;
	if (slot)
		*slot = x->command_slot;
	if (x->dead)
		return -ENODEV;
	return !answered ? -ETIMEDOUT : x->command_code == COMP_SUCCESS ? 0 : -EIO;
}

static u32 endpoint_state(const struct usb_device *d, unsigned int dci)
{
	return READ_ONCE(d->out_context[dci * d->xhci->context_size / 4]) & 7;
}

int xhci_recover(struct usb_device *d, struct usb_ring *r, unsigned int dci)
{
	u32 who = (u32)d->slot << 24 | dci << 16, state = endpoint_state(d, dci);
	int err = 0;

	if (state == EP_HALTED)
		err = xhci_command(d->xhci, 0, TRB_TYPE(TRB_RESET_ENDPOINT) | who, NULL);
	else if (state == EP_RUNNING)
		err = xhci_command(d->xhci, 0, TRB_TYPE(TRB_STOP_ENDPOINT) | who, NULL);
	if (err)
		return err;
	return xhci_command(d->xhci, place_of(r) | r->cycle, TRB_TYPE(TRB_SET_DEQUEUE) | who, NULL);
}

/* ---- transfers ----------------------------------------------------------------------------- */

static void push_request(struct usb_device *d, u64 setup, bool in, u16 len)
{
	u32 way = len ? in ? SETUP_IN : SETUP_OUT : 0;

	d->control_code = 0;
	d->control_left = 0;
	d->control_trbs[0] = push(&d->control, setup, 8, TRB_TYPE(TRB_SETUP) | IMMEDIATE | way);
	d->control_trbs[1] = len ? push(&d->control, __pa(d->buffer), len,
					TRB_TYPE(TRB_DATA) | SHORT_EVENT | (in ? DIR_IN : 0)) : 0;
	d->control_trbs[2] = push(&d->control, 0, 0, TRB_TYPE(TRB_STATUS) | IOC | (len && in ? 0 : DIR_IN));
	ring_doorbell(d->xhci, d->slot, 1);
}

int xhci_control(struct usb_device *d, u8 type, u8 request, u16 value, u16 index, void *data, u16 len)
{
	bool in = type & USB_IN, answered;
	u64 setup = type | request << 8 | (u64)value << 16 | (u64)index << 32 | (u64)len << 48;

	if (d->xhci->dead)
		return -ENODEV;
	if (len > USB_MAX_DATA)
		return -EINVAL;
	memset(d->buffer, 0, len);
	if (!in)
		memcpy(d->buffer, data, len);
	push_request(d, setup, in, len);
	answered = wait_for(d->xhci, &d->control_code, REQUEST_MS, d);
	memset(d->control_trbs, 0, sizeof(d->control_trbs));
	if (!answered || (d->control_code != COMP_SUCCESS && d->control_code != COMP_SHORT)) {
		if (!d->xhci->dead)
			xhci_recover(d, &d->control, 1);
		if (!answered)
			return d->xhci->dead || !xhci_root_connected(d->xhci, d->root_port) ? -ENODEV : -ETIMEDOUT;
		return d->control_code == COMP_STALL ? -EPIPE : -EIO;
	}
	if (in)
		memcpy(data, d->buffer, len);
	return len - min_t(u32, d->control_left, len);
}

void xhci_ask_in(struct usb_device *d)
{
	if (d->xhci->dead || d->in_trb)
		return;
	d->in_trb = push(&d->in, __pa(d->buffer + USB_MAX_DATA), min_t(u32, d->function.max_packet, USB_MAX_IN),
			 TRB_TYPE(TRB_NORMAL) | IOC | SHORT_EVENT);
	ring_doorbell(d->xhci, d->slot, xhci_in_dci(d));
}
