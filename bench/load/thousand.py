"""A table of many meters as a supplier has it, made from a formula: hourly energy with gaps, holidays and meters that start late.

    python bench/load/thousand.py METERS DAYS OUT.csv|OUT.parquet [SEED]

Each meter is one of five kinds (home, home with a heat pump, office, workshop in shifts, street lighting) of a size of its own and hears
the temperature of all. Of each hundred meters eight begin up to a year late; each loses a few stretches of hours (rows that are not
there) and a few single readings (empty cells). Nothing in it is anyone's reading; the same arguments give the same readings, and both
kinds of file hold the same ones. Needs numpy, and pyarrow for Parquet.

Columns: time (clock without a zone), meter, kwh (of the hour), temperature (degrees Celsius). Rows meter by meter.
"""

import sys

import numpy as np

meters, days, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng = np.random.default_rng(int(sys.argv[4]) if len(sys.argv) > 4 else 0)
hours = 24 * days
start = np.datetime64("2023-01-01T00")
times = start + np.arange(hours)
hour = np.arange(hours) % 24
date = times.astype("datetime64[D]")
weekday = (date.astype(int) + 3) % 7  # 0 is Monday
month_day = [str(d)[5:] for d in date[::24]]
HOLIDAYS = {"01-01", "03-01", "05-05", "06-06", "08-15", "10-03", "10-09", "12-25"}
holiday = np.repeat([d in HOLIDAYS for d in month_day], 24)
free = (weekday >= 5) | holiday
year = 2 * np.pi * ((date - date.astype("datetime64[Y]")).astype(int) - 200) / 365.25


def wander(columns, keep, size):
    """First-order autoregressions that begin in their own law, (hours, columns)."""
    noise = rng.normal(size=(hours, columns)) * (size * np.sqrt(1 - keep * keep))
    noise[0] /= np.sqrt(1 - keep * keep)
    for i in range(1, hours):
        noise[i] += keep * noise[i - 1]
    return noise


def bump(at, width):
    return np.exp(-0.5 * (((hour - at + 12) % 24 - 12) / width) ** 2)


temperature = 12 + 13 * np.cos(year) + 4 * np.cos(2 * np.pi * (hour - 15) / 24) + wander(1, 0.985, 3.5)[:, 0]
temperature = np.round(temperature, 1)
# Walls keep warmth: what heating hears is the mean of a day.
felt = np.convolve(np.concatenate([np.full(23, temperature[0]), temperature]), np.full(24, 1 / 24), mode="valid")
dark = np.clip(np.abs(hour - 12.5) - 5.2 - 1.2 * np.cos(year + np.pi), 0, 1)


def shape(kind):
    """What a meter of a kind takes in each hour, about 1 in the mean."""
    cold, warm = np.maximum(15 - felt, 0), np.maximum(temperature - 23, 0)
    if kind == "home":
        early, late = rng.normal(7.3, 0.6), rng.normal(19.5, 0.9)
        day = 0.4 + 0.6 * bump(early, 1.3) * ~free + 0.5 * bump(early + 2.5, 2.5) * free + 0.9 * bump(late, 2.3)
        return day + cold * rng.gamma(2, 0.008) + warm * rng.gamma(2, 0.03)
    if kind == "heat pump":
        day = 0.3 + 0.3 * bump(rng.normal(7, 0.6), 1.5) + 0.5 * bump(rng.normal(19, 0.9), 2.5)
        return day + cold * rng.normal(0.11, 0.02) * (1 + 0.3 * bump(5, 2.5)) + warm * rng.gamma(2, 0.02)
    if kind == "office":
        return 0.35 + np.where(free, 0.1, 1.5) * bump(13, 3.6) + warm * 0.05 * bump(14, 4) + cold * 0.012
    if kind == "workshop":
        shifts = rng.integers(1, 4)
        open_ = ((hour - 6) % 24 < 8 * shifts) & ~(free & (rng.random() < 0.8))
        return 0.2 + 1.4 * open_ + cold * 0.006
    return 0.03 + 2.2 * dark


KINDS = ["home", "heat pump", "office", "workshop", "lighting"]
kinds = rng.choice(5, size=meters, p=[0.55, 0.15, 0.15, 0.1, 0.05])
NOISE = [0.22, 0.16, 0.07, 0.09, 0.02]


def meter(m, own, shared):
    kind = kinds[m]
    size = np.exp(rng.normal([-0.8, 0.2, 2.0, 3.0, 1.5][kind], 0.6))
    kwh = size * shape(KINDS[kind]) * np.exp(own * NOISE[kind] + shared * (0.0 if kind == 4 else 0.03))
    kwh = np.round(np.maximum(kwh, 0), 3)
    first = int(rng.integers(24, 365 * 24)) if rng.random() < 0.08 and days > 500 else 0
    there = np.arange(hours) >= first
    for _ in range(rng.poisson(days / 240)):
        at = int(rng.integers(first, hours))
        there[at : at + int(rng.integers(1, 7))] = False
    kwh[rng.integers(0, hours, size=rng.poisson(days / 180))] = np.nan
    return there, kwh


def blocks():
    """Meters by the hundred, so that the noise of all is never held at once."""
    shared = wander(1, 0.9, 1.0)[:, 0]
    for first in range(0, meters, 100):
        block = range(first, min(first + 100, meters))
        own = wander(len(block), 0.65, 1.0)
        for i, m in enumerate(block):
            yield m, *meter(m, own[:, i], shared)


if out.endswith(".parquet"):
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [("time", pa.timestamp("ms")), ("meter", pa.string()), ("kwh", pa.float64()), ("temperature", pa.float64())]
    )
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for m, there, kwh in blocks():
            n = int(there.sum())
            columns = [
                pa.array(times[there].astype("datetime64[ms]")),
                pa.array([f"m{m:04d}"] * n),
                pa.array(kwh[there], from_pandas=True),
                pa.array(temperature[there]),
            ]
            writer.write_table(pa.table(columns, schema=schema))
else:
    stamps = [str(t).replace("T", " ") + ":00" for t in times]
    degrees = [f",{t:.1f}\n" for t in temperature]
    with open(out, "w") as file:
        file.write("time,meter,kwh,temperature\n")
        for m, there, kwh in blocks():
            name = f",m{m:04d},"
            file.writelines(
                stamps[i] + name + (f"{v:.3f}" if v == v else "") + degrees[i]
                for i, v in zip(np.flatnonzero(there).tolist(), kwh[there].tolist())
            )
