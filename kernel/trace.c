/*
 * kernel/trace.c - the rings that events go into, and who may read, stop and filter them
 *
 * Purpose:    each CPU has a ring of 64-byte records (uapi/quire/events.h) that it alone writes,
 *             so that a record costs a few dozen instructions and no lock.  The oldest records are
 *             overwritten; who reads (a cursor each) learns how many were lost.
 *
 *             ring of a CPU   [n-3][n-2][n-1][ n ][   ...   ]     head = n + 1
 *                              ^ cursor of a reader             record k lies at k % records
 *
 * Invariants: a record is written with interrupts off, before head says that it is there; a copy
 *             is good if afterwards head is still less than a whole ring ahead of it.
 *             trace_mask is 0 as long as there are no rings.  Rings are never given back, so
 *             programs may map them.
 *             An op is taken from next_op once; 0 means outside of all ops.
 * Lock order: trace_mutex (mask) is taken with nothing else held.  Emitting takes no lock.
 * Sources:    Linux, Documentation/trace/ftrace.rst: one ring a CPU, readers that may lose events.
 */
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <boot_info.h>
#include <fs.h>
#include <mm.h>
#include <mutex.h>
#include <nospec.h>
#include <printk.h>
#include <sched.h>
#include <string.h>
#include <syscall.h>
#include <time.h>
#include <trace.h>
#include <uapi/unistd.h>

#define RING_BYTES	(1UL << 20)	/* explore.ring= */
#define RING_ORDER_MIN	2
#define RING_ORDER_MAX	10

u32 trace_mask;

struct ring {
	struct quire_event *records;
	u64 mask;			/* number of records - 1 */
	u64 head;			/* own CPU, interrupts off */
	u32 irq_op;			/* of the interrupt that is served; 0: not asked for yet */
	u32 last_switched;		/* the task that switches told of last */
	struct quire_ring *header;	/* what programs map */
	struct page *pages;
	unsigned int order;
};
static struct ring rings[NR_CPUS];

static DEFINE_MUTEX(trace_mutex);
static pid_t filter_pid;
static atomic_t next_op = ATOMIC_INIT(0);
static u32 epoch;			/* counts up when tracing goes on: ops begun before have no end */

/* ---- the rings ---- */

static unsigned int wanted_order(void)
{
	unsigned long bytes = cmdline_num("explore.ring", RING_BYTES);
	unsigned int order = RING_ORDER_MIN;

	while (order < RING_ORDER_MAX && PAGE_SIZE << order < bytes)
		order++;
	return order;
}

/* Pages that live for ever and are counted one by one: programs map them. */
static struct page *ring_pages(unsigned int order)
{
	struct page *pages = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, order);

	for (unsigned long i = 1; pages && i < 1UL << order; i++)
		atomic_set(&pages[i]._refcount, 1);
	return pages;
}

static int make_ring(unsigned int cpu)
{
	struct ring *r = &rings[cpu];
	unsigned int order = wanted_order();
	struct page *header;

	if (r->records)
		return 0;
	header = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!header)
		return -ENOMEM;
	while (!(r->pages = ring_pages(order)) && order > RING_ORDER_MIN)
		order--;
	if (!r->pages) {
		__free_page(header);
		return -ENOMEM;
	}
	r->order = order;
	r->mask = (PAGE_SIZE << order) / sizeof(struct quire_event) - 1;
	r->header = page_address(header);
	*r->header = (struct quire_ring){
		.magic = QUIRE_RING_MAGIC, .version = QUIRE_EVENTS_VERSION, .cpu = cpu,
		.records = r->mask + 1, .data_offset = PAGE_SIZE,
	};
	r->records = page_address(r->pages);
	return 0;
}

int trace_make_rings(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (make_ring(cpu))
			return -ENOMEM;
	return 0;
}

struct page *trace_ring_page(unsigned int cpu, unsigned long index)
{
	struct ring *r = &rings[cpu];

	return index ? r->pages + index - 1 : virt_to_page(r->header);
}

