/*
 * mm/memfd.c - memfd_create(2), and seals: promises that a file in memory keeps
 *
 * Purpose:    a file without a name, to be handed to another process.  Seals let the receiver
 *             trust it: what is sealed nobody can undo, whoever else holds a descriptor.
 * Invariants: seals are only ever added; F_SEAL_WRITE is set only while no shared mapping may
 *             write, and then mapping->i_mmap_writable is negative, so that none can be made.
 * Lock order: mmap_sem takes no i_rwsem: a mapper and a sealer meet at i_mmap_writable alone.
 * Simplified: pages held by get_user_pages() are not waited for: nobody keeps one beyond a copy.
 * Sources:    memfd_create(2), fcntl(2) "File Sealing".  A file sealed against writing can be
 *             mapped shared and read-only, as in later releases of 6.1 (the first refused it).
 *
 *   seal           refused from now on
 *   SEAL           more seals
 *   SHRINK, GROW   smaller, bigger (ftruncate, write beyond the end, fallocate)
 *   WRITE          write, punching holes, shared writable mappings
 *   FUTURE_WRITE   the same, but mappings that exist may go on writing
 */
#include <asm/uaccess.h>
#include <err.h>
#include <fs.h>
#include <pagemap.h>
#include <sched.h>
#include <string.h>
#include <uapi/fcntl.h>
#include <uapi/mman.h>
#include "internal.h"

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

/* ---- who may write through a mapping ---- */

int mapping_map_writable(struct address_space *m)
{
	int c = atomic_read(&m->i_mmap_writable);

	while (c >= 0) {
		int was = atomic_cmpxchg(&m->i_mmap_writable, c, c + 1);

		if (was == c)
			return 0;
		c = was;
	}
	return -EPERM;
}

void mapping_unmap_writable(struct address_space *m)
{
	atomic_dec(&m->i_mmap_writable);
}

/* From now on nobody may.  0, or -EBUSY if somebody does. */
static int mapping_deny_writable(struct address_space *m)
{
	return atomic_cmpxchg(&m->i_mmap_writable, 0, -1) ? -EBUSY : 0;
}

/* What was mapped before may go on; what is mapped now cannot write, and never will. */
int memfd_check_seals(struct file *file, unsigned long *vm_flags)
{
	const unsigned int *seals = shmem_seals(file->f_inode);

	if (!seals || !(*seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return 0;
	if (*vm_flags & VM_WRITE)
		return -EPERM;
	*vm_flags &= ~VM_MAYWRITE;
	return 0;
}

/* ---- seals ---- */

static long get_seals(struct file *file)
{
	unsigned int *seals = shmem_seals(file->f_inode);

	if (!mapping_is_shmem(file->f_inode->i_mapping))
		return -EINVAL;
	return seals ? *seals : F_SEAL_SEAL;
}

/* Enter: i_rwsem held for writing. */
static long add_seals(struct file *file, unsigned int add)
{
	unsigned int *seals = shmem_seals(file->f_inode);
	long has = get_seals(file);

	if (has < 0)
		return has;
	if (has & F_SEAL_SEAL)
		return -EPERM;
	if ((add & F_SEAL_WRITE) && !(has & F_SEAL_WRITE) &&
	    mapping_deny_writable(file->f_inode->i_mapping))
		return -EBUSY;
	*seals |= add;
	return 0;
}

/* F_GET_SEALS, F_ADD_SEALS. */
long memfd_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long err;

	if (cmd == F_GET_SEALS)
		return get_seals(file);
	if (arg > ~0U)
		return -EINVAL;
	if (!(file->f_mode & FMODE_WRITE))
		return -EPERM;
	if (arg & ~(unsigned long)ALL_SEALS)
		return -EINVAL;
	down_write(&file->f_inode->i_rwsem);
	err = add_seals(file, arg);
	up_write(&file->f_inode->i_rwsem);
	return err;
}

/* ---- memfd_create ---- */

#define MEMFD_PREFIX	"memfd:"
#define MEMFD_NAME_MAX	(NAME_MAX - (sizeof(MEMFD_PREFIX) - 1))

/* A file without a name that grows as it is written. */
long sys_memfd_create(const char __user *uname, unsigned int flags)
{
	char name[NAME_MAX + 1] = MEMFD_PREFIX;
	struct file *file;
	long len;
	int fd;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB |
		      (flags & MFD_HUGETLB ? (unsigned int)MAP_HUGE_MASK << MAP_HUGE_SHIFT : 0)))
		return -EINVAL;
	len = strncpy_from_user(name + sizeof(MEMFD_PREFIX) - 1, uname, MEMFD_NAME_MAX + 1);
	if (len < 0)
		return len;
	if (name[sizeof(MEMFD_PREFIX) - 2 + len])
		return -EINVAL;
	if (flags & MFD_HUGETLB)
		return -ENOSYS;			/* as a Linux without hugetlbfs */
	fd = get_unused_fd(0, flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		return fd;
	file = shmem_file_setup(name, 0, VM_NORESERVE);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	file->f_flags |= O_LARGEFILE;
	if (flags & MFD_ALLOW_SEALING)
		*shmem_seals(file->f_inode) &= ~F_SEAL_SEAL;
	fd_install(fd, file);
	return fd;
}
