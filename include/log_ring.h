/*
 * log_ring.h - a ring of records of text, the newest of which are kept (kernel/log_ring.c)
 *
 * Its owner locks it: no function here does.
 */
#ifndef LOG_RING_H
#define LOG_RING_H

#include <types.h>

#define LOG_RECORD_ALIGN 8	/* the least that can be left at the end of the ring */

struct log_record {
	u16 len;		/* of text, without newline; first, so that a gap always has room */
	u8 level;
	bool written;		/* the consoles have it already */
	u64 ns;
	char text[];
};

/* Positions are byte counts that only grow. */
struct log_ring {
	char *buf;		/* aligned to LOG_RECORD_ALIGN */
	size_t size;		/* a power of two */
	u64 first, next;	/* the oldest record; the end of the newest */
};

/* Put a record of @len bytes (less than a quarter of the ring, and than 64 KiB) behind the newest; the oldest make room. */
struct log_record *log_ring_store(struct log_ring *ring, u64 ns, int level, const char *text, size_t len);
/* The position of the first whole record at or after @pos; ring->next: there is none. */
u64 log_ring_next(const struct log_ring *ring, u64 pos);
/* The record at @pos, which log_ring_next() gave; where the one after it is, or a gap. */
struct log_record *log_ring_at(const struct log_ring *ring, u64 pos);
u64 log_ring_after(const struct log_ring *ring, u64 pos);

#endif
