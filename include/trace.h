/*
 * trace.h - trace points: what the kernel says about its address spaces while they change
 *
 * A point is an inline function: a test of trace_mask and, out of line, the record.  Switched off it
 * is one load with its test and one branch that is not taken.  The hottest paths have less: system
 * calls, faults and single pages are led another way while tracing is on (trace_switch() in
 * kernel/trace.c names them all).
 *
 * The kinds and their meaning: uapi/quire/events.h.  Emitting takes no lock, allocates nothing and
 * never sleeps; any context but NMI.
 */
#ifndef TRACE_H
#define TRACE_H

#include <mm_types.h>
#include <types.h>
#include <uapi/quire/events.h>

struct pt_regs;
struct task_struct;

/* Bits of EV_GROUP_* and QUIRE_MASK_*; 0: off. */
extern u32 trace_mask;
#define TRACE_BIT(group) (1U << EV_GROUP_##group)

/* Host builds of mm/ (tests/host) have no points. */
#ifdef QUIRE_HOST
#define trace_on(bits) false
#else
#define trace_on(bits) unlikely(trace_mask & (bits))
#endif

/* ---- kernel/trace.c: the rings ---- */

/* What a reader has read of each CPU's ring. */
struct trace_cursor {
	u64 pos[64];			/* number of the next record, by CPU */
};

void trace_init(void);				/* boot: explore.mask=, explore.pid= */
int trace_set_mask(u32 mask);			/* 0, -EINVAL: unknown bits, -ENOMEM: no rings */
void trace_set_pid(pid_t pid);			/* events of this process or thread only; 0: of all */
pid_t trace_pid(void);
void trace_mark(const char *text, size_t len);
/* A snapshot begins or has ended; what comes next on @cpu; the task there as the events tell it. */
void trace_snap(u32 end, u64 lines);
u32 trace_next_seq(unsigned int cpu);
u32 trace_last_switched(unsigned int cpu);
/* Put @c at the oldest records that are kept, or behind the newest. */
void trace_cursor_oldest(struct trace_cursor *c);
void trace_cursor_newest(struct trace_cursor *c);
/*
 * The next record, oldest of all CPUs first; a META_LOST record where some were overwritten.  False:
 * there is none (before @end, unless NULL).
 */
bool trace_next(struct trace_cursor *c, const struct trace_cursor *end, struct quire_event *ev);
/* The most records of one CPU that @c has still to read, as a share of the ring in 1/256. */
unsigned int trace_backlog(const struct trace_cursor *c);
/* Page @index of @cpu's ring as programs map it, header first; how many there are (0: no rings yet). */
struct page *trace_ring_page(unsigned int cpu, unsigned long index);
unsigned long trace_ring_nr_pages(void);
int trace_make_rings(void);			/* 0 or -ENOMEM; they stay for ever */
int trace_cpu_up(unsigned int cpu);		/* before CPU @cpu runs: its ring, if there are rings */
void trace_emit(u32 kind, u32 mm, u32 e, u64 a, u64 b, u64 c, u64 d);

/* ---- kernel/trace_json.c ---- */
#define TRACE_LINE_MAX 320
/* One JSON line with its newline; its length (at most TRACE_LINE_MAX). */
size_t trace_format(const struct quire_event *ev, char *buf);
/* A mask in hexadecimal, with or without 0x; blanks and a newline may follow.  0 or -EINVAL. */
int trace_parse_mask(const char *buf, size_t len, u32 *mask);

/* ---- ops and stepping ---- */
/* In task_struct: own task. */
struct task_trace {
	u32 op, outer;			/* the op now, and the one it runs inside of */
	u32 epoch;			/* they are of this one: how often tracing was switched on */
	u32 outcome;			/* of the fault that is handled */
	bool in_fault, from_user;
	bool muted;			/* emits nothing: who drains the rings */
	unsigned long pfn;		/* what the fault mapped */
};
enum trace_pause { PAUSE_OFF, PAUSE_OP, PAUSE_FULL };
void trace_set_pause(enum trace_pause how);
void trace_let_go(unsigned int ops);		/* so many ops may end now */
enum trace_pause trace_pausing(void);
unsigned int trace_paused(void);		/* tasks that wait at the end of an op */
#ifdef QUIRE_HOST
static inline void trace_pause_thread(void) { }
#else
void trace_pause_thread(void);			/* a thread of the kernel holds no lock: PAUSE_FULL holds it up too */
#endif
void trace_wake_paused(void);			/* they look again whether they may go on */
/* While PAUSE_FULL: whose backlog holds the others up. */
void trace_set_consumer(const struct trace_cursor *c);
long trace_syscall(struct pt_regs *regs);	/* entry.asm, in place of the call, while tracing is on */
void trace_irq_begin(void);			/* do_irq: what follows is an op of its own */

