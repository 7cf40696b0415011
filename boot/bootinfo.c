/*
 * boot/bootinfo.c - what the loader told us, in one form
 *
 * Purpose:    PVH and multiboot2 describe the machine in their own ways; both become struct
 *             boot_info, and that becomes memblock's list of RAM.
 * Invariants: runs on the boot page tables, where physical memory below 4 GiB is readable at
 *             PAGE_OFFSET; everything needed later is copied out of the loader's structures.
 *             What the loader gives is not trusted to be whole: a tag that is cut says nothing.
 * Sources:    Xen, "x86/HVM direct boot ABI" (struct hvm_start_info); Multiboot2
 *             specification, "Boot information format"; ACPI, "Address Range Types".
 */
#include <boot.h>
#include <boot_info.h>
#include <asm/page.h>
#include <asm/phys_range.h>
#include <bug.h>
#include <memblock.h>
#include <multiboot2.h>
#include <printk.h>
#include <sections.h>
#include <string.h>

#define BOOT_MAP_LIMIT	0x100000000UL	/* what the boot page tables cover */
#define BIOS_DATA_END	0x10000UL	/* real-mode vectors and BIOS data */
#define MAX_FRAMEBUFFER	(1UL << 30)
#define MIN_RAM		(7UL << 20)	/* a machine of 8 MiB has this much of it usable */

struct boot_info boot_info;

/* The numbers of ACPI, used by both protocols; unknown ones are not ours to use. */
static enum boot_mem_type __init mem_type(u32 type)
{
	return type >= BOOT_MEM_RAM && type <= BOOT_MEM_BAD ? (enum boot_mem_type)type
							    : BOOT_MEM_RESERVED;
}

/*
 * How much of @s, @max bytes at most, we take.  A line that is too long ends with the last word that fits: half a
 * word would mean something else.
 */
static size_t __init cmdline_length(const char *s, size_t max, bool *cut)
{
	size_t len = strnlen(s, min(max, sizeof(boot_info.cmdline)));

	*cut = len == sizeof(boot_info.cmdline);
	if (*cut)
		while (len && s[--len] != ' ')
			;
	return len;
}

static void __init set_cmdline(const char *s, size_t max)
{
	size_t len = cmdline_length(s, max, &boot_info.cmdline_cut);

	memcpy(boot_info.cmdline, s, len);
	boot_info.cmdline[len] = 0;
}

/* Can [@pa, +@size) be read now? */
static bool __init readable(phys_addr_t pa, phys_addr_t size)
{
	return pa && pa < BOOT_MAP_LIMIT && size <= BOOT_MAP_LIMIT - pa;
}

/* ---- PVH ---------------------------------------------------------------------------------- */

#define PVH_MAGIC 0x336ec578

struct hvm_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modlist_paddr, cmdline_paddr, rsdp_paddr;
	u64 memmap_paddr;		/* from version 1 on */
	u32 memmap_entries, reserved;
};

struct hvm_modlist_entry {
	u64 paddr, size, cmdline_paddr, reserved;
};

struct hvm_memmap_entry {
	u64 addr, size;
	u32 type, reserved;
};

static void __init parse_pvh(phys_addr_t info)
{
	const struct hvm_start_info *si = __va(info);
	const struct hvm_modlist_entry *mod;
	const struct hvm_memmap_entry *map;

	boot_info.protocol = "PVH";
	boot_info.loader = "";
	if (si->magic != PVH_MAGIC)
		panic("the PVH start info has a wrong magic number");
	if (readable(si->cmdline_paddr, COMMAND_LINE_SIZE))
		set_cmdline(__va(si->cmdline_paddr), COMMAND_LINE_SIZE);
	boot_info.rsdp = si->rsdp_paddr;
	if (si->nr_modules && readable(si->modlist_paddr, sizeof(*mod))) {
		mod = __va(si->modlist_paddr);
		boot_info.initrd = mod->paddr;
		boot_info.initrd_size = mod->size;
	}
	if (si->version < 1 || !readable(si->memmap_paddr, si->memmap_entries * sizeof(*map)))
		panic("the loader gives no memory map; use a QEMU of 2019 or later, or GRUB");
	map = __va(si->memmap_paddr);
	for (u32 i = 0; i < si->memmap_entries; i++)
		boot_map_add(map[i].addr, map[i].size, mem_type(map[i].type));
}

