/*
 * printk.h - the kernel log: a ring read by dmesg, copied to the consoles
 */
#ifndef PRINTK_H
#define PRINTK_H

#include <types.h>

#define KERN_EMERG	"\001" "0"
#define KERN_ALERT	"\001" "1"
#define KERN_CRIT	"\001" "2"
#define KERN_ERR	"\001" "3"
#define KERN_WARNING	"\001" "4"
#define KERN_NOTICE	"\001" "5"
#define KERN_INFO	"\001" "6"
#define KERN_DEBUG	"\001" "7"

/*
 * Format into the log ring and to every console whose level allows it.
 * Any context, interrupts on or off.  Knows %pS-like nothing: see vsnprintf.
 */
int printk(const char *fmt, ...) __printf(1, 2);
int vprintk(const char *fmt, va_list ap);

#define pr_emerg(...)	printk(KERN_EMERG __VA_ARGS__)
#define pr_err(...)	printk(KERN_ERR __VA_ARGS__)
#define pr_warn(...)	printk(KERN_WARNING __VA_ARGS__)
#define pr_notice(...)	printk(KERN_NOTICE __VA_ARGS__)
#define pr_info(...)	printk(KERN_INFO __VA_ARGS__)
#define pr_debug(...)	printk(KERN_DEBUG __VA_ARGS__)

/* A console: somewhere that log text and /dev/console output go. */
struct console {
	const char *name;		/* "ttyS0", "tty0": the word in console= */
	void (*write)(struct console *con, const char *s, size_t len);	/* any context */
	dev_t dev;			/* the tty that /dev/console then means */
	bool enabled;
	bool writing;			/* in a panic: a write has begun and not ended */
	struct console *next;
};

/* Add a console; it is enabled if console= names it, or if it is the first and no word was given. */
void register_console(struct console *con);
/* The tty device behind /dev/console: the last console= word given, else the first registered. */
dev_t console_device(void);
/* Write without log ring or level, for panics and KTAP lines: to every enabled console. */
void console_write_raw(const char *s, size_t len);
/* The same for one line, which goes into the log too. */
void console_write_line(const char *s, size_t len);
/* A line (of the level of pr_info) for the log, and for every console but the one of the name @but. */
void log_line_but(const char *but, const char *text);
/* The newest records that fit into @size bytes as text, with a NUL behind; its length.  Process context. */
size_t log_copy(char *out, size_t size);
/* How many bytes of records the log has forgotten: 0, the first line of the boot is still there. */
u64 log_forgotten(void);

/* Has a panic begun?  Then locks may never come free. */
bool printk_panicking(void);

/* syslog(2), the kernel side of dmesg: see uapi numbers 0..10. */
long do_syslog(int type, char __user *buf, int len);

/* The table itself, made by tools/kallsyms.py: offsets from KERNEL_VMA, ascending; empty in the first link. */
extern const unsigned int kallsyms_num, kallsyms_offsets[], kallsyms_name_off[];
extern const char kallsyms_names[];
/* kallsyms: name the function at @addr; writes "name+0xoff/0xsize" or the bare number. */
const char *sprint_symbol(char *buf, size_t size, unsigned long addr);
/* Print the call chain of what was interrupted at @regs (NULL: of the caller), symbolised, on the log. */
struct pt_regs;
void dump_stack(const struct pt_regs *regs);

#endif
