"""Naive forecasts and the linear rung, written again in numpy from their descriptions.

    python bench/load/ridge.py load.csv [--out DIR] [--json FILE]

Design of the linear rung (938 numbers an output): 168 loads minus the last one, that last one, 168 temperatures,
the hour of the week of the origin as one of 168, and for each of the 24 forecast hours the day's cycle (three
harmonics), the year's cycle, the weekday as one of 7, and holiday, eve and morrow. Loads and temperature scaled
by the training rows' mean and deviation. Outputs: 24 loads minus the last one. (X'X + lambda n I) W = X'Y with
centred columns; lambda from 1e-5 .. 1 by the validation part's MAE. Test is scored once, with that lambda.

With --out it also writes ridge-{train,valid,test}.npy, (windows, horizon) in MW, where the training windows are
forecast by fits that did not see their eighth of the training windows (for bench/load/lightgbm_load.py).
"""

import argparse
import json
import pathlib

import numpy as np

from protocol import HORIZON, LOOK_BACK, Load, scores

PENALTIES = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
PARTS = 8


def naive(data, origins, season):
    ahead = np.arange(HORIZON)
    if season == 0:
        return np.repeat(data.load[origins - 1][:, None], HORIZON, axis=1)
    return data.load[origins[:, None] + ahead - season]


def columns_ahead(data):
    day = 2 * np.pi * data.hour / 24
    year = 2 * np.pi * (data.day_of_year + data.hour / 24) / data.year_days
    cols = [f(k * day) for k in (1, 2, 3) for f in (np.sin, np.cos)] + [np.sin(year), np.cos(year)]
    cols += [data.weekday == d for d in range(7)] + [data.holiday, data.before_holiday, data.after_holiday]
    return np.stack(cols, axis=1).astype(float)


def design(data, y, t, calendar, origins):
    back = origins[:, None] - LOOK_BACK + np.arange(LOOK_BACK)
    last = y[origins - 1][:, None]
    hour_of_week = np.eye(168)[data.weekday[origins] * 24 + data.hour[origins]]
    ahead = calendar[origins[:, None] + np.arange(HORIZON)].reshape(len(origins), -1)
    return np.hstack([y[back] - last, last, t[back], hour_of_week, ahead])


def gram(x, y):
    z = np.hstack([x, y])
    return z.T @ z, z.sum(axis=0), len(z)


def solve(products, sums, n, p, ridge):
    centred = products - np.outer(sums, sums) / n
    w = np.linalg.solve(centred[:p, :p] + ridge * n * np.eye(p), centred[:p, p:])
    return w, (sums[p:] - sums[:p] @ w) / n


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("table")
    args.add_argument("--out")
    args.add_argument("--json")
    args = args.parse_args()
    data = Load(args.table)
    truth = {part: data.truth(getattr(data, part)) for part in ("train", "valid", "test")}
    result = {}
    for name, season in (("last-value", 0), ("seasonal-naive:day", 24), ("seasonal-naive:week", 168)):
        result[name] = scores(naive(data, data.test, season), truth["test"])

    rows = data.load[data.train_rows], data.temperature[data.train_rows]
    (ym, ys), (tm, ts) = [(r.mean(), r.std()) for r in rows]
    y, t = (data.load - ym) / ys, (data.temperature - tm) / ts
    calendar = columns_ahead(data)
    x = {part: design(data, y, t, calendar, getattr(data, part)) for part in truth}
    last = {part: y[getattr(data, part) - 1][:, None] for part in truth}
    target = y[data.train[:, None] + np.arange(HORIZON)] - last["train"]
    p, n = x["train"].shape[1], len(data.train)
    edges = [n * k // PARTS for k in range(PARTS + 1)]
    parts = [gram(x["train"][a:b], target[a:b]) for a, b in zip(edges, edges[1:])]
    total = [sum(g[i] for g in parts) for i in range(3)]

    def forecast(fit, x, last):
        return (x @ fit[0] + fit[1] + last) * ys + ym

    tried = {}
    for ridge in PENALTIES:
        fit = solve(*total, p, ridge)
        tried[ridge] = scores(forecast(fit, x["valid"], last["valid"]), truth["valid"])["mae"]
    best = min(tried, key=tried.get)
    fit = solve(*total, p, best)
    out = {part: forecast(fit, x[part], last[part]) for part in ("valid", "test")}
    result["linear"] = scores(out["test"], truth["test"])
    result["linear"].update(
        columns=p, numbers=(p + 1) * HORIZON, ridge=best, valid_mae=tried[best],
        valid_mae_by_ridge={str(k): v for k, v in tried.items()},
        train_mae=scores(forecast(fit, x["train"], last["train"]), truth["train"])["mae"],
    )
    if args.out:
        folder = pathlib.Path(args.out)
        folder.mkdir(parents=True, exist_ok=True)
        crossed = np.empty_like(truth["train"])
        for (a, b), g in zip(zip(edges, edges[1:]), parts):
            rest = [s - o for s, o in zip(total, g)]
            crossed[a:b] = forecast(solve(*rest, p, best), x["train"][a:b], last["train"][a:b])
        result["linear"]["train_mae_crossed"] = scores(crossed, truth["train"])["mae"]
        for part, values in (("train", crossed), *out.items()):
            np.save(folder / f"ridge-{part}.npy", values)
    text = json.dumps(result, indent=1)
    print(text)
    if args.json:
        pathlib.Path(args.json).write_text(text + "\n")


if __name__ == "__main__":
    main()
