#!/usr/bin/env python3
"""
tools/gdb/run.py - `make gdb`: QEMU, paused, and gdb connected to it, with the commands of quire.py

  run.py BUILD_DIRECTORY [-a WORDS] [GDB ARGUMENT...]

The guest's console goes to BUILD/gdb/console.log; `make console` on another terminal is its keyboard
and screen.  QEMU ends with gdb.  QEMU_FLAGS adds arguments for QEMU.
"""
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine


def qemu_command(build, place, words):
    """The machine, stopped before its first instruction; gdb and the console at sockets in PLACE."""
    m = machine.Machine(kernel=f"{build}/quire.elf", initrd=f"{build}/initramfs.cpio", reboot=True, debug_exit=False,
                        append=f"console=ttyS0 nokaslr norandmaps {words}".strip(),
                        extra=tuple(shlex.split(os.environ.get("QEMU_FLAGS", ""))))
    command = m.command()
    command[command.index("-serial") + 1] = "chardev:console"
    return command + [
        "-S", "-gdb", f"unix:{place}/gdb.sock,server=on,wait=off",
        "-chardev", f"socket,id=console,path={place}/console.sock,server=on,wait=off,logfile={place}/console.log"]


def wait_for(path, qemu):
    """Until QEMU listens at PATH."""
    end = time.monotonic() + 20
    while not path.exists():
        if qemu.poll() is not None or time.monotonic() > end:
            sys.exit("QEMU did not start")
        time.sleep(0.05)


def main():
    build, rest = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    words = ""
    if rest[:1] == ["-a"]:
        words, rest = rest[1], rest[2:]
    if not shutil.which("gdb"):
        sys.exit("gdb is not installed: apt-get install gdb")
    place = build / "gdb"
    place.mkdir(exist_ok=True)
    for name in ("gdb.sock", "console.sock", "console.log"):
        (place / name).unlink(missing_ok=True)
    # A session of its own: Ctrl-C is for gdb, which asks QEMU to stop the guest.
    qemu = subprocess.Popen(qemu_command(build, place, words), stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(place / "gdb.sock", qemu)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return subprocess.call(
            ["gdb", "-q", "-ex", "set confirm off", "-ex", "set print pretty on", "-ex", f"source {HERE}/quire.py",
             "-ex", f"target remote {place}/gdb.sock", "-ex", "thbreak start_kernel", "-ex", "continue",
             "-ex", "python hint()", *rest, f"{build}/quire.elf"],
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    finally:
        qemu.kill()
        qemu.wait()


if __name__ == "__main__":
    sys.exit(main())
