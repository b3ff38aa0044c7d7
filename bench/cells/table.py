"""Recurrent cells over words at equal CPU seconds: validation perplexity, and paired differences over seeds. Standard
library only; Linux.

    cargo build --release -p gyeol-lm --example cells
    python3 bench/cells/table.py --data FOLDER [--seeds 1,2,3] [--seconds 240] [--at 60,120,240] [--out runs.jsonl]
    python3 bench/cells/table.py --from runs.jsonl                 # only the table

FOLDER holds wikitext2/wiki.{train,valid}.tokens.gz and tiny_shakespeare/input.txt.gz, of which the first nine tenths of
the lines are learnt from; words of it that occur once are unknown.

Each run is a process of its own, one cell, one seed, one corpus, that prints its validation loss as its budgets run out
(`crates/lm/examples/cells.rs` says what is counted and why a constant rate with averaged weights makes one run fair at
all of them). Seeds are the outer loop, so that whatever else the machine does meets all cells alike.

The learning rate of each cell is chosen first, on each corpus: one run of --rate-seconds at each rate of --rates, with a
seed that the table does not use, and the least validation loss. A best rate at the end of the list is marked, for the
list may be too short there. --rate CELL=R takes the choice away.

Every line that the runs print is kept in --out. The table has the geometric mean of the perplexities over seeds, the
words walked over, and below it for each pair by how many per cent the row's perplexity differs from the column's, with
half the width of a 95 % interval over seeds (Student's t of the differences of nats, paired by seed); one seed has none.
"""

import argparse
import gzip
import itertools
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CELLS = ["rnn", "gru", "lstm", "slstm", "mingru"]
RATE_SEED = 1001
# Two-sided 95 % of Student's t, by degrees of freedom.
T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131]


def prepare(corpus, data, folder):
    """Paths of the training and the validation text, and the least occurrences of a known word."""
    def read(path):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return file.read()

    if corpus == "wikitext2":
        parts = [read(data / corpus / f"wiki.{part}.tokens.gz") for part in ("train", "valid")]
        least = 1
    elif corpus == "tiny_shakespeare":
        lines = read(data / corpus / "input.txt.gz").splitlines(keepends=True)
        cut = len(lines) * 9 // 10
        parts, least = ["".join(lines[:cut]), "".join(lines[cut:])], 2
    else:
        sys.exit(f"no corpus {corpus}: wikitext2 or tiny_shakespeare")
    paths = []
    for name, text in zip(("train", "valid"), parts):
        paths.append(folder / f"{corpus}.{name}.txt")
        paths[-1].write_text(text, encoding="utf-8")
    return paths, least


def run(options, corpus, texts, least, cell, seed, rate, seconds, at, what, out):
    """One process; its lines as records, kept in `out` as they come."""
    command = [options.binary, cell, *map(str, texts), "--seconds", seconds, "--at", at, "--units", options.units,
               "--layers", options.layers, "--rate", rate, "--seed", seed, "--least", least, "--threads", options.threads]
    load, begun, found, setting = os.getloadavg()[0], time.time(), [], {}
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            record = json.loads(line)
            if "cpu_s" not in record:
                setting = record
                continue
            record = {"what": what, "corpus": corpus, **setting, **record, "wall_s": round(time.time() - begun, 1),
                      "load": load}
            found.append(record)
            out.write(json.dumps(record) + "\n")
            out.flush()
    if process.returncode != 0 or not found:
        # A rate at which training breaks loses; anything else would have said so on standard error.
        print(f"{corpus} {cell} seed {seed} rate {rate}: ended with {process.returncode}", file=sys.stderr)
    return found if process.returncode == 0 else []


def choose(options, corpus, texts, least, cell, out):
    """The rate with the least loss."""
    losses = {}
    for rate in options.rates:
        found = run(options, corpus, texts, least, cell, RATE_SEED, rate, options.rate_seconds, options.rate_seconds,
                    "rate", out)
        if found:
            losses[rate] = found[-1]["valid_nats"]
            print(f"{corpus} {cell} rate {rate}: {math.exp(losses[rate]):.1f}", file=sys.stderr)
    if not losses:
        sys.exit(f"{corpus} {cell}: no rate of the list trains")
    return min(losses, key=losses.get)


def interval(differences):
    """Mean and half the width of its 95 % interval."""
    mean, n = statistics.fmean(differences), len(differences)
    if n < 2:
        return mean, None
    t = T95[n - 2] if n - 2 < len(T95) else 1.96
    return mean, t * statistics.stdev(differences) / math.sqrt(n)


def percent(nats):
    return 100 * (math.exp(nats) - 1)


