/*
 * uapi/quire/events.h - what the kernel tells about its address spaces while they change
 *
 * Purpose:    the one list of all kinds of events.  The C constants, the JSON lines of
 *             /proc/quire/trace and of the port org.quire.explore, and the table in docs/tracing.md
 *             are all made from it.
 * Invariants: a record is 64 bytes.  Only numbers that mean the same in the next boot are in it: ids,
 *             pids, frame numbers and user addresses, never a kernel pointer.
 *
 * The law of replay: a snapshot and the events since give the next snapshot, for every field that
 * an event covers.  How an event changes the state is said in its text below; who replays needs
 * nothing else.  Accessed and dirty bits of entries are left out until an event tells them: the
 * hardware sets them without one.
 *
 * A record belongs to an op: the number of the system call, page fault or interrupt in which it
 * happened (0: none of these).  What happens in a fault inside of a system call is the fault's, and
 * has EV_NESTED set.
 *
 * Levels of tables are counted from below: 1 is a table of PTEs, 2 of PMDs, 3 of PUDs, 4 of P4Ds
 * (or the PGD, when there are four), 5 the PGD of five.
 */
#ifndef UAPI_QUIRE_EVENTS_H
#define UAPI_QUIRE_EVENTS_H

#define QUIRE_EVENTS_VERSION 1

struct quire_event {
	unsigned short kind;		/* group << 8 | number */
	unsigned char cpu;
	unsigned char flags;		/* EV_BEGIN ... */
	unsigned int tid;		/* the thread that ran */
	unsigned long tsc;
	unsigned int mm;		/* id of the address space that it is about; 0: none */
	unsigned int op;
	unsigned int seq;		/* of this CPU, without gaps */
	unsigned int e;			/* e and a to d mean what the kind says */
	unsigned long a, b, c, d;
};
_Static_assert(sizeof(struct quire_event) == 64, "an event is one cache line");

#define EV_BEGIN	1		/* the first event of its op */
#define EV_END		2		/* the last */
#define EV_ERROR	4		/* what was asked for was refused */
#define EV_NESTED	8		/* the op runs inside of another one */

/* Groups: the number is the bit of the mask and the high byte of the kind.  GROUP(number, NAME, text) */
#define QUIRE_EVENT_GROUPS(GROUP) \
	GROUP(0, META, "meta") \
	GROUP(1, TASK, "task") \
	GROUP(2, SYSCALL, "syscall") \
	GROUP(3, VMA, "vma") \
	GROUP(4, FAULT, "fault") \
	GROUP(5, PTE, "pte") \
	GROUP(6, PAGE, "page") \
	GROUP(7, SLAB, "slab") \
	GROUP(8, TLB, "tlb") \
	GROUP(9, FILE, "file") \
	GROUP(10, RECLAIM, "reclaim")
/* 11 lock is kept for what is not there yet.  Events of swap belong to group 9: they tell of pages in a cache, too. */

/* Bits of the mask beyond the groups: what is off unless asked for. */
#define QUIRE_MASK_ALL_SYSCALLS	0x10000	/* not only the calls about memory and processes */
#define QUIRE_MASK_OBJECTS	0x20000	/* slab.obj_alloc, slab.obj_free */
#define QUIRE_MASK_RMAP		0x40000	/* page.rmap_add, page.rmap_del; pte.set instead of pte.batch */
#define QUIRE_MASK_DEFAULT	0x7ff
#define QUIRE_MASK_ALL		0x707ff

/*
 * EVENT(GROUP, NAME, number, "name in JSON", "what it says", fields)
 * A field F(slot, name, format): slot e, a to d, or half of one (al: the low 32 bits of a, ah: the
 * high ones).  Formats: DEC and SDEC a number, HEX a string of hexadecimal digits, the names of an
 * enum below, or characters: TEXT16 in c and d, TEXT32 in a to d.
 */
