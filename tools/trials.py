"""
tools/trials.py - memory that is too small, a disk that fails, and power that goes

  small()      all programs once more in 24 MiB, their files on a disk, with a swap area; beside them a storm that pushes
               out memory at random (tests/user/storm.c)
  power_cut()  QEMU is killed while tests/user/powercut writes; what fsync had answered must be on the disk
  failing()    programs on a disk of which QEMU fails the nth request to read, to write or to flush
"""
import pathlib
import random
import re
import struct
import subprocess
import time

import diskimage
import ext2test
import machine
import mkdisk

MEMORY = "24M"
USER = pathlib.Path(__file__).resolve().parent.parent / "tests/user"

# Cases that ask for something else than 24 MiB and swap, and would fail on Linux for the same reason.
TOO_LARGE = {
    "coredump.sigkill_ends_a_dump": "more memory than there is",
    "la57.both_without_a_hint_nothing_lies_above_the_window": "reserves more than overcommit allows here",
    "lazy.a_huge_reservation_costs_nothing": "the same",
    "shm.sizes_at_the_rims": "the same",
    "smaps.vm_flags_name_what_was_asked_for": "the same",
    "many.*": "60,000 areas need more than 24 MiB that cannot be swapped",
    "procfs.memory_that_is_used_and_given_back_shows_in_meminfo": "uses most of the memory: the rest is swapped",
    "commit.*": "limits without swap",
    "madvise.pageout_drops_pages_that_were_given_up_and_not_written_since": "with swap all of them can leave",
    "madvise.pageout_leaves_pages_that_were_given_up_and_are_shared": "given up, they go when memory is short",
    "madvise.free_marks_pages_lazy_until_they_are_written": "the same",
    "madvise.free_of_pages_shared_with_a_child_leaves_the_childs_alone": "the same",
    "madvise.pageout_unmaps_file_pages_that_nobody_else_maps": "says what is in memory",
    "affinity.*": "shares of a CPU say nothing where the host takes it away",
}
# Cases that ask, beside what is claimed, where pages are, how many, or whether they were used lately.  A storm decides that:
# they may fail, if what fails says so (COUNTS); any other case that fails with such words has failed.
COUNTING = {
    "accessed": "*",            # whether pages are in the cache, and used
    "cow": "fork_shares_the_frame_and_a_write_gives_a_new_one the_last_user_of_a_page_keeps_it_without_a_copy "
           "a_thousand_forks_lose_no_memory",
    "filemap": "two_mappings_of_a_page_use_one_frame",
    "lazy": "mmap_grows_size_and_not_rss a_page_read_first_is_the_zero_page writing_replaces_the_zero_page_by_a_frame_of_ones_own "
            "reading_zero_pages_does_not_count_as_rss each_written_page_counts_as_rss madvise_dontneed_gives_frames_back "
            "mincore_tells_which_pages_are_there",
    "madvise": "dontneed_drops_anonymous_pages_and_keeps_files free_marks_pages_lazy_until_they_are_written "
               "free_of_pages_shared_with_a_child_leaves_the_childs_alone cold_takes_the_accessed_bit_of_ones_own_pages "
               "pageout_drops_pages_that_were_given_up_and_not_written_since pageout_leaves_pages_that_were_given_up_and_are_shared "
               "pageout_unmaps_file_pages_that_nobody_else_maps pageout_drops_pages_that_were_never_written "
               "willneed_succeeds_on_everything_mapped remove_works_on_shared_anonymous_memory one_read_maps_its_neighbours "
               "populate_read_brings_pages_in_read_only populate_write_breaks_cow_and_writes_nothing",
    "mlock": "what_can_not_be_brought_in_is_an_error_and_locked_all_the_same",    # a page that is no longer locked
    "mmap": "mmap_populate_makes_pages_at_once munmap_gives_the_frames_back",
    "mremap": "mremap_moves_frames_and_copies_nothing",
    "nonlinear": "a_remapped_page_is_the_same_frame mincore_looks_at_the_page_that_is_shown "
                 "remapped_pages_are_brought_in_unless_nonblock",
    "pfn_access": "vdso_is_read_and_a_forced_write_makes_a_private_page",
    "process_vm": "reading_unshares_a_page_that_fork_shared "
                  "a_page_written_for_a_process_is_not_free_for_the_other_to_discard",
    "procfs": "pagemap_says_which_pages_are_there",
    "procmem": "read_of_an_untouched_page_maps_no_private_page forced_write_to_a_mapped_file_is_a_private_copy",
    "rlimit": "fork_gives_its_memory_back_after_failure",
    "shm": "info_counts_segments_and_pages punching_and_syncing_an_attachment",
    # what was pushed out is in swap, and was brought in is not
    "swap": "pages_go_and_come_back swapoff_brings_all_back a_child_has_its_own_copy_of_a_page_in_swap "
            "what_lies_in_swap_moves_and_goes_with_its_area the_disk_has_what_was_written_last",
    "swapshm": "shared_pages_go_and_come_back swapoff_brings_all_back swapoff_finds_pages_that_nobody_maps "
               "a_child_and_its_parent_share_a_page_in_swap what_others_map_too_stays a_private_mapping_of_a_file_in_swap_copies "
               "the_disk_has_what_was_written_last madv_remove_frees_what_is_in_swap what_fallocate_made_goes_to_swap_as_zeroes "
               "a_page_that_was_only_read_is_no_data a_sealed_memfd_reads_from_swap a_segment_goes_to_swap_and_shmctl_says_so "
               "mlock_brings_shared_pages_back willneed_reads_into_the_swap_cache dontneed_leaves_shared_pages_in_swap "
               "an_area_moves_and_is_cut_while_its_pages_are_in_swap shmem_of_meminfo_counts_what_is_in_memory "
               "swapoff_with_no_room_to_commit_changes_nothing",
    "truncate": "counters_follow_the_pages",
    "vfork": "vfork_copies_no_page",
    "zoo": "an_area_of_every_kind",
}
COUNTS = re.compile(r"smaps|sums\(|swapped\(|status_value|status_kb|statm|VmRSS|VmSwap|rss\b|mincore|resident|present|pagemap|pfn|"
                    r"meminfo|vmstat|Referenced|majflt|faults|cached|frame")
