"""
tools/screens.py - somebody in front of the guest's screen: types, and reads what is on it

Sitter is keyboards.Typist with eyes: the text of a picture that QEMU takes of the screen, be it a framebuffer in the
font that the kernel was built with or VGA text in the card's own.  The plays below are jobs of group boots in test.py.
"""
import pathlib
import re
import shlex
import subprocess
import time
import types
import zlib

import keyboards
import screentext
from machine import Machine

ESCAPE = "esc"
ROOT = pathlib.Path(__file__).resolve().parent.parent


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
    panics = False              # the play wants it to
    screen = {}                 # of several: device=ID

    def photograph(self):
        return self.qmp.picture(self.log.with_suffix(".ppm"), **self.screen)

    def picture(self):
        return screentext.Picture(self.photograph())

    def lines(self):
        return screentext.read_screen(self.photograph())

    def sees(self, pattern, seconds=30, gone=False):
        """Until a line of the screen is like PATTERN (GONE: none is); the lines, or None."""
        return self.sees_that(lambda lines: bool(re.search(pattern, "\n".join(lines), re.M)) != gone, seconds)

    def sees_that(self, good, seconds):
        """Until GOOD(the lines of the screen); the lines, or None: then self.last has them."""
        end, lines = min(self.end, time.monotonic() + seconds), []
        while self.proc.poll() is None:
            lines = self.lines()
            if good(lines):
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

    def ends(self, keys, result, what, tries=3):
        """A case: QEMU ends by itself when KEYS are typed; each time slower, as until_seen() does."""
        def ended():
            try:
                self.proc.wait(30)
            except subprocess.TimeoutExpired:
                return False
            return True
        lines = []
        for _ in range(tries):
            try:
                self.type(keys)
            except (OSError, RuntimeError, ValueError):
                pass                # before the last key was let go
            if ended():
                break
            try:
                lines = self.lines()
                self.pause = min(self.pause * 2, 0.3)
                self.press("ctrl", "c")
            except (OSError, RuntimeError, ValueError):
                ended()             # while we looked
        status = self.proc.poll()
        result.check(status == 0, f"{what}: " + ("the machine goes on\n" + "\n".join(lines) if status is None else
                                                 f"QEMU ended with {status}"))

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
    except (OSError, RuntimeError, ValueError) as error:
        result.check(False, f"QEMU: {error}")
    finally:
        s.close()
    bad = re.search(r"BUG.*|lockdep:.*" if s.panics else r"BUG.*|Kernel panic.*|lockdep:.*", s.text())
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
    result.check(s.says("echo kernel-$((3*7)) >/dev/kmsg", r"^\[ *\d+\.\d+\] kernel-21"), "a message of the kernel")
    s.press("alt", "f1")
    lines = s.need(result, r"^one-42", "tty1 again")
    result.check(lines and not re.search("kernel-21", "\n".join(lines)), "the message is on tty1, which was not seen")
    s.press("ctrl", "s")
    s.press("alt", "f2")
    # Its status is 127; and what stops tty1 stops nobody else.
    result.check(s.says("clear; nothing-there; exit", r"(?s)^init: the shell has ended.*^~ #"), "no other shell after exit")
    result.check(s.says("echo three-$((7*7))", r"^three-49"), "the other shell")
    s.press("alt", "f1")
    s.press("ctrl", "q")
    result.check(s.says("echo four-$((8*8))", r"^four-64"), "tty1 after ^S and ^Q")


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
    # Each try scrolls by two lines; on a busy host it may end before the screen is looked at.
    for number, seconds in enumerate((3, 10, 30)):
        s.type(f"sleep {seconds}; echo ready-$((5*5+{number}))\n")
        s.press("shift", "pgup")
        s.press("shift", "pgup")
        back = s.sees(rf"\A{1200 - rows + 3 + 2 * number - 2 * page}$", seconds=seconds)
        s.need(result, rf"^ready-{25 + number}\n~ #", "output returns to the bottom", seconds=seconds + 30)
        if back:
            break
    result.check(back, "the screen does not stay back while a command runs")


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
    s.need(result, r"(?s)\Aone line\ntwo\nlast\n~.*^- text", "what was typed into vi, and no more")    # Esc, Up is three keys, or one
    s.press("up")
    s.type("dd")
    s.need(result, r"\Aone line\nlast\n~", "a line deleted in vi")
    s.type("p:wq\n")
    result.check(s.says("clear; cat text", r"\Aone line\nlast\ntwo\n~ #"), "what vi has written")


