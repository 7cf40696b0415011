/*
 * tests/kernel/test_fail_mm.c - every call of an address space with its nth allocation failing
 *
 * Each is tried with the 1st, 2nd, ... allocation failing for good until it runs through: what
 * it answers is success or -ENOMEM (-EAGAIN for advice), every invariant holds, and the contents
 * of memory are what they were.
 */
#include "mm_util.h"

#ifdef QUIRE_DEBUG

#define TRIES 60

/* Four areas of four touched pages, holes between, and a file mapping. */
static bool make_areas(struct file *f)
{
	for (int i = 0; i < 4; i++) {
		if (map_at(i * 6, 4, i & 1 ? RW | PROT_EXEC : RW) != (long)AT(i * 6))
			return false;
		for (int p = 0; p < 4; p++)
			poke(AT(i * 6 + p), i * 6 + p + 1);
	}
	return map_file(f, 30, 4, RW, MAP_PRIVATE) == (long)AT(30) && poke(AT(31), 32);
}

/* What was mapped and is not meant to change keeps its contents. */
static bool contents_kept(int first, int last)
{
	for (int i = 0; i < 4; i++)
		for (int p = i * 6; p < i * 6 + 4; p++)
			if ((p < first || p > last) && peek(AT(p)) != (u64)p + 1)
				return false;
	return peek(AT(31)) == 32;
}

/* @op may change pages [first, last] only. */
static void try_all(struct ktest_ctx *t, struct mm_struct *mm, long (*op)(void), int first, int last)
{
	struct file *f = new_file(4 * PAGE_SIZE);
	int n;

	EXPECT(!IS_ERR(f));
	for (n = 1; n < TRIES; n++) {
		unsigned long failed;
		long ret;

		EXPECT_EQ(sys_munmap(AT(0), 200 * PAGE_SIZE), 0);
		EXPECT(make_areas(f));
		fail_alloc(n, true);
		ret = op();
		failed = fail_alloc(0, false);
		EXPECT_EQ(mm_verify_one(mm), 0);
		EXPECT(contents_kept(first, last));
		if (!failed) {
			EXPECT(!IS_ERR_VALUE(ret));
			break;
		}
		EXPECT(!IS_ERR_VALUE(ret) || ret == -ENOMEM || ret == -EAGAIN);
	}
	EXPECT(n < TRIES);
	fput(f);
}

static long unmap_over_three(void) { return unmap(2, 14); }
static long unmap_a_hole(void) { return unmap(1, 2); }
static long map_over(void) { return map_at(2, 10, PROT_READ); }
static long map_shared(void)
{
	return sys_mmap(AT(50), 4 * PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1UL, 0);
}
static long protect_a_part(void) { return protect(1, 2, PROT_NONE) ?: protect(1, 2, RW); }
static long protect_the_file(void) { return protect(31, 1, PROT_READ); }
static long lock_a_part(void) { return sys_mlock(AT(1), 2 * PAGE_SIZE); }
static long advise_a_part(void) { return sys_madvise(AT(1), 2 * PAGE_SIZE, MADV_RANDOM); }
static long grow_and_move(void)
{
	return sys_mremap(AT(0), 4 * PAGE_SIZE, 1000 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			  AT(2000));
}
static long move_a_part(void)
{
	return sys_mremap(AT(1), 2 * PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			  AT(100));
}
static long grow_in_place(void) { return sys_mremap(AT(0), 4 * PAGE_SIZE, 6 * PAGE_SIZE, 0, 0); }
static long populate(void)
{
	return sys_madvise(AT(0), 4 * PAGE_SIZE, MADV_POPULATE_WRITE);
}

#define FAIL_TEST(name, first, last) \
	MM_TEST(fail_mm, name) { try_all(t, mm, name, first, last); }

FAIL_TEST(unmap_over_three, 2, 15)
FAIL_TEST(unmap_a_hole, 1, 2)
FAIL_TEST(map_over, 2, 11)
FAIL_TEST(map_shared, 50, 53)
FAIL_TEST(protect_a_part, 1, 2)
FAIL_TEST(protect_the_file, 50, 50)
FAIL_TEST(lock_a_part, 50, 50)
FAIL_TEST(advise_a_part, 50, 50)
FAIL_TEST(move_a_part, 1, 2)
FAIL_TEST(grow_and_move, 0, 3)
FAIL_TEST(grow_in_place, 50, 50)
FAIL_TEST(populate, 50, 50)

#endif
