/*
 * drivers/com2.c - the second serial port as a line to who watches, where there is no virtio
 *
 * Invariants: the tty driver leaves this port alone (explore_uses_com2).  Never waits: what the
 *             transmitter does not take now stays with the caller.
 * Simplified: polled.  One byte costs the host as much as a batch does by virtio.
 * Sources:    National Semiconductor PC16550D datasheet.
 */
#include <asm/processor.h>
#include <explore.h>
#include <printk.h>

#define COM2		0x2f8
#define FIFO		16
#define LSR_DATA	0x01
#define LSR_THRE	0x20

static char out[EXPLORE_BATCH];
static size_t out_len, out_done;

static u8 line_status(void) { return inb(COM2 + 5); }

/* As much as the transmitter takes without waiting long. */
static void push(void)
{
	while (out_done < out_len && (line_status() & LSR_THRE))
		for (int n = FIFO; n && out_done < out_len; n--)
			outb(COM2, out[out_done++]);
}

static unsigned int listener(void)
{
	return 1;		/* three wires do not tell */
}

static bool send(const char *buf, size_t len)
{
	push();
	if (out_done < out_len)
		return false;
	__builtin_memcpy(out, buf, len);
	out_len = len;
	out_done = 0;
	push();
	return true;
}

static size_t receive(char *buf, size_t max)
{
	size_t n = 0;

	while (n < max && (line_status() & LSR_DATA))
		buf[n++] = inb(COM2);
	return n;
}

static const struct explore_port com2_port = {
	.name = "com2", .polled = true, .service = push, .listener = listener, .send = send,
	.receive = receive,
};

const struct explore_port *com2_init(void)
{
	if (line_status() == 0xff)
		return NULL;
	outb(COM2 + 1, 0);		/* no interrupts */
	outb(COM2 + 3, 0x80);
	outb(COM2, 1);			/* 115200 */
	outb(COM2 + 1, 0);
	outb(COM2 + 3, 0x03);		/* 8N1 */
	outb(COM2 + 2, 0x07);		/* FIFOs on and empty */
	outb(COM2 + 4, 0x03);
	return &com2_port;
}
