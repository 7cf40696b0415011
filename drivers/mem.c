/*
 * drivers/mem.c - physical memory, and the devices without hardware: mem, null, zero, full,
 *                 random, urandom, port, kmsg
 *
 * Purpose:    /dev/mem lets root look at device memory: BIOS tables, cards, registers.
 * Invariants: no RAM that the kernel uses is read, written or mapped through it (Debian's Linux:
 *             STRICT_DEVMEM, IO_STRICT_DEVMEM), nor registers that a driver works with.
 *
 *   address                 read, write          mmap
 *   RAM below 1 MiB         zeros, ignored       yes
 *   other below 1 MiB       yes                  yes
 *   RAM above               EPERM                EPERM
 *   devices                 EFAULT               yes; EPERM if a driver has claimed them
 *
 * Simplified: /dev/kmsg takes messages; they are read by syslog(2).
 * Sources:    Linux manual pages null(4), full(4), random(4), mem(4).
 */
#include <asm/io.h>
#include <asm/memtype.h>
#include <asm/phys_range.h>
#include <asm/processor.h>
#include <asm/uaccess.h>
#include <boot_info.h>
#include <fs.h>
#include <ioport.h>
#include <memblock.h>
#include <mm.h>
#include <pagemap.h>
#include <printk.h>
#include <random.h>
#include <sched.h>
#include <slab.h>
#include <string.h>
#include <tty.h>
#include <uapi/unistd.h>
#include <uapi/kdev_t.h>
#include <uapi/mman.h>
#include <vmalloc.h>

#define NR_PORTS 65536

/* ---- /dev/mem: the file position is the physical address ---- */

#define LOW_PAGES ((1UL << 20) >> PAGE_SHIFT)

enum access { REFUSED, ALLOWED, ZEROS };

/* Is any byte of the page RAM?  memblock knows whole pages, the firmware's map parts of them. */
static bool holds_ram(phys_addr_t pa)
{
	if (pa >= PAGE_ALIGN(memblock_end_of_ram() + 1))
		return false;
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];

		if (m->type == BOOT_MEM_RAM && m->base < pa + PAGE_SIZE && m->base + m->size > pa)
			return true;
	}
	return false;
}

static enum access devmem_is_allowed(unsigned long pfn)
{
	/* frame 0 is the BIOS's, which kept its interrupt vectors and data there */
	if (pfn && holds_ram(PFN_PHYS(pfn)))
		return pfn < LOW_PAGES ? ZEROS : REFUSED;
	if (pfn >= LOW_PAGES && iomem_is_exclusive(PFN_PHYS(pfn), PAGE_SIZE))
		return REFUSED;
	return ALLOWED;
}

/* read and write end where RAM ends. */
static bool below_end_of_ram(phys_addr_t pa, size_t len)
{
	return pa + len - 1 <= memblock_end_of_ram() - 1;
}

static int open_mem(struct inode *inode, struct file *f)
{
	return capable_root() ? 0 : -EPERM;
}

/* Copy inside one page between @buf, which has room for it, and the device. 0 or -ENOMEM. */
static int copy_frame_part(phys_addr_t pa, void *buf, size_t len, bool write)
{
	char *io = memremap(pa & PAGE_MASK, PAGE_SIZE);

	if (!io)
		return -ENOMEM;
	if (write)
		memcpy_toio(io + (pa & ~PAGE_MASK), buf, len);
	else
		memcpy_fromio(buf, io + (pa & ~PAGE_MASK), len);
	iounmap(io);
	return 0;
}

/* One page's part of a read or write; 0 or -errno. */
static int read_part(phys_addr_t pa, char __user *to, void *buf, size_t len)
{
	enum access access = devmem_is_allowed(PFN_DOWN(pa));
	int err;

	if (access == REFUSED)
		return -EPERM;
	if (access == ZEROS)
		return clear_user(to, len) ? -EFAULT : 0;
	err = copy_frame_part(pa, buf, len, false);
	if (err)
		return err;
	return copy_to_user(to, buf, len) ? -EFAULT : 0;
}

static int write_part(phys_addr_t pa, const char __user *from, void *buf, size_t len)
{
	enum access access = devmem_is_allowed(PFN_DOWN(pa));

	if (access == REFUSED)
		return -EPERM;
	if (access == ZEROS)
		return 0;
	if (copy_from_user(buf, from, len))
		return -EFAULT;
	return copy_frame_part(pa, buf, len, true);
}

/* All or nothing, but for a signal: an error in a later page hides the earlier ones. */
static ssize_t copy_mem(char __user *user, size_t len, loff_t *pos, bool write)
{
	phys_addr_t pa = *pos;
	size_t done = 0;
	void *buf;
	int err = 0;

	if (!below_end_of_ram(pa, len))
		return -EFAULT;
	buf = (void *)__get_free_pages(GFP_KERNEL, 0);
	if (!buf)
		return -ENOMEM;
	while (done < len && !err) {
		size_t n = min_t(size_t, len - done, PAGE_SIZE - ((pa + done) & ~PAGE_MASK));

		err = write ? write_part(pa + done, user + done, buf, n) :
			      read_part(pa + done, user + done, buf, n);
		done += n;
		cond_resched();
		if (signal_pending(current))
			break;
	}
	free_page((unsigned long)buf);
	if (err)
		return err;
	*pos += done;
	return done;
}

static ssize_t read_mem(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	return copy_mem(buf, len, pos, false);
}

static ssize_t write_mem(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	return copy_mem((char __user *)buf, len, pos, true);
}

static loff_t memory_lseek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (IS_ERR_VALUE((unsigned long)off))
		return -EOVERFLOW;
	return f->f_pos = off;
}

static const struct vm_operations_struct mmap_mem_ops = { .access = generic_access_phys };

/* Opened with O_SYNC: uncached; else cached as far as the firmware and other users allow. */
static int mmap_mem(struct file *f, struct vm_area_struct *vma)
{
	unsigned long size = vma->vm_end - vma->vm_start, pfn = vma->vm_pgoff;
	unsigned long end = pfn + (size >> PAGE_SHIFT);

	if (!phys_range_ok(PFN_PHYS(pfn), size))
		return -EINVAL;
	for (unsigned long i = pfn; i < end; i++) {
		if (devmem_is_allowed(i) == REFUSED)
			return -EPERM;
		cond_resched();
	}
	if (f->f_flags & O_DSYNC)
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_ops = &mmap_mem_ops;
	return remap_pfn_range(vma, vma->vm_start, pfn, size, vma->vm_page_prot) ? -EAGAIN : 0;
}

/* ---- devices without hardware ---- */

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

static const struct file_operations mem_fops = {
	.open = open_mem, .read = read_mem, .write = write_mem, .llseek = memory_lseek,
	.mmap = mmap_mem,
};
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
	{ 1, "mem", 0600, &mem_fops },
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
