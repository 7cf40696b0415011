/*
 * tests/kernel/test_shm.c - System V segments, memfd and fallocate when memory ends
 *
 * Each call is tried with its 1st, 2nd, ... allocation failing until it runs through: it answers
 * -ENOMEM (-ENFILE where a file could not be had), and nothing stays behind.
 */
#include <ipc_shm.h>
#include <uapi/fcntl.h>
#include "mm_util.h"

#define SIZE (4 * PAGE_SIZE)

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds d = { .shm_nattch = ~0UL };
	void __user *buf = (void __user *)AT(900);

	if (!sys_shmctl(id, IPC_STAT, buf) && copy_from_user(&d, buf, sizeof(d)))
		d.shm_nattch = ~0UL;
	return d;
}

/* A page for structures. */
static bool make_buffer(void)
{
	return map_at(900, 1, RW) == (long)AT(900) && poke(AT(900), 0);
}

MM_TEST(shm, nattch_counts_vmas_of_every_mm)
{
	long id = sys_shmget(IPC_PRIVATE, SIZE, 0600);
	struct mm_struct *child;

	EXPECT(id >= 0);
	EXPECT(make_buffer());
	EXPECT_EQ(sys_shmat(id, AT(0), 0), AT(0));
	EXPECT(poke(AT(1), 5));
	EXPECT_EQ(unmap(1, 1), 0);
	EXPECT_EQ(stat_of(id).shm_nattch, 2);
	child = dup_mm(mm);
	EXPECT(!IS_ERR(child));
	EXPECT_EQ(stat_of(id).shm_nattch, 4);
	mmput(child);
	EXPECT_EQ(stat_of(id).shm_nattch, 2);
	EXPECT_EQ(sys_shmctl(id, IPC_RMID, NULL), 0);
	EXPECT_EQ(stat_of(id).shm_perm.mode, SHM_DEST | 0600);
	EXPECT_EQ(sys_shmdt(AT(0)), 0);
	EXPECT_EQ(sys_shmctl(id, IPC_STAT, (void __user *)AT(900)), -EINVAL);
}

#ifdef QUIRE_DEBUG

#define TRIES 60

KTEST(shm, shmget_without_memory_leaves_nothing)
{
	int n;

	for (n = 1; n < TRIES; n++) {
		unsigned long failed;
		long id;

		fail_alloc(n, true);
		id = sys_shmget(IPC_PRIVATE, SIZE, 0600);
		failed = fail_alloc(0, false);
		if (id >= 0)
			EXPECT_EQ(sys_shmctl(id, IPC_RMID, NULL), 0);
		if (!failed)
			break;
		EXPECT(id >= 0 || id == -ENOMEM || id == -ENFILE);
	}
	EXPECT(n < TRIES);
}

MM_TEST(shm, shmat_without_memory_leaves_nattch)
{
	long id = sys_shmget(IPC_PRIVATE, SIZE, 0600);
	int n;

	EXPECT(id >= 0);
	EXPECT(make_buffer());
	for (n = 1; n < TRIES; n++) {
		unsigned long failed;
		long at;

		fail_alloc(n, true);
		at = sys_shmat(id, 0, 0);
		failed = fail_alloc(0, false);
		EXPECT_EQ(stat_of(id).shm_nattch, IS_ERR_VALUE(at) ? 0 : 1);
		if (!IS_ERR_VALUE(at))
			EXPECT_EQ(sys_shmdt(at), 0);
		if (!failed)
			break;
		EXPECT(!IS_ERR_VALUE(at) || at == -ENOMEM || at == -ENFILE);
	}
	EXPECT(n < TRIES);
	EXPECT_EQ(sys_shmctl(id, IPC_RMID, NULL), 0);
}

