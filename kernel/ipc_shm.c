/*
 * kernel/ipc_shm.c - System V shared memory: segments that are found by number
 *
 * Purpose:    a segment is a file without a name (mm/shmem.c) with an entry in a table that all
 *             processes see.  It stays until somebody removes it, even when nobody has it.
 * Invariants: shm_nattch is the number of VMAs that show the segment, plus calls of shmat(2) that
 *             are under way: ->open and ->close of the VMA count, so fork, exec, exit, splits
 *             and mremap need no care of their own.  A segment marked SHM_DEST is not found by
 *             key, and goes with the last VMA.  segments is sorted by index; no two share one.
 *             An id is seq << 15 | index: seq grows whenever the index does not, so an old id
 *             does not soon name a new segment.
 * Lock order: mmap_sem > shm_mutex.  A segment's file is let go after shm_mutex is.
 * Simplified: one lock and one list for all segments; Linux has a lock for each, and finds ids
 *             in a radix tree and keys in a hash.
 *             No huge pages: SHM_HUGETLB answers as when none are set aside.
 * Sources:    shmget(2), shmop(2), shmctl(2), sysvipc(7), proc(5); the order of errors is
 *             Linux 6.1's, found by asking it.
 *
 *   vma->vm_file --> file made by shmat(2) --private_data--> shm_attach --> segment's file
 *                       \---------- f_inode, i_mapping: the pages ----------/
 */
#include <asm/uaccess.h>
#include <err.h>
#include <fs.h>
#include <ipc_shm.h>
#include <mm.h>
#include <pagemap.h>
#include <printk.h>
#include <sched.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include <time.h>

#define SHMMIN		1UL
#define IPCMNI		32768		/* indices there are */
#define SEQ_SHIFT	15
#define SEQ_MAX		(0x7fffffff >> SEQ_SHIFT)
#define MIN_CYCLE	64		/* so many ids before an index comes again */
#define ALL_RWX		0777

struct segment {
	struct list_head list;		/* in segments */
	int id, key;			/* key IPC_PRIVATE: not found by key (any more) */
	uid_t uid, cuid;
	gid_t gid, cgid;
	unsigned int mode;		/* permissions, SHM_DEST, SHM_LOCKED */
	unsigned int seq;
	size_t size;			/* bytes, as asked for */
	u64 atime, dtime, ctime;	/* Unix seconds */
	pid_t cpid, lpid;
	unsigned long nattch;
	unsigned long recount;		/* areas that shm_recount_vma() was told of */
	struct task_struct *creator;	/* NULL once it has exited */
	struct file *file;
};

/* What one shmat(2) made; shared by all VMAs that come from it. */
struct shm_attach {
	int id;
	struct file *file;		/* the segment's: tells it from a later one with its id */
};

static DEFINE_MUTEX(shm_mutex);		/* all below, and every segment */
static LIST_HEAD(segments);
static int in_use, next_index, last_index = -1, current_seq;
static unsigned long total_pages;

unsigned long shm_ctlmax = ~0UL - (1UL << 24), shm_ctlall = ~0UL - (1UL << 24);
int shm_ctlmni = 4096, shm_rmid_forced, shm_next_id = -1;

static int index_of(int id)
{
	return id & (IPCMNI - 1);
}

static unsigned long pages_of(size_t size)
{
	return DIV_ROUND_UP(size, PAGE_SIZE);
}

static u64 now(void)
{
	return ktime_get_real() / NSEC_PER_SEC;
}

/* ---- the table: shm_mutex held ---- */

static struct segment *find_index(int index)
{
	struct segment *s;

	list_for_each_entry(s, &segments, list)
		if (index_of(s->id) == index)
			return s;
	return NULL;
}

static struct segment *find_id(int id)
{
	struct segment *s = find_index(index_of(id));

	return s && s->id == id ? s : NULL;
}

static struct segment *find_key(int key)
{
	struct segment *s;

	list_for_each_entry(s, &segments, list)
		if (s->key == key)
			return s;
	return NULL;
}

/* The lowest free index of [from, to); -1 if there is none. */
static int free_index(int from, int to)
{
	struct segment *s;

	list_for_each_entry(s, &segments, list) {
		if (index_of(s->id) > from)
			break;
		if (index_of(s->id) == from)
			from++;
	}
	return from < to ? from : -1;
}

