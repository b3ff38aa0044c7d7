"""The rival: LightGBM on the built-in protocol, given its best.

    python bench/load/ridge.py load.csv --out DIR          (only for the candidates that start from the linear rung)
    python bench/load/lightgbm_load.py load.csv --out DIR --json FILE [--processes 2]

A row is (origin, hour ahead). It may read the 168 hours before its origin (load and temperature), the calendar and
the US federal holidays of the hour forecast; never a temperature or load from the origin on. What is forecast is a
difference to a reference known at the origin; the loss is absolute (L1). Rounds are chosen by early stopping on
2013, settings by their MAE on 2013, and 2014 is scored once for the one chosen of each kind: LightGBM alone, and
LightGBM that starts from the linear rung's forecast, as gyeol's nets do.

DIR/lightgbm.npy and DIR/lightgbm-on-linear.npy get the forecasts of the test windows, (8737, 24) in MW.
"""

import argparse
import json
import multiprocessing
import pathlib
import time

import lightgbm
import numpy as np

from protocol import HORIZON, LOOK_BACK, Load, scores

LEARN = {
    "objective": "l1", "metric": "l1", "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 20,
    "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 1.0, "max_bin": 63,
    "verbosity": -1, "deterministic": True, "force_col_wise": True,
}
MOST_ROUNDS, PATIENCE = 2000, 50

# Screening fits on every fifth training origin and is judged on every fifth validation origin (5 and 24 share no
# divisor: every hour of the day is there); the best of each kind are fitted and judged on all, once a
# seed, and averaged, as gyeol's nets are.
SCREEN, FINALISTS = 5, 2

# name: reference, one model for every hour ahead or one each, linear forecast among the inputs, changes to LEARN
BIG = {"num_leaves": 63, "min_data_in_leaf": 100}
CANDIDATES = {
    "one each, minus day before": ("day", "each", False, {}),
    "one each, minus last value": ("last", "each", False, {}),
    "one each, minus day before shifted by the last hour's change": ("shifted", "each", False, {}),
    "one each, minus day before, 7 leaves": ("day", "each", False, {"num_leaves": 7}),
    "one each, minus day before, extra trees": ("day", "each", False, {"extra_trees": True, "feature_fraction": 0.8}),
    "one each, minus linear rung, 7 leaves": ("ridge", "each", True, {"num_leaves": 7}),
    "one each, minus linear rung, 15 leaves": ("ridge", "each", True, {}),
    "one each, minus linear rung, 7 leaves, few columns a tree": (
        "ridge", "each", True, {"num_leaves": 7, "feature_fraction": 0.15}),
    "one model, minus last value": ("last", "one", False, BIG),
    "one model, minus day before": ("day", "one", False, BIG),
    "one model, minus week before": ("week", "one", False, BIG),
    "one model, minus mean of the same hour in 7 days": ("mean", "one", False, BIG),
    "one model, minus day before, extra trees": ("day", "one", False, {**BIG, "extra_trees": True, "feature_fraction": 0.8}),
    "one model, minus linear rung": ("ridge", "one", True, {**BIG, "num_leaves": 31}),
}


