/*
 * drivers/fbdev.c - /dev/fb0: the linear framebuffer that the loader set up, for programs
 *
 * Purpose:    a program draws by writing memory: mmap shows it the card's own.
 * Invariants: nothing outside height * pitch bytes is read, written or mapped (but the rest of
 *             the last page); the kernel maps it once, write-combining, and every program's
 *             mapping gets the same type.
 * Simplified: the mode is the loader's and does not change.  The console goes on drawing, as on
 *             Linux while nobody has switched its terminal to graphics.
 * Sources:    Linux Documentation/fb/api.rst; the errors are Linux 6.1's, found by asking it.
 */
#include <asm/io.h>
#include <asm/memtype.h>
#include <asm/uaccess.h>
#include <boot_info.h>
#include <fs.h>
#include <ioport.h>
#include <mm.h>
#include <printk.h>
#include <screen.h>
#include <sched.h>
#include <string.h>
#include <uapi/fb.h>
#include <uapi/kdev_t.h>
#include <vmalloc.h>

static char *base;			/* the kernel's mapping; NULL: no framebuffer */

static size_t fb_size(void)
{
	return (size_t)boot_info.fb.pitch * boot_info.fb.height;
}

static bool usable(const struct boot_framebuffer *f)
{
	unsigned int bytes = framebuffer_dot_bytes(f);

	return f->addr && !f->text && bytes >= 2 && bytes <= 4 && f->height && framebuffer_line_fits(f);
}

volatile void *framebuffer_map(void)
{
	if (!base && usable(&boot_info.fb)) {
		base = ioremap_wc(boot_info.fb.addr, fb_size());
		if (base)
			request_mem_region(boot_info.fb.addr, fb_size());
	}
	return base;
}

/* ---- read, write ---- */

/* Up to one page between user memory and offset @at; bytes done or -EFAULT. */
static ssize_t copy_chunk(size_t at, char __user *user, void *buf, size_t len, bool write)
{
	size_t n = min_t(size_t, len, PAGE_SIZE);

	if (write) {
		n -= copy_from_user(buf, user, n);
		memcpy_toio(base + at, buf, n);
	} else {
		memcpy_fromio(buf, base + at, n);
		n -= copy_to_user(user, buf, n);
	}
	return n ? (ssize_t)n : -EFAULT;
}

static ssize_t copy_fb(char __user *user, size_t len, loff_t *pos, bool write)
{
	void *buf = (void *)__get_free_pages(GFP_KERNEL, 0);
	size_t done = 0;
	ssize_t n = 0;

	if (!buf)
		return -ENOMEM;
	while (done < len) {
		n = copy_chunk(*pos, user + done, buf, len - done, write);
		if (n < 0)
			break;
		done += n;
		*pos += n;
		cond_resched();
	}
	free_page((unsigned long)buf);
	return done ? (ssize_t)done : n;
}

static ssize_t fb_read(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	if ((size_t)*pos >= fb_size())
		return 0;
	return copy_fb(buf, min(len, fb_size() - (size_t)*pos), pos, false);
}

static ssize_t fb_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	size_t room;

	if ((size_t)*pos > fb_size())
		return -EFBIG;
	room = fb_size() - *pos;
	if (len && !room)
		return len > fb_size() ? -EFBIG : -ENOSPC;
	return copy_fb((char __user *)buf, min(len, room), pos, true);
}

/* ---- ioctl, mmap ---- */

static void get_var(struct fb_var_screeninfo *v)
{
	const struct boot_framebuffer *f = &boot_info.fb;

	memset(v, 0, sizeof(*v));
	v->xres = v->xres_virtual = f->width;
	v->yres = v->yres_virtual = f->height;
	v->bits_per_pixel = f->bpp;
	v->red = (struct fb_bitfield){ f->red_pos, f->red_size, 0 };
	v->green = (struct fb_bitfield){ f->green_pos, f->green_size, 0 };
	v->blue = (struct fb_bitfield){ f->blue_pos, f->blue_size, 0 };
	v->height = v->width = ~0U;
}

static void get_fix(struct fb_fix_screeninfo *x)
{
	memset(x, 0, sizeof(*x));
	strlcpy(x->id, "simple", sizeof(x->id));
	x->smem_start = boot_info.fb.addr;
	x->smem_len = fb_size();
	x->type = FB_TYPE_PACKED_PIXELS;
	x->visual = FB_VISUAL_TRUECOLOR;
	x->line_length = boot_info.fb.pitch;
}

static long fb_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct fb_var_screeninfo var;
	struct fb_fix_screeninfo fix;

	switch (cmd) {
	case FBIOPUT_VSCREENINFO:	/* as Linux where the mode is fixed: the answer is what stays */
		if (copy_from_user(&var, (void __user *)arg, sizeof(var)))
			return -EFAULT;
		__attribute__((fallthrough));
	case FBIOGET_VSCREENINFO:
		get_var(&var);
		return copy_to_user((void __user *)arg, &var, sizeof(var)) ? -EFAULT : 0;
	case FBIOGET_FSCREENINFO:
		get_fix(&fix);
		return copy_to_user((void __user *)arg, &fix, sizeof(fix)) ? -EFAULT : 0;
	default:
		return -ENOTTY;
	}
}

/* Not anonymous; and, as on Linux, no ->access: debuggers do not look into the screen. */
static const struct vm_operations_struct fb_vm_ops = { .access = NULL };

static int fb_mmap(struct file *f, struct vm_area_struct *vma)
{
	vma->vm_ops = &fb_vm_ops;
	vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	return vm_iomap_memory(vma, boot_info.fb.addr, fb_size());
}

static const struct file_operations fb_fops = {
	.read = fb_read, .write = fb_write, .llseek = generic_file_llseek,
	.ioctl = fb_ioctl, .mmap = fb_mmap,
};

void fbdev_init(void)
{
	if (!framebuffer_map())
		return;
	if (register_chrdev(FB_MAJOR, 0, "fb0", 0600, &fb_fops))
		pr_err("fbdev: cannot register /dev/fb0\n");
	else
		pr_info("fb0: %ux%u, %u bits per pixel, at 0x%lx\n", boot_info.fb.width,
			boot_info.fb.height, boot_info.fb.bpp, (unsigned long)boot_info.fb.addr);
}
