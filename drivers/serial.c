/*
 * drivers/serial.c - 16550 serial ports COM1 to COM4: ttyS0 to ttyS3, and the console
 *
 * Purpose:    bytes in by interrupt, bytes out through a ring that the interrupt (or, when
 *             the line is fast, the writer itself) empties sixteen at a time.
 * Invariants: a byte accepted by the ring is sent once and in order, unless the terminal
 *             flushes it; the transmit interrupt is enabled exactly while the ring holds
 *             bytes that may be sent.
 * Lock order: tty->lock > port->lock, which is innermost; interrupts off.
 * Simplified: no modem control lines; a port whose interrupt line is taken is polled.
 * Sources:    National Semiconductor PC16550D datasheet.
 */
#include <asm/processor.h>
#include <explore.h>
#include <fs.h>
#include <irq.h>
#include <printk.h>
#include <spinlock.h>
#include <time.h>
#include <tty.h>
#include <uapi/kdev_t.h>

#define UART_DATA	0
#define UART_IER	1
#define UART_FCR	2	/* write; read: UART_IIR */
#define UART_IIR	2
#define UART_LCR	3
#define UART_MCR	4
#define UART_LSR	5
#define UART_MSR	6
#define UART_SCRATCH	7

#define IER_RX		0x01
#define IER_TX		0x02
#define IIR_NONE	0x01
#define IIR_FIFO	0xc0
#define LCR_DLAB	0x80
#define MCR_DTR_RTS	0x03
#define MCR_OUT2	0x08	/* on a PC: connects the interrupt line */
#define LSR_DATA	0x01
#define LSR_BREAK	0x10
#define LSR_THRE	0x20

#define MAX_BAUD	115200
#define RING_SIZE	4096
#define RING_MASK	(RING_SIZE - 1)
#define SPIN_LIMIT	10000000	/* a transmitter that never gets ready is given up */
#define LOCK_SPINS	1000000
#define POLL_NS		10000000UL

static struct serial_port {
	u16 base;
	u8 irq;
	bool present, polled;
	u8 fifo;			/* bytes per burst */
	u8 ier;				/* lock */
	spinlock_t lock;
	unsigned int head, tail;	/* free-running; lock */
	u8 ring[RING_SIZE];
	struct tty_struct tty;
	struct timer poll;
} ports[4] = {
	{ .base = 0x3f8, .irq = 4, .tty.name = "ttyS0" },
	{ .base = 0x2f8, .irq = 3, .tty.name = "ttyS1" },
	{ .base = 0x3e8, .irq = 4, .tty.name = "ttyS2" },
	{ .base = 0x2e8, .irq = 3, .tty.name = "ttyS3" },
};

static void (*listener)(const char *s, size_t n);	/* who gets what comes in at the console, instead of ttyS0 */

static u8 uart_in(struct serial_port *p, u8 reg) { return inb(p->base + reg); }
static void uart_out(struct serial_port *p, u8 reg, u8 v) { outb(p->base + reg, v); }

/* ---- sending ------------------------------------------------------------------------------- */

static void set_ier(struct serial_port *p, u8 ier)
{
	if (ier != p->ier) {
		p->ier = ier;
		uart_out(p, UART_IER, ier);
	}
}

/* Send while the transmitter takes it; port->lock held. */
static void transmit(struct serial_port *p)
{
	while (p->head != p->tail && !p->tty.stopped && (uart_in(p, UART_LSR) & LSR_THRE))
		for (int n = p->fifo; n && p->head != p->tail; n--)
			uart_out(p, UART_DATA, p->ring[p->tail++ & RING_MASK]);
	set_ier(p, p->head != p->tail && !p->tty.stopped ? IER_RX | IER_TX : IER_RX);
}

static struct serial_port *port_of(struct tty_struct *tty)
{
	return tty->driver_data;
}

static size_t serial_write(struct tty_struct *tty, const u8 *buf, size_t n)
{
	struct serial_port *p = port_of(tty);
	unsigned long flags;
	size_t done = 0;

	spin_lock_irqsave(&p->lock, flags);
	while (done < n && p->head - p->tail < RING_SIZE)
		p->ring[p->head++ & RING_MASK] = buf[done++];
	transmit(p);
	spin_unlock_irqrestore(&p->lock, flags);
	return done;
}