unsigned long trace_ring_nr_pages(void)
{
	return rings[0].records ? 1 + (1UL << rings[0].order) : 0;
}

int trace_cpu_up(unsigned int cpu)
{
	return trace_mask ? make_ring(cpu) : 0;
}

/* ---- a record ---- */

/* The op that runs, and whether it runs inside of another. */
static inline u32 op_now(struct task_struct *t, struct ring *r, u32 *flags)
{
	if (unlikely(in_interrupt())) {
		if (!r->irq_op)
			r->irq_op = atomic_inc_return(&next_op);
		*flags |= t->trace.op ? EV_NESTED : 0;
		return r->irq_op;
	}
	if (unlikely(t->trace.epoch != epoch))
		return 0;
	*flags |= t->trace.outer ? EV_NESTED : 0;
	return t->trace.op;
}

/* @kind: flags in the upper half. */
static void record(u32 kind, u32 mm, u32 e, u64 a, u64 b, u64 c, u64 d)
{
	unsigned long irqs = local_irq_save();
	struct ring *r = &rings[smp_processor_id()];
	struct quire_event *ev = &r->records[r->head & r->mask];
	struct task_struct *t = current;
	u32 flags = kind >> 16;

	ev->kind = kind;
	ev->cpu = smp_processor_id();
	ev->op = op_now(t, r, &flags);
	ev->flags = flags;
	ev->tid = t->pid;
	ev->tsc = rdtsc();
	ev->mm = mm;
	ev->seq = r->head;
	ev->e = e;
	ev->a = a;
	ev->b = b;
	ev->c = c;
	ev->d = d;
	barrier();			/* stores are seen in order: the record, then head */
	WRITE_ONCE(r->head, r->head + 1);
	WRITE_ONCE(r->header->head, r->head);
	local_irq_restore(irqs);
}

static inline bool wanted(const struct task_struct *t)
{
	return likely(!filter_pid) || t->pid == filter_pid || t->tgid == filter_pid;
}

/* What an interrupt does is not the muted task's doing. */
static inline bool emits(const struct task_struct *t)
{
	return wanted(t) && (likely(!t->trace.muted) || in_interrupt());
}

void trace_emit(u32 kind, u32 mm, u32 e, u64 a, u64 b, u64 c, u64 d)
{
	if (emits(current))
		record(kind, mm, e, a, b, c, d);
}

/* ---- switching on and off ---- */

static void say_hello(u32 mask)
{
	record(EV_META_HELLO, 0, QUIRE_EVENTS_VERSION, mask | (u64)nr_cpus << 32, tsc_khz,
	       pgtable_l5_enabled() ? 5 : 4, PAGE_SIZE);
}

/*
 * What has no points of its own on the fast path goes another way while tracing is on: system calls
 * through trace_syscall(), faults through access_error(), single pages through alloc_other().
 */
static void trace_switch(u32 mask)
{
	if (!trace_mask)
		epoch++;
	WRITE_ONCE(trace_mask, mask);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (rings[cpu].header)
			WRITE_ONCE(rings[cpu].header->mask, mask);
	page_alloc_trace(mask & TRACE_BIT(PAGE));
	arch_trace_syscalls(mask);
	arch_trace_faults(mask);
}

int trace_set_mask(u32 mask)
{
	int err = 0;

	if (mask & ~QUIRE_MASK_ALL)
		return -EINVAL;
	mutex_lock(&trace_mutex);
	if (mask)
		err = trace_make_rings();
	if (!err && mask != trace_mask) {
		if (mask)
			say_hello(mask);
		trace_switch(mask);
	}
	mutex_unlock(&trace_mutex);
	if (!mask)
		trace_set_pause(PAUSE_OFF);
	return err;
}

void trace_set_pid(pid_t pid)
{
	WRITE_ONCE(filter_pid, pid);
}

pid_t trace_pid(void)
{
	return filter_pid;
}

