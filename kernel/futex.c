/*
 * kernel/futex.c - sleeping on a word of user memory
 *
 * Purpose:    user-space locks need the kernel only when somebody must wait: FUTEX_WAIT
 *             sleeps if the word still has the expected value, FUTEX_WAKE wakes sleepers.
 * Invariants: the word is compared and the waiter queued under the bucket's lock, and a
 *             waker takes the same lock after the word was changed: no wake-up is lost.
 *             A waiter is on the bucket of its key, or on none (woken: ->key unchanged,
 *             link empty).  Whoever takes it off the queue wakes it.
 *             A private operation means (mm, address) and looks at nothing else.  A shared one asks for
 *             the page: that of a file gives (inode, offset), with a reference on the inode, so that
 *             processes meet; an anonymous one (mm, address) again, but the two kinds do not meet.
 * Lock order: mmap_sem > bucket lock (two: by address) > run queue.
 *             User memory is read under the bucket lock without faulting; a missing page is
 *             brought in outside and the operation starts again.
 * Simplified: no priority inheritance: the PI operations answer ENOSYS.
 *             futex_robust.c has the lists of locks that a dying thread holds.
 * Sources:    Franke, Russell, Kirkwood, "Fuss, Futexes and Furwocks", OLS 2002;
 *             futex(2).
 */
#include <asm/uaccess.h>
#include <err.h>
#include <fs.h>
#include <futex.h>
#include <mm.h>
#include <sched.h>

#define FUTEX_BUCKETS 256

enum futex_kind {
	FUTEX_PRIVATE,			/* by the operation */
	FUTEX_ANON,			/* a shared operation on anonymous memory */
	FUTEX_FILE,
};

struct futex_key {
	void *object;			/* mm_struct; of FUTEX_FILE the inode, which we hold */
	unsigned long offset;		/* address, or byte offset in the file */
	enum futex_kind kind;
};

struct futex_bucket {
	spinlock_t lock;
	struct list_head waiters;	/* futex_q.link, in order of arrival */
} __aligned(64);

struct futex_q {
	struct list_head link;		/* bucket lock; empty: woken */
	struct task_struct *task;
	struct futex_key key;		/* changed by requeue: both bucket locks */
	struct futex_bucket *bucket;	/* same */
	u32 bitset;
};

static struct futex_bucket buckets[FUTEX_BUCKETS];

void futex_init(void)
{
	for (int i = 0; i < FUTEX_BUCKETS; i++) {
		spin_lock_init_class(&buckets[i].lock, "futex bucket");
		INIT_LIST_HEAD(&buckets[i].waiters);
	}
}

static struct futex_bucket *bucket_of(const struct futex_key *k)
{
	unsigned long h = ((unsigned long)k->object >> 6) ^ (k->offset >> 2);

	return &buckets[(h * 0x9e3779b97f4a7c15UL) >> 56];
}

static bool key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->offset == b->offset && a->kind == b->kind;
}

static void put_key(struct futex_key *k)
{
	if (k->kind == FUTEX_FILE)
		iput(k->object);
	k->kind = FUTEX_PRIVATE;
}

/*
 * The page at @addr, held, for @write as a write would find it: copied if need be.  Who only looks is content
 * with one that may only be read; *@ro says so.  0 or -EFAULT.
 */
static int get_page_of(unsigned long addr, bool write, struct page **page, bool *ro)
{
	struct mm_struct *mm = current->mm;
	long n;

	down_read(&mm->mmap_sem);
	n = get_user_pages(mm, addr, 1, FOLL_WRITE, page);
	*ro = n != 1;
	if (n != 1 && !write)
		n = get_user_pages(mm, addr, 1, 0, page);
	up_read(&mm->mmap_sem);
	return n == 1 ? 0 : -EFAULT;
}

/* Fill in the key of a shared operation at @addr.  0 or -EFAULT. */
static int get_shared_key(unsigned long addr, bool write, struct futex_key *k)
{
	struct page *page;
	bool ro, gone;
	int err;

	do {
		err = get_page_of(addr, write, &page, &ro);
		if (err)
			return err;
		gone = false;
		lock_page(page);
		if (PageAnon(page)) {
			/* Written through this mapping it would be another page: nobody could meet here. */
			err = ro ? -EFAULT : 0;
			k->kind = FUTEX_ANON;
		} else if (page->mapping) {
			k->object = page->mapping->host;
			k->offset = (page->index << PAGE_SHIFT) + offset_in_page(addr);
			k->kind = FUTEX_FILE;
			ihold(k->object);
		} else {
			gone = !ro;		/* truncated just now */
			err = -EFAULT;		/* the zero page */
		}
		unlock_page(page);
		put_page(page);
	} while (gone);
	return err;
}

