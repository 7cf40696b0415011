/*
 * drivers/virtio_serial.c - a named byte stream to the host: QEMU's virtserialport
 *
 * Purpose:    -device virtio-serial-pci -device virtserialport,chardev=C,name=org.quire.explore
 *             gives the explore thread a line of 4 KiB batches, which costs the host one exit each
 *             instead of one per byte.
 * Invariants: a page that is in the transmit queue is not touched until the device gives it back.
 *             The device's control messages are checked for length and port number.
 *             Only the explore thread runs this code; the interrupt only wakes it.
 * Simplified: one port of the first NR_PORTS is used, found by its name.
 * Sources:    OASIS, Virtual I/O Device (VIRTIO) Version 1.0, "Console Device", "Multiport Device
 *             Operation".
 */
#include <explore.h>
#include <mm.h>
#include <printk.h>
#include <string.h>
#include <virtio.h>

#define CONSOLE_DEVICE	0x1043
#define CONSOLE_LEGACY	0x1003
#define F_MULTIPORT	BIT(1)

#define NR_PORTS	4
#define CONTROL_RX	2
#define CONTROL_TX	3

enum { DEVICE_READY, DEVICE_ADD, DEVICE_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, PORT_OPEN, PORT_NAME };
struct control {
	u32 id;
	u16 event, value;
};

#define NR_CONTROL	8
#define NR_TX		8
#define NR_RX		4
struct control_buf {
	struct control c;
	char name[56];
};

static struct virtio_dev dev;
static struct virtqueue queues[2 * NR_PORTS + 2];
static struct control_buf *control_in;		/* NR_CONTROL of them in a page, then as many to send */
static unsigned int control_sent;
static char *tx_page[NR_TX];
static unsigned int tx_sent, tx_done;		/* counted: page n % NR_TX is the device's from done to sent */
static struct rx_buf {
	char data[512];
	u32 len, done;
} *rx_buf;
static struct rx_buf *rx_now;			/* is being read from */
static const char *wanted_name;
static u32 port;				/* ours; 0: not found yet */
static unsigned int openings, host_open;		/* how often the host came; which of these is open, 0: none */

static struct virtqueue *rx_queue(void) { return &queues[2 * port + 2]; }
static struct virtqueue *tx_queue(void) { return &queues[2 * port + 3]; }

/* ---- control messages ---- */

static void send_control(u32 id, u16 event, u16 value)
{
	struct control_buf *b = &control_in[NR_CONTROL + control_sent++ % NR_CONTROL];

	while (virtq_take(&queues[CONTROL_TX], NULL))
		;
	b->c = (struct control){ id, event, value };
	if (virtq_add(&queues[CONTROL_TX], b, sizeof(b->c), false, b))
		virtq_kick(&queues[CONTROL_TX]);
}

static void give_rx(struct rx_buf *b)
{
	b->len = b->done = 0;
	virtq_add(rx_queue(), b->data, sizeof(b->data), true, b);
	virtq_kick(rx_queue());
}

static void port_named(u32 id, const char *name, size_t len)
{
	if (port || id == 0 || id >= NR_PORTS || len != strlen(wanted_name) ||
	    memcmp(name, wanted_name, len))
		return;
	port = id;
	for (int i = 0; i < NR_RX; i++)
		give_rx(&rx_buf[i]);
	send_control(id, PORT_OPEN, 1);
}

static void control_message(const struct control_buf *b, u32 len)
{
	if (len < sizeof(b->c))
		return;
	switch (b->c.event) {
	case DEVICE_ADD:
		send_control(b->c.id, PORT_READY, 1);
		break;
	case PORT_NAME:
		len = min_t(u32, len - sizeof(b->c), sizeof(b->name));
		port_named(b->c.id, b->name, strnlen(b->name, len));
		break;
	case PORT_OPEN:
		if (!port || b->c.id != port)
			break;
		host_open = b->c.value ? ++openings : 0;
		virtq_kick(tx_queue());	/* QEMU looks again at what it held back when the last one left */
		break;
	}
}

