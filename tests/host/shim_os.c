/*
 * tests/host/shim_os.c - what all of mm/ together needs of the rest of a kernel
 *
 * Purpose:    tasks that are a mm and an identity, page tables taken from the fake RAM, user
 *             copies and faults as arch/x86_64/fault.c makes them.  Whatever cannot happen with
 *             one thread of control (sleeping, waking, signals) is a panic.
 * Invariants: current is init_task, which has no mm, or a task made here.
 */
#include <asm/memtype.h>
#include <asm/mmu_context.h>
#include <asm/uaccess.h>
#include <boot_info.h>
#include <coredump.h>
#include <fs.h>
#include <memblock.h>
#include <mm.h>
#include <pagemap.h>
#include <pidfd.h>
#include <printk.h>
#include <process_vm.h>
#include <random.h>
#include <sched.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include <time.h>
#include <uapi/personality.h>
#include "mm/page_internal.h"
#include "shim.h"

/* ---- tasks ---- */

#define MAX_TASKS 16

static struct signal_struct fake_signal;
struct task_struct init_task = { .signal = &fake_signal, .flags = PF_KTHREAD };
static struct task_struct tasks[MAX_TASKS];
struct task_struct *init_process;	/* none: out of memory kills nobody, so allocations fail */
LIST_HEAD(task_list);
DEFINE_SPINLOCK(tasklist_lock);

struct task_struct *fake_task_new(struct mm_struct *mm)
{
	for (struct task_struct *t = tasks; t < tasks + MAX_TASKS; t++) {
		if (t->mm)
			continue;
		memset(t, 0, sizeof(*t));
		t->signal = &fake_signal;
		t->mm = t->active_mm = mm;
		t->vmacache.seqnum = mm->vmacache_seqnum;
		return t;
	}
	panic("too many tasks");
}

struct task_struct *fake_fork(void)
{
	struct mm_struct *mm = dup_mm(current->mm);

	return IS_ERR(mm) ? ERR_PTR(PTR_ERR(mm)) : fake_task_new(mm);
}

void fake_switch(struct task_struct *t)
{
	cpus[fake_cpu].curr = t;
}

void fake_exit(struct task_struct *t)
{
	struct mm_struct *mm = t->mm;

	t->mm = t->active_mm = NULL;
	if (current == t)
		fake_switch(&init_task);
	mmput(mm);
}

/* No System V segments. */
void shm_recount_begin(void) { }
void shm_recount_vma(const struct vm_area_struct *vma) { }
int shm_recount_end(void) { return 0; }
void get_task_struct(struct task_struct *t) { }
void put_task_struct(struct task_struct *t) { }
struct task_struct *find_get_task(pid_t pid) { return NULL; }
struct task_struct *pidfd_get_task(unsigned int fd) { return ERR_PTR(-EBADF); }
bool task_dumpable(struct task_struct *t) { return true; }
bool signal_pending(struct task_struct *t) { return false; }
int send_sig(int sig, struct task_struct *t, bool priv) { return 0; }
bool try_to_wake_up(struct task_struct *t, unsigned int mask) { panic("nobody sleeps here"); }
u64 clock_read_ns(void) { return 0; }
void msleep(unsigned int ms) { panic("nothing to sleep for"); }
u64 get_random_u64(void) { return 4; }
bool cmdline_has(const char *word) { return !strcmp(word, "norandmaps"); }
void seq_puts(struct seq_file *m, const char *s) { seq_printf(m, "%s", s); }

/* ---- page tables ---- */

pgd_t *init_pgd;
atomic_long_t nr_page_table_pages;

static struct page *table_page(struct mm_struct *mm)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return NULL;
	page->pt_mm = mm;
	page->pt_entries = 0;
	atomic_set(&page->pt_share_count, 0);
	spin_lock_init(&page->ptl);
	page->flags |= BIT(PG_table);
	atomic_long_inc(&nr_page_table_pages);
	return page;
}

/* The first @entries must be empty: nobody clears them on the target. */
static void free_table_page(struct mm_struct *mm, struct page *page, unsigned int entries)
{
	const unsigned long *e = page_address(page);

	VM_BUG_ON_PAGE(!PageTable(page) || page->pt_mm != mm, page);
	for (unsigned int i = 0; i < entries; i++)
		VM_BUG_ON_PAGE(e[i], page);
	page->flags &= ~BIT(PG_table);
	page->mapping = NULL;
	atomic_long_dec(&nr_page_table_pages);
	__free_page(page);
}

pgd_t *pgd_alloc(struct mm_struct *mm)
{
	struct page *page = table_page(mm);

	return page ? page_address(page) : NULL;
}

void pgd_free(struct mm_struct *mm, pgd_t *pgd)
{
	free_table_page(mm, virt_to_page(pgd), PTRS_PER_TABLE);
}

struct page *pte_alloc_one(struct mm_struct *mm)
{
	struct page *page = table_page(mm);

	if (page) {
		atomic_long_inc(&mm->nr_ptes);
		atomic_long_inc(&mm->nr_tables);
	}
	return page;
}

void pte_free(struct mm_struct *mm, struct page *table)
{
	atomic_long_dec(&mm->nr_ptes);
	atomic_long_dec(&mm->nr_tables);
	free_table_page(mm, table, PTRS_PER_TABLE);
}

void *table_alloc_one(struct mm_struct *mm)
{
	struct page *page = table_page(mm);

	if (!page)
		return NULL;
	atomic_long_inc(&mm->nr_tables);
	return page_address(page);
}

