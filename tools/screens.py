"""
tools/screens.py - somebody in front of the guest's screen: types, and reads what is on it

Sitter is keyboards.Typist with eyes: the text of a picture that QEMU takes of the screen, be it a framebuffer in the
font that the kernel was built with or VGA text in the card's own.  The plays below are jobs of group boots in test.py.
"""
import pathlib
import re
import time
import zlib

import keyboards
import screentext

VGA_SIZE, VGA_WIDTH, VGA_HEIGHT = (720, 400), 9, 16
VGA_ROMS = ("/usr/share/seabios/vgabios-stdvga.bin", "/usr/share/qemu/vgabios-stdvga.bin", "/usr/share/seavgabios/vgabios-stdvga.bin")
VGA_A = bytes.fromhex("000010386cc6c6fec6c6c6c600000000")      # the letter A as the ROM has it
ESCAPE = "esc"


def read_vga_font():
    """{glyph: character}, and by its first 13 bytes: below, the cursor may be."""
    rom = pathlib.Path(next(f for f in VGA_ROMS if pathlib.Path(f).exists())).read_bytes()
    start = rom.index(VGA_A) - 16 * ord("A")
    glyphs = [(bytes([code]).decode("cp437"), rom[start + 16 * code:start + 16 * code + 16]) for code in range(255, 31, -1)]
    return {glyph[:13]: c for c, glyph in glyphs} | {glyph: c for c, glyph in glyphs}


def vga_text(picture):
    """The 25 lines of a picture of VGA text."""
    font, lines = read_vga_font(), []
    for row in range(25):
        text = ""
        for column in range(80):
            dots = [[picture.dot(column * VGA_WIDTH + x, row * VGA_HEIGHT + y) for x in range(8)] for y in range(16)]
            ground = dots[0][0]
            glyph = bytes(sum((dot != ground) << (7 - x) for x, dot in enumerate(line)) for line in dots)
            text += " " if not any(glyph[:13]) and glyph not in font else font.get(glyph) or font.get(glyph[:13], "\ufffd")
        lines.append(text.rstrip())
    return lines


