"""Price series the quality tests make themselves: clean ones, intraday and daily."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US
from eventstudy.market.calendars import calendar
from eventstudy.market.quality.problems import Subject
from eventstudy.market.raw import RawBars

# The hours of a share in 2021 as 10-minute labels of bar ends: opening auction, main session, closing auction,
# evening session (its opening auction lies inside the first bar).
SHARE_ENDS = [*range(600, 1121, 10), 1130, *range(1150, 1431, 10)]
AUCTIONS = {600, 1130}
FIRST_DAY = date(2021, 3, 1)


def share_bars(seed: int, n_days: int = 6, first: date = FIRST_DAY) -> RawBars:
    """Ten-minute bars of a share with labels at the end, on working days; every bar traded, auctions at one price."""
    rng = np.random.default_rng(seed)
    days = [d for d in (first + timedelta(i) for i in range(3 * n_days)) if d.weekday() < 5 and d != date(2021, 3, 8)]
    minutes = [(d, m) for d in days[:n_days] for m in SHARE_ENDS]
    wall = np.array([((d - date(1970, 1, 1)).days * 24 * 60 + m) * MINUTE_US for d, m in minutes], dtype=np.int64)
    columns = prices(rng, len(wall), 280.0, 0.001)
    for name in ("open", "high", "low"):
        flat = np.array([m in AUCTIONS for _, m in minutes])
        columns[name][flat] = columns["close"][flat]
    return RawBars(np.arange(2, len(wall) + 2), wall, "Europe/Moscow", columns, 10 * MINUTE_US, "right")


def daily_bars(seed: int, n_days: int = 400, first: date = date(2020, 1, 1)) -> RawBars:
    """Daily bars, Monday to Friday, that close at 17:00 New York time."""
    rng = np.random.default_rng(seed)
    days = [d for d in (first + timedelta(i) for i in range(2 * n_days)) if d.weekday() < 5][:n_days]
    wall = np.array([(d - date(1970, 1, 1)).days * DAY_US for d in days], dtype=np.int64)
    columns = prices(rng, len(wall), 75.0, 0.008)
    return RawBars(
        np.arange(2, len(wall) + 2),
        wall,
        "America/New_York",
        columns,
        DAY_US,
        "right",
        closes_at_us=17 * 60 * MINUTE_US,
    )


def prices(rng: np.random.Generator, n: int, level: float, scale: float) -> dict[str, np.ndarray]:
    """A random walk with open, high and low that fit it, and a volume of its own for every bar."""
    close = level * np.exp(np.cumsum(rng.normal(0, scale, n)))
    opened = close * np.exp(rng.normal(0, scale, n))
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0, scale / 2, n)))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0, scale / 2, n)))
    return {"open": opened, "high": high, "low": low, "close": close, "volume": rng.permutation(n) + 1.0}


def share(seed: int, n_days: int = 6) -> Subject:
    return Subject(share_bars(seed, n_days), calendar("MOEX-SHARES"))


def daily(seed: int) -> Subject:
    return Subject(daily_bars(seed), calendar("24/5"))


def changed(subject: Subject, **columns: np.ndarray) -> Subject:
    """The subject with some columns replaced."""
    raw = replace(subject.raw, columns={**subject.raw.columns, **columns})
    return replace(subject, raw=raw)


def inserted(subject: Subject, after: int, wall_us: int, factor: float = 1.0) -> Subject:
    """The subject with a copy of a row inserted behind it, at another time and price; lines are counted anew."""
    raw = subject.raw
    columns = {n: np.insert(v, after + 1, v[after] * (1 if n == "volume" else factor)) for n, v in raw.columns.items()}
    wall = np.insert(raw.wall, after + 1, wall_us)
    return replace(subject, raw=replace(raw, line=np.arange(2, len(wall) + 2), wall=wall, columns=columns))