def colour_at(s, column, row, middle=False):
    """The colour of a cell's upper left dot, where hardly a glyph has one, or of one in its MIDDLE."""
    picture = s.picture()
    text = (picture.width, picture.height) == screentext.VGA_SIZE
    width, height = (9, 16) if text else (8 * screentext.scale_of(picture.width), 16 * screentext.scale_of(picture.width))
    x, y = (width // 2, height // 2) if middle else (0, 0)
    return tuple(picture.dot(column * width + x, row * height + y))


def colour_is(s, result, want, what, column=2, row=0):
    """A case: the ground of a cell becomes WANT.  A VGA has 6 bits of each colour."""
    end = min(s.end, time.monotonic() + 30)
    got = colour_at(s, column, row)
    while max(abs(a - b) for a, b in zip(got, want)) > 3 and time.monotonic() < end:
        time.sleep(0.1)
        got = colour_at(s, column, row)
    result.check(max(abs(a - b) for a, b in zip(got, want)) <= 3, f"{what}: {got} instead of {want}")


RED, OTHER_RED, BLUE, BRIGHT_BLUE, BLACK = (170, 0, 0), (32, 64, 128), (0, 0, 170), (85, 85, 255), (0, 0, 0)
WHITE = (255, 255, 255)


def palettes(s, result):
    """A changed colour is seen where it was before, on its own terminal alone, until it is called back; and bit 7."""
    def block(name, *attributes):
        """Nine blanks in the first line for each of the ATTRIBUTES."""
        text = "".join(rf"\033[{a}m         " for a in attributes)
        result.check(s.says(f"clear; printf '{text}\\033[m\\n'; echo {name}-$((7*7))", rf"^{name}-49"), f"no {name}")

    def printf(text, name):
        result.check(s.says(f"printf '{text}'; echo {name}-$((7*7))", rf"^{name}-49"), f"no {name}")

    result.check(s.sees(r"^~ #", 200), "no prompt")
    block("first", 41)
    colour_is(s, result, RED, "red")
    printf(r"\033]P1204080", "changed")
    colour_is(s, result, OTHER_RED, "red, changed behind its back")
    colour_is(s, result, BLACK, "black, when red is changed", column=20)
    s.press("alt", "f2")
    s.need(result, r"^~ #", "a prompt on tty2")
    block("second", 41)
    colour_is(s, result, RED, "red on the other terminal")
    s.press("alt", "f1")
    s.need(result, r"^changed-49", "tty1")
    colour_is(s, result, OTHER_RED, "red, when its terminal is back")
    printf(r"\033]R", "called-back")
    colour_is(s, result, RED, "red, called back")
    block("blink", "5;44", 25)
    colour_is(s, result, BLUE, "what does not blink", column=11)
    colour_is(s, result, BRIGHT_BLUE, "what blinks: QEMU's VGA, too, shows it bright")


BAR_CELLS = 20
PROGRESS = r"^ ([█ ░]{%d}) (\d+)/(\d+)  0 failed  \w+\.\w+" % BAR_CELLS  # a cell that is all one colour reads as a blank
PROGRESS_TESTS = "selftest=fork.,page_alloc.,slab.,vmalloc.,vt.,fbcon.dots"


def progress(s, result):
    """While the self tests run, the screen's last line says how far they are; then it is a line as the others."""
    seen, lines, ended = [], [], False
    s.ask("cont")                   # nothing has run while we came (-S)
    while len(seen) < 3 and not ended and s.proc.poll() is None and time.monotonic() < s.end:
        s.ask("stop")               # they wait while we look
        lines = s.lines()
        first = colour_at(s, 1, len(lines) - 1, middle=True)
        s.ask("cont")
        bar = re.match(PROGRESS, lines[-1])
        ended = "Space, PgDn: the log" in "\n".join(lines)
        if bar:
            done, total = int(bar[2]), int(bar[3])
            # One in the middle of being drawn is looked at again.
            full = done * BAR_CELLS // total
            drawn = bar[1].replace("█", " ") == " " * full + "░" * (BAR_CELLS - full)
            if drawn and full and first == WHITE and done not in seen:
                seen.append(done)
        time.sleep(0.02)
    result.check(len(seen) == 3 and seen == sorted(seen), f"the last line counts {seen}\n" + "\n".join(lines))
    lines = s.need(result, r"^ Space, PgDn: the log", "the report", seconds=200) or []
    text = "\n".join(lines)
    result.check(not re.search(r"░|\d+/\d+  \d+ failed", text), f"a bar is left\n{text}")
    counts = re.search(r"^  (\d+) passed, 0 failed, (\d+) skipped", text, re.M)
    result.check(counts and seen and int(counts[1]) + int(counts[2]) == total, f"the bar counts to another number\n{text}")
    s.type("q")
    s.need(result, r"p: power off", "the question at the end")
    s.type("s")
    s.need(result, r"^~ #", "the shell after the report")
    result.check(s.says("seq 1 100", r"^100\n~ #\Z"), "the last line does not scroll with the others\n" + "\n".join(s.lines()))


def report(failing):
    """How the self tests end: counts, the machine, names of what failed; the log by pages; then, if all is well, a shell."""
    def look(s, result):
        lines = s.need(result, r"^ Space, PgDn: the log", "the report", seconds=200)
        text = "\n".join(lines or [])
        title = r"\A Quire's self tests: " + ("FAILED" if failing else "all passed")
        counts = r"^  [1-9]\d* passed, %s failed, \d+ skipped, in \d+ seconds$" % ("1" if failing else "0")
        for pattern in (title, counts, r"^  CPU +\d x ", r"^  memory +\d+ MiB usable", r"^  kernel +Quire \S+, commit \w+",
                        r"^  screen +(VGA|\d+x\d+)", r"^  machine +QEMU", r"^  firmware (BIOS|UEFI): "):
            result.check(re.search(pattern, text, re.M), f"the report has no {pattern!r}\n{text}")
        named = re.search(r"^  failed:\n  report\.case_that_fails_is_named", text, re.M)
        result.check(bool(named) == failing, f"the name of the case that fails\n{text}")
        if any("usb-kbd" in word for word in s.command):
            result.check(s.wait(r"usb .*: boot keyboard"), "the keyboard is not found")
        s.press("pgdn")
        s.need(result, r"(?s)\A\[ +0\.000000\] Quire .*^ 1-\d+ of \d+ lines", "the log begins")
        s.press("end")
        s.need(result, r"(?s)# selftest: \d+ passed.*^ \d+-(\d+) of \1 lines", "the log ends")
        s.press("pgup")
        s.need(result, r"(?s)(?!.*# selftest:)^ \d+-\d+ of \d+ lines", "a page back")
        s.press("home")
        s.need(result, title, "the summary again")
        s.type("n")
        if failing:
            s.need(result, r"not ok \d+ case_that_fails_is_named", "the failure in the log")
        s.type("q")
        s.need(result, r"p: power off", "the question at the end")
        if failing:
            s.ends("p", result, "p in the report")
        else:
            s.type("s")
            s.need(result, r"^~ #", "the shell after the report")
    return look


def early_failure(s, result):
    """What a case said that failed before many others ran, and how the boot began, is in the pages of the report."""
    s.need(result, r"^ Space, PgDn: the log", "the report", seconds=200)
    s.press("pgdn")
    s.need(result, r"(?s)\A\[ +0\.000000\] Quire .*^ 1-\d+ of \d+ lines", "the log begins with the boot")
    s.press("home")
    s.type("n")
    s.need(result, r"on purpose, and early\n.*not ok \d+ reason_of_an_early_failure", "why it failed")


def panic(s, result):
    """A panic is seen while the report is read."""
    s.need(result, r"^ Space, PgDn: the log", "the report")
    s.need(result, r"Kernel panic - not syncing: while the report is read", "the panic", seconds=60)
    s.panics = True


def squeezed(lines):
    """The text of a screen or a sentence without blanks and ends of lines: a long sentence takes several lines."""
    return re.sub(r"\s+", "", "".join(lines))


def pages_back(s, most=40):
    """The screen, and all that has left it at its upper end, as it is seen with Shift-PgUp; by half screens."""
    lines = s.lines()
    yield lines
    for _ in range(most):
        # A key may be lost, a picture late.  Pressed twice, it goes a whole screen up: nothing is passed over.
        end, before = min(s.end, time.monotonic() + 20), lines
        while lines == before and time.monotonic() < end:
            s.press("shift", "pgup")
            again = time.monotonic() + 4
            while lines == before and time.monotonic() < min(again, end):
                lines = s.lines()
        if lines == before:
            return
        yield lines


def tells(*sentences):
    """A machine that lacks something: that stands on the screen, or was on it before the shell's prompt."""
    def look(s, result):
        if not s.sees(r"^~ #", 100):
            result.check(False, "no prompt\n" + "\n".join(s.last))
            return
        missing = set(sentences)
        for lines in pages_back(s):
            missing = {m for m in missing if squeezed(m) not in squeezed(lines)}
            if not missing:
                break
        for sentence in sentences:
            result.check(sentence not in missing, f"not on the screen: {sentence}\n" + "\n".join(lines))
    return look


def tells_at_once(*sentences):
    """As tells(), but it stands on the screen with the prompt: nobody needs to page back."""
    def look(s, result):
        lines = s.sees(r"^~ #", 100)
        for sentence in sentences:
            result.check(lines and squeezed(sentence) in squeezed(lines), f"not on the screen: {sentence}\n" + "\n".join(lines or s.last))
    return look


def ends_with(sentence):
    """As tells(), where it is the kernel's last word."""
    def look(s, result):
        s.panics = True
        seen = s.sees_that(lambda lines: squeezed(sentence) in squeezed(lines), 100)
        result.check(seen, f"not on the screen: {sentence}\n" + "\n".join([] if seen else s.last))
    return look


def headless(job, machine, result):
    """Nobody sees the report: it is left at the serial line."""
    job.command = machine.command()
    with open(job.log, "wb") as out:
        proc = subprocess.Popen(job.command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT)
    end = time.monotonic() + job.limit
    try:
        while b"to leave it, there or here" not in job.log.read_bytes() and proc.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        time.sleep(1)
        proc.stdin.write(b"xq")
        proc.stdin.flush()
        time.sleep(0.2)
        proc.stdin.write(b"p")
        proc.stdin.flush()
        result.check(proc.wait(60) == 0, "p at the serial line does not switch the machine off")
    except (OSError, subprocess.TimeoutExpired) as error:
        result.check(False, f"QEMU: {error}")
    finally:
        proc.kill()
        proc.wait()


# ---- a kernel that cannot go on before the screen has its driver -----------------------------------------

WORDS = "console=ttyS0 console=tty0"
NO_RAM = r"Kernel panic - not syncing: Quire needs 8 MiB of RAM and finds \d+ KiB"
NO_APIC = "Kernel panic - not syncing: this CPU has no local APIC"
NO_NX = "Kernel panic - not syncing: this processor cannot mark pages as not executable"


def stopped(why, *said):
    """The end of the log is on the screen: WHY, and below it what the machine does now; above, what came before."""
    def look(s, result):
        s.panics = True
        lines = s.need(result, "the machine is halted; switch it off", "the end", seconds=200) or []
        text = "\n".join(lines)
        width = max(map(len, lines), default=0)        # a line that goes on in the next one is as long
        unwrapped = "".join(line.ljust(width) for line in lines)
        result.check(re.search(why, unwrapped), f"the screen does not say {why!r}\n{text}")
        for pattern in (why, *said):
            result.check(s.count(pattern), f"the serial line does not say {pattern!r}")
        shown = [line for line in lines if line]
        result.check(shown and re.match(r"\[ *\d+\.\d+\] ", shown[0]), f"the first line is none of the log's\n{text}")
        result.check("\ufffd" not in text, f"something of before is left on the screen\n{text}")
    return look


def stop_images(directory, make):
    """MAKE(name, cfg, efi): discs whose kernel gets too little RAM (mem=) or enough, with VGA text and with dots."""
    def write(name, text):
        path = directory / name
        path.write_text(text)
        return path
    efi = write("stop.efi.cfg", f"timeout 0\nentry Test\n\tkernel quire.elf\n\tinitramfs initramfs.cpio\n\tcmdline {WORDS} mem=6M\n")
    for name, words, mode in (("stop-text", "mem=6M", "text"), ("stop-dots", "mem=6M", "800x600x32"),
                              ("stop-late", "", "1024x768x24")):
        make(name, cfg=write(f"{name}.cfg", "insmod all_video\nloopback esp /efi.img\n"
                             f"multiboot2 (esp)/quire.elf {WORDS} {words}\nmodule2 (esp)/initramfs.cpio\n"
                             f"set gfxpayload={mode}\nboot\n"), efi=efi)


def stops(kernel, initrd, directory):
    """(name, play, machine): each stops before vt_init(), some before paging_init() and some behind it."""
    def disc(name, **choices):
        return Machine(**{"cdrom": str(directory / f"{name}.iso"), "memory": "128M", "debug_exit": False} | choices)

    def direct(**choices):
        return Machine(kernel, initrd, **{"append": WORDS, "memory": "128M", "debug_exit": False} | choices)
    yield "stop-ram-bios-text", stopped(NO_RAM), disc("stop-text")
    yield "stop-ram-bios-dots", stopped(NO_RAM), disc("stop-dots")
    yield "stop-ram-uefi", stopped(NO_RAM), disc("stop-text", memory="512M", uefi=True)
    yield "stop-apic-bios-dots", stopped(NO_APIC), disc("stop-late", cpu="max,-apic")
    yield "stop-apic-text", stopped(NO_APIC), direct(cpu="max,-apic")
    yield "stop-apic-la57", stopped(NO_APIC, "la57: 5-level paging"), direct(cpu="max,-apic", append=WORDS + " la57")
    yield "stop-nx-text", stopped(NO_NX), direct(cpu="max,-nx")
    yield "stop-nx-intel-text", stopped(NO_NX), direct(cpu="Nehalem,-nx")      # asked for its switch, which is not set


def needs_64_bits(s, result):
    """A CPU without long mode: instead of its menu GRUB says so on both its terminals; Enter restarts the machine."""
    says = r"^(?:\x1b\[[\d;]*\w)*Quire cannot start: the processor of this PC has no 64-bit mode \(long mode\)\.$"
    if not s.need(result, says, "GRUB's sentence", seconds=60):
        return
    s.need(result, r"^It needs an x86-64 processor .* with NX and a local APIC", "what Quire needs")
    s.need(result, r"^Press Enter to restart", "what to do")
    result.check(s.wait(says), "GRUB's sentence is not on the serial line")
    result.check(not s.count(r"Quire: safe mode|no long mode\."), "the menu, or the kernel, came all the same")
    s.ends("\n", result, "Enter")


def whole_day(s, result):
    """A screen by UEFI, a keyboard by USB, nothing else: log in, top, power off.  And the picture for README.md."""
    s.need(result, r"^~ #", "a prompt", seconds=200)
    for pattern in (r"^  Quire: a kernel to read", r"^  firmware UEFI: ", r"^  memory +0 .*█.* \d+ MiB",
                    r"█ usable \d+M +▒ reserved \d+[KM] +▓ ACPI \d+[KM] +█ kernel \d+K"):
        s.need(result, pattern, "the boot page")
    s.need(result, r"boot keyboard", "the keyboard")
    result.check(s.says("uname -a", r"^Linux quire 6\.1\.0-quire"), "uname")
    write_png(s.log.with_suffix(".png"), s.picture())
    s.type("top\n")
    s.need(result, r"\AMem: \d+K used", "top")
    s.type("q")
    result.check(s.says("echo top-$((5*5))", r"^top-25$"), "top does not end")
    s.ends("poweroff\n", result, "poweroff")


def usb_only(build, **choices):
    """A machine with a UEFI screen and a USB keyboard: no serial line, no PS/2, no exit for tests."""
    return Machine(**{"cdrom": str(build / "quire.iso"), "type": "q35,i8042=off", "memory": "256M", "smp": 2, "uefi": True,
                              "debug_exit": False, "extra": ("-device", "qemu-xhci,id=xhci", "-device", "usb-kbd,bus=xhci.0"),
                              } | choices)


def readme_lines(build):
    """(name, machine): the QEMU lines that README.md offers for the boot image, without a window."""
    lines = [line for line in (ROOT / "README.md").read_text().splitlines() if re.match("qemu-system.* build/quire.iso", line)]
    if not lines:
        raise ValueError("README.md offers no QEMU line for build/quire.iso")
    for number, line in enumerate(lines, 1):
        words = [str(build / "quire.iso") if word == "build/quire.iso" else word for word in shlex.split(line)]
        words += ["-display", "none", "-serial", "stdio"]
        yield f"readme-line-{number}", types.SimpleNamespace(command=words.copy)


def from_the_readme(s, result):
    """The line does what README.md says: after the menu's time there is a shell that answers."""
    s.need(result, r"^~ #", "a prompt", seconds=200)
    result.check(s.says("uname -sr; echo six-$((2*3))", r"(?s)^Linux 6\.1\.0-quire$.*^six-6$"), "the shell does not answer")


def screenshot(build):
    """For README.md: docs/images/screen.png, from build/quire.iso."""
    class Checks:
        failed = []

        def check(self, good, text):
            if not good:
                self.failed.append(text)

    class Job:
        log, limit, command = pathlib.Path(build) / "screenshot.log", 300, None
    play(whole_day, Job, usb_only(pathlib.Path(build)), Checks())
    if Checks.failed:
        raise SystemExit("\n".join(Checks.failed))
    target = pathlib.Path(__file__).resolve().parent.parent / "docs/images/screen.png"
    target.write_bytes(Job.log.with_suffix(".png").read_bytes())
    return "![Quire's screen after booting by UEFI](docs/images/screen.png)"
