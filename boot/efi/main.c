/*
 * boot/efi/main.c - BOOTX64.EFI: a menu, and the kernel the user chose
 *
 * Purpose:    start Quire on a PC that has UEFI, from the stick this file lies on: quire.cfg says what there
 *             is to start (config.c), and a kernel and an initramfs lie beside it.
 * Invariants: whatever goes wrong before the firmware has let go of the machine is said on its console, and
 *             the menu is there again.  A missing initramfs is no reason not to start: the kernel says so too.
 * Sources:    UEFI specification, "Boot Manager" (removable media), "Loaded Image Protocol".
 */
#include "loader.h"

static struct config *config;		/* too much to be part of the program's file */
static UINT64 began;			/* ticks of the TSC */
static struct screen screen;

static UINT64 ticks(void)
{
	UINT32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (UINT64)high << 32 | low;
}

static void read_config(void)
{
	static char nothing[1];
	char *text = NULL;
	UINTN size;

	if (EFI_ERROR(file_read("quire.cfg", &text, &size)))
		size = 0;
	config_parse(config, text ? text : nothing, size);
	pages_free(text, size + 1);
}

static void try_entry(EFI_HANDLE me, const struct entry *e)
{
	char *file, *initramfs = NULL;
	UINTN size, initramfs_size = 0;
	struct image kernel;
	EFI_STATUS err;

	err = file_read(e->kernel, &file, &size);
	if (EFI_ERROR(err)) {
		complain(e, L"reading", e->kernel, err);
		return;
	}
	err = elf_load(file, size, &kernel);
	pages_free(file, size + 1);
	if (EFI_ERROR(err)) {
		complain(e, L"loading", e->kernel, err);
		return;
	}
	if (e->initramfs[0]) {
		err = file_read(e->initramfs, &initramfs, &initramfs_size);
		if (EFI_ERROR(err)) {
			Print(L"%a: %r. Quire starts without it.\r\n", e->initramfs, err);
			initramfs_size = 0;
		}
	}
	if (config->mode.width && !screen_set(&screen, config->mode))
		Print(L"The screen has no mode of %dx%d: it stays as it is.\r\n", config->mode.width, config->mode.height);
	screen_make_linear(&screen);
	if (!config->timeout)		/* nobody was waited for */
		Print(L"Quire EFI loader: %ld ticks of the TSC until here.\r\n", ticks() - began);
	err = start_kernel(me, &kernel, e, initramfs, initramfs_size, &screen);
	pages_free(initramfs, initramfs_size + 1);
	pages_free((char *)kernel.base, kernel.end - kernel.base);
	screen_give_back(&screen);
	complain(e, L"starting", e->kernel, err);
}

EFI_STATUS efi_main(EFI_HANDLE me, EFI_SYSTEM_TABLE *table)
{
	EFI_STATUS err;

	began = ticks();
	InitializeLib(me, table);
	uefi_call_wrapper(BS->SetWatchdogTimer, 4, 0, 0, 0, NULL);	/* a menu may wait for longer than 5 minutes */
	err = volume_open(me);
	if (EFI_ERROR(err)) {
		Print(L"Quire: the volume of the loader cannot be read: %r\r\n", err);
		return err;
	}
	config = (struct config *)pages_alloc(EfiLoaderData, sizeof(*config));
	if (!config) {
		Print(L"Quire: there is no memory for the menu.\r\n");
		return EFI_OUT_OF_RESOURCES;
	}
	read_config();
	screen_find(&screen);
	for (;;) {
		try_entry(me, &config->entries[menu(config, &screen)]);
		config->timeout = WAIT_FOR_KEY;
	}
}
