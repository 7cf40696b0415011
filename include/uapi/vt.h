/*
 * uapi/vt.h - virtual terminals: which one is seen, and what kind of screen and keyboard it has
 */
#ifndef _UAPI_VT_H
#define _UAPI_VT_H

#define VT_OPENQRY	0x5600		/* the first that nobody has open, or -1 */
#define VT_GETSTATE	0x5603
#define VT_ACTIVATE	0x5606		/* show this one */
#define VT_WAITACTIVE	0x5607		/* sleep until it is shown */

struct vt_stat {
	unsigned short	v_active;	/* the one that is seen */
	unsigned short	v_signal;
	unsigned short	v_state;	/* bit n: tty n is open; bit 0 always */
};

#define KDGKBTYPE	0x4B33
#define KB_101		0x02
#define KDGETMODE	0x4B3B
#define KD_TEXT		0x00
#define KDGKBMODE	0x4B44
#define K_UNICODE	0x03

#endif
