"""Scores of `gyeol predict --every-origin`, computed again, and the paired difference to a rival.

    gyeol predict RUNG.gyeol load.csv --every-origin --from 2014-01-01 -o RUNG.csv     (or .parquet)
    python bench/load/paired.py load.csv scores.json RUNG=RUNG.csv ... --rival NAME=FORECASTS.npy ... [--json FILE]

Checks that windows, times and truth are those of the protocol (8,737 origins x 24, truth from the table itself) and
compares every score of a rung (MAE, RMSE, MAPE, sMAPE, MASE, share of the range, the interval's coverage, width and
pinball loss, MAE by hour ahead) with scores.json to 1e-6. Then the difference of the MAE, rung minus rival, with a
95 % interval by the circular block bootstrap over origins (Politis and Romano 1992): blocks of 168 neighbouring
origins, 1000 draws, the 24 errors of an origin kept together, both resampled alike.
"""

import argparse
import csv
import datetime as dt
import json
import pathlib
import sys

import numpy as np

from protocol import HORIZON, Load, scores

BLOCK, DRAWS = 168, 1000


def read(path):
    """Columns origin, time (datetimes), ahead, value, low, high, truth."""
    names = ("origin", "time", "ahead", "value", "low", "high", "truth")
    if str(path).endswith(".parquet"):
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(path)
        return {n: table.column(n).to_numpy() for n in names}
    with open(path, newline="") as f:
        rows = list(csv.DictReader(f))
    moment = lambda s: np.datetime64(dt.datetime.fromisoformat(s))
    return {n: np.array([(moment if n in ("origin", "time") else float)(r[n]) for r in rows]) for n in names}


def check(name, columns, data):
    """(windows, horizon) of value, low and high, after comparing what they stand beside with the protocol."""
    shape = (len(data.test), HORIZON)
    clock = np.array(data.time, dtype="datetime64[s]")
    want = {
        "origin": np.repeat(clock[data.test], HORIZON),
        "time": clock[data.test[:, None] + np.arange(HORIZON)].ravel(),
        "ahead": np.tile(np.arange(1, HORIZON + 1), len(data.test)),
        "truth": data.truth(data.test).ravel(),
    }
    for key, w in want.items():
        got = columns[key]
        if got.shape != w.shape:
            sys.exit(f"{name}: {got.shape[0]} rows, the protocol has {w.shape[0]}")
        if key in ("origin", "time"):
            got = got.astype("datetime64[s]")
        if not (got == w).all():
            sys.exit(f"{name}: column {key} is not the protocol's in {(got != w).sum()} rows")
    return [columns[k].astype(float).reshape(shape) for k in ("value", "low", "high")]


def further(value, low, high, truth, data, level=0.9):
    """sMAPE, MASE (against the day before, in training), MAE over the 1-99 % range of training, and the interval."""
    e = np.abs(value - truth)
    train = data.load[data.train_rows]
    tail = (1 - level) / 2
    pinball = [np.where(truth >= at, q * (truth - at), (1 - q) * (at - truth))
               for at, q in ((low, tail), (value, 0.5), (high, 1 - tail))]
    return {
        "smape": float(100 * (2 * e / (np.abs(truth) + np.abs(value))).mean()),
        "mase": float(e.mean() / np.abs(train[24:] - train[:-24]).mean()),
        "mae_range": float(100 * e.mean() / (np.quantile(train, 0.99) - np.quantile(train, 0.01))),
        "coverage": float(((truth >= low) & (truth <= high)).mean()),
        "width": float((high - low).mean()),
        "pinball": float(np.mean(pinball)),
    }


def bootstrap(a, b, seed=0):
    """Difference of the mean of `a` and `b` (one number an origin) with its 95 % interval."""
    n = len(a)
    rng = np.random.default_rng(seed)
    per_draw = -(-n // BLOCK)
    d = a - b
    means = []
    for _ in range(DRAWS):
        starts = rng.integers(0, n, per_draw)
        at = (starts[:, None] + np.arange(BLOCK)).ravel()[:n] % n
        means.append(d[at].mean())
    return {"difference": d.mean(), "low": np.quantile(means, 0.025), "high": np.quantile(means, 0.975)}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("table")
    args.add_argument("scores", help="scores.json of the run")
    args.add_argument("rungs", nargs="+", help="NAME=FILE, NAME as in scores.json")
    args.add_argument("--rival", action="append", default=[], help="NAME=FILE.npy")
    args.add_argument("--json")
    args = args.parse_args()
    data = Load(args.table)
    truth = data.truth(data.test)
    ours = {r["name"]: r for r in json.loads(pathlib.Path(args.scores).read_text())["rungs"]}
    result = {"recomputed": {}, "pairs": [], "rivals": {}, "paired": []}
    errors = {}
    worst = 0.0
    for pair in args.rungs:
        name, path = pair.split("=", 1)
        value, low, high = check(name, read(path), data)
        again = {**scores(value, truth), **further(value, low, high, truth, data)}
        stated = {m: ours[name]["test"][m]["value"] for m in ("mae", "rmse", "mape", "smape", "mase", "mae_range")}
        stated.update({m: ours[name][m] for m in ("coverage", "width", "pinball")})
        off = {m: again[m] - stated[m] for m in again}
        steps = np.abs(np.abs(value - truth).mean(axis=0) - ours[name]["mae_by_step"])
        off["worst mae_by_step"] = float(steps.max())
        worst = max([worst] + [abs(v) for v in off.values()])
        result["recomputed"][name] = {"scores": again, "minus_scores_json": off}
        errors[name] = np.abs(value - truth).mean(axis=1)
        print(f"{name:20}  MAE {again['mae']:9.4f}  RMSE {again['rmse']:9.4f}  MAPE {again['mape']:7.4f} %  "
              f"coverage {again['coverage']:.4f}   off by at most {max(map(abs, off.values())):.1e}")
    print(f"\nlargest difference from {args.scores}: {worst:.1e} ({'within' if worst < 1e-6 else 'BEYOND'} 1e-6)\n")
    result["largest_difference"] = worst
    # gyeol's own paired intervals come from other random draws: near, not equal.
    for pair in json.loads(pathlib.Path(args.scores).read_text())["pairs"]:
        if pair["a"] in errors and pair["b"] in errors:
            d = bootstrap(errors[pair["a"]], errors[pair["b"]])
            result["pairs"].append({"gyeol": pair, "here": d})
    for pair in args.rival:
        name, path = pair.split("=", 1)
        value = np.load(path)
        if value.shape != truth.shape:
            sys.exit(f"{name}: forecasts {value.shape}, the protocol has {truth.shape}")
        result["rivals"][name] = scores(value, truth)
        s = result["rivals"][name]
        print(f"{name}: MAE {s['mae']:.3f}  RMSE {s['rmse']:.3f}  MAPE {s['mape']:.3f} %")
        rival = np.abs(value - truth).mean(axis=1)
        for rung, own in errors.items():
            d = bootstrap(own, rival)
            verdict = "a tie" if d["low"] <= 0 <= d["high"] else "better" if d["high"] < 0 else "worse"
            print(f"    {rung:20} {d['difference']:+9.3f}  [{d['low']:+.3f}, {d['high']:+.3f}]  {verdict}")
            result["paired"].append({"rung": rung, "rival": name, "verdict": verdict, **d})
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(result, indent=1) + "\n")
    sys.exit(0 if worst < 1e-6 else 1)


if __name__ == "__main__":
    main()
