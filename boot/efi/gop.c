/*
 * boot/efi/gop.c - the screen and its modes
 *
 * Only modes whose pixels lie in memory (linear ones) count: others can be used through the firmware alone.  A firmware
 * may have several screens: one for each card, and one more that stands for all of its console.
 * Sources: UEFI specification, "Graphics Output Protocol"; the mark of a console's device is EDK II's.
 */
#include "loader.h"

/* The firmware puts it on the handles of the devices that its console is on. */
#define CONSOLE_OUT_DEVICE \
	{ 0xd3b36f2c, 0xd551, 0x11d4, { 0x9a, 0x46, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } }

static bool query(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, UINT32 nr, struct mode *m)
{
	EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info;
	UINTN size;
	bool linear;

	if (EFI_ERROR(uefi_call_wrapper(gop->QueryMode, 4, gop, nr, &size, &info)))
		return false;
	m->width = info->HorizontalResolution;
	m->height = info->VerticalResolution;
	linear = info->PixelFormat != PixelBltOnly;
	FreePool(info);
	return linear;
}

/* Is there a mode of this size already?  Firmware lists one more for each pixel format, which is not the user's choice. */
static bool listed(const struct screen *s, struct mode m)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (s->modes[i].width == m.width && s->modes[i].height == m.height)
			return true;
	return false;
}

/* Does it show what lies in memory, as it is now? */
static bool is_linear(const EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *mode)
{
	return mode->Info && mode->Info->PixelFormat != PixelBltOnly && mode->FrameBufferBase;
}

/* Where its memory lies is only known once a linear mode is set; of a mode that is linear and has none nothing is hoped. */
static bool can_be_linear(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop)
{
	struct mode m;

	if (gop->Mode->Info && gop->Mode->Info->PixelFormat != PixelBltOnly)
		return false;
	for (UINT32 i = 0; i < gop->Mode->MaxMode; i++)
		if (query(gop, i, &m))
			return true;
	return false;
}

/*
 * How good the screen of @handle is; 0: of no use.  Where the firmware's console is the user looks.  The console's own
 * handle may be a card's, or stand for several cards: then the cards are better.
 */
static unsigned int rank(EFI_HANDLE handle, EFI_GRAPHICS_OUTPUT_PROTOCOL *gop)
{
	EFI_GUID mark = CONSOLE_OUT_DEVICE;
	unsigned int place = handle == ST->ConsoleOutHandle ? 2 : 0;
	void *nothing;

	if (!gop->Mode)
		return 0;
	if (!EFI_ERROR(uefi_call_wrapper(BS->HandleProtocol, 3, handle, &mark, &nothing)))
		place = 4;
	return is_linear(gop->Mode) ? place + 2 : can_be_linear(gop) ? place + 1 : 0;
}

/* The best screen, of equal ones the first; NULL: none. */
static EFI_GRAPHICS_OUTPUT_PROTOCOL *find_best(void)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, *best = NULL;
	unsigned int best_rank = 0, r;
	EFI_HANDLE *handles;
	UINTN nr;

	if (EFI_ERROR(uefi_call_wrapper(BS->LocateHandleBuffer, 5, ByProtocol, &GraphicsOutputProtocol, NULL, &nr, &handles)))
		return NULL;
	for (UINTN i = 0; i < nr; i++) {
		if (EFI_ERROR(uefi_call_wrapper(BS->HandleProtocol, 3, handles[i], &GraphicsOutputProtocol, (void **)&gop)))
			continue;
		r = rank(handles[i], gop);
		if (r > best_rank) {
			best = gop;
			best_rank = r;
		}
	}
	FreePool(handles);
	return best;
}

void screen_find(struct screen *s)
{
	struct mode m;

	s->nr = 0;
	s->modes = NULL;
	s->gop = find_best();
	if (!s->gop)
		return;
	s->modes = AllocatePool(s->gop->Mode->MaxMode * sizeof(*s->modes));
	for (UINT32 i = 0; s->modes && i < s->gop->Mode->MaxMode; i++)
		if (query(s->gop, i, &m) && !listed(s, m))
			s->modes[s->nr++] = m;
}

bool screen_set(struct screen *s, struct mode want)
{
	struct mode m;

	if (!s->gop)
		return false;
	for (UINT32 i = 0; i < s->gop->Mode->MaxMode; i++)
		if (query(s->gop, i, &m) && m.width == want.width && m.height == want.height &&
		    (i == s->gop->Mode->Mode || !EFI_ERROR(uefi_call_wrapper(s->gop->SetMode, 2, s->gop, i))))
			return true;
	return false;
}

void screen_make_linear(struct screen *s)
{
	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *info;

	if (!s->gop)
		return;
	s->console_mode = s->gop->Mode->Mode;
	if (is_linear(s->gop->Mode))
		return;
	info = s->gop->Mode->Info;
	if (info && screen_set(s, (struct mode){ info->HorizontalResolution, info->VerticalResolution }))
		return;
	for (unsigned int i = 0; i < s->nr && !screen_set(s, s->modes[i]); i++)
		;
}

void screen_give_back(struct screen *s)
{
	if (s->gop && s->gop->Mode->Mode != s->console_mode)
		uefi_call_wrapper(s->gop->SetMode, 2, s->gop, s->console_mode);
}
