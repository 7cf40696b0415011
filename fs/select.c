/*
 * fs/select.c - waiting until one of several files is ready: poll, select
 *
 * Purpose:    ask each file what it can do now; if nobody can, wait on all queues that the
 *             files named, and ask again after a wake-up.
 * Invariants: the first round queues us before it asks, so that a change after the answer
 *             wakes us: ->triggered is cleared before the round and tested after the state
 *             is set. Later rounds only ask. Every entry holds its file until poll_end().
 * Lock order: none is held while a file's ->poll runs; a wake-up runs under the queue's lock
 *             and takes the run queue.
 * Simplified: entries come from kmalloc one by one after the first few.
 * Sources:    POSIX.1-2017, poll() and select().
 */
#include <asm/uaccess.h>
#include <err.h>
#include <fs.h>
#include <sched.h>
#include <signal.h>
#include <slab.h>
#include <string.h>
#include <syscalls_fs.h>
#include <time.h>
#include <vmalloc.h>
#include <wait.h>

#define INLINE_ENTRIES	8

#define IN_BITS		(POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define OUT_BITS	(POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define EX_BITS		POLLPRI
#define ALWAYS		(POLLERR | POLLHUP)
#define PLAIN_FILE	(POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

struct poll_waiter;

/* One queue that we wait on. */
struct poll_entry {
	struct poll_table_entry e;
	struct poll_waiter *owner;
	struct poll_entry *next;	/* of those allocated */
};

/* One call of poll or select. */
struct poll_waiter {
	struct poll_table pt;
	bool triggered;			/* set by a wake-up, any context */
	int error;			/* no memory for an entry */
	int used;			/* of inlined */
	struct poll_entry inlined[INLINE_ENTRIES];
	struct poll_entry *more;
};

/* How long: for ever, not at all, or until a time. */
struct deadline {
	bool none, passed;
	u64 expires;			/* monotonic ns */
};

/* ---- waiting on many queues ------------------------------------------------------------ */

static bool poll_wake(struct wait_queue_entry *wait, unsigned int state)
{
	struct poll_entry *p = container_of(wait, struct poll_entry, e.wait);

	WRITE_ONCE(p->owner->triggered, true);
	return default_wake_function(wait, state);
}

static struct poll_entry *new_entry(struct poll_waiter *w)
{
	struct poll_entry *p;

	if (w->used < INLINE_ENTRIES)
		return &w->inlined[w->used++];
	p = kmalloc(sizeof(*p), GFP_KERNEL);
	if (!p) {
		w->error = -ENOMEM;
		return NULL;
	}
	p->next = w->more;
	w->more = p;
	return p;
}

/* Called by poll_wait() from a file's ->poll: we want to hear from @q. */
static void poll_queue(struct file *file, wait_queue_head_t *q, struct poll_table *pt)
{
	struct poll_waiter *w = container_of(pt, struct poll_waiter, pt);
	struct poll_entry *p = new_entry(w);

	if (!p)
		return;
	p->owner = w;
	p->e.file = get_file(file);
	p->e.q = q;
	p->e.wait = (struct wait_queue_entry){ .task = current, .func = poll_wake };
	INIT_LIST_HEAD(&p->e.wait.link);
	add_wait_queue(q, &p->e.wait);
}

static void poll_begin(struct poll_waiter *w)
{
	w->pt.qproc = poll_queue;
	w->pt.private = NULL;
	w->triggered = false;
	w->error = 0;
	w->used = 0;
	w->more = NULL;
}

static void drop_entry(struct poll_entry *p)
{
	remove_wait_queue(p->e.q, &p->e.wait);
	fput(p->e.file);
}

static void poll_end(struct poll_waiter *w)
{
	struct poll_entry *p, *next;

	for (int i = 0; i < w->used; i++)
		drop_entry(&w->inlined[i]);
	for (p = w->more; p; p = next) {
		next = p->next;
		drop_entry(p);
		kfree(p);
	}
}

/* Sleep unless somebody called since the round began.  Sets d->passed when the time has come. */
static void poll_sleep(struct poll_waiter *w, struct deadline *d)
{
	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(w->triggered) && !signal_pending(current)) {
		if (!schedule_until(d->none ? 0 : d->expires) && !d->none)
			d->passed = true;
	}
	set_current_state(TASK_RUNNING);
	WRITE_ONCE(w->triggered, false);
}

/* What @file can do now. */
static unsigned int ask(struct file *file, struct poll_waiter *w)
{
	return file->f_op->poll ? file->f_op->poll(file, &w->pt) : PLAIN_FILE;
}

/*
 * Rounds of @round until one finds something, time is up or a signal comes.
 * @round returns how many are ready, or -errno.  -ERESTARTNOHAND for a signal.
 */
