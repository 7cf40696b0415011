/*
 * tests/kernel/test_memtype.c - memory types of device mappings, and VM_PFNMAP areas from inside
 */
#include <asm/memtype.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <boot_info.h>
#include <uapi/kdev_t.h>
#include <vmalloc.h>
#include "fs_util.h"

#define HOLE	0x8000000000UL		/* no device, no RAM, no MTRR of its own: write-back if nobody minds */
#define ROM	0xe0000UL
#define WB	_PAGE_CACHE_MODE_WB
#define WC	_PAGE_CACHE_MODE_WC
#define UCM	_PAGE_CACHE_MODE_UC_MINUS

static int reserve(unsigned long first, unsigned long nr, enum page_cache_mode want,
		   enum page_cache_mode *got)
{
	*got = want;
	return memtype_reserve(HOLE + first * PAGE_SIZE, HOLE + (first + nr) * PAGE_SIZE, got);
}

static void release(unsigned long first, unsigned long nr)
{
	memtype_free(HOLE + first * PAGE_SIZE, HOLE + (first + nr) * PAGE_SIZE);
}

static bool reserved(unsigned long first, unsigned long nr)
{
	return memtype_reserved(HOLE + first * PAGE_SIZE, HOLE + (first + nr) * PAGE_SIZE);
}

/* Where the firmware has left the MTRRs off, as on QEMU's microvm, nothing but RAM is write-back: skip the case. */
static bool hole_is_uncached(struct ktest_ctx *t)
{
	enum page_cache_mode got;

	if (reserve(0, 1, WB, &got))
		return false;		/* the case will say so */
	release(0, 1);
	if (got != WB)
		ktest_skip(t, "the MTRRs are off: devices are never write-back here");
	return got != WB;
}

KTEST(memtype, pat_is_linuxs)
{
	if (cmdline_has("nopat"))
		ktest_skip(t, "it is left as the firmware has it (nopat)");
	else
		EXPECT_EQ(rdmsr(0x277), 0x0407050600070106UL);
}

KTEST(memtype, every_mode_has_its_bits_and_back)
{
	for (int mode = 0; mode < _PAGE_CACHE_MODE_NUM; mode++)
		EXPECT_EQ(pgprot2cachemode(pgprot_set_cachemode(PAGE_SHARED, mode)), mode);
	EXPECT_EQ(pgprot_val(pgprot_writecombine(PAGE_SHARED)), pgprot_val(PAGE_SHARED) | _PAGE_PWT);
	EXPECT_EQ(pgprot_val(pgprot_noncached(PAGE_SHARED)), pgprot_val(PAGE_SHARED) | _PAGE_PCD);
	EXPECT_EQ(pgprot_val(pgprot_modify(pgprot_writecombine(PAGE_SHARED), PAGE_READONLY)),
		  pgprot_val(PAGE_READONLY) | _PAGE_PWT);
	EXPECT_EQ(pte_val(pte_modify(pfn_pte(5, pgprot_writecombine(PAGE_SHARED)), PAGE_READONLY)),
		  pte_val(pfn_pte(5, pgprot_writecombine(PAGE_READONLY))));
}

KTEST(memtype, second_mapping_takes_the_first_ones_type)
{
	enum page_cache_mode a, b, c, d;
	int err;

	if (hole_is_uncached(t))
		return;
	err = reserve(0, 4, WC, &a);
	EXPECT(!err && a == WC);
	err = reserve(1, 1, WB, &b) ?: reserve(3, 2, UCM, &c) ?: reserve(10, 1, WB, &d);
	EXPECT_EQ(err, 0);
	EXPECT_EQ(b, WC);
	EXPECT_EQ(c, WC);
	EXPECT_EQ(d, WB);
	EXPECT_EQ(memtype_lookup(HOLE + 4 * PAGE_SIZE), WC);
	release(0, 4);
	release(1, 1);
	EXPECT_EQ(memtype_lookup(HOLE + 1 * PAGE_SIZE), WB);
	release(3, 2);
	release(10, 1);
}