/* ---- multiboot2 --------------------------------------------------------------------------- */

static void __init mb2_mmap(const struct mb2_mmap *map)
{
	const char *p = (const char *)(map + 1);
	const char *end = (const char *)map + map->tag.size;

	if (map->entry_size < sizeof(struct mb2_mmap_entry))
		return;
	for (; p + map->entry_size <= end; p += map->entry_size) {
		const struct mb2_mmap_entry *e = (const struct mb2_mmap_entry *)p;

		boot_map_add(e->base, e->length, mem_type(e->type));
	}
}

static void __init mb2_framebuffer(const struct mb2_framebuffer *t)
{
	struct boot_framebuffer *fb = &boot_info.fb;

	if (t->type != MB2_FB_RGB && t->type != MB2_FB_TEXT)
		return;
	fb->addr = t->addr;
	fb->width = t->width;
	fb->height = t->height;
	fb->pitch = t->pitch;
	fb->bpp = t->bpp;
	fb->text = t->type == MB2_FB_TEXT;
	if (fb->text || t->tag.size < offsetof(struct mb2_framebuffer, blue_size) + 1)	/* sizeof has padding */
		return;
	fb->red_pos = t->red_pos;
	fb->red_size = t->red_size;
	fb->green_pos = t->green_pos;
	fb->green_size = t->green_size;
	fb->blue_pos = t->blue_pos;
	fb->blue_size = t->blue_size;
}

/* The tag holds a copy of the table of 20 or 36 bytes, not its address.  There may be one tag of each kind. */
static void __init mb2_rsdp(const struct mb2_tag *tag)
{
	unsigned int which = tag->type == MB2_ACPI_OLD ? RSDP_ACPI_1 : RSDP_ACPI_2;

	memcpy(boot_info.rsdp_copy[which], tag + 1, min(tag->size - sizeof(*tag), sizeof(boot_info.rsdp_copy[which])));
}

