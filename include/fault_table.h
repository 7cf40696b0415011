/*
 * fault_table.h - what a page fault asks, and what may come of it: one table
 *
 * Purpose:    the handler (arch/x86_64/fault.c, mm/fault.c) and the explanation (mm/explain.c)
 *             are made from the same lines, so that `why` cannot say anything else than what happens.
 * Invariants: a condition reads and changes nothing, takes no lock and cannot sleep.  A target is a
 *             question of any list or an outcome: a label in the function that asks.
 *
 * Q(label, "question", condition, if yes, if no).  FAULT_ASK makes two jumps of it, and the compiler
 * what it would have made of an `if`; mm/explain.c writes the answer down and jumps as well.  The
 * table is cut in lists where the handler has something to do in between: look for the area, grow a
 * stack under another lock, read the entry, lock it.
 *
 * Names that the conditions use: addr, vma, tsk, needs (FAULT_NEEDS) and key_forbids in the lists about
 * areas; f (struct fault, mm/fault.h) and page in those about the entry.
 */
#ifndef FAULT_TABLE_H
#define FAULT_TABLE_H

#include <mm.h>
#include <uapi/quire/events.h>

#define FAULT_ASK(label, question, condition, yes, no)	\
label:	__attribute__((unused));			\
	if (condition)					\
		goto yes;				\
	else						\
		goto no;

/* The CPU: no fault at all, or another one. */
#define FAULT_CANONICAL_QUESTIONS(Q) \
	Q(canonical, "is the address canonical", address_canonical(addr), user_half, general_protection)
#define FAULT_MAPPED_QUESTIONS(Q) \
	Q(mapped, "does an entry map the page", entry_present(entry), permitted, area) \
	Q(permitted, "does the entry allow the access", entry_permits(entry, access) && !key_forbids, \
	  no_fault, area)

/* do_page_fault(), before it takes a lock. */
#define FAULT_HALF_QUESTIONS(Q) \
	Q(user_half, "is it in the programs' half", likely((long)addr >= 0), mapped, segv_kernel)

/* With mmap_sem held: vma is the first that ends above the address. */
#define FAULT_AREA_QUESTIONS(Q) \
	Q(area, "does an area end above it", likely(vma), inside, segv_maperr) \
	Q(inside, "does that area begin at or below it", likely(vma->vm_start <= addr), key, stack) \
	Q(stack, "may the area grow down, as a stack", vma->vm_flags & VM_GROWSDOWN, room, segv_maperr)

/* grow_stack(): mmap_sem is held for writing. */
#define FAULT_STACK_QUESTIONS(Q) \
	Q(room, "do limits and guard gap let it grow so far", stack_may_grow(tsk, vma, addr), key, segv_maperr)

/* access_error(). */
#define FAULT_KEY_QUESTIONS(Q) \
	Q(key, "does the thread's protection key forbid it", key_forbids, segv_pkuerr, allowed)
#define FAULT_ALLOWED_QUESTIONS(Q) \
	Q(allowed, "does the area allow the access", likely(vma->vm_flags & needs), entry, segv_accerr)

/* handle_pte_fault(): f->orig is the entry. */
#define FAULT_ENTRY_QUESTIONS(Q) \
	Q(none, "is the entry empty", pte_none(f->orig), anonymous, offset) \
	Q(anonymous, "is the area anonymous", vma_is_anonymous(f->vma), fill, file) \
	Q(fill, "is it a write", wants_write(f), anon_write, anon_read) \
	Q(offset, "does the entry keep a file offset", pte_file(f->orig), lost, present) \
	Q(lost, "is the page lost, to the reaper or to a disk that could not read it", pte_poisoned(f->orig), sigbus, file) \
	Q(present, "does the entry name a page", pte_present(f->orig), write, slot) \
	Q(slot, "does it name a slot of swap that is in use", fault_slot_exists(f), swap_in, sigbus) \
	Q(write, "is it a write", wants_write(f), read_only, unshare) \
	Q(read_only, "is the entry read-only", !pte_write(f->orig), write_protected, spurious) \
	Q(unshare, "is an own copy of a read-only page wanted", wants_own_copy(f), own_copy, spurious)

/* file_fault(). */
#define FAULT_OBJECT_QUESTIONS(Q) \
	Q(object, "does the area's object fill pages", f->vma->vm_ops->fault, exists, sigbus)