KTEST(memtype, who_must_not_be_cached_is_refused_where_others_cache)
{
	enum page_cache_mode got;

	if (hole_is_uncached(t))
		return;
	EXPECT_EQ(reserve(0, 2, WB, &got), 0);
	EXPECT_EQ(reserve(1, 2, UCM, &got), -EBUSY);
	EXPECT_EQ(reserve(1, 1, WC, &got), -EBUSY);
	EXPECT_EQ(reserve(2, 1, WC, &got), 0);
	EXPECT_EQ(reserve(1, 2, WB, &got), -EBUSY);	/* two types in one range */
	EXPECT_EQ(reserve(1, 0, WB, &got), -EINVAL);
	release(0, 2);
	release(2, 1);
	EXPECT(!reserved(0, 2) && !reserved(2, 1));
}

KTEST(memtype, split_parts_are_freed_by_themselves)
{
	enum page_cache_mode got;

	if (hole_is_uncached(t))
		return;
	EXPECT_EQ(reserve(0, 4, WC, &got), 0);
	EXPECT_EQ(memtype_split(HOLE, HOLE + PAGE_SIZE, HOLE + 4 * PAGE_SIZE), 0);
	EXPECT(reserved(0, 1) && reserved(1, 3) && !reserved(0, 4));
	memtype_join(HOLE, HOLE + PAGE_SIZE, HOLE + 4 * PAGE_SIZE);
	EXPECT(reserved(0, 4) && !reserved(0, 1));
	EXPECT_EQ(memtype_split(HOLE, HOLE + PAGE_SIZE, HOLE + 4 * PAGE_SIZE), 0);
	release(0, 1);
	EXPECT_EQ(memtype_lookup(HOLE), WB);
	EXPECT_EQ(memtype_lookup(HOLE + PAGE_SIZE), WC);
	release(1, 3);
}

KTEST(memtype, ram_is_always_write_back)
{
	static char page[PAGE_SIZE] __aligned(PAGE_SIZE);	/* above 1 MiB, as an allocated one need not be */
	enum page_cache_mode type = UCM;
	phys_addr_t pa = __pa(page);

	EXPECT_EQ(memtype_reserve(pa, pa + PAGE_SIZE, &type), -EINVAL);
	EXPECT(!ioremap(pa, PAGE_SIZE));
	type = WB;
	EXPECT_EQ(memtype_reserve(pa, pa + PAGE_SIZE, &type), 0);
	memtype_free(pa, pa + PAGE_SIZE);
}

KTEST(memtype, ioremap_variants_share_one_type)
{
	char *wc = ioremap_wc(HOLE, 2 * PAGE_SIZE), *any = ioremap_cache(HOLE + 8, 4);
	unsigned long a = 0, b = 0;

	EXPECT(wc && any);
	a = pte_val(*kernel_pte((unsigned long)wc));
	b = pte_val(*kernel_pte((unsigned long)any));
	iounmap(wc);
	EXPECT(!reserved(0, 2) && reserved(0, 1));
	iounmap(any);
	EXPECT(!reserved(0, 1));
	EXPECT_EQ(a & _PAGE_CACHE_MASK, _PAGE_PWT);
	EXPECT_EQ(b & _PAGE_CACHE_MASK, _PAGE_PWT);
}

/* ---- areas ---- */

/* Physical memory from @pa on at page 50 of the case's mm. */
static long map_mem(phys_addr_t pa, long pages, int prot, int flags, int mode)
{
	long fd, at;

	do_mknodat(AT_FDCWD, "/kt/mem", S_IFCHR | 0600, MKDEV(MEM_MAJOR, 1));
	fd = k_open("/kt/mem", mode);
	if (fd < 0)
		return fd;
	at = sys_mmap(AT(50), pages * PAGE_SIZE, prot, flags | MAP_FIXED, fd, pa);
	sys_close(fd);
	return at;
}

