/*
 * boot/efi/handoff.c - leave the firmware and enter the kernel, the way GRUB does it
 *
 * Purpose:    write down what the machine is (the tags of Multiboot2: one form for every loader), end the
 *             boot services and jump.
 * Invariants: everything that needs the firmware's allocator comes before the memory map is asked for.
 *             Between that and ExitBootServices() nothing is called but the two; the firmware may refuse
 *             once, if an event of its own has changed the map.
 * Sources:    UEFI specification, "EFI_BOOT_SERVICES.GetMemoryMap()", "ExitBootServices()"; Multiboot2
 *             specification, "Boot information format".
 */
#include <multiboot2.h>
#include "loader.h"

#define INFO_SIZE	(256UL << 10)		/* some thousand stretches of memory */
#define MAP_SIZE	(256UL << 10)
#define PAGE		4096UL
#define ENTER_SIZE	(2 * PAGE)		/* the code, and behind it a stack */

/* enter.asm: code to be copied to where 32-bit code reaches it. */
extern char enter_start[], enter_end[];
typedef void enter_fn(UINT32 entry, UINT32 info);

static char *tag_at;			/* the next tag goes here */

static void *tag_begin(UINT32 type, UINT32 size)
{
	struct mb2_tag *t = (struct mb2_tag *)tag_at;

	ZeroMem(t, size);
	t->type = type;
	t->size = size;
	tag_at += (size + 7) & ~7UL;
	return t;
}

static void tag_text(UINT32 type, const char *text)
{
	UINT32 len = strlena((const CHAR8 *)text) + 1;

	CopyMem((char *)tag_begin(type, sizeof(struct mb2_tag) + len) + sizeof(struct mb2_tag), text, len);
}

static void tag_module(const char *data, UINTN size)
{
	struct mb2_module *m = tag_begin(MB2_MODULE, sizeof(*m) + 1);

	m->start = (UINT32)(UINTN)data;
	m->end = m->start + size;
}

/* The position and the width of a colour's bits. */
static void bits(UINT32 mask, uint8_t *pos, uint8_t *size)
{
	*pos = mask ? __builtin_ctz(mask) : 0;
	for (*size = 0; mask; mask &= mask - 1)
		++*size;
}

static void tag_screen(const struct screen *s)
{
	const EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode = s->gop ? s->gop->Mode : NULL;
	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info = mode ? mode->Info : NULL;
	EFI_PIXEL_BITMASK mask = { 0xff0000, 0xff00, 0xff, 0xff000000 };
	struct mb2_framebuffer *fb;

	if (!info || info->PixelFormat == PixelBltOnly || !mode->FrameBufferBase)
		return;
	if (info->PixelFormat == PixelRedGreenBlueReserved8BitPerColor)
		mask = (EFI_PIXEL_BITMASK){ 0xff, 0xff00, 0xff0000, 0xff000000 };
	else if (info->PixelFormat == PixelBitMask)
		mask = info->PixelInformation;
	fb = tag_begin(MB2_FRAMEBUFFER, sizeof(*fb));
	fb->addr = mode->FrameBufferBase;
	fb->width = info->HorizontalResolution;
	fb->height = info->VerticalResolution;
	fb->bpp = (32 - __builtin_clz(mask.RedMask | mask.GreenMask | mask.BlueMask | mask.ReservedMask) + 7) / 8 * 8;
	fb->pitch = info->PixelsPerScanLine * (fb->bpp / 8);
	fb->type = MB2_FB_RGB;
	bits(mask.RedMask, &fb->red_pos, &fb->red_size);
	bits(mask.GreenMask, &fb->green_pos, &fb->green_size);
	bits(mask.BlueMask, &fb->blue_pos, &fb->blue_size);
}

/* A copy of the root pointer that the firmware has under @guid, @size bytes, if there is one. */
static void tag_rsdp(UINT32 type, EFI_GUID guid, UINT32 size)
{
	void *rsdp;

	if (!EFI_ERROR(LibGetSystemConfigurationTable(&guid, &rsdp)))
		CopyMem((char *)tag_begin(type, sizeof(struct mb2_tag) + size) + sizeof(struct mb2_tag), rsdp, size);
}

/* Both root pointers: if one leads nowhere, the kernel tries the other. */
static void tag_acpi(void)
{
	tag_rsdp(MB2_ACPI_OLD, (EFI_GUID)ACPI_TABLE_GUID, 20);
	tag_rsdp(MB2_ACPI_NEW, (EFI_GUID)ACPI_20_TABLE_GUID, 36);
}

/* That the firmware is UEFI, and SMBIOS's entry point, where the machine's name is found. */
static void tag_firmware(void)
{
	EFI_GUID v3 = SMBIOS3_TABLE_GUID, v2 = SMBIOS_TABLE_GUID;
	struct mb2_efi64 *efi = tag_begin(MB2_EFI64, sizeof(*efi));
	struct mb2_smbios *t;
	UINT32 size = 24;
	void *entry;

	efi->system_table = (UINTN)ST;
	if (EFI_ERROR(LibGetSystemConfigurationTable(&v3, &entry))) {
		if (EFI_ERROR(LibGetSystemConfigurationTable(&v2, &entry)))
			return;
		size = 31;
	}
	t = tag_begin(MB2_SMBIOS, sizeof(*t) + size);
	t->major = ((UINT8 *)entry)[size == 24 ? 7 : 6];
	t->minor = ((UINT8 *)entry)[size == 24 ? 8 : 7];
	CopyMem(t->entry_point, entry, size);
}

