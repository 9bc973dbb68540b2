"""Intraday responses to 10,000 events on a dataset of 2 x 10^8 rows: rows a second, bytes read, memory of a worker.

usage: scripts/bench dataset [INSTRUMENTS [EVENTS_OF_EACH]]; SIMULATED minutes, 100,000 of each instrument, written
once into a folder of the system's temporary files; one worker reads and answers, pyarrow's own scan is the floor
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq

import eventstudy as es
from eventstudy.news.items import Event, EventTime

MINUTES, SESSIONS, DAYS = 400, 250, 60
LATER = 6  # sessions after an event at whose closes a response looks
HOURS = {"BENCH": {"zone": "UTC", "rows": [{"first": "2019-12-01", "last": "2021-12-31", "sessions": ["09:00-15:40"]}]}}


def sessions() -> pd.DatetimeIndex:
    return pd.bdate_range("2020-01-06", periods=SESSIONS, tz="UTC") + pd.Timedelta("9h1min")


def written(instruments: int) -> Path:
    """Write the dataset, one folder per instrument, if it is not there; return its folder."""
    folder = Path(tempfile.gettempdir()) / f"eventstudy-SIMULATED-minutes-{instruments}"
    times = pa.array(
        np.concatenate([pd.date_range(day, periods=MINUTES, freq="1min").to_numpy() for day in sessions()])
    )
    times = times.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    for k in range(instruments):
        place = folder / f"ticker=S{k:04}" / "bars.parquet"
        if place.exists():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(k)
        close = np.round(100 * np.exp(rng.normal(0, 4e-4, len(times)).cumsum()), 3)
        table = pa.table({"time": times, "close": close})
        pq.write_table(table, place.with_suffix(".aside"), row_group_size=10_000, compression="zstd")
        place.with_suffix(".aside").rename(place)
    return folder


def made(instruments: int, each: int) -> list[Event]:
    """Return events at random minutes of random sessions, so many on each instrument."""
    rng, days, found = np.random.default_rng(1), sessions(), []
    for k in range(instruments):
        for place in np.sort(rng.choice(np.arange(DAYS + 20, SESSIONS - 10), each, replace=False)):
            at = (days[place] + pd.Timedelta(minutes=int(rng.integers(60, 250)))).to_pydatetime()
            found.append(Event(f"e{len(found)}", EventTime(at, at + timedelta(seconds=59)), (f"S{k:04}",)))
    return found


def hulls(events: list[Event]) -> dict[str, tuple[int, int]]:
    """Return of every instrument the first and the last session that its placebo days and later closes need."""
    places = {day.date(): number for number, day in enumerate(sessions())}
    found: dict[str, tuple[int, int]] = {}
    for event in events:
        place, (code,) = places[event.time.earliest.date()], event.instruments
        low, high = found.get(code, (SESSIONS, 0))
        found[code] = min(low, max(0, place - DAYS)), max(high, min(SESSIONS - 1, place + LATER))
    return found


def used() -> tuple[int, float]:
    """Return the bytes that this process has read, and its peak memory in MB."""
    lines = Path("/proc/self/io").read_text().splitlines()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar")), peak


def scanned(folder: str, needed: dict[str, tuple[int, int]]) -> int:
    """Read the rows needed by pyarrow alone."""
    dataset, days, rows = pads.dataset(folder, partitioning="hive"), sessions(), 0
    for code, (low, high) in needed.items():
        ends = [pa.scalar(at, pa.timestamp("us", "UTC")) for at in (days[low], days[high] + pd.Timedelta(days=1))]
        span = (pc.field("time") >= ends[0]) & (pc.field("time") <= ends[1]) & (pc.field("ticker") == code)
        rows += len(dataset.to_table(filter=span, use_threads=False))
    return rows


def studied(folder: str, events: list[Event], executor: Any) -> tuple[float, int]:
    """Return the seconds of the study, and how many responses it has."""
    hours = {"step": "1min", "timezone": "UTC", "label": "right", "calendar": "BENCH"}
    settings: dict[str, Any] = {"placebo": {"days": DAYS, "known_events": "keep"}, "tests": ("cross_sectional_t",)}
    spec = es.StudySpec(
        model="constant_mean",
        estimation=(-400, -61),
        event=(-30, 60),
        clock="minutes",
        overlaps="keep",
        calendars=HOURS,
        data=[{"source": "dataset", "path": folder, "step": "1min"}],
        **settings,
    )
    start = time.perf_counter()
    result = es.run_study(spec, events, es.open_dataset(folder, memory="1GB", **hours), executor=executor)
    return time.perf_counter() - start, len(result.response or ())


def main(instruments: int, each: int) -> None:
    folder, events = written(instruments), made(instruments, each)
    needed = hulls(events)
    rows = MINUTES * sum(high - low + 1 for low, high in needed.values())
    stored = sum(file.stat().st_size for file in folder.rglob("*.parquet"))
    per_row = stored / (instruments * SESSIONS * MINUTES)
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as floor:
        floor.submit(used).result()
        start = time.perf_counter()
        found = floor.submit(scanned, str(folder), needed).result()
        seconds, (_, peak) = time.perf_counter() - start, floor.submit(used).result()
    print(f"SIMULATED: {instruments:,} instruments, {instruments * SESSIONS * MINUTES:,} rows, {stored / 1e9:.2f} GB")
    print(f"pyarrow's scan of the rows needed: {found:,} rows, {found / seconds:,.0f} rows/s, peak {peak:.0f} MB")
    with ProcessPoolExecutor(1, mp_context=context) as worker:
        before, empty = worker.submit(used).result()
        seconds, responses = studied(str(folder), events, worker)
        after, peak = worker.submit(used).result()
    read = after - before
    print(f"{len(events):,} events, {responses:,} responses: {seconds:.1f} s, {rows / seconds:,.0f} rows needed/s")
    print(f"bytes read {read / 1e6:.1f} MB, needed {rows * per_row / 1e6:.1f} MB: {read / rows / per_row:.2f} (goal 2)")
    print(f"peak memory of the worker {peak:.0f} MB (goal 1000), {empty:.0f} MB before it works")
    print(f"peak memory of the process that runs the study {used()[1]:.0f} MB")


if __name__ == "__main__":
    main(*(int(word) for word in (sys.argv[1:] + ["2000", "5"][len(sys.argv) - 1 :])))