/* An id for @s: indices in turn, in a circle of at least MIN_CYCLE.  0 or -ENOSPC. */
static int choose_id(struct segment *s)
{
	int circle = min(max(in_use * 3 / 2, MIN_CYCLE), IPCMNI), index;

	if (shm_next_id >= 0) {			/* somebody wants this one */
		s->seq = shm_next_id >> SEQ_SHIFT;
		index = free_index(index_of(shm_next_id), IPCMNI);
		shm_next_id = -1;
	} else {
		index = free_index(next_index, circle);
		if (index < 0)
			index = free_index(0, circle);
		if (index >= 0 && index <= last_index && ++current_seq >= SEQ_MAX)
			current_seq = 0;
		s->seq = current_seq;
		if (index >= 0) {
			last_index = index;
			next_index = index + 1;
		}
	}
	if (index < 0)
		return -ENOSPC;
	s->id = s->seq << SEQ_SHIFT | index;
	return 0;
}

/* Into the list, at its place. */
static void insert(struct segment *s)
{
	struct segment *pos;

	list_for_each_entry(pos, &segments, list)
		if (index_of(pos->id) > index_of(s->id))
			break;
	list_add_tail(&s->list, &pos->list);
	in_use++;
	total_pages += pages_of(s->size);
}

/* Out of the table and onto @dead, for bury(). */
static void destroy(struct segment *s, struct list_head *dead)
{
	list_del(&s->list);
	in_use--;
	total_pages -= pages_of(s->size);
	list_add(&s->list, dead);
}

static bool may_destroy(const struct segment *s)
{
	return !s->nattch && (shm_rmid_forced || (s->mode & SHM_DEST));
}

/* shm_mutex not held: the last reference to the file frees its pages. */
static void bury(struct list_head *dead)
{
	struct segment *s, *next;

	list_for_each_entry_safe(s, next, dead, list) {
		fput(s->file);
		kfree(s);
	}
}

/* May current do what the rwx bits of @want say, for whoever they say it?  As ipcs shows them. */
static bool permitted(const struct segment *s, unsigned int want)
{
	unsigned int granted = s->mode;
	uid_t euid = current->cred.euid;

	want = (want >> 6 | want >> 3 | want) & 7;
	if (euid == s->cuid || euid == s->uid)
		granted >>= 6;
	else if (in_group(s->cgid) || in_group(s->gid))
		granted >>= 3;
	return !(want & ~granted) || capable_root();
}

static bool owned(const struct segment *s)
{
	return current->cred.euid == s->cuid || current->cred.euid == s->uid || capable_root();
}

/* ---- VMAs ---- */

/* The segment behind @a; NULL: it is gone, which cannot be while a VMA shows it. */
static struct segment *attached(const struct shm_attach *a)
{
	struct segment *s = find_id(a->id);

	return s && s->file == a->file ? s : NULL;
}

static void count_open(const struct shm_attach *a)
{
	struct segment *s;

	mutex_lock(&shm_mutex);
	s = attached(a);
	BUG_ON(!s);
	s->atime = now();
	s->lpid = current->tgid;
	s->nattch++;
	mutex_unlock(&shm_mutex);
}

static void count_close(const struct shm_attach *a)
{
	LIST_HEAD(dead);
	struct segment *s;

	mutex_lock(&shm_mutex);
	s = attached(a);
	BUG_ON(!s || !s->nattch);
	s->lpid = current->tgid;
	s->dtime = now();
	s->nattch--;
	if (may_destroy(s))
		destroy(s, &dead);
	mutex_unlock(&shm_mutex);
	bury(&dead);
}

static void shm_open(struct vm_area_struct *vma)
{
	count_open(vma->vm_file->private_data);
}

static void shm_close(struct vm_area_struct *vma)
{
	count_close(vma->vm_file->private_data);
}

static bool shm_has_page(struct vm_area_struct *vma, pgoff_t index)
{
	return generic_file_vm_ops.has_page(vma, index);
}

static int shm_fault(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	return generic_file_vm_ops.fault(vma, vmf);
}

static void shm_map_pages(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	generic_file_vm_ops.map_pages(vma, vmf);
}

static const struct vm_operations_struct shm_vm_ops = {
	.open = shm_open,
	.close = shm_close,
	.has_page = shm_has_page,
	.fault = shm_fault,
	.map_pages = shm_map_pages,
};

/* ---- the file of an attachment ---- */

static int shm_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct shm_attach *a = file->private_data;
	int err = a->file->f_op->mmap(a->file, vma);

	if (err)
		return err;
	vma->vm_ops = &shm_vm_ops;
	count_open(a);
	return 0;
}

