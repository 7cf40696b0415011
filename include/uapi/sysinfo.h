/*
 * uapi/sysinfo.h - what sysinfo() fills
 */
#ifndef _UAPI_SYSINFO_H
#define _UAPI_SYSINFO_H

#define SI_LOAD_SHIFT	16

struct sysinfo {
	long		uptime;		/* seconds */
	unsigned long	loads[3];	/* 1, 5, 15 minutes, times 1 << SI_LOAD_SHIFT */
	unsigned long	totalram;	/* all memory in units of mem_unit bytes */
	unsigned long	freeram;
	unsigned long	sharedram;
	unsigned long	bufferram;
	unsigned long	totalswap;
	unsigned long	freeswap;
	unsigned short	procs;
	unsigned short	pad;
	unsigned long	totalhigh;
	unsigned long	freehigh;
	unsigned int	mem_unit;
};
_Static_assert(sizeof(struct sysinfo) == 112, "x86-64 ABI");

#endif
