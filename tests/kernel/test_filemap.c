/*
 * tests/kernel/test_filemap.c - page cache, truncation, shmem, the radix tree
 */
#include <uapi/fcntl.h>
#include "mm_util.h"

KTEST(page_tree, pages_are_found_where_they_were_put)
{
	static const pgoff_t at[] = { 0, 1, 63, 64, 65, 4095, 4096, 262144, 1UL << 40, ~0UL };
	struct page_tree tree = { NULL, 0 };
	struct page *out[16];

	for (unsigned long i = 0; i < 10; i++)
		EXPECT_EQ(page_tree_insert(&tree, at[i], pfn_to_page(i + 1)), 0);
	EXPECT_EQ(page_tree_insert(&tree, 64, pfn_to_page(9)), -EEXIST);
	for (unsigned long i = 0; i < 10; i++)
		EXPECT(page_tree_lookup(&tree, at[i]) == pfn_to_page(i + 1));
	EXPECT(!page_tree_lookup(&tree, 2));
	EXPECT(!page_tree_lookup(&tree, 1UL << 41));
	EXPECT_EQ(page_tree_gang_lookup(&tree, 64, out, 16), 7);
	EXPECT(out[0] == pfn_to_page(4) && out[6] == pfn_to_page(10));
	EXPECT_EQ(page_tree_gang_lookup(&tree, 66, out, 2), 2);
	for (unsigned long i = 0; i < 10; i++)
		EXPECT(page_tree_delete(&tree, at[i]) == pfn_to_page(i + 1));
	EXPECT(!page_tree_delete(&tree, 0));
	EXPECT(!tree.root && !tree.height);
}

KTEST(page_tree, random_steps_equal_an_array)
{
	struct page_tree tree = { NULL, 0 };
	static bool has[2000];
	u64 s = 9;

	memset(has, 0, sizeof(has));
	for (int i = 0; i < 20000; i++) {
		unsigned long at;

		s = s * 6364136223846793005UL + 1442695040888963407UL;
		at = (s >> 33) % 2000;
		if (s >> 63) {
			EXPECT_EQ(page_tree_insert(&tree, at * 37, pfn_to_page(at)),
				  has[at] ? -EEXIST : 0);
			has[at] = true;
		} else {
			EXPECT(!page_tree_delete(&tree, at * 37) == !has[at]);
			has[at] = false;
		}
	}
	for (unsigned long at = 0; at < 2000; at++)
		page_tree_delete(&tree, at * 37);
	EXPECT(!tree.root);
}

static unsigned long cached(struct file *f)
{
	return f->f_inode->i_mapping->nrpages;
}

KTEST(filemap, written_bytes_are_read_back)
{
	struct file *f = new_file(0);
	char buf[300], back[300];

	EXPECT(!IS_ERR(f));
	for (int i = 0; i < 300; i++)
		buf[i] = i;
	EXPECT_EQ(kernel_write(f, buf, 300, 4000), 300);
	EXPECT_EQ(f->f_inode->i_size, 4300);
	EXPECT_EQ(cached(f), 2);
	EXPECT_EQ(f->f_inode->i_blocks, 16);
	EXPECT_EQ(kernel_read(f, back, 300, 4000), 300);
	EXPECT(!memcmp(buf, back, 300));
	EXPECT_EQ(kernel_read(f, back, 300, 4200), 100);
	EXPECT_EQ(kernel_read(f, back, 300, 4300), 0);
	fput(f);
}

KTEST(filemap, reading_a_hole_allocates_nothing)
{
	struct file *f = new_file(100 * PAGE_SIZE);
	char buf[100];

	memset(buf, 1, sizeof(buf));
	EXPECT_EQ(kernel_read(f, buf, 100, 50 * PAGE_SIZE - 50), 100);
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(buf[i], 0);
	EXPECT_EQ(cached(f), 0);
	fput(f);
}

MM_TEST(filemap, user_buffer_may_be_the_page_itself)
{
	struct file *f = new_file(2 * PAGE_SIZE);
	loff_t pos = 100;

	EXPECT_EQ(map_file(f, 0, 2, RW, MAP_SHARED), AT(0));
	EXPECT(poke(AT(0), 0x1122334455667788));
	EXPECT_EQ(generic_file_write(f, (char __user *)AT(0), 50, &pos), 50);
	EXPECT_EQ(peek(AT(0) + 100), 0x1122334455667788);
	pos = 0;
	EXPECT_EQ(generic_file_read(f, (char __user *)AT(1), 200, &pos), 200);
	EXPECT_EQ(peek(AT(1) + 100), 0x1122334455667788);
	pos = 0;
	EXPECT_EQ(generic_file_write(f, (char __user *)AT(5), 50, &pos), -EFAULT);
	EXPECT_EQ(peek(AT(0)), 0x1122334455667788);
	pos = 0;
	EXPECT_EQ(generic_file_read(f, (char __user *)AT(5), 50, &pos), -EFAULT);
	fput(f);
}