static int shm_fsync(struct file *file, int datasync)
{
	struct shm_attach *a = file->private_data;

	return a->file->f_op->fsync(a->file, datasync);
}

static long shm_fallocate(struct file *file, int mode, loff_t off, loff_t len)
{
	struct shm_attach *a = file->private_data;

	return a->file->f_op->fallocate(a->file, mode, off, len);
}

static void shm_release(struct inode *inode, struct file *file)
{
	struct shm_attach *a = file->private_data;

	fput(a->file);
	kfree(a);
}

static const struct file_operations shm_file_operations = {
	.mmap = shm_mmap,
	.fsync = shm_fsync,
	.fallocate = shm_fallocate,
	.release = shm_release,
};

/* ---- shmget ---- */

/* A segment that is not in the table yet.  ERR_PTR. */
static struct segment *make_segment(int key, size_t size, int flags)
{
	unsigned long acct = (flags & SHM_NORESERVE) && sysctl_overcommit_memory != OVERCOMMIT_NEVER
			     ? VM_NORESERVE : 0;
	struct segment *s = kzalloc(sizeof(*s), GFP_KERNEL);
	char name[16];

	if (!s)
		return ERR_PTR(-ENOMEM);
	snprintf(name, sizeof(name), "SYSV%08x", key);
	s->file = shmem_file_setup(name, size, acct);
	if (IS_ERR(s->file)) {
		int err = PTR_ERR(s->file);

		kfree(s);
		return ERR_PTR(err);
	}
	s->key = key;
	s->mode = flags & ALL_RWX;
	s->uid = s->cuid = current->cred.euid;
	s->gid = s->cgid = current->cred.egid;
	s->size = size;
	s->ctime = now();
	s->cpid = current->tgid;
	s->creator = current;
	return s;
}

/* A Linux that has set no huge pages aside: -ENOMEM for the sizes that x86 has, -EINVAL for others. */
static int huge_page_errno(int flags)
{
	unsigned int shift = (unsigned int)flags >> SHM_HUGE_SHIFT & SHM_HUGE_MASK;

	return !shift || shift == PMD_SHIFT || shift == PUD_SHIFT ? -ENOMEM : -EINVAL;
}

/* Enter: shm_mutex held.  The id or -errno. */
static int new_segment(int key, size_t size, int flags)
{
	unsigned long pages = pages_of(size);
	struct segment *s;
	int err;

	if (size < SHMMIN || size > shm_ctlmax)
		return -EINVAL;
	if (pages << PAGE_SHIFT < size)
		return -ENOSPC;
	if (total_pages + pages < total_pages || total_pages + pages > shm_ctlall)
		return -ENOSPC;
	if (flags & SHM_HUGETLB)
		return huge_page_errno(flags);
	s = make_segment(key, size, flags);
	if (IS_ERR(s))
		return PTR_ERR(s);
	err = in_use >= shm_ctlmni ? -ENOSPC : choose_id(s);
	if (err) {
		fput(s->file);
		kfree(s);
		return err;
	}
	s->file->f_inode->i_ino = s->id;	/* shown in /proc/PID/maps */
	insert(s);
	return s->id;
}

static int old_segment(const struct segment *s, size_t size, int flags)
{
	if ((flags & IPC_CREAT) && (flags & IPC_EXCL))
		return -EEXIST;
	if (s->size < size)
		return -EINVAL;
	return permitted(s, flags) ? s->id : -EACCES;
}

long sys_shmget(int key, size_t size, int flags)
{
	struct segment *s = NULL;
	long ret;

	mutex_lock(&shm_mutex);
	if (key != IPC_PRIVATE)
		s = find_key(key);
	if (s)
		ret = old_segment(s, size, flags);
	else if (key != IPC_PRIVATE && !(flags & IPC_CREAT))
		ret = -ENOENT;
	else
		ret = new_segment(key, size, flags);
	mutex_unlock(&shm_mutex);
	return ret;
}

/* ---- shmat ---- */

/* What the flags of shmat(2) ask for. */
struct attach_args {
	unsigned long prot;
	unsigned int want;		/* permission bits */
	int open_flags;
};

static struct attach_args attach_args(int flags)
{
	struct attach_args a = { PROT_READ, 0444, O_RDONLY };

	if (!(flags & SHM_RDONLY))
		a = (struct attach_args){ PROT_READ | PROT_WRITE, 0666, O_RDWR };
	if (flags & SHM_EXEC) {
		a.prot |= PROT_EXEC;
		a.want |= 0111;
	}
	return a;
}

