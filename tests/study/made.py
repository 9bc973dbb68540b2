"""Small series that the engine's tests make themselves, with every figure open to hand arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, MINUTE_US
from eventstudy.market.instruments import Instrument
from eventstudy.market.returns import Returns


def intraday(code: str, values: dict[int, list[float]], *, first_clock: int = 600, step: int = 10) -> Returns:
    """One row of returns per day; closes every ``step`` minutes from ``first_clock`` minutes after midnight, UTC."""
    day = np.concatenate([[d] * len(row) for d, row in values.items()]).astype(np.int64)
    clock = np.concatenate([first_clock + step * np.arange(len(row)) for row in values.values()]) * MINUTE_US
    spans = np.concatenate([[i > 0] + [False] * (len(r) - 1) for i, r in enumerate(values.values())])
    flat = np.concatenate(list(values.values())).astype(np.float64)
    return Returns(Instrument(code), step * MINUTE_US, day * DAY_US + clock, flat, spans, day, clock.astype(np.int64))


def daily_frame(rows: int, columns: int, seed: int = 1, *, start: str = "2015-01-01") -> pd.DataFrame:
    """A wide frame of normal daily returns with aware closes."""
    index = pd.bdate_range(start, periods=rows).tz_localize("UTC") + pd.Timedelta(hours=16)
    values = np.random.default_rng(seed).normal(0, 0.01, (rows, columns))
    return pd.DataFrame(values, index=index, columns=[f"A{i}" for i in range(columns)])


def events_at(frame: pd.DataFrame, pairs: list[tuple[str, int]]) -> pd.DataFrame:
    """Events one hour before the close of the given rows."""
    times = [frame.index[row] - pd.Timedelta(hours=1) for _, row in pairs]
    return pd.DataFrame({"instrument": [code for code, _ in pairs], "time": times})
