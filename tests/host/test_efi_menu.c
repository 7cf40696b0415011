/* links: boot/efi/gop.c boot/efi/menu.c */
/*
 * tests/host/test_efi_menu.c - the UEFI loader's menu, and the sizes of the screen that its keys step through
 *
 * The firmware has a list of modes and a list of keys to come; after the last key somebody presses Enter.
 */
#include "cmocka_shim.h"
#include <stdarg.h>
#include <stdio.h>
#include <wchar.h>
#include "boot/efi/loader.h"

#define MOST 200

/* ---- the firmware ---- */

static struct {
	UINT32 width, height, format;
} firmware[MOST];
static UINT32 current, refused;		/* refused: SetMode() fails for this one */
static bool has_gop;

static EFI_STATUS query_mode(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, UINT32 nr, UINTN *size,
			     EFI_GRAPHICS_OUTPUT_MODE_INFORMATION **info)
{
	if (!firmware[nr].width)
		return EFI_NOT_FOUND;
	*info = malloc(sizeof(**info));
	**info = (EFI_GRAPHICS_OUTPUT_MODE_INFORMATION){
		.HorizontalResolution = firmware[nr].width, .VerticalResolution = firmware[nr].height,
		.PixelFormat = firmware[nr].format };
	return EFI_SUCCESS;
}

static EFI_STATUS set_mode(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, UINT32 nr)
{
	if (nr == refused)
		return EFI_LOAD_ERROR;
	current = gop->Mode->Mode = nr;
	return EFI_SUCCESS;
}

static EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE gop_mode;
static EFI_GRAPHICS_OUTPUT_PROTOCOL gop = { query_mode, set_mode, &gop_mode };
EFI_GUID GraphicsOutputProtocol;

/* One screen: which of several, test_efi_screens.c asks. */
static EFI_STATUS locate_handle_buffer(int how, EFI_GUID *guid, void *key, UINTN *nr, EFI_HANDLE **handles)
{
	if (!has_gop)
		return EFI_NOT_FOUND;
	*nr = 1;
	*handles = malloc(sizeof(**handles));
	**handles = &gop;
	return EFI_SUCCESS;
}

static EFI_STATUS handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface)
{
	*interface = handle;
	return guid == &GraphicsOutputProtocol ? EFI_SUCCESS : EFI_NOT_FOUND;
}

static const UINT16 *keys;		/* scan codes, 0 at the end */
static UINTN stalled;

static EFI_STATUS read_key_stroke(EFI_TEXT_INPUT *in, EFI_INPUT_KEY *k)
{
	*k = (EFI_INPUT_KEY){ *keys, *keys ? 0 : '\r' };
	keys += *keys != 0;
	return EFI_SUCCESS;
}

static EFI_STATUS nobody_types(EFI_TEXT_INPUT *in, EFI_INPUT_KEY *k)
{
	return EFI_NOT_FOUND;
}

static EFI_STATUS clear_screen(EFI_TEXT_OUTPUT *out)
{
	return EFI_SUCCESS;
}

static EFI_STATUS stall(UINTN microseconds)
{
	stalled += microseconds;
	return EFI_SUCCESS;
}

static EFI_TEXT_INPUT in = { .ReadKeyStroke = read_key_stroke };
static EFI_TEXT_OUTPUT out = { clear_screen };
static EFI_SYSTEM_TABLE table = { .ConIn = &in, .ConOut = &out };
static EFI_BOOT_SERVICES services = { .HandleProtocol = handle_protocol, .LocateHandleBuffer = locate_handle_buffer,
	.Stall = stall };
EFI_SYSTEM_TABLE *ST = &table;
EFI_BOOT_SERVICES *BS = &services;

/* The formats as they are; and "12", where a %d was filled in. */
static wchar_t printed[100000];

UINTN Print(const CHAR16 *format, ...)
{
	wchar_t text[500];
	va_list ap;

	va_start(ap, format);
	if (wcsstr(format, L"%a") || wcsstr(format, L"%r") || wcsstr(format, L"%s"))
		wcscpy(text, format);
	else
		vswprintf(text, 500, format, ap);
	va_end(ap);
	if (wcslen(printed) + wcslen(text) < 100000)
		wcscat(printed, text);
	return 0;
}

/* ---- what is asked ---- */

static struct config c;
static struct screen s;

static void find(UINT32 nr)
{
	gop_mode = (EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE){ .MaxMode = nr };
	has_gop = true;
	refused = ~0U;
	memset(&s, 0x5a, sizeof(s));
	screen_find(&s);
}

/* The width that the menu ends with after KEYS, begun with @width. */
static UINT32 ends_with(UINT32 width, const UINT16 *pressed)
{
	memset(&c, 0, sizeof(c));
	c.nr = 1;
	c.timeout = WAIT_FOR_KEY;
	c.mode = (struct mode){ width, width ? 100 : 0 };
	keys = pressed;
	assert_int_equal(menu(&c, &s), 0);
	return c.mode.width;
}

/* @nr modes of 1, 2, 3 ... by 100, each one @formats times. */
static void make_modes(unsigned int nr, unsigned int formats)
{
	for (unsigned int i = 0; i < nr * formats; i++) {
		firmware[i].width = 1 + i / formats;
		firmware[i].height = 100;
		firmware[i].format = i % formats;
	}
	find(nr * formats);
}

