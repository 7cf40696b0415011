/*
 * snapshot.h - the whole state of memory as JSON lines, one consistent cut
 *
 * kernel/snapshot.c cuts and frames it; each kind of line is written next to what it shows:
 * mm/snapshot.c (address spaces), mm/snapshot_frames.c (frames, allocators), fs/snapshot_files.c.
 * The form of each line: docs/snapshot.md.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include <err.h>
#include <explore.h>
#include <types.h>

struct mm_struct;
struct vm_area_struct;

#define SNAPSHOT_VERSION 1

/* What is wanted. */
struct snap_what {
	enum { SNAP_ALL, SNAP_MM, SNAP_PAGES } kind;
	u32 mm;					/* SNAP_MM: its id */
	unsigned long from, to;			/* frames; SNAP_ALL: all there are */
};
/* "", "all", "mm ID", "pages A B" with A < B, decimal; a newline may follow.  0 or -EINVAL. */
int snap_parse(const char *text, size_t len, struct snap_what *what);

/* A snapshot that is written, or is there to be read. */
struct snapshot {
	struct snap_what what;
	char *buf;
	size_t size, len;			/* while it is written len may grow beyond size: that is counted only */
	unsigned long lines;
	bool found;				/* SNAP_MM: there is one */
	u8 *uses;				/* by frame_index(): what only its owner knows (enum snap_use) */
	u32 number;				/* of this cut: marks what has been written in it */
};

/*
 * Process context, may sleep; no locks held.  ERR_PTR: -EINVAL (no such frames), -ESRCH (no such mm),
 * -ENOMEM, -EAGAIN (it grew faster than the buffer, several times).
 */
struct snapshot *snapshot_take(const struct snap_what *what);
void snapshot_free(struct snapshot *s);

/*
 * Between these nothing changes: interrupts are off and no other CPU runs.  No sleeping, no
 * allocation, no sleeping lock; all lists and trees may be walked as they are.
 */
unsigned long snapshot_stop_machine(void);
void snapshot_go_on(unsigned long irqs);

/* ---- writing: only during the cut ---- */
static inline void snap_char(struct snapshot *s, char c)
{
	if (s->len < s->size)
		s->buf[s->len] = c;
	s->len++;
}
void snap_puts(struct snapshot *s, const char *text);
void snap_dec(struct snapshot *s, unsigned long n);
void snap_hex(struct snapshot *s, unsigned long n);	/* digits alone, no quotes */
void snap_text(struct snapshot *s, const char *text);	/* a JSON string, quotes included */
void snap_printf(struct snapshot *s, const char *fmt, ...) __printf(2, 3);
void snap_line_end(struct snapshot *s);			/* }\n */

/* ---- the kinds of lines ---- */
struct page;
struct path;
void snap_ask_owners(struct snapshot *s);		/* first of all: fills ->uses */
/* The next page of [*pfn, to) with a mapping; *pfn goes behind it.  NULL at the end. */
struct page *snap_next_mapped(const struct snapshot *s, unsigned long *pfn, unsigned long to);
/* Does page->mapping of the frame mean what its name says? */
bool snap_has_mapping(const struct snapshot *s, const struct page *page);
void snap_path(struct snapshot *s, const struct path *path);	/* as in /proc/PID/maps */
bool snap_wants_mm(const struct snapshot *s, const struct mm_struct *mm);
void snap_mms(struct snapshot *s);			/* snap.mm, snap.vma, snap.av, snap.pt */
void snap_frames(struct snapshot *s);			/* snap.page, snap.rmap */
void snap_allocators(struct snapshot *s);		/* snap.buddy, snap.pcp, snap.slab */
void snap_files(struct snapshot *s);
void snap_swap(struct snapshot *s);
void snap_vmstat(struct snapshot *s);

/* Commands of the port (kernel/explore.c): snap, walk. */
int cmd_snap(struct explore_out *o, const char *args);
int cmd_walk(struct explore_out *o, const char *args);

#endif
