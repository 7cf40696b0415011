/*
 * kernel/time.c - clocks, timers, the tick, sleeping, interval timers
 *
 * Purpose:    a queue of one-shot timers on each CPU drives everything that has to do with time; the
 *             CPU's hardware timer is set for the earliest of them, or for the next tick while a
 *             task other than idle runs.
 * Invariants: a queue's tree is ordered by expiry and ->first is its leftmost node;
 *             a timer is in the tree of ->queue exactly while ->pending; it goes into the queue of the CPU that
 *             starts it, but stays where its function runs just now.
 *             a timer's function runs once for each time it was started, never early.
 *             timer_cancel() returns when no other CPU is in the timer's function any more.
 * Lock order: siglock > timer_queue->lock, one at a time.  timer functions run without it.
 * Simplified: a timer does not leave a CPU that does not serve interrupts; a sleeper on the real-time clock
 *             is not moved when somebody sets that clock; CPU-time clocks cannot be slept on.
 * Sources:    POSIX.1-2017, "Clocks and Timers".
 */
#include <asm/ptrace.h>
#include <asm/uaccess.h>
#include <asm/vdso.h>
#include <printk.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <watchdog.h>

#define NSEC_PER_USEC 1000UL
#define NEVER (~0UL)

/* ---- the queues of timers ----------------------------------------------------------------- */

struct timer_queue {
	spinlock_t lock;
	struct rb_root tree;		/* lock */
	struct timer *first;		/* lock */
	struct timer *running;		/* lock: whose function this CPU is calling */
	u64 next_tick;			/* own CPU; NEVER: idle, no tick wanted */
	u64 next_beat;			/* own CPU: the watchdog's, idle or not */
} __aligned(64);

static struct timer_queue timer_queues[NR_CPUS];

static struct timer_queue *this_queue(void)
{
	return &timer_queues[smp_processor_id()];
}

void timer_setup(struct timer *t, void (*fn)(struct timer *))
{
	t->fn = fn;
	t->pending = false;
	t->expires = 0;
	t->queue = this_queue();
}

/* Both with the queue's lock held. */
static void queue_timer(struct timer_queue *q, struct timer *t)
{
	struct rb_node **link = &q->tree.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (t->expires < rb_entry(parent, struct timer, node)->expires) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&t->node, parent, link);
	rb_insert(&q->tree, &t->node, NULL);
	t->pending = true;
	if (leftmost)
		q->first = t;
}

static void dequeue_timer(struct timer_queue *q, struct timer *t)
{
	struct rb_node *next;

	if (q->first == t) {
		next = rb_next(&t->node);
		q->first = next ? rb_entry(next, struct timer, node) : NULL;
	}
	rb_erase(&q->tree, &t->node, NULL);
	t->pending = false;
}

/* Set this CPU's hardware for whatever comes first; its queue's lock held. */
static void program_next(struct timer_queue *q, u64 now)
{
	u64 next = min(q->next_tick, q->next_beat);

	if (q->first)
		next = min(next, q->first->expires);
	if (next != NEVER)
		clockevent_program(next > now ? next - now : 1);
}

/* The queue of @t, locked: it may be moved until then.  Interrupts off. */
static struct timer_queue *lock_timer(struct timer *t)
{
	for (;;) {
		struct timer_queue *q = READ_ONCE(t->queue);

		spin_lock(&q->lock);
		if (likely(q == t->queue))
			return q;
		spin_unlock(&q->lock);
	}
}

/*
 * Take @t out of its queue and bring it to this CPU's, which is returned locked.  While its function runs elsewhere
 * it stays there, and that CPU looks at its queue when the function returns.  Interrupts off.
 */
static struct timer_queue *fetch_timer(struct timer *t)
{
	for (;;) {
		struct timer_queue *q = lock_timer(t);

		if (t->pending)
			dequeue_timer(q, t);
		if (q == this_queue() || q->running == t)
			return q;
		WRITE_ONCE(t->queue, this_queue());
		spin_unlock(&q->lock);
	}
}

