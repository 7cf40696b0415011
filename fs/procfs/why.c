/*
 * fs/procfs/why.c - ask why an access faults: /proc/quire/why, and `why` on the port
 *
 * Purpose:    write "TID ADDR r|w|x" (the address in hexadecimal), read each question of the fault
 *             handler with its answer, and last the outcome.  Linux has no such file.
 * Invariants: the question stays with the open file and is answered at each read from its start:
 *             an open file can be read again to see what an access has changed.
 * Lock order: why_file.lock alone; the answer is made before and copied after mm/explain.c's locks.
 */
#include <asm/uaccess.h>
#include <explain.h>
#include <explore.h>
#include <slab.h>
#include <string.h>

#include "internal.h"

#define WHY_QUESTION 64
#define WHY_TEXT 2048

struct why_file {
	struct mutex lock;
	bool asked;
	struct explain_question question;
	size_t len;
	char text[WHY_TEXT];
};

static int why_open(struct inode *inode, struct file *file)
{
	struct why_file *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	mutex_init_class(&w->lock, "why->lock");
	file->private_data = w;
	return 0;
}

static void why_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
}

/* The answer as text, or -ESRCH, -EINTR. */
static int make_text(struct why_file *w)
{
	struct explanation e;
	int err = explain_ask(&w->question, &e);
	size_t n = 0;

	w->len = 0;
	if (err)
		return err;
	for (unsigned int i = 0; i < e.nr; i++)
		n += snprintf(w->text + n, sizeof(w->text) - n, "%s? %s\n", e.steps[i].question,
			      e.steps[i].yes ? "yes" : "no");
	n += snprintf(w->text + n, sizeof(w->text) - n, "%s: %s\n", explain_outcome_name(e.outcome), e.what);
	w->len = min(n, sizeof(w->text) - 1);
	return 0;
}

/* -EINVAL: not a question; -ESRCH: no such thread, or one without an address space. */
static ssize_t why_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	struct why_file *w = file->private_data;
	struct explain_question q;
	char buf[WHY_QUESTION];
	int err;

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;
	buf[len] = '\0';
	if (strlen(buf) != len || explain_parse(buf, &q))
		return -EINVAL;
	mutex_lock(&w->lock);
	w->question = q;
	err = make_text(w);
	w->asked = !err;
	if (!err)
		*pos = 0;
	mutex_unlock(&w->lock);
	return err ? err : (ssize_t)len;
}

static ssize_t read_answer(struct why_file *w, char __user *ubuf, size_t len, loff_t *pos)
{
	int err;

	if (!w->asked)
		return -EINVAL;
	err = *pos ? 0 : make_text(w);
	if (err)
		return err;
	if (*pos < 0 || (size_t)*pos >= w->len)
		return 0;
	len = min(len, w->len - (size_t)*pos);
	if (copy_to_user(ubuf, w->text + *pos, len))
		return -EFAULT;
	*pos += len;
	return len;
}

static ssize_t why_read(struct file *file, char __user *ubuf, size_t len, loff_t *pos)
{
	struct why_file *w = file->private_data;
	ssize_t n;

	mutex_lock(&w->lock);
	n = read_answer(w, ubuf, len, pos);
	mutex_unlock(&w->lock);
	return n;
}

static const struct file_operations why_fops = {
	.open = why_open,
	.release = why_release,
	.read = why_read,
	.write = why_write,
	.llseek = generic_file_llseek,
};

void __init proc_why_init(void)
{
	proc_create_fops("quire/why", 0600, &why_fops);
}

int explore_why(struct explore_out *o, const char *args)
{
	struct explain_question q;
	struct explanation e;
	int err = explain_parse(args, &q) ?: explain_ask(&q, &e);

	if (err)
		return err;
	explore_printf(o, "{\"k\":\"why\",\"tid\":%d,\"addr\":\"%lx\",\"access\":\"%c\",\"steps\":[", q.tid,
		       q.addr, q.access);
	for (unsigned int i = 0; i < e.nr; i++)
		explore_printf(o, "%s[\"%s\",\"%s\"]", i ? "," : "", e.steps[i].question,
			       e.steps[i].yes ? "yes" : "no");
	explore_printf(o, "],\"outcome\":\"%s\",\"what\":\"%s\"}\n", explain_outcome_name(e.outcome), e.what);
	return 0;
}
