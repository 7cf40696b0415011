/*
 * drivers/font.c - the font of the framebuffer console: 8 x 16 dots
 *
 * The glyphs are those of a packaged console font; tools/mkfont.py makes font_data.h of it when the kernel
 * is built, sorted by character.
 */
#include <screen.h>
#include "font_data.h"

static const u8 *find_glyph(u16 code)
{
	unsigned int low = 0, high = ARRAY_SIZE(font_chars);

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (font_chars[mid].code == code)
			return glyphs[font_chars[mid].glyph];
		if (font_chars[mid].code < code)
			low = mid + 1;
		else
			high = mid;
	}
	return code == '?' ? glyphs[0] : find_glyph('?');
}

/* What has been looked for once is remembered for ASCII, which nearly all text is. */
const u8 *font_glyph(u16 code)
{
	static const u8 *ascii[128];
	const u8 *glyph;

	if (code >= ARRAY_SIZE(ascii))
		return find_glyph(code);
	glyph = READ_ONCE(ascii[code]);
	if (!glyph) {
		glyph = find_glyph(code);
		WRITE_ONCE(ascii[code], glyph);
	}
	return glyph;
}
