/*
 * drivers/vt.c - tty1 and tty2: two terminals that share a screen and a keyboard
 *
 * Purpose:    the machine's own console.  Each terminal is a picture (vc.c) with its history, its line discipline and
 *             its users; one of them, the foreground, is what the screen shows and the keyboard types at.
 *
 *               keyboard.c -> vt_type() -> tty of the foreground -> n_tty -> program
 *               program -> vt_write() -> its picture -> (if it is the foreground) cells that differ -> screen
 *
 * Invariants: shown[] is what the screen shows, in shown_palette, so only cells that differ are drawn; the foreground has a
 *             picture.
 * Lock order: tty->lock > vt_lock, innermost; interrupts off.  Timers are started without it: the kernel's log comes
 *             here from under any lock.
 * Simplified: tty2 has no picture until somebody opens it or asks for it; /dev/tty0 and the kernel's log are the
 *             foreground, as on Linux; switching is the kernel's alone (no VT_PROCESS).
 * Sources:    console_ioctl(2); vt(4).
 */
#include <asm/processor.h>
#include <asm/uaccess.h>
#include <fs.h>
#include <keyboard.h>
#include <printk.h>
#include <sched.h>
#include <screen.h>
#include <spinlock.h>
#include <string.h>
#include <time.h>
#include <tty.h>
#include <vmalloc.h>
#include <vt.h>
#include <uapi/kdev_t.h>
#include <uapi/vt.h>

#define NR_VTS		2
#define LOCK_SPINS	1000000
#define PLAIN_BELOW	"\033[m\033[r\033[999H\n"
#define WRITE_ROOM	4096
#define FRAME_NS	16000000UL		/* programs' output is drawn at most so often */

static const struct screen *screen;
static DEFINE_SPINLOCK(vt_lock);		/* everything below */
static struct vt {
	struct vc vc;				/* ->cells is NULL: no picture yet */
	struct tty_struct tty;
} vts[NR_VTS] = { { .tty.name = "tty1" }, { .tty.name = "tty2" } };
static unsigned int fg;				/* which is seen */
static cell_t *shown;				/* of the whole screen, line by line; 0: unknown */
static unsigned int shown_x, shown_y;		/* where the cursor is drawn */
static struct palette shown_palette;		/* all black: the loader's */
static u64 drawn_at;
static bool draw_later;				/* draw_timer is on its way */
static bool muted;				/* the log does not come here */
static bool has_log;				/* not vt_lock's: set once, when vt_console is registered */
static void (*typist)(const char *s, size_t n);	/* who gets what is typed, instead of the foreground */
static struct timer draw_timer, answer_timer;
static DECLARE_WAIT_QUEUE_HEAD(switch_wait);

static struct vc *foreground(void) { return &vts[fg].vc; }

/* ---- drawing ------------------------------------------------------------------------------- */

static void refresh_line(const struct vc *vc, unsigned int y)
{
	cell_t *old = &shown[y * screen->cols];
	const cell_t *new = vc_line(vc, y);

	for (unsigned int x = 0; x < screen->cols; x++)
		if (old[x] != new[x]) {
			old[x] = new[x];
			screen->draw(x, y, new[x], false);
		}
}

static void refresh_palette(struct vc *vc)
{
	if (!memcmp(&shown_palette, &vc->palette, sizeof(shown_palette)))
		return;
	shown_palette = vc->palette;
	if (screen->set_palette(&shown_palette))
		return;
	memset(shown, 0, screen->cols * screen->rows * sizeof(cell_t));
	vc->dirty_first = 0;
	vc->dirty_last = screen->rows - 1;
}

/* Show what changed. */
static void refresh(void)
{
	struct vc *vc = foreground();
	bool visible = vc->cursor_visible && !vc->view;

	refresh_palette(vc);
	if (!screen->move_cursor) {		/* take the cursor off */
		shown[shown_y * screen->cols + shown_x] = 0;
		refresh_line(vc, shown_y);
	}
	for (unsigned int y = vc->dirty_first; y <= vc->dirty_last && y < screen->rows; y++)
		refresh_line(vc, y);
	vc->dirty_first = screen->rows;
	vc->dirty_last = 0;
	shown_x = vc->s.x;
	shown_y = vc->s.y;
	if (screen->move_cursor)
		screen->move_cursor(shown_x, shown_y, visible);
	else if (visible)
		screen->draw(shown_x, shown_y, vc->line[shown_y][shown_x], true);
	drawn_at = clock_read_ns();
}

static void draw_now(struct timer *t)
{
	unsigned long flags;

	spin_lock_irqsave(&vt_lock, flags);
	draw_later = false;
	refresh();
	spin_unlock_irqrestore(&vt_lock, flags);
}

/*
 * The picture of the foreground has changed: draw it, unless that was done just now; then it can wait, and more
 * may come.  True: the caller starts draw_timer when it has dropped vt_lock.
 */
static bool refresh_soon(void)
{
	if (draw_later)
		return false;
	draw_later = clock_read_ns() - drawn_at < FRAME_NS;
	if (!draw_later)
		refresh();
	return draw_later;
}

