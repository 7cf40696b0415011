/*
 * tests/user/fb.c - /dev/fb0: where the loader set up a framebuffer (else there is no device)
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <uapi/fb.h>
#include "mem.h"

static struct fb_fix_screeninfo fix;
static struct fb_var_screeninfo var;

/* The device, its size asked for; ends the case where there is none. */
static int fb(void)
{
	int fd = open("/dev/fb0", O_RDWR);

	if (fd < 0) {
		EQ(errno, ENOENT);
		_exit(0);
	}
	OK(ioctl(fd, FBIOGET_FSCREENINFO, &fix));
	OK(ioctl(fd, FBIOGET_VSCREENINFO, &var));
	return fd;
}

TEST(screen_info_is_consistent)
{
	struct fb_var_screeninfo again;
	struct stat st;
	int fd = fb();

	OK(fstat(fd, &st));
	EQ(st.st_rdev, 0x1d00);
	EQ(st.st_mode, S_IFCHR | 0600);
	CMP(fix.smem_len, >=, fix.line_length * var.yres);
	CMP(fix.line_length, >=, var.xres * ((var.bits_per_pixel + 7) / 8));
	CHECK(fix.smem_start);
	EQ(fix.type, FB_TYPE_PACKED_PIXELS);
	EQ(fix.visual, FB_VISUAL_TRUECOLOR);
	again = var;
	OK(ioctl(fd, FBIOPUT_VSCREENINFO, &again));
	EQ(memcmp(&again, &var, sizeof(var)), 0);
	ERR(ioctl(fd, FBIOGET_FSCREENINFO, 1), EFAULT);
	ERR(ioctl(fd, FBIOGET_VSCREENINFO, 1), EFAULT);
	ERR(ioctl(fd, 0x4650, 0), ENOTTY);
}

TEST(read_and_write_end_at_the_screens_end)
{
	char buf[16];
	int fd = fb();
	long len = fix.smem_len;

	EQ(pread(fd, buf, 16, len - 8), 8);
	EQ(pwrite(fd, buf, 16, len - 8), 8);
	EQ(pread(fd, buf, 16, len), 0);
	EQ(pread(fd, buf, 16, len + 1), 0);
	ERR(pwrite(fd, buf, 16, len), ENOSPC);
	ERR(pwrite(fd, buf, 16, len + 1), EFBIG);
	ERR(pread(fd, (void *)1, 16, 0), EFAULT);
	EQ(lseek(fd, 100, SEEK_SET), 100);
	EQ(read(fd, buf, 4), 4);
	EQ(lseek(fd, 0, SEEK_CUR), 104);
	ERR(lseek(fd, -1, SEEK_SET), EINVAL);
}

TEST(mapping_and_file_are_one_memory)
{
	int fd = fb();
	unsigned long at = fix.line_length * (var.yres / 2);
	volatile char *p = (char *)OK(mmap(NULL, fix.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED,
					   fd, 0));
	unsigned char vec = 1;
	char c;

	p[at] = 0x5a;
	EQ(pread(fd, &c, 1, at), 1);
	EQ(c, 0x5a);
	EQ(pwrite(fd, "\xa5", 1, at), 1);
	EQ(p[at], (char)0xa5);
	CHECK(strstr(maps_line(p), " rw-s 00000000 "));
	OK(mincore((void *)p, PAGE, &vec));
	EQ(vec, 0);
	EQ(frame(p), 0);
	OK(munmap((void *)p, at & -PAGE));
	EQ(peek(p + (at & -PAGE)), p[at & -PAGE]);
}

TEST(mapping_stays_inside)
{
	int fd = fb(), mem = OK(open("/dev/mem", O_RDWR));
	unsigned long pages = (fix.smem_len + PAGE - 1) & -PAGE;
	char *p;

	OK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, pages - PAGE));
	ERR(mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, pages - PAGE), EINVAL);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, pages), EINVAL);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, -PAGE), EOVERFLOW);
	ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, mem, fix.smem_start), EPERM);
	p = (char *)OK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE));
	*p = 7;
	EQ(*p, 7);
}
