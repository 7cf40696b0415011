"""
tools/screentext.py - read the text off a picture of the console

A picture (PPM) is cut into cells of the font's size; a cell is the character whose glyph its dots make, with
any two colours.  So a test sees what a person would see, not what the kernel meant to draw.  In VGA's text mode the
font is the video BIOS's, and a cell is nine dots wide.
"""
import gzip
import pathlib
import re

import mkfont

FONTS = ("/usr/share/consolefonts/Unifont-APL8x16.psf.gz", "/usr/share/kbd/consolefonts/default8x16.psfu.gz",
         "/usr/lib/kbd/consolefonts/default8x16.psfu.gz")


def read_font():
    """{glyph as 16 bytes: character}, the lowest character of those that look alike."""
    path = next(f for f in FONTS if pathlib.Path(f).exists())
    data = gzip.decompress(pathlib.Path(path).read_bytes())
    read = mkfont.read_psf1 if data[:2] == b"\x36\x04" else mkfont.read_psf2
    _, height, glyphs, chars = read(data)
    return {glyphs[g * height:(g + 1) * height]: chr(c) for c, g in sorted(chars.items(), reverse=True)}


VGA_BIOS = "/usr/share/seabios/vgabios-stdvga.bin"
VGA_A = bytes.fromhex("000010386cc6c6fec6c6c6c600000000")


def read_vga_font():
    """The 256 glyphs that QEMU's video BIOS gives the card, found by the shape of the A: ASCII only."""
    data = pathlib.Path(VGA_BIOS).read_bytes()
    first = data.index(VGA_A) - 16 * ord("A")
    return {data[first + 16 * c:first + 16 * c + 16]: chr(c) for c in range(126, 31, -1)}


def read_screen(ppm):
    """The lines of a picture, in VGA's text mode (720x400) or on a framebuffer."""
    picture = Picture(ppm)
    if (picture.width, picture.height) == (720, 400):
        return picture.lines(read_vga_font(), 9, 1)
    return picture.text()


class Picture:
    """A picture in PPM's binary form."""

    def __init__(self, ppm):
        header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", ppm)
        self.width, self.height = int(header.group(1)), int(header.group(2))
        self.dots = ppm[header.end():]

    def dot(self, x, y):
        at = 3 * (y * self.width + x)
        return self.dots[at:at + 3]

    def cell(self, column, row, scale, width=mkfont.WIDTH):
        """The glyph of one cell, and the colours of its dots: (bytes, set)."""
        x0, y0 = column * width * scale, row * mkfont.HEIGHT * scale
        lines = [[self.dot(x0 + x * scale, y0 + y * scale) for x in range(mkfont.WIDTH)]
                 for y in range(mkfont.HEIGHT)]
        ground = lines[0][0]            # no glyph we look for has a dot in its corner
        glyph = bytes(sum((dot != ground) << (7 - x) for x, dot in enumerate(line)) for line in lines)
        return glyph, {dot for line in lines for dot in line}

    def text(self, scale=1):
        """The lines of the screen, blanks at their ends cut off; \\ufffd: no glyph of the font."""
        return self.lines(read_font(), mkfont.WIDTH, scale)

    def lines(self, font, width, scale):
        columns, rows = self.width // (width * scale), self.height // (mkfont.HEIGHT * scale)
        cells = [[self.cell(c, r, scale, width)[0] for c in range(columns)] for r in range(rows)]
        return ["".join(" " if not any(g) else font.get(g, "\ufffd") for g in line).rstrip() for line in cells]
