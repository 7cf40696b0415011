/*
 * boot/efi/gop.c - the screen's modes
 *
 * Only modes whose pixels lie in memory count: others can be used through the firmware alone.
 * Source: UEFI specification, "Graphics Output Protocol".
 */
#include "loader.h"

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

void screen_find(struct screen *s)
{
	s->nr = 0;
	if (EFI_ERROR(LibLocateProtocol(&GraphicsOutputProtocol, (void **)&s->gop)) || !s->gop->Mode) {
		s->gop = NULL;
		return;
	}
	for (UINT32 i = 0; i < s->gop->Mode->MaxMode && s->nr < MAX_MODES; i++)
		if (query(s->gop, i, &s->modes[s->nr]))
			s->nr++;
}

bool screen_set(struct screen *s, struct mode want)
{
	struct mode m;

	if (!s->gop)
		return false;
	for (UINT32 i = 0; i < s->gop->Mode->MaxMode; i++)
		if (query(s->gop, i, &m) && m.width == want.width && m.height == want.height)
			return i == s->gop->Mode->Mode ||
			       !EFI_ERROR(uefi_call_wrapper(s->gop->SetMode, 2, s->gop, i));
	return false;
}
