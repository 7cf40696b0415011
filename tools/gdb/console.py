#!/usr/bin/env python3
"""
tools/gdb/console.py SOCKET - `make console`: this terminal becomes that of the guest of `make gdb`

Ctrl-] leaves.  Ctrl-C goes to the guest.
"""
import os
import select
import socket
import sys
import termios
import tty

LEAVE = b"\x1d"


def talk(line):
    keys, screen = sys.stdin.fileno(), sys.stdout.fileno()
    while True:
        for ready in select.select([keys, line], [], [])[0]:
            data = os.read(keys, 4096) if ready == keys else line.recv(4096)
            if not data or ready == keys and LEAVE in data:
                return
            if ready == keys:
                line.sendall(data)
            else:
                os.write(screen, data)


def main():
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(sys.argv[1])
    except OSError:
        sys.exit("no guest: start `make gdb` on another terminal first")
    print("The guest's console; Ctrl-] leaves.", flush=True)
    if not sys.stdin.isatty():
        return talk(line)
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin)
        return talk(line)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


if __name__ == "__main__":
    sys.exit(main())