static struct vm_area_struct *area(long page)
{
	return find_vma(current->mm, AT(page));
}

FS_TEST(pfnmap, area_owns_its_reservation_through_split_and_move)
{
	struct mm_struct *mm = current->mm;

	EXPECT_EQ(map_mem(HOLE, 6, RW, MAP_SHARED, O_RDWR | O_SYNC), AT(50));
	EXPECT(area(50)->vm_flags & VM_ARCH_1);
	EXPECT_EQ(pte_val(entry(mm, AT(51))) & (_PAGE_CACHE_MASK | _PAGE_SPECIAL),
		  _PAGE_PCD | _PAGE_SPECIAL);
	EXPECT_EQ(pte_pfn(entry(mm, AT(51))), PFN_DOWN(HOLE) + 1);
	EXPECT(reserved(0, 6));
	EXPECT_EQ(protect(52, 1, PROT_READ), 0);
	EXPECT(reserved(0, 2) && reserved(2, 1) && reserved(3, 3) && !reserved(0, 6));
	EXPECT_EQ(pte_val(entry(mm, AT(52))) & _PAGE_CACHE_MASK, _PAGE_PCD);
	EXPECT_EQ(unmap(52, 1), 0);
	EXPECT(!reserved(2, 1));
	EXPECT_EQ(sys_mremap(AT(53), 3 * PAGE_SIZE, 3 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			     AT(60)), AT(60));
	EXPECT(reserved(3, 3) && (area(60)->vm_flags & VM_ARCH_1));
	EXPECT_EQ(unmap(61, 1), 0);
	EXPECT(reserved(3, 1) && reserved(5, 1) && !reserved(4, 1) && !reserved(3, 3));
	EXPECT_EQ(mm_verify_one(mm), 0);
	EXPECT_EQ(unmap(50, 20), 0);
	EXPECT(!reserved(0, 2) && !reserved(3, 1) && !reserved(5, 1));
}

FS_TEST(pfnmap, child_reserves_for_itself)
{
	struct mm_struct *child;

	EXPECT_EQ(map_mem(HOLE, 2, PROT_READ, MAP_SHARED, O_RDONLY), AT(50));
	child = dup_mm(current->mm);
	EXPECT(!IS_ERR(child));
	EXPECT_EQ(pte_pfn(entry(child, AT(51))), PFN_DOWN(HOLE) + 1);
	EXPECT_EQ(get_mm_counter(child, MM_FILEPAGES), get_mm_counter(current->mm, MM_FILEPAGES));
	EXPECT_EQ(unmap(50, 2), 0);
	EXPECT(reserved(0, 2));
	EXPECT_EQ(mm_verify_one(child), 0);
	mmput(child);
	EXPECT(!reserved(0, 2));
}

FS_TEST(pfnmap, get_user_pages_refuses_and_access_reads)
{
	struct mm_struct *mm = current->mm;
	const unsigned char *rom = memremap(ROM + 0x10000, PAGE_SIZE);
	unsigned char buf[32];
	struct page *page;

	EXPECT(rom);
	EXPECT_EQ(map_mem(ROM + 0x10000, 2, PROT_READ, MAP_SHARED, O_RDONLY), AT(50));
	down_read(&mm->mmap_sem);
	EXPECT_EQ(get_user_pages(mm, AT(50), 1, 0, &page), -EFAULT);
	EXPECT_EQ(get_user_pages(mm, AT(50), 1, FOLL_FORCE | FOLL_WRITE, &page), -EFAULT);
	up_read(&mm->mmap_sem);
	EXPECT_EQ(access_remote_vm(mm, AT(50) + 3, buf, 32, 0), 32);
	EXPECT(!memcmp(buf, rom + 3, 32));
	EXPECT_EQ(access_remote_vm(mm, AT(51) - 5, buf, 32, 0), 32);	/* over the border */
	EXPECT(!memcmp(buf, rom + PAGE_SIZE - 5, 5));
	EXPECT_EQ(access_remote_vm(mm, AT(52) - 5, buf, 32, 0), 5);
	EXPECT_EQ(access_remote_vm(mm, AT(50), buf, 4, FOLL_WRITE), 0);	/* read-only entry */
	EXPECT_EQ(protect(50, 1, PROT_NONE), 0);
	EXPECT_EQ(access_remote_vm(mm, AT(50), buf, 4, 0), 4);		/* as Linux: it asks no VM_READ */
	iounmap((void *)rom);
	EXPECT_EQ(unmap(50, 2), 0);
}