/* A hole in the middle needs two cuts: when the second fails the first is undone, and counted. */
MM_TEST(shm, failed_munmap_of_the_middle_leaves_nattch)
{
	long id = sys_shmget(IPC_PRIVATE, SIZE, 0600);
	int n, undone = 0;

	EXPECT(id >= 0);
	EXPECT(make_buffer());
	EXPECT_EQ(sys_shmat(id, AT(0), 0), AT(0));
	for (n = 1; n < TRIES; n++) {
		unsigned long failed;
		long ret;

		fail_alloc(n, true);
		ret = unmap(1, 2);
		failed = fail_alloc(0, false);
		EXPECT_EQ(stat_of(id).shm_nattch, ret ? 1 : 2);
		if (!failed)
			break;
		EXPECT_EQ(ret, -ENOMEM);
		undone++;
	}
	EXPECT(undone);
	EXPECT_EQ(sys_shmctl(id, IPC_RMID, NULL), 0);
	EXPECT_EQ(sys_shmdt(AT(0)), 0);
}

KTEST(shm, fallocate_without_memory_takes_its_pages_back)
{
	struct file *f = new_file(0);
	long before = atomic_long_read(&vm_committed_as);
	int n;

	EXPECT(!IS_ERR(f));
	EXPECT_EQ(kernel_write(f, "kept", 4, 2 * PAGE_SIZE), 4);
	for (n = 1; n < TRIES; n++) {
		unsigned long failed;
		long ret;

		fail_alloc(n, true);
		ret = shmem_fallocate(f, 0, 0, 6 * PAGE_SIZE);
		failed = fail_alloc(0, false);
		EXPECT_EQ(f->f_inode->i_mapping->nrpages, ret ? 1 : 6);
		EXPECT_EQ(f->f_inode->i_size, ret ? 2 * PAGE_SIZE + 4 : 6 * PAGE_SIZE);
		EXPECT_EQ(atomic_long_read(&vm_committed_as), before + (ret ? 1 : 6));
		if (!failed)
			break;
		EXPECT(!ret || ret == -ENOMEM);
	}
	EXPECT(n < TRIES);
	fput(f);
	EXPECT_EQ(atomic_long_read(&vm_committed_as), before);
}

MM_TEST(shm, memfd_create_without_memory_leaves_nothing)
{
	int n;

	EXPECT(make_buffer());
	for (n = 1; n < TRIES; n++) {
		unsigned long failed;
		long fd;

		fail_alloc(n, true);
		fd = sys_memfd_create((const char __user *)AT(900), MFD_ALLOW_SEALING);
		failed = fail_alloc(0, false);
		if (fd >= 0)
			close_fd(fd);
		if (!failed)
			break;
		EXPECT(fd >= 0 || fd == -ENOMEM || fd == -ENFILE);
	}
	EXPECT(n < TRIES);
}

#endif

MM_TEST(shm, sealing_and_mapping_exclude_each_other)
{
	struct file *f = new_file(PAGE_SIZE);
	struct address_space *m = f->f_inode->i_mapping;

	*shmem_seals(f->f_inode) = 0;
	EXPECT_EQ(map_file(f, 0, 1, RW, MAP_SHARED), AT(0));
	EXPECT_EQ(atomic_read(&m->i_mmap_writable), 1);
	EXPECT_EQ(memfd_fcntl(f, F_ADD_SEALS, F_SEAL_WRITE), -EBUSY);
	EXPECT_EQ(unmap(0, 1), 0);
	EXPECT_EQ(map_file(f, 0, 1, RW, MAP_PRIVATE), AT(0));
	EXPECT_EQ(atomic_read(&m->i_mmap_writable), 0);
	EXPECT_EQ(memfd_fcntl(f, F_ADD_SEALS, F_SEAL_WRITE), 0);
	EXPECT_EQ(map_file(f, 2, 1, RW, MAP_SHARED), -EPERM);
	EXPECT_EQ(atomic_read(&m->i_mmap_writable), -1);
	EXPECT_EQ(kernel_write(f, "x", 1, 0), -EPERM);
	fput(f);
}
