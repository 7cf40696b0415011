"""
tools/screentext.py - read the text off a picture of the console

A picture (PPM) is cut into cells of the font's size; a cell is the character whose glyph its dots make, with
any two colours.  So a test sees what a person would see, not what the kernel meant to draw.  In VGA's text mode the
font is the video BIOS's, and a cell is nine dots wide.
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


VGA_SIZE, VGA_WIDTH, VGA_HEIGHT = (720, 400), 9, 16
VGA_ROMS = ("/usr/share/seabios/vgabios-stdvga.bin", "/usr/share/qemu/vgabios-stdvga.bin", "/usr/share/seavgabios/vgabios-stdvga.bin")
VGA_A = bytes.fromhex("000010386cc6c6fec6c6c6c600000000")      # the letter A as the ROM has it


@functools.lru_cache
def read_vga_font():
    """{glyph: character}, and by its first 13 bytes: below, the cursor may be."""
    rom = pathlib.Path(next(f for f in VGA_ROMS if pathlib.Path(f).exists())).read_bytes()
    start = rom.index(VGA_A) - 16 * ord("A")
    glyphs = [(bytes([code]).decode("cp437"), rom[start + 16 * code:start + 16 * code + 16]) for code in range(255, 31, -1)]
    return {glyph[:13]: c for c, glyph in glyphs} | {glyph: c for c, glyph in glyphs}


def vga_character(look):
    """Of one cell, 9 dots wide."""
    dots = [[look[27 * y + 3 * x:27 * y + 3 * x + 3] for x in range(8)] for y in range(VGA_HEIGHT)]
    glyph = bytes(sum((dot != dots[0][0]) << (7 - x) for x, dot in enumerate(line)) for line in dots)
    font = read_vga_font()
    return " " if not any(glyph[:13]) and glyph not in font else font.get(glyph) or font.get(glyph[:13], "\ufffd")


def vga_text(picture):
    """The 25 lines of a picture of VGA text."""
    known, lines = {}, []
    for line in picture.cells(VGA_WIDTH, VGA_HEIGHT, 80, 25):
        for look in set(line) - known.keys():
            known[look] = vga_character(look)
        lines.append("".join(known[look] for look in line).rstrip())
    return lines


def scale_of(width):
    """As fbcon_setup() chooses it."""
    return min(max(width // 800, 1), 8)


def read_screen(ppm):
    """The lines of a picture, in VGA's text mode or on a framebuffer."""
    picture = Picture(ppm)
    if (picture.width, picture.height) == VGA_SIZE:
        return vga_text(picture)
    return picture.text(scale_of(picture.width))


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