/* Where: *@addr rounded down if asked for, 0 for anywhere.  0 or -EINVAL. */
static int attach_address(unsigned long *addr, int flags)
{
	if (!*addr)
		return flags & SHM_REMAP ? -EINVAL : 0;
	if (offset_in_page(*addr)) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		*addr &= PAGE_MASK;
		if (!*addr && (flags & SHM_REMAP))
			return -EINVAL;
	}
	return 0;
}

/* Find the segment, and keep it: its nattch is raised, its file referenced.  0 or -errno. */
static int hold_segment(int id, unsigned int want, struct shm_attach *a)
{
	struct segment *s;
	int err = -EINVAL;

	mutex_lock(&shm_mutex);
	s = find_id(id);
	if (s && !permitted(s, want)) {
		err = -EACCES;
	} else if (s) {
		s->nattch++;
		a->id = id;
		a->file = get_file(s->file);
		err = 0;
	}
	mutex_unlock(&shm_mutex);
	return err;
}

/* The end of hold_segment() as far as nattch goes; no detach is noted. */
static void release_segment(int id)
{
	LIST_HEAD(dead);
	struct segment *s;

	mutex_lock(&shm_mutex);
	s = find_id(id);
	BUG_ON(!s || !s->nattch);
	s->nattch--;
	if (may_destroy(s))
		destroy(s, &dead);
	mutex_unlock(&shm_mutex);
	bury(&dead);
}

/* The file for one attachment; takes over @a's reference, also on failure.  ERR_PTR. */
static struct file *attach_file(const struct shm_attach *a, int open_flags)
{
	struct shm_attach *copy = kmalloc(sizeof(*copy), GFP_KERNEL);
	struct file *file;

	if (!copy) {
		fput(a->file);
		return ERR_PTR(-ENOMEM);
	}
	*copy = *a;
	file = alloc_file(&a->file->f_path, open_flags, &shm_file_operations);
	if (IS_ERR(file)) {
		kfree(copy);
		fput(a->file);
		return file;
	}
	file->private_data = copy;
	return file;
}

/* Map all of it at @addr, or, if not @fixed, anywhere.  The address or -errno. */
static unsigned long attach(struct file *file, unsigned long addr, bool fixed, unsigned long prot,
			    int flags)
{
	unsigned long size = file->f_inode->i_size, ret, populate = 0;
	struct mm_struct *mm = current->mm;

	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	if (addr && !(flags & SHM_REMAP) &&
	    (addr + size < addr || find_vma_intersection(mm, addr, addr + size)))
		ret = -EINVAL;
	else
		ret = do_mmap(file, addr, size, prot, MAP_SHARED | (fixed ? MAP_FIXED : 0), 0,
			      &populate);
	up_write(&mm->mmap_sem);
	if (populate)
		mm_populate(ret, populate);
	return ret;
}

long sys_shmat(int id, unsigned long addr, int flags)
{
	struct attach_args args = attach_args(flags);
	struct shm_attach a;
	struct file *file;
	bool fixed = addr;		/* also if rounding makes it 0 */
	long ret;

	if (id < 0 || attach_address(&addr, flags))
		return -EINVAL;
	ret = hold_segment(id, args.want, &a);
	if (ret)
		return ret;
	file = attach_file(&a, args.open_flags);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
	} else {
		ret = attach(file, addr, fixed, args.prot, flags);
		fput(file);
	}
	release_segment(id);
	return ret;
}

/* ---- shmdt ---- */

/* Is @vma a piece, at its old place, of what was attached at @addr? */
static bool is_piece(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_ops == &shm_vm_ops &&
	       (vma->vm_start - addr) >> PAGE_SHIFT == vma->vm_pgoff;
}

/*
 * Unmap every piece of the segment attached at @addr: parts may have been unmapped or split off.
 * The first piece found tells which attachment it is.
 */
long sys_shmdt(unsigned long addr)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma, *next;
	struct file *file = NULL;
	unsigned long size = 0;

	if (offset_in_page(addr))
		return -EINVAL;
	if (down_write_killable(&mm->mmap_sem))
		return -EINTR;
	for (vma = find_vma(mm, addr); vma; vma = next) {
		next = vma->vm_next;
		if (file && vma->vm_end - addr > size)
			break;
		if (!is_piece(vma, addr) || (file && vma->vm_file != file))
			continue;
		if (!file) {
			file = get_file(vma->vm_file);
			size = PAGE_ALIGN(file->f_inode->i_size);
		}
		do_munmap(mm, vma->vm_start, vma->vm_end - vma->vm_start);
	}
	up_write(&mm->mmap_sem);
	if (!file)
		return -EINVAL;
	fput(file);
	return 0;
}