static void switch_to(unsigned int n)
{
	fg = n;
	vts[n].vc.dirty_first = 0;
	vts[n].vc.dirty_last = screen->rows - 1;
	refresh();
}

void vt_switch(unsigned int n)
{
	unsigned long flags;

	if (!screen || n - 1 >= NR_VTS)
		return;
	spin_lock_irqsave(&vt_lock, flags);
	if (vts[n - 1].vc.cells && fg != n - 1)
		switch_to(n - 1);
	spin_unlock_irqrestore(&vt_lock, flags);
	wake_up_all(&switch_wait);
}

void vt_scroll_view(bool back)
{
	unsigned long flags;
	int by;

	if (!screen)
		return;
	spin_lock_irqsave(&vt_lock, flags);
	by = screen->rows / 2;
	vc_scroll_view(foreground(), back ? by : -by);
	refresh();
	spin_unlock_irqrestore(&vt_lock, flags);
}

/* ---- the terminals ------------------------------------------------------------------------- */

static struct vt *vt_of(struct tty_struct *tty)
{
	return tty == &vts[0].tty ? &vts[0] : &vts[1];
}

/* Give it a picture if it has none.  0 or -ENOMEM; may sleep. */
static int vt_make(struct vt *vt)
{
	struct vc vc;
	unsigned long flags;

	if (vt->vc.cells)
		return 0;
	if (!vc_alloc(&vc, screen->cols, screen->rows))
		return -ENOMEM;
	spin_lock_irqsave(&vt_lock, flags);
	if (!vt->vc.cells) {
		vt->vc = vc;
		vc.cells = vc.history = NULL;
	}
	spin_unlock_irqrestore(&vt_lock, flags);
	vc_free(&vc);
	return 0;
}

static int vt_open(struct tty_struct *tty)
{
	return vt_make(vt_of(tty));
}

static size_t vt_write(struct tty_struct *tty, const u8 *buf, size_t n)
{
	struct vt *vt = vt_of(tty);
	bool later = false, ask;
	unsigned long flags;

	spin_lock_irqsave(&vt_lock, flags);
	vc_write(&vt->vc, buf, n);
	if (vt == &vts[fg])
		later = refresh_soon();
	ask = vt->vc.answer[0];
	spin_unlock_irqrestore(&vt_lock, flags);
	if (later)
		timer_start(&draw_timer, clock_read_ns() + FRAME_NS);
	if (ask)		/* typed by a timer: the terminal is locked now */
		timer_start(&answer_timer, clock_read_ns() + 1000000);
	return n;
}

static void type_answers(struct timer *t)
{
	char s[VC_ANSWER];
	unsigned long flags;

	for (unsigned int i = 0; i < NR_VTS; i++) {
		spin_lock_irqsave(&vt_lock, flags);
		memcpy(s, vts[i].vc.answer, sizeof(s));
		vts[i].vc.answer[0] = 0;
		spin_unlock_irqrestore(&vt_lock, flags);
		if (s[0])
			tty_receive(&vts[i].tty, (const u8 *)s, strlen(s));
	}
}

static size_t vt_write_room(struct tty_struct *tty) { return WRITE_ROOM; }
static size_t vt_chars_in_buffer(struct tty_struct *tty) { return 0; }
static void vt_nothing(struct tty_struct *tty) { }

/* ---- ioctl --------------------------------------------------------------------------------- */

/* Of user's number 1..63: ours, or NULL. */
static struct vt *vt_numbered(unsigned long n)
{
	return n - 1 < NR_VTS ? &vts[n - 1] : NULL;
}

static int activate(struct tty_struct *tty, unsigned long n)
{
	struct vt *vt = vt_numbered(n);
	int err;

	if (current->signal->tty != tty && !capable_root())
		return -EPERM;
	if (!vt)
		return -ENXIO;
	err = vt_make(vt);
	if (!err)
		vt_switch(n);
	return err;
}

static int wait_active(struct tty_struct *tty, unsigned long n)
{
	if (current->signal->tty != tty && !capable_root())
		return -EPERM;
	if (!vt_numbered(n))
		return -ENXIO;
	return wait_event_interruptible(switch_wait, READ_ONCE(fg) == n - 1) ? -EINTR : 0;	/* not begun again */
}

static int get_state(struct vt_stat __user *arg)
{
	unsigned short state = 1;

	for (unsigned int i = 0; i < NR_VTS; i++)
		state |= !!READ_ONCE(vts[i].tty.opens) << (i + 1);
	if (put_user((unsigned short)(READ_ONCE(fg) + 1), &arg->v_active) || put_user(state, &arg->v_state))
		return -EFAULT;
	return 0;
}

static int first_unopened(int __user *arg)
{
	unsigned int i = 0;

	while (i < NR_VTS && READ_ONCE(vts[i].tty.opens))
		i++;
	return put_user(i < NR_VTS ? (int)i + 1 : -1, arg);
}