static void serve_control(void)
{
	struct control_buf *b;
	u32 len;

	while ((b = virtq_take(&queues[CONTROL_RX], &len))) {
		control_message(b, min_t(u32, len, sizeof(*b)));
		virtq_add(&queues[CONTROL_RX], b, sizeof(*b), true, b);
		virtq_kick(&queues[CONTROL_RX]);
	}
}

/* ---- the port ---- */

/*
 * The device gave this page back.  It takes them in order, so those before it are lost: QEMU drops the
 * one that it was writing when the listener left, without giving it back.
 */
static void page_sent(unsigned int slot)
{
	if ((slot - tx_done) % NR_TX >= tx_sent - tx_done)
		return;			/* it has none of this number */
	while (tx_done % NR_TX != slot)
		virtq_forget(tx_queue(), &tx_page[tx_done++ % NR_TX]);
	tx_done++;
}

static void service(void)
{
	char **page;

	serve_control();
	while (port && (page = virtq_take(tx_queue(), NULL)))
		page_sent(page - tx_page);
}

static unsigned int listener(void)
{
	return host_open;
}

static bool send(const char *buf, size_t len)
{
	char **page = &tx_page[tx_sent % NR_TX];

	if (tx_sent - tx_done == NR_TX)
		return false;
	memcpy(*page, buf, len);
	if (!virtq_add(tx_queue(), *page, len, false, page))
		return false;
	tx_sent++;
	virtq_kick(tx_queue());
	return true;
}

static size_t receive(char *buf, size_t max)
{
	size_t n;

	if (!port)
		return 0;
	if (!rx_now) {
		u32 len;

		rx_now = virtq_take(rx_queue(), &len);
		if (!rx_now)
			return 0;
		rx_now->len = min_t(u32, len, sizeof(rx_now->data));
	}
	n = min_t(size_t, max, rx_now->len - rx_now->done);
	memcpy(buf, rx_now->data + rx_now->done, n);
	rx_now->done += n;
	if (rx_now->done == rx_now->len) {
		give_rx(rx_now);
		rx_now = NULL;
	}
	return n;
}

static void serial_interrupt(int irq, void *arg)
{
	if (!dev.has_msix && !*dev.isr)
		return;			/* another device on the same line */
	explore_kick();
}

static struct explore_port virtio_port = {
	.name = "virtio", .service = service, .listener = listener, .send = send,
	.receive = receive,
};

/* ---- set-up ---- */

static bool make_buffers(void)
{
	control_in = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 0);
	rx_buf = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 0);
	for (int i = 0; i < NR_TX; i++) {
		tx_page[i] = (void *)__get_free_pages(GFP_KERNEL, 0);
		if (!tx_page[i])
			return false;
	}
	return control_in && rx_buf;
}

/* At boot.  The port is found later, when the device names it. */
const struct explore_port *virtio_serial_init(const char *port_name)
{
	_Static_assert(NR_RX * sizeof(struct rx_buf) <= PAGE_SIZE, "receive buffers share a page");
	_Static_assert(2 * NR_CONTROL * sizeof(struct control_buf) <= PAGE_SIZE, "control buffers too");
	int err = virtio_probe(&dev, CONSOLE_DEVICE, CONSOLE_LEGACY, 0, F_MULTIPORT, 0);

	if (err || !make_buffers())
		return NULL;
	wanted_name = port_name;
	virtio_irq(&dev, serial_interrupt, NULL, "virtio-serial");
	for (u16 i = 0; i < ARRAY_SIZE(queues); i++) {
		err = virtio_setup_queue(&dev, &queues[i], i);
		if (err == -ENOMEM || (err && i <= CONTROL_TX))
			return NULL;
	}
	virtio_ready(&dev);
	for (int i = 0; i < NR_CONTROL; i++)
		virtq_add(&queues[CONTROL_RX], &control_in[i], sizeof(control_in[i]), true, &control_in[i]);
	virtq_kick(&queues[CONTROL_RX]);
	send_control(0, DEVICE_READY, 1);
	virtio_port.polled = !dev.has_irq;
	pr_info("virtio-serial: %02x:%02x.%x, %s\n", dev.pci.bus, dev.pci.devfn >> 3, dev.pci.devfn & 7,
		dev.has_msix ? "MSI-X" : dev.has_irq ? "its pin" : "polled");
	return &virtio_port;
}