static size_t serial_chars_in_buffer(struct tty_struct *tty)
{
	struct serial_port *p = port_of(tty);

	return READ_ONCE(p->head) - READ_ONCE(p->tail);
}

static size_t serial_write_room(struct tty_struct *tty)
{
	return RING_SIZE - serial_chars_in_buffer(tty);
}

static void serial_flush_buffer(struct tty_struct *tty)
{
	struct serial_port *p = port_of(tty);
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	p->tail = p->head;
	spin_unlock_irqrestore(&p->lock, flags);
}

static void serial_start(struct tty_struct *tty)
{
	struct serial_port *p = port_of(tty);
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	transmit(p);
	spin_unlock_irqrestore(&p->lock, flags);
}

/* ---- line settings ------------------------------------------------------------------------- */

static unsigned int baud_rate(unsigned int cflag)
{
	static const unsigned int rates[16] = { 0, 50, 75, 110, 134, 150, 200, 300, 600, 1200,
						1800, 2400, 4800, 9600, 19200, 38400 };

	switch (cflag & CBAUD) {
	case B57600:
		return 57600;
	case B115200:
		return MAX_BAUD;
	}
	return (cflag & CBAUD) < 16 ? rates[cflag & CBAUD] : 0;
}

static void set_line(struct serial_port *p, unsigned int cflag)
{
	unsigned int baud = baud_rate(cflag);
	u8 lcr = (cflag & CSIZE) >> 4;		/* CS5..CS8 are 0..3 in both */

	if (cflag & CSTOPB)
		lcr |= 0x04;
	if (cflag & PARENB)
		lcr |= cflag & PARODD ? 0x08 : 0x18;
	if (baud) {				/* B0 and unknown rates leave the speed alone */
		unsigned int divisor = MAX_BAUD / baud;

		uart_out(p, UART_LCR, lcr | LCR_DLAB);
		uart_out(p, UART_DATA, divisor);
		uart_out(p, UART_IER, divisor >> 8);
	}
	uart_out(p, UART_LCR, lcr);
}

static void serial_set_termios(struct tty_struct *tty)
{
	struct serial_port *p = port_of(tty);
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	set_line(p, tty->termios.c_cflag);
	uart_out(p, UART_IER, p->ier);
	spin_unlock_irqrestore(&p->lock, flags);
}

static const struct tty_operations serial_ops = {
	.write = serial_write,
	.write_room = serial_write_room,
	.chars_in_buffer = serial_chars_in_buffer,
	.flush_buffer = serial_flush_buffer,
	.start = serial_start,
	.set_termios = serial_set_termios,
};

/* ---- receiving ----------------------------------------------------------------------------- */

/* Up to @max bytes into @buf; *brk: the line was held low.  port->lock held. */
static size_t receive(struct serial_port *p, u8 *buf, size_t max, bool *brk)
{
	size_t n = 0;
	u8 lsr;

	*brk = false;
	while (n < max && ((lsr = uart_in(p, UART_LSR)) & LSR_DATA) && lsr != 0xff) {
		u8 c = uart_in(p, UART_DATA);

		if (lsr & LSR_BREAK) {
			*brk = true;
			break;
		}
		buf[n++] = c;
	}
	return n;
}

static void deliver(struct serial_port *p, const u8 *buf, size_t n)
{
	void (*fn)(const char *, size_t) = p == &ports[0] ? READ_ONCE(listener) : NULL;

	if (fn)
		fn((const char *)buf, n);
	else
		tty_receive(&p->tty, buf, n);
}

/* Everything that came, and room for what waits. */
static void serve(struct serial_port *p)
{
	u8 buf[64];
	size_t n;
	bool brk;

	do {
		spin_lock(&p->lock);
		n = receive(p, buf, sizeof(buf), &brk);
		transmit(p);
		spin_unlock(&p->lock);
		if (n)
			deliver(p, buf, n);
		if (brk)
			tty_receive_break(&p->tty);
	} while (n == sizeof(buf) || brk);
	if (serial_chars_in_buffer(&p->tty) < RING_SIZE / 2)
		tty_wakeup(&p->tty);
}

