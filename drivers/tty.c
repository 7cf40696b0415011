/*
 * drivers/tty.c - terminals as files, and as the thing that sessions are about
 *
 * Purpose:    /dev/tty, /dev/console and the terminals themselves: open, read, write, ioctl;
 *             job control: who may read, who is stopped, who hears of a hangup.
 * Invariants: tty->session is 0 or the session whose processes may have signal->tty == tty;
 *             tty->pgrp is 0 or a group of that session.
 * Lock order: see tty.h.
 * Simplified: terminals are never removed, so files hold no reference on them.
 * Sources:    POSIX.1-2017, "General Terminal Interface", "Job Control Signals".
 */
#include <asm/uaccess.h>
#include <drivers.h>
#include <fs.h>
#include <printk.h>
#include <random.h>
#include <sched.h>
#include <screen.h>
#include <slab.h>
#include <string.h>
#include <syscalls_fs.h>
#include <tty.h>
#include <uapi/kdev_t.h>

#define MAX_TTYS 16
#define DEFAULT_COLS 80
#define DEFAULT_ROWS 24

/* What an open file keeps: a hangup kills the files that were open then, not later ones. */
struct tty_file {
	struct tty_struct *tty;
	unsigned int hangups;
	bool console;			/* opened as /dev/console: survives */
};

static struct tty_struct *ttys[MAX_TTYS];
static unsigned int nr_ttys;
static const struct file_operations tty_fops;

static const struct termios default_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = {
		[VINTR] = 'C' - 0x40, [VQUIT] = '\\' - 0x40, [VERASE] = 0x7f,
		[VKILL] = 'U' - 0x40, [VEOF] = 'D' - 0x40, [VMIN] = 1,
		[VSTART] = 'Q' - 0x40, [VSTOP] = 'S' - 0x40, [VSUSP] = 'Z' - 0x40,
		[VREPRINT] = 'R' - 0x40, [VDISCARD] = 'O' - 0x40, [VWERASE] = 'W' - 0x40,
		[VLNEXT] = 'V' - 0x40,
	},
};

static void init_termios(struct tty_struct *tty)
{
	tty->termios = default_termios;
	tty->termios.c_iflag |= tty->ops->iflag;
}

int tty_register(struct tty_struct *tty, unsigned int major, unsigned int minor)
{
	int err;

	tty->dev = MKDEV(major, minor);
	spin_lock_init(&tty->lock);
	init_waitqueue_head(&tty->read_wait);
	init_waitqueue_head(&tty->write_wait);
	init_termios(tty);
	tty->winsize = (struct winsize){ .ws_row = DEFAULT_ROWS, .ws_col = DEFAULT_COLS };
	if (nr_ttys == MAX_TTYS)
		return -ENOSPC;
	err = register_chrdev(major, minor, tty->name, 0600, &tty_fops);
	if (!err)
		ttys[nr_ttys++] = tty;
	return err;
}

static struct tty_struct *resolve(dev_t dev);

static struct tty_struct *find_tty(dev_t dev)
{
	for (unsigned int i = 0; i < nr_ttys; i++)
		if (ttys[i]->dev == dev)
			return ttys[i];
	return NULL;
}

dev_t tty_devnum(const struct tty_struct *tty)
{
	return tty ? tty->dev : 0;
}

pid_t tty_foreground_pgrp(const struct tty_struct *tty)
{
	return tty ? READ_ONCE(tty->pgrp) : -1;
}

/* ---- from the driver ----------------------------------------------------------------------- */

static void send_signals(struct tty_struct *tty, u64 signals)
{
	pid_t pgrp = READ_ONCE(tty->pgrp);

	for (int sig = 1; pgrp && signals; sig++, signals >>= 1)
		if (signals & 1)
			kill_pgrp(pgrp, sig, true);
}

void tty_receive(struct tty_struct *tty, const u8 *buf, size_t n)
{
	unsigned long flags;
	u64 signals = 0;

	spin_lock_irqsave(&tty->lock, flags);
	for (size_t i = 0; i < n; i++)
		n_tty_receive_char(tty, buf[i], &signals);
	spin_unlock_irqrestore(&tty->lock, flags);
	send_signals(tty, signals);
	wake_up_interruptible(&tty->read_wait);
}

