/*
 * fs/procfs/pagewalk.c - /proc/PID/pagewalk: an address on its way through the page tables
 *
 * Purpose:    write an address in hexadecimal, read back each level: where its entry lies, the
 *             entry itself, its bits in words, and at the end the page.  Linux has no such file.
 * Invariants: the address is kept with the open file, the text is made anew at every read from
 *             its start: an open file can be read again to see what an access has changed.
 *             As /proc/PID/mem, the file belongs to the address space it was opened for.
 */
#include <asm/uaccess.h>
#include <number.h>
#include <slab.h>
#include <string.h>

#include "internal.h"

#define WALK_TEXT 1024

struct walk {
	struct mm_struct *mm;		/* NULL: a kernel thread, or gone */
	unsigned long addr;
	bool asked;
};

static int walk_open(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = proc_mem_open(inode);
	struct walk *w;

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w) {
		if (mm)
			mmdrop(mm);
		return -ENOMEM;
	}
	w->mm = mm;
	file->private_data = w;
	return 0;
}

static void walk_release(struct inode *inode, struct file *file)
{
	struct walk *w = file->private_data;

	if (w->mm)
		mmdrop(w->mm);
	kfree(w);
}

/* "7fff1234", "0x7fff1234\n": 1 to 16 digits.  0 or -EINVAL. */
static int parse_address(const char *s, unsigned long *addr)
{
	int digits = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	for (*addr = 0; digit_value(*s) < 16; s++, digits++)
		*addr = *addr << 4 | digit_value(*s);
	if (*s == '\n')
		s++;
	return digits && digits <= 16 && !*s ? 0 : -EINVAL;
}

static ssize_t walk_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	struct walk *w = file->private_data;
	unsigned long addr;
	char buf[24];

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;
	buf[len] = '\0';
	if (parse_address(buf, &addr))
		return -EINVAL;
	w->addr = addr;
	w->asked = true;
	*pos = 0;
	return len;
}

/* Into @text; its length, 0 when the address space is gone. */
static size_t walk_text(const struct walk *w, char *text)
{
	size_t n;

	if (!w->mm || !mmget_not_zero(w->mm))
		return 0;
	down_read(&w->mm->mmap_sem);
	n = format_walk(w->mm->pgd, w->addr, text, WALK_TEXT);
	up_read(&w->mm->mmap_sem);
	mmput(w->mm);
	return n;
}

static ssize_t walk_read(struct file *file, char __user *ubuf, size_t len, loff_t *pos)
{
	struct walk *w = file->private_data;
	ssize_t ret = 0;
	char *text;
	size_t n;

	if (!w->asked)
		return -EINVAL;
	text = kmalloc(WALK_TEXT, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	n = walk_text(w, text);
	if ((size_t)*pos < n) {
		ret = min(len, n - (size_t)*pos);
		if (copy_to_user(ubuf, text + *pos, ret))
			ret = -EFAULT;
		else
			*pos += ret;
	}
	kfree(text);
	return ret;
}

const struct file_operations proc_pagewalk_fops = {
	.open = walk_open,
	.release = walk_release,
	.read = walk_read,
	.write = walk_write,
	.llseek = generic_file_llseek,
};
