#!/usr/bin/env python3
"""
tools/bench.py - Quire beside Linux 6.1: what operations cost, against the goals

  bench.py [--build DIR] [--wall [--boots N]] [--docs]
  bench.py --table FILE          the table of a bench.json, in Markdown

Boots Debian's Linux, made lean (tools/machine.py), and DIR/quire.elf on the same machine: one
processor, qemu64, 1 GiB, QEMU counting instructions.  Both run the same static program
(tests/bench), which checks that each call did its work.  Prints a table and writes
build/bench.json; draws the cost against size with gnuplot (build/bench-*.svg).

What is about disks (P25 to P29) runs in a boot of its own, with the same two disks for both kernels; the walk over more
than memory (D1, D2) in one with 120 MiB for programs.

--wall   without counting: the time on this machine, in nanoseconds; the two kernels boot in turns, N
         times each; of each operation the median of all boots, and the least and the most
--docs   keep the numbers: docs/bench.json, from which the table in docs/testing.md is made
         (tools/gendocs.py), and the drawings in docs/images/
"""
import argparse
import array
import concurrent.futures
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import mkdisk

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOOT_WITH = ROOT / "tools/boot-with"
KERNELS = ("Linux", "Quire")

# At most so many instructions.
GOALS = {"P1": 78, "P2": 850, "P3": 250, "P4": 1000, "P5": 260, "P6": 1500, "P7": 3500, "P8": 100, "P9": 18,
         "P10": 1500, "P11": 1500, "P12": 32, "P13": 65, "P14": 32000, "P15": 100000, "P16": 6000, "P17": 1000,
         "P18": 500}
GROWTH = 1.3        # C7: the most by which an operation may be dearer at 60,000 areas than at 10
CURVES = {"areas": "areas of the process", "pages": "pages", "threads": "threads, or processes"}
# What must be cheaper than on Linux: the goal is Linux's number, and for what is read from the disk a little more.
DISK_IDS = ("P25", "P26", "P27", "P28", "P29")
# The walk: Debian's kernel keeps 68 MiB more of the machine than ours, so that as much is left for the program.
WALK_MEMORY, WALK_MIB, WALK_MORE = {"Linux": "196M", "Quire": "128M"}, 384, 1.05
COMMANDS = ("bench", "bench -k", "bench -c threads", "bench -c pages", "bench -c areas")

POINT = re.compile(r"(areas|pages|threads) (\d+) (\d+) (.+)")
MEASURE = re.compile(r"(P\d+) ([\d.]+) (.+)")
COUNT = re.compile(r"(C\d) ([\d.]+) (\d+) (.+)")
WALK = re.compile(r"(D\d)(\d) (\d+) (.+)")
RATE = re.compile(r"ticks (\d+) in a microsecond")


# ---- running ------------------------------------------------------------------------------------