void tty_receive_break(struct tty_struct *tty)
{
	unsigned long flags;
	u64 signals = 0;

	spin_lock_irqsave(&tty->lock, flags);
	if (tty->termios.c_iflag & IGNBRK) {
		;
	} else if (tty->termios.c_iflag & BRKINT) {
		n_tty_flush_input(tty);
		tty->ops->flush_buffer(tty);
		signals = sigmask(SIGINT);
	} else {
		n_tty_receive_char(tty, 0, &signals);
	}
	spin_unlock_irqrestore(&tty->lock, flags);
	send_signals(tty, signals);
	wake_up_interruptible(&tty->read_wait);
}

void tty_wakeup(struct tty_struct *tty)
{
	wake_up_interruptible(&tty->write_wait);
}

/* ---- job control --------------------------------------------------------------------------- */

static bool signal_has_no_effect(int sig)
{
	struct sighand_struct *h = current->sighand;
	unsigned long flags;
	bool ret;

	spin_lock_irqsave(&h->siglock, flags);
	ret = sigismember(&current->blocked, sig) ||
	      h->action[sig - 1].handler == (void __user *)SIG_IGN;
	spin_unlock_irqrestore(&h->siglock, flags);
	return ret;
}

/*
 * A background process that reads (@sig SIGTTIN) or changes the terminal (SIGTTOU) is
 * stopped, with its whole group.  Who has blocked or ignores the signal may change it, but
 * not read; in an orphaned group nobody could continue it, so it gets an error.
 */
