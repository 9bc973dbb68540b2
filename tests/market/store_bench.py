"""What the proofs of the store share: made bars, a writer that can be killed, file-system calls that fail on demand."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventstudy import files
from eventstudy.arrays import from_epoch_us
from eventstudy.market.store import bar_store, disk
from eventstudy.market.store.stored_series import SeriesKey

KEY = SeriesKey("moex", "USD000UTSTOM", "CETS", pd.Timedelta(minutes=1), "Europe/Moscow")
START = date(2021, 1, 1)
NO_BARS = pd.DataFrame({"close": []}, index=pd.DatetimeIndex([], tz="UTC").as_unit("us"), dtype="float64")


def day_of_bars(number: int, rows: int = 50, seed: int = 0) -> tuple[pd.DataFrame, tuple[date, date]]:
    """Return the bars of one Moscow day, the same ones for the same number and seed."""
    day = START + timedelta(days=number)
    low, _ = KEY.bounds_us((day, day))
    draw = np.random.default_rng([number, seed])
    closes = low - 1 + 60_000_000 * np.sort(draw.choice(np.arange(1, 1440), rows, replace=False))
    price = 77 + draw.standard_normal(rows).cumsum() / 100
    columns = {"open": price, "high": price + 0.1, "low": price - 0.1, "close": price, "volume": np.full(rows, 5.0)}
    return pd.DataFrame(columns, index=from_epoch_us(closes)), (day, day)


def commit_day(store: bar_store.BarStore, number: int, seed: int = 0) -> None:
    bar_store.commit(store, KEY, *day_of_bars(number, seed=seed))


def stored_days(store: bar_store.BarStore, since: int = 0) -> list[int]:
    """Return the numbers of the complete days, after checking that each from ``since`` on holds exactly its bars."""
    found = []
    for first, last in bar_store.state(store, KEY).days:
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            number = (day - START).days
            found.append(number)
            if number < since:
                continue
            bars = bar_store.to_frame(bar_store.read(store, KEY, *KEY.bounds_us((day, day))))
            pd.testing.assert_frame_equal(bars, day_of_bars(number)[0], check_exact=True, check_freq=False)
    return found


@contextmanager
def in_a_child(work: Callable[[], None]) -> Iterator[int]:
    """Run work in a forked process; its id is yielded, and it is gone afterwards."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    try:
        yield child
    finally:
        try:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        except (ProcessLookupError, ChildProcessError):
            pass


def killed_while_writing(store: bar_store.BarStore, draw: random.Random, first: int) -> int:
    """Kill a process with signal 9 somewhere inside its appends; return the number of days it reported as committed."""
    reading, writing = os.pipe()

    def work() -> None:
        for number in range(first, first + 10_000):
            commit_day(store, number)
            os.write(writing, b".")

    with in_a_child(work) as child:
        os.close(writing)
        os.read(reading, 1)
        time.sleep(draw.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    reported = 1
    while piece := os.read(reading, 4096):
        reported += len(piece)
    os.close(reading)
    return reported


class FailingCalls:
    """The ``os`` of the store with the n-th call that touches the disk refused."""

    NAMES = ("mkdir", "open", "write", "fsync", "replace", "unlink", "scandir", "stat")

    def __init__(self, number: int, code: int) -> None:
        self.count, self.number, self.code = 0, number, code

    def proxy(self) -> SimpleNamespace:
        whole = {name: getattr(os, name) for name in dir(os) if not name.startswith("__")}
        counted = {name: self._counted(name, getattr(os, name)) for name in self.NAMES}
        return SimpleNamespace(**{**whole, **counted, "fdopen": self._fdopen})

    def _fdopen(self, *args: Any) -> Any:
        """Count the writes and flushes of a stream as well."""
        stream = os.fdopen(*args)
        for name in ("write", "flush"):
            setattr(stream, name, self._counted(name, getattr(stream, name)))
        return stream

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:

        def call(*args: Any, **more: Any) -> Any:
            self.count += 1
            if self.count == self.number:
                raise OSError(self.code, os.strerror(self.code), *map(str, args[:1]))
            return real(*args, **more)

        return call


@contextmanager
def failing(patch: pytest.MonkeyPatch, number: int, code: int) -> Iterator[FailingCalls]:
    calls = FailingCalls(number, code)
    with patch.context() as local:
        local.setattr(disk, "os", calls.proxy())
        local.setattr(files, "os", calls.proxy())
        yield calls


def every_file(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and path.stat().st_size)


def flip(path: Path, bit: int) -> bytes:
    """Flip one bit of a file and return what it held before."""
    before = path.read_bytes()
    changed = bytearray(before)
    changed[bit // 8] ^= 1 << (bit % 8)
    path.write_bytes(changed)
    return before
