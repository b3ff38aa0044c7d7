"""A table of many meters, made from a formula: hourly load of METERS meters on feeders and regions, with the weather.

    python bench/load/meters.py METERS DAYS OUT.csv [SEED]

Each meter has a size, a share of homes and of works, a morning, a weekend and a heating of its own, on the weather of its region and
the noise of its feeder. Nothing in it is anyone's reading; the same arguments give the same bytes.

Columns: time, meter, feeder, region, load (kW), temperature (degrees Celsius). About 20 meters a feeder, 10 feeders a region.
"""

import sys

import numpy as np

meters, days, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng = np.random.default_rng(int(sys.argv[4]) if len(sys.argv) > 4 else 0)
hours = 24 * days
feeders = max(2, meters // 20)
regions = max(2, feeders // 10)

t = np.arange(hours)
hour, day = t % 24, t // 24
weekend = (day % 7) >= 5
year = 2 * np.pi * (day - 200) / 365.25


def wander(n, keep, size):
    """A first-order autoregression that begins in its own law."""
    noise = rng.normal(size=n) * size * np.sqrt(1 - keep * keep)
    path = np.empty(n)
    path[0] = noise[0] / np.sqrt(1 - keep * keep)
    for i in range(1, n):
        path[i] = keep * path[i - 1] + noise[i]
    return path


country = wander(hours, 0.985, 3.0)
temperature = [
    12 + 11 * np.cos(year) + 4 * np.cos(2 * np.pi * (hour - 15) / 24) + country + wander(hours, 0.97, 1.0)
    for _ in range(regions)
]
feeder_noise = [wander(hours, 0.8, 0.04) for _ in range(feeders)]


def bump(at, width):
    return np.exp(-0.5 * (((hour - at + 12) % 24 - 12) / width) ** 2)


start = np.datetime64("2022-01-01T00")
stamps = [str(s).replace("T", " ") + ":00" for s in start + t]
with open(out, "w") as file:
    file.write("time,meter,feeder,region,load,temperature\n")
    for m in range(meters):
        feeder = m % feeders
        region = feeder % regions
        size = float(np.exp(rng.normal(2.0, 0.8)))
        home = rng.beta(2, 1)
        early, late = rng.normal(7.5, 0.8), rng.normal(19, 1.0)
        homes = 0.35 + 0.5 * bump(early, 1.5) * ~weekend + 0.4 * bump(early + 2, 2.5) * weekend + 0.8 * bump(late, 2.5)
        works = 0.2 + 0.9 * bump(13, 3.5) * np.where(weekend, rng.uniform(0.05, 0.5), 1.0)
        cold = np.maximum(15 - temperature[region], 0) * rng.gamma(2, 0.012)
        warm = np.maximum(temperature[region] - 21, 0) * rng.gamma(2, 0.02)
        own = wander(hours, 0.6, 0.12)
        load = size * (home * homes + (1 - home) * works + cold + warm) * np.exp(own + feeder_noise[feeder])
        head = f",m{m:04d},f{feeder:03d},r{region},"
        file.writelines(
            f"{s}{head}{v:.3f},{c:.1f}\n" for s, v, c in zip(stamps, load.tolist(), temperature[region].tolist())
        )