void __init trace_init(void)
{
	char buf[16];
	long pid = cmdline_num("explore.pid", 0);
	u32 mask;

	trace_set_pid(pid > 0 && pid < PID_MAX ? pid : 0);
	if (!cmdline_get("explore.mask", buf, sizeof(buf)))
		return;
	if (trace_parse_mask(buf, strlen(buf), &mask) || trace_set_mask(mask))
		pr_warn("trace: explore.mask=%s is no mask, or there is no memory: off\n", buf);
}

/* ---- reading ---- */

static u64 oldest(const struct ring *r)
{
	u64 head = READ_ONCE(r->head);

	return head > r->mask ? head - r->mask : 0;	/* the one before may be overwritten right now */
}

void trace_cursor_oldest(struct trace_cursor *c)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		c->pos[cpu] = oldest(&rings[cpu]);
}

void trace_cursor_newest(struct trace_cursor *c)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		c->pos[cpu] = READ_ONCE(rings[cpu].head);
}

unsigned int trace_backlog(const struct trace_cursor *c)
{
	u64 most = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct ring *r = &rings[cpu];

		if (r->records)
			most = max(most, ((READ_ONCE(r->head) - c->pos[cpu]) << 8) / (r->mask + 1));
	}
	return most > 256 ? 256 : most;
}

/* Copy record @pos.  False: it was overwritten. */
static bool copy_record(const struct ring *r, u64 pos, struct quire_event *ev)
{
	*ev = r->records[pos & r->mask];
	barrier();
	return READ_ONCE(r->head) - pos <= r->mask;
}

/* In place of what @pos has missed: how much; @pos moves on to what is there. */
static void lost_record(const struct ring *r, unsigned int cpu, u64 *pos, struct quire_event *ev)
{
	u64 next = oldest(r) + (r->mask + 1) / 8;	/* some room, or the next is lost too */

	next = min(next, READ_ONCE(r->head));
	memset(ev, 0, sizeof(*ev));
	ev->kind = EV_META_LOST;
	ev->cpu = cpu;
	ev->tsc = r->records[next & r->mask].tsc;
	ev->seq = next;
	ev->e = cpu;
	ev->a = next - *pos;
	*pos = next;
}

bool trace_next(struct trace_cursor *c, const struct trace_cursor *end, struct quire_event *ev)
{
	unsigned int best = nr_cpus;
	u64 best_tsc = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct ring *r = &rings[cpu];
		u64 stop = end ? end->pos[cpu] : READ_ONCE(r->head), tsc;

		if (!r->records || (s64)(stop - c->pos[cpu]) <= 0)
			continue;
		tsc = r->records[c->pos[cpu] & r->mask].tsc;
		if (best == nr_cpus || tsc < best_tsc) {
			best = cpu;
			best_tsc = tsc;
		}
	}
	if (best == nr_cpus)
		return false;
	if (copy_record(&rings[best], c->pos[best], ev))
		c->pos[best]++;
	else
		lost_record(&rings[best], best, &c->pos[best], ev);
	return true;
}

/* ---- ops, and stopping at their ends ---- */

static enum trace_pause pause_how;
static atomic_t tickets = ATOMIC_INIT(0);	/* ops that may still end */
static atomic_t waiting = ATOMIC_INIT(0);
static const struct trace_cursor *consumer;	/* never freed once set */
static DECLARE_WAIT_QUEUE_HEAD(pause_wait);

void trace_set_pause(enum trace_pause how)
{
	WRITE_ONCE(pause_how, how);
	atomic_set(&tickets, 0);
	wake_up_all(&pause_wait);
}

void trace_let_go(unsigned int ops)
{
	atomic_add(ops, &tickets);
	wake_up_all(&pause_wait);
}

void trace_set_consumer(const struct trace_cursor *c)
{
	WRITE_ONCE(consumer, c);
}

enum trace_pause trace_pausing(void)
{
	return READ_ONCE(pause_how);
}

unsigned int trace_paused(void)
{
	return atomic_read(&waiting);
}

static bool take_ticket(void)
{
	int n = atomic_read(&tickets);

	while (n > 0) {
		int was = atomic_cmpxchg(&tickets, n, n - 1);

		if (was == n)
			return true;
		n = was;
	}
	return false;
}