void timer_start(struct timer *t, u64 expires)
{
	unsigned long flags = local_irq_save();
	struct timer_queue *q;

	VM_BUG_ON(!t->fn);
	q = fetch_timer(t);
	t->expires = expires;
	queue_timer(q, t);
	if (q->first == t && q == this_queue())
		program_next(q, clock_read_ns());
	spin_unlock(&q->lock);
	local_irq_restore(flags);
}

bool timer_cancel(struct timer *t)
{
	unsigned long flags;
	bool was = false, busy;

	do {
		struct timer_queue *q;

		flags = local_irq_save();
		q = lock_timer(t);
		if (t->pending) {
			was = true;
			dequeue_timer(q, t);
		}
		busy = q->running == t && q != this_queue();
		spin_unlock(&q->lock);
		local_irq_restore(flags);
		if (busy)
			cpu_relax();
	} while (busy);
	return was;
}

/* Call every timer of this CPU that is due, then set the hardware for the next. */
static void run_timers(struct timer_queue *q)
{
	struct timer *t;

	spin_lock(&q->lock);
	while ((t = q->first) && t->expires <= clock_read_ns()) {
		dequeue_timer(q, t);
		q->running = t;
		spin_unlock(&q->lock);
		t->fn(t);
		spin_lock(&q->lock);
		q->running = NULL;
	}
	program_next(q, clock_read_ns());
	spin_unlock(&q->lock);
}

/* ---- the tick ------------------------------------------------------------------------------ */

static void itimer_tick(bool user);

static void do_tick(struct timer_queue *q, struct pt_regs *regs, u64 now)
{
	bool user = user_mode(regs);

	q->next_tick += TICK_NSEC;
	if (q->next_tick <= now)	/* ticks were lost (a busy host): go on from here */
		q->next_tick = now + TICK_NSEC;
	sched_tick(user);
	watchdog_tick(regs);
	itimer_tick(user);
}

void timer_interrupt(struct pt_regs *regs)
{
	struct timer_queue *q = this_queue();
	u64 now = clock_read_ns();

	if (now >= q->next_tick)
		do_tick(q, regs, now);
	q->next_beat = watchdog_beat(now);
	run_timers(q);
}

/* Interrupts off. */
static void set_hardware(struct timer_queue *q, u64 now)
{
	spin_lock(&q->lock);
	program_next(q, now);
	spin_unlock(&q->lock);
}

/* Interrupts off: the watchdog has begun. */
void tick_reprogram(void)
{
	u64 now = clock_read_ns();

	this_queue()->next_beat = now + 1;
	set_hardware(this_queue(), now);
}

void tick_idle_enter(void)
{
	this_queue()->next_tick = NEVER;
}

void tick_idle_exit(void)
{
	unsigned long flags;
	u64 now;

	if (this_queue()->next_tick != NEVER)
		return;
	flags = local_irq_save();
	now = clock_read_ns();
	this_queue()->next_tick = now + TICK_NSEC;
	set_hardware(this_queue(), now);
	local_irq_restore(flags);
}

/* ---- wall clock ---------------------------------------------------------------------------- */

static u64 real_offset;		/* real time minus monotonic time, ns; one word, so no lock */

u64 ktime_get_real(void)
{
	return clock_read_ns() + READ_ONCE(real_offset);
}

static void set_real_time(u64 ns)
{
	u64 offset = ns - clock_read_ns();

	WRITE_ONCE(real_offset, offset);
	vdso_set_real_offset(offset);
}

void time_init(void)
{
	set_real_time(rtc_read_seconds() * NSEC_PER_SEC);
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		struct timer_queue *q = &timer_queues[i];

		spin_lock_init_class(&q->lock, "timer_queue->lock");
		q->next_tick = q->next_beat = NEVER;
	}
	clockevent_init();
	tick_idle_exit();		/* the boot context counts as a task */
}

