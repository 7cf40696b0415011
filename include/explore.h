/*
 * explore.h - the line to somebody outside who watches: events out, commands in
 *
 * kernel/explore.c has the thread and the table of commands; a port carries the bytes.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <types.h>

/* What carries the bytes.  All are called by the explore thread alone, and none waits. */
struct explore_port {
	const char *name;
	bool polled;				/* nothing interrupts: look for input every 10 ms */
	void (*service)(void);			/* what the device has to say; may be NULL */
	unsigned int (*listener)(void);		/* who listens: another number each time; 0: nobody */
	bool (*send)(const char *buf, size_t len);	/* at most EXPLORE_BATCH; false: no room now */
	size_t (*receive)(char *buf, size_t max);
};
#define EXPLORE_BATCH 4096

/* Any context: the port has something to say, or room. */
void explore_kick(void);
bool explore_uses_com2(void);			/* then the tty driver leaves it alone */
void explore_init(void);			/* boot: explore=virtio|com2|off */

/* Where a command writes its answer. */
struct explore_out;
int explore_printf(struct explore_out *out, const char *fmt, ...) __printf(2, 3);
/* False: nobody listens any more; what is written is dropped.  May wait for the reader. */
bool explore_write(struct explore_out *out, const char *buf, size_t len);

struct explore_command {
	const char *name;
	/* @args: the rest of the line, without blanks around it.  0, or -errno: the answer is then an err. */
	int (*handler)(struct explore_out *out, const char *args);
};

int explore_why(struct explore_out *out, const char *args);	/* fs/procfs/why.c: why TID ADDR r|w|x */

/* The ports. */
const struct explore_port *virtio_serial_init(const char *port_name);	/* NULL: no such device */
const struct explore_port *com2_init(void);				/* NULL: no such port */

#endif