/* Does a device at @pa keep what is written there? */
static bool keeps_words(phys_addr_t pa)
{
	volatile u32 *word = ioremap(pa, 4);
	u32 old;
	bool kept;

	if (!word)
		return false;
	old = *word;
	*word = ~old;
	kept = *word == ~old;
	*word = old;
	iounmap((void *)word);
	return kept;
}

/* The memory of VGA's text mode, where no text is; on a screen in graphics it is not there. */
FS_TEST(pfnmap, access_writes_devices)
{
	struct mm_struct *mm = current->mm;
	unsigned long at = AT(50) + 0x800;
	u32 word = 0;

	if (!keeps_words(0xbf800)) {
		ktest_skip(t, "needs VGA's text mode");
		return;
	}
	EXPECT_EQ(map_mem(0xbf000, 1, RW, MAP_SHARED, O_RDWR), AT(50));
	EXPECT_EQ(access_remote_vm(mm, at, "quir", 4, FOLL_WRITE), 4);
	EXPECT_EQ(access_remote_vm(mm, at, &word, 4, 0), 4);
	EXPECT(!memcmp(&word, "quir", 4));
	EXPECT_EQ(unmap(50, 1), 0);
}

FS_TEST(pfnmap, access_writes_no_copied_page)
{
	struct mm_struct *mm = current->mm;
	u32 word = 0;

	EXPECT_EQ(map_mem(ROM, 2, RW, MAP_PRIVATE, O_RDONLY), AT(50));
	EXPECT_EQ(access_remote_vm(mm, AT(50), &word, 4, 0), 4);
	EXPECT(poke(AT(50), 5));
	EXPECT_EQ(access_remote_vm(mm, AT(50), &word, 4, 0), 0);
	EXPECT_EQ(access_remote_vm(mm, AT(51), &word, 4, 0), 4);
	EXPECT_EQ(unmap(50, 2), 0);
}

FS_TEST(pfnmap, copied_page_is_write_back_ram_in_an_uncached_area)
{
	struct mm_struct *mm = current->mm;
	long anon;

	EXPECT_EQ(map_mem(HOLE, 2, RW, MAP_PRIVATE, O_RDWR | O_SYNC), AT(50));
	anon = get_mm_counter(mm, MM_ANONPAGES);
	EXPECT_EQ(area(50)->vm_pgoff, PFN_DOWN(HOLE));
	EXPECT(poke(AT(50), 5));
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), anon + 1);
	EXPECT_EQ(pte_val(entry(mm, AT(50))) & (_PAGE_CACHE_MASK | _PAGE_SPECIAL), 0);
	EXPECT_EQ(protect(50, 2, PROT_READ), 0);
	EXPECT_EQ(protect(50, 2, RW), 0);
	EXPECT_EQ(pte_val(entry(mm, AT(50))) & _PAGE_CACHE_MASK, 0);
	EXPECT_EQ(pte_val(entry(mm, AT(51))) & _PAGE_CACHE_MASK, _PAGE_PCD);
	EXPECT_EQ(mm_verify_one(mm), 0);
	EXPECT_EQ(unmap(50, 2), 0);
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), anon);
}

