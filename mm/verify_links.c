/*
 * mm/verify_links.c - the second half of mm/verify.c: what leads from one structure to another
 *
 * Purpose:    recompute what several areas, files, tasks or address spaces share: families of
 *             anon_vmas, the trees of files, caches and references of tasks.
 * Invariants: as in mm/verify.c: nothing that is checked changes.  Reference counts are compared
 *             with what holds references for long; somebody who just looks in counts too, so
 *             the sums are exact only while no other process runs.
 * Lock order: mmap_sem for reading > i_mmap_rwsem > anon_vma root rwsem > mmlist_lock, tasklist_lock
 *
 *   anon_vma   its list and the chains of VMAs name each other; num_active_vmas, num_children,
 *              refcount = its list, its pages, and the root's for each of its family
 *   file       its tree (order, rb_subtree_last) and its nonlinear list hold only its areas;
 *              i_mmap_writable
 *   task       vmacache names areas that are; mm_users = tasks, mm_count >= users + borrowers
 *   segment    nattch = areas that show it (kernel/ipc_shm.c)
 */
#include <fs.h>
#include <ipc_shm.h>
#include <pagemap.h>
#include <sched.h>
#include "internal.h"
#include "verify.h"

/* ---- families of anon_vmas ---- */

/* One anon_vma: what it claims is compared with what was met. */
struct family {
	struct anon_vma *av;
	unsigned int chained;		/* met in chains of VMAs */
	unsigned int listed, active;	/* met in its own list; of them, VMAs whose own it is */
	unsigned int children, members;	/* anon_vmas whose parent, whose root it is */
	unsigned int pages;
};
#define FAMILY_ORDER	5
#define FAMILIES	((PAGE_SIZE << FAMILY_ORDER) / sizeof(struct family))
static struct family *families;		/* a hash table; NULL: not used in this run */
static unsigned int nr_families;

void verify_families_begin(void)
{
	families = (struct family *)__get_free_pages(GFP_ATOMIC | __GFP_ZERO, FAMILY_ORDER);
	nr_families = 0;
}

static void give_up(void)
{
	free_pages((unsigned long)families, FAMILY_ORDER);
	families = NULL;
}

static bool meet(struct anon_vma *av);

/* The entry of @av, new if need be; NULL when there is no table (any more). */
static struct family *family_of(struct anon_vma *av)
{
	unsigned long i = ((unsigned long)av / sizeof(long) * 0x9e3779b97f4a7c15UL >> 32) % FAMILIES;

	if (!families)
		return NULL;
	while (families[i].av && families[i].av != av)
		i = (i + 1) % FAMILIES;
	if (families[i].av)
		return &families[i];
	if (++nr_families > FAMILIES * 3 / 4) {
		give_up();
		return NULL;
	}
	families[i].av = av;
	return meet(av) ? &families[i] : NULL;
}

/* @av for the first time: its own list, and whom it makes a parent and a root.  False: no table. */
static bool meet(struct anon_vma *av)
{
	unsigned int listed = 0, active = 0;
	struct anon_vma_chain *avc;
	struct family *f;

	if (!verify_down_read(&av->root->rwsem))
		return false;
	list_for_each_entry(avc, &av->head, same_anon_vma) {
		listed++;
		active += avc->vma->anon_vma == av;
		if (avc->anon_vma != av)
			listed += 1000000;		/* not what the chains of VMAs say, whatever that is */
	}
	up_read(&av->root->rwsem);
	/* An orphan, kept by pages alone, has left its parent, which may be gone (mm/rmap.c). */
	f = listed && av->parent != av ? family_of(av->parent) : NULL;
	if (f)
		f->children++;
	f = av->root != av ? family_of(av->root) : NULL;
	if (f)
		f->members++;
	f = family_of(av);
	if (!f)
		return false;
	f->listed = listed;
	f->active = active;
	return true;
}

void verify_family_page(const struct page *page)
{
	struct family *f;

	if (!(page_mapped(page) || PageSwapCache(page)) || !PageAnon(page))
		return;
	f = family_of((void *)((unsigned long)page->mapping & ~PAGE_MAPPING_ANON));
	if (f)
		f->pages++;
}

