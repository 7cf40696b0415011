/*
 * drivers/mem.c - the devices without hardware: null, zero, full, random, urandom, port, kmsg
 *
 * Simplified: /dev/kmsg takes messages; they are read by syslog(2).
 * Sources:    Linux manual pages null(4), full(4), random(4), mem(4).
 */
#include <asm/processor.h>
#include <asm/uaccess.h>
#include <fs.h>
#include <mm.h>
#include <pagemap.h>
#include <printk.h>
#include <random.h>
#include <sched.h>
#include <string.h>
#include <tty.h>
#include <uapi/kdev_t.h>
#include <uapi/mman.h>

#define NR_PORTS 65536

static ssize_t read_null(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	return 0;
}

static ssize_t write_null(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	return len;
}

static ssize_t write_full(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	return -ENOSPC;
}

static loff_t null_llseek(struct file *f, loff_t off, int whence)
{
	return f->f_pos = 0;
}

static ssize_t read_zero(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	size_t done = 0;

	while (done < len) {
		size_t n = min_t(size_t, len - done, PAGE_SIZE), left = clear_user(buf + done, n);

		done += n - left;
		if (left)
			return done ? (ssize_t)done : -EFAULT;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done || !len ? (ssize_t)done : -ERESTARTSYS;
}

/* Private: plain anonymous memory.  Shared: an unnamed file in memory takes the place of ours. */
static int mmap_zero(struct file *f, struct vm_area_struct *vma)
{
	struct file *shm;
	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return 0;
	shm = shmem_file_setup("dev/zero", vma->vm_end - vma->vm_start, vma->vm_flags);
	if (IS_ERR(shm))
		return PTR_ERR(shm);
	err = shm->f_op->mmap(shm, vma);
	if (err) {
		fput(shm);
		return err;
	}
	fput(vma->vm_file);
	vma->vm_file = shm;
	return 0;
}

static ssize_t read_random(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	return sys_getrandom(buf, len, 0);
}

/* Whatever is written is stirred in; it can only make the numbers harder to guess. */
static ssize_t write_random(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	u8 chunk[64];
	size_t done = 0;

	while (done < len) {
		size_t n = min(len - done, sizeof(chunk));

		n -= copy_from_user(chunk, buf + done, n);
		if (!n)
			return done ? (ssize_t)done : -EFAULT;
		random_mix(chunk, n);
		done += n;
	}
	return done;
}

static int open_port(struct inode *inode, struct file *f)
{
	return capable_root() ? 0 : -EPERM;
}

static ssize_t read_port(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	size_t done = 0;

	for (; done < len && *pos < NR_PORTS; done++, ++*pos)
		if (put_user((char)inb(*pos), buf + done))
			return done ? (ssize_t)done : -EFAULT;
	return done;
}

static ssize_t write_port(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	size_t done = 0;
	char c;

	for (; done < len && *pos < NR_PORTS; done++, ++*pos) {
		if (get_user(c, buf + done))
			return done ? (ssize_t)done : -EFAULT;
		outb(*pos, c);
	}
	return done;
}

/* One message; "<N>" in front gives its level. */
static ssize_t write_kmsg(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	static const char *const formats[] = {
		KERN_EMERG "%s\n", KERN_ALERT "%s\n", KERN_CRIT "%s\n", KERN_ERR "%s\n",
		KERN_WARNING "%s\n", KERN_NOTICE "%s\n", KERN_INFO "%s\n", KERN_DEBUG "%s\n",
	};
	char line[256], *text = line;
	size_t n = min(len, sizeof(line) - 1);
	int level = 4;

	if (copy_from_user(line, buf, n))
		return -EFAULT;
	while (n && line[n - 1] == '\n')
		n--;
	line[n] = 0;
	if (text[0] == '<' && text[1] >= '0' && text[1] <= '7' && text[2] == '>') {
		level = text[1] - '0';
		text += 3;
	}
	printk(formats[level], text);
	return len;
}

static const struct file_operations null_fops = {
	.read = read_null, .write = write_null, .llseek = null_llseek,
};
static const struct file_operations zero_fops = {
	.read = read_zero, .write = write_null, .llseek = null_llseek, .mmap = mmap_zero,
};
static const struct file_operations full_fops = {
	.read = read_zero, .write = write_full, .llseek = null_llseek,
};
static const struct file_operations random_fops = {
	.read = read_random, .write = write_random, .llseek = null_llseek,
};
static const struct file_operations port_fops = {
	.open = open_port, .read = read_port, .write = write_port,
	.llseek = generic_file_llseek,
};
static const struct file_operations kmsg_fops = {
	.write = write_kmsg,
};

static const struct {
	unsigned int minor;
	const char *name;
	umode_t mode;
	const struct file_operations *fops;
} devices[] = {
	{ 3, "null", 0666, &null_fops },
	{ 4, "port", 0640, &port_fops },
	{ 5, "zero", 0666, &zero_fops },
	{ 7, "full", 0666, &full_fops },
	{ 8, "random", 0666, &random_fops },
	{ 9, "urandom", 0666, &random_fops },
	{ 11, "kmsg", 0644, &kmsg_fops },
};

void mem_devices_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (register_chrdev(MEM_MAJOR, devices[i].minor, devices[i].name, devices[i].mode,
				    devices[i].fops))
			pr_err("mem: cannot register /dev/%s\n", devices[i].name);
}
