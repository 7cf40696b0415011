/*
 * libc/malloc.c - memory for programs, from brk and from mmap
 *
 * Purpose:    small blocks come from one heap that grows by brk; blocks of BIG bytes and
 *             more each get a mapping of their own, so that free() gives them back at once.
 * Invariants: a chunk is a header and its memory, a multiple of 16 bytes; the chunks of the
 *             heap lie side by side from first to the sentinel; two neighbours are never
 *             both free; exactly the free chunks are on the free list.
 * Simplified: first fit, one lock, the heap never shrinks.
 * Sources:    Knuth, "The Art of Computer Programming" vol. 1, "Dynamic Storage Allocation"
 *             (boundary tags).
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <thread.h>
#include <unistd.h>

#define BIG		(128 * 1024UL)
#define GROW		(64 * 1024UL)	/* least growth of the heap */
#define ALIGN(n)	(((n) + 15) & ~15UL)
#define PAGE_ALIGN(n)	(((n) + 4095) & ~4095UL)

enum { FREE = 0, USED = 1, MAPPED = 2 };

struct chunk {
	size_t		prev_size;	/* of the neighbour below, 0 for the first */
	size_t		size;		/* with this header; low bits are the state */
	struct chunk	*next, *prev;	/* free list; the user's memory begins here */
};

#define HEADER		offsetof(struct chunk, next)
#define MIN_SIZE	sizeof(struct chunk)

static struct mutex lock;
static struct chunk free_list = { .next = &free_list, .prev = &free_list };
static struct chunk *sentinel;		/* header after the last chunk, always USED */

static size_t size_of(const struct chunk *c)
{
	return c->size & ~15UL;
}

static int state_of(const struct chunk *c)
{
	return c->size & 15;
}

static struct chunk *at(struct chunk *c, long offset)
{
	return (struct chunk *)((char *)c + offset);
}

static void set(struct chunk *c, size_t size, int state)
{
	c->size = size | state;
	at(c, size)->prev_size = size;
}

static void list_del(struct chunk *c)
{
	c->next->prev = c->prev;
	c->prev->next = c->next;
}

static void list_add(struct chunk *c)
{
	c->next = free_list.next;
	c->prev = &free_list;
	c->next->prev = c;
	free_list.next = c;
}

/* Put a chunk on the free list, as one with its free neighbours. */
static void release(struct chunk *c)
{
	size_t size = size_of(c);
	struct chunk *next = at(c, size);

	if (state_of(next) == FREE) {
		list_del(next);
		size += size_of(next);
	}
	if (c->prev_size && state_of(at(c, -c->prev_size)) == FREE) {
		c = at(c, -c->prev_size);
		list_del(c);
		size += size_of(c);
	}
	set(c, size, FREE);
	list_add(c);
}

/* Cut a used chunk to size when the rest is worth a chunk. */
static void trim(struct chunk *c, size_t size)
{
	size_t rest = size_of(c) - size;

	if (rest < MIN_SIZE)
		return;
	set(c, size, USED);
	set(at(c, size), rest, USED);
	release(at(c, size));
}

/* Ask brk for more; the old sentinel becomes the head of a new free chunk. */
static int grow(size_t size)
{
	char *end = sbrk(0);
	struct chunk *c = sentinel;

	size = size + MIN_SIZE < GROW ? GROW : PAGE_ALIGN(size + MIN_SIZE);
	if (!c) {			/* first call: align the start */
		c = (struct chunk *)ALIGN((uintptr_t)end);
		size += (char *)c - end;
	}
	if (sbrk(size) == (void *)-1)
		return -1;
	if (!sentinel)
		c->prev_size = 0;
	sentinel = (struct chunk *)((uintptr_t)(end + size - HEADER) & ~15UL);
	set(c, (char *)sentinel - (char *)c, USED);
	sentinel->size = HEADER | USED;
	release(c);
	return 0;
}

static struct chunk *find(size_t size)
{
	for (struct chunk *c = free_list.next; c != &free_list; c = c->next)
		if (size_of(c) >= size)
			return c;
	return NULL;
}

static void *map_big(size_t size)
{
	struct chunk *c = mmap(NULL, PAGE_ALIGN(size), PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (c == MAP_FAILED)
		return NULL;
	c->size = PAGE_ALIGN(size) | MAPPED;
	return &c->next;
}

void *malloc(size_t bytes)
{
	size_t size = ALIGN(bytes + HEADER);
	struct chunk *c;

	if (bytes > PTRDIFF_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	if (size < MIN_SIZE)
		size = MIN_SIZE;
	if (size >= BIG)
		return map_big(size);
	mutex_lock(&lock);
	c = find(size);
	if (!c && !grow(size))
		c = find(size);
	if (c) {
		list_del(c);
		set(c, size_of(c), USED);
		trim(c, size);
	}
	mutex_unlock(&lock);
	return c ? &c->next : NULL;
}

void free(void *mem)
{
	struct chunk *c = (struct chunk *)((char *)mem - HEADER);

	if (!mem)
		return;
	if (state_of(c) == MAPPED) {
		munmap(c, size_of(c));
		return;
	}
	if (state_of(c) != USED)
		abort();		/* freed twice, or overwritten */
	mutex_lock(&lock);
	release(c);
	mutex_unlock(&lock);
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *mem;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	mem = malloc(bytes);
	return mem ? memset(mem, 0, bytes) : NULL;
}

void *realloc(void *mem, size_t bytes)
{
	size_t old;
	void *new;

	if (!mem)
		return malloc(bytes);
	old = size_of((struct chunk *)((char *)mem - HEADER)) - HEADER;
	if (bytes <= old && bytes >= old / 2)
		return mem;
	new = malloc(bytes);
	if (new) {
		memcpy(new, mem, bytes < old ? bytes : old);
		free(mem);
	}
	return new;
}
