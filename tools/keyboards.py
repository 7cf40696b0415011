"""
tools/keyboards.py - somebody at the keyboard: types into a guest's shell on its screen, and looks what came of it

The guest's console is tty0, with a shell; what is typed there writes to the serial line, where we read.  Keys are pressed by
QEMU's QMP, which names them by their place on a US keyboard.  A guest that gets no time to run loses keys, as it would
lose them from a person: a line that did not arrive is typed again, slower.
"""
import re
import subprocess
import time

from qmp import Qmp

# What a key is called, by the character that a layout has on it; and those that want shift or AltGr.
NAMES = {"\n": "ret", " ": "spc", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right", ";": "semicolon",
         "'": "apostrophe", "`": "grave_accent", "\\": "backslash", ",": "comma", ".": "dot", "/": "slash"}
US_SHIFTED = dict(zip("!@#$%^&*()_+{}|:\"<>?~", "1234567890-=[]\\;',./`"))
DE_PLAIN = {"z": "y", "y": "z", "ß": "minus", "ü": "bracket_left", "+": "bracket_right", "ö": "semicolon",
            "ä": "apostrophe", "#": "backslash", "-": "slash", "<": "less", "´": "equal"}
DE_SHIFTED = dict(zip("!\"§$%&/()=", "1234567890")) | {
    "?": "minus", "`": "equal", "*": "bracket_right", "'": "backslash", ">": "less", ";": "comma", ":": "dot",
    "_": "slash", "Z": "y", "Y": "z"}
DE_ALTGR = {"{": "7", "[": "8", "]": "9", "}": "0", "\\": "minus", "@": "q", "€": "e", "~": "bracket_right",
            "|": "less", "²": "2"}


def chord(c, layout):
    """The keys to press together for the character C."""
    if layout == "de":
        for table, before in ((DE_PLAIN, []), (DE_SHIFTED, ["shift"]), (DE_ALTGR, ["alt_r"])):
            if c in table:
                return before + [table[c]]
    elif c in US_SHIFTED:
        return ["shift"] + chord(US_SHIFTED[c], layout)
    if c.isupper():
        return ["shift"] + chord(c.lower(), layout)
    return [NAMES.get(c, c)]