#define QUIRE_EVENTS(EVENT, F) \
	EVENT(META, HELLO, 0, "meta.hello", "tracing was switched on, or its mask changed", \
	      F(e, version, DEC) F(al, mask, HEX) F(ah, cpus, DEC) F(b, tsc_khz, DEC) \
	      F(c, levels, DEC) F(d, page_size, DEC)) \
	EVENT(META, STR, 1, "meta.str", "a text that belongs to the next event; " \
	      "more: so many bytes follow in the next record", F(e, more, DEC) F(a, text, TEXT32)) \
	EVENT(META, MARK, 2, "meta.mark", "somebody wrote this into /proc/quire/mark or sent it to the " \
	      "port; more: so many bytes follow in the next record", F(e, more, DEC) F(a, text, TEXT32)) \
	EVENT(META, LOST, 3, "meta.lost", "made by the reader: here n events of a CPU were overwritten " \
	      "before they were read", F(e, of, DEC) F(a, n, DEC)) \
	EVENT(META, SNAP, 4, "meta.snap", "a snapshot begins (n = 0) or has ended (n = its lines)", \
	      F(e, end, DEC) F(a, n, DEC)) \
	\
	EVENT(TASK, FORK, 0, "task.fork", "a task was made, with its parent's name, and can be found; " \
	      "its mm is child_mm (0: a kernel thread)", F(e, child_mm, DEC) F(al, parent, DEC) \
	      F(ah, child, DEC) F(b, clone_flags, HEX) F(dl, tgid, DEC) F(dh, ppid, DEC)) \
	EVENT(TASK, EXEC, 1, "task.exec", "the task changes from old_mm to new_mm; a meta.str with the " \
	      "path came before, task.comm follows", F(e, old_mm, DEC) F(a, new_mm, DEC)) \
	EVENT(TASK, EXIT, 2, "task.exit", "the task is a zombie or dead; code as wait reports it", \
	      F(a, code, HEX)) \
	EVENT(TASK, LEAVE_MM, 3, "task.leave_mm", "an ending task has no mm any more; it borrows the old " \
	      "one until it is switched away", F(e, old_mm, DEC)) \
	EVENT(TASK, SWITCH, 4, "task.switch", "the CPU goes from one task to another; lazy: the next one " \
	      "borrows the tables that are loaded; cr3: they were changed", \
	      F(e, next_mm, DEC) F(al, prev, DEC) F(ah, next, DEC) F(b, prev_state, HEX) F(cl, cr3, DEC) \
	      F(ch, lazy, DEC)) \
	EVENT(TASK, MM_NEW, 5, "task.mm_new", "an address space begins: users = count = 1, no VMAs, a pgd; " \
	      "from: the mm that it is to be a copy of, 0: none", F(e, from, DEC) F(a, pgd, DEC)) \
	EVENT(TASK, MM_GET, 6, "task.mm_get", "mm_users and mm_count are now users and count", \
	      F(e, why, MMWHY) F(al, users, DEC) F(ah, count, DEC)) \
	EVENT(TASK, MM_PUT, 7, "task.mm_put", "mm_users and mm_count are now users and count; users 0: all " \
	      "of it is about to be unmapped", F(e, why, MMWHY) F(al, users, DEC) F(ah, count, DEC)) \
	EVENT(TASK, MM_FREE, 8, "task.mm_free", "the structure and its pgd are gone", F(a, pgd, DEC)) \
	EVENT(TASK, REPARENT, 9, "task.reparent", "all threads of the process child have another parent", \
	      F(al, child, DEC) F(ah, parent, DEC)) \
	EVENT(TASK, REAP, 10, "task.reap", "the number names no task any more", F(a, reaped, DEC)) \
	EVENT(TASK, COMM, 11, "task.comm", "the task has another name", F(a, of, DEC) F(c, comm, TEXT16)) \
	EVENT(TASK, TRADE, 12, "task.trade", "the thread that was called `was` takes its ended leader's number, " \
	      "and the leader his: a program begins in a thread that was not the first", F(al, was, DEC) \
	      F(ah, is, DEC)) \
	\
	EVENT(SYSCALL, ENTER, 0, "syscall.enter", "a system call begins, with its first four arguments", \
	      F(e, nr, DEC) F(a, a0, HEX) F(b, a1, HEX) F(c, a2, HEX) F(d, a3, HEX)) \
	EVENT(SYSCALL, EXIT, 1, "syscall.exit", "it returns", F(e, nr, DEC) F(a, ret, SDEC)) \
	\
	EVENT(VMA, ADD, 0, "vma.add", "an area is in the list and the tree", F(e, ino, DEC) F(a, start, HEX) \
	      F(b, end, HEX) F(c, flags, HEX) F(d, pgoff, DEC)) \
	EVENT(VMA, DEL, 1, "vma.del", "the area that begins at start is gone", F(a, start, HEX) F(b, end, HEX)) \
	EVENT(VMA, ADJUST, 2, "vma.adjust", "the area [old_start, old_end) is now [start, end); pgoff grew " \
	      "by the pages that start did", F(a, old_start, HEX) F(b, old_end, HEX) F(c, start, HEX) \
	      F(d, end, HEX)) \
	EVENT(VMA, SPLIT, 3, "vma.split", "an area was cut in two at addr; vma.adjust and vma.add say how: " \
	      "this one changes nothing", F(a, addr, HEX)) \
	EVENT(VMA, MERGE, 4, "vma.merge", "[start, end) joins its neighbours, case as in mm/vma.c; vma.adjust " \
	      "and vma.del say how: this one changes nothing", F(e, case, DEC) F(a, start, HEX) F(b, end, HEX)) \
	EVENT(VMA, PROT, 5, "vma.prot", "the area [start, end) has other flags", F(a, start, HEX) \
	      F(b, end, HEX) F(c, old, HEX) F(d, flags, HEX)) \
	EVENT(VMA, GAP, 6, "vma.gap", "a free place for len bytes was looked for; changes nothing", \
	      F(a, len, HEX) F(b, addr, HEX)) \
	\
	EVENT(FAULT, FAULT, 0, "fault.fault", "the CPU could not translate addr; error is its error code, ip the " \
	      "user's instruction (0: the kernel's), vma the start of the area (0: there is none), outer the op that " \
	      "was interrupted", \
	      F(e, error, HEX) F(a, addr, HEX) F(b, ip, HEX) F(c, vma, HEX) F(d, outer, DEC)) \
	EVENT(FAULT, DONE, 1, "fault.done", "what came of it", F(e, outcome, OUTCOME) F(a, addr, HEX) \
	      F(b, pfn, DEC)) \
	EVENT(FAULT, SIG, 2, "fault.sig", "the thread gets a signal for it", F(a, addr, HEX) \
	      F(bl, signo, DEC) F(bh, si_code, DEC) F(e, reason, OUTCOME)) \
	\
	EVENT(PTE, SET, 0, "pte.set", "the entry for addr changed from old to new.  The mapcount of the " \
	      "page that an entry names (present or PROT_NONE, not special) follows: one less for old, one more " \
	      "for new", F(e, level, DEC) F(a, addr, HEX) F(b, old, HEX) F(c, new, HEX)) \
	EVENT(PTE, PT_ALLOC, 1, "pte.pt_alloc", "an empty table of this level serves va: the entry above it " \
	      "is now pfn << 12 | 0x67", F(e, level, DEC) F(a, va, HEX) F(b, pfn, DEC)) \
	EVENT(PTE, PT_FREE, 2, "pte.pt_free", "the entry above the table is none; the table itself goes after " \
	      "the flush", F(e, level, DEC) F(a, va, HEX) F(b, pfn, DEC)) \
	EVENT(PTE, AGE, 3, "pte.age", "accessed or dirty bits were taken over and cleared: the entry is now new", \
	      F(a, addr, HEX) F(b, old, HEX) F(c, new, HEX)) \
	EVENT(PTE, BATCH, 4, "pte.batch", "n entries of one table from addr on changed in one way.  copy: " \
	      "those of mm from that are not none appear here too; one that is mapped (present or PROT_NONE) as " \
	      "old & keep, and there it loses the bits of with.  zap: all are none.  protect: one that is mapped " \
	      "is now (old & keep) | with.  Mapcounts follow as for pte.set", F(e, kind, BATCH) \
	      F(a, addr, HEX) F(bl, n, DEC) F(bh, from, DEC) F(c, keep, HEX) F(d, with, HEX)) \
	\
	EVENT(PAGE, ALLOC, 0, "page.alloc", "2^order frames have an owner; site: offset in the kernel of who " \
	      "asked", F(e, order, DEC) F(a, pfn, DEC) F(b, gfp, HEX) F(c, site, HEX)) \
	EVENT(PAGE, FREE, 1, "page.free", "they have none any more", F(e, order, DEC) F(a, pfn, DEC) \
	      F(c, site, HEX)) \
	EVENT(PAGE, SPLIT, 2, "page.split", "a free block of order was cut into two of order - 1", \
	      F(e, order, DEC) F(a, pfn, DEC)) \
	EVENT(PAGE, COALESCE, 3, "page.coalesce", "two free blocks became one of order at pfn", \
	      F(e, order, DEC) F(a, pfn, DEC)) \
	EVENT(PAGE, PCP_IN, 4, "page.pcp_in", "a free block went from the buddies to this CPU's list", \
	      F(e, order, DEC) F(a, pfn, DEC)) \
	EVENT(PAGE, PCP_OUT, 5, "page.pcp_out", "a free page went from this CPU's list to the buddies", \
	      F(a, pfn, DEC)) \
	EVENT(PAGE, RMAP_ADD, 6, "page.rmap_add", "addr maps the page; count is its mapcount now.  A witness " \
	      "of pte.set, with mask bit 18 only", F(a, pfn, DEC) F(b, addr, HEX) F(c, count, SDEC)) \
	EVENT(PAGE, RMAP_DEL, 7, "page.rmap_del", "addr does not map the page any more.  As page.rmap_add", \
	      F(a, pfn, DEC) F(b, addr, HEX) F(c, count, SDEC)) \
	\
	EVENT(SLAB, GROW, 0, "slab.grow", "a cache has a slab more, of 2^order pages", F(e, order, DEC) \
	      F(a, pfn, DEC) F(b, objects, DEC) F(c, cache, TEXT16)) \
	EVENT(SLAB, SHRINK, 1, "slab.shrink", "the slab's pages go back", F(e, order, DEC) F(a, pfn, DEC) \
	      F(c, cache, TEXT16)) \
	EVENT(SLAB, OBJ_ALLOC, 2, "slab.obj_alloc", "an object of a slab is in use; with mask bit 17 only", \
	      F(e, index, DEC) F(a, pfn, DEC) F(c, cache, TEXT16)) \
	EVENT(SLAB, OBJ_FREE, 3, "slab.obj_free", "and is not any more; with mask bit 17 only", \
	      F(e, index, DEC) F(a, pfn, DEC) F(c, cache, TEXT16)) \
	\
	EVENT(TLB, FLUSH, 0, "tlb.flush", "no CPU uses an older translation of [start, end) of the mm", \
	      F(e, kind, FLUSH) F(a, start, HEX) F(b, end, HEX)) \
	EVENT(TLB, CR3, 1, "tlb.cr3", "the tables of the mm are loaded, in place of those of old", \
	      F(e, old, DEC)) \
	EVENT(TLB, LAZY, 2, "tlb.lazy", "a task without an mm borrows the tables that are loaded (enter 1), " \
	      "or gives them back", F(e, enter, DEC)) \
	EVENT(TLB, DEFER, 3, "tlb.defer", "so many pages and tables waited for the flush and are now freed", \
	      F(a, pages, DEC) F(b, tables, DEC)) \
	\
	EVENT(FILE, CACHE_ADD, 0, "file.cache_add", "the page cache holds this page of a file", \
	      F(a, ino, DEC) F(b, pgoff, DEC) F(c, pfn, DEC)) \
	EVENT(FILE, CACHE_DEL, 1, "file.cache_del", "and does not any more", \
	      F(a, ino, DEC) F(b, pgoff, DEC) F(c, pfn, DEC)) \
	EVENT(FILE, DIRTY, 2, "file.dirty", "it differs from what it was read from", \
	      F(a, ino, DEC) F(b, pgoff, DEC) F(c, pfn, DEC)) \
	EVENT(FILE, CLEAN, 3, "file.clean", "what it holds now is about to be written: it differs no more", \
	      F(a, ino, DEC) F(b, pgoff, DEC) F(c, pfn, DEC)) \
	EVENT(FILE, WRITEBACK, 4, "file.writeback", "the disk reads it", \
	      F(a, ino, DEC) F(b, pgoff, DEC) F(c, pfn, DEC)) \
	EVENT(FILE, WRITTEN, 5, "file.written", "the disk has it, or an error was noted", \
	      F(a, ino, DEC) F(b, pgoff, DEC) F(c, pfn, DEC)) \
	EVENT(FILE, TO_SWAP, 6, "file.to_swap", "this page of a file in memory is in a slot of swap (area << 50 | " \
	      "slot): the file holds one reference to the slot", F(a, ino, DEC) F(b, pgoff, DEC) F(c, entry, HEX)) \
	EVENT(FILE, FROM_SWAP, 7, "file.from_swap", "and is not any more", \
	      F(a, ino, DEC) F(b, pgoff, DEC) F(c, entry, HEX)) \
	EVENT(FILE, SLOT_GET, 8, "swap.get", "a free slot of swap is in use: area << 50 | slot", F(a, entry, HEX)) \
	EVENT(FILE, SLOT_FREE, 9, "swap.free", "and is free again: no entry names it, and the swap cache has it not", \
	      F(a, entry, HEX)) \
	EVENT(FILE, SWAP_ADD, 10, "swap.cache_add", "the swap cache holds the page of this slot", \
	      F(a, entry, HEX) F(b, pfn, DEC)) \
	EVENT(FILE, SWAP_DEL, 11, "swap.cache_del", "and does not any more; if entries name the slot, it was written", \
	      F(a, entry, HEX) F(b, pfn, DEC)) \
	EVENT(FILE, SWAP_OUT, 12, "swap.out", "the page is on its way to its slot", F(a, entry, HEX) F(b, pfn, DEC)) \
	EVENT(FILE, SWAP_WRITTEN, 13, "swap.written", "the slot has it; error 1: it could not be written and stays", \
	      F(e, error, DEC) F(a, entry, HEX) F(b, pfn, DEC)) \
	EVENT(FILE, SWAP_IN, 14, "swap.in", "the page is on its way from its slot", F(a, entry, HEX) F(b, pfn, DEC)) \
	\
	EVENT(RECLAIM, LRU, 0, "page.lru", "the page is on this list of its zone, or on none", F(e, list, LRU) \
	      F(a, pfn, DEC)) \
	EVENT(RECLAIM, WAKE, 1, "reclaim.wake", "kswapd begins: so many frames are free in all zones", F(a, free, DEC)) \
	EVENT(RECLAIM, SLEEP, 2, "reclaim.sleep", "kswapd has what it wants, or finds nothing more; it has freed so many " \
	      "pages", F(a, free, DEC) F(b, freed, DEC)) \
	EVENT(RECLAIM, DIRECT, 3, "reclaim.direct", "who needs 2^order frames has freed so many pages himself", \
	      F(e, order, DEC) F(a, freed, DEC) F(b, gfp, HEX)) \
	EVENT(RECLAIM, SCAN, 4, "reclaim.scan", "so many pages from the old end of a list were looked at, and so many of " \
	      "these freed, by kswapd, by who needs memory (direct) or was asked to (advice)", F(e, list, LRU) \
	      F(al, zone, DEC) F(ah, by, RECLAIMER) \
	      F(b, scanned, DEC) F(c, freed, DEC)) \
	EVENT(RECLAIM, STEAL, 5, "reclaim.steal", "the page has no user and no place in a cache any more, and what it held " \
	      "can be had again or is not wanted: page.free follows", F(a, pfn, DEC)) \
	EVENT(RECLAIM, SLAB, 6, "reclaim.slab", "a shrinker looked at so many objects and freed so many of them", \
	      F(a, scanned, DEC) F(b, freed, DEC) F(c, shrinker, TEXT16)) \
	EVENT(RECLAIM, OOM, 7, "reclaim.oom", "nothing can be freed: this process is killed; points: pages it would give " \
	      "back, weighted", F(a, victim, DEC) F(b, points, DEC))

