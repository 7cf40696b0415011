/*
 * mm/rmap.c - from a page back to every PTE that maps it
 *
 * Purpose:    whoever wants to unmap, migrate or count a page must find its PTEs without
 *             looking through every process.
 * Invariants: page_mapcount() equals the number of user PTEs that name the page;
 *             page->mapping of an anonymous page is anon_vma | 1 and holds a reference on it
 *             until the page is freed; every VMA that may map the page is in that anon_vma's
 *             list; num_active_vmas and num_children count what their names say.
 * Lock order: mmap_sem > page lock > i_mmap_rwsem > anon_vma root rwsem > page_table_lock, ptl
 * Simplified: the VMAs of an anon_vma are a list; Linux keeps an interval tree.  Linux reads
 *             page->mapping under RCU; here the page's reference keeps the anon_vma alive.
 * Sources:    Corbet, "The case of the overly anonymous anon_vma" (LWN);
 *             Gorman, "Understanding the Linux Virtual Memory Manager", "Reverse Mapping".
 *
 * After fork, A the parent's anon_vma, B the child's:
 *
 *      parent VMA --avc-- A --avc-- child VMA --avc-- B
 *
 * Pages from before the fork say A: a walk visits both VMAs.  New pages of the child say B:
 * a walk visits the child alone.
 */
#include <pagemap.h>
#include <slab.h>
#include <swap.h>
#include "internal.h"

static struct kmem_cache *anon_vma_cachep, *anon_vma_chain_cachep;
atomic_long_t nr_anon_mapped;

void anon_vma_init(void)
{
	anon_vma_cachep = KMEM_CACHE(anon_vma, SLAB_PANIC);
	anon_vma_chain_cachep = KMEM_CACHE(anon_vma_chain, SLAB_PANIC);
}

/* One reference: the caller's, which becomes that of the list of VMAs. */
static struct anon_vma *anon_vma_alloc(struct anon_vma *parent)
{
	static atomic_t last_id;
	struct anon_vma *av = kmem_cache_alloc(anon_vma_cachep, GFP_KERNEL);

	if (!av)
		return NULL;
	init_rwsem_class(&av->rwsem, "anon_vma->rwsem");
	INIT_LIST_HEAD(&av->head);
	atomic_set(&av->refcount, 1);
	av->num_children = 0;
	av->num_active_vmas = 0;
	av->id = atomic_inc_return(&last_id);
	av->snapped = 0;
	av->parent = parent ? parent : av;
	av->root = parent ? parent->root : av;
	if (parent)
		atomic_inc(&av->root->refcount);
	return av;
}

void put_anon_vma(struct anon_vma *av)
{
	struct anon_vma *root = av->root;

	if (!atomic_dec_and_test(&av->refcount))
		return;
	VM_BUG_ON(!list_empty(&av->head) || av->num_active_vmas);
	kmem_cache_free(anon_vma_cachep, av);
	if (root != av)
		put_anon_vma(root);
}

static struct anon_vma_chain *chain_alloc(void)
{
	return kmem_cache_alloc(anon_vma_chain_cachep, GFP_KERNEL);
}

/* Root rwsem held for writing, or nobody else can see @av yet. */
static void chain_link(struct vm_area_struct *vma, struct anon_vma_chain *avc,
		       struct anon_vma *av)
{
	avc->vma = vma;
	avc->anon_vma = av;
	list_add(&avc->same_vma, &vma->anon_vma_chain);
	list_add_tail(&avc->same_anon_vma, &av->head);
}

/* Slow half of anon_vma_prepare(): take a neighbour's, or make one. */
static int make_anon_vma(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc = chain_alloc();
	struct anon_vma *av, *fresh = NULL;

	if (!avc)
		return -ENOMEM;
	av = find_mergeable_anon_vma(vma);
	if (!av) {
		av = fresh = anon_vma_alloc(NULL);
		if (!av) {
			kmem_cache_free(anon_vma_chain_cachep, avc);
			return -ENOMEM;
		}
	}
	down_write(&av->root->rwsem);
	spin_lock(&vma->vm_mm->page_table_lock);
	if (likely(!vma->anon_vma)) {		/* another thread's fault may have been first */
		vma->anon_vma = av;
		chain_link(vma, avc, av);
		av->num_active_vmas++;
		fresh = NULL;
		avc = NULL;
	}
	spin_unlock(&vma->vm_mm->page_table_lock);
	up_write(&av->root->rwsem);
	if (fresh)
		put_anon_vma(fresh);
	if (avc)
		kmem_cache_free(anon_vma_chain_cachep, avc);
	return 0;
}