static void check_steps(unsigned int nr)
{
	UINT16 right[MOST + 1] = { 0 }, left[MOST + 1] = { 0 };

	assert_int_equal(s.nr, nr);
	for (unsigned int n = 1; n <= nr + 2; n++) {
		right[n - 1] = SCAN_RIGHT;
		left[n - 1] = SCAN_LEFT;
		assert_int_equal(ends_with(0, right), n % (nr + 1));	/* behind the last: as the firmware has it */
		assert_int_equal(ends_with(0, left), (nr + 1 - n % (nr + 1)) % (nr + 1));
	}
	free(s.modes);
}

static void the_keys_step_through_all_sizes(void **state)
{
	for (unsigned int nr = 1; nr <= 100; nr += nr < 3 ? 1 : 97) {
		make_modes(nr, 1);
		check_steps(nr);
	}
}

static void a_size_in_two_pixel_formats_is_one(void **state)
{
	for (unsigned int nr = 1; nr <= 50; nr += 7) {
		make_modes(nr, 2);
		check_steps(nr);
	}
	make_modes(4, 1);
	free(s.modes);
	firmware[3].width = 1;			/* not neighbours */
	find(4);
	check_steps(3);
}

static void modes_without_pixels_in_memory_do_not_count(void **state)
{
	make_modes(5, 1);
	free(s.modes);
	firmware[4].format = PixelBltOnly;
	firmware[3].width = 0;			/* the firmware does not want to tell */
	find(5);
	check_steps(3);
}

static void a_size_that_the_list_does_not_have_steps_to_an_end(void **state)
{
	static const UINT16 right[] = { SCAN_RIGHT, 0 }, left[] = { SCAN_LEFT, 0 };

	make_modes(3, 1);
	assert_int_equal(ends_with(77, right), 1);
	assert_int_equal(ends_with(77, left), 3);
	free(s.modes);
}

static void without_modes_nothing_steps(void **state)
{
	static const UINT16 some[] = { SCAN_RIGHT, SCAN_LEFT, SCAN_LEFT, SCAN_RIGHT, SCAN_RIGHT, 0 };

	has_gop = false;
	screen_find(&s);
	assert_int_equal(s.nr, 0);
	assert_null(s.gop);
	assert_int_equal(ends_with(0, some), 0);
	assert_false(screen_set(&s, (struct mode){ 1, 100 }));
	make_modes(0, 1);
	assert_int_equal(ends_with(0, some), 0);
	free(s.modes);
}

static void a_mode_that_cannot_be_set_has_another_of_its_size(void **state)
{
	make_modes(3, 2);
	refused = 2;
	assert_true(screen_set(&s, (struct mode){ 2, 100 }));
	assert_int_equal(current, 3);
	assert_false(screen_set(&s, (struct mode){ 2, 101 }));
	assert_int_equal(current, 3);
	free(s.modes);
}

/* Start the first entry without a key, and look at what was printed. */
static bool prints(int timeout, const wchar_t *what)
{
	c.nr = 1;
	c.timeout = timeout;
	in.ReadKeyStroke = nobody_types;
	printed[0] = 0;
	stalled = 0;
	assert_int_equal(menu(&c, &s), 0);
	assert_int_equal(stalled, timeout * 1000000);
	in.ReadKeyStroke = read_key_stroke;
	return wcsstr(printed, what);
}

static void bad_lines_are_named_with_and_without_a_menu(void **state)
{
	s.nr = 0;
	for (int timeout = 0; timeout < 3; timeout++) {
		memset(&c, 0, sizeof(c));
		assert_false(prints(timeout, L"quire.cfg"));
		c.bad_line = 7;
		assert_true(prints(timeout, L"quire.cfg, line 7 is not understood"));
		c.bad_line = 0;
		c.long_line = 9;
		assert_true(prints(timeout, L"quire.cfg, line 9 is too long"));
	}
}

/* Whatever quire.cfg says of time; and after a start that failed the next try is not waited for by nobody. */
static void without_a_keyboard_the_preset_entry_starts(void **state)
{
	static const int timeouts[] = { 0, 3, WAIT_FOR_KEY };

	s.nr = 0;
	table.ConIn = NULL;
	for (int i = 0; i < 3; i++) {
		memset(&c, 0, sizeof(c));
		c.nr = 3;
		c.preset = 1;
		c.timeout = timeouts[i];
		stalled = 0;
		assert_int_equal(menu(&c, &s), 1);
		assert_int_equal(stalled, timeouts[i] == WAIT_FOR_KEY ? 5000000 : timeouts[i] * 1000000);
	}
	stalled = 0;
	complain(&c.entries[0], L"reading", "none", EFI_NOT_FOUND);
	assert_int_equal(stalled, 5000000);
	table.ConIn = &in;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_keys_step_through_all_sizes),
		cmocka_unit_test(a_size_in_two_pixel_formats_is_one),
		cmocka_unit_test(modes_without_pixels_in_memory_do_not_count),
		cmocka_unit_test(a_size_that_the_list_does_not_have_steps_to_an_end),
		cmocka_unit_test(without_modes_nothing_steps),
		cmocka_unit_test(a_mode_that_cannot_be_set_has_another_of_its_size),
		cmocka_unit_test(bad_lines_are_named_with_and_without_a_menu),
		cmocka_unit_test(without_a_keyboard_the_preset_entry_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