# Cases that say where a page is, what is in use or what changes meanwhile: a storm decides that.
WHERE_PAGES_ARE = {
    "failnth.*": "counts objects before and after",
    "litmus.nothing_is_left": "the same",
    "pidfd.process_madvise_cold_takes_the_accessed_bits_there": "accessed bits",
    "smaps.*": "adds up several looks at smaps",
    "why.*": "asks what an access would meet, then makes it",
    "writeback.*": "counts dirty pages",
    "readahead.*": "counts pages in the cache",
    "clear_refs.*": "accessed bits",
    "mincore.*": "says what is in memory",
    "pagemap.*": "the same",
    "mlock_pages.*": "counts of the whole machine",
    "zoneinfo.*": "the same",
    "membarrier.every_kind_interrupts_the_cpu_that_runs_another_thread": "counts what the CPUs tell each other",
    "tlb.an_idle_cpu_is_told_when_tables_are_freed": "the same",
}


def expected(program, case, tables):
    return any(f"{program}.{name}" in table for table in tables for name in (case, "*"))


def counted(program, case, line):
    """A case that counts pages, and LINE says that it failed at that?  Its name and its file's are not what it says."""
    said = re.search(r" # \S+:\d+: (.*)", line)
    return {case, "*"} & set(COUNTING.get(program, "").split()) and said and COUNTS.search(said.group(1))