/* What can come of a fault: fault.done's outcome, fault.sig's reason. */
#define QUIRE_OUTCOMES(X) \
	X(RETRY, "retry") X(ANON_ZERO, "anon_zero") X(ANON_READ_ZERO_PAGE, "anon_read_zero_page") \
	X(FILE_READ, "file_read") X(FILE_COW, "file_cow") X(FILE_SHARED, "file_shared") \
	X(WP_COPY, "wp_copy") X(WP_REUSE, "wp_reuse") X(WP_SHARED, "wp_shared") X(SWAP_IN, "swap_in") \
	X(GROW_STACK, "grow_stack") X(SPURIOUS, "spurious") X(SEGV_MAPERR, "segv_maperr") \
	X(SEGV_ACCERR, "segv_accerr") X(SEGV_PKUERR, "segv_pkuerr") X(SIGBUS, "sigbus") X(OOM, "oom") \
	X(KERNEL_FIXUP, "kernel_fixup")
/* Why mm_users or mm_count changed. */
#define QUIRE_MMWHYS(X) X(USERS, "users") X(COUNT, "count")
#define QUIRE_FLUSHES(X) X(PAGES, "pages") X(USER, "user") X(GLOBAL, "global") X(OTHERS, "others")
/* Lists of pages in the order of enum lru_list; none comes first. */
#define QUIRE_LRUS(X) \
	X(NONE, "none") X(INACTIVE_ANON, "inactive_anon") X(ACTIVE_ANON, "active_anon") \
	X(INACTIVE_FILE, "inactive_file") X(ACTIVE_FILE, "active_file") X(UNEVICTABLE, "unevictable")
