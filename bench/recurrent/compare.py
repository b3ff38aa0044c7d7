"""gyeol and its rivals on the recurrent cases (see protocol.py), run in turn. Standard library only.

    cargo build --release --examples
    python bench/recurrent/compare.py [CASE ...] [--threads 1,2] [--rounds 3] [--python venv/bin/python] ...
    python bench/recurrent/compare.py --from bench/runs/DATE-MACHINE/recurrent.jsonl       # only the table

Each round runs ours and then every rival once, each as a process of its own. Every line they print is kept, with the
process's wall time and the machine's load, in bench/runs/DATE-MACHINE/recurrent.jsonl.

Columns: ours is the median of all our rounds, the rival's figure its best of all; `times` is ours against that (above 1
gyeol is faster), `best` the best of both. `ceiling` is the share of the flops that the cores can do, by our median: the
products of the step alone, counted below, over the peak that our own program measures or --peak gives. `MB` is the
largest resident memory, `start s` the process's wall time up to the end of its first step and after its last one: both
gyeol / rival.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import protocol

HERE = pathlib.Path(__file__).parent
CASES = ["ts", "lm200", "rnn200", "lm650", "cls", "lstm:I=7,H=50,T=96,B=20", "gru", "infer", "infer:B=32"]


def flops(case):
    """Multiplications and additions of the products in one unit: a token, a sample, or a call of `infer`.

    Forward, one layer, one step: 2 (I + H) G H with G blocks of gates. Backward, every product comes back as two, one
    for the weights and one for the inputs; inputs that are data need no gradient.
    """
    blocks = {"rnn": 1, "gru": 3, "lstm": 4}[case.cell] * case.H
    first = 2 * case.I * blocks
    rest = 2 * case.H * blocks * (2 * case.L - 1)
    dense = 2 * case.H * case.O
    if case.task == "infer":
        return case.B * (case.T * (first + rest) + dense)
    step = first * (2 if case.task == "forecast" else 3) + rest * 3
    return step + dense * 3 if case.task == "language" else case.T * step + dense * 3


def run(command):
    """The JSON line a command prints, with its wall time and the load before it; or why there is none."""
    load, begun = os.getloadavg()[0], time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        return None, str(error)
    wall = time.perf_counter() - begun
    try:
        record = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        said = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        return None, f"exit {done.returncode}: {said}"
    return record | {"wall_s": round(wall, 3), "load": round(load, 2)}, None


def missing(python, package):
    """Why this Python cannot run a rival; none when it can."""
    try:
        done = subprocess.run([python, "-c", f"import {package}"], capture_output=True, text=True)
    except OSError as error:
        return str(error)
    return (done.stderr.strip().splitlines() or ["fails"])[-1] if done.returncode else None


def rivals(options):
    """(script, its options, whether it does a case) of each rival that can run; says which cannot."""
    known = [("torch", "torch_step.py", [], lambda c: True)]
    if options.compile:
        known.append(("torch", "torch_step.py", ["--compile"], lambda c: True))
    known.append(("onnxruntime", "onnx_infer.py", [], lambda c: c.task == "infer" and options.dtype == "f32"))
    found = []
    for package, script, extra, does in known:
        if why := missing(options.python, package):
            print(f"{package} is left out: {options.python}: {why}. Another Python: --python FILE", file=sys.stderr)
        else:
            found.append((script, extra, does))
    return found


def compare(options, keep):
    ours, theirs = [options.step], rivals(options)
    jobs = [("peak", n, [[*ours, "peak"]]) for n in options.threads] if options.peak is None else []
    for case in options.cases:
        sizes = protocol.parse(case)
        programs = [[*ours, case]]
        programs += [[options.python, str(HERE / f), *extra, case] for f, extra, does in theirs if does(sizes)]
        jobs += [(case, n, programs) for n in options.threads]
    for case, threads, programs in jobs:
        for turn in range(options.rounds):
            for program in programs:
                command = [*program, "--threads", str(threads), "--secs", str(options.secs)]
                if options.dtype != "f32" and case != "peak":
                    command += ["--dtype", options.dtype]
                said = f"{case}, threads {threads}, round {turn + 1}: {pathlib.Path(program[-2]).name}"
                print(f"\r\033[K{said}", end="", file=sys.stderr, flush=True)
                record, why = run(command)
                if record:
                    keep(record | {"turn": turn})
                else:
                    print(f"\r\033[K{said}: {why}", file=sys.stderr)
    print("\r\033[K", end="", file=sys.stderr)


def short(number):
    if number is None:
        return "-"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def table(records, peak):
    """Rows of text, in the order of the records."""
    groups, peaks = {}, {}
    for r in records:
        if r["case"] == "peak":
            peaks.setdefault(r["threads"], []).append(r["best"])
        else:
            key = (r["case"], r["threads"], r.get("dtype", "f32"))
            groups.setdefault(key, {}).setdefault(r["program"], []).append(r)
    rows = ["case threads unit ours rival its_best times best ceiling MB start_s".split()]
    for (name, threads, dtype), programs in groups.items():
        case, ours = protocol.parse(name), programs.pop("gyeol", None)
        lower = case.unit == "us"
        best = min if lower else max

        def times(a, b):
            return f"{(b / a if lower else a / b):.2f}"

        def start(lines):
            return statistics.median(r["wall_s"] - r["measured_s"] for r in lines)

        median = statistics.median(v for r in ours for v in r["rounds"]) if ours else None
        share = "-"
        ceiling = peak * threads if peak else max(peaks.get(threads, [0]))
        if ours and ceiling and dtype == "f32":
            rate = 1e6 / median if lower else median
            share = f"{rate * flops(case) / (ceiling * 1e9):.0%}"
        label = name if dtype == "f32" else f"{name} {dtype}"
        for rival, lines in programs.items() or [("-", None)]:
            its = best(r["best"] for r in lines) if lines else None
            both = ours and lines
            rows.append([
                label,
                str(threads),
                case.unit,
                short(median),
                rival,
                short(its),
                times(median, its) if both else "-",
                times(best(r["best"] for r in ours), its) if both else "-",
                share,
                " / ".join(short(max(r["peak_mb"] for r in side)) if side else "-" for side in (ours, lines)),
                " / ".join(f"{start(side):.2f}" if side else "-" for side in (ours, lines)),
            ])
    widths = [max(map(len, column)) for column in zip(*rows)]
    left = (0, 2, 4)
    return "\n".join(
        "  ".join(v.ljust(w) if i in left else v.rjust(w) for i, (v, w) in enumerate(zip(row, widths))).rstrip()
        for row in rows
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=CASES)
    parser.add_argument("--threads", default="1,2", type=lambda s: [int(n) for n in s.split(",")])
    parser.add_argument("--rounds", type=int, default=3, help="turns of each program")
    parser.add_argument("--secs", type=float, default=5.0, help="measured seconds of a process")
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--compile", action="store_true", help="torch.compile as one more rival")
    parser.add_argument("--python", default="venv/bin/python", help="one that has the rivals")
    parser.add_argument("--step", default="target/release/examples/step", help="our program")
    parser.add_argument("--peak", type=float, help="GFLOP/s of a core, instead of measuring")
    parser.add_argument("--machine", default=f"{platform.machine()}-{os.cpu_count()}core", help="name in the folder")
    parser.add_argument("--from", dest="kept", type=pathlib.Path, help="only the table of these lines")
    options = parser.parse_args()
    if options.kept:
        records = [json.loads(line) for line in options.kept.read_text().splitlines()]
        print(table(records, options.peak))
        return
    if not os.access(options.step, os.X_OK):
        sys.exit(f"{options.step} is not there: cargo build --release --examples, or --step FILE")
    folder = HERE.parent / "runs" / f"{datetime.date.today()}-{options.machine}"
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    with open(folder / "recurrent.jsonl", "a") as lines:

        def keep(record):
            records.append(record)
            print(json.dumps(record), file=lines, flush=True)

        compare(options, keep)
    print(table(records, options.peak))


if __name__ == "__main__":
    main()
