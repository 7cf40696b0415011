/*
 * tests/host/mm_host.h - cases about whole address spaces: one process each, nothing left behind
 */
#ifndef TESTS_HOST_MM_HOST_H
#define TESTS_HOST_MM_HOST_H

#include "cmocka_shim.h"
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <rmap.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include "mm/internal.h"
#include "shim.h"

#define PG(n) ((unsigned long)(n) << PAGE_SHIFT)
#define BASE 0x10000000UL		/* a border of 1 GiB is not near, one of 2 MiB is */
#define RW (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
#define SHARED (MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED)

static unsigned long free_before;

/* Everything of all mms is as mm/verify.c wants it, and no translation is stale. */
static inline void check_machine(void)
{
	assert_int_equal(mm_verify_all(), 0);
	assert_int_equal(fake_tlb_stale(true), 0);
	assert_int_equal(fake_stale_uses, 0);
	assert_int_equal(fake_early_frees, 0);
}

static inline int machine_setup(void **state)
{
	fake_log_quiet = true;
	fake_boot_frames(4096);
	fake_kernel_init();
	fake_log_quiet = false;
	return 0;
}

static inline int case_setup(void **state)
{
	mm_drain_caches();
	free_before = nr_free_pages();
	fake_switch(fake_task_new(mm_alloc()));
	return 0;
}

static inline int case_teardown(void **state)
{
	check_machine();
	fake_exit(current);
	check_machine();
	mm_drain_caches();
	assert_int_equal(nr_free_pages(), free_before);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, case_setup, case_teardown)

static inline void map(unsigned long addr, unsigned long pages, unsigned long prot, unsigned long flags)
{
	assert_int_equal(sys_mmap(addr, PG(pages), prot, flags, -1, 0), addr);
}

static inline void poke(unsigned long addr, u8 value)
{
	void *p;

	assert_int_equal(fake_touch(addr, true, &p), FAKE_OK);
	*(u8 *)p = value;
}

static inline u8 peek(unsigned long addr)
{
	void *p;

	assert_int_equal(fake_touch(addr, false, &p), FAKE_OK);
	return *(u8 *)p;
}

static inline pte_t *pte_at(unsigned long addr)
{
	pmd_t *pmd = mm_find_pmd(current->mm, addr);

	return pmd ? pte_offset_kernel(pmd, addr) : NULL;
}

static inline struct page *page_at(unsigned long addr)
{
	pte_t *pte = pte_at(addr);

	return pte && pte_present(*pte) ? vm_normal_page(find_vma(current->mm, addr), addr, *pte) : NULL;
}

#endif
