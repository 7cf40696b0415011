/*
 * kernel/lockdep.c - the lock checker of the debug build
 *
 * Purpose:    a deadlock needs two tasks at the wrong moment; the mistake behind it is there each time
 *             one of them passes.  So learn from every lock that is taken: which class was taken while
 *             which other was held, and whether interrupts could come.  The first step that does not
 *             fit what is known already is reported, with both chains, and is the end of the kernel.
 *
 *                 A held, B taken        an edge A > B; a path back from B to A: a cycle
 *                 taken in an interrupt  "irq-safe": must never be held with interrupts on,
 *                                        nor anything that is taken while it is held
 *
 *             Also reported: the same lock (or another of its class) taken again, sleep while a spinlock
 *             is held or interrupts are off, a lock released that is not held, a lock held on the way to
 *             user mode, at the end of a task or of an interrupt.
 * Invariants: the graph has no cycle, and no path from an irq-safe class to one that is held with
 *             interrupts on: what would make one is reported and not put in.
 *             A task's sleeping locks stand in its task_struct, in order; spinlocks stand with their CPU,
 *             because the run queue's is taken by one task and released by the next.  An interrupt
 *             leaves the slot above those of the interrupted free (it may just be written) and begins
 *             behind it, at ->base.
 *             An edge needs to be known only from the last lock held that was waited for: from those below,
 *             there is a path through it.
 *             Nothing here allocates, or takes a lock that is checked; graph_lock is held with interrupts
 *             off and only when something new is learned.
 * Lock order: graph_lock is last of all.
 * Simplified: readers count as writers: a rw_semaphore is fair, so a second reader may wait for a writer
 *             that waits for the first.  Interrupts switched on while a lock is held are noticed when one
 *             comes.  Waiting for a task (wait_event, completions) is not an edge.
 * Sources:    Linux Documentation/locking/lockdep-design.rst.
 */
#include <asm/extable.h>
#include <asm/memory_layout.h>
#include <lockdep.h>
#include <mutex.h>
#include <printk.h>
#include <sched.h>
#include <sections.h>
#include <seq_file.h>
#include <spinlock.h>
#include <string.h>

#ifdef QUIRE_LOCKDEP

#define MAX_EDGES	1024
#define MAX_SUB		2
#define CALLER		((unsigned long)__builtin_return_address(0))

#define USED_IN_IRQ	1		/* taken in an interrupt */
#define HELD_IRQS_ON	2		/* held while interrupts could come */

struct lock_class {
	const char *name;		/* NULL: called after the function that took it first, at ->ip */
	u32 ip;
	u8 parent, sub;			/* of spin_lock_nested() and its like */
	u8 nested[MAX_SUB];		/* their classes; 0: not seen yet */
	bool sleeps;
	u32 irq_ip, on_ip;		/* who was seen first so */
};

struct edge {
	u8 from, to;
	u32 from_ip, to_ip;		/* who held the first, and who took the second, when it was new */
};

static struct lock_class classes[NR_LOCK_CLASSES] = {	/* graph_lock to change */
	[LOCK_CLASS_PAGE] = { .name = "page lock", .sleeps = true },
	[LOCK_CLASS_BDEV_PAGE] = { .name = "device page lock", .sleeps = true },
	[LOCK_CLASS_WAIT_QUEUE] = { .name = "wait_queue_head.lock" },
	[LOCK_CLASS_MUTEX_QUEUE] = { .name = "mutex.lock" },
	[LOCK_CLASS_RWSEM_QUEUE] = { .name = "rw_semaphore.lock" },
};
static unsigned int nr_classes = NR_FIXED_LOCK_CLASSES;	/* graph_lock to change */
static u8 usage[NR_LOCK_CLASSES];			/* graph_lock to change */
static u64 after[NR_LOCK_CLASSES][NR_LOCK_CLASSES / 64];	/* [a] bit b: b was taken under a.  graph_lock to change */
static struct edge edges[MAX_EDGES];			/* graph_lock to change */
static unsigned int nr_edges;				/* graph_lock to change */
static u32 graph_locked;				/* atomic */
static bool stopped, booted;
struct lockdep_trap *lockdep_trap;