void table_free(struct mm_struct *mm, void *table)
{
	atomic_long_dec(&mm->nr_tables);
	free_table_page(mm, virt_to_page(table), PTRS_PER_TABLE);
}

unsigned long nr_cached_tables(void) { return 0; }
void drain_table_caches(void) { }
void pgtable_cache_init(void) { }
int kernel_map(unsigned long va, phys_addr_t pa, unsigned long size, pgprot_t prot, bool huge)
{
	return -ENOMEM;			/* the host has no kernel half */
}
void kernel_unmap(unsigned long va, unsigned long size) { }
void direct_map_count(unsigned long pages[3]) { memset(pages, 0, 3 * sizeof(*pages)); }

/* Memory types: everything is write-back RAM. */
unsigned long cachemode2protval(enum page_cache_mode mode) { return 0; }
enum page_cache_mode pgprot2cachemode(pgprot_t prot) { return _PAGE_CACHE_MODE_WB; }
pgprot_t pgprot_set_cachemode(pgprot_t prot, enum page_cache_mode mode) { return prot; }
int memtype_reserve(phys_addr_t start, phys_addr_t end, enum page_cache_mode *type) { return 0; }
void memtype_free(phys_addr_t start, phys_addr_t end) { }
int memtype_split(phys_addr_t start, phys_addr_t at, phys_addr_t end) { return 0; }
void memtype_join(phys_addr_t start, phys_addr_t at, phys_addr_t end) { }
enum page_cache_mode memtype_lookup(phys_addr_t pa) { return _PAGE_CACHE_MODE_WB; }
bool memtype_reserved(phys_addr_t start, phys_addr_t end) { return true; }

/* ---- user accesses ---- */

/* As do_page_fault(): what the entry said decides which flag of the area would help. */
static enum fake_fault page_fault(struct mm_struct *mm, unsigned long addr, bool write)
{
	struct vm_area_struct *vma;
	bool present, allowed;
	vm_fault_t fault;
	pmd_t *pmd;

	if (addr >= mm->task_size)
		return FAKE_SEGV;
	down_read(&mm->mmap_sem);
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start > addr) {
		up_read(&mm->mmap_sem);
		down_write(&mm->mmap_sem);
		vma = vma->vm_flags & VM_GROWSDOWN ? find_extend_vma(mm, addr) : NULL;
		downgrade_write(&mm->mmap_sem);
	}
	if (!vma) {
		up_read(&mm->mmap_sem);
		return FAKE_SEGV;
	}
	pmd = mm_find_pmd(mm, addr);
	present = pmd && (pte_offset_kernel(pmd, addr)->pte & _PAGE_PRESENT);
	allowed = vma->vm_flags & (write ? VM_WRITE : VM_ACCESS_FLAGS);
	fault = allowed ? handle_mm_fault(vma, addr, FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0) |
					  (present ? FAULT_FLAG_PRESENT : 0)) : VM_FAULT_SIGSEGV;
	up_read(&mm->mmap_sem);
	if (fault & VM_FAULT_OOM)
		return FAKE_OOM;
	return fault & VM_FAULT_SIGSEGV ? FAKE_SEGV : fault & VM_FAULT_SIGBUS ? FAKE_BUS : FAKE_OK;
}

enum fake_fault fake_touch(unsigned long addr, bool write, void **p)
{
	enum fake_fault fault;

	for (int i = 0; i < 20; i++) {
		*p = fake_access(current->mm, addr, write);
		if (*p)
			return FAKE_OK;
		fault = page_fault(current->mm, addr, write);
		if (fault != FAKE_OK)
			return fault;
	}
	panic("a fault at %lx is never resolved", addr);
}

/* @n bytes page by page; what is left when one cannot be reached. */
static size_t copy_user(unsigned long user, void *kernel, size_t n, bool to_user)
{
	while (n) {
		size_t part = min(n, PAGE_SIZE - offset_in_page(user));
		void *p;

		if (fake_touch(user, to_user, &p) != FAKE_OK)
			break;
		if (!to_user)
			memcpy(kernel, p, part);
		else if (kernel)
			memcpy(p, kernel, part);
		else
			memset(p, 0, part);
		user += part;
		n -= part;
		if (kernel)
			kernel += part;
	}
	return n;
}

size_t copy_to_user(void __user *to, const void *from, size_t n)
{
	return copy_user((unsigned long)to, (void *)from, n, true);
}

size_t clear_user(void __user *to, size_t n)
{
	return copy_user((unsigned long)to, NULL, n, true);
}

size_t copy_from_user_partial(void *to, const void __user *from, size_t n)
{
	return copy_user((unsigned long)from, to, n, false);
}

size_t copy_from_user(void *to, const void __user *from, size_t n)
{
	size_t left = copy_from_user_partial(to, from, n);

	memset(to + n - left, 0, left);
	return left;
}

long strncpy_from_user(char *to, const char __user *from, long n)
{
	for (long i = 0; i < n; i++) {
		if (copy_from_user(to + i, from + i, 1))
			return -EFAULT;
		if (!to[i])
			return i + 1;
	}
	return n;
}

/* ---- boot ---- */

void fake_vfs_init(void);

void fake_kernel_init(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		fake_signal.rlim[i].rlim_cur = fake_signal.rlim[i].rlim_max = RLIM_INFINITY;
	fake_signal.rlim[RLIMIT_STACK].rlim_cur = 8UL << 20;
	fake_switch(&init_task);
	kmem_cache_init();
	init_pgd = (pgd_t *)get_zeroed_page(GFP_KERNEL);
	BUG_ON(!init_pgd);
	proc_caches_init();
	fake_vfs_init();
}
