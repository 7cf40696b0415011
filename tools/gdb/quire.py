"""
tools/gdb/quire.py - gdb learns about Quire: source tools/gdb/quire.py

The commands are in commands.py and why.py, what they read with is kernel.py.  `make gdb` does all of
this: QEMU, paused; gdb, connected; these commands.
"""
import os
import sys

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import commands
import why                              # registers itself

for command in (commands.Ps, commands.Vmmap, commands.Pagewalk, commands.Page, commands.Buddy, commands.Slab,
                commands.TaskFunction):
    command()

HINT = """
Quire: continue runs it, Ctrl-C stops it.  Then:
  ps                   tasks                       page PFN           what a frame is used for
  vmmap [PID]          areas of a process          buddy [-v]         free memory by order
  pagewalk ADDR [PID]  the way through the tables  slab [CACHE]       caches of objects
  why ADDR [PID] [rwx] what an access comes to     help COMMAND       explains
And all that gdb has: break do_page_fault, bt, p *$task(1)->mm.  quit ends the machine.
"""


def hint():
    print(HINT)