/* ---- timespec ------------------------------------------------------------------------------ */

bool timespec_valid(const struct timespec *ts)
{
	return ts->tv_sec >= 0 && (unsigned long)ts->tv_nsec < NSEC_PER_SEC;
}

u64 timespec_to_ns(const struct timespec *ts)
{
	if ((u64)ts->tv_sec >= (u64)INT64_MAX / NSEC_PER_SEC)
		return INT64_MAX;
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

struct timespec ns_to_timespec(u64 ns)
{
	return (struct timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

/* A time on @clockid as monotonic time; never 0, which means "for ever". */
static u64 to_monotonic(u64 ns, int clockid)
{
	u64 off = READ_ONCE(real_offset);

	if (clockid == CLOCK_REALTIME)
		ns = ns > off ? ns - off : 0;
	return max(ns, 1UL);
}

int get_timeout_user(const struct timespec __user *uts, int clockid, bool absolute, u64 *expires)
{
	struct timespec ts;

	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	if (absolute)
		*expires = to_monotonic(timespec_to_ns(&ts), clockid);
	else
		*expires = min_t(u64, clock_read_ns() + timespec_to_ns(&ts), INT64_MAX);
	return 0;
}

/* ---- reading and setting clocks ------------------------------------------------------------ */

void process_cputime(struct signal_struct *sig, u64 *utime, u64 *stime)
{
	struct task_struct *t;

	*utime = sig->utime;
	*stime = sig->stime;
	list_for_each_entry(t, &sig->threads, thread_node) {
		u64 user = READ_ONCE(t->utime), total = task_cputime(t);

		*utime += user;
		*stime += total > user ? total - user : 0;
	}
}

/* What a CPU-time clock id of another process or thread measures (pthread_getcpuclockid). */
#define CPUCLOCK_PID(clk)	(~((clk) >> 3))
#define CPUCLOCK_PERTHREAD(clk)	((clk) & 4)
#define CPUCLOCK_WHICH(clk)	((clk) & 3)
enum { CPUCLOCK_PROF, CPUCLOCK_VIRT, CPUCLOCK_SCHED };

static int read_cpu_clock(int clk, u64 *ns)
{
	pid_t pid = clk < 0 ? CPUCLOCK_PID(clk) : 0;
	bool thread = clk < 0 ? CPUCLOCK_PERTHREAD(clk) : clk == CLOCK_THREAD_CPUTIME_ID;
	int which = clk < 0 ? CPUCLOCK_WHICH(clk) : CPUCLOCK_SCHED;
	struct task_struct *t;
	u64 user, sys;
	int err = -EINVAL;

	if (which > CPUCLOCK_SCHED)
		return -EINVAL;
	spin_lock_irq(&tasklist_lock);
	t = pid ? find_task_by_pid(pid) : current;
	if (!t || !t->signal || (pid && thread && t->signal != current->signal))
		goto out;
	if (thread) {
		user = READ_ONCE(t->utime);
		sys = task_cputime(t) - user;
	} else {
		process_cputime(t->signal, &user, &sys);
	}
	*ns = which == CPUCLOCK_VIRT ? user : user + sys;
	err = 0;
out:
	spin_unlock_irq(&tasklist_lock);
	return err;
}

static int read_clock(int clk, u64 *ns)
{
	switch (clk) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns = ktime_get_real();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = clock_read_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		return read_cpu_clock(clk, ns);
	default:
		return clk < 0 ? read_cpu_clock(clk, ns) : -EINVAL;
	}
}

long sys_clock_gettime(int clk, struct timespec __user *tp)
{
	struct timespec ts;
	u64 ns;
	int err = read_clock(clk, &ns);

	if (err)
		return err;
	ts = ns_to_timespec(ns);
	return copy_to_user(tp, &ts, sizeof(ts)) ? -EFAULT : 0;
}

long sys_clock_getres(int clk, struct timespec __user *tp)
{
	struct timespec ts = { 0, 1 };
	u64 ns;
	int err = read_clock(clk, &ns);

	if (err)
		return err;
	if (clk == CLOCK_REALTIME_COARSE || clk == CLOCK_MONOTONIC_COARSE)
		ts.tv_nsec = TICK_NSEC;
	return tp && copy_to_user(tp, &ts, sizeof(ts)) ? -EFAULT : 0;
}

long sys_clock_settime(int clk, const struct timespec __user *tp)
{
	struct timespec ts;

	if (clk != CLOCK_REALTIME)
		return -EINVAL;
	if (copy_from_user(&ts, tp, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	if (!capable_root())
		return -EPERM;
	set_real_time(timespec_to_ns(&ts));
	return 0;
}

long sys_gettimeofday(void __user *tv, void __user *tz)
{
	static const struct timezone utc;
	u64 ns = ktime_get_real();
	struct timeval v = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC };

	if (tv && copy_to_user(tv, &v, sizeof(v)))
		return -EFAULT;
	return tz && copy_to_user(tz, &utc, sizeof(utc)) ? -EFAULT : 0;
}

/* A time zone in the kernel serves only FAT file systems and old BIOS clocks: only UTC is taken. */
long sys_settimeofday(void __user *tv, void __user *tz)
{
	struct timezone zone = { 0, 0 };
	struct timeval v;

	if (tv && copy_from_user(&v, tv, sizeof(v)))
		return -EFAULT;
	if (tz && copy_from_user(&zone, tz, sizeof(zone)))
		return -EFAULT;
	if (tv && (v.tv_sec < 0 || (unsigned long)v.tv_usec >= 1000000))
		return -EINVAL;
	if (zone.tz_minuteswest)
		return -EINVAL;
	if (!capable_root())
		return -EPERM;
	if (tv)
		set_real_time(v.tv_sec * NSEC_PER_SEC + v.tv_usec * NSEC_PER_USEC);
	return 0;
}

long sys_time(long __user *t)
{
	long now = ktime_get_real() / NSEC_PER_SEC;

	return t && put_user(now, t) ? -EFAULT : now;
}

/* ---- sleeping ------------------------------------------------------------------------------ */

struct sleep_timer {
	struct timer timer;
	struct task_struct *task;
};

static void wake_sleeper(struct timer *t)
{
	wake_up_process(container_of(t, struct sleep_timer, timer)->task);
}

u64 schedule_until(u64 expires)
{
	struct sleep_timer s = { .task = current };
	u64 now;

	if (!expires) {
		schedule();
		return NEVER;
	}
	if (expires <= clock_read_ns()) {
		set_current_state(TASK_RUNNING);
		return 0;
	}
	timer_setup(&s.timer, wake_sleeper);
	timer_start(&s.timer, expires);
	schedule();
	timer_cancel(&s.timer);
	now = clock_read_ns();
	return expires > now ? expires - now : 0;
}

void msleep(unsigned int ms)
{
	u64 until = clock_read_ns() + ms * 1000000UL;

	do {
		set_current_state(TASK_UNINTERRUPTIBLE);
	} while (schedule_until(until));
}

/* Sleep until @expires; 0, or ns left when a signal came. */
static u64 sleep_interruptible(u64 expires)
{
	u64 left;

	do {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current)) {
			u64 now = clock_read_ns();

			set_current_state(TASK_RUNNING);
			return expires > now ? expires - now : 0;
		}
		left = schedule_until(expires);
	} while (left);
	return 0;
}

static long nanosleep_restart(struct restart_block *r);

/* The relative sleep proper, first time and again after a stop or an ignored signal. */
static long relative_sleep(u64 expires, void __user *rem)
{
	struct restart_block *r = &current->restart_block;
	u64 left = sleep_interruptible(expires);
	struct timespec ts;

	if (!left)
		return 0;
	ts = ns_to_timespec(left);
	if (rem && copy_to_user(rem, &ts, sizeof(ts)))
		return -EFAULT;
	r->fn = nanosleep_restart;
	r->expires = expires;
	r->rem = rem;
	return -ERESTART_RESTARTBLOCK;
}

static long nanosleep_restart(struct restart_block *r)
{
	return relative_sleep(r->expires, r->rem);
}

long sys_clock_nanosleep(int clk, int flags, const struct timespec __user *rq,
			 struct timespec __user *rm)
{
	bool absolute = flags & TIMER_ABSTIME;
	u64 expires, now;
	int err;

	if (clk == CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	if (clk == CLOCK_PROCESS_CPUTIME_ID)
		return -ENOSYS;		/* see "Simplified" above */
	if (clk == CLOCK_MONOTONIC_RAW || clk == CLOCK_REALTIME_COARSE ||
	    clk == CLOCK_MONOTONIC_COARSE)
		return -EOPNOTSUPP;
	err = read_clock(clk, &now);
	if (err || clk < 0)
		return err ? err : -ENOSYS;
	if (clk == CLOCK_TAI || clk == CLOCK_REALTIME_ALARM)
		clk = CLOCK_REALTIME;
	err = get_timeout_user(rq, clk, absolute, &expires);
	if (err)
		return err;
	if (!absolute)
		return relative_sleep(expires, rm);
	return sleep_interruptible(expires) ? -ERESTARTNOHAND : 0;
}

long sys_nanosleep(const struct timespec __user *rq, struct timespec __user *rm)
{
	return sys_clock_nanosleep(CLOCK_MONOTONIC, 0, rq, rm);
}

long sys_restart_syscall(void)
{
	struct restart_block *r = &current->restart_block;

	return r->fn ? r->fn(r) : -EINTR;
}

/* ---- interval timers ----------------------------------------------------------------------- */

/* Enter: the leader stays; an execve that becomes it stops the alarm, and has ended all that could tick. */
static void send_timer_signal(struct signal_struct *sig, int signo)
{
	siginfo_t info = { .si_signo = signo, .si_code = SI_KERNEL };

	group_send_sig_info(signo, &info, sig->leader);
}

void real_timer_fn(struct timer *t)
{
	struct signal_struct *sig = container_of(t, struct signal_struct, real_timer);
	u64 incr = READ_ONCE(sig->it_real_incr), now = clock_read_ns();
	u64 next = t->expires;

	send_timer_signal(sig, SIGALRM);
	if (!incr)
		return;
	next += ((now - next) / incr + 1) * incr;	/* missed ones are not made up for */
	timer_start(t, next);
}

/* Take one tick from a CPU-time timer (its fields hold what is left); true if it ran out. */
static bool cpu_itimer_tick(u64 *left, u64 incr)
{
	if (!*left)
		return false;
	if (*left > TICK_NSEC) {
		*left -= TICK_NSEC;
		return false;
	}
	*left = incr;
	return true;
}

static void itimer_tick(bool user)
{
	struct task_struct *t = current;
	struct signal_struct *sig = t->signal;
	bool virt = false, prof;

	if (!sig || likely(!(sig->it_virt_expires | sig->it_prof_expires)))
		return;
	if (t->exit_state)		/* who collects it on another CPU takes its sighand away */
		return;
	spin_lock(&t->sighand->siglock);
	if (user)
		virt = cpu_itimer_tick(&sig->it_virt_expires, sig->it_virt_incr);
	prof = cpu_itimer_tick(&sig->it_prof_expires, sig->it_prof_incr);
	spin_unlock(&t->sighand->siglock);
	if (virt)
		send_timer_signal(sig, SIGVTALRM);
	if (prof)
		send_timer_signal(sig, SIGPROF);
}

void exit_itimers(struct signal_struct *sig)
{
	sig->it_real_incr = 0;
	timer_cancel(&sig->real_timer);
	sig->it_virt_expires = sig->it_prof_expires = 0;
}

struct itimer_ns {
	u64 value, interval;
};

/* siglock held. */
static struct itimer_ns read_itimer(int which)
{
	struct signal_struct *sig = current->signal;
	u64 now = clock_read_ns();

	switch (which) {
	case ITIMER_VIRTUAL:
		return (struct itimer_ns){ sig->it_virt_expires, sig->it_virt_incr };
	case ITIMER_PROF:
		return (struct itimer_ns){ sig->it_prof_expires, sig->it_prof_incr };
	}
	if (!READ_ONCE(sig->real_timer.pending))
		return (struct itimer_ns){ 0, sig->it_real_incr };
	/* due but not served yet: the smallest time that does not say "off" */
	return (struct itimer_ns){ sig->real_timer.expires > now ?
				   sig->real_timer.expires - now : NSEC_PER_USEC,
				   sig->it_real_incr };
}

static struct itimer_ns swap_itimer(int which, struct itimer_ns new)
{
	struct signal_struct *sig = current->signal;
	spinlock_t *lock = &current->sighand->siglock;
	struct itimer_ns old;

	spin_lock_irq(lock);
	old = read_itimer(which);
	if (which == ITIMER_VIRTUAL) {
		sig->it_virt_expires = new.value;
		sig->it_virt_incr = new.interval;
	} else if (which == ITIMER_PROF) {
		sig->it_prof_expires = new.value;
		sig->it_prof_incr = new.interval;
	}
	spin_unlock_irq(lock);
	if (which != ITIMER_REAL)
		return old;
	/* not under siglock, which the timer function takes */
	timer_cancel(&sig->real_timer);
	WRITE_ONCE(sig->it_real_incr, new.interval);
	if (new.value)
		timer_start(&sig->real_timer, clock_read_ns() + new.value);
	return old;
}

static bool timeval_to_ns(const struct timeval *tv, u64 *ns)
{
	if (tv->tv_sec < 0 || (unsigned long)tv->tv_usec >= 1000000)
		return false;
	*ns = (u64)tv->tv_sec >= (u64)INT64_MAX / NSEC_PER_SEC / 2 ? INT64_MAX / 2 :
	      tv->tv_sec * NSEC_PER_SEC + tv->tv_usec * NSEC_PER_USEC;
	return true;
}

static struct timeval ns_to_timeval(u64 ns)
{
	ns += NSEC_PER_USEC - 1;		/* something left never reads as nothing */
	return (struct timeval){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC };
}

static int put_itimer(void __user *to, struct itimer_ns v)
{
	struct itimerval it = { ns_to_timeval(v.interval), ns_to_timeval(v.value) };

	return copy_to_user(to, &it, sizeof(it)) ? -EFAULT : 0;
}

long sys_getitimer(int which, void __user *value)
{
	struct itimer_ns v;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	spin_lock_irq(&current->sighand->siglock);
	v = read_itimer(which);
	spin_unlock_irq(&current->sighand->siglock);
	return put_itimer(value, v);
}

/* A NULL @value switches the timer off, as Linux still allows. */
long sys_setitimer(int which, void __user *value, void __user *ovalue)
{
	struct itimerval it = { { 0, 0 }, { 0, 0 } };
	struct itimer_ns new, old;

	if (value && copy_from_user(&it, value, sizeof(it)))
		return -EFAULT;
	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	if (!timeval_to_ns(&it.it_value, &new.value) ||
	    !timeval_to_ns(&it.it_interval, &new.interval))
		return -EINVAL;
	old = swap_itimer(which, new);
	return ovalue ? put_itimer(ovalue, old) : 0;
}

/* Seconds that were left, rounded to the nearest but never to 0. */
long sys_alarm(unsigned int seconds)
{
	struct itimer_ns new = { seconds * NSEC_PER_SEC, 0 };
	u64 left = swap_itimer(ITIMER_REAL, new).value;

	if (!left)
		return 0;
	return max_t(u64, (left + NSEC_PER_SEC / 2) / NSEC_PER_SEC, 1);
}
