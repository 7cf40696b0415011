/*
 * tests/kernel/test_vm_ops.c - what an area's object is asked: page_mkwrite; pages that a driver inserts
 */
#include "mm_util.h"

/* ---- page_mkwrite: who has a shared file wants to hear of the first write to each page ---- */

static struct vm_operations_struct asking_ops;
static unsigned int asked;
static struct page *asked_for;
static unsigned long cut_to;		/* the file becomes so short while we ask */
static int answer;

static int ask(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	asked++;
	asked_for = vmf->page;
	if (answer == VM_FAULT_LOCKED)
		lock_page(vmf->page);
	if (cut_to != ~0UL)
		truncate_setsize(vma->vm_file->f_inode, cut_to);
	return answer;
}

/* A shared view of @pages of a new file that answers by ask(). */
static struct file *asking_file(struct mm_struct *mm, unsigned long pages, int what)
{
	struct file *f = new_file(pages * PAGE_SIZE);
	struct vm_area_struct *vma;

	if (IS_ERR(f) || map_file(f, 0, pages, RW, MAP_SHARED) < 0)
		return NULL;
	vma = find_vma(mm, AT(0));
	asking_ops = *vma->vm_ops;
	asking_ops.page_mkwrite = ask;
	vma->vm_ops = &asking_ops;
	vma_set_page_prot(vma);
	asked = 0;
	asked_for = NULL;
	cut_to = ~0UL;
	answer = what;
	return f;
}

static vm_fault_t write_fault(struct mm_struct *mm, unsigned long addr)
{
	vm_fault_t ret;

	down_read(&mm->mmap_sem);
	ret = handle_mm_fault(find_vma(mm, addr), addr, FAULT_FLAG_WRITE);
	up_read(&mm->mmap_sem);
	return ret;
}

MM_TEST(vm_ops, page_mkwrite_is_asked_once_by_a_write_to_an_absent_page)
{
	struct file *f = asking_file(mm, 2, 0);

	EXPECT(f);
	EXPECT(poke(AT(0), 5));
	EXPECT(poke(AT(0) + 8, 6));
	EXPECT_EQ(asked, 1);
	EXPECT(asked_for == page_at(mm, AT(0)));
	EXPECT(pte_write(entry(mm, AT(0))) && PageDirty(asked_for) && !PageLocked(asked_for));
	EXPECT_EQ(peek(AT(0)), 5);
	EXPECT(poke(AT(1), 7));
	EXPECT_EQ(asked, 2);
	fput(f);
}

MM_TEST(vm_ops, page_mkwrite_is_asked_by_the_first_write_after_a_read)
{
	struct file *f = asking_file(mm, 1, VM_FAULT_LOCKED);

	EXPECT(f);
	EXPECT_EQ(peek(AT(0)), 0);
	EXPECT(!pte_write(entry(mm, AT(0))));
	EXPECT_EQ(asked, 0);
	EXPECT(poke(AT(0), 9));
	EXPECT(poke(AT(0) + 8, 10));
	EXPECT_EQ(asked, 1);
	EXPECT(asked_for == page_at(mm, AT(0)) && !PageLocked(asked_for));
	EXPECT(pte_write(entry(mm, AT(0))) && PageDirty(asked_for));
	EXPECT_EQ(page_mapcount(asked_for), 1);
	EXPECT_EQ(peek(AT(0)), 9);
	fput(f);
}

MM_TEST(vm_ops, page_mkwrite_refuses_and_the_page_stays_as_it_was)
{
	struct file *f = asking_file(mm, 2, VM_FAULT_SIGBUS);
	int count;

	EXPECT(f);
	EXPECT_EQ(peek(AT(0)), 0);
	count = page_count(page_at(mm, AT(0)));
	EXPECT_EQ(write_fault(mm, AT(0)), VM_FAULT_SIGBUS);	/* a page that was read */
	EXPECT(!pte_write(entry(mm, AT(0))));
	EXPECT_EQ(page_count(page_at(mm, AT(0))), count);
	EXPECT(!PageLocked(page_at(mm, AT(0))));
	EXPECT_EQ(peek(AT(0)), 0);
	answer = VM_FAULT_OOM;
	EXPECT_EQ(write_fault(mm, AT(0)), VM_FAULT_OOM);
	unmap(0, 1);
	EXPECT_EQ(write_fault(mm, AT(1)), VM_FAULT_OOM);
	EXPECT(!pte_present(entry(mm, AT(1))));			/* a page that was absent */
	EXPECT_EQ(asked, 3);
	fput(f);
}

MM_TEST(vm_ops, page_that_is_truncated_while_page_mkwrite_is_asked_is_not_mapped)
{
	struct file *f = asking_file(mm, 2, 0);

	EXPECT(f);
	cut_to = PAGE_SIZE;
	EXPECT_EQ(write_fault(mm, AT(1)), 0);
	EXPECT_EQ(asked, 1);
	EXPECT(pte_none(entry(mm, AT(1))));
	EXPECT(!poke(AT(1), 1));		/* behind the end now */
	EXPECT_EQ(asked, 1);
	fput(f);
}

/* ---- vm_insert_page ---- */

MM_TEST(vm_ops, inserted_page_is_seen_and_goes_with_the_area)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	struct vm_area_struct *vma;

	EXPECT(page);
	*(u64 *)page_address(page) = 42;
	map_at(0, 2, PROT_READ);
	vma = find_vma(mm, AT(0));
	EXPECT_EQ(vm_insert_page(vma, AT(1), page), 0);
	EXPECT_EQ(peek(AT(1)), 42);
	EXPECT_EQ(page_count(page), 2);
	EXPECT_EQ(page_mapcount(page), 1);
	EXPECT_EQ(get_mm_rss(mm), 1);
	EXPECT_EQ(vm_insert_page(vma, AT(1), page), -EBUSY);
	EXPECT_EQ(vm_insert_page(vma, AT(2), page), -EFAULT);
	EXPECT_EQ(vm_insert_page(vma, AT(0) - 1, page), -EFAULT);
	EXPECT_EQ(page_count(page), 2);
	unmap(0, 2);
	EXPECT_EQ(page_count(page), 1);
	EXPECT_EQ(page_mapcount(page), 0);
	EXPECT_EQ(get_mm_rss(mm), 0);
	put_page(page);
}

MM_TEST(vm_ops, private_page_cannot_be_inserted)
{
	map_at(0, 1, RW);
	map_at(2, 1, PROT_READ);
	EXPECT(poke(AT(0), 1));
	EXPECT_EQ(vm_insert_page(find_vma(mm, AT(2)), AT(2), page_at(mm, AT(0))), -EINVAL);
	EXPECT(pte_none(entry(mm, AT(2))));
}
