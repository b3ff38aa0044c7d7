"""The load track of GEFCom2014: the table that gyeol reads, and the competition's score of what it forecast.

    python bench/load/gefcom_load.py table FOLDER OUT.csv       FOLDER holds the organisers' files as one table each
    gyeol run recipes/gefcom2014-load.toml --data OUT.csv --out DIR
    gyeol predict DIR/model.gyeol OUT.csv --every-origin --at month --from 2011-01-01 --refit month -o FORECASTS.csv
    python bench/load/gefcom_load.py score FOLDER FORECASTS.csv

The score is the mean over the hours of a month and the quantiles 0.01 to 0.99 of the pinball loss, and the mean of these over
tasks 4 to 15, the months of 2011. Times are those at which an hour begins (the files name its end); the temperature is the mean of
the 25 stations, in degrees Fahrenheit. A forecast of 744 hours is scored on the hours of its own month.
"""

import csv
import datetime
import gzip
import sys
from pathlib import Path

FIRST = datetime.datetime(2001, 1, 1, 0)


def cells(path):
    with gzip.open(path, "rt") as file:
        return list(csv.reader(file))[1:]


def hours(folder):
    """(load, mean temperature) of each hour from 2001-01-01 00:00 to 2011-12-31 23:00; the load is '' before 2005."""
    rows = [(r[3], [float(v) for v in r[4:]]) for r in cells(folder / "load_train_tasks1-15.csv.gz")]
    loads = cells(folder / "solution15_L.csv.gz")
    temperatures = cells(folder / "solution15_L_temperature.csv.gz")
    rows += [(load[-1], [float(v) for v in t[-25:]]) for load, t in zip(loads, temperatures)]
    return [(load, sum(t) / len(t)) for load, t in rows]


def table(folder, out):
    with open(out, "w") as file:
        print("time,load,temperature", file=file)
        for i, (load, temperature) in enumerate(hours(folder)):
            print(f"{FIRST + datetime.timedelta(hours=i):%Y-%m-%d %H:%M},{load},{temperature:.3f}", file=file)


def pinball(y, quantiles):
    losses = ((k + 1) / 100 * (y - q) if y >= q else (1 - (k + 1) / 100) * (q - y) for k, q in enumerate(quantiles))
    return sum(losses) / 99


def score(folder, forecasts):
    truth = {FIRST + datetime.timedelta(hours=i): float(load) for i, (load, _) in enumerate(hours(folder)) if load}
    sums = {}
    with open(forecasts) as file:
        for row in csv.DictReader(file):
            origin, time = (datetime.datetime.fromisoformat(row[k]).replace(tzinfo=None) for k in ("origin", "time"))
            if (origin.day, origin.hour, origin.year) != (1, 0, 2011) or time.month != origin.month:
                continue
            quantiles = [float(row[f"q{k}"]) for k in range(1, 100)]
            before = truth[time - datetime.timedelta(days=365)]
            own = sums.setdefault(origin.month, [0, 0.0, 0.0, 0])
            own[0] += 1
            own[1] += pinball(truth[time], quantiles)
            own[2] += pinball(truth[time], [before] * 99)
            own[3] += quantiles[9] <= truth[time] <= quantiles[89]
    print("month  hours  pinball  naive   within 10..90 %")
    for month, (n, own, naive, within) in sorted(sums.items()):
        print(f"{month:5}  {n:5}  {own / n:7.3f}  {naive / n:6.3f}  {within / n:.3f}")
    n = len(sums)
    mean = [sum(s[k] / s[0] for s in sums.values()) / n for k in (1, 2, 3)]
    print(f"mean of {n}     {mean[0]:7.4f}  {mean[1]:6.3f}  {mean[2]:.3f}")


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("table", "score"):
        sys.exit(__doc__)
    {"table": table, "score": score}[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