int anon_vma_prepare(struct vm_area_struct *vma)
{
	return likely(vma->anon_vma) ? 0 : make_anon_vma(vma);
}

/*
 * Link @dst into every anon_vma of @src.  If @dst->anon_vma is set it is one of them (split,
 * merge) and gains a user; if it is NULL (fork) a dead ancestor with a single child may be
 * chosen, so that a line of forks does not grow a chain without end.
 */
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	struct anon_vma *root = src->anon_vma ? src->anon_vma->root : NULL;
	bool forking = !dst->anon_vma && src->anon_vma;
	struct anon_vma_chain *pavc, *avc;
	LIST_HEAD(spare);

	if (!root)
		return 0;
	list_for_each_entry(pavc, &src->anon_vma_chain, same_vma) {	/* prepare: all memory first */
		avc = chain_alloc();
		if (!avc)
			goto out_free;
		list_add(&avc->same_vma, &spare);
	}
	down_write(&root->rwsem);
	list_for_each_entry_reverse(pavc, &src->anon_vma_chain, same_vma) {
		struct anon_vma *av = pavc->anon_vma;

		avc = list_first_entry(&spare, struct anon_vma_chain, same_vma);
		list_del(&avc->same_vma);
		chain_link(dst, avc, av);
		if (forking && !dst->anon_vma && av->num_children < 2 && !av->num_active_vmas)
			dst->anon_vma = av;
	}
	if (dst->anon_vma)
		dst->anon_vma->num_active_vmas++;
	up_write(&root->rwsem);
	return 0;

out_free:
	while (!list_empty(&spare)) {
		avc = list_first_entry(&spare, struct anon_vma_chain, same_vma);
		list_del(&avc->same_vma);
		kmem_cache_free(anon_vma_chain_cachep, avc);
	}
	return -ENOMEM;
}

int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma)
{
	struct anon_vma_chain *avc;
	struct anon_vma *av;

	vma->anon_vma = NULL;
	if (!pvma->anon_vma)
		return 0;
	if (anon_vma_clone(vma, pvma))
		return -ENOMEM;
	if (vma->anon_vma)
		return 0;
	av = anon_vma_alloc(pvma->anon_vma);
	if (!av)
		goto out_unlink;
	avc = chain_alloc();
	if (!avc)
		goto out_put;
	down_write(&av->root->rwsem);
	vma->anon_vma = av;
	chain_link(vma, avc, av);
	av->num_active_vmas++;
	av->parent->num_children++;
	up_write(&av->root->rwsem);
	return 0;

out_put:
	put_anon_vma(av);
out_unlink:
	unlink_anon_vmas(vma);
	return -ENOMEM;
}

void unlink_anon_vmas(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc, *next;
	struct anon_vma *root;

	if (list_empty(&vma->anon_vma_chain))
		return;
	root = list_first_entry(&vma->anon_vma_chain, struct anon_vma_chain, same_vma)->anon_vma->root;
	down_write(&root->rwsem);
	if (vma->anon_vma)
		vma->anon_vma->num_active_vmas--;
	vma->anon_vma = NULL;
	list_for_each_entry_safe(avc, next, &vma->anon_vma_chain, same_vma) {
		struct anon_vma *av = avc->anon_vma;

		list_del(&avc->same_anon_vma);
		if (list_empty(&av->head)) {	/* nobody is left: leave the family */
			if (av->parent != av)
				av->parent->num_children--;
			continue;
		}
		list_del(&avc->same_vma);
		kmem_cache_free(anon_vma_chain_cachep, avc);
	}
	up_write(&root->rwsem);
	/* The list's reference; not under the root's lock, which may go with it. */
	list_for_each_entry_safe(avc, next, &vma->anon_vma_chain, same_vma) {
		list_del(&avc->same_vma);	/* first: a snapshot may come in between */
		put_anon_vma(avc->anon_vma);
		kmem_cache_free(anon_vma_chain_cachep, avc);
	}
}