# A line of a program, in a storm or not: is it a failure?
JUDGED = (
    ("cow", "not ok 1 - the_last_user_of_a_page_keeps_it_without_a_copy # cow.c:1: frame(p) == old (0, 1)", 1, False),
    ("cow", "not ok 1 - the_last_user_of_a_page_keeps_it_without_a_copy # cow.c:1: frame(p) == old (0, 1)", 0, True),
    ("cow", "not ok 1 - the_last_user_of_a_page_keeps_it_without_a_copy # cow.c:1: p[0] == 1 (0, 1)", 1, True),
    ("cow", "not ok 1 - fork_shares_the_frame_and_a_write_gives_a_new_one # cow.c:1: p[0] == 1 (0, 1)", 1, True),
    ("cow", "not ok 1 - child_and_parent_see_their_own_bytes # cow.c:1: frame(p) == old (0, 1)", 1, True),
    ("mmap", "not ok 1 - the_last_user_of_a_page_keeps_it_without_a_copy # cow.c:1: frame(p) == old (0, 1)", 1, True),
    ("mincore", "not ok 1 - any # mincore.c:1: p[0] == 1 (0, 1)", 1, False),
    ("mincore", "not ok 1 - any # mincore.c:1: p[0] == 1 (0, 1)", 0, True),
    ("cow", "ok 1 - any", 1, False),
)


def check_judge(check):
    """Is a failure excused for the cases that are named, and no others?  And does each of them exist?"""
    for program, line, storm, fails in JUDGED:
        wrong = []
        judge_small([f"# run {program}", "1..1", line, "# verify after: ok", "# passed"], [program],
                    [TOO_LARGE] + [WHERE_PAGES_ARE] * storm, storm, lambda good, text: good or wrong.append(text))
        check(bool(wrong) == fails, f"{line!r} of {program}, storm {storm}: {wrong or 'excused'}")
    names = [f"{program}.{case}" for program, cases in COUNTING.items() for case in cases.split()]
    for name in (*TOO_LARGE, *WHERE_PAGES_ARE, *names):
        program, case = name.split(".")
        source = next((p for p in (USER / f"{program}.c", USER / f"{program}.pie.c") if p.exists()), None)
        check(source and (case == "*" or re.search(rf"^(TEST|CASE)\w*\({case}\b", source.read_text(), re.M)), f"there is no {name}")


# ---- little memory ------------------------------------------------------------------------------

def make_programs(image, build, programs):
    """An ext2 image with the PROGRAMS and the storm."""
    top = image.with_suffix(".top")
    subprocess.run(["rm", "-rf", str(top)], check=True)
    top.mkdir()
    for name in (*programs, "storm"):
        (top / name).write_bytes((build / "tests" / name).read_bytes())
        (top / name).chmod(0o755)
    image.unlink(missing_ok=True)
    ext2test.run("mkfs.ext2", "-q", "-F", "-b", "4096", "-d", str(top), str(image), "64M")
    subprocess.run(["rm", "-rf", str(top)], check=True)


def make_swap(image, mib=128):
    with open(image, "wb") as disk:
        disk.truncate(mib << 20)
        disk.write(mkdisk.swap_header(mib << 8))


def by_program(lines):
    """[(program, its lines)], from the lines of tests/user/run.c."""
    found, name, inside = [], "", []
    for line in lines:
        if match := re.match(r"# run (\S+)", line):
            name, inside = match.group(1), []
            found.append((name, inside))
        elif name:
            inside.append(line)
    return found


# They have swap areas of their own, and count what is in swap: run where there is no other.
OWN_SWAP = ("diskerr", "oom", "reclaim", "swap", "swapload", "swapshm")
SAMPLE = ("cow", "differential", "exec", "madvise", "memfd", "mmap", "model", "mremap", "nonlinear", "process_vm", "shm",
          "thread", "truncate", "vfork")


def small(m, build, log, programs, storm, limit, check):
    """M, with what it has and MEMORY, runs PROGRAMS beside a storm of that seed (0: without one)."""
    swap = not set(programs) & set(OWN_SWAP)
    m.memory, m.append = MEMORY, "console=ttyS0 quiet panic=-1"
    images = small_setup(m, build, log, programs, storm, swap)
    with open(log, "wb") as out:
        try:
            subprocess.run(m.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, timeout=limit)
        except subprocess.TimeoutExpired:
            check(False, "time limit passed")
    lines = log.read_text(errors="replace").replace("\r", "").split("\n")
    tables = [TOO_LARGE if swap else {}] + [WHERE_PAGES_ARE] * bool(storm)
    judge_small(lines, programs, tables, storm, check)
    for image in images:
        image.unlink()


