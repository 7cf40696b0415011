/*
 * uapi/fb.h - /dev/fb0: a screen as memory
 */
#ifndef _UAPI_FB_H
#define _UAPI_FB_H

#define FBIOGET_VSCREENINFO	0x4600
#define FBIOPUT_VSCREENINFO	0x4601
#define FBIOGET_FSCREENINFO	0x4602

#define FB_TYPE_PACKED_PIXELS	0
#define FB_VISUAL_TRUECOLOR	2

/* Where a colour lies in a pixel, in bits. */
struct fb_bitfield {
	unsigned int	offset;
	unsigned int	length;
	unsigned int	msb_right;
};

/* What could be changed. */
struct fb_var_screeninfo {
	unsigned int	xres, yres;
	unsigned int	xres_virtual, yres_virtual;
	unsigned int	xoffset, yoffset;
	unsigned int	bits_per_pixel;
	unsigned int	grayscale;
	struct fb_bitfield red, green, blue, transp;
	unsigned int	nonstd;
	unsigned int	activate;
	unsigned int	height, width;		/* of the picture in mm; ~0 unknown */
	unsigned int	accel_flags;
	unsigned int	pixclock;
	unsigned int	left_margin, right_margin, upper_margin, lower_margin;
	unsigned int	hsync_len, vsync_len;
	unsigned int	sync, vmode, rotate, colorspace;
	unsigned int	reserved[4];
};

/* What could not. */
struct fb_fix_screeninfo {
	char		id[16];
	unsigned long	smem_start;		/* physical address */
	unsigned int	smem_len;
	unsigned int	type, type_aux, visual;
	unsigned short	xpanstep, ypanstep, ywrapstep;
	unsigned int	line_length;		/* bytes */
	unsigned long	mmio_start;
	unsigned int	mmio_len;
	unsigned int	accel;
	unsigned short	capabilities;
	unsigned short	reserved[2];
};

#endif
