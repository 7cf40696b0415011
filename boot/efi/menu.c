/*
 * boot/efi/menu.c - which entry, and which size of the screen
 *
 * Keys: up and down, Enter, a digit; left and right change the screen's mode.  Any key stops the clock.
 * The firmware's console may be a screen, a serial line, or both; nothing here needs more than lines of text.  Without a
 * keyboard there may be nothing to read from: then the entry that is preset starts by itself, whatever the menu waits for.
 */
#include "loader.h"

#define TENTH 100000		/* of a second, in microseconds */
#define UNATTENDED (50 * TENTH)	/* nobody can press a key: so long may be read what there is to say */

static void print_mode(struct mode m)
{
	if (m.width)
		Print(L"%dx%d", m.width, m.height);
	else
		Print(L"as it is");
}

/* What of quire.cfg does not count. */
static void warn(const struct config *c)
{
	if (c->bad_line)
		Print(L"\r\n quire.cfg, line %d is not understood.\r\n", c->bad_line);
	if (c->long_line)
		Print(L"\r\n quire.cfg, line %d is too long: the words that do not fit are left out.\r\n", c->long_line);
}

static void draw(const struct config *c, const struct screen *s, unsigned int at)
{
	uefi_call_wrapper(ST->ConOut->ClearScreen, 1, ST->ConOut);
	Print(L"Quire\r\n\r\n");
	for (unsigned int i = 0; i < c->nr; i++)
		Print(L" %s %d  %a\r\n", i == at ? L">" : L" ", i + 1, c->entries[i].title);
	if (s->nr) {
		Print(L"\r\n Screen: ");
		print_mode(c->mode);
		Print(L"   (left, right: another)\r\n");
	}
	warn(c);
	Print(L"\r\n");
}

/* The next mode, or the one before; past the ends: as the firmware has it. */
static struct mode step_mode(const struct screen *s, struct mode m, int by)
{
	int i;

	for (i = 0; i < (int)s->nr; i++)
		if (s->modes[i].width == m.width && s->modes[i].height == m.height)
			break;
	if (i == (int)s->nr)
		i = by > 0 ? -1 : (int)s->nr;
	i += by;
	return i >= 0 && i < (int)s->nr ? s->modes[i] : (struct mode){ 0, 0 };
}

/* One key of the user; true: start entry *@at. */
static bool key(struct config *c, const struct screen *s, EFI_INPUT_KEY k, unsigned int *at)
{
	if (k.ScanCode == SCAN_UP && *at)
		--*at;
	else if (k.ScanCode == SCAN_DOWN && *at + 1 < c->nr)
		++*at;
	else if (k.ScanCode == SCAN_LEFT || k.ScanCode == SCAN_RIGHT)
		c->mode = step_mode(s, c->mode, k.ScanCode == SCAN_RIGHT ? 1 : -1);
	else if (k.UnicodeChar >= '1' && k.UnicodeChar < '1' + (CHAR16)c->nr)
		*at = k.UnicodeChar - '1';
	return k.UnicodeChar == '\r' || k.UnicodeChar == '\n';
}

static bool read_key(EFI_INPUT_KEY *k)
{
	return ST->ConIn && !EFI_ERROR(uefi_call_wrapper(ST->ConIn->ReadKeyStroke, 2, ST->ConIn, k));
}

/* True: no key came in all that time. */
static bool count_down(const struct config *c, EFI_INPUT_KEY *k)
{
	for (int tenths = c->timeout * 10; tenths; tenths--) {
		if (tenths % 10 == 0)
			Print(L"\r Entry %d starts in %d s.  Any key: wait.  ", c->preset + 1, tenths / 10);
		if (read_key(k))
			return false;
		uefi_call_wrapper(BS->Stall, 1, TENTH);
	}
	Print(L"\r\n");
	return true;
}

static void wait_key(EFI_INPUT_KEY *k)
{
	UINTN index;

	if (!ST->ConIn) {
		Print(L"\r\n There is no keyboard: on in %d s.\r\n", UNATTENDED / 10 / TENTH);
		uefi_call_wrapper(BS->Stall, 1, UNATTENDED);
		*k = (EFI_INPUT_KEY){ .UnicodeChar = '\r' };
		return;
	}
	while (!read_key(k))
		uefi_call_wrapper(BS->WaitForEvent, 3, 1, &ST->ConIn->WaitForKey, &index);
}

unsigned int menu(struct config *c, const struct screen *s)
{
	unsigned int at = c->preset;
	EFI_INPUT_KEY k = { 0 };

	if (c->timeout >= 0) {
		if (c->timeout)
			draw(c, s, at);
		else
			warn(c);
		if (count_down(c, &k))
			return at;
		c->timeout = WAIT_FOR_KEY;
	}
	while (!key(c, s, k, &at)) {
		draw(c, s, at);
		Print(L" Enter: start\r\n");
		wait_key(&k);
	}
	Print(L"\r\n");
	return at;
}

void complain(const struct entry *e, const CHAR16 *what, const char *file, EFI_STATUS err)
{
	EFI_INPUT_KEY k;

	Print(L"\r\n\"%a\" cannot be started: %s %a: %r\r\nAny key: back to the menu.\r\n", e->title, what, file, err);
	wait_key(&k);
}