def small_setup(m, build, log, programs, storm, swap=True):
    """What M, which has the disks of tools/diskimage.py if it has any, needs beside its kernel: more disks and words."""
    image, area = log.with_suffix(".programs.img"), log.with_suffix(".swap.img")
    make_programs(image, build, programs)
    make_swap(area)
    names = [f"/dev/vd{chr(ord('a') + len(m.disks) + i)}" for i in range(2)]
    m.disks = (*m.disks, str(image), str(area))
    m.initrd = machine.make_initramfs(log.with_suffix(".cpio"), [f"{build}/tests/run:/init"])
    m.append += f" -- -d {names[0]}" + (f" -p {names[1]}" if swap else "") + (f" -s {storm}" if storm else "")
    m.append += " " + " ".join(programs)
    return image, area


def judge_small(lines, programs, tables, storm, check):
    """
    Each case holds, but those of the TABLES, and in a storm those that count pages where they do; each program kept its
    plan; the kernel is in order after each.
    """
    text = "\n".join(lines)
    for name, said in by_program(lines):
        for line in said:
            match = re.match(r"(not )?ok (\d+) - (\w+)", line)
            if match and not (match.group(1) and (expected(name, match.group(3), tables) or
                                                  storm and counted(name, match.group(3), line))):
                check(not match.group(1), f"{name}: {line}")
            elif line.startswith("not ok - "):
                check(name == "many", f"{name}: {line}")
        cases = [line for line in said if re.match(r"(not )?ok \d+ - ", line)]
        plan = next((int(line[3:]) for line in said if re.match(r"1\.\.\d+$", line)), -1)
        check(plan == len(cases), f"{name}: {len(cases)} results of {plan}")
    check(text.count("\n# verify after") >= len(programs), "the kernel was not looked at after each program")
    for line in lines:
        if line.startswith("# verify after") and " ok" not in line:
            check(False, line)
    check("# passed" in text or "# failed" in text, "the machine did not come to its end")


# ---- the plug is pulled -------------------------------------------------------------------------
# QEMU killed by SIGKILL loses what the guest had not been answered: the rest is in the host's cache. A machine without
# power loses more: all that its disk had answered and not flushed. So QEMU also logs each request (blklogwrites), and a
# second image is made of the log: what came before the last flush, and of what came later some sectors by chance.

DIRS = 4
LOG_MAGIC, LOG_FLUSH = 0x6a736677736872, 1


def power_disk(image, log):
    """QEMU's words for a disk whose requests are logged; that host's own disk is not waited for."""
    file = "driver=file,cache.no-flush=on"
    return ("-blockdev", f"{file},filename={image},node-name=image", "-blockdev", f"{file},filename={log},node-name=log",
            "-blockdev", "driver=blklogwrites,node-name=disk,file=image,log=log",
            "-device", "virtio-blk-pci,drive=disk,write-cache=on")


def log_entries(data):
    """[(sector, bytes, is a flush)] of a log; what a request in flight has left open is skipped."""
    magic, _, _, size = struct.unpack_from("<QQQI", data)
    assert magic == LOG_MAGIC, f"no log of writes: {magic:x}"
    at, found = size, []
    while at + size <= len(data):
        sector, sectors, flags, _ = struct.unpack_from("<QQQQ", data, at)
        at += size
        if flags & LOG_FLUSH:
            found.append((0, b"", True))
        if sectors:
            if at + sectors * size > len(data):
                break
            found.append((sector * size, data[at:at + sectors * size], False))
            at += sectors * size
    return found