extern const struct lock_name __lock_names_start[], __lock_names_end[];

_Static_assert(NR_LOCK_CLASSES <= 256, "a class fits a byte");

void lockdep_off(void)
{
	WRITE_ONCE(stopped, true);
}

void lockdep_boot_done(void)
{
	booted = true;
}

static unsigned long graph_lock(void)
{
	unsigned long flags = local_irq_save();

	while (__atomic_exchange_n(&graph_locked, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	return flags;
}

static void graph_unlock(unsigned long flags)
{
	__atomic_store_n(&graph_locked, 0, __ATOMIC_RELEASE);
	local_irq_restore(flags);
}

/* ---- the report ------------------------------------------------------------------------------- */

static char report[2048];		/* graph_lock */
static size_t report_len;

static void say(const char *fmt, ...) __printf(1, 2);

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_len += vsnprintf(report + report_len, sizeof(report) - report_len, fmt, ap);
	va_end(ap);
	report_len = min(report_len, sizeof(report) - 1);
}

static const char *function_of(u32 ip, char *buf, size_t size)
{
	/* A return address may be the next function's first byte: name the call. */
	return ip ? sprint_symbol(buf, size, KERNEL_VMA + (ip - (u32)KERNEL_VMA) - 1) : "?";
}

static const char *name_of(unsigned int class, char *buf, size_t size)
{
	const struct lock_class *c = &classes[class];
	char func[96];

	if (c->name)
		strlcpy(buf, c->name, size);
	else
		snprintf(buf, size, "(%s)", function_of(c->ip, func, sizeof(func)));
	if (c->sub) {
		size_t n = strlen(buf);

		snprintf(buf + n, size - n, "/%u", c->sub);
	}
	return buf;
}

static void say_class(unsigned int class)
{
	char name[128];

	say("%s", name_of(class, name, sizeof(name)));
}

static void say_function(u32 ip)
{
	char func[96];

	say("%s", function_of(ip, func, sizeof(func)));
}

static void say_held_list(const struct held_lock *h, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		say("  ");
		say_class(h[i].class);
		say(" %p, taken in ", h[i].lock);
		say_function(h[i].ip);
		say("%s%s\n", h[i].flags & HELD_TRY ? " (trylock)" : "", h[i].flags & HELD_READ ? " (read)" : "");
	}
}

static void say_held(void)
{
	const struct held_spins *spins = &this_cpu()->held;

	if (!current->held.n && !spins->n) {
		say("no lock is held\n");
		return;
	}
	say("held by process %d (%.15s):\n", current->pid, current->comm);
	say_held_list(current->held.lock, current->held.n);
	if (!spins->base) {
		say_held_list(spins->lock, spins->n);
		return;
	}
	say_held_list(spins->lock, spins->base - 1);	/* the slot between the two may be half written */
	say_held_list(spins->lock + spins->base, spins->n - spins->base);
}

/* End of a report: to the test that waits for it, or to everybody and the end.  graph_lock held. */
static void deliver(void)
{
	struct lockdep_trap *trap = lockdep_trap;

	if (trap) {
		trap->count++;
		strlcpy(trap->text, report, sizeof(trap->text));
		return;
	}
	lockdep_off();
	for (char *line = report; *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		pr_err("lockdep: %s\n", line);
		line = end ? end + 1 : line + strlen(line);
	}
	panic("lockdep: %s", report);
}

static void begin(const char *what)
{
	report_len = 0;
	say("%s\n", what);
}

/* ---- classes ------------------------------------------------------------------------------------- */

/* graph_lock held. */
static u8 new_class(const char *name, u32 ip)
{
	if (nr_classes == NR_LOCK_CLASSES)
		return 0;
	classes[nr_classes].name = name;
	classes[nr_classes].ip = ip;
	return nr_classes++;
}

