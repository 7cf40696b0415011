/*
 * tests/kernel/test_verify.c - each link and counter, broken on purpose, must be noticed
 *
 * The damage is undone at once; mm_verify_all() also runs after every case of every suite.
 */
#include <ipc_shm.h>
#include <syscalls_remote.h>
#include "../../mm/verify.h"
#include "mm_util.h"

/* Do, look at everything, undo.  True if the damage was seen, and nothing is wrong without it. */
#define SEEN(damage, repair) ({							\
	bool seen_;								\
	damage;									\
	seen_ = mm_verify_one(mm) > 0;						\
	repair;									\
	seen_ && !mm_verify_one(mm); })
#define SEEN_BY_ALL(damage, repair) ({						\
	bool seen_;								\
	damage;									\
	seen_ = mm_verify_all() > 0;						\
	repair;									\
	seen_ && !mm_verify_all(); })

/* The field holds something else for a while. */
#define SET(field, value) ({							\
	__auto_type was_ = (field);						\
	SEEN((field) = (value), (field) = was_); })
#define OFF_BY(field, n)	SEEN((field) += (n), (field) -= (n))

MM_TEST(verify, sees_a_wrong_layout)
{
	map_at(0, 1, RW);
	EXPECT(SET(mm->start_code, 0x1000));
	EXPECT(SET(mm->start_data, 0x1000));
	EXPECT(SET(mm->start_brk, mm->brk + 1));
	EXPECT(SET(mm->arg_start, 0x1000));
	EXPECT(SET(mm->env_start, 0x1000));
	EXPECT(SET(mm->mmap_base, mm->task_size + PAGE_SIZE));
	EXPECT(SET(mm->mmap_base, mm->mmap_base + 1));
	EXPECT(SET(mm->mmap_legacy_base, ~0UL));
	EXPECT(SET(mm->task_size, AT(0)));
	EXPECT(SET(mm->saved_auxv[AT_VECTOR_SIZE - 1], 1));
	EXPECT(SET(mm->saved_auxv[AT_VECTOR_SIZE - 2], 1));
	EXPECT(SET(mm->get_unmapped_area, NULL));
	EXPECT(SET(mm->def_flags, VM_WRITE));
	EXPECT_EQ(sys_mlockall(MCL_FUTURE | MCL_ONFAULT), 0);
	EXPECT_EQ(mm_verify_one(mm), 0);
}

MM_TEST(verify, sees_wrong_marks_and_pins)
{
	map_at(0, 2, RW);
	poke(AT(0), 1);
	EXPECT(SET(mm->pinned_vm, 1));
	EXPECT(SET(mm->hiwater_rss, 1000));
	EXPECT(SEEN(atomic_long_add(9, &mm->rss_stat.count[MM_SHMEMPAGES]),
		    atomic_long_add(-9, &mm->rss_stat.count[MM_SHMEMPAGES])));
}

MM_TEST(verify, sees_wrong_users)
{
	struct mm_struct *child;

	EXPECT(SEEN(atomic_inc(&mm->mm_users), atomic_dec(&mm->mm_users)));
	EXPECT(SEEN_BY_ALL(atomic_inc(&mm->mm_users), atomic_dec(&mm->mm_users)));
	EXPECT(SEEN(atomic_dec(&mm->mm_count), atomic_inc(&mm->mm_count)));
	child = dup_mm(mm);			/* nobody runs there */
	EXPECT_EQ(mm_verify_all(), 0);
	mmput(child);
}

MM_TEST(verify, sees_a_broken_mmlist)
{
	struct mm_struct *child = dup_mm(mm);
	u32 id = mm->id;

	EXPECT(SEEN_BY_ALL(child->id = id, child->id = id + 1));
	EXPECT(SEEN((spin_lock(&mmlist_lock), list_del_init(&mm->mmlist), spin_unlock(&mmlist_lock)),
		    (spin_lock(&mmlist_lock), list_add_tail(&mm->mmlist, &init_mm.mmlist),
		     spin_unlock(&mmlist_lock))));
	mmput(child);
}

MM_TEST(verify, sees_a_stale_vmacache)
{
	struct vm_area_struct *vma, other = { 0 };

	map_at(0, 1, RW);
	vma = find_vma(mm, AT(0));
	EXPECT_EQ(current->vmacache.seqnum, mm->vmacache_seqnum);
	for (int i = 0; i < VMACACHE_SIZE; i++)
		EXPECT(SET(current->vmacache.vmas[i], &other));
	current->vmacache.vmas[0] = &other;
	current->vmacache.seqnum++;		/* of no account: nobody uses it */
	EXPECT_EQ(mm_verify_one(mm), 0);
	current->vmacache.vmas[0] = NULL;
	current->vmacache.seqnum--;
	EXPECT(find_vma(mm, AT(0)) == vma);
}

MM_TEST(verify, sees_wrong_flags)
{
	struct vm_area_struct *vma;

	map_at(0, 1, RW);
	vma = find_vma(mm, AT(0));
	EXPECT(SET(vma->vm_flags, vma->vm_flags & ~VM_MAYWRITE));
	EXPECT(SET(vma->vm_flags, vma->vm_flags | VM_SHARED));
	EXPECT(SET(vma->vm_flags, vma->vm_flags | VM_LOCKONFAULT));
	EXPECT(SET(vma->vm_flags, vma->vm_flags | VM_NONLINEAR));
	EXPECT(SET(vma->vm_flags, vma->vm_flags & ~VM_WRITE));		/* vm_page_prot, data_vm */
	EXPECT(SET(vma->vm_page_prot, vm_get_page_prot(VM_READ | VM_EXEC)));
}