/* The line is edge-triggered: go on until the chip itself says that nothing is left. */
static void serial_irq(int irq, void *arg)
{
	struct serial_port *p = arg;

	for (int i = 0; i < 256 && !(uart_in(p, UART_IIR) & IIR_NONE); i++) {
		uart_in(p, UART_MSR);
		serve(p);
	}
}

static void serial_poll(struct timer *t)
{
	struct serial_port *p = container_of(t, struct serial_port, poll);

	serve(p);
	timer_start(t, clock_read_ns() + POLL_NS);
}

/* ---- the console: printk straight into the transmitter --------------------------------------- */

static void wait_and_send(struct serial_port *p, u8 c, int *burst)
{
	if (!*burst) {
		for (int i = 0; i < SPIN_LIMIT && !(uart_in(p, UART_LSR) & LSR_THRE); i++)
			cpu_relax();
		*burst = p->fifo;
	}
	uart_out(p, UART_DATA, c);
	--*burst;
}

/*
 * From any context.  What programs wrote before goes first.  A lock that does not come free
 * (a fault inside this driver) is ignored after a while: the message matters more.
 */
static void serial_console_write(struct console *con, const char *s, size_t len)
{
	struct serial_port *p = &ports[0];
	unsigned long flags = local_irq_save();
	bool locked = false;
	int burst = 0;

	for (int i = 0; i < LOCK_SPINS && !locked; i++) {
		locked = spin_trylock(&p->lock);
		if (!locked)
			cpu_relax();
	}
	while (locked && !p->tty.stopped && p->head != p->tail)
		wait_and_send(p, p->ring[p->tail++ & RING_MASK], &burst);
	while (len--) {
		if (*s == '\n')
			wait_and_send(p, '\r', &burst);
		wait_and_send(p, *s++, &burst);
	}
	if (locked)
		spin_unlock(&p->lock);
	local_irq_restore(flags);
}

static struct console serial_console = {
	.name = "ttyS0",
	.write = serial_console_write,
	.dev = MKDEV(TTY_MAJOR, 64),
};

void serial_grab(void (*fn)(const char *s, size_t n))
{
	WRITE_ONCE(listener, serial_console.enabled ? fn : NULL);
}

/* ---- set-up -------------------------------------------------------------------------------- */

/* The scratch register is memory if there is a chip at all. */
static bool probe(struct serial_port *p)
{
	if (uart_in(p, UART_LSR) == 0xff)
		return false;
	uart_out(p, UART_SCRATCH, 0x5a);
	if (uart_in(p, UART_SCRATCH) != 0x5a)
		return false;
	uart_out(p, UART_SCRATCH, 0xa5);
	return uart_in(p, UART_SCRATCH) == 0xa5;
}

static void serial_setup(struct serial_port *p, unsigned int minor)
{
	spin_lock_init_class(&p->lock, "serial_port->lock");
	p->present = true;
	p->tty.ops = &serial_ops;
	p->tty.driver_data = p;
	uart_out(p, UART_IER, 0);
	uart_out(p, UART_FCR, 0x01);	/* FIFOs on; bytes already received stay */
	p->fifo = (uart_in(p, UART_IIR) & IIR_FIFO) == IIR_FIFO ? 16 : 1;
	if (tty_register(&p->tty, TTY_MAJOR, minor))
		pr_err("serial: cannot register %s\n", p->tty.name);
	set_line(p, p->tty.termios.c_cflag);
	uart_out(p, UART_MCR, MCR_DTR_RTS | MCR_OUT2);
	p->polled = request_irq(p->irq, serial_irq, p, "serial") != 0;
	if (p->polled) {
		timer_setup(&p->poll, serial_poll);
		timer_start(&p->poll, clock_read_ns() + POLL_NS);
	}
	p->ier = IER_RX;
	uart_out(p, UART_IER, IER_RX);
	pr_info("serial: %s at %#x, %s %u\n", p->tty.name, p->base,
		p->polled ? "polled, not irq" : "irq", p->irq);
}

void serial_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++)
		if (!(i == 1 && explore_uses_com2()) && probe(&ports[i]))
			serial_setup(&ports[i], 64 + i);
	if (ports[0].present)
		register_console(&serial_console);
}