static int claim(struct anon_vma *av, const char *what, unsigned long has, unsigned long should)
{
	return has == should ? 0 : mm_complain(NULL, (unsigned long)av, what, has, should);
}

static int verify_family(const struct family *f, bool pages_counted)
{
	struct anon_vma *av = f->av;

	return claim(av, "anon_vma's list, chains of VMAs", f->listed, f->chained) +
	       claim(av, "num_active_vmas", av->num_active_vmas, f->active) +
	       claim(av, "num_children", av->num_children, f->children) +
	       (!pages_counted ? 0 : claim(av, "refcount of an anon_vma", atomic_read(&av->refcount),
					   !!f->listed + f->pages + f->members));
}

int verify_families_end(bool pages_counted)
{
	int bad = 0;

	for (unsigned long i = 0; families && i < FAMILIES; i++)
		if (families[i].av)
			bad += verify_family(&families[i], pages_counted);
	if (families)
		give_up();
	return bad;
}

void verify_families_drop(void)
{
	if (families)
		give_up();
}

/* All anon_vmas of a VMA have one root. */
static int verify_chain(struct vm_area_struct *v)
{
	struct anon_vma_chain *avc;
	int bad = 0;

	list_for_each_entry(avc, &v->anon_vma_chain, same_vma) {
		struct family *f = family_of(avc->anon_vma);

		if (f)
			f->chained++;
		if (!v->anon_vma || avc->anon_vma->root != v->anon_vma->root)
			bad += mm_complain(v->vm_mm, v->vm_start, "anon_vma of another family", 0, 0);
	}
	return bad;
}

/* ---- the areas of a file ---- */

static unsigned long subtree_last(struct rb_node *n)
{
	return n ? rb_entry(n, struct vm_area_struct, shared.linear.rb)->shared.linear.rb_subtree_last : 0;
}

static int verify_tree_node(struct address_space *m, struct vm_area_struct *v)
{
	struct rb_node *n = &v->shared.linear.rb;
	unsigned long last = v->vm_pgoff + vma_pages(v) - 1;

	last = max(last, max(subtree_last(n->rb_left), subtree_last(n->rb_right)));
	if (v->shared.linear.rb_subtree_last != last)
		return mm_complain(v->vm_mm, v->vm_start, "rb_subtree_last",
				   v->shared.linear.rb_subtree_last, last);
	if ((v->vm_flags & VM_NONLINEAR) || !v->vm_file || v->vm_file->f_inode->i_mapping != m)
		return mm_complain(v->vm_mm, v->vm_start, "foreign area in a file's tree", 0, 0);
	return 0;
}

/* Enter: i_mmap_rwsem held for reading. */
static int verify_file_areas(struct address_space *m)
{
	struct vm_area_struct *v;
	int writable = 0, bad = 0;
	pgoff_t before = 0;

	for (v = vma_interval_tree_iter_first(&m->i_mmap, 0, ~0UL); v;
	     v = vma_interval_tree_iter_next(v, 0, ~0UL)) {
		bad += verify_tree_node(m, v);
		if (v->vm_pgoff < before)
			bad += mm_complain(v->vm_mm, v->vm_start, "order of a file's tree",
					   v->vm_pgoff, before);
		before = v->vm_pgoff;
		writable += is_shared_maywrite(v->vm_flags);
	}
	list_for_each_entry(v, &m->i_mmap_nonlinear, shared.nonlinear) {
		if (!(v->vm_flags & VM_NONLINEAR) || v->vm_file->f_inode->i_mapping != m)
			bad += mm_complain(v->vm_mm, v->vm_start, "foreign area in a nonlinear list", 0, 0);
		writable += is_shared_maywrite(v->vm_flags);
	}
	if (rb_check(&m->i_mmap) < 0)
		bad += mm_complain(NULL, (unsigned long)m, "a file's tree is not red-black", 0, 0);
	/* negative: sealed, and then nobody writes */
	if (atomic_read(&m->i_mmap_writable) != writable &&
	    (writable || atomic_read(&m->i_mmap_writable) >= 0))
		bad += mm_complain(NULL, (unsigned long)m, "i_mmap_writable",
				   atomic_read(&m->i_mmap_writable), writable);
	return bad;
}

