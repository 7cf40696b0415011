/* links: boot/efi/gop.c */
/*
 * tests/host/test_efi_screens.c - which of the firmware's screens the UEFI loader takes, and with what framebuffer
 *
 * The firmware has some screens, each with its modes, in the order of its handles; one may be marked as its console's, and
 * one handle may be the console's own.  Setting a mode says where its pixels lie.
 */
#include "cmocka_shim.h"
#include "boot/efi/loader.h"

#define BLT		PixelBltOnly
#define BGR		PixelBlueGreenRedReserved8BitPerColor
#define MOST_MODES	4

/* ---- the firmware ---- */

struct card {
	EFI_GRAPHICS_OUTPUT_PROTOCOL gop;		/* first: a screen is its card */
	EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE mode;
	EFI_GRAPHICS_OUTPUT_MODE_INFORMATION info, modes[MOST_MODES];
	EFI_PHYSICAL_ADDRESS base;			/* of linear modes */
	UINT32 refused;					/* SetMode() fails for this one */
	unsigned int sets;
	bool mute, marked;				/* mute: its handle does not give the protocol */
};
static struct card cards[4];
static unsigned int nr_cards;

static void show(struct card *c, UINT32 nr)
{
	c->mode.Mode = nr;
	c->info = c->modes[nr];
	c->mode.Info = &c->info;
	c->mode.FrameBufferBase = c->info.PixelFormat == BLT ? 0 : c->base;
}

static EFI_STATUS query_mode(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, UINT32 nr, UINTN *size,
			     EFI_GRAPHICS_OUTPUT_MODE_INFORMATION **info)
{
	*info = malloc(sizeof(**info));
	**info = ((struct card *)gop)->modes[nr];
	return EFI_SUCCESS;
}

static EFI_STATUS set_mode(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, UINT32 nr)
{
	struct card *c = (struct card *)gop;

	c->sets++;
	if (nr == c->refused)
		return EFI_LOAD_ERROR;
	show(c, nr);
	return EFI_SUCCESS;
}

EFI_GUID GraphicsOutputProtocol;

static EFI_STATUS locate_handle_buffer(int how, EFI_GUID *guid, void *key, UINTN *nr, EFI_HANDLE **handles)
{
	assert_int_equal(how, ByProtocol);
	assert_ptr_equal(guid, &GraphicsOutputProtocol);
	if (!nr_cards)
		return EFI_NOT_FOUND;
	*nr = nr_cards;
	*handles = malloc(nr_cards * sizeof(**handles));
	for (unsigned int i = 0; i < nr_cards; i++)
		(*handles)[i] = &cards[i];
	return EFI_SUCCESS;
}

static EFI_STATUS handle_protocol(EFI_HANDLE handle, EFI_GUID *guid, void **interface)
{
	struct card *c = handle;

	*interface = NULL;			/* a mark has none */
	if (guid != &GraphicsOutputProtocol)
		return guid->n == 0xd3b36f2c && c->marked ? EFI_SUCCESS : EFI_NOT_FOUND;
	*interface = &c->gop;
	return c->mute ? EFI_NOT_FOUND : EFI_SUCCESS;
}


static EFI_SYSTEM_TABLE table;
static EFI_BOOT_SERVICES services = { .HandleProtocol = handle_protocol, .LocateHandleBuffer = locate_handle_buffer };
EFI_SYSTEM_TABLE *ST = &table;
EFI_BOOT_SERVICES *BS = &services;

/* ---- what is asked ---- */

static struct screen s;

static void power_on(void)
{
	free(s.modes);
	memset(&s, 0, sizeof(s));
	nr_cards = 0;
	table.ConsoleOutHandle = &table;
}

/* One more card, with a mode of @width by 100 in @format, which is set; its pixels at @base, 0: it does not say where. */
static struct card *add_card(UINT32 width, UINT32 format, EFI_PHYSICAL_ADDRESS base)
{
	struct card *c = &cards[nr_cards++];

	*c = (struct card){ .gop = { query_mode, set_mode, &c->mode }, .base = base, .refused = ~0U };
	c->mode.MaxMode = 1;
	c->modes[0] = (EFI_GRAPHICS_OUTPUT_MODE_INFORMATION){
		.HorizontalResolution = width, .VerticalResolution = 100, .PixelFormat = format };
	show(c, 0);
	return c;
}

static void add_mode(struct card *c, UINT32 width, UINT32 format)
{
	c->modes[c->mode.MaxMode++] = (EFI_GRAPHICS_OUTPUT_MODE_INFORMATION){
		.HorizontalResolution = width, .VerticalResolution = 100, .PixelFormat = format };
}

/* That it is taken, as it is: nothing is set before the menu was there. */
static void takes(const struct card *c)
{
	free(s.modes);
	memset(&s, 0x5a, sizeof(s));
	screen_find(&s);
	assert_ptr_equal(s.gop, c);
	for (unsigned int i = 0; i < nr_cards; i++)
		assert_int_equal(cards[i].sets, 0);
}

static void a_screen_without_pixels_in_memory_is_passed_over(void **state)
{
	struct card *c;

	for (unsigned int before = 0; before < 3; before++) {
		power_on();
		for (unsigned int i = 0; i < before; i++)
			add_card(1, BLT, 0);
		c = add_card(2, BGR, 0xc0000000);
		add_card(3, BLT, 0);
		takes(c);
		assert_int_equal(s.nr, 1);
		assert_int_equal(s.modes[0].width, 2);
		screen_make_linear(&s);
		assert_int_equal(c->sets, 0);
	}
}