/* graph_lock held. */
static u8 class_called(const char *name)
{
	for (unsigned int i = 1; i < nr_classes; i++)
		if (classes[i].name && !classes[i].sub && !strcmp(classes[i].name, name))
			return i;
	return new_class(name, 0);
}

u8 lockdep_class(const char *name)
{
	unsigned long flags;
	u8 class;

	if (READ_ONCE(stopped))
		return 0;		/* a report holds graph_lock, and panic makes locks anew */
	flags = graph_lock();
	class = class_called(*name == '&' ? name + 1 : name);
	graph_unlock(flags);
	return class;
}

/* graph_lock held. */
static u8 class_by_place(u32 ip)
{
	for (unsigned int i = 1; i < nr_classes; i++)
		if (!classes[i].name && classes[i].ip == ip)
			return i;
	return new_class(NULL, ip);
}

/* A lock made by an initialiser is taken for the first time. */
static noinline u8 find_class(const void *lock, u32 ip)
{
	unsigned long flags = graph_lock();
	const struct lock_name *n;
	u8 class;

	for (n = __lock_names_start; n < __lock_names_end && n->lock != lock; n++)
		;
	class = n < __lock_names_end ? class_called(n->name) : class_by_place(ip);
	graph_unlock(flags);
	return class;
}

static noinline u8 find_nested(u8 class, unsigned int sub)
{
	struct lock_class *c = &classes[class];
	unsigned long flags;
	u8 n = READ_ONCE(c->nested[sub - 1]);

	if (n)
		return n;
	flags = graph_lock();
	if (!c->nested[sub - 1]) {
		n = new_class(c->name, c->ip);
		classes[n].sub = n ? sub : 0;
		classes[n].parent = class;
		c->nested[sub - 1] = n;
	}
	graph_unlock(flags);
	return c->nested[sub - 1];
}

/* ---- the graph ------------------------------------------------------------------------------------- */

static __always_inline bool known(unsigned int a, unsigned int b)
{
	return READ_ONCE(after[a][b / 64]) >> (b % 64) & 1;
}

static u8 came_from[NR_LOCK_CLASSES];	/* graph_lock: the search's tree */

/*
 * The nearest class that is reachable from @from (itself included) and is @to, or, if @to is 0, has one of
 * @uses; 0: none.  came_from leads back.  graph_lock held.
 */
static unsigned int search(unsigned int from, unsigned int to, u8 uses)
{
	static u8 queue[NR_LOCK_CLASSES];
	u64 seen[NR_LOCK_CLASSES / 64] = { 0 };
	unsigned int head = 0, tail = 0;

	queue[tail++] = from;
	seen[from / 64] |= 1UL << (from % 64);
	while (head < tail) {
		unsigned int c = queue[head++];

		if (to ? c == to : usage[c] & uses)
			return c;
		for (unsigned int w = 0; w < ARRAY_SIZE(seen); w++)
			for (u64 bits = after[c][w] & ~seen[w]; bits; bits &= bits - 1) {
				unsigned int next = w * 64 + __builtin_ctzl(bits);

				came_from[next] = c;
				queue[tail++] = next;
				seen[w] |= bits & -bits;
			}
	}
	return 0;
}

static const struct edge *edge_between(unsigned int from, unsigned int to)
{
	for (unsigned int i = 0; i < nr_edges; i++)
		if (edges[i].from == from && edges[i].to == to)
			return &edges[i];
	return NULL;
}

/* The path that search() found, from its start on. */
static void say_path(unsigned int from, unsigned int to)
{
	u8 path[NR_LOCK_CLASSES];
	unsigned int n = 0;

	for (unsigned int c = to; c != from; c = came_from[c])
		path[n++] = c;
	while (n--) {
		const struct edge *e = edge_between(from, path[n]);

		say("  ");
		say_class(from);
		say(" > ");
		say_class(path[n]);
		if (e) {
			say(": ");
			say_function(e->from_ip);
			say(" held it, ");
			say_function(e->to_ip);
			say(" took the other");
		}
		say("\n");
		from = path[n];
	}
}

