/* links: boot/efi/file.c */
/*
 * tests/host/test_efi_file.c - the UEFI loader reads files, whatever the firmware gives at once
 *
 * The volume has one file.  The firmware gives at most so many bytes in one call, fails when it is asked for more than
 * 1 MiB, may say that the file is longer than it is, and may fail in the middle.
 */
#include "cmocka_shim.h"
#include <wchar.h>
#include "boot/efi/loader.h"

#define MIB	(1UL << 20)
#define MOST	(3 * MIB + 7)

/* ---- the firmware ---- */

static char content[MOST];
static UINTN length, told, position, at_once, fails_behind, lies;
static unsigned int reads, opened, pages_given;
static bool no_memory;

static EFI_STATUS read_file(EFI_FILE_PROTOCOL *file, UINTN *size, void *to)
{
	UINTN n = *size;

	reads++;
	if (n > MIB || position >= fails_behind) {
		position += 5;			/* nobody says where it stands then */
		return EFI_DEVICE_ERROR;
	}
	n = n < at_once ? n : at_once;
	n = n < length - position ? n : length - position;
	memcpy(to, content + position, n);
	position += n;
	*size = n + lies;
	return EFI_SUCCESS;
}

static EFI_STATUS set_position(EFI_FILE_PROTOCOL *file, UINT64 at)
{
	position = at;
	return EFI_SUCCESS;
}

static EFI_STATUS close_file(EFI_FILE_PROTOCOL *file)
{
	opened--;
	return EFI_SUCCESS;
}

static EFI_STATUS open_file(EFI_FILE_PROTOCOL *folder, EFI_FILE_PROTOCOL **file, CHAR16 *path, UINT64 mode, UINT64 attributes)
{
	static EFI_FILE_PROTOCOL the_file = { .Close = close_file, .Read = read_file, .SetPosition = set_position };

	if (wcscmp(path, L"\\boot\\quire.elf"))
		return EFI_NOT_FOUND;
	position = reads = 0;
	opened++;
	*file = &the_file;
	return EFI_SUCCESS;
}

EFI_FILE_INFO *LibFileInfo(EFI_FILE_PROTOCOL *file)
{
	EFI_FILE_INFO *info = malloc(sizeof(*info));

	info->FileSize = told;
	return info;
}

static EFI_STATUS open_volume(EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *fs, EFI_FILE_PROTOCOL **folder)
{
	static EFI_FILE_PROTOCOL root = { .Open = open_file };

	*folder = &root;
	return EFI_SUCCESS;
}

EFI_GUID LoadedImageProtocol, FileSystemProtocol;

static EFI_STATUS handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface)
{
	static EFI_LOADED_IMAGE image = { .DeviceHandle = &image };
	static EFI_SIMPLE_FILE_SYSTEM_PROTOCOL fs = { open_volume };

	*interface = guid == &LoadedImageProtocol ? (void *)&image : &fs;
	return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES services = { .HandleProtocol = handle_protocol };
EFI_BOOT_SERVICES *BS = &services;

/* Of the exact size: the sanitizer sees what is written behind. */
char *pages_alloc(EFI_MEMORY_TYPE type, UINTN size)
{
	pages_given += !no_memory;
	return no_memory ? NULL : malloc(size);
}

void pages_free(char *at, UINTN size)
{
	pages_given -= at != NULL;
	free(at);
}

/* ---- the tests ---- */

/* A file of @size bytes, and a firmware that gives @most of them in a call. */
static void power_on(UINTN size, UINTN most)
{
	for (UINTN i = 0; i < MOST; i++)
		content[i] = i % 251 + i / MIB;
	length = told = size;
	at_once = most;
	fails_behind = ~0UL;
	lies = 0;
	no_memory = false;
	assert_int_equal(volume_open(NULL), EFI_SUCCESS);
}

static void is_read(void)
{
	UINTN size = 0;
	char *data = NULL;

	assert_int_equal(file_read("boot/quire.elf", &data, &size), EFI_SUCCESS);
	assert_int_equal(size, length);
	assert_memory_equal(data, content, length);
	assert_int_equal(data[length], 0);
	pages_free(data, size + 1);
	assert_int_equal(opened + pages_given, 0);
}

static void fails_with(EFI_STATUS err)
{
	char *data = content;
	UINTN size;

	assert_int_equal(file_read("boot/quire.elf", &data, &size), err);
	assert_ptr_equal(data, content);
	assert_int_equal(opened + pages_given, 0);
}

static void a_file_of_any_size_is_read_where_more_than_a_mebibyte_fails(void **state)
{
	static const UINTN sizes[] = { 0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB, MOST };

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		power_on(sizes[i], ~0UL);
		is_read();
		assert_int_equal(reads, (sizes[i] > MIB) + (sizes[i] + MIB - 1) / MIB);	/* all, then in pieces */
	}
}

static void a_firmware_that_gives_less_than_asked_is_asked_again(void **state)
{
	static const UINTN most[] = { 511, 4096, 65535, MIB - 1 };

	for (unsigned int i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		power_on(MOST, most[i]);
		is_read();
		assert_true(reads >= MOST / most[i]);
	}
}

static void a_file_that_ends_early_is_an_error(void **state)
{
	power_on(2 * MIB, 100000);
	told = 2 * MIB + 1;
	fails_with(EFI_END_OF_FILE);
	power_on(0, 100000);
	told = 1;
	fails_with(EFI_END_OF_FILE);
}

static void an_error_in_the_middle_is_told(void **state)
{
	power_on(MOST, MIB);
	fails_behind = 2 * MIB;
	fails_with(EFI_DEVICE_ERROR);
	assert_int_equal(reads, 4);
}

static void more_than_was_asked_for_is_not_believed(void **state)
{
	power_on(MOST, MIB);
	lies = 1;
	fails_with(EFI_END_OF_FILE);
	assert_int_equal(reads, 2);
}

static void without_the_file_or_memory_nothing_is_read(void **state)
{
	char *data = NULL;
	UINTN size;

	power_on(MOST, MIB);
	assert_int_equal(file_read("quire.elf", &data, &size), EFI_NOT_FOUND);
	assert_null(data);
	no_memory = true;
	fails_with(EFI_OUT_OF_RESOURCES);
	assert_int_equal(reads, 0);
	no_memory = false;
	told = BELOW_4G;
	fails_with(EFI_OUT_OF_RESOURCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_any_size_is_read_where_more_than_a_mebibyte_fails),
		cmocka_unit_test(a_firmware_that_gives_less_than_asked_is_asked_again),
		cmocka_unit_test(a_file_that_ends_early_is_an_error),
		cmocka_unit_test(an_error_in_the_middle_is_told),
		cmocka_unit_test(more_than_was_asked_for_is_not_believed),
		cmocka_unit_test(without_the_file_or_memory_nothing_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