/* ---- shmctl ---- */

/* The largest index in use, 0 if there is none. */
static int max_index(void)
{
	return in_use ? index_of(list_entry(segments.prev, struct segment, list)->id) : 0;
}

static long ipc_info(struct shminfo __user *buf)
{
	struct shminfo info = { .shmmin = SHMMIN };
	long ret;

	mutex_lock(&shm_mutex);
	info.shmmni = info.shmseg = shm_ctlmni;
	info.shmmax = shm_ctlmax;
	info.shmall = shm_ctlall;
	ret = max_index();
	mutex_unlock(&shm_mutex);
	return copy_to_user(buf, &info, sizeof(info)) ? -EFAULT : ret;
}

static long shm_info(struct shm_info __user *buf)
{
	struct shm_info info = { 0 };
	struct segment *s;
	long ret;

	mutex_lock(&shm_mutex);
	info.used_ids = in_use;
	info.shm_tot = total_pages;
	list_for_each_entry(s, &segments, list) {
		info.shm_rss += s->file->f_inode->i_mapping->nrpages;
		info.shm_swp += s->file->f_inode->i_mapping->nr_swapped;
	}
	ret = max_index();
	mutex_unlock(&shm_mutex);
	return copy_to_user(buf, &info, sizeof(info)) ? -EFAULT : ret;
}

static void fill_stat(struct shmid_ds *d, const struct segment *s)
{
	*d = (struct shmid_ds){
		.shm_perm = { .key = s->key, .uid = s->uid, .gid = s->gid, .cuid = s->cuid,
			      .cgid = s->cgid, .mode = s->mode, .seq = s->seq },
		.shm_segsz = s->size,
		.shm_atime = s->atime, .shm_dtime = s->dtime, .shm_ctime = s->ctime,
		.shm_cpid = s->cpid, .shm_lpid = s->lpid,
		.shm_nattch = s->nattch,
	};
}

/* IPC_STAT by id; SHM_STAT and SHM_STAT_ANY by index, and the answer is the id. */
static long stat_segment(int id, int cmd, struct shmid_ds __user *buf)
{
	struct shmid_ds d;
	struct segment *s;
	long ret = -EINVAL;

	mutex_lock(&shm_mutex);
	s = cmd == IPC_STAT ? find_id(id) : find_index(index_of(id));
	if (s && cmd != SHM_STAT_ANY && !permitted(s, 0444)) {
		ret = -EACCES;
	} else if (s) {
		fill_stat(&d, s);
		ret = cmd == IPC_STAT ? 0 : s->id;
	}
	mutex_unlock(&shm_mutex);
	if (ret >= 0 && copy_to_user(buf, &d, sizeof(d)))
		ret = -EFAULT;
	return ret;
}

static long set_segment(int id, const struct shmid_ds __user *buf)
{
	struct shmid_ds d;
	struct segment *s;
	long ret = -EINVAL;

	if (copy_from_user(&d, buf, sizeof(d)))
		return -EFAULT;
	mutex_lock(&shm_mutex);
	s = find_id(id);
	if (s && !owned(s)) {
		ret = -EPERM;
	} else if (s && d.shm_perm.uid != ~0U && d.shm_perm.gid != ~0U) {
		s->uid = d.shm_perm.uid;
		s->gid = d.shm_perm.gid;
		s->mode = (s->mode & ~ALL_RWX) | (d.shm_perm.mode & ALL_RWX);
		s->ctime = now();
		ret = 0;
	}
	mutex_unlock(&shm_mutex);
	return ret;
}

/* At once if nobody has it; else with the last detach, and its key is free again. */
static long remove_segment(int id)
{
	LIST_HEAD(dead);
	struct segment *s;
	long ret = -EINVAL;

	mutex_lock(&shm_mutex);
	s = find_id(id);
	if (s && !owned(s)) {
		ret = -EPERM;
	} else if (s) {
		ret = 0;
		s->mode |= SHM_DEST;
		s->key = IPC_PRIVATE;
		if (may_destroy(s))
			destroy(s, &dead);
	}
	mutex_unlock(&shm_mutex);
	bury(&dead);
	return ret;
}