FS_TEST(pfnmap, verify_sees_a_wrong_type_frame_or_area)
{
	struct mm_struct *mm = current->mm;
	pte_t *pte, good;
	int type, frame, counted, lost;

	EXPECT_EQ(map_mem(HOLE, 2, PROT_READ, MAP_SHARED, O_RDONLY), AT(50));
	pte = pte_offset_kernel(mm_find_pmd(mm, AT(50)), AT(50));
	good = *pte;
	set_pte(pte, __pte(pte_val(good) | _PAGE_PWT));
	type = mm_verify_one(mm);
	set_pte(pte, __pte(pte_val(good) + PAGE_SIZE));
	frame = mm_verify_one(mm);
	set_pte(pte, good);
	area(50)->vm_flags &= ~(VM_PFNMAP | VM_ARCH_1);
	counted = mm_verify_one(mm);
	area(50)->vm_flags |= VM_PFNMAP | VM_ARCH_1;
	release(0, 2);
	lost = mm_verify_one(mm);
	EXPECT_EQ(reserve(0, 2, WB, &(enum page_cache_mode){ 0 }), 0);
	EXPECT(type > 0 && frame > 0 && counted > 0 && lost > 0);
	EXPECT_EQ(mm_verify_one(mm), 0);
	EXPECT_EQ(unmap(50, 2), 0);
}

#ifdef QUIRE_DEBUG

static long op_map(void) { return map_mem(HOLE, 4, RW, MAP_SHARED, O_RDWR); }
static long op_protect(void) { return protect(51, 1, PROT_READ); }
static long op_hole(void) { return unmap(51, 1); }
static long op_move(void)
{
	return sys_mremap(AT(50), 4 * PAGE_SIZE, 4 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			  AT(3000));
}
static long op_fork(void)
{
	struct mm_struct *child = dup_mm(current->mm);

	if (IS_ERR(child))
		return PTR_ERR(child);
	mmput(child);
	return 0;
}

FS_TEST(pfnmap, nth_allocation_fails_cleanly)
{
	static long (*const ops[])(void) = { op_map, op_protect, op_hole, op_move, op_fork };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		unsigned long failed = 1;

		for (int n = 1; failed && n < 60; n++) {
			long ret;

			EXPECT_EQ(map_mem(HOLE, 4, PROT_READ, MAP_SHARED, O_RDWR), AT(50));
			fail_alloc(n, true);
			ret = ops[i]();
			failed = fail_alloc(0, false);
			EXPECT(failed ? IS_ERR_VALUE(ret) || i == 0 || i == 4 : !IS_ERR_VALUE(ret));
			EXPECT_EQ(mm_verify_one(current->mm), 0);
			EXPECT_EQ(unmap(50, 4), 0);
			EXPECT_EQ(unmap(3000, 4), 0);
			for (int first = 0; first < 4; first++)
				for (int nr = 1; nr <= 4; nr++)
					EXPECT(!reserved(first, nr));
		}
		EXPECT(!failed);
	}
}

#endif

static unsigned long different_cpus;

static void compare_cpu(void *first)
{
	const u64 *msr = first;

	if (rdmsr(0x2ff) != msr[0] || rdmsr(0x200) != msr[1] || rdmsr(0x201) != msr[2] || rdmsr(0x277) != msr[3])
		__atomic_fetch_add(&different_cpus, 1, __ATOMIC_RELAXED);
}

/* MTRRdefType, the first range, PAT: what a CPU was woken with is not what the firmware gave the first. */
KTEST(memtype, every_cpu_sees_the_same_types)
{
	u64 msr[4];

	if (nr_cpus == 1) {
		ktest_skip(t, "needs a second CPU");
		return;
	}
	set_cpus_allowed(current, BIT(0));
	msr[0] = rdmsr(0x2ff);
	msr[1] = rdmsr(0x200);
	msr[2] = rdmsr(0x201);
	msr[3] = rdmsr(0x277);
	different_cpus = 0;
	on_each_cpu(compare_cpu, msr);
	EXPECT_EQ(different_cpus, 0);
	set_cpus_allowed(current, ~0UL);
}