MM_TEST(filemap, truncation_unmaps_and_zeroes_the_tail)
{
	struct file *f = new_file(4 * PAGE_SIZE);
	unsigned long nr;

	EXPECT_EQ(map_file(f, 0, 4, RW, MAP_SHARED), AT(0));
	for (int i = 0; i < 4; i++)
		EXPECT(poke(AT(i) + 200, 5));
	nr = cached(f);
	EXPECT_EQ(nr, 4);
	down_write(&f->f_inode->i_rwsem);
	truncate_setsize(f->f_inode, PAGE_SIZE + 100);
	up_write(&f->f_inode->i_rwsem);
	EXPECT_EQ(cached(f), 2);
	EXPECT_EQ(peek(AT(0) + 200), 5);
	EXPECT_EQ(peek(AT(1) + 200), 0);
	EXPECT_EQ(peek(AT(2)), ~0UL);
	EXPECT_EQ(get_mm_counter(mm, MM_SHMEMPAGES), 2);
	fput(f);
}

MM_TEST(filemap, truncation_drops_private_copies_too)
{
	struct file *f = new_file(2 * PAGE_SIZE);

	EXPECT_EQ(map_file(f, 0, 2, RW, MAP_PRIVATE), AT(0));
	EXPECT(poke(AT(1), 5));
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), 1);
	down_write(&f->f_inode->i_rwsem);
	truncate_setsize(f->f_inode, PAGE_SIZE);
	up_write(&f->f_inode->i_rwsem);
	EXPECT_EQ(get_mm_counter(mm, MM_ANONPAGES), 0);
	EXPECT_EQ(peek(AT(1)), ~0UL);
	fput(f);
}

MM_TEST(filemap, punched_holes_read_as_zero)
{
	struct file *f = new_file(4 * PAGE_SIZE);

	EXPECT_EQ(map_file(f, 0, 4, RW, MAP_SHARED), AT(0));
	for (int i = 0; i < 4; i++)
		EXPECT(poke(AT(i), 5));
	EXPECT_EQ(shmem_fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE_SIZE,
				  2 * PAGE_SIZE), 0);
	EXPECT_EQ(cached(f), 2);
	EXPECT_EQ(peek(AT(1)), 0);
	EXPECT_EQ(peek(AT(3)), 5);
	EXPECT_EQ(sys_madvise(AT(3), PAGE_SIZE, MADV_REMOVE), 0);
	EXPECT_EQ(peek(AT(3)), 0);
	fput(f);
}

KTEST(filemap, shmem_without_reserve_is_committed_page_by_page)
{
	long before = atomic_long_read(&vm_committed_as);
	struct file *f = new_file(4 * PAGE_SIZE);

	EXPECT_EQ(shmem_acct_pages(f->f_inode, totalram_pages() + 1), -ENOSPC);
	EXPECT_EQ(f->f_inode->i_blocks, 0);
	EXPECT_EQ(kernel_write(f, "x", 1, PAGE_SIZE), 1);
	EXPECT_EQ(kernel_write(f, "x", 1, 3 * PAGE_SIZE), 1);
	EXPECT_EQ(f->f_inode->i_blocks, 16);
	EXPECT_EQ(atomic_long_read(&vm_committed_as), before + 2);
	EXPECT_EQ(shmem_truncate(f->f_inode, PAGE_SIZE), 0);
	EXPECT_EQ(atomic_long_read(&vm_committed_as), before);
	fput(f);
}

KTEST(filemap, shared_memory_is_recharged_when_its_size_changes)
{
	long before = atomic_long_read(&vm_committed_as);
	struct file *f = shmem_file_setup("dev/zero", 10 * PAGE_SIZE, 0);

	EXPECT(!IS_ERR(f));
	EXPECT_EQ(kernel_write(f, "x", 1, 0), 1);
	EXPECT_EQ(shmem_truncate(f->f_inode, 2 * PAGE_SIZE + 1), 0);
	EXPECT_EQ(atomic_long_read(&vm_committed_as), before + 3);
	EXPECT_EQ(shmem_truncate(f->f_inode, (loff_t)(totalram_pages() + 9) << PAGE_SHIFT), -ENOMEM);
	EXPECT_EQ(f->f_inode->i_size, 2 * PAGE_SIZE + 1);
	EXPECT_EQ(mm_verify_all(), 0);
	fput(f);
	EXPECT_EQ(atomic_long_read(&vm_committed_as), before);
}

KTEST(filemap, shared_memory_is_committed_at_birth)
{
	long before = atomic_long_read(&vm_committed_as);
	struct file *f = shmem_file_setup("dev/zero", 10 * PAGE_SIZE, 0);

	EXPECT(!IS_ERR(f));
	EXPECT_EQ(atomic_long_read(&vm_committed_as), before + 10);
	fput(f);
	EXPECT_EQ(atomic_long_read(&vm_committed_as), before);
}

MM_TEST(filemap, mode_of_the_file_limits_the_mapping)
{
	struct file *f = new_file(PAGE_SIZE);

	f->f_mode &= ~FMODE_WRITE;
	EXPECT_EQ(vm_mmap(f, AT(0), PAGE_SIZE, RW, MAP_SHARED | MAP_FIXED, 0), -EACCES);
	EXPECT_EQ(vm_mmap(f, AT(0), PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, 0), AT(0));
	EXPECT_EQ(protect(0, 1, RW), -EACCES);
	EXPECT_EQ(vm_mmap(f, AT(0), PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED, 0), AT(0));
	EXPECT_EQ(vm_mmap(f, AT(0), PAGE_SIZE, RW, MAP_FIXED, 0), -EINVAL);
	f->f_mode |= FMODE_WRITE;
	unmap(0, 1);
	fput(f);
}
