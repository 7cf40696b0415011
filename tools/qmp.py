"""
tools/qmp.py - QEMU's monitor: a command, and its answer

QEMU listens with -qmp unix:PATH,server=on,wait=off.  Source: QEMU, "QEMU Machine Protocol Specification".
"""
import json
import socket


class Qmp:
    """The monitor at PATH."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.answers = self.socket.makefile("r")
        self.answers.readline()
        self.ask("qmp_capabilities")

    def ask(self, execute, **arguments):
        """RuntimeError: QEMU refuses, or has gone."""
        self.socket.sendall(json.dumps({"execute": execute, "arguments": arguments}).encode())
        for line in self.answers:
            answer = json.loads(line)
            if "return" in answer:
                return
            if "error" in answer:
                raise RuntimeError(f"{execute}: {answer['error']['desc']}")
        raise RuntimeError("QEMU has gone")

    def picture(self, file, **which):
        """Of the screen (the first one, or that of device=ID), in PPM, which FILE then has too."""
        self.ask("screendump", filename=str(file), **which)
        return file.read_bytes()
