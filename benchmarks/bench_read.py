"""Prints the time of reading a Finam CSV of one million rows, quality checks included, as a ratio to ``pyarrow.csv``.

The file is drawn from a seed in a temporary folder (SIMULATED one-minute bars of a share, labels at the end).
Goal: at most 1.5 times ``pyarrow.csv.read_csv`` of the same file with its default options.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from pyarrow import csv

import eventstudy as es
from eventstudy.arrays import DAY_US, MINUTE_US, wall_us
from eventstudy.market.calendars import calendar

ROWS = 1_000_000
ROUNDS = 7


def main(rows: int = ROWS) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "SBER.csv"
        write_finam(path, rows)
        print(f"file: {rows:,} rows, {path.stat().st_size / 1e6:.0f} MB, SIMULATED")
        times = {name: [] for name in ("pyarrow.csv", "read_bars")}
        readers: dict[str, Callable[[], object]] = {
            "pyarrow.csv": lambda: csv.read_csv(path),
            "read_bars": lambda: es.read_bars(
                path, instrument="SBER", step="1min", label="right", timezone="Europe/Moscow", preset="finam"
            ),
        }
        for _ in range(ROUNDS):
            for name, read in readers.items():
                start = perf_counter()
                read()
                times[name].append(perf_counter() - start)
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    for name, seconds in middle.items():
        print(f"{name:<12} {1e3 * seconds:8.1f} ms (median of {ROUNDS})")
    ratio = middle["read_bars"] / middle["pyarrow.csv"]
    print(f"ratio        {ratio:8.2f}   (goal: at most 1.5)")
    return ratio


def write_finam(path: Path, rows: int) -> None:
    """Write one-minute bars on the sessions of Moscow's shares, from 2013 on, in Finam's layout."""
    venue = calendar("MOEX-SHARES")
    trade = ~venue.table.auction & (venue.table.opens > np.datetime64("2013-01-01", "us").astype(np.int64))
    spans = zip(venue.table.opens[trade], venue.table.closes[trade], strict=True)
    ends = np.concatenate([np.arange(o + MINUTE_US, c + 1, MINUTE_US) for o, c in spans])[:rows]
    wall = wall_us(ends, venue.zone)
    rng = np.random.default_rng(20210413)
    close = np.round(280 * np.exp(np.cumsum(rng.normal(0, 1e-4, len(wall)))), 2)
    volume = rng.permutation(len(wall)) + 1
    days = day_texts(wall // DAY_US)
    seconds = wall % DAY_US // 1_000_000
    clocks = [f"{s // 3600:02d}{s // 60 % 60:02d}00" for s in seconds.tolist()]
    with path.open("w", encoding="utf-8") as file:
        file.write("<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n")
        for day, clock, c, v in zip(days, clocks, close.tolist(), volume.tolist(), strict=True):
            file.write(f"SBER,1,{day},{clock},{c:.7f},{c + 0.05:.7f},{c - 0.05:.7f},{c:.7f},{v}\n")


def day_texts(days: np.ndarray) -> list[str]:
    texts = {d: str(np.datetime64(int(d), "D")).replace("-", "") for d in np.unique(days)}
    return [texts[d] for d in days]


if __name__ == "__main__":
    sys.exit(0 if main() <= 1.5 else 1)
