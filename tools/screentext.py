"""
tools/screentext.py - read the text off a picture of the console

A picture (PPM) is cut into cells of the font's size; a cell is the character whose glyph its dots make, with
any two colours.  So a test sees what a person would see, not what the kernel meant to draw.
"""
import functools
import gzip
import pathlib
import re

import mkfont

FONTS = ("/usr/share/consolefonts/Unifont-APL8x16.psf.gz", "/usr/share/kbd/consolefonts/default8x16.psfu.gz",
         "/usr/lib/kbd/consolefonts/default8x16.psfu.gz")


@functools.lru_cache
def read_font():
    """{glyph as 16 bytes: character}, the lowest character of those that look alike."""
    path = next(f for f in FONTS if pathlib.Path(f).exists())
    data = gzip.decompress(pathlib.Path(path).read_bytes())
    read = mkfont.read_psf1 if data[:2] == b"\x36\x04" else mkfont.read_psf2
    _, height, glyphs, chars = read(data)
    return {glyphs[g * height:(g + 1) * height]: chr(c) for c, g in sorted(chars.items(), reverse=True)}


class Picture:
    """A picture in PPM's binary form."""

    def __init__(self, ppm):
        header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", ppm)
        self.width, self.height = int(header.group(1)), int(header.group(2))
        self.dots = ppm[header.end():]

    def dot(self, x, y):
        at = 3 * (y * self.width + x)
        return self.dots[at:at + 3]

    def cell(self, column, row, scale):
        """The glyph of one cell, and the colours of its dots: (bytes, set)."""
        x0, y0 = column * mkfont.WIDTH * scale, row * mkfont.HEIGHT * scale
        lines = [[self.dot(x0 + x * scale, y0 + y * scale) for x in range(mkfont.WIDTH)]
                 for y in range(mkfont.HEIGHT)]
        ground = lines[0][0]            # hardly a glyph has a dot in its corner
        glyph = bytes(sum((dot != ground) << (7 - x) for x, dot in enumerate(line)) for line in lines)
        return glyph, {dot for line in lines for dot in line}

    def cells(self, width, height, columns, rows):
        """Of each line of the screen the cells, as bytes: equal ones look the same."""
        stride = 3 * self.width
        for row in range(rows):
            lines = [self.dots[y * stride:(y + 1) * stride] for y in range(row * height, (row + 1) * height)]
            yield [b"".join(line[x:x + 3 * width] for line in lines) for x in range(0, 3 * width * columns, 3 * width)]

    def text(self, scale=1):
        """The lines of the screen, blanks at their ends cut off; \ufffd: no glyph of the font."""
        font, width, height = read_font(), mkfont.WIDTH * scale, mkfont.HEIGHT * scale
        known, lines = {}, []
        for row, line in enumerate(self.cells(width, height, self.width // width, self.height // height)):
            for column, look in enumerate(line):
                if look not in known:
                    glyph = self.cell(column, row, scale)[0]
                    known[look] = " " if not any(glyph) else font.get(glyph) or font.get(bytes(b ^ 255 for b in glyph), "\ufffd")
            lines.append("".join(known[look] for look in line).rstrip())
        return lines
