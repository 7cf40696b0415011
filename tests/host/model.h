/*
 * tests/host/model.h - what a program may know about its memory, written down to be run
 *
 * The model (model.c) is the specification that mm/ is compared with (refine.c).  It shares no code
 * with the kernel and none of its cleverness: an address space is a sorted array of areas and a
 * map from page to address; a file is an array of pages; a page is four words.
 */
#ifndef TESTS_HOST_MODEL_H
#define TESTS_HOST_MODEL_H

#include <stdbool.h>

typedef unsigned long ulong;
typedef unsigned long long word;

enum { M_SPACES = 4, M_AREAS = 128, M_PAGES = 1024, M_FILES = 28, M_FILE_PAGES = 32 };
enum { M_NAMED = 3 };			/* the first files have descriptors, the others only areas */
enum { M_WORDS = 4 };
extern const unsigned int m_offset[M_WORDS];	/* where in a page its words lie; all else is zero */

/* Flags of an area.  M_FIXED_RO: a shared view of a file opened for reading: M_W can never be had. */
enum {
	M_R = 1, M_W = 2, M_X = 4, M_SHARED = 8, M_FIXED_RO = 16, M_LOCKED = 32, M_ONFAULT = 64,
	M_DONTFORK = 128, M_WIPE = 256, M_SEQ = 512, M_RAND = 1024, M_DONTDUMP = 2048, M_NORESERVE = 4096,
	M_NONLINEAR = 8192, M_DOWN = 16384,
};

struct m_area {
	ulong start, end;
	unsigned int flags;
	int file;			/* -1: private memory of its own */
	ulong pgoff;			/* file page at start */
};

/* A private page, which spaces share after fork until one of them writes, or what a nonlinear area shows. */
struct m_page {
	ulong frame;			/* where it was first seen in the machine: it must stay there */
	ulong shows;			/* in a nonlinear area: this page of the file, and no words */
	word w[M_WORDS];
};

struct m_file {
	bool disk;			/* no holes can be punched */
	unsigned int birth;		/* tells a new object from an old one of the same index */
	ulong size;			/* bytes */
	unsigned int dirty;		/* bit n: page n was written and must be kept */
	word w[M_FILE_PAGES][M_WORDS];
};

struct m_space {
	bool used;
	ulong brk, start_brk;
	int nr_areas;
	struct m_area area[M_AREAS + 1];	/* sorted; behind the last one lies M_NOTHING */
	ulong where[M_PAGES];		/* the address at which it has this page, or M_NOWHERE */
	bool lazy[M_PAGES];		/* MADV_FREE gave it up: until it is written here, its only owner may lose it */
};
#define M_NOWHERE -1UL
#define M_NOTHING ((struct m_area){ .start = M_NOWHERE, .end = M_NOWHERE, .file = -1 })

struct m_state {
	struct m_space space[M_SPACES];
	struct m_page page[M_PAGES];
	struct m_file file[M_FILES];
	unsigned int births;
};
extern struct m_state model;
extern ulong m_task_size, m_mmap_base, m_guard_gap, m_stack_limit;	/* the machine's */

/* System calls: Linux's arguments, Linux's results.  @file: index or -1; @ro: opened for reading. */
long m_mmap(struct m_space *s, ulong addr, ulong len, ulong prot, ulong flags, int file, bool ro, ulong off);
long m_munmap(struct m_space *s, ulong addr, ulong len);
long m_mprotect(struct m_space *s, ulong addr, ulong len, ulong prot);
long m_mremap(struct m_space *s, ulong addr, ulong old_len, ulong new_len, ulong flags, ulong to);
long m_madvise(struct m_space *s, ulong addr, ulong len, int advice);
long m_mlock(struct m_space *s, ulong addr, ulong len, unsigned int locks);	/* 0: munlock */
long m_remap(struct m_space *s, ulong addr, ulong len, ulong pgoff, bool nonblock);
long m_brk(struct m_space *s, ulong brk);
long m_fork(struct m_space *s, struct m_space *child);	/* 0 or -ENOMEM */
void m_start(struct m_space *s, ulong brk);	/* a new program */
void m_exit(struct m_space *s);
long m_truncate(int file, ulong size);
long m_write(int file, ulong index, unsigned int i, word v);	/* write(2) of one word */

/* A load, a store, or a debugger's store of word @i of the page at @addr, and what it comes to. */
enum m_how { M_LOAD, M_STORE, M_POKE };
enum m_outcome { M_OK, M_SEGV, M_BUS, M_OOM };
enum m_outcome m_access(struct m_space *s, ulong addr, enum m_how how, unsigned int i, word *v);

/* Is there memory for one step more of a call, which needs a page (@page) or less?  The tester answers. */
bool m_step(bool page);

/* For the comparison. */
int m_owners(const struct m_page *p);	/* how many spaces have it; 0: it is free */
unsigned int m_files_in_use(void);	/* bit n: file n has a name or an area */

#endif
