#!/usr/bin/env python3
"""
tools/lockorder.py - does the kernel take its locks as docs/locking.md says?

The page's blocks "```order" hold chains, A > B, C > D: what stands left is taken first; a comma joins
locks of one place.  Its table has a row for each class of locks.  A run of the kernel has learned
/proc/lockdep (classes) and /proc/lockdep_chains (what was taken under what).
"""
import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs/locking.md"
ANY = "any spinlock"

# What a machine is to do before it is asked what it has learned.
INIT = """#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t tmpfs tmp /tmp
for t in /tests/*; do
	$t > /tmp/out 2>&1 || echo "@@ failed $t"
done
echo "@@ classes"
cat /proc/lockdep
echo "@@ chains"
cat /proc/lockdep_chains
echo "@@ end"
poweroff -f
"""
# Programs that together pass through most of the kernel, one after the other in one machine.
PROGRAMS = ("boot", "coredump", "cow", "denywrite", "dir", "exec", "file", "filemap", "madvise", "memfd", "mlock_pages", "mmap", "mremap",
            "msync", "nonlinear", "pgrp", "pidfd", "pipe", "poll", "procmem", "process_vm", "shm", "signal", "thread",
            "truncate", "tty", "vfork", "vt", "wait")


def documented(text):
    """The page: pairs of neighbours in its order, names in its table, and a list of its mistakes."""
    edges, mistakes = set(), []
    table = set(re.findall(r"^\| `([^`]+)` \|", text, re.M))
    for block in re.findall(r"^```order\n(.*?)^```", text, re.M | re.S):
        for chain in re.sub(r"\n\s+>", " >", block).splitlines():
            steps = [[name.strip() for name in step.split(",")] for step in chain.split(" > ")]
            for left, right in zip(steps, steps[1:]):
                edges |= {(a, b) for a in left for b in right}
    names = {n for pair in edges for n in pair if n != ANY}
    for name in sorted(names):
        if base(name) not in table:
            mistakes.append(f"docs/locking.md: {name} is in the order, but has no row in the table")
    return edges, table, mistakes


def base(name):
    """The class of which NAME is the second or third."""
    return re.sub(r"/\d$", "", name)


def closure(edges):
    """Everything that stands right of each name, over any number of steps."""
    right = {}
    for a, b in edges:
        right.setdefault(a, set()).add(b)
    changed = True
    while changed:
        changed = False
        for a, reach in right.items():
            more = set().union(*(right.get(b, set()) for b in reach)) - reach
            if more:
                reach |= more
                changed = True
    return right


def private(name):
    """A lock of the kernel's own tests."""
    return name.startswith(("test ", "(ktest_"))


def learned(lines):
    """Classes {name: interrupts} and edges {(a, b): where} from what the machine printed."""
    classes, edges, part = {}, {}, None
    for line in lines:
        line = line.rstrip("\r\n")
        mark = re.match(r"@@ (classes|chains|end)", line)
        if mark:
            part = mark.group(1)
        elif part == "classes":
            row = re.match(r"(.{36}.*?) (sleep|irq-safe|irq-unsafe|irqs-off) +(\d+)$", line)
            if row and int(row.group(3)):
                classes[row.group(1).strip()] = row.group(2)
        elif part == "chains" and "\t" in line:
            names, where = line.split("\t", 1)
            a, b = names.split(" > ")
            edges[a, b] = where
    return classes, edges, part == "end"


def check(lines, text=None):
    """A list of what is wrong; (number of classes, number of edges)."""
    order, table, wrong = documented(PAGE.read_text() if text is None else text)
    classes, edges, complete = learned(lines)
    right = closure(order)
    after_any = {ANY} | right.get(ANY, set())
    wrong += [f"docs/locking.md: the order is a circle at {a}" for a, reach in right.items() if a in reach]
    if not complete:
        wrong.append("the machine did not come to its end")
    wrong += [line.strip() for line in lines if line.startswith(("@@ failed", "the tables are full"))]
    for name in sorted(classes):
        if not private(name) and base(name) not in table:
            wrong.append(f"{name} has no row in docs/locking.md")
    for (a, b), where in sorted(edges.items()):
        if private(a) or private(b) or b in right.get(a, ()):
            continue
        if classes.get(a) == "sleep" and classes.get(b) != "sleep":
            continue
        if b in after_any and a not in after_any:
            continue
        wrong.append(f"{a} > {b} is not in docs/locking.md's order: {where}")
    return wrong, (len(classes), len(edges))
