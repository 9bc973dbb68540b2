"""Prints the time of reading a universe of 470 shares from one CSV, and of a study on it, as ratios to ``pyarrow.csv``.

The file has the columns of a Yahoo download (SIMULATED: 470 shares, 1,230 days, 45 MB). Goals: reading at most 2 times
``pyarrow.csv.read_csv`` of the same file with its default options; the whole study (events, prices, market model of 84
events, tests) at most 1.5 times the reading. Medians over rounds in which the runs take turns.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from pyarrow import csv

import eventstudy as es
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.price_files import read_universe
from eventstudy.market.sources.several_tables import read_table
from eventstudy.study.load import load_study

SHARES, DAYS, EVENTS, STUDIED, ROUNDS = 470, 1_230, 84, 37, 9
STATED = {"timezone": "America/New_York", "closes_at": "16:00"}
STUDY = """\
[events]
file = "events.csv"
[data]
path = "prices.csv"
timezone = "America/New_York"
closes_at = "16:00"
[market]
instrument = "S469"
[window]
estimation = [-250, -11]
event = [-5, 5]
report = [[0, 0], [0, 1], [-5, 5]]
[model]
name = "market"
[inference]
tests = ["time_series_t", "cross_sectional_t", "bmp", "kp_bmp"]
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        path = folder / "prices.csv"
        print(f"file: {SHARES} shares x {DAYS:,} days, {path.stat().st_size / 1e6:.0f} MB, SIMULATED")
        runs: dict[str, Callable[[], object]] = {
            "pyarrow.csv": lambda: csv.read_csv(path),
            "reading": lambda: read_table(path, DataSpec(path=str(path))),
            "study": lambda: whole(folder),
            "every instrument checked": lambda: read_universe(path, **STATED),
        }
        times = rounds_of(runs)
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    for name, seconds in middle.items():
        print(f"{name:<26} {1e3 * seconds:8.1f} ms (median of {ROUNDS})")
    reading = ratio(times["reading"], times["pyarrow.csv"])
    study = ratio(times["study"], times["reading"])
    print(f"reading / pyarrow.csv      {reading:8.2f}   (goal: at most 2)")
    print(f"study / reading            {study:8.2f}   (goal: at most 1.5)")
    return 0 if reading <= 2 and study <= 1.5 else 1


def rounds_of(runs: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Return the seconds of each run in every round, after one warm-up."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(ROUNDS + 1):
        for name, run in runs.items():
            start = perf_counter()
            run()
            if number:
                times[name].append(perf_counter() - start)
    return times


def ratio(seconds: list[float], others: list[float]) -> float:
    """Return the median over rounds of one run's time over another's."""
    return statistics.median(a / b for a, b in zip(seconds, others, strict=True))


def whole(folder: Path) -> es.StudyResult:
    loaded = load_study(folder / "study.toml")
    return es.run_study(loaded.spec, loaded.events, loaded.data, market=loaded.market)


def write(folder: Path) -> None:
    """Write the price file, the events and the study."""
    rng = np.random.default_rng(20170101)
    days = pd.bdate_range("2017-01-02", periods=DAYS)
    dates = days.strftime("%Y-%m-%d")
    parts = []
    for number in range(SHARES):
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.015, DAYS)))
        opened = close * np.exp(rng.normal(0, 0.006, DAYS))
        columns = {
            "Date": dates,
            "Open": opened,
            "High": np.maximum(opened, close) * 1.004,
            "Low": np.minimum(opened, close) * 0.996,
            "Close": close,
            "Adj Close": close * 0.97,
            "Volume": rng.integers(100_000, 9_000_000, DAYS),
            "Name": f"S{number:03d}",
        }
        parts.append(pd.DataFrame(columns))
    pd.concat(parts).to_csv(folder / "prices.csv", index=False, float_format="%.6f")
    rows = rng.choice(np.arange(300, DAYS - 20), EVENTS, replace=False)
    lines = [f"S{i % STUDIED:03d},{days[row]:%Y-%m-%d},amc" for i, row in enumerate(rows)]
    (folder / "events.csv").write_text("\n".join(["ticker,date,session", *lines]) + "\n")
    (folder / "study.toml").write_text(STUDY)


if __name__ == "__main__":
    sys.exit(main())
