/*
 * kernel/log_ring.c - a ring of records of text
 *
 * Purpose:    the kernel's log (kernel/printk.c) keeps the newest records in memory that does not grow.
 * Invariants: a record never wraps: the ring's end is filled by a gap; ring->first is always the start of a
 *             whole record.
 * Lock order: none: the owner of a ring locks it.
 */
#include <bug.h>
#include <log_ring.h>
#include <string.h>

#define GAP 0xffffU		/* log_record.len: skip to the start of the ring */

_Static_assert(offsetof(struct log_record, len) + sizeof(u16) <= LOG_RECORD_ALIGN, "a gap fits");

static size_t record_size(size_t len)
{
	return ALIGN_UP(offsetof(struct log_record, text) + len, LOG_RECORD_ALIGN);
}

struct log_record *log_ring_at(const struct log_ring *ring, u64 pos)
{
	return (struct log_record *)&ring->buf[pos & (ring->size - 1)];
}

u64 log_ring_after(const struct log_ring *ring, u64 pos)
{
	const struct log_record *r = log_ring_at(ring, pos);

	return r->len == GAP ? ALIGN_UP(pos + 1, ring->size) : pos + record_size(r->len);
}

u64 log_ring_next(const struct log_ring *ring, u64 pos)
{
	if (pos < ring->first)
		pos = ring->first;
	if (pos < ring->next && log_ring_at(ring, pos)->len == GAP)
		pos = log_ring_after(ring, pos);
	return pos;
}

/* Room for @size bytes in one piece: forget the oldest records. */
static struct log_record *make_room(struct log_ring *ring, size_t size)
{
	size_t left = ring->size - (ring->next & (ring->size - 1));
	size_t need = left < size ? left + size : size;

	while (ring->next + need - ring->first > ring->size)
		ring->first = log_ring_after(ring, ring->first);
	if (left < size) {
		log_ring_at(ring, ring->next)->len = GAP;
		ring->next += left;
	}
	return log_ring_at(ring, ring->next);
}

struct log_record *log_ring_store(struct log_ring *ring, u64 ns, int level, const char *text, size_t len)
{
	struct log_record *r;

	VM_BUG_ON(len >= GAP || len >= ring->size / 4);
	r = make_room(ring, record_size(len));
	r->ns = ns;
	r->len = len;
	r->level = level;
	r->written = false;
	memcpy(r->text, text, len);
	ring->next += record_size(len);
	return r;
}
