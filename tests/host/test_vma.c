/* links: mm/vma.c mm/unmapped_area.c mm/interval_tree.c kernel/rbtree.c mm/slab.c mm/page_alloc.c mm/lru.c mm/shrinker.c tests/host/no_reclaim.c mm/mm_init.c mm/memblock.c mm/debug.c mm/fail_alloc.c tests/host/shim.c tests/host/shim_tlb.c */
/*
 * tests/host/test_vma.c - the tree of areas against an array of pages, many random steps
 */
#include "cmocka_shim.h"
#include <fs.h>
#include <mm.h>
#include <rmap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include "mm/internal.h"
#include "shim.h"

#define WINDOW 256
#define BASE 0x10000000UL
#define AT(page) (BASE + (unsigned long)(page) * PAGE_SIZE)

struct kmem_cache *vm_area_cachep;
int sysctl_max_map_count = 100000;
static struct mm_struct mm;
static s8 model[WINDOW];		/* -1: nothing, else flags */
static u64 seed = 1;

/* What mm/vma.c asks of its neighbours; these areas have no file and no pages. */
int pfnmap_split(struct vm_area_struct *vma, unsigned long at) { return 0; }
void pfnmap_join(struct vm_area_struct *vma, unsigned long at, unsigned long end) { }
int anon_vma_prepare(struct vm_area_struct *vma) { return 0; }
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src) { return 0; }
void unlink_anon_vmas(struct vm_area_struct *vma) { }
void fput(struct file *f) { }
u64 get_random_u64(void) { return 4; }
void down_write(struct rw_semaphore *s) { }
void up_write(struct rw_semaphore *s) { }
bool may_expand_vm_of(const struct task_struct *t, const struct mm_struct *m, unsigned long flags,
		      unsigned long pages) { return true; }
int security_vm_enough_memory(long pages) { return 0; }
void vm_stat_account(struct mm_struct *m, unsigned long flags, bool file, long pages) { }

void mm_verify_range(struct mm_struct *m, unsigned long start, unsigned long end) { }

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % n;
}

/* Violations of list, tree and gaps. */
static long verify(void)
{
	unsigned long end = 0;
	long n = 0, bad = 0;

	for (struct vm_area_struct *v = mm.mmap; v; v = v->vm_next) {
		bad += v->vm_start < end || v->vm_start >= v->vm_end;
		bad += v->vm_next && v->vm_next->vm_prev != v;
		bad += !vma_gap_ok(v);
		end = v->vm_end;
		n++;
	}
	bad += n != mm.map_count || rb_check(&mm.mm_rb) != n || mm.highest_vm_end != end;
	return bad;
}

static void unmap(int start, int len)
{
	struct vm_area_struct *v = find_vma(&mm, AT(start)), *next;

	if (!v || v->vm_start >= AT(start + len))
		return;
	if (v->vm_start < AT(start)) {
		assert_int_equal(split_vma(&mm, v, AT(start), 0), 0);
		v = v->vm_next;
	}
	next = find_vma(&mm, AT(start + len) - 1);
	if (next && next->vm_start < AT(start + len) && next->vm_end > AT(start + len))
		assert_int_equal(split_vma(&mm, next, AT(start + len), 1), 0);
	v = find_vma(&mm, AT(start));
	if (!v || v->vm_start >= AT(start + len))
		return;
	for (v = detach_vmas(&mm, v, AT(start + len)); v; v = next) {
		next = v->vm_next;
		remove_vma(v);
	}
}

static void map(int start, int len, unsigned long flags)
{
	struct vm_area_struct *prev, *v;

	unmap(start, len);
	find_vma_prev(&mm, AT(start), &prev);
	if (vma_merge(&mm, prev, AT(start), AT(start + len), flags, NULL, NULL,
		      AT(start) >> PAGE_SHIFT))
		return;
	v = vm_area_alloc(&mm);
	v->vm_start = AT(start);
	v->vm_end = AT(start + len);
	v->vm_flags = flags;
	v->vm_pgoff = AT(start) >> PAGE_SHIFT;
	vma_link(&mm, v, prev);
}

/* New flags for whole areas and parts, as mprotect does. */
static void change(int start, int len, unsigned long flags)
{
	unsigned long at = AT(start), end = AT(start + len);

	while (at < end) {
		struct vm_area_struct *v = find_vma(&mm, at);
		unsigned long stop = min(v->vm_end, end);

		if (v->vm_flags != flags) {
			v = vma_modify(v, at, stop, flags);
			assert_false(IS_ERR(v));
			v->vm_flags = flags;
		}
		at = stop;
	}
}

static void assert_equals_model(void)
{
	struct vm_area_struct *v = mm.mmap;

	for (int i = 0; i < WINDOW;) {
		int start = i;

		while (i < WINDOW && model[i] == model[start])
			i++;
		if (model[start] < 0)
			continue;
		assert_non_null(v);
		assert_int_equal(v->vm_start, AT(start));
		assert_int_equal(v->vm_end, AT(i));
		assert_int_equal(v->vm_flags, model[start]);
		assert_int_equal(v->vm_pgoff, AT(start) >> PAGE_SHIFT);
		v = v->vm_next;
	}
	assert_null(v);
}

static void random_step(void)
{
	int start = rnd(WINDOW), len = 1 + rnd(min(12, WINDOW - start)), flags = rnd(3);
	bool all = true;

	switch (rnd(3)) {
	case 0:
		map(start, len, flags);
		break;
	case 1:
		unmap(start, len);
		flags = -1;
		break;
	default:
		for (int i = start; i < start + len; i++)
			all &= model[i] >= 0;
		if (!all)
			return;
		change(start, len, flags);
	}
	memset(model + start, flags, len);
}

static void areas_equal_a_model_of_pages_over_random_steps(void **state)
{
	memset(model, -1, sizeof(model));
	for (int i = 0; i < 100000; i++) {
		random_step();
		assert_int_equal(verify(), 0);
		if (i % 16 == 0)
			assert_equals_model();
	}
	unmap(0, WINDOW);
	assert_int_equal(mm.map_count, 0);
	assert_null(mm.mmap);
	assert_int_equal(kmem_cache_active(vm_area_cachep), 0);
}

static void gap_searches_equal_looking_everywhere(void **state)
{
	memset(model, -1, sizeof(model));
	for (int i = 0; i < 3000; i++) {
		int len = 1 + rnd(20), low = rnd(WINDOW), high = low + rnd(WINDOW - low + 1);
		unsigned long first = -ENOMEM, last = -ENOMEM;

		random_step();
		for (int p = low; p + len <= high; p++) {
			int used = 0;

			for (int k = p; k < p + len; k++)
				used |= model[k] >= 0;
			if (used)
				continue;
			if (IS_ERR_VALUE(first))
				first = AT(p);
			last = AT(p);
		}
		assert_int_equal(vm_unmapped_area_bottomup(&mm, len * PAGE_SIZE, AT(low), AT(high), 0),
				 first);
		assert_int_equal(vm_unmapped_area_topdown(&mm, len * PAGE_SIZE, AT(low), AT(high), 0),
				 last);
	}
	unmap(0, WINDOW);
}

static int setup(void **state)
{
	fake_boot();
	kmem_cache_init();
	vm_area_cachep = KMEM_CACHE(vm_area_struct, SLAB_PANIC);
	mm.task_size = TASK_SIZE_MAX;
	vmacache_invalidate(&mm);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(areas_equal_a_model_of_pages_over_random_steps),
		cmocka_unit_test(gap_searches_equal_looking_everywhere),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