class Typist:
    """QEMU running COMMAND, its serial line in the file LOG, and its keyboard."""

    def __init__(self, command, log, layout, limit):
        self.log, self.layout, self.end = log, layout, time.monotonic() + limit
        self.pause = 0.04
        self.path = log.with_suffix(".qmp")
        self.command = command + ["-qmp", f"unix:{self.path},server=on,wait=off"]
        with open(log, "wb") as out:
            self.proc = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)

    def close(self):
        self.proc.kill()
        self.proc.wait()
        self.path.unlink(missing_ok=True)

    def text(self):
        return self.log.read_text(errors="replace").replace("\r", "")

    def count(self, pattern):
        return len(re.findall(pattern, self.text(), re.M))

    def wait(self, pattern, times=1, seconds=60):
        """Until PATTERN has come TIMES times; False: it did not."""
        end = min(self.end, time.monotonic() + seconds)
        while self.count(pattern) < times:
            if self.proc.poll() is not None or time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def connect(self):
        self.qmp = Qmp(self.path)

    def ask(self, execute, **arguments):
        self.qmp.ask(execute, **arguments)

    def key(self, name, down):
        self.ask("input-send-event", events=[
            {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": name}}}])

    def press(self, *names):
        """Keys together: down in this order, up in the other."""
        for name, down in [(n, True) for n in names] + [(n, False) for n in reversed(names)]:
            self.key(name, down)
            time.sleep(self.pause)

    def type(self, text):
        for c in text:
            self.press(*chord(c, self.layout))

    def until(self, act, pattern, tries=4, restore=()):
        """ACT, until PATTERN has come once more than before; each time slower, from an empty line, RESTORE pressed."""
        for _ in range(tries):
            before = self.count(pattern)
            act()
            if self.wait(pattern, before + 1, 10):
                return True
            self.pause = min(self.pause * 2, 0.3)
            self.press("ctrl", "c")
            if restore:
                self.press(*restore)
        return False

    def command_says(self, command, pattern):
        """The shell runs COMMAND, whose output goes to the serial line."""
        return self.until(lambda: self.type(f"{command} >/dev/ttyS0\n"), pattern)

    def cat_says(self, act, pattern, **how):
        """The keys that ACT presses, written into cat."""
        def typed():
            self.type("cat >/dev/ttyS0\n")
            act()
            self.type("\n")
        good = self.until(typed, pattern, **how)
        self.press("ctrl", "c")
        return good


def check_keys(t, result):
    """Characters, modifiers, caps lock, all four arrows in the shell's line editor, ^C and ^Z."""
    result.check(t.command_says("echo sum-$((6*7))", r"^sum-42$"), "the shell does not answer")
    before = t.count("sum-42")
    result.check(t.until(lambda: t.press("up") or t.press("ret"), "sum-42") and before, "arrow up")

    def edit():
        t.type("echo >/dev/ttyS0 ac")
        t.press("left")
        t.type("b")
        t.press("right")
        t.type("d")
        t.press("up")           # another command, and back to this one
        t.press("down")
        t.type("\n")
    result.check(t.until(edit, r"^abcd$"), "arrows left, right and down")
    if t.layout == "de":
        text = "zY{[]}\\@~|äöüßÄ€²"
        result.check(t.cat_says(lambda: t.type(text), "^" + re.escape(text) + "$"), "German keys")

        def accents():
            for keys in (("equal",), ("e",), ("shift", "equal"), ("a",), ("grave_accent",), ("o",), ("grave_accent",), ("spc",),
                         ("grave_accent",), ("x",)):
                t.press(*keys)
        result.check(t.cat_says(accents, r"^éàô\^\^x$"), "dead keys")
    else:
        text = "zY{[]}\\@~|#$%^&*()_+;:'\"<>,.?"
        result.check(t.cat_says(lambda: t.type(text), "^" + re.escape(text) + "$"), "characters")

    def capitals():
        t.press("caps_lock")
        t.type("abc1")
        t.press("caps_lock")
        t.type("dE")
    # If one of the two was lost, everything would come in capitals from now on.
    result.check(t.cat_says(capitals, r"^ABC1dE$", tries=6, restore=["caps_lock"]), "caps lock")
    t.type("sleep 1000\n")
    time.sleep(1)
    t.press("ctrl", "c")
    result.check(t.command_says("echo after-c-$((1+1))", r"^after-c-2$"), "^C")

    def stop():
        t.type("sleep 1000\n")
        time.sleep(25 * t.pause)        # a key that comes before the program runs stops nobody: later each time
        t.press("ctrl", *chord("z", t.layout))
        t.type("jobs >/dev/ttyS0\n")
    result.check(t.until(stop, r"Stopped.*sleep 1000"), "^Z")


def check_repeat(t, result):
    """A key that is held is typed again and again."""
    def hold():
        t.key("x", True)
        time.sleep(t.held + 1)
        t.key("x", False)
    result.check(t.cat_says(hold, r"^xxxx+$"), "a key that is held does not repeat")


def check_hotplug(t, result, device, rounds=6):
    """Away with the keyboard while a key is held, and a new one; then often."""
    def plug():
        before = t.count("boot keyboard")
        t.ask("device_add", **device)
        return t.wait("boot keyboard", before + 1)

    def unplug():
        before = t.count("usb .*: gone")
        t.ask("device_del", id=device["id"])
        return t.wait("usb .*: gone", before + 1)

    t.until(lambda: t.type("cat >/dev/ttyS0\nready\n"), "^ready$")
    start = time.monotonic()
    t.key("x", True)
    time.sleep(t.held + 0.5)
    result.check(unplug(), "nobody has noticed that the keyboard is gone")
    seconds = time.monotonic() - start
    time.sleep(seconds)         # it would go on to repeat
    result.check(plug(), "the new keyboard is not found")
    before = t.count(r"^x+$")
    t.type("\n")
    t.wait(r"^x+$", before + 1)
    typed = re.findall(r"^x+$", t.text(), re.M)
    result.check(typed and len(typed[-1]) <= (seconds - t.held) * 31 + 5, "a held key goes on when its keyboard has gone")
    t.press("ctrl", "c")
    result.check(t.command_says("echo again-$((2*4))", r"^again-8$"), "the new keyboard does not type")
    result.check(all(unplug() and plug() for _ in range(rounds)), "plugging it in often")
    before = t.count("boot keyboard")           # two at once, and the second at a port before the first's
    for number in (4, 3):
        t.ask("device_add", driver="usb-kbd", id=f"other{number}", bus="xhci.0", port=str(number))
    result.check(t.wait("boot keyboard", before + 2, 10), "two keyboards at once")
    gone = t.count("usb .*: gone")
    for number in (4, 3):
        t.ask("device_del", id=f"other{number}")
    result.check(t.wait("usb .*: gone", gone + 2), "two keyboards unplugged at once")
    unplug()
    pages = re.findall(r"usb .*: gone, (\d+) pages", t.text())
    result.check(pages[0] == pages[-1], f"pages after it was gone: {pages}")
    plug()
    result.check(t.command_says("echo at-last-$((3*3))", r"^at-last-9$"), "the last keyboard does not type")


def check_leaving(t, result, leave):
    """top, which draws the screen until it reads a q; then the machine is switched off, or what LEAVE does."""
    t.type("top\n")
    time.sleep(2)
    t.type("q")
    result.check(t.command_says("echo top-$((5*5))", r"^top-25$"), "top does not end")
    for _ in range(3):
        try:
            t.type(f"{leave}\n")
            t.proc.wait(20)
            break
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            pass                # QEMU has ended, while or after we typed, or has not
    result.check(t.proc.poll() == 0, f"{leave} does not end the machine")


def check(job, machine, result, layout="us", device=None, held=3, leave="poweroff"):
    """Boot MACHINE, type; DEVICE: the USB keyboard to unplug and plug in again.  Count the cases in RESULT."""
    t = Typist(machine.command(), job.log, layout, job.limit)
    t.held = held
    job.command = t.command
    try:
        result.check(t.wait("first user instruction", seconds=300), "the guest has not come up")
        t.connect()
        if device:
            result.check(t.wait("boot keyboard"), "no USB keyboard is found")
        check_keys(t, result)
        if device:              # QEMU's PS/2 keyboard would repeat itself, and does not
            check_repeat(t, result)
            check_hotplug(t, result, device)
        check_leaving(t, result, leave)
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
        result.check(False, f"QEMU: {error}")
    finally:
        t.close()
    bad = re.search(r"BUG.*|Kernel panic.*|lockdep:.*", t.text())
    result.check(not bad, bad and bad.group(0))