/* For `why` alone: the object answers it when the handler asks for the page. */
#define FAULT_EXISTS_QUESTIONS(Q) \
	Q(exists, "does the object reach to this page", fault_page_exists(f), file_write, sigbus)
#define FAULT_FILE_QUESTIONS(Q) \
	Q(file_write, "is it a write", wants_write(f), file_area, file_read) \
	Q(file_area, "is the area shared", f->vma->vm_flags & VM_SHARED, file_shared, file_cow)

/*
 * write_protected(): the entry is locked, page is what it names (NULL: the zero page, a bare frame).
 * Every other PTE, cache and get_user_pages holds a reference of its own.
 */
#define FAULT_WRITE_PROTECT_QUESTIONS(Q) \
	Q(wp_area, "is the area shared", f->vma->vm_flags & VM_SHARED, wp_shared, wp_page) \
	Q(wp_page, "does the entry name an anonymous page", names_anon_page(f, page), wp_owner, wp_copy) \
	Q(wp_owner, "does nobody else refer to the page", page_count(page) == 1, wp_reuse, wp_copy)

/* The same for a reader, get_user_pages(). */
#define FAULT_OWN_COPY_QUESTIONS(Q) \
	Q(own_copy, "do others map the anonymous page too", page && anon_page_shared(page), wp_copy, spurious)

/*
 * O(label, OUTCOME, "what happens").  What may go wrong on the way is not foreseen: no memory, no space
 * in the file system, a signal, another thread that was faster.
 */
#define FAULT_OUTCOMES(O) \
	O(no_fault, NO_FAULT, "no fault: the CPU translates the address") \
	O(general_protection, GENERAL_PROTECTION, "SIGSEGV without an address: not even a page fault") \
	O(segv_maperr, SEGV_MAPERR, "SIGSEGV, SEGV_MAPERR: there is no area") \
	O(segv_kernel, SEGV_MAPERR, "SIGSEGV, SEGV_MAPERR: what is mapped there is none of its business") \
	O(segv_pkuerr, SEGV_PKUERR, "SIGSEGV, SEGV_PKUERR: the thread has locked the memory") \
	O(segv_accerr, SEGV_ACCERR, "SIGSEGV, SEGV_ACCERR: the area is not for that") \
	O(sigbus, SIGBUS, "SIGBUS, BUS_ADRERR: there is no page to be had") \
	O(anon_read, ANON_READ_ZERO_PAGE, "the zero page is mapped read-only") \
	O(anon_write, ANON_ZERO, "a new page of zeros is mapped") \
	O(file_read, FILE_READ, "the cached page and its neighbours are mapped") \
	O(file_cow, FILE_COW, "a private copy of the cached page is mapped") \
	O(file_shared, FILE_SHARED, "the cached page is mapped writable") \
	O(wp_shared, WP_SHARED, "the file is told, and the entry made writable") \
	O(wp_reuse, WP_REUSE, "the page has one owner: the entry is made writable") \
	O(wp_copy, WP_COPY, "the page is copied, and the copy mapped writable") \
	O(swap_in, SWAP_IN, "the page is taken from the swap cache, or read from its slot") \
	O(spurious, SPURIOUS, "the entry allows it by now: nothing is left to do")

/* What `why` answers: as fault.done, and what is no page fault. */
#define WHY_OUTCOMES(X) \
	QUIRE_OUTCOMES(X) X(NO_FAULT, "no_fault") X(GENERAL_PROTECTION, "general_protection")
#define WHY_OUTCOME_ENUM(NAME, text) WHY_##NAME,
enum why_outcome { WHY_OUTCOMES(WHY_OUTCOME_ENUM) };

/*
 * The flags of which an area must have one.  A read of a present page has none that would help:
 * nothing would change.
 */
#define FAULT_NEEDS(write, exec, present) \
	((write) ? VM_WRITE : (exec) ? VM_EXEC : (present) ? 0 : VM_ACCESS_FLAGS)

/*
 * mm/vma.c.  May the stack @vma of @tsk begin at the page of @address (guard gap, limits)?  mmap_sem held,
 * either way.
 */
bool stack_may_grow(const struct task_struct *tsk, const struct vm_area_struct *vma, unsigned long address);

#endif