/* ACPI's number for a type of UEFI memory.  What the loader and the boot services used is the kernel's now. */
static UINT32 mem_type(const EFI_MEMORY_DESCRIPTOR *d)
{
	if (d->Attribute & EFI_MEMORY_RUNTIME)
		return 2;
	switch (d->Type) {
	case EfiLoaderCode:
	case EfiLoaderData:
	case EfiBootServicesCode:
	case EfiBootServicesData:
	case EfiConventionalMemory:
		return 1;
	case EfiACPIReclaimMemory:
		return 3;
	case EfiACPIMemoryNVS:
		return 4;
	case EfiUnusableMemory:
		return 5;
	default:
		return 2;
	}
}

/* The map, neighbours of one type as one: there may be hundreds of stretches. */
static void tag_memory(const char *map, UINTN size, UINTN stride)
{
	struct mb2_mmap *t = tag_begin(MB2_MMAP, sizeof(*t));
	struct mb2_mmap_entry *e = (struct mb2_mmap_entry *)(t + 1) - 1;
	struct mb2_mmap_entry *first = e + 1;

	t->entry_size = sizeof(*e);
	for (UINTN at = 0; at + stride <= size; at += stride) {
		const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)(map + at);
		UINT32 type = mem_type(d);

		if (e >= first && e->type == type && e->base + e->length == d->PhysicalStart) {
			e->length += d->NumberOfPages * PAGE;
			continue;
		}
		*++e = (struct mb2_mmap_entry){ d->PhysicalStart, d->NumberOfPages * PAGE, type, 0 };
	}
	t->tag.size = (char *)(e + 1) - (char *)t;
	tag_at = (char *)t + ((t->tag.size + 7) & ~7UL);
}

/* The map as it is in the moment when the firmware lets go. */
static EFI_STATUS leave_firmware(EFI_HANDLE me, char *map, UINTN *size, UINTN *stride)
{
	EFI_STATUS err = EFI_SUCCESS;

	for (int i = 0; i < 2; i++) {
		UINT32 version;
		UINTN key;

		*size = MAP_SIZE;
		err = uefi_call_wrapper(BS->GetMemoryMap, 5, size, (EFI_MEMORY_DESCRIPTOR *)map, &key, stride, &version);
		if (EFI_ERROR(err))
			return err;
		err = uefi_call_wrapper(BS->ExitBootServices, 2, me, key);
		if (!EFI_ERROR(err))
			return err;
	}
	return err;
}

/* All that is told before the firmware has let go. */
static void tag_all_but_memory(char *info, const struct entry *e, const char *initramfs, UINTN initramfs_size,
			       const struct screen *s)
{
	tag_at = info + sizeof(struct mb2_info);
	tag_text(MB2_CMDLINE, e->cmdline);
	tag_text(MB2_LOADER, "Quire EFI loader");
	if (initramfs_size)
		tag_module(initramfs, initramfs_size);
	tag_screen(s);
	tag_acpi();
	tag_firmware();
}

/* Comes back if the firmware does not let go. */
static EFI_STATUS leave_and_enter(EFI_HANDLE me, UINT32 entry, char *info, char *map, char *enter)
{
	UINTN size, stride;
	EFI_STATUS err = leave_firmware(me, map, &size, &stride);

	if (EFI_ERROR(err))
		return err;
	tag_memory(map, size, stride);
	tag_begin(MB2_END, sizeof(struct mb2_tag));
	((struct mb2_info *)info)->size = tag_at - info;
	((struct mb2_info *)info)->reserved = 0;
	((enter_fn *)(UINTN)enter)(entry, (UINT32)(UINTN)info);
	__builtin_unreachable();
}

EFI_STATUS start_kernel(EFI_HANDLE me, const struct image *kernel, const struct entry *e, const char *initramfs,
			UINTN initramfs_size, const struct screen *s)
{
	char *info = pages_alloc(EfiLoaderData, INFO_SIZE), *map = pages_alloc(EfiLoaderData, MAP_SIZE);
	char *enter = pages_alloc(EfiLoaderCode, ENTER_SIZE);
	EFI_STATUS err = EFI_OUT_OF_RESOURCES;

	if (info && map && enter) {
		CopyMem(enter, enter_start, enter_end - enter_start);
		pages_allow_execution(enter, ENTER_SIZE);
		tag_all_but_memory(info, e, initramfs, initramfs_size, s);
		err = leave_and_enter(me, kernel->entry, info, map, enter);
	}
	pages_free(enter, ENTER_SIZE);
	pages_free(map, MAP_SIZE);
	pages_free(info, INFO_SIZE);
	return err;
}