/* ---- counting ---- */

/* Enter: pte lock held, the page new and known to nobody; its one reference becomes the PTE's. */
void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, unsigned long addr)
{
	struct anon_vma *av = vma->anon_vma;

	VM_BUG_ON_PAGE(page_mapped(page), page);
	VM_BUG_ON_VMA(addr < vma->vm_start || addr >= vma->vm_end || !av, vma);
	atomic_inc(&av->refcount);
	page->mapping = (struct address_space *)((unsigned long)av | PAGE_MAPPING_ANON);
	page->index = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	page->flags |= BIT(PG_swapbacked);
	if (unlikely(lru_listing))
		lru_cache_add(page);
	atomic_set(&page->_mapcount, 0);
	atomic_long_inc(&nr_anon_mapped);
}

void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, unsigned long addr, bool exclusive)
{
	if (!page->mapping) {		/* fresh from swap; whoever shares its slot is of the same family */
		struct anon_vma *av = exclusive ? vma->anon_vma : vma->anon_vma->root;

		VM_BUG_ON_PAGE(!PageLocked(page) || !PageSwapCache(page), page);
		atomic_inc(&av->refcount);
		page->index = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
		page->mapping = (struct address_space *)((unsigned long)av | PAGE_MAPPING_ANON);
	}
	VM_BUG_ON_PAGE(!PageAnon(page), page);
	if (atomic_inc_return(&page->_mapcount) == 0)
		atomic_long_inc(&nr_anon_mapped);
}

atomic_long_t nr_file_mapped;

void page_add_file_rmap(struct page *page)
{
	if (atomic_inc_return(&page->_mapcount) == 0)
		atomic_long_inc(&nr_file_mapped);
}

void page_dup_rmap(struct page *page)
{
	atomic_inc(&page->_mapcount);
}

void page_now_unmapped(struct page *page)
{
	atomic_long_dec(PageAnon(page) ? &nr_anon_mapped : &nr_file_mapped);
	if (unlikely(PageMlocked(page)))
		munlock_unmapped_page(page);
}

void page_remove_rmap(struct page *page, struct vm_area_struct *vma)
{
	VM_BUG_ON_PAGE(!page_mapped(page), page);
	munlock_vma_page(page, vma);
	if (atomic_dec_return(&page->_mapcount) < 0)
		page_now_unmapped(page);
}

void page_anon_release(struct page *page)
{
	struct anon_vma *av = (void *)((unsigned long)page->mapping & ~PAGE_MAPPING_ANON);

	page->mapping = NULL;
	put_anon_vma(av);
}

/* Also by a swap entry of one of them. */
bool anon_page_shared(const struct page *page)
{
	return PageAnon(page) && (page_mapcount(page) > 1 ||
				  (PageSwapCache(page) && swap_count(page_swap_entry(page))));
}

/* ---- walking ---- */

typedef bool (*rmap_fn)(struct page *, struct vm_area_struct *, unsigned long, void *);

/* Where @vma would map file or anonymous offset @index; ~0 if it does not reach that far. */
static unsigned long vma_address(const struct vm_area_struct *vma, pgoff_t index)
{
	unsigned long addr = vma->vm_start + ((index - vma->vm_pgoff) << PAGE_SHIFT);

	return index >= vma->vm_pgoff && addr >= vma->vm_start && addr < vma->vm_end ? addr : ~0UL;
}

static bool rmap_walk_anon(struct page *page, rmap_fn fn, void *arg)
{
	struct anon_vma *av = (void *)((unsigned long)page->mapping & ~PAGE_MAPPING_ANON);
	struct anon_vma_chain *avc;

	list_for_each_entry(avc, &av->head, same_anon_vma) {
		unsigned long addr = vma_address(avc->vma, page->index);

		if (addr != ~0UL && fn(page, avc->vma, addr, arg))
			return true;
	}
	return false;
}

