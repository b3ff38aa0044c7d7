"""Looks for the future in gyeol's forecasts, from outside.

    python bench/load/leakage.py target/release/gyeol load.csv [--rungs linear,mlp] [--models FILE,...]

1. Forecasts cannot see past their origin: from a moment on, every load and temperature is replaced by noise; the
   forecasts (and intervals) whose origin is not after that moment must be the same bits. Those after it must not be,
   or the test could not fail.
2. Fits cannot see the test part: the rungs are fitted (--quick) on the table and on one whose test year is noise;
   both must forecast, with their intervals, the same bits. With noise in the last week of training they must not.
3. Cleaning cannot bring the future in: the same as 1 on a table with holes before the moment, by a rung fitted with
   each way of filling them (the reading that ends a hole may lie behind the origin).
"""

import argparse
import csv
import pathlib
import random
import subprocess
import sys
import tempfile

RECIPE = """task = "forecast"
[data]
file = {file}
[columns]
time = "time"
targets = ["load"]
past = ["temperature"]
[split]
by = "dates"
valid_from = 2013-01-01
test_from = 2014-01-01
[forecast]
look_back = 168
horizon = 24
[calendar]
features = true
holidays = "US"
"""


def noisy(rows, first, last):
    rng = random.Random(1)
    return [
        {**r, "load": str(rng.randint(1000, 9000)), "temperature": str(rng.randint(-20, 110))}
        if first <= r["time"] < last
        else r
        for r in rows
    ]


def write(path, rows):
    with open(path, "w", newline="") as f:
        w = csv.DictWriter(f, ["time", "load", "temperature"])
        w.writeheader()
        w.writerows(rows)


def forecasts(gyeol, model, table, first, last, out):
    command = [gyeol, "predict", "-q", model, table, "--every-origin", "--from", first, "--until", last, "-o", out]
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)
    with open(out, newline="") as f:
        return {(r["origin"], r["ahead"]): (r["value"], r["low"], r["high"]) for r in csv.DictReader(f)}


failed = False


def say(ok, what):
    global failed
    failed |= not ok
    print(("pass  " if ok else "FAIL  ") + what, flush=True)


MOMENT = "2014-07-01T00:00:00"


def blind(gyeol, model, folder, rows, name):
    """Forecasts with origins up to the moment, with and without noise from then on."""
    clean, future = folder / "known.csv", folder / "future.csv"
    write(clean, rows)
    write(future, noisy(rows, MOMENT, "2015"))
    span = ("2014-06-24", "2014-07-09")
    a = forecasts(gyeol, model, clean, *span, folder / "a.csv")
    b = forecasts(gyeol, model, future, *span, folder / "b.csv")
    before = [k for k in a if k[0].replace(" ", "T") <= MOMENT]
    after = [k for k in a if k[0].replace(" ", "T") > MOMENT]
    same = sum(a[k] == b[k] for k in before)
    moved = sum(a[k] != b[k] for k in after)
    say(a.keys() == b.keys() and before and same == len(before),
        f"{name}: {same} of {len(before)} forecasts up to the moment are the same bits")
    say(moved > 0, f"{name}: {moved} of {len(after)} forecasts after it changed")


def past_only(args, folder, rows):
    for model in filter(None, args.models.split(",")):
        blind(args.gyeol, model, folder, rows, pathlib.Path(model).stem)


def through_holes(args, folder, rows):
    first, last = "2014-06-30T20:00:00", MOMENT
    holed = [{**r, "load": "", "temperature": ""} if first <= r["time"] < last else r for r in rows]
    for method in ("forward", "linear", "seasonal"):
        recipe, model = folder / "holes.toml", folder / "holes.gyeol"
        data = folder / "holes.csv"
        write(data, holed)
        fill = f'[[clean]]\nop = "fill"\ncolumns = ["load", "temperature"]\nmethod = "{method}"\n'
        recipe.write_text(RECIPE.format(file=f"'{data}'") + fill)
        command = [args.gyeol, "train", "-q", "--rung", "linear", "-o", model, recipe]
        subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)
        blind(args.gyeol, model, folder, holed, f"four missing hours before the moment, filled {method}")


def train_only(args, folder, rows, clean):
    tables = {
        "clean": rows,
        "test": noisy(rows, "2014", "2015"),
        "train": noisy(rows, "2012-12-25", "2013"),
    }
    for rung in filter(None, args.rungs.split(",")):
        told = {}
        for what, table in tables.items():
            data, recipe, model = (folder / f"{what}-fit.{e}" for e in ("csv", "toml", "gyeol"))
            write(data, table)
            recipe.write_text(RECIPE.format(file=f"'{data}'"))
            command = [args.gyeol, "train", "-q", "--quick", "--rung", rung, "-o", model, recipe]
            subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)
            told[what] = forecasts(args.gyeol, model, clean, "2014-03-01", "2014-03-15", folder / "c.csv")
        say(told["clean"] == told["test"],
            f"{rung}: a fit with noise for its test year forecasts the same bits, intervals too")
        say(told["clean"] != told["train"], f"{rung}: a fit with noise in its last training week does not")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("gyeol")
    args.add_argument("table")
    args.add_argument("--rungs", default="linear,mlp", help="rungs to fit for the second check")
    args.add_argument("--models", default="", help="fitted models for the first check")
    args = args.parse_args()
    with open(args.table, newline="") as f:
        rows = list(csv.DictReader(f))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        clean = folder / "clean.csv"
        write(clean, rows)
        past_only(args, folder, rows)
        train_only(args, folder, rows, clean)
        through_holes(args, folder, rows)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
