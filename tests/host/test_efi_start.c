/* links: boot/efi/main.c boot/efi/handoff.c boot/efi/elf.c boot/efi/pages.c */
/*
 * tests/host/test_efi_start.c - the UEFI loader starts an entry: what the kernel is told, and what a start that
 * fails leaves behind
 *
 * The firmware's pages are pages of this program below 2 GiB, of which only EfiLoaderCode may be executed, and of a
 * strict firmware's only what was asked for by the protocol.  The "kernel" is a function here: what stands for enter.asm jumps to it.
 */
#include "cmocka_shim.h"
#include <setjmp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <multiboot2.h>
#include <uapi/elf.h>
#include "boot/efi/loader.h"

EFI_STATUS efi_main(EFI_HANDLE me, EFI_SYSTEM_TABLE *table);

#define INITRAMFS_SIZE 5000

/* ---- the code that is copied ---- */

static jmp_buf *inside;
static UINT32 entered_at, entered_with;

__attribute__((used)) static void entered(UINT32 entry, UINT32 info)
{
	entered_at = entry;
	entered_with = info;
	longjmp(*inside, 1);
}

asm(".pushsection .data\n"
    "enter_start: movabs $entered, %rax\n"
    "	jmp *%rax\n"
    "enter_end:\n"
    "	.globl enter_start, enter_end\n"
    ".popsection");

/* ---- the firmware ---- */

static struct {
	char *at;
	size_t size;
} given[16];
static unsigned int nr_given, allocations, fails_at;	/* the allocation of this number fails, from 1 on */
static bool linked_address_is_free;
static unsigned int refusals;				/* of ExitBootServices() */
static UINTN map_key;
static bool strict;					/* pages are executed by request only */

static EFI_STATUS allocate_pages(int how, int type, UINTN pages, EFI_PHYSICAL_ADDRESS *at)
{
	int prot = PROT_READ | PROT_WRITE | (type == EfiLoaderCode && !strict ? PROT_EXEC : 0);
	char *p;

	if (++allocations == fails_at)
		return EFI_OUT_OF_RESOURCES;
	if (how == AllocateAddress && !linked_address_is_free)
		return EFI_NOT_FOUND;
	p = mmap(how == AllocateAddress ? (void *)*at : NULL, pages * 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS |
		 (how == AllocateAddress ? MAP_FIXED_NOREPLACE : MAP_32BIT), -1, 0);
	if (p == MAP_FAILED)
		return EFI_OUT_OF_RESOURCES;
	for (unsigned int i = 0; i < 16; i++)
		if (!given[i].at) {
			given[i].at = p;
			given[i].size = pages * 4096;
			nr_given++;
			*at = (EFI_PHYSICAL_ADDRESS)p;
			return EFI_SUCCESS;
		}
	fail_msg("too many allocations");
	return EFI_OUT_OF_RESOURCES;
}

/* All of a stretch, or an end of it. */
static EFI_STATUS free_pages(EFI_PHYSICAL_ADDRESS at, UINTN pages)
{
	char *p = (char *)at;
	size_t size = pages * 4096;

	for (unsigned int i = 0; i < 16; i++) {
		char *end = given[i].at + given[i].size;

		if (!given[i].at || p < given[i].at || p + size > end)
			continue;
		assert_true(size && (p == given[i].at || p + size == end));
		munmap(p, size);
		if (p == given[i].at)
			given[i].at += size;
		given[i].size -= size;
		if (!given[i].size) {
			given[i].at = NULL;
			nr_given--;
		}
		return EFI_SUCCESS;
	}
	fail_msg("%#lx is not the loader's", at);
	return EFI_NOT_FOUND;
}

static EFI_STATUS get_memory_map(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *stride, UINT32 *version)
{
	static const EFI_MEMORY_DESCRIPTOR all[] = {
		{ EfiConventionalMemory, 0, 160, 0 }, { EfiLoaderCode, 0x100000, 16, 0 }, { EfiLoaderData, 0x110000, 16, 0 },
		{ EfiRuntimeServicesData, 0x120000, 16, EFI_MEMORY_RUNTIME }, { EfiACPIReclaimMemory, 0x130000, 16, 0 },
	};

	assert_true(*size >= sizeof(all));
	memcpy(map, all, sizeof(all));
	*size = sizeof(all);
	*stride = sizeof(all[0]);
	*key = ++map_key;
	return EFI_SUCCESS;
}

static EFI_STATUS exit_boot_services(EFI_HANDLE me, UINTN key)
{
	assert_int_equal(key, map_key);
	if (!refusals)
		return EFI_SUCCESS;
	refusals--;
	return EFI_LOAD_ERROR;
}