static bool rmap_walk_file(struct page *page, rmap_fn fn, void *arg)
{
	struct address_space *m = page->mapping;
	struct vm_area_struct *vma;

	for (vma = vma_interval_tree_iter_first(&m->i_mmap, page->index, page->index); vma;
	     vma = vma_interval_tree_iter_next(vma, page->index, page->index)) {
		unsigned long addr = vma_address(vma, page->index);

		if (addr != ~0UL && fn(page, vma, addr, arg))
			return true;
	}
	list_for_each_entry(vma, &m->i_mmap_nonlinear, shared.nonlinear)
		if (rmap_walk_nonlinear(page, vma, fn, arg))
			return true;
	return false;
}

bool rmap_walk_locked(struct page *page, rmap_fn fn, void *arg)
{
	if (!page->mapping)
		return false;
	return PageAnon(page) ? rmap_walk_anon(page, fn, arg) : rmap_walk_file(page, fn, arg);
}

/* The lock of the list or tree that leads from @page to its VMAs. */
static struct rw_semaphore *rmap_lock(struct page *page)
{
	struct anon_vma *av = (void *)((unsigned long)page->mapping & ~PAGE_MAPPING_ANON);

	return PageAnon(page) ? &av->root->rwsem : &page->mapping->i_mmap_rwsem;
}

/* The caller holds a reference on @page, and its lock if it is a file page. */
bool rmap_walk(struct page *page, rmap_fn fn, void *arg)
{
	struct rw_semaphore *lock;
	bool stop;

	if (!page->mapping)
		return false;
	lock = rmap_lock(page);
	down_read(lock);
	stop = rmap_walk_locked(page, fn, arg);
	up_read(lock);
	return stop;
}

/* The same if the lock is free: false if it is not, or if @fn stopped the walk. */
bool rmap_try_walk(struct page *page, rmap_fn fn, void *arg)
{
	struct rw_semaphore *lock;
	bool stop;

	if (!page->mapping)
		return true;
	lock = rmap_lock(page);
	if (!down_read_trylock(lock))
		return false;
	stop = rmap_walk_locked(page, fn, arg);
	up_read(lock);
	return !stop;
}

static bool count_if_mapped(struct page *page, struct vm_area_struct *vma, unsigned long addr,
			    void *arg)
{
	pmd_t *pmd = mm_find_pmd(vma->vm_mm, addr);
	spinlock_t *ptl;
	pte_t *pte;

	if (!pmd)
		return false;
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (pte_present(*pte) && !pte_special(*pte) && pte_pfn(*pte) == page_to_pfn(page))
		++*(int *)arg;
	pte_unmap_unlock(pte, ptl);
	return false;
}

/* One entry of @vma: if it may be written, no more, and clean.  *@arg: was any dirty? */
static bool clean_one(struct page *page, struct vm_area_struct *vma, unsigned long addr, void *arg)
{
	pmd_t *pmd = vma->vm_flags & VM_SHARED ? mm_find_pmd(vma->vm_mm, addr) : NULL;
	spinlock_t *ptl;
	unsigned long was;
	pte_t *pte, old;

	if (!pmd)
		return false;
	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	old = ptep_get(pte);
	if (pte_present(old) && !pte_special(old) && pte_pfn(old) == page_to_pfn(page) &&
	    (pte_write(old) || pte_dirty(old))) {
		was = __atomic_fetch_and(&pte->pte, ~(_PAGE_RW | _PAGE_DIRTY), __ATOMIC_SEQ_CST);
		trace_pte_change(vma->vm_mm, addr, was, was & ~(_PAGE_RW | _PAGE_DIRTY));
		flush_tlb_page(vma, addr);	/* what others wrote until here belongs to the transfer */
		*(bool *)arg |= pte_dirty(__pte(was));
	}
	pte_unmap_unlock(pte, ptl);
	return false;
}

bool page_mkclean(struct page *page)
{
	bool dirty = false;

	VM_BUG_ON_PAGE(!PageLocked(page), page);
	if (page_mapped(page))
		rmap_walk(page, clean_one, &dirty);
	return dirty;
}

int page_referenced_count(struct page *page)
{
	int n = 0;

	rmap_walk(page, count_if_mapped, &n);
	return n;
}