/* Is @v the one of its file's areas by which the file is checked?  Each has one. */
static bool speaks_for_file(struct address_space *m, struct vm_area_struct *v)
{
	struct vm_area_struct *first = vma_interval_tree_iter_first(&m->i_mmap, 0, ~0UL);

	if (!first)
		first = list_first_entry(&m->i_mmap_nonlinear, struct vm_area_struct, shared.nonlinear);
	return v == first;
}

static int verify_file(struct vm_area_struct *v)
{
	struct address_space *m = v->vm_file->f_inode->i_mapping;
	int bad = 0;

	if (!verify_down_read(&m->i_mmap_rwsem))
		return 0;
	if (speaks_for_file(m, v))
		bad = verify_file_areas(m);
	up_read(&m->i_mmap_rwsem);
	return bad;
}

int verify_vma_links(struct vm_area_struct *v)
{
	struct rb_node *next = rb_next(&v->vm_rb);
	int bad = 0;

	if ((next ? rb_entry(next, struct vm_area_struct, vm_rb) : NULL) != v->vm_next)
		bad += mm_complain(v->vm_mm, v->vm_start, "order of mm_rb and list", 0, 0);
	bad += verify_chain(v);
	if (v->vm_file)
		bad += verify_file(v);
	shm_recount_vma(v);
	return bad;
}

/* ---- tasks ---- */

struct users {
	unsigned int tasks, borrowers;
	int bad;
};

static bool is_area_of(const struct mm_struct *mm, const struct vm_area_struct *vma)
{
	for (const struct vm_area_struct *v = mm->mmap; v; v = v->vm_next)
		if (v == vma)
			return true;
	return false;
}

static void look_at_task(struct mm_struct *mm, const struct task_struct *t, struct users *u)
{
	u->borrowers += !t->mm && t->active_mm == mm;
	if (t->mm != mm)
		return;
	u->tasks++;
	if (t->vmacache.seqnum != mm->vmacache_seqnum)
		return;
	for (int i = 0; i < VMACACHE_SIZE; i++)
		if (t->vmacache.vmas[i] && !is_area_of(mm, t->vmacache.vmas[i]))
			u->bad += mm_complain(mm, (unsigned long)t->vmacache.vmas[i],
					      "vmacache names no area", t->pid, i);
}

static struct users users_of(struct mm_struct *mm)
{
	struct users u = { 0 };
	struct task_struct *p, *t;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	for_each_process(p)
		for_each_thread(p, t)
			look_at_task(mm, t, &u);
	look_at_task(mm, &init_task, &u);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return u;
}

/*
 * @own: references of the verifier itself.  Where no task is, somebody else keeps the mm: a test,
 * or a reader of /proc.
 */
int verify_users(struct mm_struct *mm, int own)
{
	int users = atomic_read(&mm->mm_users), count = atomic_read(&mm->mm_count);
	struct users u = users_of(mm);

	if (users <= 0 || (u.tasks ? (int)u.tasks + own != users : users < own))
		u.bad += mm_complain(mm, 0, "mm_users, tasks", users, u.tasks);
	if (count < 1 + (int)u.borrowers)
		u.bad += mm_complain(mm, 0, "mm_count, borrowers", count, u.borrowers);
	return u.bad;
}

/* ---- the list of all mms ---- */

/* Once in the list, and nobody else with its id. */
int verify_mmlist(struct mm_struct *mm)
{
	unsigned int here = 0, same_id = 0, broken = 0;
	struct list_head *pos;

	spin_lock(&mmlist_lock);
	for (pos = init_mm.mmlist.next; pos != &init_mm.mmlist; pos = pos->next) {
		const struct mm_struct *m = list_entry(pos, struct mm_struct, mmlist);

		here += m == mm;
		same_id += m->id == mm->id;
		broken += pos->next->prev != pos;
	}
	spin_unlock(&mmlist_lock);
	if (here == 1 && same_id == 1 && !broken)
		return 0;
	return mm_complain(mm, 0, "mmlist: times in it, with this id", here, same_id);
}