/* The key of @uaddr, which @write says that the operation changes.  Given back by put_key().  0, -EINVAL, -EFAULT. */
static int get_key(u32 __user *uaddr, bool private, bool write, struct futex_key *k)
{
	unsigned long addr = (unsigned long)uaddr;

	*k = (struct futex_key){ current->mm, addr, FUTEX_PRIVATE };
	if (addr % sizeof(u32))
		return -EINVAL;
	if (!access_ok(uaddr, sizeof(u32)) || !current->mm)
		return -EFAULT;
	return private ? 0 : get_shared_key(addr, write, k);
}

/* Bring the page of @uaddr in, after a read under the lock failed.  0 or -EFAULT. */
static int fault_in(u32 __user *uaddr)
{
	return fault_in_readable(uaddr, sizeof(*uaddr)) ? -EFAULT : 0;
}

/* Take @q off its queue and wake its task.  Bucket lock held. */
static void wake_waiter(struct futex_q *q)
{
	struct task_struct *t = q->task;

	get_task_struct(t);
	list_del_init(&q->link);
	/* From here on the waiter may return and its stack, with @q, be gone. */
	try_to_wake_up(t, TASK_INTERRUPTIBLE);
	put_task_struct(t);
}

/* Wake up to @nr waiters of @k whose bitset meets @bitset; how many.  Bucket lock held. */
static int wake_key(struct futex_bucket *b, const struct futex_key *k, int nr, u32 bitset)
{
	struct futex_q *q, *next;
	int woken = 0;

	list_for_each_entry_safe(q, next, &b->waiters, link) {
		if (woken >= nr)
			break;
		if (!key_equal(&q->key, k) || !(q->bitset & bitset))
			continue;
		wake_waiter(q);
		woken++;
	}
	return woken;
}

static int futex_wake(u32 __user *uaddr, bool private, int nr, u32 bitset)
{
	struct futex_bucket *b;
	struct futex_key key;
	int ret;

	if (!bitset)
		return -EINVAL;
	ret = get_key(uaddr, private, false, &key);
	if (ret)
		return ret;
	b = bucket_of(&key);
	spin_lock(&b->lock);
	ret = wake_key(b, &key, max(nr, 1), bitset);
	spin_unlock(&b->lock);
	put_key(&key);
	return ret;
}

int futex_wake_one(u32 __user *uaddr)
{
	return futex_wake(uaddr, false, 1, FUTEX_BITSET_MATCH_ANY);
}

/* ---- waiting --------------------------------------------------------------------- */

/*
 * Queue @q if the word at @uaddr is @val.  0: queued, the state is TASK_INTERRUPTIBLE;
 * -EWOULDBLOCK, -EFAULT, -EINVAL otherwise, with nothing held.
 */
static int wait_setup(u32 __user *uaddr, u32 val, bool private, struct futex_q *q)
{
	u32 now;
	int err;

	for (;;) {
		err = get_key(uaddr, private, false, &q->key);
		if (err)
			return err;
		q->bucket = bucket_of(&q->key);
		spin_lock(&q->bucket->lock);
		if (!copy_from_user_nofault(&now, uaddr, sizeof(now)))
			break;
		spin_unlock(&q->bucket->lock);
		put_key(&q->key);
		err = fault_in(uaddr);
		if (err)
			return err;
	}
	if (now != val) {
		spin_unlock(&q->bucket->lock);
		put_key(&q->key);
		return -EWOULDBLOCK;
	}
	set_current_state(TASK_INTERRUPTIBLE);
	list_add_tail(&q->link, &q->bucket->waiters);
	spin_unlock(&q->bucket->lock);
	return 0;
}

/* Leave the queue.  True if we had been woken already. */
static bool unqueue(struct futex_q *q)
{
	struct futex_bucket *b;
	bool woken;

	for (;;) {
		b = READ_ONCE(q->bucket);
		spin_lock(&b->lock);
		if (b == q->bucket)
			break;
		spin_unlock(&b->lock);	/* requeued meanwhile */
	}
	woken = list_empty(&q->link);
	if (!woken)
		list_del_init(&q->link);
	spin_unlock(&b->lock);
	put_key(&q->key);
	return woken;
}