static long vt_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case VT_ACTIVATE:
		return activate(tty, arg);
	case VT_WAITACTIVE:
		return wait_active(tty, arg);
	case VT_GETSTATE:
		return get_state(p);
	case VT_OPENQRY:
		return first_unopened(p);
	case KDGKBTYPE:
		return put_user((char)KB_101, (char __user *)p);
	case KDGETMODE:
		return put_user(KD_TEXT, (int __user *)p);
	case KDGKBMODE:
		return put_user(K_UNICODE, (int __user *)p);
	default:
		return -ENOTTY;
	}
}

static const struct tty_operations vt_ops = {
	.iflag = IUTF8,
	.forgets = true,
	.open = vt_open,
	.write = vt_write,
	.write_room = vt_write_room,
	.chars_in_buffer = vt_chars_in_buffer,
	.flush_buffer = vt_nothing,
	.start = vt_nothing,
	.ioctl = vt_ioctl,
};

struct tty_struct *vt_foreground(void)
{
	return screen ? &vts[READ_ONCE(fg)].tty : NULL;
}

/* ---- the console --------------------------------------------------------------------------- */

static void write_log(const char *s, size_t len)
{
	vc_write_log(foreground(), s, len);
	refresh();
}

/* From any context.  In a panic the lock's holder may have been stopped: after a while the message matters more. */
static void vt_console_write(struct console *con, const char *s, size_t len)
{
	unsigned long flags = local_irq_save();
	bool panic = printk_panicking(), locked = false;

	for (int i = 0; !locked && !(panic && i > LOCK_SPINS); i += panic) {
		locked = spin_trylock(&vt_lock);
		if (!locked)
			cpu_relax();
	}
	if (muted && panic) {			/* below what is there, whatever may scroll */
		muted = false;
		write_log(PLAIN_BELOW, strlen(PLAIN_BELOW));
	}
	if (!muted)
		write_log(s, len);
	if (locked)
		spin_unlock(&vt_lock);
	local_irq_restore(flags);
}

static struct console vt_console = {
	.name = "tty0",
	.write = vt_console_write,
	.dev = MKDEV(TTY_MAJOR, 0),
};

bool vt_has_log(void)
{
	return has_log;
}

const struct screen *vt_screen(void)
{
	return vt_console.enabled ? screen : NULL;
}

void vt_mute(bool on)
{
	unsigned long flags;

	spin_lock_irqsave(&vt_lock, flags);
	muted = on;
	spin_unlock_irqrestore(&vt_lock, flags);
}

void vt_puts(const char *s)
{
	unsigned long flags;

	if (!screen)
		return;
	spin_lock_irqsave(&vt_lock, flags);
	write_log(s, strlen(s));
	spin_unlock_irqrestore(&vt_lock, flags);
}

/* ---- the keyboard -------------------------------------------------------------------------- */

void vt_grab_keyboard(void (*fn)(const char *s, size_t n))
{
	WRITE_ONCE(typist, fn);
}

void vt_type(const char *s, size_t n)
{
	void (*fn)(const char *, size_t) = READ_ONCE(typist);
	unsigned long flags;
	struct vt *vt;

	if (!screen)
		return;
	if (fn) {
		fn(s, n);
		return;
	}
	spin_lock_irqsave(&vt_lock, flags);
	vt = &vts[fg];
	if (vt->vc.view) {			/* who types wants to see where */
		vc_scroll_view(&vt->vc, -(int)vt->vc.view);
		refresh();
	}
	spin_unlock_irqrestore(&vt_lock, flags);
	tty_receive(&vt->tty, (const u8 *)s, n);
}

bool vt_application_keys(void)
{
	return screen && !READ_ONCE(typist) && foreground()->application_keys;
}

/* ---- boot ---------------------------------------------------------------------------------- */

/* Without it the kernel's log and what is typed still have their place. */
static void register_terminal(unsigned int i)
{
	struct tty_struct *tty = &vts[i].tty;
	int err;

	tty->ops = &vt_ops;
	err = tty_register(tty, TTY_MAJOR, i + 1);
	if (err)
		pr_err("vt: cannot register %s: error %d\n", tty->name, err);
	tty->winsize.ws_col = screen->cols;
	tty->winsize.ws_row = screen->rows;
}

void vt_init(void)
{
	keyboard_init();
	screen = fb_screen_init(framebuffer_map);
	if (!screen)
		screen = vga_screen_init(ioremap);
	if (!screen) {
		pr_info("vt: no screen: no framebuffer that could be used, no VGA in text mode\n");
		return;
	}
	shown = vzalloc(screen->cols * screen->rows * sizeof(cell_t));
	if (!shown || vt_make(&vts[0])) {
		pr_err("vt: no memory for the screen\n");
		vfree(shown);
		screen = NULL;
		return;
	}
	for (unsigned int i = 0; i < NR_VTS; i++)
		register_terminal(i);
	timer_setup(&draw_timer, draw_now);
	timer_setup(&answer_timer, type_answers);
	pr_info("vt: %s, %u columns, %u rows\n", screen->name, screen->cols, screen->rows);
	register_console(&vt_console);
	has_log = true;
	ps2kbd_init();
}