#define QUIRE_RECLAIMERS(X) X(DIRECT, "direct") X(KSWAPD, "kswapd") X(ADVICE, "advice")
#define QUIRE_BATCHES(X) X(COPY, "copy") X(ZAP, "zap") X(PROTECT, "protect")

#define QUIRE_GROUP_ENUM(nr, NAME, text) EV_GROUP_##NAME = nr,
enum quire_group { QUIRE_EVENT_GROUPS(QUIRE_GROUP_ENUM) EV_NR_GROUPS };
#define QUIRE_EVENT_ENUM(GROUP, NAME, nr, text, says, ...) \
	EV_##GROUP##_##NAME = EV_GROUP_##GROUP << 8 | nr,
#define QUIRE_NO_FIELD(slot, name, format)
enum quire_event_kind { QUIRE_EVENTS(QUIRE_EVENT_ENUM, QUIRE_NO_FIELD) };
#define QUIRE_OUTCOME_ENUM(NAME, text) OUTCOME_##NAME,
enum quire_outcome { QUIRE_OUTCOMES(QUIRE_OUTCOME_ENUM) };
#define QUIRE_MMWHY_ENUM(NAME, text) MMWHY_##NAME,
enum quire_mmwhy { QUIRE_MMWHYS(QUIRE_MMWHY_ENUM) };
#define QUIRE_FLUSH_ENUM(NAME, text) FLUSH_##NAME,
enum quire_flush { QUIRE_FLUSHES(QUIRE_FLUSH_ENUM) };
#define QUIRE_RECLAIMER_ENUM(NAME, text) RECLAIM_##NAME,
enum quire_reclaimer { QUIRE_RECLAIMERS(QUIRE_RECLAIMER_ENUM) };
#define QUIRE_BATCH_ENUM(NAME, text) BATCH_##NAME,
enum quire_batch { QUIRE_BATCHES(QUIRE_BATCH_ENUM) };

/*
 * /proc/quire/ring, mapped read-only and shared: a page with this header, then the records of one
 * CPU (file offset: cpu * (length of one CPU's part)).  The record with number n lies at n % records
 * as long as head - n < records: read head, copy, read head again.
 */
struct quire_ring {
	unsigned int magic;		/* QUIRE_RING_MAGIC */
	unsigned int version;		/* QUIRE_EVENTS_VERSION */
	unsigned int cpu;
	unsigned int mask;		/* what is traced now */
	unsigned long records;		/* a power of two */
	unsigned long data_offset;	/* of record 0 in the mapping */
	unsigned long head;		/* how many were ever written: the number of the next one */
};
#define QUIRE_RING_MAGIC 0x65727551	/* "Qure" */

#endif
