/*
 * time.h - clocks and timers
 *
 * All kernel times are nanoseconds in u64.  The monotonic clock starts at 0 at boot.
 */
#ifndef TIME_H
#define TIME_H

#include <types.h>
#include <list.h>
#include <rbtree.h>
#include <uapi/time.h>

struct signal_struct;

struct pt_regs;

#define HZ 250
#define TICK_NSEC (1000000000UL / HZ)
#define NSEC_PER_SEC 1000000000UL
#define USER_HZ 100

/* arch/x86_64/tsc.c: calibrate, then a monotonic reading in ns since boot.  Any context. */
void clocksource_init(void);
u64 clock_read_ns(void);
extern u64 tsc_khz;
/* arch/x86_64/apic.c: measure the timer against the clock; interrupt this CPU once, @delta_ns from now. */
void clockevent_init(void);
void clockevent_program(u64 delta_ns);
/* kernel/time.c: called by the local timer interrupt. */
void timer_interrupt(struct pt_regs *regs);
u64 rtc_read_seconds(void);		/* CMOS clock as Unix time, 0 if there is none */

static inline u64 ktime_get(void) { return clock_read_ns(); }
u64 ktime_get_real(void);
void time_init(void);
/*
 * The idle loop needs no tick: it says so before halting, interrupts off, and takes the tick
 * up again before it calls schedule().  Without these calls the tick just goes on.
 */
void tick_idle_enter(void);
void tick_idle_exit(void);
void tick_reprogram(void);	/* watchdog_init(), on each CPU, interrupts off */
/* The process is gone: no timer of it may fire any more. */
void exit_itimers(struct signal_struct *sig);
/* CPU time of all threads of a process, dead ones included, ns; tasklist_lock held. */
void process_cputime(struct signal_struct *sig, u64 *utime, u64 *stime);

/* One-shot timers; @fn runs in the timer interrupt, interrupts off, must not sleep. */
struct timer {
	struct rb_node node;		/* queue's lock */
	u64 expires;			/* monotonic ns */
	void (*fn)(struct timer *t);
	struct timer_queue *queue;	/* where it was started last; its lock to change */
	bool pending;			/* queue's lock */
};
/* ITIMER_REAL has run out: the function of signal->real_timer. */
void real_timer_fn(struct timer *t);
void timer_setup(struct timer *t, void (*fn)(struct timer *));
void timer_start(struct timer *t, u64 expires);	/* (re)arm */
/* Disarm; true if it was pending.  On return @fn is not running on another CPU. */
bool timer_cancel(struct timer *t);

/*
 * Sleep in the state set by the caller until woken or until monotonic time @expires
 * (0: for ever).  Returns ns left, 0 if the time has come.
 */
u64 schedule_until(u64 expires);
void msleep(unsigned int ms);

/* timespec <-> ns; false if not a valid timespec. */
bool timespec_valid(const struct timespec *ts);
u64 timespec_to_ns(const struct timespec *ts);	/* saturates */
struct timespec ns_to_timespec(u64 ns);
/* Read a user timespec as relative or absolute time on @clockid into monotonic expiry; 0 or -errno. */
int get_timeout_user(const struct timespec __user *uts, int clockid, bool absolute, u64 *expires);

long sys_clock_gettime(int clk, struct timespec __user *tp);
long sys_clock_settime(int clk, const struct timespec __user *tp);
long sys_clock_getres(int clk, struct timespec __user *tp);
long sys_clock_nanosleep(int clk, int flags, const struct timespec __user *rq, struct timespec __user *rm);
long sys_nanosleep(const struct timespec __user *rq, struct timespec __user *rm);
long sys_gettimeofday(void __user *tv, void __user *tz);
long sys_settimeofday(void __user *tv, void __user *tz);
long sys_time(long __user *t);
long sys_getitimer(int which, void __user *value);
long sys_setitimer(int which, void __user *value, void __user *ovalue);
long sys_alarm(unsigned int seconds);
long sys_restart_syscall(void);

#endif
