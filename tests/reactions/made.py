"""Events with attributes on simulated daily returns, whose groups and slopes are known."""

from __future__ import annotations

from typing import Any

import pandas as pd

import eventstudy as es
from tests.study.made import daily_frame, events_at


def spread_events(n: int, *, instruments: int = 30, gap: int = 9, start: int = 120) -> list[tuple[str, int]]:
    """Pairs of instrument and row, ``gap`` rows apart, so that no two event windows share a bar."""
    return [(f"A{i % instruments}", start + gap * i) for i in range(n)]


def listed(frame: pd.DataFrame, pairs: list[tuple[str, int]], **columns: Any) -> pd.DataFrame:
    """Events with ids and further columns."""
    return events_at(frame, pairs).assign(id=[f"e{i}" for i in range(len(pairs))], **columns)


def study(frame: pd.DataFrame, events: pd.DataFrame, **settings: Any) -> es.StudyResult:
    """A study of a constant mean with windows [0, 0] and [-1, +1]."""
    given: dict[str, Any] = {"tests": ["bmp"], "windows": [(0, 0), (-1, 1)], "diagnostics": "off", **settings}
    given = {"model": "constant_mean", "estimation": (-100, -11), "event": (-2, 2), **given}
    return es.run_study(es.StudySpec(**given), events, frame)


def market_of(n: int, instruments: int = 30, seed: int = 1) -> tuple[pd.DataFrame, list[tuple[str, int]]]:
    """Returns of many instruments, and ``n`` events on separate dates."""
    pairs = spread_events(n, instruments=instruments)
    return daily_frame(pairs[-1][1] + 20, instruments, seed=seed), pairs
