/*
 * boot/efi/loader.h - the parts of the UEFI loader
 *
 * It runs on the firmware's stack and page tables, where every address is its own, until enter.asm.  Text of
 * the configuration and of the command line is in bytes (ASCII); the firmware's is UCS-2.
 */
#ifndef EFI_LOADER_H
#define EFI_LOADER_H

#include <efi.h>
#include <efilib.h>
#include <stdbool.h>

#define MAX_ENTRIES	16
#define MAX_TEXT	128		/* a title, a file name */
#define MAX_CMDLINE	8192		/* four times what the kernel keeps: it says itself what it cuts off */
#define BELOW_4G	0xffffffffUL	/* the kernel is entered in 32-bit mode */

/* ---- config.c: quire.cfg ---- */

struct mode {
	UINT32 width, height;		/* 0: as the firmware left it */
};

struct entry {
	char title[MAX_TEXT], kernel[MAX_TEXT], initramfs[MAX_TEXT];	/* "" as initramfs: none */
	char cmdline[MAX_CMDLINE];
};

struct config {
	struct entry entries[MAX_ENTRIES];
	unsigned int nr, preset;	/* preset: the entry that starts by itself */
	int timeout;			/* seconds; 0: at once; or */
#define WAIT_FOR_KEY (-1)
	struct mode mode;
	unsigned int bad_line;		/* the first that makes no sense; 0: none */
	unsigned int long_line;		/* the first command line that did not fit; 0: none */
	unsigned int line;		/* while the file is read: the number of the line, from 1 on */
	struct entry *open;		/* while the file is read: the entry that the next lines belong to; NULL: none */
};

/* Fill @c from @text (NUL at [len]); without entries, from what a stick without configuration means. */
void config_parse(struct config *c, char *text, UINTN len);

/* ---- pages.c: memory below 4 GiB ---- */

char *pages_alloc(EFI_MEMORY_TYPE type, UINTN size);
void pages_allow_execution(char *at, UINTN size);
void pages_free(char *at, UINTN size);

/* ---- file.c: the volume that the loader came from ---- */

EFI_STATUS volume_open(EFI_HANDLE image);
/*
 * Read all of @name into pages below 4 GiB, with a NUL behind: pages_free(*data, *size + 1) gives them back.
 * EFI_NOT_FOUND, EFI_OUT_OF_RESOURCES, ...: *data is as it was.
 */
EFI_STATUS file_read(const char *name, char **data, UINTN *size);

/* ---- gop.c: the screen ---- */

struct screen {
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;	/* NULL: none with a linear framebuffer */
	unsigned int nr;			/* sizes with a linear framebuffer, each once, as the firmware lists them */
	UINT32 console_mode;			/* what screen_make_linear() found */
	struct mode *modes;
};

/*
 * Ask the firmware, once, for its screens, and choose: one that its console is on, else the first.  Nothing is set.
 * Without memory for the list of modes the screen stays as it is.
 */
void screen_find(struct screen *s);
/* Set a mode of the size @m, or leave things as they are if there is none such (false). */
bool screen_set(struct screen *s, struct mode m);
/*
 * If the mode that is set has no linear framebuffer, set one that has, of the same size where there is one.  The firmware's
 * console may be lost by that: it comes after the menu.
 */
void screen_make_linear(struct screen *s);
/* Undo that: there is something to say, and the menu again. */
void screen_give_back(struct screen *s);

/* ---- menu.c ---- */

/* The entry to start; c->mode is what the user left it at.  Where firmware has no keyboard it is c->preset. */
unsigned int menu(struct config *c, const struct screen *s);
/* Say why entry @e cannot be started, and wait for a key. */
void complain(const struct entry *e, const CHAR16 *what, const char *file, EFI_STATUS err);

/* ---- elf.c ---- */

struct image {
	UINT64 base, end;		/* where it lies; all its pages and no others are taken */
	UINT32 entry;
};

/* The ELF file [data, +size) to where it may lie: its own address, or another below 4 GiB. */
EFI_STATUS elf_load(const char *data, UINTN size, struct image *image);

/* ---- handoff.c: from the firmware's world to the kernel's ---- */

/*
 * Comes back only with an error, and nothing taken: EFI_OUT_OF_RESOURCES, or what the firmware says that does not let go
 * of the machine.
 */
EFI_STATUS start_kernel(EFI_HANDLE me, const struct image *kernel, const struct entry *e, const char *initramfs,
			UINTN initramfs_size, const struct screen *s);

#endif
