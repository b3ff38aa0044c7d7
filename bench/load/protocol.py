"""The built-in protocol, written a second time: nothing here is taken from gyeol but the table.

Train 2011-2012, validation 2013, test 2014; look-back 168 h, horizon 24 h. An origin o is the first hour
forecast: rows o-168 .. o-1 may be read, rows o .. o+23 are the targets and lie in the part. A training window
lies in the training part with its look-back too. 17,353 / 8,737 / 8,737 windows.
"""

import csv
import datetime as dt

import numpy as np

LOOK_BACK, HORIZON = 168, 24
HOUR = dt.timedelta(hours=1)


class Load:
    """Readings, clock, calendar and windows."""

    def __init__(self, path):
        with open(path, newline="") as f:
            rows = list(csv.DictReader(f))
        self.time = [dt.datetime.fromisoformat(r["time"]) for r in rows]
        assert all(b - a == HOUR for a, b in zip(self.time, self.time[1:])), "the clock has gaps"
        self.load = np.array([float(r["load"]) for r in rows])
        self.temperature = np.array([float(r["temperature"]) for r in rows])
        cut = [0] + [self.time.index(dt.datetime(y, 1, 1)) for y in (2013, 2014)] + [len(rows)]
        self.train_rows = slice(cut[0], cut[1])
        self.train = np.arange(cut[0] + LOOK_BACK, cut[1] + 1 - HORIZON)
        self.valid = np.arange(cut[1], cut[2] + 1 - HORIZON)
        self.test = np.arange(cut[2], cut[3] + 1 - HORIZON)
        assert [len(p) for p in (self.train, self.valid, self.test)] == [17353, 8737, 8737]
        days = federal_holidays(range(2010, 2016))
        dates = [t.date() for t in self.time]
        day = dt.timedelta(days=1)
        self.hour = np.array([t.hour for t in self.time])
        self.weekday = np.array([d.weekday() for d in dates])
        self.month = np.array([d.month for d in dates])
        self.day_of_year = np.array([d.timetuple().tm_yday - 1 for d in dates])
        self.year_days = np.array([366 if d.year % 4 == 0 else 365 for d in dates])
        self.holiday = np.array([d in days for d in dates], dtype=np.float64)
        self.before_holiday = np.array([d + day in days for d in dates], dtype=np.float64)
        self.after_holiday = np.array([d - day in days for d in dates], dtype=np.float64)

    def truth(self, origins):
        """(windows, horizon) in MW."""
        return self.load[origins[:, None] + np.arange(HORIZON)]


def federal_holidays(years):
    """Federal holidays of the United States with the days on which they are observed (the years before
    Juneteenth)."""
    out = set()

    def nth(y, m, weekday, n):
        first = dt.date(y, m, 1)
        return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))

    for y in years:
        last_monday = dt.date(y, 5, 31)
        last_monday -= dt.timedelta(days=last_monday.weekday())
        out |= {nth(y, 1, 0, 3), nth(y, 2, 0, 3), last_monday, nth(y, 9, 0, 1), nth(y, 10, 0, 2), nth(y, 11, 3, 4)}
        for m, d in ((1, 1), (7, 4), (11, 11), (12, 25)):
            date = dt.date(y, m, d)
            out.add(date)
            if date.weekday() == 5:
                out.add(date - dt.timedelta(days=1))
            if date.weekday() == 6:
                out.add(date + dt.timedelta(days=1))
    return out


def scores(forecast, truth):
    """MAE, RMSE, MAPE over every value; all (windows, horizon)."""
    e = forecast - truth
    return {
        "mae": float(np.abs(e).mean()),
        "rmse": float(np.sqrt((e * e).mean())),
        "mape": float(100 * np.abs(e / truth).mean()),
    }
