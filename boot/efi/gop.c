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

/* Is there a mode of this size already?  Firmware lists one more for each pixel format, which is not the user's choice. */
static bool listed(const struct screen *s, struct mode m)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (s->modes[i].width == m.width && s->modes[i].height == m.height)
			return true;
	return false;
}

void screen_find(struct screen *s)
{
	struct mode m;

	s->nr = 0;
	if (EFI_ERROR(LibLocateProtocol(&GraphicsOutputProtocol, (void **)&s->gop)) || !s->gop->Mode) {
		s->gop = NULL;
		return;
	}
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