def table(records):
    """Prints the table of each corpus and budget."""
    rates = {}
    for r in records:
        if r["what"] == "rate":
            rates.setdefault((r["corpus"], r["cell"]), {})[r["rate"]] = r["valid_nats"]
    runs = {}
    for r in records:
        if r["what"] == "run":
            runs.setdefault((r["corpus"], r["cell"], r["seed"]), []).append(r)
    for corpus in dict.fromkeys(key[0] for key in runs):
        cells = [cell for cell in CELLS if any(key[:2] == (corpus, cell) for key in runs)]
        one = next(r[0] for key, r in runs.items() if key[0] == corpus)
        softmax = "tied" if one["tied"] else "adaptive"
        print(f"\n{corpus}: {one['layers']} x {one['units']}, vocabulary {one['vocabulary']}, {softmax} softmax, "
              f"{one['threads']} thread(s), {one['path']}")
        for cell in cells:
            tried = rates.get((corpus, cell), {})
            used = sorted({r[0]["rate"] for key, r in runs.items() if key[:2] == (corpus, cell)})
            end = tried and used[0] in (min(tried), max(tried))
            said = ", ".join(f"{rate:g}: {math.exp(nats):.1f}" for rate, nats in sorted(tried.items()))
            print(f"  {cell:<7} rate {', '.join(f'{rate:g}' for rate in used)}{' (end of the list)' if end else ''}"
                  f"{'; tried ' + said if tried else ''}")
        most = min(len(r) for key, r in runs.items() if key[0] == corpus)
        for mark in range(most):
            of = {cell: {key[2]: r[mark] for key, r in runs.items() if key[:2] == (corpus, cell)} for cell in cells}
            cpu = [r["cpu_s"] for found in of.values() for r in found.values()]
            print(f"\n  at {min(cpu):.0f} to {max(cpu):.0f} CPU seconds")
            print(f"  {'cell':<7} {'perplexity':>10} {'words':>10} {'seeds':>5}  " + "".join(f"{c:>16}" for c in cells))
            for cell in cells:
                nats = [r["valid_nats"] for r in of[cell].values()]
                words = statistics.fmean(r["tokens"] for r in of[cell].values())
                row = ""
                for other in cells:
                    both = sorted(of[cell].keys() & of[other].keys())
                    if cell == other or not both:
                        row += f"{'':>16}"
                        continue
                    mean, half = interval([of[cell][s]["valid_nats"] - of[other][s]["valid_nats"] for s in both])
                    wide = "" if half is None else f" ± {100 * half:.1f}"
                    row += f"{f'{percent(mean):+.1f}{wide}':>16}"
                print(f"  {cell:<7} {math.exp(statistics.fmean(nats)):>10.1f} {words:>10.0f} {len(nats):>5}  {row}")


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = lambda text: [float(part) for part in text.split(",")]
    names = lambda text: text.split(",")
    parse.add_argument("--data", type=pathlib.Path, default=os.environ.get("GYEOL_DATA"))
    parse.add_argument("--corpora", type=names, default=["wikitext2", "tiny_shakespeare"])
    parse.add_argument("--cells", type=names, default=CELLS)
    parse.add_argument("--seeds", type=lambda text: [int(part) for part in text.split(",")], default=[1, 2, 3])
    parse.add_argument("--seconds", type=float, default=240)
    parse.add_argument("--at", type=numbers, default=None, help="budgets read on the way; default a quarter and a half")
    parse.add_argument("--units", type=int, default=200)
    parse.add_argument("--layers", type=int, default=1)
    parse.add_argument("--threads", type=int, default=1)
    parse.add_argument("--rates", type=numbers, default=[0.001, 0.002, 0.004, 0.008])
    parse.add_argument("--rate-seconds", type=float, default=60)
    parse.add_argument("--rate", action="append", default=[], metavar="CELL=R")
    parse.add_argument("--binary", default=str(ROOT / "target" / "release" / "examples" / "cells"))
    parse.add_argument("--out", type=pathlib.Path, default=pathlib.Path("cells.jsonl"))
    parse.add_argument("--from", dest="taken", type=pathlib.Path)
    options = parse.parse_args()
    if options.taken:
        return table([json.loads(line) for line in options.taken.read_text().splitlines()])
    if options.data is None:
        sys.exit("--data FOLDER, or GYEOL_DATA: where wikitext2 and tiny_shakespeare are")
    data = pathlib.Path(options.data)
    unknown = [cell for cell in options.cells if cell not in CELLS]
    if unknown:
        sys.exit(f"no cell {unknown[0]}: {', '.join(CELLS)}")
    given = {cell: float(rate) for cell, rate in (pair.split("=") for pair in options.rate)}
    marks = options.at or [options.seconds / 4, options.seconds / 2]
    at = ",".join(f"{mark:g}" for mark in marks)
    print(f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} cores", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder, options.out.open("w") as out:
        ready = {corpus: prepare(corpus, data, pathlib.Path(folder)) for corpus in options.corpora}
        rates = {}
        for corpus, cell in itertools.product(options.corpora, options.cells):
            texts, least = ready[corpus]
            rates[corpus, cell] = given.get(cell) or choose(options, corpus, texts, least, cell, out)
        for seed, corpus, cell in itertools.product(options.seeds, options.corpora, options.cells):
            texts, least = ready[corpus]
            found = run(options, corpus, texts, least, cell, seed, rates[corpus, cell], options.seconds, at, "run", out)
            if found:
                said = ", ".join(f"{r['cpu_s']:.0f} s {math.exp(r['valid_nats']):.1f}" for r in found)
                print(f"{corpus} {cell} seed {seed}: {said}", file=sys.stderr)
    table([json.loads(line) for line in options.out.read_text().splitlines()])


if __name__ == "__main__":
    main()