/* A tag that is too short for what it should hold says nothing. */
static bool __init mb2_tag_is_whole(const struct mb2_tag *tag)
{
	static const struct { u32 type, size; } least[] = {
		{ MB2_MODULE, sizeof(struct mb2_module) },
		{ MB2_MMAP, sizeof(struct mb2_mmap) },
		{ MB2_FRAMEBUFFER, offsetof(struct mb2_framebuffer, red_pos) },
		{ MB2_ACPI_OLD, sizeof(*tag) + 20 },
		{ MB2_ACPI_NEW, sizeof(*tag) + 36 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(least); i++)
		if (tag->type == least[i].type)
			return tag->size >= least[i].size;
	return true;
}

static void __init mb2_tag(const struct mb2_tag *tag)
{
	const struct mb2_module *mod = (const struct mb2_module *)tag;
	static char loader[64];

	switch (tag->type) {
	case MB2_CMDLINE:
		set_cmdline((const char *)(tag + 1), tag->size - sizeof(*tag));
		break;
	case MB2_LOADER:
		memcpy(loader, tag + 1, min(tag->size - sizeof(*tag), sizeof(loader) - 1));
		boot_info.loader = loader;
		break;
	case MB2_MODULE:
		if (boot_info.initrd_size || mod->end < mod->start)
			break;		/* the first one is the initramfs */
		boot_info.initrd = mod->start;
		boot_info.initrd_size = mod->end - mod->start;
		break;
	case MB2_MMAP:
		mb2_mmap((const struct mb2_mmap *)tag);
		break;
	case MB2_FRAMEBUFFER:
		mb2_framebuffer((const struct mb2_framebuffer *)tag);
		break;
	case MB2_ACPI_OLD:
	case MB2_ACPI_NEW:
		mb2_rsdp(tag);
		break;
	case MB2_EFI64:
		boot_info.efi = true;
		break;
	case MB2_SMBIOS:
		if (tag->size > sizeof(struct mb2_smbios))
			memcpy(boot_info.smbios, ((const struct mb2_smbios *)tag)->entry_point,
			       min(tag->size - sizeof(struct mb2_smbios), sizeof(boot_info.smbios)));
		break;
	}
}

static void __init parse_multiboot2(phys_addr_t info)
{
	const struct mb2_tag *tag = NULL;

	boot_info.protocol = "multiboot2";
	boot_info.loader = "";
	while ((tag = mb2_next(__va(info), tag)))
		if (mb2_tag_is_whole(tag))
			mb2_tag(tag);
	if (!boot_info.nr_mem)
		panic("the loader gives no memory map; use GRUB 2 or another multiboot2 loader");
}

const char *__init boot_command_line(unsigned int protocol, phys_addr_t info, size_t *len)
{
	const struct hvm_start_info *si = __va(info);
	const struct mb2_tag *tag = NULL;
	const char *line = NULL;
	size_t max = 0;
	bool cut;

	if (!readable(info, PAGE_SIZE))
		return NULL;
	if (protocol == BOOT_PVH && si->magic == PVH_MAGIC && readable(si->cmdline_paddr, COMMAND_LINE_SIZE)) {
		line = __va(si->cmdline_paddr);
		max = COMMAND_LINE_SIZE;
	}
	while (protocol == BOOT_MULTIBOOT2 && (tag = mb2_next(__va(info), tag)))
		if (tag->type == MB2_CMDLINE) {
			line = (const char *)(tag + 1);
			max = tag->size - sizeof(*tag);
		}
	*len = line ? cmdline_length(line, max, &cut) : 0;
	return line;
}

void __init boot_info_init(unsigned int protocol, phys_addr_t info)
{
	if (!readable(info, PAGE_SIZE))
		panic("the boot information lies above 4 GiB");
	if (protocol == BOOT_PVH)
		parse_pvh(info);
	else
		parse_multiboot2(info);
}

/* ---- memory --------------------------------------------------------------------------------- */

/* Whole pages only: one that is RAM in part is somebody else's in part. */
static void __init add_ram(void)
{
	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];
		phys_addr_t start = ALIGN_UP(m->base, PAGE_SIZE);
		phys_addr_t end = ALIGN_DOWN(m->base + m->size, PAGE_SIZE);

		if (m->type == BOOT_MEM_RAM && start < end)
			memblock_add(start, end - start);
	}
}

/* mem=SIZE: forget what lies above. */
static void __init limit_ram(void)
{
	phys_addr_t limit = ALIGN_DOWN(cmdline_num("mem", 0), PAGE_SIZE);

	if (limit && limit < memblock_end_of_ram())
		memblock_remove(limit, memblock_end_of_ram() - limit);
}

static bool __init all_ram(phys_addr_t base, phys_addr_t size)
{
	for (phys_addr_t p = ALIGN_DOWN(base, PAGE_SIZE); p < base + size; p += PAGE_SIZE)
		if (!memblock_is_memory(p))
			return false;
	return true;
}

/*
 * QEMU's loader puts the archive at the end of memory, and SeaBIOS, when it has drivers for disks there, says
 * that the last of it is reserved.  What the archive has overwritten is nobody's any more: count those
 * pages as RAM, for the time being.  Where it ends to be usable, or 0: it does not begin in RAM, or more than that is wrong.
 */
static phys_addr_t __init accept_reserved_tail(phys_addr_t base, phys_addr_t end)
{
	phys_addr_t ram_end = base;

	while (ram_end < end && memblock_is_memory(ram_end))
		ram_end = ALIGN_DOWN(ram_end, PAGE_SIZE) + PAGE_SIZE;
	for (unsigned int i = 0; i < boot_info.nr_mem && ram_end > base; i++) {
		const struct boot_mem *m = &boot_info.mem[i];

		if (m->type == BOOT_MEM_RESERVED && m->base <= ram_end && m->base + m->size >= end) {
			memblock_add(ram_end, ALIGN_UP(end, PAGE_SIZE) - ram_end);
			return ram_end;
		}
	}
	return 0;
}