static bool may_go_on(void)
{
	const struct trace_cursor *c = READ_ONCE(consumer);

	switch (READ_ONCE(pause_how)) {
	case PAUSE_OP:
		return take_ticket();
	case PAUSE_FULL:
		return !c || trace_backlog(c) < 128;
	default:
		return true;
	}
}

/* Only if it helps: each waking is an event, and waking for nothing would never end. */
void trace_wake_paused(void)
{
	if (pause_how == PAUSE_FULL && trace_paused() && may_go_on())
		wake_up_all(&pause_wait);
}

/* An op has ended, no lock is held, and the next thing is user mode. */
static noinline void op_end_slow(void)
{
	if (!emits(current) || may_go_on())
		return;
	atomic_inc(&waiting);
	wait_event_killable(pause_wait, may_go_on());
	atomic_dec(&waiting);
}

static inline void op_end(void)
{
	if (unlikely(pause_how != PAUSE_OFF))
		op_end_slow();
}

void trace_pause_thread(void)
{
	if (unlikely(pause_how == PAUSE_FULL))
		op_end_slow();
}

static const unsigned short memory_calls[] = {
	__NR_mmap, __NR_mprotect, __NR_munmap, __NR_brk, __NR_mremap, __NR_msync, __NR_mincore,
	__NR_madvise, __NR_shmget, __NR_shmat, __NR_shmctl, __NR_shmdt, __NR_clone, __NR_fork,
	__NR_vfork, __NR_execve, __NR_exit, __NR_exit_group, __NR_mlock, __NR_munlock,
	__NR_mlockall, __NR_munlockall, __NR_remap_file_pages, __NR_process_vm_readv,
	__NR_process_vm_writev, __NR_memfd_create, __NR_mlock2, __NR_pkey_mprotect,
	__NR_pkey_alloc, __NR_pkey_free, __NR_clone3, __NR_process_madvise, __NR_truncate,
	__NR_ftruncate, __NR_fallocate,
};

static bool call_is_told(unsigned long nr)
{
	if (!(trace_mask & TRACE_BIT(SYSCALL)))
		return false;
	if (trace_mask & QUIRE_MASK_ALL_SYSCALLS)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(memory_calls); i++)
		if (memory_calls[i] == nr)
			return true;
	return false;
}

static long make_call(const struct pt_regs *regs, unsigned long nr)
{
	u32 slot = nr;

	if (slot >= NR_SYSCALLS)
		return sys_ni_syscall(nr);
	slot = array_index_nospec(slot, NR_SYSCALLS);
	if (!sys_call_table[slot])
		return sys_ni_syscall(nr);
	return sys_call_table[slot](regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9);
}

long trace_syscall(struct pt_regs *regs)
{
	struct task_trace *tt = &current->trace;
	unsigned long nr = regs->orig_ax;
	bool told = call_is_told(nr);
	long ret;

	tt->epoch = epoch;
	tt->op = atomic_inc_return(&next_op);
	tt->outer = 0;
	tt->in_fault = false;
	if (told)
		trace_emit(EV_SYSCALL_ENTER | EV_BEGIN << 16, trace_mm_id(current->mm), nr, regs->di, regs->si,
			   regs->dx, regs->r10);
	ret = make_call(regs, nr);
	if (told && trace_mask)
		trace_emit(EV_SYSCALL_EXIT | (EV_END | (IS_ERR_VALUE(ret) ? EV_ERROR : 0)) << 16,
			   trace_mm_id(current->mm), nr, ret, 0, 0, 0);
	tt->op = 0;
	op_end();
	return ret;
}

void trace_irq_begin(void)
{
	rings[smp_processor_id()].irq_op = 0;
}

