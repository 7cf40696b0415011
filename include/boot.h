/*
 * boot.h - the words between the boot code and start_kernel()
 */
#ifndef BOOT_H
#define BOOT_H

#include <types.h>

/* Which entry brought us here: the first argument of start_kernel(). */
#define BOOT_PVH	1
#define BOOT_MULTIBOOT2	2

/* QEMU's isa-debug-exit: writing v ends the machine with status 2 * v + 1. */
#define DEBUG_EXIT_PORT		0xf4
#define DEBUG_EXIT_SUCCESS	0x10
#define DEBUG_EXIT_FAILURE	0x11

extern u64 boot_tsc;		/* time stamp counter at kernel entry */
extern char boot_stack[];	/* KERNEL_STACK_SIZE bytes: init_task's stack */

void printk_init(void);		/* loglevel=, quiet; early output on the first serial port */

void start_kernel(unsigned int protocol, phys_addr_t info) __noreturn;
/* Read what the loader left at @info into boot_info.  Called once, on the boot tables. */
void boot_info_init(unsigned int protocol, phys_addr_t info);
/*
 * The command line as the loader left it at @info, *@len bytes without a 0 behind them; NULL: there is none.
 * For who cannot wait for boot_info_init().
 */
const char *boot_command_line(unsigned int protocol, phys_addr_t info, size_t *len);
/* The word "la57": to 5 levels of page tables, if the CPU can.  Called once, on the boot tables. */
void la57_init(void);
/* Tell memblock which RAM there is and what of it is taken. */
void boot_memory_init(void);
/* The first MiB is nobody's from here on: after boot_memory_init() and whoever needs a page of it, before mem_init(). */
void boot_reserve_low_memory(void);

/* Is @name, or name=value, a word of the @len bytes at @line?  Remembers nothing: works before .bss is cleared. */
bool cmdline_line_has(const char *line, size_t len, const char *name);
/* The @n'th "name=value" (from 0) of several: its value in @buf, or NULL. */
const char *cmdline_get_nth(const char *name, unsigned int n, char *buf, size_t size);
/* Say it if the loader's command line did not fit. */
void cmdline_report_cut(void);
/* Log the words of the command line that nobody asked for, a few of them by name; and again whether it was cut. */
void cmdline_report_unknown(void);
/* The words after "--": at most @max pointers into @buf; returns how many. */
int cmdline_init_args(const char **argv, int max, char *buf, size_t size);

#endif