/* arch: lead system calls through trace_syscall(), faults through the functions below. */
void arch_trace_syscalls(bool on);
void arch_trace_faults(bool on);
void trace_fault_begin(unsigned long error, unsigned long addr, unsigned long ip, unsigned long vma);
void trace_fault_end(unsigned long addr, u32 outcome);	/* OUTCOME_RETRY: what the points said */
void trace_fault_sig(unsigned long addr, int signo, int code, u32 reason);

/* ---- out of line: called only through the points below ---- */
void __trace_task_fork(struct task_struct *t, u64 clone_flags);
void __trace_task_exec(struct mm_struct *old, struct mm_struct *new, const char *path);
void __trace_switch(struct task_struct *prev, struct task_struct *next);
void __trace_trade_pids(const struct task_struct *me, const struct task_struct *old);
void __trace_mm_users(u32 kind, struct mm_struct *mm, u32 why);
void __trace_tlb(u32 kind, struct mm_struct *mm, u32 e);
void __trace_text16(u32 kind, u32 e, u64 a, u64 b, const char *text);
void __trace_pte_set(struct mm_struct *mm, unsigned long addr, unsigned long old, unsigned long new,
		     u32 outcome);
void __trace_pte_change(struct mm_struct *mm, unsigned long addr, unsigned long old, unsigned long new);
void __trace_file(u32 kind, struct page *page);
void __trace_vma_add(struct vm_area_struct *vma);
static inline u32 trace_mm_id(const struct mm_struct *mm) { return mm ? mm->id : 0; }

/* ---- the points: tasks and address spaces ---- */

#define TRACE_POINT(group, ...) do { if (trace_on(TRACE_BIT(group))) { __VA_ARGS__; } } while (0)

static inline void trace_task_fork(struct task_struct *t, u64 clone_flags)
{
	TRACE_POINT(TASK, __trace_task_fork(t, clone_flags));
}
static inline void trace_task_exec(struct mm_struct *old, struct mm_struct *new, const char *path)
{
	TRACE_POINT(TASK, __trace_task_exec(old, new, path));
}
static inline void trace_task_exit(long code)
{
	TRACE_POINT(TASK, trace_emit(EV_TASK_EXIT, 0, 0, code, 0, 0, 0));
}
static inline void trace_leave_mm(struct mm_struct *mm)
{
	TRACE_POINT(TASK, trace_emit(EV_TASK_LEAVE_MM, 0, trace_mm_id(mm), 0, 0, 0, 0));
}
/* Before the address space is switched. */
static inline void trace_switch_task(struct task_struct *prev, struct task_struct *next)
{
	TRACE_POINT(TASK, __trace_switch(prev, next));
}
static inline void trace_reparent(pid_t child, pid_t parent)
{
	TRACE_POINT(TASK, trace_emit(EV_TASK_REPARENT, 0, 0, (u32)child | (u64)parent << 32, 0, 0, 0));
}
static inline void trace_reap(pid_t pid)
{
	TRACE_POINT(TASK, trace_emit(EV_TASK_REAP, 0, 0, pid, 0, 0, 0));
}
/* @me has its old leader's pid now, and @old its. */
static inline void trace_trade_pids(const struct task_struct *me, const struct task_struct *old)
{
	TRACE_POINT(TASK, __trace_trade_pids(me, old));
}
static inline void trace_comm(pid_t pid, const char *comm)
{
	TRACE_POINT(TASK, __trace_text16(EV_TASK_COMM, 0, pid, 0, comm));
}
static inline void trace_mm_new(struct mm_struct *mm, u32 from, unsigned long pgd_pfn)
{
	TRACE_POINT(TASK, trace_emit(EV_TASK_MM_NEW, trace_mm_id(mm), from, pgd_pfn, 0, 0, 0));
}
static inline void trace_mm_free(struct mm_struct *mm, unsigned long pgd_pfn)
{
	TRACE_POINT(TASK, trace_emit(EV_TASK_MM_FREE, trace_mm_id(mm), 0, pgd_pfn, 0, 0, 0));
}
/* @why: which of the counts, MMWHY_*.  Get after it went up; put before it goes down, while mm is there. */
static inline void trace_mm_get(struct mm_struct *mm, u32 why)
{
	TRACE_POINT(TASK, __trace_mm_users(EV_TASK_MM_GET, mm, why));
}
static inline void trace_mm_put(struct mm_struct *mm, u32 why)
{
	TRACE_POINT(TASK, __trace_mm_users(EV_TASK_MM_PUT, mm, why));
}