def lose_the_cache(before, entries, chance):
    """The image after a power cut: all that was flushed, and what chance has written of the rest."""
    image = bytearray(before)
    last = max((i for i, entry in enumerate(entries) if entry[2]), default=-1)
    for i, (at, data, _) in enumerate(entries):
        for part in range(0, len(data), 512):
            if i < last or chance.random() < 0.5:
                image[at + part:at + part + 512] = data[part:part + 512]
    return image, last


def safe_files(text):
    """{name: (version, size)} of what had been said to be safe last, and not touched since; size -1: not there."""
    safe = {}
    for what, name, version, size in re.findall(r"^@@ (change|synced) (f\d+) (\d+) (-?\d+)\r?\n", text, re.M):
        if what == "synced":
            safe[name] = int(version), int(size)
        else:
            safe.pop(name, None)
    return safe


def contents(name, version, size):
    k = int(name[1:])
    return bytes((31 * k + 7 * version + 13 * (at // 512) + at) & 255 for at in range(size))


def check_safe(image, safe, check, what):
    """e2fsck repairs the image, and then it holds what is SAFE; else the image as it was is kept."""
    before = image.read_bytes()
    fsck = subprocess.run(["e2fsck", "-fy", str(image)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(fsck.returncode in (0, 1), f"{what}: e2fsck -fy ended with {fsck.returncode}: {fsck.stdout[-600:]}")
    again = subprocess.run(["e2fsck", "-fn", str(image)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    check(again.returncode == 0, f"{what}: e2fsck finds something once more")
    top = image.with_suffix(".dir")
    subprocess.run(["rm", "-rf", str(top)], check=True)
    top.mkdir()
    ext2test.run("debugfs", "-R", f"rdump / {top}", str(image))
    for name, (version, size) in safe.items():
        path = top / f"d{int(name[1:]) % DIRS}" / name
        data = path.read_bytes() if path.is_file() else None
        want = None if size < 0 else contents(name, version, size)
        if data != want:
            at = next((i for i, (a, b) in enumerate(zip(data or b"", want or b"")) if a != b), -1)
            pathlib.Path(f"{image}.bad").write_bytes(before)
            check(False, f"{what}: {name}, version {version}, {size} bytes: {data and len(data)} bytes, other from {at}: "
                         f"{(data or b'')[at:at + 16].hex()} for {(want or b'')[at:at + 16].hex()}; see {image}.bad")
    subprocess.run(["rm", "-rf", str(top)], check=True)


def power_cut(m, build, log, seed, check):
    """One machine, killed at a random moment; returns how many files were safe."""
    chance, image, writes = random.Random(seed), log.with_suffix(".img"), log.with_suffix(".writes")
    image.unlink(missing_ok=True)
    ext2test.run("mkfs.ext2", "-q", "-F", "-b", str(chance.choice((1024, 1024, 4096))), str(image), "8M")
    before = image.read_bytes()
    writes.write_bytes(b"")
    m.initrd = machine.make_initramfs(log.with_suffix(".cpio"), [f"{build}/tests/powercut:/init"], busybox=False)
    m.append = f"console=ttyS0 quiet panic=-1 -- {seed}"
    m.extra = power_disk(image, writes)
    with open(log, "wb") as out:
        qemu = subprocess.Popen(m.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + 60
            while b"@@ begin" not in log.read_bytes() and qemu.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
            time.sleep(chance.uniform(0.05, 2.5))
            check(qemu.poll() is None, f"QEMU has ended by itself: {qemu.poll()}")
        finally:
            qemu.kill()
            qemu.wait()
    text = log.read_text(errors="replace")
    check("@@ begin" in text and "@@ failed" not in text and "panic" not in text, text[-500:])
    safe = safe_files(text)
    check_safe(image, safe, check, f"seed {seed}, QEMU killed")
    image.write_bytes(before)
    entries = log_entries(writes.read_bytes())
    for turn in range(2):
        data, last = lose_the_cache(before, entries, chance)
        image.write_bytes(data)
        check_safe(image, safe, check, f"seed {seed}, power lost after flush {last} of {len(entries)}, turn {turn}")
    for path in (image, writes):
        path.unlink()
    return len(safe)


# ---- the nth request fails ----------------------------------------------------------------------
# QEMU's blkdebug counts by states: the event takes it from one to the next, and in the nth state it injects.

EVENTS = {"read": "read_aio", "write": "write_aio", "flush": "flush_to_disk"}

FAILING_INIT = """#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t tmpfs tmp /tmp
%s
echo 1 > /proc/sys/vm/verify || echo "@@ the kernel finds its structures damaged"
head -n 3 /proc/sys/vm/verify
echo "@@ end"
poweroff -f
"""
FAILING = {
    # user/ext2 mounts /dev/vda itself; afterwards other programs use it as /tmp
    "ext2": """/tests/ext2
mount -t ext2 /dev/vda /tmp && for t in file dir msync truncate; do /tests/$t; done
sync
cd /
umount /tmp
""",
    "writeback": "/tests/writeback",
    "swap": "/tests/swap; /tests/storm; swapoff /dev/vdd",
}


def failing_rules(path, kind, n, for_good):
    """blkdebug's file: the nth request of the KIND fails, and FOR_GOOD all after it."""
    event = EVENTS[kind]
    rules = "".join(f'[set-state]\nevent = "{event}"\nstate = "{i}"\nnew_state = "{i + 1}"\n' for i in range(1, n))
    path.write_text(rules + f'[inject-error]\nevent = "{event}"\niotype = "{kind}"\nstate = "{n}"\nerrno = "5"\n'
                    f'once = "{"off" if for_good else "on"}"\n')


def failing(m, build, log, program, kind, n, check):
    """
    PROGRAM on a disk whose nth request fails, and for even n all after it.  What its cases say is theirs: that the machine
    comes to its end, that the kernel's structures are in order, and that e2fsck repairs what is left, is the claim.
    """
    rules, image, lines = log.with_suffix(".conf"), log.with_suffix(".img"), []
    failing_rules(rules, kind, n, n % 2 == 0)
    image.unlink(missing_ok=True)
    if program == "ext2":
        ext2test.make_image(image, "-b 1024")
        m.disks = (f"blkdebug:{rules}:{image},write",)
    else:
        for name, size in (("a", 1), ("d", 16)):
            with open(log.with_suffix(f".{name}"), "wb") as disk:
                disk.truncate(size << 20)
        # vdd in blocks as in diskimage.py: user/writeback counts what a page costs, and would wait for it in vain.
        vdd = f"blkdebug:{rules}:{log.with_suffix('.d')},write{diskimage.VDD_BLOCKS}"
        m.disks = (str(log.with_suffix(".a")),) * 3 + (vdd,)
    programs = ("ext2", "file", "dir", "msync", "truncate", "writeback", "swap", "storm")
    m.initrd = machine.make_initramfs(log.with_suffix(".cpio"), [f"{build}/tests/{p}:/tests/{p}" for p in programs],
                                      FAILING_INIT % FAILING[program])
    m.append, m.debug_exit = "console=ttyS0 quiet panic=-1", False
    with open(log, "wb") as out:
        try:
            status = subprocess.run(m.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                    timeout=600).returncode
        except subprocess.TimeoutExpired:
            status = "time limit"
    text, what = log.read_text(errors="replace").replace("\r", ""), f"{program}, {kind} {n}"
    end = text.rsplit("\n", 6)[0][-400:]
    check(status == 0 and "\n@@ end" in text, f"{what}: QEMU ended with {status}: {end}")
    check("\n@@ the kernel" not in text and re.search(r"^ok: ", text, re.M), f"{what}: structures of the kernel: {end}")
    if program == "ext2":
        fsck = subprocess.run(["e2fsck", "-fy", str(image)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        check(fsck.returncode in (0, 1), f"{what}: e2fsck ended with {fsck.returncode}: {fsck.stdout[-300:]}")
    return len(re.findall(r"^not ok ", text, re.M))