MM_TEST(verify, sees_a_tree_that_is_not_the_list)
{
	struct vm_area_struct *a, *b;

	map_at(0, 1, RW);
	map_at(4, 1, PROT_READ);
	map_at(8, 1, RW);
	a = find_vma(mm, AT(0));
	b = find_vma(mm, AT(4));
	EXPECT(SET(a->vm_next, b->vm_next));
	EXPECT(SET(b->vm_prev, NULL));
	EXPECT(SET(mm->mmap, b));
	EXPECT(SEEN(b->vm_rb.rb_parent_color ^= 1, b->vm_rb.rb_parent_color ^= 1));
}

/* Parent, child and grandchild share pages of the first. */
MM_TEST(verify, sees_wrong_families_of_anon_vmas)
{
	struct mm_struct *child;
	struct anon_vma *own, *theirs;
	struct anon_vma_chain *avc;
	struct vm_area_struct *vma;

	map_at(0, 2, RW);
	poke(AT(0), 1);
	child = dup_mm(mm);
	poke_mm(child, AT(1), 2);
	own = find_vma(mm, AT(0))->anon_vma;
	vma = find_vma(child, AT(0));
	theirs = vma->anon_vma;
	EXPECT(own && theirs && own != theirs && theirs->parent == own);
	EXPECT_EQ(mm_verify_all(), 0);
	EXPECT(SEEN_BY_ALL(own->num_active_vmas++, own->num_active_vmas--));
	EXPECT(SEEN_BY_ALL(own->num_children++, own->num_children--));
	EXPECT(SEEN_BY_ALL(theirs->num_children++, theirs->num_children--));
	EXPECT(SEEN_BY_ALL(atomic_inc(&own->refcount), atomic_dec(&own->refcount)));
	EXPECT(SEEN_BY_ALL(atomic_inc(&theirs->refcount), atomic_dec(&theirs->refcount)));
	avc = list_first_entry(&vma->anon_vma_chain, struct anon_vma_chain, same_vma);
	EXPECT(SEEN_BY_ALL(list_del_init(&avc->same_anon_vma),
			   list_add_tail(&avc->same_anon_vma, &avc->anon_vma->head)));
	EXPECT(SEEN_BY_ALL(list_del_init(&avc->same_vma),
			   list_add(&avc->same_vma, &vma->anon_vma_chain)));
	mmput(child);
	EXPECT_EQ(mm_verify_all(), 0);
}

MM_TEST(verify, sees_a_wrong_tree_of_a_file)
{
	struct file *f = new_file(8 * PAGE_SIZE);
	struct address_space *m = f->f_inode->i_mapping;
	struct vm_area_struct *a, *b;

	EXPECT_EQ(map_file(f, 0, 2, RW, MAP_SHARED), AT(0));
	EXPECT_EQ(map_file(f, 10, 4, PROT_READ, MAP_PRIVATE), AT(10));
	a = find_vma(mm, AT(0));
	b = find_vma(mm, AT(10));
	EXPECT_EQ(mm_verify_one(mm), 0);
	EXPECT(OFF_BY(a->shared.linear.rb_subtree_last, 1));
	EXPECT(OFF_BY(b->shared.linear.rb_subtree_last, 1));
	EXPECT(SEEN(atomic_inc(&m->i_mmap_writable), atomic_dec(&m->i_mmap_writable)));
	EXPECT(SEEN(vma_interval_tree_remove(b, &m->i_mmap), vma_interval_tree_insert(b, &m->i_mmap)));
	EXPECT_EQ(sys_remap_file_pages(AT(0), PAGE_SIZE, 0, 1, 0), 0);
	EXPECT(a->vm_flags & VM_NONLINEAR);
	EXPECT(SEEN(list_del_init(&a->shared.nonlinear),
		    list_add(&a->shared.nonlinear, &m->i_mmap_nonlinear)));
	EXPECT(SEEN(atomic_dec(&m->i_mmap_writable), atomic_inc(&m->i_mmap_writable)));
	fput(f);
}

MM_TEST(verify, sees_a_wrong_nattch)
{
	int id = sys_shmget(IPC_PRIVATE, PAGE_SIZE, IPC_CREAT | 0600);
	struct vm_area_struct *vma;

	EXPECT(id >= 0);
	EXPECT_EQ(sys_shmat(id, AT(0), 0), AT(0));
	EXPECT_EQ(sys_shmctl(id, IPC_RMID, NULL), 0);
	vma = find_vma(mm, AT(0));
	EXPECT(SEEN_BY_ALL(vma->vm_ops->open(vma), vma->vm_ops->close(vma)));
}

MM_TEST(verify, sees_wrong_sums_of_mapped_pages)
{
	map_at(0, 1, RW);
	EXPECT(SEEN_BY_ALL(atomic_long_inc(&nr_anon_mapped), atomic_long_dec(&nr_anon_mapped)));
	EXPECT(SEEN_BY_ALL(atomic_long_inc(&nr_file_mapped), atomic_long_dec(&nr_file_mapped)));
	EXPECT(SEEN_BY_ALL(atomic_long_inc(&vm_committed_as), atomic_long_dec(&vm_committed_as)));
}

/* A machine with more frames than there is room to count them: what is summed is still exact. */
MM_TEST(verify, sums_count_frames_beyond_the_limit_too)
{
	unsigned long was = verify_max_chunks;
	int bad[4], seen;

	map_at(0, 4, RW);
	poke(AT(0), 1);
	poke(AT(1), 1);
	EXPECT_EQ(sys_mlock(AT(1), PAGE_SIZE), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		verify_max_chunks = i * 4;
		bad[i] = mm_verify_all();
	}
	atomic_long_inc(&nr_anon_mapped);
	seen = mm_verify_all();
	atomic_long_dec(&nr_anon_mapped);
	verify_max_chunks = was;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(bad[i], 0);
	EXPECT_EQ(seen, 1);
}