class Features:
    """Columns of the rows of a part, (windows * horizon, columns), and the references."""

    def __init__(self, data, origins, ridge):
        self.windows = len(origins)
        y, t = data.load, data.temperature
        ahead = np.tile(np.arange(HORIZON), len(origins))
        o = np.repeat(origins, HORIZON)
        r = o + ahead
        back = origins[:, None] - LOOK_BACK + np.arange(LOOK_BACK)
        assert back.max() < origins.max() and (back.max(axis=1) == origins - 1).all()
        yb, tb = y[back], t[back]
        spread = lambda v: np.repeat(v, HORIZON)
        known = lambda v, row: np.where((row < o) & (row >= o - LOOK_BACK), v[np.clip(row, 0, len(v) - 1)], np.nan)
        self.reference = {"last": y[o - 1], "day": known(y, r - 24), "week": known(y, r - 168)}
        self.reference["mean"] = np.mean([known(y, r - 24 * k) for k in range(1, 8)], axis=0)
        self.reference["shifted"] = self.reference["day"] + y[o - 1] - y[o - 25]
        if ridge is not None:
            self.reference["ridge"] = ridge.ravel()
        last, day = self.reference["last"], self.reference["day"]
        c = {"ahead": ahead, "last": last, "day": day, "day - last": day - last}
        for k in range(2, 25):
            c[f"load {k} before - last"] = y[o - k] - last
        for k in range(2, 8):
            c[f"load {k} days before - day"] = known(y, r - 24 * k) - day
        for k in (-2, -1, 1, 2, 3):
            c[f"load day before {k:+} - day"] = known(y, r - 24 + k) - day
            c[f"load week before {k:+} - day"] = known(y, r - 168 + k) - day
        # How the last hours ran against the same hours a day and days before.
        for k in (1, 3, 6, 12):
            for d in (1, 2, 6):
                a = yb[:, -k:].mean(axis=1)
                b = yb[:, -k - 24 * d : LOOK_BACK - 24 * d].mean(axis=1)
                c[f"last {k} h - {d} days before"] = spread(a - b)
        mean = {k: yb[:, -k:].mean(axis=1) for k in (24, 48, 168)}
        for k, v in mean.items():
            c[f"load mean {k}"] = spread(v)
            c[f"day - load mean {k}"] = day - spread(v)
        c["load deviation 24"] = spread(yb[:, -24:].std(axis=1))
        c["load deviation 168"] = spread(yb.std(axis=1))
        c["load low 24"], c["load high 24"] = spread(yb[:, -24:].min(axis=1)), spread(yb[:, -24:].max(axis=1))
        daily = yb.reshape(len(origins), 7, 24).mean(axis=2)
        for k in range(6):
            c[f"mean of day {7 - k} before - last day"] = spread(daily[:, k] - daily[:, 6])
        c["mean same hour of week"] = np.nanmean([known(y, r - 24 * k) for k in range(1, 8)], axis=0) - day
        for k in (1, 2, 3, 4, 6, 9, 12, 18, 24):
            c[f"temperature {k} before"] = t[o - k]
        tday = known(t, r - 24)
        c["temperature day before"] = tday
        for k in (2, 3, 7):
            c[f"temperature {k} days before"] = known(t, r - 24 * k)
        c["last temperature - day before it"] = t[o - 1] - t[o - 25]
        c["temperature 3 h change"], c["temperature 6 h change"] = t[o - 1] - t[o - 4], t[o - 1] - t[o - 7]
        for k in (6, 24, 48, 168):
            c[f"temperature mean {k}"] = spread(tb[:, -k:].mean(axis=1))
        c["temperature low 24"] = spread(tb[:, -24:].min(axis=1))
        c["temperature high 24"] = spread(tb[:, -24:].max(axis=1))
        c["temperature mean 24 - day before"] = spread(tb[:, -24:].mean(axis=1) - tb[:, -48:-24].mean(axis=1))
        # A persistent guess of the temperature ahead: same hour yesterday, shifted by today's difference.
        c["temperature guess"] = tday + c["last temperature - day before it"]
        year = 2 * np.pi * data.day_of_year / data.year_days
        c["hour"], c["weekday"], c["month"] = data.hour[r], data.weekday[r], data.month[r]
        c["hour of week"] = data.weekday[r] * 24 + data.hour[r]
        c["day of year"], c["year sine"], c["year cosine"] = data.day_of_year[r], np.sin(year)[r], np.cos(year)[r]
        c["origin hour"], c["origin weekday"] = data.hour[o], data.weekday[o]
        c["holiday"], c["eve"], c["morrow"] = data.holiday[r], data.before_holiday[r], data.after_holiday[r]
        c["holiday day before"], c["holiday week before"] = data.holiday[r - 24], data.holiday[r - 168]
        c["origin holiday"] = data.holiday[o - 1]
        work = ((data.weekday < 5) & (data.holiday == 0)).astype(float)
        c["work day"], c["work day, day before"], c["work day, week before"] = work[r], work[r - 24], work[r - 168]
        if ridge is not None:
            flat = ridge.ravel()
            c["linear - day"], c["linear - last"], c["linear"] = flat - day, flat - last, flat
            c["linear curve mean - last"] = spread(ridge.mean(axis=1)) - last
        self.names = list(c)
        self.values = np.stack([np.asarray(v, dtype=np.float32) for v in c.values()], axis=1)

    def columns(self, linear):
        return [i for i, n in enumerate(self.names) if linear or not n.startswith("linear")]


def in_parallel(run, jobs, processes):
    """(first argument, result) of each job as it is done, in forked processes that share the features."""
    context = multiprocessing.get_context("fork")
    with context.Pool(processes, initializer=lambda: globals().update(RUN=run)) as pool:
        for job, result in zip(jobs, pool.imap(call, jobs, chunksize=1)):
            yield job[0], result


def call(job):
    return RUN(*job)