static EFI_STATUS set_watchdog_timer(UINTN seconds, UINT64 code, UINTN size, CHAR16 *data)
{
	return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES services = {
	.AllocatePages = allocate_pages, .FreePages = free_pages, .GetMemoryMap = get_memory_map,
	.ExitBootServices = exit_boot_services, .SetWatchdogTimer = set_watchdog_timer,
};
EFI_BOOT_SERVICES *BS = &services;
EFI_SYSTEM_TABLE *ST;

static const char old_rsdp[20] = "the pointer of 1.0", new_rsdp[36] = "the pointer that ACPI 2.0 wants";
static bool has_old, has_new;

EFI_STATUS LibGetSystemConfigurationTable(EFI_GUID *guid, void **at)
{
	static const EFI_GUID v2 = ACPI_20_TABLE_GUID, v1 = ACPI_TABLE_GUID;

	*at = (void *)(guid->n == v2.n ? new_rsdp : old_rsdp);
	return (guid->n == v2.n && has_new) || (guid->n == v1.n && has_old) ? EFI_SUCCESS : EFI_NOT_FOUND;
}

static EFI_STATUS clear_memory_attributes(void *self, EFI_PHYSICAL_ADDRESS at, UINT64 size, UINT64 attributes)
{
	assert_int_equal(attributes, EFI_MEMORY_XP);
	assert_int_equal(at % 4096 + size % 4096, 0);
	return mprotect((void *)at, size, PROT_READ | PROT_WRITE | PROT_EXEC) ? EFI_INVALID_PARAMETER : EFI_SUCCESS;
}

EFI_STATUS LibLocateProtocol(EFI_GUID *guid, void **interface)
{
	/* get, set, clear */
	static void *memory_attributes[] = { NULL, NULL, clear_memory_attributes };

	*interface = memory_attributes;
	return strict ? EFI_SUCCESS : EFI_NOT_FOUND;
}

void InitializeLib(EFI_HANDLE me, EFI_SYSTEM_TABLE *table) {}
UINTN Print(const CHAR16 *format, ...) { return 0; }

/* ---- the other parts of the loader ---- */

#define LINKED	0x200000UL

static struct {
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	char code[100];
} kernel = {
	.eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_EXEC,
		.e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_entry = LINKED + 16, .e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1 },
	.ph = { PT_LOAD, 5, sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr), LINKED, LINKED, 100, 3 << 20, 4096 },
};
static char cmdline[MAX_CMDLINE];
static unsigned int menus, complaints;
static bool damaged;			/* the kernel is none */

EFI_STATUS volume_open(EFI_HANDLE image) { return EFI_SUCCESS; }
void screen_find(struct screen *s) { memset(s, 0, sizeof(*s)); }
bool screen_set(struct screen *s, struct mode m) { return true; }
static unsigned int made_linear;
void screen_make_linear(struct screen *s) { made_linear++; }
void screen_give_back(struct screen *s) { made_linear--; }

EFI_STATUS file_read(const char *name, char **data, UINTN *size)
{
	const void *file = NULL;
	char *at;

	if (!strcmp(name, "quire.cfg"))
		return EFI_NOT_FOUND;
	*size = INITRAMFS_SIZE;
	if (!strcmp(name, "quire.elf")) {
		file = &kernel;
		*size = damaged ? 100 : sizeof(kernel);
	}
	at = pages_alloc(EfiLoaderData, *size + 1);
	if (!at)
		return EFI_OUT_OF_RESOURCES;
	if (file)
		memcpy(at, file, *size);
	*data = at;
	return EFI_SUCCESS;
}

void config_parse(struct config *c, char *text, UINTN len)
{
	memset(c, 0, sizeof(*c));
	c->nr = 1;
	snprintf(c->entries[0].title, sizeof(c->entries[0].title), "%s", "Test");
	snprintf(c->entries[0].kernel, sizeof(c->entries[0].kernel), "%s", "quire.elf");
	snprintf(c->entries[0].initramfs, sizeof(c->entries[0].initramfs), "%s", "initramfs.cpio");
	snprintf(c->entries[0].cmdline, sizeof(c->entries[0].cmdline), "%s", cmdline);
}

void complain(const struct entry *e, const CHAR16 *what, const char *file, EFI_STATUS err)
{
	assert_true(EFI_ERROR(err));
	assert_int_equal(made_linear, 0);	/* or nobody might see it */
	complaints++;
}

static unsigned int at_menu;		/* what is taken when it is seen */
static unsigned int made_linear_at_menu;

unsigned int menu(struct config *c, const struct screen *s)
{
	at_menu = nr_given;
	made_linear_at_menu = made_linear;
	if (++menus == 3)		/* the user goes away */
		longjmp(*inside, 2);
	return 0;
}

/* ---- the tests ---- */

/* From power-on until the kernel is entered (true), or the entry has failed twice. */
static bool boots(void)
{
	jmp_buf back;
	int how;

	allocations = menus = complaints = made_linear = 0;
	inside = &back;
	how = setjmp(back);
	if (!how)
		efi_main(NULL, NULL);
	inside = NULL;
	return how == 1;
}

static void power_off(void)
{
	for (unsigned int i = 0; i < 16; i++)
		if (given[i].at)
			munmap(given[i].at, given[i].size);
	memset(given, 0, sizeof(given));
	nr_given = fails_at = refusals = 0;
	damaged = false;
}