static void say_new(const struct held_lock *h, unsigned int class, u32 ip)
{
	say("now:\n  ");
	say_class(h->class);
	say(" > ");
	say_class(class);
	say(": ");
	say_function(h->ip);
	say(" holds it, ");
	say_function(ip);
	say(" wants the other\n");
}

static void report_cycle(const struct held_lock *h, unsigned int class, u32 ip)
{
	begin("locks are taken in two orders");
	say("known:\n");
	say_path(class, h->class);
	say_new(h, class, ip);
	say_held();
	deliver();
}

static void report_again(const struct held_lock *h, const void *lock, unsigned int class, u32 ip)
{
	begin(h->lock == lock ? "a lock is taken that is held already"
			      : "a second lock of one class is taken, and nothing says in which order");
	say_new(h, class, ip);
	say_held();
	deliver();
}

static void say_usage(unsigned int class)
{
	if (usage[class] & USED_IN_IRQ) {
		say("  ");
		say_class(class);
		say(" is taken in interrupts: ");
		say_function(classes[class].irq_ip);
		say("\n");
	}
	if (usage[class] & HELD_IRQS_ON) {
		say("  ");
		say_class(class);
		say(" is held with interrupts on: ");
		say_function(classes[class].on_ip);
		say("\n");
	}
}

/*
 * Is there an irq-safe class with a path to @a and, over the edge to @b, one from there to a class that is held
 * with interrupts on?  Reports it.  @h: NULL if there is no new edge (@a is @b).  graph_lock held.
 */
static bool irq_inversion(unsigned int a, unsigned int b, const struct held_lock *h, u32 ip)
{
	unsigned int unsafe = search(b, 0, HELD_IRQS_ON), safe;

	if (!unsafe)
		return false;
	for (safe = 1; safe < nr_classes; safe++)
		if ((usage[safe] & USED_IN_IRQ) && search(safe, a, 0))
			break;
	if (safe == nr_classes)
		return false;
	begin("an interrupt may wait for a lock whose holder it interrupts");
	say_usage(safe);
	if (unsafe != safe)
		say_usage(unsafe);
	search(safe, a, 0);
	say_path(safe, a);
	if (h)
		say_new(h, b, ip);
	search(b, unsafe, 0);
	say_path(b, unsafe);
	say_held();
	deliver();
	return true;
}

static void add_edge(const struct held_lock *h, unsigned int class, u32 ip)
{
	if (nr_edges == MAX_EDGES)
		return;
	edges[nr_edges++] = (struct edge){ h->class, class, h->ip, ip };
	WRITE_ONCE(after[h->class][class / 64], after[h->class][class / 64] | 1UL << (class % 64));
}

/* @class is about to be taken while @h is held, which never was so before. */
static noinline void learn(const struct held_lock *h, const void *lock, unsigned int class, u32 ip)
{
	unsigned long flags;

	if (stopped || !h->class)
		return;
	flags = graph_lock();
	if (h->class == class)
		report_again(h, lock, class, ip);
	else if (known(h->class, class))
		;			/* another CPU was faster */
	else if (search(class, h->class, 0))
		report_cycle(h, class, ip);
	else if (!irq_inversion(h->class, class, h, ip))
		add_edge(h, class, ip);
	graph_unlock(flags);
}

/* @class is taken in an interrupt, or held with interrupts on, for the first time. */
static noinline void learn_usage(unsigned int class, u8 bit, u32 ip)
{
	unsigned long flags;

	if (stopped || !class)
		return;
	flags = graph_lock();
	if (!(usage[class] & bit)) {
		if (bit == USED_IN_IRQ)
			classes[class].irq_ip = ip;
		else
			classes[class].on_ip = ip;
		usage[class] |= bit;
		if (irq_inversion(class, class, NULL, ip))
			usage[class] &= ~bit;
	}
	graph_unlock(flags);
}

