/*
 * tty.h - terminals: the device, the line discipline's state, and who owns it
 *
 * Locks: tty->lock (interrupts off) protects modes and buffers; tasklist_lock the
 *        session and the foreground group.
 * Order: tasklist_lock > siglock, and tty->lock > the driver's lock > wait queues.
 *        tty->lock is never held while a signal is sent.
 */
#ifndef TTY_H
#define TTY_H

#include <spinlock.h>
#include <types.h>
#include <wait.h>
#include <uapi/termios.h>

struct file;
struct tty_struct;
struct poll_table;

/* The device below.  All but open are called with tty->lock held and must not sleep. */
struct tty_operations {
	unsigned int iflag;		/* settings at first: more than every terminal has in c_iflag */
	bool forgets;			/* a hangup or the last close brings these back */
	int (*open)(struct tty_struct *tty);		/* first open; may sleep */
	size_t (*write)(struct tty_struct *tty, const u8 *buf, size_t n);	/* takes what fits */
	size_t (*write_room)(struct tty_struct *tty);
	size_t (*chars_in_buffer)(struct tty_struct *tty);
	void (*flush_buffer)(struct tty_struct *tty);	/* forget what was not sent */
	void (*start)(struct tty_struct *tty);		/* ->stopped just changed to false */
	void (*set_termios)(struct tty_struct *tty);
	/* What only this device knows; without tty->lock, may sleep.  -ENOTTY: nor does it.  May be NULL. */
	long (*ioctl)(struct tty_struct *tty, unsigned int cmd, unsigned long arg);
};

#define N_TTY_BUF_SIZE 4096

struct tty_struct {
	const char *name;
	dev_t dev;
	const struct tty_operations *ops;
	void *driver_data;

	spinlock_t lock;
	struct termios termios;
	struct winsize winsize;
	bool stopped;			/* ^S: output waits */
	unsigned int opens;		/* files; ->lock */
	unsigned int hangups;		/* files opened before the last one are dead */
	wait_queue_head_t read_wait, write_wait;

	pid_t session, pgrp;		/* 0: nobody's controlling terminal; tasklist_lock */

	/* N_TTY (n_tty.c): free-running positions, masked into the buffer; ->lock */
	unsigned int read_head, read_tail;
	unsigned int canon_head;	/* end of the last complete line */
	u8 read_buf[N_TTY_BUF_SIZE];
	unsigned long line_end[N_TTY_BUF_SIZE / 64];	/* this character ends a line */
	unsigned int column;		/* of the cursor, as far as we know */
	unsigned int canon_column;	/* where the line being typed began */
	bool lnext;			/* the next character is taken as it is */
};

/* ---- drivers/tty.c ---- */
void tty_init(void);
/* Make @tty known as /dev/@name; its ops, name and driver_data are set by the caller. */
int tty_register(struct tty_struct *tty, unsigned int major, unsigned int minor);
/* From a driver, any context: characters arrived, a break arrived, output has room again. */
void tty_receive(struct tty_struct *tty, const u8 *buf, size_t n);
void tty_receive_break(struct tty_struct *tty);
void tty_wakeup(struct tty_struct *tty);
/* Give up the controlling terminal; a session leader that exits hangs it up for its session. */
void disassociate_ctty(bool on_exit);
void tty_hangup(struct tty_struct *tty);
long sys_vhangup(void);
/* For /proc: 0 and -1 when there is no terminal (tty may be NULL). */
dev_t tty_devnum(const struct tty_struct *tty);
pid_t tty_foreground_pgrp(const struct tty_struct *tty);
/* May current change or read this terminal, or is it in the background?  0, -EIO, -ERESTARTSYS. */
int tty_check_change(struct tty_struct *tty, int sig);
bool tty_hung_up(struct file *file);

/* ---- drivers/n_tty.c: the line discipline ---- */
ssize_t n_tty_read(struct tty_struct *tty, struct file *file, char __user *buf, size_t len);
ssize_t n_tty_write(struct tty_struct *tty, struct file *file, const char __user *buf, size_t len);
unsigned int n_tty_poll(struct tty_struct *tty, struct file *file, struct poll_table *pt);
/* All with tty->lock held: */
void n_tty_receive_char(struct tty_struct *tty, u8 c, u64 *signals);
void n_tty_flush_input(struct tty_struct *tty);
void n_tty_termios_changed(struct tty_struct *tty, const struct termios *old);
size_t n_tty_readable(struct tty_struct *tty);		/* bytes a read would return now */
size_t n_tty_take(struct tty_struct *tty, u8 *buf, size_t n);	/* what one read gets */
size_t n_tty_output(struct tty_struct *tty, const u8 *buf, size_t n);	/* bytes taken */
void n_tty_stop(struct tty_struct *tty);
void n_tty_start(struct tty_struct *tty);

/* ---- devices ---- */
void serial_init(void);
/* Until NULL is given, what comes in at the serial console goes to @fn: any context, must not sleep. */
void serial_grab(void (*fn)(const char *s, size_t n));
void mem_devices_init(void);

#endif