/* The tag of a type that the kernel finds, and how many there are. */
static const struct mb2_tag *find_tag(UINT32 type, unsigned int *nr)
{
	const struct mb2_info *info = (const struct mb2_info *)(UINTN)entered_with;
	const struct mb2_tag *tag = NULL, *found = NULL;

	*nr = 0;
	while ((tag = mb2_next(info, tag)))
		if (tag->type == type) {
			found = tag;
			++*nr;
		}
	return found;
}

static void both_root_pointers_are_handed_over(void **state)
{
	for (int which = 0; which < 4; which++) {
		const struct mb2_tag *tag;
		unsigned int nr;

		has_old = which & 1;
		has_new = which & 2;
		assert_true(boots());
		tag = find_tag(MB2_ACPI_OLD, &nr);
		assert_int_equal(nr, has_old);
		assert_true(!tag || (tag->size == 28 && !memcmp(tag + 1, old_rsdp, 20)));
		tag = find_tag(MB2_ACPI_NEW, &nr);
		assert_int_equal(nr, has_new);
		assert_true(!tag || (tag->size == 44 && !memcmp(tag + 1, new_rsdp, 36)));
		power_off();
	}
}

static void the_kernel_is_told_of_a_long_command_line_the_initramfs_and_all_memory(void **state)
{
	const struct mb2_mmap_entry *e;
	const struct mb2_module *m;
	const struct mb2_tag *tag;
	unsigned int nr;

	memset(cmdline, 'x', MAX_CMDLINE - 1);
	assert_true(boots());
	tag = find_tag(MB2_CMDLINE, &nr);
	assert_int_equal(nr, 1);
	assert_string_equal((const char *)(tag + 1), cmdline);
	m = (const struct mb2_module *)find_tag(MB2_MODULE, &nr);
	assert_int_equal(nr, 1);
	assert_int_equal(m->end - m->start, INITRAMFS_SIZE);
	tag = find_tag(MB2_MMAP, &nr);
	assert_int_equal(nr, 1);
	assert_int_equal(tag->size, sizeof(struct mb2_mmap) + 4 * sizeof(*e));	/* the loader's code and data: one */
	e = (const struct mb2_mmap_entry *)((const struct mb2_mmap *)tag + 1);
	assert_true(e[1].base == 0x100000 && e[1].length == 0x20000 && e[1].type == 1);
	assert_int_equal(e[2].type, 2);
	memset(cmdline, 0, sizeof(cmdline));
	power_off();
}

static void what_is_executed_lies_in_pages_for_code(void **state)
{
	for (int i = 0; i < 2; i++) {
		strict = i;
		assert_true(boots());			/* or the copy of enter.asm faults */
		power_off();
	}
	strict = false;
}

static void the_screen_is_made_linear_behind_the_menu(void **state)
{
	assert_true(boots());
	assert_int_equal(made_linear, 1);
	assert_int_equal(made_linear_at_menu, 0);
	power_off();
}

static void the_kernel_is_entered_wherever_it_lies(void **state)
{
	for (int linked = 0; linked < 2; linked++) {
		linked_address_is_free = linked;
		assert_true(boots());
		assert_int_equal((entered_at - 16) % 0x200000, 0);
		assert_true(linked == (entered_at == LINKED + 16));
		power_off();
	}
}

/* A refusal may be an event that has changed the map; two are not. */
static void a_firmware_that_refuses_once_is_asked_again(void **state)
{
	refusals = 1;
	assert_true(boots());
	power_off();
	refusals = 2;
	assert_true(boots());			/* the second try from the menu */
	assert_int_equal(complaints, 1);
	power_off();
}

static void a_start_that_fails_leaves_nothing_behind(void **state)
{
	unsigned int before;

	refusals = 4;
	assert_false(boots());
	assert_int_equal(complaints, 2);
	before = at_menu;
	assert_int_equal(before, 1);		/* the configuration */
	power_off();
	damaged = true;
	assert_false(boots());
	assert_int_equal(at_menu, before);
	power_off();
	linked_address_is_free = false;		/* the longest way */
	for (unsigned int n = 2, entered_at_once = 0; !entered_at_once; n++) {
		fails_at = n;
		assert_true(boots());		/* at the latest from the menu for the second time */
		entered_at_once = menus == 1 && allocations < n;
		assert_true(menus <= 2);
		if (menus == 2)
			assert_int_equal(at_menu, before);
		power_off();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_root_pointers_are_handed_over),
		cmocka_unit_test(the_kernel_is_told_of_a_long_command_line_the_initramfs_and_all_memory),
		cmocka_unit_test(what_is_executed_lies_in_pages_for_code),
		cmocka_unit_test(the_screen_is_made_linear_behind_the_menu),
		cmocka_unit_test(the_kernel_is_entered_wherever_it_lies),
		cmocka_unit_test(a_firmware_that_refuses_once_is_asked_again),
		cmocka_unit_test(a_start_that_fails_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