/* ---- taking and releasing ---------------------------------------------------------------------------- */

/* True: what lies below @h needs no look. */
static __always_inline bool check_order(const struct held_lock *h, const void *lock, unsigned int class, u32 ip)
{
	if (unlikely(!known(h->class, class)))
		learn(h, lock, class, ip);
	return !(h->flags & HELD_TRY);
}

static __always_inline void check_sleeps(const void *lock, unsigned int class, u32 ip)
{
	const struct held_sleeps *held = &current->held;

	for (unsigned int i = held->n; i-- > 0;)
		if (likely(check_order(&held->lock[i], lock, class, ip)))
			return;
}

/* From the last one taken downwards: spinlocks, then, if no interrupt is served, what the task holds. */
static __always_inline void check_all(const struct held_spins *spins, const void *lock, unsigned int class, u32 ip)
{
	for (unsigned int i = spins->n; i-- > spins->base;)
		if (likely(check_order(&spins->lock[i], lock, class, ip)))
			return;
	if (!spins->base)
		check_sleeps(lock, class, ip);
}

/* What is wrong with all that is held, not with one lock. */
static noinline void report_held(const char *what)
{
	unsigned long flags;

	if (stopped)
		return;
	flags = graph_lock();
	begin(what);
	say_held();
	deliver();
	graph_unlock(flags);
}

static __always_inline void spin_acquired(spinlock_t *l, unsigned int class, unsigned int flags, u32 ip)
{
	struct held_spins *spins = &this_cpu()->held;
	struct held_lock *h;

	spins->taken[class]++;
	if (!(flags & HELD_TRY))
		check_all(spins, l, class, ip);
	if (spins->base) {
		if (unlikely(!(usage[class] & USED_IN_IRQ)) && !(flags & HELD_TRY))
			learn_usage(class, USED_IN_IRQ, ip);
	} else if (!(usage[class] & HELD_IRQS_ON) && unlikely(!irqs_disabled())) {
		learn_usage(class, HELD_IRQS_ON, ip);
	}
	if (unlikely(spins->n >= MAX_HELD_SPIN - 1)) {
		report_held("more spinlocks are held than the table has places");
		return;
	}
	h = &spins->lock[spins->n];
	h->lock = l;
	h->ip = ip;
	h->class = class;
	h->flags = flags;
	barrier();
	spins->n++;
}

void lockdep_spin_acquire(spinlock_t *l, unsigned int sub)
{
	unsigned int class = l->class;
	u32 ip = CALLER;

	if (unlikely(READ_ONCE(stopped)))
		return;
	if (unlikely(!class))
		class = l->class = find_class(l, ip);
	if (unlikely(sub))
		class = find_nested(class, sub);
	spin_acquired(l, class, 0, ip);
}

void lockdep_spin_acquired_try(spinlock_t *l)
{
	u32 ip = CALLER;

	if (unlikely(READ_ONCE(stopped)))
		return;
	if (unlikely(!l->class))
		l->class = find_class(l, ip);
	spin_acquired(l, l->class, HELD_TRY, ip);
}

static noinline void not_held(const void *lock, u32 ip)
{
	unsigned long flags = graph_lock();

	begin("a lock is released that is not held here");
	say("  lock %p, released in ", lock);
	say_function(ip);
	say("\n");
	say_held();
	deliver();
	graph_unlock(flags);
}

/* Take entry @i of @n out; those above move down. */
static void take_out(struct held_lock *held, unsigned int i, unsigned int n)
{
	for (; i + 1 < n; i++)
		held[i] = held[i + 1];
}