static void a_screen_that_does_not_say_where_its_pixels_lie_is_passed_over(void **state)
{
	struct card *c;

	power_on();
	add_card(1, BGR, 0);
	add_card(2, BGR, 0xc0000000)->mute = true;
	add_card(3, BGR, 0xc1000000)->gop.Mode = NULL;
	c = add_card(4, BGR, 0xc2000000);
	takes(c);
}

static void without_a_screen_of_use_there_is_none(void **state)
{
	power_on();
	takes(NULL);
	add_card(1, BLT, 0);
	add_card(2, BGR, 0);
	takes(NULL);
	assert_int_equal(s.nr, 0);
	screen_make_linear(&s);
	assert_false(screen_set(&s, (struct mode){ 2, 100 }));
	takes(NULL);
}

static void of_equal_screens_the_first_is_taken(void **state)
{
	struct card *c;

	power_on();
	c = add_card(1, BGR, 0xc0000000);
	add_card(2, BGR, 0xd0000000);
	takes(c);
	cards[0].marked = cards[1].marked = true;
	takes(c);
}

static void the_screen_of_the_firmwares_console_is_taken(void **state)
{
	for (unsigned int at = 0; at < 3; at++) {
		power_on();
		for (unsigned int i = 0; i < 3; i++)
			add_card(1 + i, BGR, 0xc0000000 + (i << 24));
		table.ConsoleOutHandle = &cards[at];
		takes(&cards[at]);
		cards[(at + 1) % 3].marked = true;		/* a card of the console, and what stands for all of its cards */
		takes(&cards[(at + 1) % 3]);
		cards[(at + 1) % 3].mode.FrameBufferBase = 0;	/* on the console, but of no use */
		takes(&cards[at]);
	}
}

static void modes_that_the_user_sets_are_the_chosen_screens(void **state)
{
	struct card *c;

	power_on();
	add_mode(add_card(1, BGR, 0xc0000000), 7, BGR);
	c = add_card(2, BGR, 0xd0000000);
	add_mode(c, 7, BGR);
	add_mode(c, 8, BGR);
	c->marked = true;
	takes(c);
	assert_int_equal(s.nr, 3);
	assert_true(screen_set(&s, (struct mode){ 8, 100 }));
	assert_false(screen_set(&s, (struct mode){ 1, 100 }));
	assert_int_equal(c->mode.Mode, 2);
	assert_int_equal(cards[0].sets, 0);
}

static void a_screen_that_can_be_made_linear_is_made_so(void **state)
{
	struct card *c;

	/* There is no other; the size stays if it can. */
	power_on();
	add_card(1, BLT, 0);
	c = add_card(2, BLT, 0xc0000000);
	add_mode(c, 3, BGR);
	add_mode(c, 2, BGR);
	takes(c);
	assert_int_equal(s.nr, 2);
	screen_make_linear(&s);
	assert_int_equal(c->mode.Mode, 2);
	assert_int_equal(c->mode.FrameBufferBase, 0xc0000000);
	screen_make_linear(&s);
	assert_int_equal(c->sets, 1);
	screen_give_back(&s);				/* as it was found the last time */
	assert_int_equal(c->sets, 1);
	show(c, 0);
	screen_make_linear(&s);
	screen_give_back(&s);
	assert_int_equal(c->mode.Mode, 0);
	screen_make_linear(&s);

	/* The one of this size cannot be set; nor is it known. */
	for (int known = 0; known < 2; known++) {
		show(c, 0);
		c->sets = 0;
		c->refused = 2;
		if (!known)
			c->mode.Info = NULL;
		takes(c);
		screen_make_linear(&s);
		assert_int_equal(c->mode.Mode, 1);
		assert_int_equal(c->mode.FrameBufferBase, 0xc0000000);
	}
	/* None can. */
	show(c, 0);
	c->mode.MaxMode = 2;
	c->refused = 1;
	c->sets = 0;
	takes(c);
	screen_make_linear(&s);
	assert_int_equal(c->mode.Mode, 0);
}

static void a_screen_that_is_linear_is_better_than_one_that_can_be_unless_that_is_the_consoles(void **state)
{
	power_on();
	add_mode(add_card(1, BLT, 0xc0000000), 1, BGR);
	add_card(2, BGR, 0xd0000000);
	takes(&cards[1]);
	cards[0].marked = true;
	takes(&cards[0]);
	cards[1].marked = true;
	takes(&cards[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_screen_without_pixels_in_memory_is_passed_over),
		cmocka_unit_test(a_screen_that_does_not_say_where_its_pixels_lie_is_passed_over),
		cmocka_unit_test(without_a_screen_of_use_there_is_none),
		cmocka_unit_test(of_equal_screens_the_first_is_taken),
		cmocka_unit_test(the_screen_of_the_firmwares_console_is_taken),
		cmocka_unit_test(modes_that_the_user_sets_are_the_chosen_screens),
		cmocka_unit_test(a_screen_that_can_be_made_linear_is_made_so),
		cmocka_unit_test(a_screen_that_is_linear_is_better_than_one_that_can_be_unless_that_is_the_consoles),
	};
	int err = cmocka_run_group_tests(tests, NULL, NULL);

	free(s.modes);
	return err;
}
