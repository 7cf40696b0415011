/*
 * user/fbdemo.c - the screen is memory: three squares drawn by plain stores
 *
 * Shows: mmap of /dev/fb0 maps the card's own memory into the process: no page is counted (Rss
 *        0 in smaps), the area is VM_IO and VM_PFNMAP, and its memory type is write-combining
 *        (/proc/pat_memtype_list).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <uapi/fb.h>
#include <unistd.h>

#define SIDE	48U

/* All of one colour, in the place that the mode gives it. */
static unsigned int full(struct fb_bitfield c)
{
	return ((1U << c.length) - 1) << c.offset;
}

static void square(char *fb, unsigned int pitch, unsigned int bytes, unsigned int x,
		   unsigned int colour)
{
	for (unsigned int y = 0; y < SIDE; y++)
		for (unsigned int i = 0; i < SIDE; i++)
			memcpy(fb + y * pitch + (x + i) * bytes, &colour, bytes);
}

int main(void)
{
	struct fb_var_screeninfo var;
	struct fb_fix_screeninfo fix;
	int fd = open("/dev/fb0", O_RDWR);
	unsigned int x, bytes;
	char *fb;

	if (fd < 0 || ioctl(fd, FBIOGET_VSCREENINFO, &var) || ioctl(fd, FBIOGET_FSCREENINFO, &fix)) {
		perror("/dev/fb0");
		return 1;
	}
	fb = mmap(NULL, fix.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fb == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	x = var.xres - 3 * SIDE;
	bytes = (var.bits_per_pixel + 7) / 8;
	square(fb, fix.line_length, bytes, x, full(var.red));
	square(fb, fix.line_length, bytes, x + SIDE, full(var.green));
	square(fb, fix.line_length, bytes, x + 2 * SIDE, full(var.blue));
	printf("fbdemo: %ux%u, squares of %u from x = %u\n", var.xres, var.yres, SIDE, x);
	return 0;
}
