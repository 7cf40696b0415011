/*
 * boot_info.h - what every boot path tells the kernel
 *
 * PVH and multiboot2, which GRUB and the EFI loader (boot/efi) both speak, fill one struct boot_info
 * (boot/bootinfo.c); from then on nobody asks how we were booted.
 */
#ifndef BOOT_INFO_H
#define BOOT_INFO_H

#include <types.h>

#define BOOT_MAX_MEM 192

/*
 * Firmware may write to RAM below this at any time, in SMM or when the machine wakes up, whatever its map says.  So it is
 * read at boot, other CPUs begin there, and the page allocator never has any of it.  Linux does the same.
 */
#define LOW_MEMORY_END 0x100000UL
#define COMMAND_LINE_SIZE 2048

enum boot_mem_type {
	BOOT_MEM_RAM = 1,
	BOOT_MEM_RESERVED,
	BOOT_MEM_ACPI,		/* tables: RAM after they were read */
	BOOT_MEM_NVS,
	BOOT_MEM_BAD,
};

struct boot_mem {
	phys_addr_t base;
	phys_addr_t size;
	enum boot_mem_type type;
};

struct boot_framebuffer {
	phys_addr_t addr;	/* 0: none */
	u32 width, height, pitch, bpp;
	u8 red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
	bool text;		/* VGA text mode at addr, width and height in characters */
};

static inline unsigned int framebuffer_dot_bytes(const struct boot_framebuffer *f) { return (f->bpp + 7) / 8; }

/* Has a line room for all its dots? */
static inline bool framebuffer_line_fits(const struct boot_framebuffer *f)
{
	return (u64)f->width * framebuffer_dot_bytes(f) <= f->pitch;
}

/* The root pointers of ACPI that a loader may copy, in the order in which they are tried. */
enum { RSDP_ACPI_2, RSDP_ACPI_1, NR_RSDP };

struct boot_info {
	const char *protocol;			/* "PVH", "multiboot2" */
	const char *loader;			/* its own name, or "" */
	unsigned int nr_mem;
	struct boot_mem mem[BOOT_MAX_MEM + 2];	/* sorted, disjoint (boot/memmap.c, which needs two more) */
	bool mem_cut;				/* that was too little for all pieces of the map */
	struct boot_framebuffer fb;
	phys_addr_t rsdp;			/* 0: search the BIOS area */
	u8 rsdp_copy[NR_RSDP][36];		/* multiboot2 hands copies instead; zeroes: none */
	bool efi;				/* the firmware is UEFI */
	u8 smbios[32];				/* the loader's copy of SMBIOS's entry point; zeroes: none */
	phys_addr_t initrd;
	phys_addr_t initrd_size;		/* 0: none */
	phys_addr_t initrd_end_of_ram;		/* from here to its end it lies in reserved memory, which is kept */
	char cmdline[COMMAND_LINE_SIZE];	/* without the kernel's own path; whole words */
	bool cmdline_cut;			/* the loader gave more */
};

extern struct boot_info boot_info;

/* The firmware says that [@base, +@size) is @type.  Any order, overlaps, any size.  Boot only. */
void boot_map_add(phys_addr_t base, phys_addr_t size, enum boot_mem_type type);
/* Is any of [@base, +@size) RAM, as far as the map has been told?  Any context. */
bool boot_ram_overlaps(phys_addr_t base, u64 size);

/*
 * Look for a whole word of the command line before "--": "quiet", or "name=value".
 * Returns the value ("" for a bare word) copied to @buf, or NULL.  The last one wins.
 */
const char *cmdline_get(const char *name, char *buf, size_t size);
bool cmdline_has(const char *word);
/* A number with K, M, G suffix; @def if absent or wrong. */
unsigned long cmdline_num(const char *name, unsigned long def);

#endif
