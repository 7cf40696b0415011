#!/usr/bin/env python3
"""
tools/mkfont.py - a console font for the kernel, from a PSF file

  mkfont.py FONT.psf[.gz] OUT.h

Only fonts of 8 x 16 dots.  OUT.h is included by drivers/font.c: the glyphs, and for every character
that has one its number, in the order of the characters.
Source: psf(5) (package kbd): both versions of the format, and their tables of characters.
"""
import gzip
import pathlib
import struct
import sys

WIDTH, HEIGHT = 8, 16


def read_psf1(data):
    mode, height = data[2], data[3]
    count = 512 if mode & 1 else 256
    glyphs, table = data[4:4 + count * height], data[4 + count * height:]
    chars, glyph, sequence = {}, 0, False
    for (code,) in struct.iter_unpack("<H", table[:len(table) & ~1]):
        if code == 0xffff:
            glyph, sequence = glyph + 1, False
        elif code == 0xfffe:            # what follows is a sequence of several characters
            sequence = True
        elif not sequence:
            chars.setdefault(code, glyph)
    return WIDTH, height, glyphs, chars


def read_psf2(data):
    _, start, flags, count, size, height, width = struct.unpack_from("<7I", data, 4)
    glyphs, table = data[start:start + count * size], data[start + count * size:]
    chars = {}
    for glyph, entry in enumerate(table.split(b"\xff")[:count] if flags & 1 else ()):
        for char in entry.split(b"\xfe")[0].decode("utf-8", "ignore"):
            chars.setdefault(ord(char), glyph)
    return width, height, glyphs, chars


def main():
    source, out = sys.argv[1:]
    if not source:
        sys.exit("mkfont: no console font here: tools/setup.sh installs one, FONT=file names another")
    data = pathlib.Path(source).read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    read = {b"\x36\x04": read_psf1, b"\x72\xb5": read_psf2}.get(data[:2])
    if not read:
        sys.exit(f"mkfont: {source} is not a PSF font")
    width, height, glyphs, chars = read(data)
    if (width, height) != (WIDTH, HEIGHT):
        sys.exit(f"mkfont: {source} has {width} x {height} dots, not {WIDTH} x {HEIGHT}")
    chars = {c: g for c, g in chars.items() if c <= 0xffff}
    missing = [chr(c) for c in range(0x20, 0x7f) if c not in chars]
    if missing:
        sys.exit(f"mkfont: {source} has no glyph for {' '.join(missing)}")
    with open(out, "w", encoding="ascii") as f:
        f.write(f"/* Made by tools/mkfont.py of {pathlib.Path(source).name}. */\n")
        f.write(f"static const u8 glyphs[{len(glyphs) // HEIGHT}][{HEIGHT}] = {{\n")
        for at in range(0, len(glyphs), HEIGHT):
            f.write("\t{ " + ", ".join(f"{b:#04x}" for b in glyphs[at:at + HEIGHT]) + " },\n")
        f.write("};\n\nstatic const struct font_char { u16 code, glyph; } font_chars[] = {\n")
        for code in sorted(chars):
            f.write(f"\t{{ {code:#06x}, {chars[code]} }},\n")
        f.write("};\n")


if __name__ == "__main__":
    main()