void lockdep_spin_release(spinlock_t *l)
{
	struct held_spins *spins = &this_cpu()->held;
	unsigned int i = spins->n;

	if (unlikely(READ_ONCE(stopped)))
		return;
	while (i-- > spins->base)
		if (likely(spins->lock[i].lock == l)) {
			if (unlikely(i + 1 < spins->n))
				take_out(spins->lock, i, spins->n);
			barrier();
			spins->n--;
			return;
		}
	not_held(l, CALLER);
}

static void sleep_acquired(const void *lock, unsigned int class, unsigned int flags, u32 ip)
{
	struct held_sleeps *held = &current->held;

	this_cpu()->held.taken[class]++;
	if (unlikely(held->n == MAX_HELD_SLEEP)) {
		report_held("more sleeping locks are held than the table has places");
		return;
	}
	held->lock[held->n] = (struct held_lock){ lock, ip, class, flags, 1 };
	held->n++;
}

void lockdep_acquire(const void *lock, u8 *classp, unsigned int sub, unsigned int flags, unsigned long ip)
{
	unsigned int class = *classp;

	if (unlikely(READ_ONCE(stopped)))
		return;
	if (unlikely(!class))
		class = *classp = find_class(lock, ip);
	if (unlikely(sub))
		class = find_nested(class, sub);
	if (unlikely(!classes[class].sleeps))
		classes[class].sleeps = true;
	if (!(flags & HELD_TRY))
		check_all(&this_cpu()->held, lock, class, ip);
	sleep_acquired(lock, class, flags, ip);
}

void lockdep_release(const void *lock, unsigned long ip)
{
	struct held_sleeps *held = &current->held;
	unsigned int i = held->n;

	if (unlikely(READ_ONCE(stopped)))
		return;
	while (i-- > 0)
		if (likely(held->lock[i].lock == lock)) {
			take_out(held->lock, i, held->n);
			held->n--;
			return;
		}
	not_held(lock, ip);
}

/* Pages may be held by the dozen, all but the first by trylock: one entry counts them. */
/*
 * The blocks of a file system on a disk are read while pages of files are locked.  The mapping may be going
 * right now, but its memory is still some: not to be followed any further.
 */
static u8 page_class(const struct page *page)
{
	const struct address_space *m = READ_ONCE(page->mapping);

	if (!m || ((unsigned long)m & PAGE_MAPPING_ANON) || !test_bit(AS_BDEV, &m->flags))
		return LOCK_CLASS_PAGE;
	return LOCK_CLASS_BDEV_PAGE;
}

void lockdep_page_acquire(const struct page *page, unsigned int flags, unsigned long ip)
{
	struct held_sleeps *held = &current->held;
	struct held_lock *top = held->n ? &held->lock[held->n - 1] : NULL;
	u8 class;

	if (unlikely(READ_ONCE(stopped)))
		return;
	class = page_class(page);
	if (!(flags & HELD_TRY))
		check_all(&this_cpu()->held, page, class, ip);
	if (top && top->class == class)
		top->count++;
	else
		sleep_acquired(page, class, flags, ip);
}

/* The newest entry of pages of this class gives one back; false: there is none. */
static bool page_released(struct held_sleeps *held, u8 class)
{
	unsigned int i = held->n;

	while (i-- > 0)
		if (held->lock[i].class == class) {
			if (--held->lock[i].count)
				return true;
			take_out(held->lock, i, held->n);
			held->n--;
			return true;
		}
	return false;
}

void lockdep_page_release(const struct page *page, unsigned long ip)
{
	struct held_sleeps *held = &current->held;
	u8 class;

	if (unlikely(READ_ONCE(stopped)))
		return;
	class = page_class(page);
	/* it may have got its mapping, or lost it, while it was held */
	if (!page_released(held, class) &&
	    !page_released(held, class == LOCK_CLASS_PAGE ? LOCK_CLASS_BDEV_PAGE : LOCK_CLASS_PAGE))
		not_held(page, ip);
}

/* ---- contexts --------------------------------------------------------------------------------------------- */

