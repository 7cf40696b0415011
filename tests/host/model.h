/*
 * tests/host/model.h - what a program may know about its memory, written down to be run
 *
 * The model is the specification that mm/ is compared with (tests/host/refine.c).  It shares no
 * code with the kernel and none of its cleverness: an address space is a sorted array of areas and
 * a sorted array of private pages; a file is an array of pages; a page is four words.
 */
#ifndef TESTS_HOST_MODEL_H
#define TESTS_HOST_MODEL_H

#include <stdbool.h>

typedef unsigned long long word;

enum { M_SPACES = 4, M_AREAS = 128, M_SLOTS = 512, M_PAGES = 1024, M_FILES = 28, M_FILE_PAGES = 32 };
enum { M_NAMED = 3 };			/* the first files have descriptors, the others only areas */
enum { M_WORDS = 4 };
extern const unsigned int m_offset[M_WORDS];	/* where in a page its words lie; all else is zero */

/* Flags of an area. */
enum {
	M_R = 1, M_W = 2, M_X = 4, M_SHARED = 8, M_FIXED_RO = 16, M_LOCKED = 32, M_ONFAULT = 64,
	M_DONTFORK = 128, M_WIPE = 256, M_SEQ = 512, M_RAND = 1024, M_DONTDUMP = 2048, M_NORESERVE = 4096,
	M_NONLINEAR = 8192, M_DOWN = 16384,
};
/* M_FIXED_RO: a shared view of a file that was opened for reading: M_W can never be had. */

struct m_area {
	unsigned long start, end;
	unsigned int flags;
	int file;			/* -1: private memory of its own */
	unsigned long pgoff;		/* file page at start */
};

/* A private page: spaces share it after fork until one of them writes. */
struct m_page {
	int refs;			/* 0: unused */
	unsigned long frame;		/* where it was first seen in the machine: it must stay there */
	word w[M_WORDS];
};

struct m_file {
	bool used, disk;		/* @disk: no holes can be punched */
	unsigned int birth;		/* tells a new object from an old one of the same index */
	unsigned long size;		/* bytes */
	unsigned int dirty;		/* bit n: page n was written and must be kept */
	word w[M_FILE_PAGES][M_WORDS];
};

/* In private memory: the page that is there.  In a nonlinear area: M_SHOWS(the file page). */
#define M_SHOWS(index) (-2 - (int)(index))
struct m_slot {
	unsigned long vpn;
	int page;
};

struct m_space {
	bool used;
	unsigned long brk, start_brk;
	int nr_areas, nr_slots;
	struct m_area area[M_AREAS];
	struct m_slot slot[M_SLOTS];
};

struct m_state {
	struct m_space space[M_SPACES];
	struct m_page page[M_PAGES];
	struct m_file file[M_FILES];
	unsigned int births;
	int budget;			/* steps that still succeed; -1: all */
	enum { M_FOR_GOOD, M_ONCE, M_NO_PAGES } shortage;	/* all after it fail; none; those that need a page */
	bool exhausted;			/* one did not */
};
extern struct m_state model;
extern unsigned long m_task_size, m_mmap_base, m_guard_gap, m_stack_limit;	/* the machine's */

/* What an access comes to. */
enum { M_OK, M_SEGV, M_BUS, M_OOM };

/* System calls: Linux's arguments, Linux's results.  @file: index or -1; @ro: opened for reading. */
long m_mmap(struct m_space *s, unsigned long addr, unsigned long len, unsigned long prot,
	    unsigned long flags, int file, bool ro, unsigned long off);
long m_munmap(struct m_space *s, unsigned long addr, unsigned long len);
long m_mprotect(struct m_space *s, unsigned long addr, unsigned long len, unsigned long prot);
long m_mremap(struct m_space *s, unsigned long addr, unsigned long old_len, unsigned long new_len,
	      unsigned long flags, unsigned long new_addr);
long m_madvise(struct m_space *s, unsigned long addr, unsigned long len, int advice);
long m_mlock(struct m_space *s, unsigned long addr, unsigned long len, bool onfault);
long m_munlock(struct m_space *s, unsigned long addr, unsigned long len);
long m_remap(struct m_space *s, unsigned long addr, unsigned long len, unsigned long pgoff, bool nonblock);
long m_brk(struct m_space *s, unsigned long brk);
long m_fork(struct m_space *s, struct m_space *child);	/* 0 or -ENOMEM */
void m_exit(struct m_space *s);
long m_truncate(int file, unsigned long size);
long m_write(int file, unsigned long index, unsigned int i, word v);	/* write(2) of one word */
/* A load or store of word @i of the page at @addr; a debugger's store (0: not allowed, 8). */
int m_load(struct m_space *s, unsigned long addr, unsigned int i, word *v);
int m_store(struct m_space *s, unsigned long addr, unsigned int i, word v);
long m_poke(struct m_space *s, unsigned long addr, unsigned int i, word v);

/* For the comparison. */
const struct m_area *m_area_at(const struct m_space *s, unsigned long addr);
int m_page_at(const struct m_space *s, unsigned long vpn);	/* index into model.page, -1: none, or M_SHOWS() */
unsigned long m_file_index(const struct m_space *s, const struct m_area *a, unsigned long addr);
bool m_same_kind(const struct m_area *a, const struct m_area *b);	/* but for place */

/* Between model.c and model_change.c. */
bool m_is_free(const struct m_space *s, unsigned long start, unsigned long end);
void m_insert(struct m_space *s, struct m_area a);
void m_unmap(struct m_space *s, unsigned long start, unsigned long end);
long m_find_room(const struct m_space *s, unsigned long hint, unsigned long len);
void m_move_pages(struct m_space *s, unsigned long from, unsigned long to, unsigned long len);
bool m_step(bool page);			/* one step more, which needs a page or less: false: no memory */
int m_area_above(const struct m_space *s, unsigned long addr);	/* index of the first that ends above */
unsigned long m_start_gap(const struct m_area *a);	/* what must stay free begins here */
void m_cut(struct m_space *s, unsigned long addr);
unsigned long m_linear_index(const struct m_area *a, unsigned long addr);
void m_set_page(struct m_space *s, unsigned long vpn, int page);
int m_bring_in(struct m_space *s, const struct m_area *a, unsigned long addr, bool write);
int m_populate(struct m_space *s, unsigned long start, unsigned long end);
void m_drop_pages(struct m_space *s, unsigned long start, unsigned long end);
void m_wipe(struct m_file *f, unsigned long index);

#endif