static long poll_loop(long (*round)(void *arg, struct poll_waiter *w), void *arg, struct deadline *d)
{
	struct poll_waiter w;
	long n;

	poll_begin(&w);
	if (d->passed)
		w.pt.qproc = NULL;
	for (;;) {
		n = round(arg, &w);
		w.pt.qproc = NULL;	/* all queues are known now */
		if (n || d->passed)
			break;
		n = w.error;
		if (n)
			break;
		if (signal_pending(current)) {
			n = -ERESTARTNOHAND;
			break;
		}
		poll_sleep(&w, d);
	}
	poll_end(&w);
	return n;
}

/* ---- times ----------------------------------------------------------------------------- */

static void deadline_in(struct deadline *d, u64 ns)
{
	u64 now = ktime_get();

	*d = (struct deadline){ .passed = !ns, .expires = now + ns < now ? ~0UL : now + ns };
}

/* From a user's timespec, NULL meaning for ever.  0, -EFAULT, -EINVAL. */
static int deadline_from_timespec(struct deadline *d, const struct timespec __user *uts)
{
	struct timespec ts;

	*d = (struct deadline){ .none = true };
	if (!uts)
		return 0;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	deadline_in(d, timespec_to_ns(&ts));
	return 0;
}

static struct timespec time_left(const struct deadline *d)
{
	u64 now = ktime_get();

	return ns_to_timespec(d->expires > now ? d->expires - now : 0);
}

/* ---- poll ------------------------------------------------------------------------------- */

struct poll_list {
	struct pollfd *fds;
	unsigned int count;
};

static unsigned int poll_one(struct pollfd *p, struct poll_waiter *w)
{
	struct file *file;
	unsigned int mask;

	if (p->fd < 0)
		return 0;
	file = fget(p->fd);
	if (!file)
		return POLLNVAL;
	mask = ask(file, w) & ((unsigned short)p->events | ALWAYS);
	fput(file);
	return mask;
}

static long poll_round(void *arg, struct poll_waiter *w)
{
	struct poll_list *l = arg;
	long n = 0;

	for (unsigned int i = 0; i < l->count; i++) {
		l->fds[i].revents = poll_one(&l->fds[i], w);
		if (l->fds[i].revents) {
			n++;
			w->pt.qproc = NULL;	/* we will not sleep */
		}
	}
	return n;
}

static int put_revents(struct pollfd __user *ufds, const struct poll_list *l)
{
	for (unsigned int i = 0; i < l->count; i++)
		if (put_user(l->fds[i].revents, &ufds[i].revents))
			return -EFAULT;
	return 0;
}