int tty_check_change(struct tty_struct *tty, int sig)
{
	pid_t pgrp;
	bool background, orphaned;

	spin_lock_irq(&tasklist_lock);
	pgrp = current->signal->pgrp;
	background = current->signal->tty == tty && tty->pgrp && tty->pgrp != pgrp;
	orphaned = background && pgrp_is_orphaned(pgrp, NULL);
	spin_unlock_irq(&tasklist_lock);
	if (!background)
		return 0;
	if (signal_has_no_effect(sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (orphaned)
		return -EIO;
	kill_pgrp(pgrp, sig, true);
	set_tsk_flag(current, TIF_SIGPENDING);
	return -ERESTARTSYS;
}

/* Make @tty current's; tasklist_lock held. */
static void take_ctty(struct tty_struct *tty)
{
	tty->session = current->signal->session;
	tty->pgrp = current->signal->pgrp;
	current->signal->tty = tty;
}

/* Nobody of @tty's session has it any more; tasklist_lock held. */
static void session_lose_tty(struct tty_struct *tty)
{
	struct task_struct *p;

	for_each_process(p)
		if (p->signal->tty == tty && p->signal->session == tty->session)
			p->signal->tty = NULL;
	tty->session = 0;
	tty->pgrp = 0;
}

static int ioctl_take_ctty(struct tty_struct *tty, bool steal)
{
	struct signal_struct *s = current->signal;
	int err = 0;

	spin_lock_irq(&tasklist_lock);
	if (s->leader_of_session && s->tty == tty && tty->session == s->session)
		goto out;
	err = -EPERM;
	if (!s->leader_of_session || s->tty)
		goto out;
	if (tty->session) {
		if (!steal || !capable_root())
			goto out;
		session_lose_tty(tty);
	}
	take_ctty(tty);
	err = 0;
out:
	spin_unlock_irq(&tasklist_lock);
	return err;
}

/* Nobody waits for what was typed, nobody holds the output back; ->lock held. */
static void forget_user(struct tty_struct *tty)
{
	n_tty_flush_input(tty);
	n_tty_start(tty);
	if (tty->ops->forgets)
		init_termios(tty);
}

/* Every file open now reads end of file and cannot write; sleepers are woken to see it. */
static void hangup_files(struct tty_struct *tty)
{
	spin_lock_irq(&tty->lock);
	tty->hangups++;
	forget_user(tty);
	spin_unlock_irq(&tty->lock);
	wake_up_all(&tty->read_wait);
	wake_up_all(&tty->write_wait);
}

/* The line went dead: the session's leader and its foreground group hear of it. */
void tty_hangup(struct tty_struct *tty)
{
	pid_t session, pgrp;

	spin_lock_irq(&tasklist_lock);
	session = tty->session;
	pgrp = tty->pgrp;
	if (session)
		session_lose_tty(tty);
	spin_unlock_irq(&tasklist_lock);
	hangup_files(tty);
	if (session) {
		kill_pid(session, SIGHUP, true);
		kill_pid(session, SIGCONT, true);
	}
	if (pgrp) {
		kill_pgrp(pgrp, SIGHUP, true);
		kill_pgrp(pgrp, SIGCONT, true);
	}
}

void disassociate_ctty(bool on_exit)
{
	struct signal_struct *s = current->signal;
	struct tty_struct *tty;
	pid_t pgrp = 0;
	bool leader;

	spin_lock_irq(&tasklist_lock);
	tty = s->tty;
	leader = s->leader_of_session;
	s->tty = NULL;
	if (tty && leader && tty->session == s->session) {
		pgrp = tty->pgrp;
		session_lose_tty(tty);
	} else {
		leader = false;
	}
	spin_unlock_irq(&tasklist_lock);
	if (!tty || !leader)
		return;
	if (on_exit)
		hangup_files(tty);
	if (pgrp) {
		kill_pgrp(pgrp, SIGHUP, true);
		kill_pgrp(pgrp, SIGCONT, true);
	}
}

/* Hang up current's own terminal. */
long sys_vhangup(void)
{
	struct tty_struct *tty = resolve(MKDEV(TTYAUX_MAJOR, 0));

	if (!capable_root())
		return -EPERM;
	if (tty)
		tty_hangup(tty);
	return 0;
}

/* ---- files --------------------------------------------------------------------------------- */

static struct tty_file *tty_file(struct file *file)
{
	return file->private_data;
}

bool tty_hung_up(struct file *file)
{
	struct tty_file *tf = tty_file(file);

	return !tf->console && tf->hangups != READ_ONCE(tf->tty->hangups);
}

/* Which terminal does this device number mean for current?  NULL: none. */
static struct tty_struct *resolve(dev_t dev)
{
	struct tty_struct *tty;

	if (dev == MKDEV(TTYAUX_MAJOR, 1))
		dev = console_device();
	if (dev == MKDEV(TTY_MAJOR, 0))
		return vt_foreground();
	if (dev != MKDEV(TTYAUX_MAJOR, 0))
		return find_tty(dev);
	spin_lock_irq(&tasklist_lock);
	tty = current->signal->tty;
	spin_unlock_irq(&tasklist_lock);
	return tty;
}

/* A session leader without a terminal gets the first one it opens, unless it says not to. */
static void maybe_take_ctty(struct tty_struct *tty, struct file *file)
{
	struct signal_struct *s = current->signal;

	if ((file->f_flags & O_NOCTTY) || !(file->f_mode & FMODE_READ))
		return;
	spin_lock_irq(&tasklist_lock);
	if (s->leader_of_session && !s->tty && !tty->session)
		take_ctty(tty);
	spin_unlock_irq(&tasklist_lock);
}

static int tty_open(struct inode *inode, struct file *file)
{
	dev_t dev = inode->i_rdev;
	struct tty_struct *tty = resolve(dev);
	struct tty_file *tf;
	int err;

	if (!tty)
		return dev == MKDEV(TTYAUX_MAJOR, 1) ? -ENODEV : -ENXIO;
	tf = kzalloc(sizeof(*tf), GFP_KERNEL);
	if (!tf)
		return -ENOMEM;
	if (!READ_ONCE(tty->opens) && tty->ops->open) {
		err = tty->ops->open(tty);
		if (err) {
			kfree(tf);
			return err;
		}
	}
	spin_lock_irq(&tty->lock);
	tty->opens++;
	tf->tty = tty;
	tf->hangups = tty->hangups;
	spin_unlock_irq(&tty->lock);
	tf->console = dev == MKDEV(TTYAUX_MAJOR, 1);
	file->private_data = tf;
	if (!tf->console && dev != MKDEV(TTY_MAJOR, 0))
		maybe_take_ctty(tty, file);
	return 0;
}

static void tty_release(struct inode *inode, struct file *file)
{
	struct tty_struct *tty = tty_file(file)->tty;

	spin_lock_irq(&tty->lock);
	if (!--tty->opens && tty->ops->forgets)
		forget_user(tty);
	spin_unlock_irq(&tty->lock);
	kfree(file->private_data);
}

static ssize_t tty_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct tty_struct *tty = tty_file(file)->tty;
	int err;

	if (tty_hung_up(file))
		return 0;
	err = tty_check_change(tty, SIGTTIN);
	return err ? err : n_tty_read(tty, file, buf, len);
}

static ssize_t tty_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct tty_struct *tty = tty_file(file)->tty;
	int err = 0;

	if (tty_hung_up(file))
		return -EIO;
	if (tty->termios.c_lflag & TOSTOP)
		err = tty_check_change(tty, SIGTTOU);
	return err ? err : n_tty_write(tty, file, buf, len);
}

