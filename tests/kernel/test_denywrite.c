/*
 * tests/kernel/test_denywrite.c - VM_DENYWRITE: areas of a running program keep its file from
 * being written (mm/vma.c, file_counts)
 */
#include "mm_util.h"

static int writers(struct file *f)
{
	return atomic_read(&f->f_inode->i_writecount);
}

/* A file that exec has opened: denied once already. */
static struct file *program(void)
{
	struct file *f = new_file(8 * PAGE_SIZE);

	if (!IS_ERR(f)) {
		atomic_set(&f->f_inode->i_writecount, -1);
		f->f_mode = (f->f_mode & ~FMODE_WRITE) | FMODE_EXEC;
	}
	return f;
}

MM_TEST(denywrite, each_area_counts_once_through_split_merge_fork_and_move)
{
	struct file *f = program();
	struct mm_struct *child;

	EXPECT(!IS_ERR(f));
	EXPECT_EQ(map_file(f, 0, 6, PROT_READ, MAP_PRIVATE | MAP_DENYWRITE), AT(0));
	EXPECT(find_vma(mm, AT(0))->vm_flags & VM_DENYWRITE);
	EXPECT_EQ(writers(f), -2);
	EXPECT_EQ(protect(2, 2, PROT_READ | PROT_EXEC), 0);	/* three areas */
	EXPECT_EQ(writers(f), -4);
	child = dup_mm(mm);
	EXPECT(child);
	EXPECT_EQ(writers(f), -7);
	mmput(child);
	EXPECT_EQ(writers(f), -4);
	EXPECT_EQ(protect(2, 2, PROT_READ), 0);		/* one again */
	EXPECT_EQ(writers(f), -2);
	EXPECT_EQ(unmap(1, 1), 0);
	EXPECT_EQ(writers(f), -3);
	EXPECT_EQ(sys_mremap(AT(2), 4 * PAGE_SIZE, 4 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, AT(20)),
		  AT(20));
	EXPECT_EQ(writers(f), -3);
	EXPECT_EQ(unmap(0, 30), 0);
	EXPECT_EQ(writers(f), -1);
	fput(f);
}

MM_TEST(denywrite, it_is_not_for_users)
{
	long a = sys_mmap(0, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_DENYWRITE, -1UL, 0);

	EXPECT(!IS_ERR_VALUE(a) && !(find_vma(mm, a)->vm_flags & VM_DENYWRITE));
}