void trace_fault_begin(unsigned long error, unsigned long addr, unsigned long ip, unsigned long vma)
{
	struct task_trace *tt = &current->trace;
	bool known = tt->epoch == epoch;

	if (known && tt->in_fault)
		return;			/* tried again after mmap_sem was dropped */
	tt->epoch = epoch;
	tt->in_fault = true;
	tt->from_user = (long)ip >= 0;
	tt->outer = known ? tt->op : 0;
	tt->op = atomic_inc_return(&next_op);
	tt->outcome = OUTCOME_RETRY;
	tt->pfn = 0;
	TRACE_POINT(FAULT, trace_emit(EV_FAULT_FAULT | EV_BEGIN << 16, trace_mm_id(current->mm), error,
				      addr, tt->from_user ? ip : 0, vma, tt->outer));
}

void trace_fault_end(unsigned long addr, u32 outcome)
{
	struct task_trace *tt = &current->trace;
	u32 flags = EV_END | (outcome >= OUTCOME_SEGV_MAPERR ? EV_ERROR : 0);

	if (!tt->in_fault || tt->epoch != epoch)
		return;
	if (outcome == OUTCOME_RETRY)
		outcome = tt->outcome;
	TRACE_POINT(FAULT, trace_emit(EV_FAULT_DONE | flags << 16, trace_mm_id(current->mm), outcome,
				      addr, tt->pfn, 0, 0));
	tt->in_fault = false;
	tt->op = tt->outer;
	tt->outer = 0;
	if (tt->from_user)
		op_end();
}

void trace_fault_sig(unsigned long addr, int signo, int code, u32 reason)
{
	TRACE_POINT(FAULT, trace_emit(EV_FAULT_SIG | EV_ERROR << 16, trace_mm_id(current->mm), reason, addr,
				      (u32)signo | (u64)(u32)code << 32, 0, 0));
}

/* ---- what the points need out of line ---- */

void __trace_text16(u32 kind, u32 e, u64 a, u64 b, const char *text)
{
	u64 word[2] = { 0, 0 };

	memcpy(word, text, strnlen(text, sizeof(word)));
	trace_emit(kind, trace_mm_id(current->mm), e, a, b, word[0], word[1]);
}

/* @len bytes in as many records as it takes. */
static void emit_text(u32 kind, const char *text, size_t len)
{
	do {
		size_t n = min(len, 32UL);
		u64 word[4] = { 0, 0, 0, 0 };

		memcpy(word, text, n);
		text += n;
		len -= n;
		trace_emit(kind, trace_mm_id(current->mm), len, word[0], word[1], word[2], word[3]);
	} while (len);
}

void trace_mark(const char *text, size_t len)
{
	TRACE_POINT(META, emit_text(EV_META_MARK, text, len));
}

/* Whoever takes it, muted or filtered or not: the cut has a place in the order of events. */
void trace_snap(u32 end, u64 lines)
{
	TRACE_POINT(META, record(EV_META_SNAP, 0, end, lines, 0, 0, 0));
}

u32 trace_next_seq(unsigned int cpu)
{
	return rings[cpu].head;
}

u32 trace_last_switched(unsigned int cpu)
{
	return rings[cpu].last_switched;
}

void __trace_task_fork(struct task_struct *t, u64 clone_flags)
{
	trace_emit(EV_TASK_FORK, trace_mm_id(current->mm), trace_mm_id(t->mm),
		   (u32)current->pid | (u64)t->pid << 32, clone_flags, 0,
		   (u32)t->tgid | (u64)t->real_parent->tgid << 32);
}

void __trace_task_exec(struct mm_struct *old, struct mm_struct *new, const char *path)
{
	emit_text(EV_META_STR, path, strlen(path));
	trace_emit(EV_TASK_EXEC, trace_mm_id(new), trace_mm_id(old), trace_mm_id(new), 0, 0, 0);
}

/*
 * Who drains the rings is left out, or the story would be about itself: seen from the others the CPU
 * goes from the task before it to the one after it.
 */
void __trace_switch(struct task_struct *prev, struct task_struct *next)
{
	bool cr3 = next->mm && next->mm != prev->active_mm;
	struct ring *r = &rings[smp_processor_id()];
	u32 from = prev->trace.muted ? r->last_switched : (u32)prev->pid;

	r->last_switched = from;
	if (next->trace.muted || from == (u32)next->pid || !(wanted(prev) || wanted(next)))
		return;
	r->last_switched = next->pid;
	record(EV_TASK_SWITCH, trace_mm_id(prev->mm), trace_mm_id(next->mm),
	       from | (u64)next->pid << 32, prev->state, cr3 | (u64)!next->mm << 32, 0);
}