/* ---- areas ---- */

static inline void trace_vma_add(struct vm_area_struct *vma)
{
	TRACE_POINT(VMA, __trace_vma_add(vma));
}
static inline void trace_vma_del(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	TRACE_POINT(VMA, trace_emit(EV_VMA_DEL, trace_mm_id(mm), 0, start, end, 0, 0));
}
static inline void trace_vma_adjust(struct mm_struct *mm, unsigned long old_start,
				    unsigned long old_end, unsigned long start, unsigned long end)
{
	TRACE_POINT(VMA, trace_emit(EV_VMA_ADJUST, trace_mm_id(mm), 0, old_start, old_end, start, end));
}
static inline void trace_vma_split(struct mm_struct *mm, unsigned long addr)
{
	TRACE_POINT(VMA, trace_emit(EV_VMA_SPLIT, trace_mm_id(mm), 0, addr, 0, 0, 0));
}
static inline void trace_vma_merge(struct mm_struct *mm, unsigned long start, unsigned long end, u32 which)
{
	TRACE_POINT(VMA, trace_emit(EV_VMA_MERGE, trace_mm_id(mm), which, start, end, 0, 0));
}
static inline void trace_vma_prot(struct mm_struct *mm, unsigned long start, unsigned long end,
				  unsigned long old, unsigned long flags)
{
	TRACE_POINT(VMA, if (old != flags)
		trace_emit(EV_VMA_PROT, trace_mm_id(mm), 0, start, end, old, flags));
}
static inline void trace_vma_gap(struct mm_struct *mm, unsigned long len, unsigned long addr)
{
	TRACE_POINT(VMA, trace_emit(EV_VMA_GAP, trace_mm_id(mm), 0, len, addr, 0, 0));
}

/* For the fault path: who calls such a function keeps what it needs in the registers it has. */
#ifdef QUIRE_HOST
#define TRACE_KEEPS_REGISTERS
#else
#define TRACE_KEEPS_REGISTERS __attribute__((no_caller_saved_registers))
#endif

/* ---- entries and tables: the lock that protects them is held ---- */

/*
 * @outcome: what the fault that is handled comes to; OUTCOME_RETRY outside of faults.
 * Macros, so that arguments are worked out only when they are told.
 */