static unsigned int tty_poll(struct file *file, struct poll_table *pt)
{
	return n_tty_poll(tty_file(file)->tty, file, pt);
}

/* ---- ioctl --------------------------------------------------------------------------------- */

/* Until everything is sent; 0, -ERESTARTSYS. */
static int wait_until_sent(struct tty_struct *tty)
{
	return wait_event_interruptible(tty->write_wait, !tty->ops->chars_in_buffer(tty));
}

static void flush(struct tty_struct *tty, bool in, bool out)
{
	spin_lock_irq(&tty->lock);
	if (in)
		n_tty_flush_input(tty);
	if (out)
		tty->ops->flush_buffer(tty);
	spin_unlock_irq(&tty->lock);
	if (out)
		tty_wakeup(tty);
}

static void set_termios(struct tty_struct *tty, const struct termios *new)
{
	struct termios old;

	spin_lock_irq(&tty->lock);
	old = tty->termios;
	tty->termios = *new;
	n_tty_termios_changed(tty, &old);
	if (tty->ops->set_termios)
		tty->ops->set_termios(tty);
	spin_unlock_irq(&tty->lock);
	wake_up_interruptible(&tty->read_wait);
}

static int ioctl_set_termios(struct tty_struct *tty, unsigned int cmd, void __user *arg)
{
	struct termios new;
	int err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	if (copy_from_user(&new, arg, sizeof(new)))
		return -EFAULT;
	if (new.c_line)		/* N_TTY is the only discipline */
		return -EINVAL;
	if (cmd != TCSETS) {
		err = wait_until_sent(tty);
		if (err)
			return err;
	}
	if (cmd == TCSETSF)
		flush(tty, true, false);
	set_termios(tty, &new);
	return 0;
}

static int ioctl_flush(struct tty_struct *tty, unsigned long which)
{
	int err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	if (which > TCIOFLUSH)
		return -EINVAL;
	flush(tty, which != TCOFLUSH, which != TCIFLUSH);
	return 0;
}

static int ioctl_flow(struct tty_struct *tty, unsigned long what)
{
	int err = tty_check_change(tty, SIGTTOU);
	u8 c = 0;

	if (err)
		return err;
	if (what > TCION)
		return -EINVAL;
	spin_lock_irq(&tty->lock);
	if (what == TCOOFF)
		n_tty_stop(tty);
	else if (what == TCOON)
		n_tty_start(tty);
	else
		c = tty->termios.c_cc[what == TCIOFF ? VSTOP : VSTART];
	if (c)
		tty->ops->write(tty, &c, 1);
	spin_unlock_irq(&tty->lock);
	return 0;
}

static int ioctl_set_winsize(struct tty_struct *tty, void __user *arg)
{
	struct winsize ws;
	bool changed;

	if (copy_from_user(&ws, arg, sizeof(ws)))
		return -EFAULT;
	spin_lock_irq(&tty->lock);
	changed = memcmp(&ws, &tty->winsize, sizeof(ws));
	tty->winsize = ws;
	spin_unlock_irq(&tty->lock);
	if (changed)
		send_signals(tty, sigmask(SIGWINCH));
	return 0;
}

/* Session of the group @pgrp, 0 if there is no such group; tasklist_lock held. */
static pid_t session_of_pgrp(pid_t pgrp)
{
	struct task_struct *p;

	for_each_process(p)
		if (p->signal->pgrp == pgrp)
			return p->signal->session;
	return 0;
}

static int ioctl_set_pgrp(struct tty_struct *tty, int __user *arg)
{
	struct signal_struct *s = current->signal;
	int pgrp, err = tty_check_change(tty, SIGTTOU);
	pid_t session;

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (get_user(pgrp, arg))
		return -EFAULT;
	if (pgrp < 0)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	session = session_of_pgrp(pgrp);
	if (s->tty != tty || tty->session != s->session)
		err = -ENOTTY;
	else if (!session)
		err = -ESRCH;
	else if (session != s->session)
		err = -EPERM;
	else
		tty->pgrp = pgrp;
	spin_unlock_irq(&tasklist_lock);
	return err;
}