static void __init reserve_initrd(void)
{
	struct boot_info *b = &boot_info;

	if (!b->initrd_size)
		return;
	b->initrd_end_of_ram = b->initrd + b->initrd_size;
	if (b->initrd_end_of_ram > b->initrd && !all_ram(b->initrd, b->initrd_size))
		b->initrd_end_of_ram = accept_reserved_tail(b->initrd, b->initrd_end_of_ram);
	if (b->initrd_end_of_ram <= b->initrd) {
		pr_err("initrd: [%#lx, +%#lx) is not all in usable memory: ignored\n",
		       (unsigned long)b->initrd, (unsigned long)b->initrd_size);
		b->initrd_size = 0;
		return;
	}
	memblock_reserve(ALIGN_DOWN(b->initrd, PAGE_SIZE),
			 ALIGN_UP(b->initrd + b->initrd_size, PAGE_SIZE) -
			 ALIGN_DOWN(b->initrd, PAGE_SIZE));
}

static void __init log_memory_map(void)
{
	static const char *const names[] = { "?", "usable", "reserved", "ACPI", "NVS", "bad" };

	for (unsigned int i = 0; i < boot_info.nr_mem; i++) {
		const struct boot_mem *m = &boot_info.mem[i];

		pr_info("memory: [%#014lx-%#014lx] %s\n", (unsigned long)m->base,
			(unsigned long)(m->base + m->size - 1), names[m->type]);
	}
}

/* A framebuffer that no writing can go to, or only over other memory, is none. */
static bool __init framebuffer_ok(const struct boot_framebuffer *fb)
{
	u64 size = (u64)fb->pitch * fb->height;

	return fb->addr && size && framebuffer_dot_bytes(fb) && framebuffer_line_fits(fb) && size <= MAX_FRAMEBUFFER &&
	       phys_range_ok(fb->addr, size) && !boot_ram_overlaps(fb->addr, size);
}

static void __init check_framebuffer(void)
{
	struct boot_framebuffer *fb = &boot_info.fb;

	if (fb->text || !fb->width || framebuffer_ok(fb))
		return;
	pr_err("framebuffer: %ux%u, %u bits, at %#lx, %u bytes a line: cannot be used\n", fb->width, fb->height,
	       fb->bpp, (unsigned long)fb->addr, fb->pitch);
	*fb = (struct boot_framebuffer){ 0 };
}

void __init boot_memory_init(void)
{
	phys_addr_t kernel = __pa(_text);
	bool told;

	cmdline_report_cut();
	log_memory_map();
	if (boot_info.mem_cut)
		pr_warn("memory: the map has more than %d pieces: some RAM may not be used\n", BOOT_MAX_MEM);
	add_ram();
	told = memblock_is_memory(__pa(_end) - 1);
	limit_ram();
	if (memblock_total() < MIN_RAM)
		panic("Quire needs 8 MiB of RAM and finds %lu KiB: give it more (qemu -m 64M)",
		      (unsigned long)(memblock_total() >> 10));
	if (!told)
		panic("the loader's memory map has no RAM where the kernel lies, up to %lu KiB%s",
		      (unsigned long)(__pa(_end) >> 10), boot_info.mem_cut ? ", in the pieces that were kept" : "");
	if (!memblock_is_memory(__pa(_end) - 1))
		panic("mem= leaves no room for the kernel, which ends at %lu KiB",
		      (unsigned long)(__pa(_end) >> 10));
	check_framebuffer();
	memblock_reserve(0, BIOS_DATA_END);
	memblock_reserve(kernel, __pa(_end) - kernel);
	reserve_initrd();
}

void __init boot_reserve_low_memory(void)
{
	memblock_reserve(0, LOW_MEMORY_END);
}