/*
 * Interrupts off.  Who is interrupted with spinlocks held has left interrupts on.  Its next slot stays free:
 * it may be about to write it.
 */
unsigned int lockdep_irq_enter(void)
{
	struct held_spins *spins = &this_cpu()->held;
	unsigned int base = spins->base;

	for (unsigned int i = base; unlikely(i < spins->n); i++)
		if (!(usage[spins->lock[i].class] & HELD_IRQS_ON))
			learn_usage(spins->lock[i].class, HELD_IRQS_ON, spins->lock[i].ip);
	spins->n++;
	spins->base = spins->n;
	return base;
}

void lockdep_irq_exit(unsigned int base)
{
	struct held_spins *spins = &this_cpu()->held;

	if (unlikely(spins->n != spins->base) && !READ_ONCE(stopped))
		report_held("an interrupt ends with a lock held");
	spins->n = spins->base - 1;
	spins->base = base;
}

void lockdep_sleeps_in_atomic(unsigned long ip)
{
	unsigned long flags;
	bool off = irqs_disabled();

	if (stopped || (!booted && !in_atomic()))
		return;
	flags = graph_lock();
	begin("somebody may sleep who must not");
	say("  in ");
	say_function(ip);
	say(": preempt_count %u, %s, interrupts %s\n", this_cpu()->preempt_count,
	    in_interrupt() ? "in an interrupt" : "in process context", off ? "off" : "on");
	say_held();
	deliver();
	graph_unlock(flags);
}

void lockdep_return_to_user(void)
{
	if (unlikely(current->held.n || this_cpu()->preempt_count))
		report_held("a task returns to user mode with a lock held");
}

void lockdep_task_exit(void)
{
	if (unlikely(current->held.n || this_cpu()->preempt_count))
		report_held("a task ends with a lock held");
}

void lockdep_init_task(struct task_struct *t)
{
	t->held.n = 0;
}

/* ---- /proc/lockdep, /proc/lockdep_chains ---------------------------------------------------------------------- */

static const char *usage_word(unsigned int class)
{
	if (classes[class].sleeps)
		return "sleep";
	if (usage[class] & USED_IN_IRQ)
		return "irq-safe";
	return usage[class] & HELD_IRQS_ON ? "irq-unsafe" : "irqs-off";
}

/* How often locks of @class were taken, on all CPUs. */
static unsigned long class_taken(unsigned int class)
{
	unsigned long n = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(cpus[cpu].held.taken[class]);
	return n;
}

unsigned long lockdep_taken(void)
{
	unsigned long n = 0;

	for (unsigned int class = 1; class < nr_classes; class++)
		n += class_taken(class);
	return n;
}

/* One line a class: its name, how it stands to interrupts, how often it was taken. */
int lockdep_show(struct seq_file *m)
{
	char name[128];

	seq_printf(m, "%-36s %-10s %12s\n", "class", "interrupts", "taken");
	for (unsigned int c = 1; c < nr_classes; c++)
		seq_printf(m, "%-36s %-10s %12lu\n", name_of(c, name, sizeof(name)), usage_word(c),
			   class_taken(c));
	return 0;
}

/* One line an edge: what was held, what was taken under it, and where that was so first. */
int lockdep_chains_show(struct seq_file *m)
{
	char from[128], to[128], holder[96], taker[96];

	for (unsigned int i = 0; i < READ_ONCE(nr_edges); i++) {
		const struct edge *e = &edges[i];

		seq_printf(m, "%s > %s\t%s > %s\n", name_of(e->from, from, sizeof(from)),
			   name_of(e->to, to, sizeof(to)), function_of(e->from_ip, holder, sizeof(holder)),
			   function_of(e->to_ip, taker, sizeof(taker)));
	}
	if (nr_edges == MAX_EDGES || nr_classes == NR_LOCK_CLASSES)
		seq_puts(m, "the tables are full: something may be missing\n");
	return 0;
}

#endif