def boot(kernel, build, command, counting, limit, disks=(), memory="1G"):
    """What `command` prints there; the program's own checks must all have passed."""
    words = [str(BOOT_WITH), "-t", str(limit), "-c", "qemu64", "-m", memory, "-a", "no5lvl"] + ["-i"] * counting
    words += [w for disk in disks for w in ("-d", str(disk))]
    words += ["linux" if kernel == "Linux" else str(build / "quire.elf"), str(build / "bench/bench"), "--", command]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode or "FAIL" in done.stdout:
        sys.exit(f"bench: {command} on {kernel} ended with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def read(text):
    """Measures {id: (value, name)}, counts [(id, value, goal, name)], curves {curve: {series: [[size, value]]}}."""
    measures, counts, curves = {}, [], {}
    for line in text.splitlines():
        if match := POINT.fullmatch(line):
            curve, size, value, series = match.groups()
            curves.setdefault(curve, {}).setdefault(series, []).append([int(size), int(value)])
        elif match := MEASURE.fullmatch(line):
            measures[match[1]] = float(match[2]), match[3]
        elif match := COUNT.fullmatch(line):
            counts.append((match[1], float(match[2]), int(match[3]), match[4]))
    return measures, counts, curves


def make_disks(directory):
    """An ext2 with `data`, 64 MiB of numbered words, and a swap area: for both kernels the same."""
    top, images = directory / "top", (directory / "ext2.img", directory / "swap.img")
    top.mkdir()
    with open(top / "data", "wb") as data:
        array.array("Q", range(1, (64 << 20) // 8 + 1)).tofile(data)
    subprocess.run(["mkfs.ext2", "-q", "-F", "-b", "4096", "-d", str(top), str(images[0]), "80M"], check=True,
                   stdout=subprocess.DEVNULL)
    with open(images[1], "wb") as disk:
        disk.truncate(512 << 20)
        disk.write(mkdisk.swap_header(512 << 8))
    return images


def with_disks(build, limit):
    """The rows of P25 to P29, D1 and D2."""
    with tempfile.TemporaryDirectory() as tmp, concurrent.futures.ThreadPoolExecutor(2) as pool:
        disks = make_disks(pathlib.Path(tmp))
        def both(command, memory):
            return [r.result() for r in [pool.submit(boot, k, build, command, True, limit, disks, memory[k]) for k in KERNELS]]
        linux, quire = [read(text)[0] for text in both("bench -d", dict.fromkeys(KERNELS, "1G"))]
        walks = [WALK.findall(text) for text in both(f"bench -m {WALK_MIB}", WALK_MEMORY)]
    if set(linux) != set(quire) or set(quire) != set(DISK_IDS) or len(walks[0]) != len(walks[1]) or not walks[0]:
        sys.exit("bench: measures of disks are missing")
    rows = [row(id, quire[id][1], linux[id][0], quire[id][0], linux[id][0]) for id in DISK_IDS]
    for (id, _, theirs, what), (_, _, ours, _) in zip(*walks):
        more = 1 if "instructions" in what else WALK_MORE
        rows.append(row(id, f"{WALK_MIB} MiB in 128 walked: {what}", int(theirs), int(ours),
                        round(int(theirs) * more)))
    return rows


def row(id, name, linux, quire, goal):
    return {"id": id, "operation": name, "linux": linux, "quire": quire, "goal": goal,
            "ratio": round(linux / quire, 2) if linux is not None and quire else None,
            "met": None if goal is None else quire <= goal}


def count_instructions(build, limit):
    """One boot of each kernel, side by side: they count, and do not mind each other."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        run = [pool.submit(boot, k, build, " && ".join(COMMANDS), True, limit) for k in KERNELS]
        (linux, _, linux_curves), (quire, counts, quire_curves) = [read(r.result()) for r in run]
    if set(linux) != set(quire) or set(quire) != set(GOALS):
        sys.exit(f"bench: measures are missing: {set(GOALS) - set(quire)}, {set(GOALS) - set(linux)}")
    rows = [row(id, quire[id][1], linux[id][0], quire[id][0], GOALS[id]) for id in GOALS]
    rows += with_disks(build, limit)
    rows += [row(id, name, None, value, goal) for id, value, goal, name in counts]
    curves = {"Linux": linux_curves, "Quire": quire_curves}
    for series in list(quire_curves["areas"])[:3]:
        least, most = [[curves[k]["areas"][series][i][1] for k in KERNELS] for i in (0, -1)]
        growth = [round(m / l, 2) for l, m in zip(least, most)]
        sizes = [quire_curves["areas"][series][i][0] for i in (0, -1)]
        rows.append(row("C7", f"{series}: {sizes[1]:,} areas to {sizes[0]}", *growth, GROWTH))
    return {"unit": "instructions of the guest", "rows": rows, "curves": curves}


def measure_time(build, boots, limit):
    """The kernels in turns, so that a busy moment of this machine meets both."""
    taken, names = {k: {} for k in KERNELS}, {}
    for _ in range(boots):
        for kernel in KERNELS:
            text = boot(kernel, build, "bench -w", False, limit)
            rate = int(RATE.search(text)[1]) / 1000
            for id, (ticks, name) in read(text)[0].items():
                taken[kernel].setdefault(id, []).append(ticks / rate)
                names[id] = name
    rows = []
    for id in GOALS:
        linux, quire = [sorted(taken[k][id]) for k in KERNELS]
        rows.append(row(id, names[id], *[round(statistics.median(t)) for t in (linux, quire)], None))
        rows[-1]["spread"] = {"linux": [round(linux[0]), round(linux[-1])], "quire": [round(quire[0]), round(quire[-1])]}
    return {"unit": f"nanoseconds, median of {boots} boots", "rows": rows}


# ---- showing ------------------------------------------------------------------------------------

def number(n):
    if n is None:
        return ""
    return f"{n:,.0f}" if n >= 100 or n == int(n) else f"{n:.2f}".rstrip("0")


def cells(r):
    """The cells of a row, as text."""
    met = {None: "", True: "yes", False: "no"}[r["met"]]
    shown = [r["id"], r["operation"]]
    for kernel in ("linux", "quire"):
        spread = r.get("spread", {}).get(kernel)
        shown.append(number(r[kernel]) + (f" ({number(spread[0])}..{number(spread[1])})" if spread else ""))
    ratio = "" if r["ratio"] is None or r["id"][0] == "C" else f"{r['ratio']:.1f}"
    return shown + [ratio, number(r["goal"]), met]


HEAD = ["", "operation", "Linux", "Quire", "ratio", "goal", "met"]


def plain(result):
    table = [HEAD] + [cells(r) for r in result["rows"]]
    width = [max(len(line[i]) for line in table) for i in range(len(HEAD))]
    lines = [f"{result['unit']}:"]
    for line in table:
        lines.append("  ".join(c.ljust(w) if i < 2 or i == 6 else c.rjust(w)
                               for i, (c, w) in enumerate(zip(line, width))).rstrip())
    judged = [r["met"] for r in result["rows"] if r["met"] is not None]
    if judged:
        lines.append(f"{sum(judged)} of {len(judged)} goals met")
    return "\n".join(lines)


def markdown(result):
    lines = ["| | operation | Linux | Quire | ratio | goal | met |", "|---|---|---:|---:|---:|---:|---|"]
    return "\n".join(lines + ["| " + " | ".join(cells(r)) + " |" for r in result["rows"]])


PLOT = """set terminal svg size 760,480 font 'sans-serif,12' background '#ffffff'
set output '{out}'
set xlabel '{xlabel}'
set ylabel 'instructions of the guest'
set logscale y
{scale}
set format y '%.0f'
set grid ytics lc '#dddddd'
set key outside below center maxcols 2 samplen 3
plot {plots}
"""
COLOURS = ("#1b6ca8", "#c8553d", "#3c7a3c", "#8a5aa8", "#b08a1e")


def draw(curves, directory):
    """A drawing for each curve: Quire's lines drawn through, Linux's dashed."""
    files = []
    for curve, xlabel in CURVES.items():
        plots, data = [], []
        for kernel, dash in (("Quire", 1), ("Linux", 2)):
            for i, (series, points) in enumerate(curves[kernel][curve].items()):
                name = f"$d{len(data)}"
                data.append(f"{name} << EOD\n" + "".join(f"{x} {y}\n" for x, y in points) + "EOD\n")
                plots.append(f"{name} with linespoints lw 2 dt {dash} pt {7 if dash == 1 else 6} ps 0.6 "
                             f"lc '{COLOURS[i]}' title '{kernel}: {series}'")
        out = directory / f"bench-{curve}.svg"
        scale = "set xtics 1" if curve == "threads" else "set logscale x\nset format x '%.0f'"
        script = "".join(data) + PLOT.format(out=out, xlabel=xlabel, scale=scale, plots=", \\\n".join(plots))
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
        files.append(out)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", type=pathlib.Path)
    parser.add_argument("--out", default="build", type=pathlib.Path)
    parser.add_argument("--wall", action="store_true")
    parser.add_argument("--boots", type=int, default=5)
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--limit", type=float, default=1800, metavar="SECONDS")
    parser.add_argument("--table", metavar="FILE")
    args = parser.parse_args()
    if args.table:
        print(markdown(json.loads(pathlib.Path(args.table).read_text())))
        return
    result = measure_time(args.build, args.boots, args.limit) if args.wall else count_instructions(args.build, args.limit)
    out = args.out / ("bench-wall.json" if args.wall else "bench.json")
    out.write_text(json.dumps(result, indent=1) + "\n")
    print(plain(result))
    files = [] if args.wall else draw(result["curves"], args.out)
    if args.docs and not args.wall:
        page = ROOT / "docs/testing.md"
        page.write_text(re.sub(r"(<!-- generated: bench -->\n).*?(<!-- end -->)",
                               lambda m: f"{m[1]}{markdown(result)}\n{m[2]}", page.read_text(), flags=re.S))
        shutil.copy(out, ROOT / "docs" / out.name)
        (ROOT / "docs/images").mkdir(exist_ok=True)
        for f in files:
            shutil.copy(f, ROOT / "docs/images" / f.name)


if __name__ == "__main__":
    main()