/* The next switch says who went away by its new number. */
void __trace_trade_pids(const struct task_struct *me, const struct task_struct *old)
{
	struct ring *r = &rings[smp_processor_id()];

	if (r->last_switched == (u32)old->pid)
		r->last_switched = me->pid;
	trace_emit(EV_TASK_TRADE, 0, 0, (u32)old->pid | (u64)me->pid << 32, 0, 0, 0);
}

/* Also of a muted task: it borrows address spaces like any other, and the counts must be right. */
void __trace_mm_users(u32 kind, struct mm_struct *mm, u32 why)
{
	int less = kind == EV_TASK_MM_PUT;
	u32 users = atomic_read(&mm->mm_users) - (less && why == MMWHY_USERS);
	u32 count = atomic_read(&mm->mm_count) - (less && why == MMWHY_COUNT);

	if (wanted(current))
		record(kind, trace_mm_id(mm), why, users | (u64)count << 32, 0, 0, 0);
}

/* CR3 and lazy: the same. */
void __trace_tlb(u32 kind, struct mm_struct *mm, u32 e)
{
	if (wanted(current))
		record(kind, trace_mm_id(mm), e, 0, 0, 0, 0);
}

void __trace_vma_add(struct vm_area_struct *vma)
{
	trace_emit(EV_VMA_ADD, trace_mm_id(vma->vm_mm), vma->vm_file ? vma->vm_file->f_inode->i_ino : 0,
		   vma->vm_start, vma->vm_end, vma->vm_flags, vma->vm_pgoff);
}

/* The page whose mapcount an entry holds; NULL if none. */
static struct page *counted_page(unsigned long entry)
{
	if (!pte_present(__pte(entry)) || pte_special(__pte(entry)))
		return NULL;
	return pfn_to_page(pte_pfn(__pte(entry)));
}

static void emit_rmap(u32 kind, u32 mm, unsigned long addr, struct page *page)
{
	if (page)
		trace_emit(kind, mm, 0, page_to_pfn(page), addr, atomic_read(&page->_mapcount) + 1, 0);
}

void __trace_pte_set(struct mm_struct *mm, unsigned long addr, unsigned long old, unsigned long new,
		     u32 outcome)
{
	struct task_trace *tt = &current->trace;
	u32 id = trace_mm_id(mm);

	if (outcome != OUTCOME_RETRY) {
		tt->outcome = outcome;
		tt->pfn = pte_pfn(__pte(new));
	}
	TRACE_POINT(PTE, trace_emit(EV_PTE_SET, id, 1, addr, old, new, 0));
	if (!(trace_mask & QUIRE_MASK_RMAP) || counted_page(old) == counted_page(new))
		return;
	emit_rmap(EV_PAGE_RMAP_DEL, id, addr, counted_page(old));
	emit_rmap(EV_PAGE_RMAP_ADD, id, addr, counted_page(new));
}

void __trace_pte_change(struct mm_struct *mm, unsigned long addr, unsigned long old, unsigned long new)
{
	if (old == new)
		return;
	if ((old ^ new) & ~(_PAGE_ACCESSED | _PAGE_DIRTY))
		__trace_pte_set(mm, addr, old, new, OUTCOME_RETRY);
	else
		trace_emit(EV_PTE_AGE, trace_mm_id(mm), 0, addr, old, new, 0);
}

void __trace_file(u32 kind, struct page *page)
{
	struct address_space *m = page->mapping;

	if (kind == EV_FILE_DIRTY ? PageDirty(page) : kind == EV_FILE_CLEAN && !PageDirty(page))
		return;			/* nothing new */
	if (m && m->host)
		trace_emit(kind, 0, 0, m->host->i_ino, page->index, page_to_pfn(page), 0);
}