static int futex_wait(u32 __user *uaddr, bool private, u32 val, u64 expires, u32 bitset)
{
	struct futex_q q = { .task = current, .bitset = bitset };
	int err;

	if (!bitset)
		return -EINVAL;
	do {
		INIT_LIST_HEAD(&q.link);
		err = wait_setup(uaddr, val, private, &q);
		if (err)
			return err;
		if (!list_empty(&q.link) && !signal_pending(current))
			schedule_until(expires);
		set_current_state(TASK_RUNNING);
		if (unqueue(&q))
			return 0;
		if (expires && ktime_get() >= expires)
			return -ETIMEDOUT;
	} while (!signal_pending(current));	/* a stray wake-up: test the word again */
	return -ERESTARTSYS;
}

static long futex_wait_restart(struct restart_block *r)
{
	long err = futex_wait(r->uaddr, r->flags, r->val, r->expires, r->bitset);

	return err == -ERESTARTSYS ? -ERESTART_RESTARTBLOCK : err;
}

/* futex_wait with what is needed to go on after a signal: the time must not start again. */
static long futex_wait_restartable(u32 __user *uaddr, bool private, u32 val, u64 expires, u32 bitset)
{
	struct restart_block *r = &current->restart_block;
	long err = futex_wait(uaddr, private, val, expires, bitset);

	if (err != -ERESTARTSYS || !expires)
		return err;
	r->fn = futex_wait_restart;
	r->uaddr = uaddr;
	r->val = val;
	r->expires = expires;
	r->bitset = bitset;
	r->flags = private;
	return -ERESTART_RESTARTBLOCK;
}

/* ---- two words -------------------------------------------------------------------- */

static void lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_lock(&min(a, b)->lock);
	if (a != b)
		spin_lock_nested(&max(a, b)->lock, 1);
}

static void unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

static void requeue_waiter(struct futex_q *q, struct futex_bucket *to, const struct futex_key *key)
{
	struct futex_key old = q->key;

	/* Within a bucket it keeps its place, and the walk of the caller does not meet it again. */
	if (q->bucket != to)
		list_move_tail(&q->link, &to->waiters);
	q->key = *key;
	if (key->kind == FUTEX_FILE)
		ihold(key->object);
	WRITE_ONCE(q->bucket, to);
	if (old.kind == FUTEX_FILE)
		atomic_dec(&((struct inode *)old.object)->i_count);	/* the caller holds it too */
}

/* Wake @nr_wake waiters of @u1, let up to @nr_requeue others wait for @u2.  @cmp: *u1 must be it. */
static int futex_requeue(u32 __user *u1, bool private, int nr_wake, int nr_requeue,
			 u32 __user *u2, const u32 *cmp)
{
	struct futex_key k1, k2;
	struct futex_bucket *b1, *b2;
	struct futex_q *q, *next;
	int ret, done = 0;
	u32 now;

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
retry:
	ret = get_key(u1, private, false, &k1);
	if (ret)
		return ret;
	ret = get_key(u2, private, false, &k2);
	if (ret)
		goto out_put_1;
	b1 = bucket_of(&k1);
	b2 = bucket_of(&k2);
	lock_two(b1, b2);
	if (cmp) {
		if (copy_from_user_nofault(&now, u1, sizeof(now))) {
			unlock_two(b1, b2);
			put_key(&k2);
			put_key(&k1);
			ret = fault_in(u1);
			if (ret)
				return ret;
			goto retry;
		}
		if (now != *cmp) {
			ret = -EAGAIN;
			goto out_unlock;
		}
	}
	list_for_each_entry_safe(q, next, &b1->waiters, link) {
		if (!key_equal(&q->key, &k1))
			continue;
		if (done < nr_wake)
			wake_waiter(q);
		else if (done - nr_wake < nr_requeue)
			requeue_waiter(q, b2, &k2);
		else
			break;
		done++;
	}
	ret = done;
out_unlock:
	unlock_two(b1, b2);
	put_key(&k2);
out_put_1:
	put_key(&k1);
	return ret;
}

