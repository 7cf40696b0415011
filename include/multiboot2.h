/*
 * multiboot2.h - what a Multiboot2 loader hands over: tags, one after the other
 *
 * GRUB and our own loader (boot/efi) write it, boot/bootinfo.c reads it.
 * Source: Multiboot2 specification, "Boot information format".
 */
#ifndef MULTIBOOT2_H
#define MULTIBOOT2_H

#include <stdint.h>

#define MB2_LOADER_MAGIC 0x36d76289	/* in eax at the kernel's entry */

enum {
	MB2_END = 0, MB2_CMDLINE = 1, MB2_LOADER = 2, MB2_MODULE = 3, MB2_BASIC_MEM = 4,
	MB2_MMAP = 6, MB2_FRAMEBUFFER = 8, MB2_EFI64 = 12, MB2_SMBIOS = 13, MB2_ACPI_OLD = 14, MB2_ACPI_NEW = 15,
};

/* At the beginning: the size of all, with these two words. */
struct mb2_info {
	uint32_t size, reserved;
};

struct mb2_tag {
	uint32_t type, size;	/* size with this header; the next tag is 8-aligned */
};

/* The first tag of @info, or the one after @tag; 0: there is no more, or it is cut. */
static inline const struct mb2_tag *mb2_next(const struct mb2_info *info, const struct mb2_tag *tag)
{
	uintptr_t end = (uintptr_t)info + info->size;
	uintptr_t at = tag ? (uintptr_t)tag + (((uintptr_t)tag->size + 7) & ~(uintptr_t)7) : (uintptr_t)(info + 1);
	const struct mb2_tag *next = (const struct mb2_tag *)at;

	if (at > end || end - at < sizeof(*next) || next->type == MB2_END)
		return 0;
	return next->size >= sizeof(*next) && next->size <= end - at ? next : 0;
}

struct mb2_module {
	struct mb2_tag tag;
	uint32_t start, end;
	char cmdline[];
};

struct mb2_basic_mem {
	struct mb2_tag tag;
	uint32_t lower_kib, upper_kib;	/* from 0, and from 1 MiB */
};

struct mb2_mmap {
	struct mb2_tag tag;
	uint32_t entry_size, entry_version;
};

struct mb2_mmap_entry {
	uint64_t base, length;
	uint32_t type, reserved;	/* as ACPI's address range types */
};

struct mb2_efi64 {
	struct mb2_tag tag;
	uint64_t system_table;
};

struct mb2_smbios {
	struct mb2_tag tag;
	uint8_t major, minor, reserved[6];
	uint8_t entry_point[];
};

struct mb2_framebuffer {
	struct mb2_tag tag;
	uint64_t addr;
	uint32_t pitch, width, height;
	uint8_t bpp, type;
	uint16_t reserved;
	uint8_t red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
};
#define MB2_FB_RGB	1
#define MB2_FB_TEXT	2

#endif