static long lock_segment(int id, bool lock)
{
	struct segment *s;
	long ret = -EINVAL;

	mutex_lock(&shm_mutex);
	s = find_id(id);
	if (!s)
		goto out;
	ret = -EPERM;
	if (!owned(s) || (lock && !capable_root() && !rlimit(RLIMIT_MEMLOCK)))
		goto out;
	ret = -ENOMEM;
	if (lock && !(s->mode & SHM_LOCKED) && !capable_root() &&
	    pages_of(s->size) > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT)
		goto out;
	ret = 0;
	s->mode = lock ? s->mode | SHM_LOCKED : s->mode & ~SHM_LOCKED;
	shmem_lock(s->file->f_inode, lock);
out:
	mutex_unlock(&shm_mutex);
	return ret;
}

long sys_shmctl(int id, int cmd, void __user *buf)
{
	if (cmd < 0 || id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
		return ipc_info(buf);
	case SHM_INFO:
		return shm_info(buf);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return stat_segment(id, cmd, buf);
	case IPC_SET:
		return set_segment(id, buf);
	case IPC_RMID:
		return remove_segment(id);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return lock_segment(id, cmd == SHM_LOCK);
	default:
		return -EINVAL;
	}
}

/* ---- shm_rmid_forced: nothing stays that nobody has ---- */

/* @t ends: what it created is nobody's now. */
void exit_shm(struct task_struct *t)
{
	LIST_HEAD(dead);
	struct segment *s, *next;

	mutex_lock(&shm_mutex);
	list_for_each_entry_safe(s, next, &segments, list) {
		if (s->creator != t)
			continue;
		s->creator = NULL;
		if (shm_rmid_forced && may_destroy(s))
			destroy(s, &dead);
	}
	mutex_unlock(&shm_mutex);
	bury(&dead);
}

/* The rule has just been set: whose creator is gone, and whom nobody has, goes. */
void shm_destroy_orphaned(void)
{
	LIST_HEAD(dead);
	struct segment *s, *next;

	mutex_lock(&shm_mutex);
	list_for_each_entry_safe(s, next, &segments, list)
		if (!s->creator && may_destroy(s))
			destroy(s, &dead);
	mutex_unlock(&shm_mutex);
	bury(&dead);
}

/* ---- /proc/sysvipc/shm ---- */

int sysvipc_shm_show(struct seq_file *m)
{
	struct segment *s;

	seq_puts(m, "       key      shmid perms                  size  cpid  lpid nattch   "
		 "uid   gid  cuid  cgid      atime      dtime      ctime                   "
		 "rss                  swap\n");
	mutex_lock(&shm_mutex);
	list_for_each_entry(s, &segments, list)
		seq_printf(m, "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u %10lu %10lu "
			   "%10lu %21lu %21lu\n", s->key, s->id, s->mode, s->size, s->cpid,
			   s->lpid, s->nattch, s->uid, s->gid, s->cuid, s->cgid, s->atime,
			   s->dtime, s->ctime,
			   s->file->f_inode->i_mapping->nrpages << PAGE_SHIFT,
			   s->file->f_inode->i_mapping->nr_swapped << PAGE_SHIFT);
	mutex_unlock(&shm_mutex);
	return 0;
}

/* ---- mm_verify_all ---- */

static bool recounting;			/* between the two calls: who asks for one mm alone does not count */

void shm_recount_begin(void)
{
	struct segment *s;

	if (!mm_verify_lock(&shm_mutex))
		return;
	list_for_each_entry(s, &segments, list)
		s->recount = 0;
	recounting = true;
	mutex_unlock(&shm_mutex);
}

void shm_recount_vma(const struct vm_area_struct *vma)
{
	struct segment *s;

	if (vma->vm_ops != &shm_vm_ops)
		return;
	if (!mm_verify_lock(&shm_mutex))
		return;
	s = attached(vma->vm_file->private_data);
	if (s && recounting)
		s->recount++;
	mutex_unlock(&shm_mutex);
}

int shm_recount_end(void)
{
	unsigned long pages = 0;
	struct segment *s;
	int bad = 0, n = 0;

	if (!mm_verify_lock(&shm_mutex))
		return 0;
	recounting = false;
	list_for_each_entry(s, &segments, list) {
		n++;
		pages += pages_of(s->size);
		if (s->nattch == s->recount)
			continue;
		pr_err("shm %d: nattch %lu, but %lu areas\n", s->id, s->nattch, s->recount);
		bad++;
	}
	bad += n != in_use || pages != total_pages;
	mutex_unlock(&shm_mutex);
	return bad;
}