static long do_poll(struct pollfd __user *ufds, unsigned int count, struct deadline *d)
{
	struct poll_list l = { NULL, count };
	struct pollfd few[8];
	size_t size = count * sizeof(*ufds);
	long n;

	if (count > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	l.fds = count <= 8 ? few : vmalloc(size);
	if (!l.fds)
		return -ENOMEM;
	n = -EFAULT;
	if (copy_from_user(l.fds, ufds, size))
		goto out;
	n = poll_loop(poll_round, &l, d);
	if (n >= 0 && put_revents(ufds, &l))
		n = -EFAULT;
out:
	if (l.fds != few)
		vfree(l.fds);
	return n;
}

/* Go on after a stop signal with the time that was left. */
static long poll_restart(struct restart_block *r)
{
	struct deadline d = { .none = r->flags, .expires = r->expires };
	long n = do_poll((struct pollfd __user *)r->uaddr, r->val, &d);

	return n == -ERESTARTNOHAND ? -ERESTART_RESTARTBLOCK : n;
}

long sys_poll(struct pollfd __user *ufds, unsigned int nfds, int timeout_ms)
{
	struct restart_block *r = &current->restart_block;
	struct deadline d = { .none = timeout_ms < 0 };
	long n;

	if (!d.none)
		deadline_in(&d, timeout_ms * 1000000UL);
	n = do_poll(ufds, nfds, &d);
	if (n != -ERESTARTNOHAND)
		return n;
	r->fn = poll_restart;
	r->uaddr = (u32 __user *)ufds;
	r->val = nfds;
	r->flags = d.none;
	r->expires = d.expires;
	return -ERESTART_RESTARTBLOCK;
}

long sys_ppoll(struct pollfd __user *ufds, unsigned int nfds, struct timespec __user *uts,
	       const sigset_t __user *mask, size_t size)
{
	struct deadline d;
	long n = deadline_from_timespec(&d, uts);

	if (!n)
		n = set_user_sigmask(mask, size);
	if (n)
		return n;
	n = do_poll(ufds, nfds, &d);
	restore_saved_sigmask_unless(n == -ERESTARTNOHAND);
	if (uts && !d.none) {
		struct timespec left = time_left(&d);

		if (copy_to_user(uts, &left, sizeof(left)) && n == -ERESTARTNOHAND)
			n = -EINTR;
	}
	return n;
}

/* ---- select ------------------------------------------------------------------------------- */

/* Three sets as given and three as answered, in one block of words. */
struct select_sets {
	unsigned int n;			/* descriptors below this */
	unsigned int words;		/* of one set */
	unsigned long *in[3], *out[3];
};

static const unsigned int select_bits[3] = { IN_BITS, OUT_BITS, EX_BITS };

/* Ask one descriptor; sets its bits in the answers and returns how many.  -EBADF. */
static long select_one(struct select_sets *s, unsigned int fd, struct poll_waiter *w)
{
	unsigned long bit = 1UL << (fd % 64), word = fd / 64;
	struct file *file;
	unsigned int mask;
	long found = 0;

	if (!((s->in[0][word] | s->in[1][word] | s->in[2][word]) & bit))
		return 0;
	file = fget(fd);
	if (!file)
		return -EBADF;
	mask = ask(file, w);
	fput(file);
	for (int k = 0; k < 3; k++) {
		if ((s->in[k][word] & bit) && (mask & select_bits[k])) {
			s->out[k][word] |= bit;
			found++;
		}
	}
	return found;
}

static long select_round(void *arg, struct poll_waiter *w)
{
	struct select_sets *s = arg;
	long n = 0;

	for (int k = 0; k < 3; k++)
		memset(s->out[k], 0, s->words * sizeof(long));
	for (unsigned int fd = 0; fd < s->n; fd++) {
		long found = select_one(s, fd, w);

		if (found < 0)
			return found;
		n += found;
		if (n)
			w->pt.qproc = NULL;
	}
	return n;
}

static long do_select(int n, fd_set __user *const user[3], struct deadline *d)
{
	struct select_sets s;
	unsigned long *block;
	size_t bytes;
	long ret = -EFAULT;

	if (n < 0)
		return -EINVAL;
	s.n = min((unsigned int)n, READ_ONCE(current->files->max_fds));
	s.words = (s.n + 63) / 64;
	bytes = s.words * sizeof(long);
	block = kcalloc(6 * s.words + 1, sizeof(long), GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	for (int k = 0; k < 3; k++) {
		s.in[k] = block + k * s.words;
		s.out[k] = block + (3 + k) * s.words;
		if (user[k] && copy_from_user(s.in[k], user[k], bytes))
			goto out;
	}
	/* Bits beyond the last descriptor mean nothing. */
	if (s.n % 64)
		for (int k = 0; k < 3; k++)
			s.in[k][s.words - 1] &= (1UL << (s.n % 64)) - 1;
	ret = poll_loop(select_round, &s, d);
	if (ret < 0)
		goto out;
	for (int k = 0; k < 3; k++)
		if (user[k] && copy_to_user(user[k], s.out[k], bytes))
			ret = -EFAULT;
out:
	kfree(block);
	return ret;
}

long sys_select(int n, fd_set __user *in, fd_set __user *out, fd_set __user *ex,
		struct timeval __user *utv)
{
	fd_set __user *const sets[3] = { in, out, ex };
	struct deadline d = { .none = true };
	struct timeval tv;
	long ret;

	if (utv) {
		if (copy_from_user(&tv, utv, sizeof(tv)))
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		tv.tv_sec += tv.tv_usec / 1000000;
		deadline_in(&d, timespec_to_ns(&(struct timespec){ tv.tv_sec,
								   tv.tv_usec % 1000000 * 1000 }));
	}
	ret = do_select(n, sets, &d);
	if (utv) {
		struct timespec left = time_left(&d);

		tv = (struct timeval){ left.tv_sec, left.tv_nsec / 1000 };
		/* The time left cannot be told: then the call cannot be started again either. */
		if (copy_to_user(utv, &tv, sizeof(tv)) && ret == -ERESTARTNOHAND)
			ret = -EINTR;
	}
	return ret;
}

long sys_pselect6(int n, fd_set __user *in, fd_set __user *out, fd_set __user *ex,
		  struct timespec __user *uts, void __user *sig)
{
	fd_set __user *const sets[3] = { in, out, ex };
	struct {
		const sigset_t __user *mask;
		size_t size;
	} arg = { NULL, 0 };
	struct deadline d;
	long ret;

	if (sig && copy_from_user(&arg, sig, sizeof(arg)))
		return -EFAULT;
	ret = deadline_from_timespec(&d, uts);
	if (!ret)
		ret = set_user_sigmask(arg.mask, arg.size);
	if (ret)
		return ret;
	ret = do_select(n, sets, &d);
	restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	if (uts) {
		struct timespec left = time_left(&d);

		if (copy_to_user(uts, &left, sizeof(left)) && ret == -ERESTARTNOHAND)
			ret = -EINTR;
	}
	return ret;
}
