/*
 * fs/locks.c - locks on files: byte ranges (fcntl) and whole files (flock)
 *
 * Purpose:    processes that share a file keep out of each other's way.
 * Invariants: on inode->i_locks no two locks of different owners overlap unless both are shared;
 *             locks of one owner do not overlap and, of one type, do not touch.
 * Owners:     POSIX locks belong to the process's descriptor table, OFD and flock locks to the
 *             open file; the first go with any close(2) of the file, the others with the last.
 * Lock order: locks_lock protects all lists; sleepers wait in locks_wait and look again.
 * Simplified: one wait queue for all files; deadlocks are found among POSIX locks only.
 * Sources:    fcntl(2), "Advisory record locking"; flock(2).
 */
#include <fs.h>
#include <asm/uaccess.h>
#include <mm.h>
#include <sched.h>
#include <seq_file.h>
#include <slab.h>
#include <string.h>
#include <syscalls_fs.h>
#include "internal.h"

#define OFFSET_MAX ((loff_t)(~0UL >> 1))

enum lock_kind { LOCK_POSIX, LOCK_OFD, LOCK_FLOCK };

struct file_lock {
	struct list_head list;		/* inode->i_locks: locks_lock */
	enum lock_kind kind;
	int type;			/* F_RDLCK, F_WRLCK, F_UNLCK */
	loff_t start, end;		/* last byte included */
	const void *owner;
	pid_t pid;			/* of who asked; -1 for OFD locks */
	struct inode *inode;
};

/* A task that waits for a POSIX lock: the edge "owner waits for blocker". */
struct blocked {
	struct list_head list;		/* locks_lock */
	const void *owner, *blocker;
};

static DEFINE_SPINLOCK(locks_lock);
static LIST_HEAD(blocked_list);
static DECLARE_WAIT_QUEUE_HEAD(locks_wait);
static unsigned long locks_changed;	/* counts releases: locks_lock */