/* TIOCGPGRP and TIOCGSID: only about one's own terminal. */
static int ioctl_get_id(struct tty_struct *tty, bool session, int __user *arg)
{
	bool mine;
	int id;

	spin_lock_irq(&tasklist_lock);
	mine = current->signal->tty == tty;
	id = session ? tty->session : tty->pgrp;
	spin_unlock_irq(&tasklist_lock);
	if (!mine || (session && !id))
		return -ENOTTY;
	return put_user(id, arg);
}

static int ioctl_no_tty(struct tty_struct *tty)
{
	if (current->signal->tty != tty)
		return -ENOTTY;
	disassociate_ctty(false);
	return 0;
}

/* Type a character for the user: only on one's own terminal, or as root. */
static int ioctl_type(struct tty_struct *tty, const u8 __user *arg)
{
	u8 c;

	if (current->signal->tty != tty && !capable_root())
		return -EPERM;
	if (get_user(c, arg))
		return -EFAULT;
	tty_receive(tty, &c, 1);
	return 0;
}

static int ioctl_count(struct tty_struct *tty, bool input, int __user *arg)
{
	int n;

	spin_lock_irq(&tty->lock);
	n = input ? n_tty_readable(tty) : tty->ops->chars_in_buffer(tty);
	spin_unlock_irq(&tty->lock);
	return put_user(n, arg);
}

/* Breaks are not sent: only the other meaning of TCSBRK, to wait for the output, is there. */
static int ioctl_drain(struct tty_struct *tty, unsigned long arg)
{
	int err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	return arg ? wait_until_sent(tty) : -EINVAL;
}

static int copy_termios(struct tty_struct *tty, void __user *arg)
{
	struct termios t;

	spin_lock_irq(&tty->lock);
	t = tty->termios;
	spin_unlock_irq(&tty->lock);
	return copy_to_user(arg, &t, sizeof(t)) ? -EFAULT : 0;
}

static int copy_winsize(struct tty_struct *tty, void __user *arg)
{
	struct winsize ws;

	spin_lock_irq(&tty->lock);
	ws = tty->winsize;
	spin_unlock_irq(&tty->lock);
	return copy_to_user(arg, &ws, sizeof(ws)) ? -EFAULT : 0;
}

static long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct tty_struct *tty = tty_file(file)->tty;
	void __user *p = (void __user *)arg;

	if (tty_hung_up(file))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	switch (cmd) {
	case TCGETS:
		return copy_termios(tty, p);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return ioctl_set_termios(tty, cmd, p);
	case TIOCGWINSZ:
		return copy_winsize(tty, p);
	case TIOCSWINSZ:
		return ioctl_set_winsize(tty, p);
	case TIOCGPGRP:
		return ioctl_get_id(tty, false, p);
	case TIOCSPGRP:
		return ioctl_set_pgrp(tty, p);
	case TIOCGSID:
		return ioctl_get_id(tty, true, p);
	case TIOCSCTTY:
		return ioctl_take_ctty(tty, arg == 1);
	case TIOCNOTTY:
		return ioctl_no_tty(tty);
	case FIONREAD:
		return ioctl_count(tty, true, p);
	case TIOCOUTQ:
		return ioctl_count(tty, false, p);
	case TCFLSH:
		return ioctl_flush(tty, arg);
	case TCXONC:
		return ioctl_flow(tty, arg);
	case TCSBRK:
	case TCSBRKP:
		return ioctl_drain(tty, arg);
	case TIOCSTI:
		return ioctl_type(tty, p);
	case TIOCGETD:
		return put_user(0, (int __user *)p);
	case TIOCVHANGUP:
		if (!capable_root())
			return -EPERM;
		tty_hangup(tty);
		return 0;
	default:
		return tty->ops->ioctl ? tty->ops->ioctl(tty, cmd, arg) : -ENOTTY;
	}
}

static const struct file_operations tty_fops = {
	.open = tty_open,
	.release = tty_release,
	.read = tty_read,
	.write = tty_write,
	.llseek = no_llseek,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
};

void tty_init(void)
{
	register_chrdev(TTYAUX_MAJOR, 0, "tty", 0666, &tty_fops);
	register_chrdev(TTYAUX_MAJOR, 1, "console", 0600, &tty_fops);
	register_chrdev(TTY_MAJOR, 0, "tty0", 0600, &tty_fops);
}

void drivers_init(void)
{
	random_init();
	mem_devices_init();
	tty_init();
	serial_init();
	fbdev_init();
	vt_init();
}