#define trace_pte_set(mm, addr, old, new, outcome) do {				\
	if (trace_on(TRACE_BIT(PTE) | TRACE_BIT(FAULT) | QUIRE_MASK_RMAP))	\
		__trace_pte_set(mm, addr, old, new, outcome);			\
} while (0)
/* pte.age if only accessed and dirty bits went, else pte.set; nothing if nothing changed. */
static inline void trace_pte_change(struct mm_struct *mm, unsigned long addr, unsigned long old,
				    unsigned long new)
{
	TRACE_POINT(PTE, __trace_pte_change(mm, addr, old, new));
}
/* Are changes of entries told?  (for code that does a range entry by entry then) */
static inline bool trace_ptes(void) { return trace_on(TRACE_BIT(PTE) | QUIRE_MASK_RMAP); }
/* Must a range be done entry by entry, with trace_pte_set() for each?  (else: one trace_pte_batch()) */
static inline bool trace_each_pte(void) { return trace_on(QUIRE_MASK_RMAP); }
static inline void trace_pte_batch(struct mm_struct *mm, u32 how, unsigned long addr, unsigned long n,
				   u32 from, unsigned long keep, unsigned long with)
{
	TRACE_POINT(PTE, trace_emit(EV_PTE_BATCH, trace_mm_id(mm), how, addr, n | (u64)from << 32, keep, with));
}
static inline void trace_pt_alloc(struct mm_struct *mm, u32 level, unsigned long va, unsigned long pfn)
{
	TRACE_POINT(PTE, trace_emit(EV_PTE_PT_ALLOC, trace_mm_id(mm), level, va, pfn, 0, 0));
}
static inline void trace_pt_free(struct mm_struct *mm, u32 level, unsigned long va, unsigned long pfn)
{
	TRACE_POINT(PTE, trace_emit(EV_PTE_PT_FREE, trace_mm_id(mm), level, va, pfn, 0, 0));
}

/* ---- frames ---- */

/* @caller: a kernel address; only its offset is told. */
#ifdef QUIRE_HOST
#define TRACE_SITE(caller) (caller)
#else
#include <kaslr.h>
#define TRACE_SITE(caller) (link_address(caller) - KERNEL_VMA)
#endif
#define trace_page_alloc(pfn, order, gfp, caller) \
	TRACE_POINT(PAGE, trace_emit(EV_PAGE_ALLOC, 0, order, pfn, gfp, TRACE_SITE(caller), 0))
#define trace_page_free(pfn, order, caller) \
	TRACE_POINT(PAGE, trace_emit(EV_PAGE_FREE, 0, order, pfn, 0, TRACE_SITE(caller), 0))
static inline void trace_page_split(unsigned long pfn, u32 order)
{
	TRACE_POINT(PAGE, trace_emit(EV_PAGE_SPLIT, 0, order, pfn, 0, 0, 0));
}
static inline void trace_page_coalesce(unsigned long pfn, u32 order)
{
	TRACE_POINT(PAGE, trace_emit(EV_PAGE_COALESCE, 0, order, pfn, 0, 0, 0));
}
static inline void trace_pcp_in(unsigned long pfn, u32 order)
{
	TRACE_POINT(PAGE, trace_emit(EV_PAGE_PCP_IN, 0, order, pfn, 0, 0, 0));
}
static inline void trace_pcp_out(unsigned long pfn)
{
	TRACE_POINT(PAGE, trace_emit(EV_PAGE_PCP_OUT, 0, 0, pfn, 0, 0, 0));
}
/* mm/page_alloc.c: no request is met by the path that has no point. */
void page_alloc_trace(bool on);

/* ---- slabs ---- */

static inline void trace_slab_grow(const char *cache, unsigned long pfn, u32 order, unsigned int objects)
{
	TRACE_POINT(SLAB, __trace_text16(EV_SLAB_GROW, order, pfn, objects, cache));
}
static inline void trace_slab_shrink(const char *cache, unsigned long pfn, u32 order)
{
	TRACE_POINT(SLAB, __trace_text16(EV_SLAB_SHRINK, order, pfn, 0, cache));
}
static inline bool trace_objects(void) { return trace_on(QUIRE_MASK_OBJECTS); }

/* ---- translations ---- */

/* @mm: NULL for the kernel's, whose addresses are not told. */
static inline void trace_tlb_flush(struct mm_struct *mm, u32 kind, unsigned long start, unsigned long end)
{
	TRACE_POINT(TLB, trace_emit(EV_TLB_FLUSH, trace_mm_id(mm), kind, start, end, 0, 0));
}
static inline void trace_cr3(struct mm_struct *mm, struct mm_struct *old)
{
	TRACE_POINT(TLB, __trace_tlb(EV_TLB_CR3, mm, trace_mm_id(old)));
}
static inline void trace_lazy(struct mm_struct *mm, bool enter)
{
	TRACE_POINT(TLB, __trace_tlb(EV_TLB_LAZY, mm, enter));
}
static inline void trace_tlb_defer(struct mm_struct *mm, unsigned long pages, unsigned long tables)
{
	TRACE_POINT(TLB, trace_emit(EV_TLB_DEFER, trace_mm_id(mm), 0, pages, tables, 0, 0));
}