static bool overlap(const struct file_lock *a, const struct file_lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static bool same_space(const struct file_lock *a, const struct file_lock *b)
{
	return (a->kind == LOCK_FLOCK) == (b->kind == LOCK_FLOCK);
}

/* A lock that stands in the way of @want, or NULL.  locks_lock held. */
static struct file_lock *find_conflict(struct inode *i, const struct file_lock *want)
{
	struct file_lock *l;

	list_for_each_entry(l, &i->i_locks, list)
		if (same_space(l, want) && l->owner != want->owner && overlap(l, want) &&
		    (l->type == F_WRLCK || want->type == F_WRLCK))
			return l;
	return NULL;
}

/* Would @owner, waiting for @blocker, wait for itself?  locks_lock held. */
static bool would_deadlock(const void *owner, const void *blocker)
{
	for (int steps = 0; steps < 10; steps++) {
		struct blocked *b;
		const void *next = NULL;

		if (blocker == owner)
			return true;
		list_for_each_entry(b, &blocked_list, list)
			if (b->owner == blocker)
				next = b->blocker;
		if (!next)
			return false;
		blocker = next;
	}
	return false;
}

static bool adjacent(const struct file_lock *a, const struct file_lock *b)
{
	return (a->end != OFFSET_MAX && a->end + 1 == b->start) ||
	       (b->end != OFFSET_MAX && b->end + 1 == a->start);
}

/*
 * Put @want (F_UNLCK: nothing) in place of whatever its owner holds in that range.
 * @spare[0] becomes the lock itself, @spare[1] the upper half of one that is split; what is not
 * used is left for the caller to free, what is replaced is put on @dead.  locks_lock held.
 */
static void apply_lock(struct inode *i, const struct file_lock *want, struct file_lock *spare[2],
		       struct list_head *dead)
{
	struct file_lock new = *want, *l, *next;

	list_for_each_entry_safe(l, next, &i->i_locks, list) {
		if (l->kind != want->kind || l->owner != want->owner)
			continue;
		if (l->type == new.type && (overlap(l, &new) || adjacent(l, &new))) {
			new.start = min(new.start, l->start);
			new.end = max(new.end, l->end);
			list_move(&l->list, dead);
			continue;
		}
		if (!overlap(l, &new))
			continue;
		if (l->start < new.start && l->end > new.end) {	/* a hole in the middle */
			struct file_lock *upper = spare[1];

			spare[1] = NULL;
			*upper = *l;
			upper->start = new.end + 1;
			l->end = new.start - 1;
			list_add(&upper->list, &l->list);
		} else if (l->start < new.start) {
			l->end = new.start - 1;
		} else if (l->end > new.end) {
			l->start = new.end + 1;
		} else {
			list_move(&l->list, dead);
		}
	}
	if (new.type != F_UNLCK) {
		*spare[0] = new;
		list_add_tail(&spare[0]->list, &i->i_locks);
		spare[0] = NULL;
	}
	locks_changed++;
}

static void free_locks(struct list_head *dead)
{
	while (!list_empty(dead)) {
		struct file_lock *l = list_first_entry(dead, struct file_lock, list);

		list_del(&l->list);
		kfree(l);
	}
}

/*
 * One attempt.  0: done.  -EAGAIN: in the way is *blocker; *seen tells when to look again.
 * -EDEADLK: waiting would never end.
 */
static int try_lock(struct inode *i, const struct file_lock *want, bool may_wait,
		    struct file_lock *spare[2], struct blocked *me, unsigned long *seen)
{
	struct file_lock *conflict;
	LIST_HEAD(dead);
	int err = 0;

	spin_lock(&locks_lock);
	conflict = want->type == F_UNLCK ? NULL : find_conflict(i, want);
	if (!conflict) {
		apply_lock(i, want, spare, &dead);
	} else {
		err = -EAGAIN;
		*seen = locks_changed;
		if (may_wait && want->kind == LOCK_POSIX) {
			if (would_deadlock(want->owner, conflict->owner)) {
				err = -EDEADLK;
			} else {
				me->owner = want->owner;
				me->blocker = conflict->owner;
				list_add(&me->list, &blocked_list);
			}
		}
	}
	spin_unlock(&locks_lock);
	if (!err)
		wake_up_all(&locks_wait);
	free_locks(&dead);
	return err;
}

static void stop_blocking(struct blocked *me)
{
	spin_lock(&locks_lock);
	list_del_init(&me->list);
	spin_unlock(&locks_lock);
}

/* Set or take away @want on the file; sleeps for it if @wait. */
static int set_lock(struct inode *i, const struct file_lock *want, bool wait)
{
	struct file_lock *spare[2];
	struct blocked me = { .list = LIST_HEAD_INIT(me.list) };
	unsigned long seen = 0;
	int err = -ENOLCK;

	spare[0] = kmalloc(sizeof(*spare[0]), GFP_KERNEL);
	spare[1] = kmalloc(sizeof(*spare[1]), GFP_KERNEL);
	while (spare[0] && spare[1]) {
		err = try_lock(i, want, wait, spare, &me, &seen);
		if (err != -EAGAIN || !wait)
			break;
		err = wait_event_interruptible(locks_wait, READ_ONCE(locks_changed) != seen);
		stop_blocking(&me);
		if (err)
			break;
	}
	kfree(spare[0]);
	kfree(spare[1]);
	return err;
}

/* ---- fcntl ---- */

/* A user's struct flock into a range; 0, -EINVAL, -EOVERFLOW. */
static int to_range(struct file *f, const struct flock *fl, struct file_lock *l)
{
	loff_t start;

	switch (fl->l_whence) {
	case SEEK_SET:
		start = 0;
		break;
	case SEEK_CUR:
		start = f->f_pos;
		break;
	case SEEK_END:
		start = f->f_inode->i_size;
		break;
	default:
		return -EINVAL;
	}
	if (fl->l_start > OFFSET_MAX - start)
		return -EOVERFLOW;
	start += fl->l_start;
	if (start < 0)
		return -EINVAL;
	l->start = start;
	l->end = OFFSET_MAX;
	if (fl->l_len > 0) {
		if (fl->l_len - 1 > OFFSET_MAX - start)
			return -EOVERFLOW;
		l->end = start + fl->l_len - 1;
	} else if (fl->l_len < 0) {
		if (start + fl->l_len < 0)
			return -EINVAL;
		l->end = start - 1;
		l->start = start + fl->l_len;
	}
	if (fl->l_type != F_RDLCK && fl->l_type != F_WRLCK && fl->l_type != F_UNLCK)
		return -EINVAL;
	l->type = fl->l_type;
	l->inode = f->f_inode;
	return 0;
}

static int import_lock(struct file *f, unsigned int cmd, const struct flock *fl,
		       struct file_lock *l)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;

	memset(l, 0, sizeof(*l));
	l->kind = ofd ? LOCK_OFD : LOCK_POSIX;
	l->owner = ofd ? (void *)f : (void *)current->files;
	l->pid = ofd ? -1 : current->tgid;
	return to_range(f, fl, l);
}

int fcntl_getlk(struct file *f, unsigned int cmd, struct flock __user *ufl)
{
	struct file_lock want, *l;
	struct flock fl;
	int err;

	if (copy_from_user(&fl, ufl, sizeof(fl)))
		return -EFAULT;
	if (fl.l_type != F_RDLCK && fl.l_type != F_WRLCK)
		return -EINVAL;
	err = import_lock(f, cmd, &fl, &want);
	if (!err && want.kind == LOCK_OFD && fl.l_pid)
		err = -EINVAL;
	if (err)
		return err;
	spin_lock(&locks_lock);
	l = find_conflict(f->f_inode, &want);
	fl.l_type = F_UNLCK;
	if (l) {
		fl.l_type = l->type;
		fl.l_whence = SEEK_SET;
		fl.l_start = l->start;
		fl.l_len = l->end == OFFSET_MAX ? 0 : l->end - l->start + 1;
		fl.l_pid = l->pid;
	}
	spin_unlock(&locks_lock);
	return copy_to_user(ufl, &fl, sizeof(fl)) ? -EFAULT : 0;
}