/* FUTEX_WAKE_OP: change *u2 atomically; says whether the old value passes the test.  1, 0 or -errno. */
static int futex_atomic_op(u32 code, u32 __user *uaddr)
{
	int op = (code >> 28) & 7, cmp = (code >> 24) & 15;
	int oparg = (int)(code << 8) >> 20, cmparg = (int)(code << 20) >> 20;
	u32 old, new, seen;
	int err;

	if ((code >> 28) & FUTEX_OP_OPARG_SHIFT) {
		if (oparg < 0 || oparg > 31)
			oparg &= 31;
		oparg = 1U << oparg;
	}
	if (op > FUTEX_OP_XOR)
		return -ENOSYS;
	if (copy_from_user_nofault(&old, uaddr, sizeof(old)))
		return -EFAULT;
	for (;;) {
		switch (op) {
		case FUTEX_OP_SET:
			new = oparg;
			break;
		case FUTEX_OP_ADD:
			new = old + oparg;
			break;
		case FUTEX_OP_OR:
			new = old | oparg;
			break;
		case FUTEX_OP_ANDN:
			new = old & ~oparg;
			break;
		default:
			new = old ^ oparg;
			break;
		}
		seen = old;
		err = cmpxchg_user_u32(uaddr, &seen, new);
		if (err)
			return err;
		if (seen == old)
			break;
		old = seen;
	}
	switch (cmp) {
	case FUTEX_OP_CMP_EQ:
		return (int)old == cmparg;
	case FUTEX_OP_CMP_NE:
		return (int)old != cmparg;
	case FUTEX_OP_CMP_LT:
		return (int)old < cmparg;
	case FUTEX_OP_CMP_LE:
		return (int)old <= cmparg;
	case FUTEX_OP_CMP_GT:
		return (int)old > cmparg;
	case FUTEX_OP_CMP_GE:
		return (int)old >= cmparg;
	}
	return -ENOSYS;
}

/* Make the page of @uaddr writable, after an atomic operation under the lock failed. */
static int fault_in_writeable(u32 __user *uaddr)
{
	struct mm_struct *mm = current->mm;
	struct page *page;
	long n;

	down_read(&mm->mmap_sem);
	n = get_user_pages(mm, (unsigned long)uaddr, 1, FOLL_WRITE, &page);
	up_read(&mm->mmap_sem);
	if (n != 1)
		return -EFAULT;
	put_page(page);
	return 0;
}

static int futex_wake_op(u32 __user *u1, bool private, u32 __user *u2, int nr1, int nr2, u32 code)
{
	struct futex_key k1, k2;
	struct futex_bucket *b1, *b2;
	int ret, passed;

retry:
	ret = get_key(u1, private, false, &k1);
	if (ret)
		return ret;
	ret = get_key(u2, private, true, &k2);
	if (ret)
		goto out_put_1;
	b1 = bucket_of(&k1);
	b2 = bucket_of(&k2);
	lock_two(b1, b2);
	passed = futex_atomic_op(code, u2);
	if (passed >= 0) {
		ret = wake_key(b1, &k1, max(nr1, 1), FUTEX_BITSET_MATCH_ANY);
		if (passed)
			ret += wake_key(b2, &k2, max(nr2, 1), FUTEX_BITSET_MATCH_ANY);
	}
	unlock_two(b1, b2);
	put_key(&k2);
	put_key(&k1);
	if (passed == -EFAULT) {
		ret = fault_in_writeable(u2);
		if (!ret)
			goto retry;
	} else if (passed < 0) {
		ret = passed;
	}
	return ret;
out_put_1:
	put_key(&k1);
	return ret;
}

/* ---- the system call --------------------------------------------------------------------- */

static int read_timeout(int cmd, int op, const struct timespec __user *utime, u64 *expires)
{
	bool absolute = cmd != FUTEX_WAIT;
	int clock = op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	int err = get_timeout_user(utime, clock, absolute, expires);

	if (!err && *expires == 0)
		*expires = 1;		/* 0 means for ever */
	return err;
}

long sys_futex(u32 __user *uaddr, int op, u32 val, const struct timespec __user *utime,
	       u32 __user *uaddr2, u32 val3)
{
	int cmd = op & FUTEX_CMD_MASK;
	bool private = op & FUTEX_PRIVATE_FLAG;
	int val2 = (int)(long)utime;
	u64 expires = 0;
	int err;

	if (utime && (cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET)) {
		err = read_timeout(cmd, op, utime, &expires);
		if (err)
			return err;
	}
	if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait_restartable(uaddr, private, val, expires, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return futex_wait_restartable(uaddr, private, val, expires, val3);
	case FUTEX_WAKE:
		return futex_wake(uaddr, private, val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, private, val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, private, val, val2, uaddr2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, private, val, val2, uaddr2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, private, uaddr2, val, val2, val3);
	}
	return -ENOSYS;
}