def fit(candidate, features, truth, screen, seed):
    """Forecasts of validation and, unless screening, test windows, and the rounds chosen."""
    reference, shape, linear, changes = candidate
    columns = features["train"].columns(linear)
    params = {**LEARN, **changes, "seed": seed, "num_threads": 1}
    every = SCREEN if screen else 1
    out = {p: features[p].reference[reference].copy() for p in (("valid",) if screen else ("valid", "test"))}
    rounds = []
    for ahead in [slice(None)] if shape == "one" else [slice(j, j + 1) for j in range(HORIZON)]:

        def rows(part):
            at = np.arange(truth[part].size).reshape(-1, HORIZON)[::every, ahead].ravel()
            f = features[part]
            return at, f.values[np.ix_(at, columns)], truth[part].ravel()[at] - f.reference[reference][at]

        _, x, y = rows("train")
        _, xv, yv = rows("valid")
        ds = lightgbm.Dataset(x, y)
        dv = lightgbm.Dataset(xv, yv, reference=ds)
        model = lightgbm.train(params, ds, MOST_ROUNDS, valid_sets=[dv],
                               callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)])
        rounds.append(model.best_iteration)
        for p in out:
            at, x, _ = rows(p)
            out[p][at] += model.predict(x, num_iteration=model.best_iteration, num_threads=1)
    return {p: v.reshape(-1, HORIZON) for p, v in out.items()}, rounds


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("table")
    args.add_argument("--out", required=True)
    args.add_argument("--json")
    args.add_argument("--finalists", help="candidates by number from 0, with commas, instead of screening")
    args.add_argument("--seeds", type=int, default=2)
    args.add_argument("--processes", type=int, default=2, help="fits at a time, one thread each")
    args = args.parse_args()
    folder = pathlib.Path(args.out)
    folder.mkdir(parents=True, exist_ok=True)
    data = Load(args.table)
    parts = ("train", "valid", "test")
    truth = {p: data.truth(getattr(data, p)) for p in parts}
    ridge = {p: folder / f"ridge-{p}.npy" for p in parts}
    ridge = {p: np.load(f) if f.exists() else None for p, f in ridge.items()}
    features = {p: Features(data, getattr(data, p), ridge[p]) for p in parts}
    mae = lambda f, p: scores(f, truth[p])["mae"]
    results = {"columns": {"own": len(features["train"].columns(False)), "with linear": len(features["train"].names)},
               "screened": {}, "fitted": {}}

    def save():
        if args.json:
            pathlib.Path(args.json).write_text(json.dumps(results, indent=1) + "\n")

    def run(name, screen, seed):
        begun = time.time()
        forecasts, rounds = fit(CANDIDATES[name], features, truth, screen, seed)
        error = np.abs(forecasts["valid"] - truth["valid"])[:: SCREEN if screen else 1].mean()
        told = {"valid_mae": float(error), "rounds": rounds, "seconds": round(time.time() - begun, 1)}
        print(f"{'screened' if screen else f'fitted, seed {seed}'}: {name}: validation MAE {error:.3f}, "
              f"rounds {min(rounds)}-{max(rounds)}, {told['seconds']} s", flush=True)
        return forecasts, told

    names = [n for n, c in CANDIDATES.items() if not c[2] or ridge["train"] is not None]
    if args.finalists:
        names = [list(CANDIDATES)[int(i)] for i in args.finalists.split(",")]
    for name, (_, told) in in_parallel(run, [(n, True, 0) for n in names if not args.finalists], args.processes):
        results["screened"][name] = told
        save()
    # The best without and with the linear rung.
    ranked = names if args.finalists else sorted(names, key=lambda n: results["screened"][n]["valid_mae"])
    pure = [n for n in ranked if not CANDIDATES[n][2]][:FINALISTS]
    mixed = [n for n in ranked if CANDIDATES[n][2]][:FINALISTS]
    finalists = mixed + pure
    means = {n: {"valid": 0.0, "test": 0.0} for n in finalists}
    jobs = [(n, False, seed) for seed in range(args.seeds) for n in finalists]
    for name, (forecasts, told) in in_parallel(run, jobs, args.processes):
        for p in means[name]:
            means[name][p] = means[name][p] + forecasts[p] / args.seeds
        results["fitted"].setdefault(name, []).append(told)
        save()
    def mean(names):
        return {p: sum(means[n][p] for n in names) / len(names) for p in ("valid", "test")}

    groups = {"lightgbm": [pure], "lightgbm-on-linear": [mixed, mixed + pure] if mixed else []}
    for kind, lists in groups.items():
        options = {n: means[n] for n in (lists[0] if lists else [])}
        options.update({"mean of " + " / ".join(names): mean(names) for names in lists if len(names) > 1})
        if not options:
            continue
        # The choice: by validation alone. Only then is test looked at.
        chosen = min(options, key=lambda n: mae(options[n]["valid"], "valid"))
        results[kind] = {
            "chosen": chosen,
            "valid_mae": {n: mae(f["valid"], "valid") for n, f in options.items()},
            "test": scores(options[chosen]["test"], truth["test"]),
        }
        np.save(folder / f"{kind}.npy", options[chosen]["test"])
        print(f"{kind}: {chosen}: {results[kind]}", flush=True)
    save()


if __name__ == "__main__":
    main()