int fcntl_setlk(unsigned int fd, struct file *f, unsigned int cmd, struct flock __user *ufl)
{
	struct file_lock want;
	struct flock fl;
	struct file *now;
	int err;

	if (copy_from_user(&fl, ufl, sizeof(fl)))
		return -EFAULT;
	err = import_lock(f, cmd, &fl, &want);
	if (err)
		return err;
	if ((want.type == F_RDLCK && !(f->f_mode & FMODE_READ)) ||
	    (want.type == F_WRLCK && !(f->f_mode & FMODE_WRITE)))
		return -EBADF;
	if (want.kind == LOCK_OFD && fl.l_pid)
		return -EINVAL;
	err = set_lock(f->f_inode, &want, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
	if (err || want.kind != LOCK_POSIX || want.type == F_UNLCK)
		return err;
	/* another thread closed the descriptor meanwhile: its close did not see this lock */
	now = fget(fd);
	if (now != f) {
		want.type = F_UNLCK;
		set_lock(f->f_inode, &want, false);
		err = -EBADF;
	}
	if (now)
		fput(now);
	return err;
}

/* ---- flock ---- */

long sys_flock(unsigned int fd, unsigned int cmd)
{
	struct file_lock want = { .kind = LOCK_FLOCK, .end = OFFSET_MAX, .pid = current->tgid };
	struct file *f;
	long err;

	switch (cmd & ~LOCK_NB) {
	case LOCK_SH:
		want.type = F_RDLCK;
		break;
	case LOCK_EX:
		want.type = F_WRLCK;
		break;
	case LOCK_UN:
		want.type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	f = fget(fd);
	if (!f)
		return -EBADF;
	want.owner = f;
	want.inode = f->f_inode;
	err = -EBADF;
	if (want.type != F_UNLCK && !(f->f_mode & (FMODE_READ | FMODE_WRITE)))
		goto out;
	err = set_lock(f->f_inode, &want, !(cmd & LOCK_NB));
out:
	fput(f);
	return err;
}

/* ---- close ---- */

/* Take away all locks of @owner on @i that are of the kinds in @mask; needs no memory. */
static void remove_owned(struct inode *i, const void *owner, bool posix)
{
	struct file_lock *l, *next;
	LIST_HEAD(dead);

	if (list_empty(&i->i_locks))
		return;
	spin_lock(&locks_lock);
	list_for_each_entry_safe(l, next, &i->i_locks, list)
		if (l->owner == owner && (l->kind == LOCK_POSIX) == posix)
			list_move(&l->list, &dead);
	if (!list_empty(&dead))
		locks_changed++;
	spin_unlock(&locks_lock);
	if (list_empty(&dead))
		return;
	wake_up_all(&locks_wait);
	free_locks(&dead);
}

void locks_remove_posix(struct file *f, struct files_struct *owner)
{
	remove_owned(f->f_inode, owner, true);
}

void locks_remove_flock(struct file *f)
{
	remove_owned(f->f_inode, f, false);
}

/* ---- /proc ---- */

static void show_lock(struct seq_file *m, const struct file_lock *l, int n)
{
	static const char *const kinds[] = { "POSIX ", "OFDLCK", "FLOCK " };

	seq_printf(m, "%d: %s ADVISORY  %s %d %02x:%02x:%lu ", n, kinds[l->kind],
		   l->type == F_WRLCK ? "WRITE" : "READ ", l->pid, MAJOR(l->inode->i_sb->s_dev),
		   MINOR(l->inode->i_sb->s_dev), (unsigned long)l->inode->i_ino);
	if (l->end == OFFSET_MAX)
		seq_printf(m, "%ld EOF\n", l->start);
	else
		seq_printf(m, "%ld %ld\n", l->start, l->end);
}

/* The locks that /proc/PID/fdinfo/N shows for an open file. */
void locks_fdinfo(struct seq_file *m, struct file *f, struct files_struct *files)
{
	struct file_lock *l;
	int n = 0;

	spin_lock(&locks_lock);
	list_for_each_entry(l, &f->f_inode->i_locks, list) {
		if (l->owner != f && l->owner != files)
			continue;
		seq_puts(m, "lock:\t");
		show_lock(m, l, ++n);
	}
	spin_unlock(&locks_lock);
}