def scale_of(width):
    """As fbcon_setup() chooses it."""
    return min(max(width // 800, 1), 8)


def write_png(path, picture):
    """A picture with few colours as a small PNG: a palette, 4 bits a dot."""
    dots = [picture.dots[i:i + 3] for i in range(0, len(picture.dots), 3)]
    colours = sorted(set(dots))
    if len(colours) > 16:
        raise ValueError(f"{len(colours)} colours")
    index = {c: i for i, c in enumerate(colours)}
    raw = bytearray()
    for y in range(picture.height):
        line = [index[d] for d in dots[y * picture.width:(y + 1) * picture.width]] + [0]
        raw.append(0)
        raw += bytes(line[x] << 4 | line[x + 1] for x in range(0, picture.width, 2))

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    size = picture.width.to_bytes(4, "big") + picture.height.to_bytes(4, "big")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x04\x03\0\0\0") + chunk(b"PLTE", b"".join(colours)) +
                     chunk(b"IDAT", zlib.compress(bytes(raw), 9)) + chunk(b"IEND", b""))


class Sitter(keyboards.Typist):
    """Also looks at the screen."""

    def picture(self):
        path = self.log.with_suffix(".ppm")
        self.ask("screendump", filename=str(path))
        return screentext.Picture(path.read_bytes())

    def lines(self):
        picture = self.picture()
        if (picture.width, picture.height) == VGA_SIZE:
            return vga_text(picture)
        return picture.text(scale_of(picture.width))

    def sees(self, pattern, seconds=30, gone=False):
        """Until a line of the screen is like PATTERN (GONE: none is); the lines, or None."""
        end, lines = min(self.end, time.monotonic() + seconds), []
        while self.proc.poll() is None:
            lines = self.lines()
            if bool(re.search(pattern, "\n".join(lines), re.M)) != gone:
                return lines
            if time.monotonic() > end:
                break
            time.sleep(0.1)
        self.last = lines
        return None

    def need(self, result, pattern, what, **how):
        """A case: PATTERN is seen."""
        lines = self.sees(pattern, **how)
        result.check(lines, f"{what}: no {pattern!r} on the screen\n" + "\n".join(getattr(self, "last", [])))
        return lines

    def until_seen(self, act, pattern, tries=4):
        """ACT, until PATTERN is seen, each time slower: a guest that gets no time loses keys."""
        for _ in range(tries):
            act()
            if self.sees(pattern, 8):
                return True
            self.pause = min(self.pause * 2, 0.3)
            self.press("ctrl", "c")
        return False

    def says(self, command, pattern):
        return self.until_seen(lambda: self.type(command + "\n"), pattern)


def play(steps, job, machine, result, layout="us"):
    """Boot MACHINE and let STEPS(sitter, result) look and type."""
    s = Sitter(machine.command(), job.log, layout, job.limit)
    job.command, s.pause = s.command, 0.015
    try:
        for _ in range(100):
            if s.path.exists():
                break
            time.sleep(0.05)
        s.connect()
        steps(s, result)
    except (OSError, RuntimeError) as error:
        result.check(False, f"QEMU: {error}")
    finally:
        s.close()
    bad = re.search(r"BUG.*|Kernel panic.*|lockdep:.*", s.text())
    result.check(not bad, bad and bad.group(0))


# ---- the plays -----------------------------------------------------------------------------------

def terminals(s, result):
    """Two shells on one screen; a message of the kernel comes to the one that is seen."""
    result.check(s.sees(r"^~ # $|^~ #$", 60), "no prompt on tty1")
    result.check(s.says("tty; echo one-$((6*7))", r"(?s)/dev/tty1.*^one-42"), "tty1 does not answer")
    s.press("alt", "f2")
    lines = s.need(result, r"^~ #", "a prompt on tty2")
    result.check(lines and not re.search("one-42", "\n".join(lines)), "tty2 shows what is tty1's")
    result.check(s.says("tty; echo two-$((6*8))", r"(?s)/dev/tty2.*^two-48"), "tty2 does not answer")
    s.press("alt", "f1")
    lines = s.need(result, r"^one-42", "tty1 is back")
    result.check(lines and not re.search("two-48", "\n".join(lines)), "tty1 shows what is tty2's")
    s.type("sleep 1000\n")
    s.press("alt", "f2")
    s.need(result, r"^two-48", "tty2 while tty1 is busy")
    result.check(s.says("chvt 1", r"^one-42"), "chvt 1")
    s.press("ctrl", "c")
    result.check(s.says("stty -echo; chvt 2; stty echo", r"^two-48"), "chvt 2")
    result.check(s.says("stty size", r"^25 80"), "the size of tty2")
    s.press("alt", "f1")
    s.sees(r"^one-42")


def scrollback(s, result):
    """What has left the screen is seen again; a key or output ends that."""
    result.check(s.sees(r"^~ #", 60), "no prompt")
    rows = len(s.lines())
    result.check(s.says("seq 1000 1200", r"^1200\n~ #"), "seq does not run")
    page = rows // 2
    s.press("shift", "pgup")
    lines = s.need(result, rf"\A{1200 - rows + 2 - page}$", "half a screen back")
    s.press("shift", "pgup")
    s.need(result, rf"\A{1200 - rows + 2 - 2 * page}$", "a screen back")
    s.press("shift", "pgdn")
    s.need(result, rf"\A{1200 - rows + 2 - page}$", "half a screen forth")
    s.type("e")
    s.need(result, r"^1200\n~ # e", "a key returns to the bottom")
    s.press("backspace")
    s.type("sleep 2; echo ready-$((5*5))\n")
    s.press("shift", "pgup")
    s.press("shift", "pgup")
    result.check(lines and s.sees(r"^ready-25", gone=True, seconds=5), "the screen does not stay back")
    s.need(result, r"^ready-25\n~ #", "output returns to the bottom")


def programs(s, result):
    """TERM=linux: top and vi have their lines at their places."""
    result.check(s.sees(r"^~ #", 60), "no prompt")
    s.type("clear; top\n")
    lines = s.need(result, r"\AMem: \d+K used, \d+K free.*\nCPU:.*\nLoad average:.*\n +PID +PPID USER .*COMMAND\n", "top")
    result.check(lines and len([n for n in lines[4:] if re.match(r" +\d+ +\d+ ", n)]) >= 3, "top shows no processes")
    s.type("q")
    result.check(s.says("rm -f text; clear; echo gone-$((3*3))", r"^gone-9"), "top does not end")
    s.type("vi text\n")
    lines = s.need(result, r"\A\n~\n~\n", "vi")
    result.check(lines and re.match(r"- text ", lines[-1]), f"vi's last line: {lines and lines[-1]}")
    s.type("ione line\ntwo\nlast")
    s.press(ESCAPE)
    s.need(result, r"\Aone line\ntwo\nlast\n~", "what was typed into vi")
    s.press("up")
    s.type("dd")
    s.need(result, r"\Aone line\nlast\n~", "a line deleted in vi")
    s.type("p:wq\n")
    result.check(s.says("clear; cat text", r"\Aone line\nlast\ntwo\n~ #"), "what vi has written")