/* ---- page cache ---- */

static inline void trace_cache_add(struct page *page) { TRACE_POINT(FILE, __trace_file(EV_FILE_CACHE_ADD, page)); }
static inline void trace_cache_del(struct page *page) { TRACE_POINT(FILE, __trace_file(EV_FILE_CACHE_DEL, page)); }
static inline void trace_clean(struct page *page) { TRACE_POINT(FILE, __trace_file(EV_FILE_CLEAN, page)); }
static inline void trace_writeback(struct page *page) { TRACE_POINT(FILE, __trace_file(EV_FILE_WRITEBACK, page)); }
static inline void trace_written(struct page *page) { TRACE_POINT(FILE, __trace_file(EV_FILE_WRITTEN, page)); }
static inline void trace_dirty(struct page *page) { TRACE_POINT(FILE, __trace_file(EV_FILE_DIRTY, page)); }
/* A page of a file in memory: its place in the file holds slot @entry (a swp_entry_t's val) now, or no more. */
static inline void trace_file_swap(bool to, unsigned long ino, pgoff_t index, unsigned long entry)
{
	TRACE_POINT(FILE, trace_emit(to ? EV_FILE_TO_SWAP : EV_FILE_FROM_SWAP, 0, 0, ino, index, entry, 0));
}

/* ---- swap: @entry is a swp_entry_t's val ---- */

static inline void trace_swap_slot(bool in_use, unsigned long entry)
{
	TRACE_POINT(FILE, trace_emit(in_use ? EV_FILE_SLOT_GET : EV_FILE_SLOT_FREE, 0, 0, entry, 0, 0, 0));
}
/* @kind: EV_FILE_SWAP_*; a page in the swap cache, which it enters now or is about to leave. */
static inline void trace_swap(u32 kind, unsigned long entry, unsigned long pfn, u32 error)
{
	TRACE_POINT(FILE, trace_emit(kind, 0, error, entry, pfn, 0, 0));
}

/* ---- reclaim ---- */

/* @list: enum lru_list, -1: none.  lru_lock held. */
static inline void trace_lru(unsigned long pfn, int list)
{
	TRACE_POINT(RECLAIM, trace_emit(EV_RECLAIM_LRU, 0, list + 1, pfn, 0, 0, 0));
}
static inline void trace_kswapd_wake(unsigned long free)
{
	TRACE_POINT(RECLAIM, trace_emit(EV_RECLAIM_WAKE, 0, 0, free, 0, 0, 0));
}
static inline void trace_kswapd_sleep(unsigned long free, unsigned long freed)
{
	TRACE_POINT(RECLAIM, trace_emit(EV_RECLAIM_SLEEP, 0, 0, free, freed, 0, 0));
}
static inline void trace_direct_reclaim(unsigned int order, unsigned int gfp, unsigned long freed)
{
	TRACE_POINT(RECLAIM, trace_emit(EV_RECLAIM_DIRECT, 0, order, freed, gfp, 0, 0));
}
/* @by: RECLAIM_*. */
static inline void trace_scan(unsigned int zone, int list, u32 by, unsigned long scanned, unsigned long freed)
{
	TRACE_POINT(RECLAIM, trace_emit(EV_RECLAIM_SCAN, 0, list + 1, zone | (u64)by << 32, scanned, freed, 0));
}
static inline void trace_steal(unsigned long pfn)
{
	TRACE_POINT(RECLAIM, trace_emit(EV_RECLAIM_STEAL, 0, 0, pfn, 0, 0, 0));
}
static inline void trace_shrink_slab(const char *shrinker, unsigned long scanned, unsigned long freed)
{
	TRACE_POINT(RECLAIM, __trace_text16(EV_RECLAIM_SLAB, 0, scanned, freed, shrinker));
}
static inline void trace_oom(pid_t victim, unsigned long points)
{
	TRACE_POINT(RECLAIM, trace_emit(EV_RECLAIM_OOM, 0, 0, victim, points, 0, 0));
}

#endif
