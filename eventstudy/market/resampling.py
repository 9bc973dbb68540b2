"""Longer bars from one-minute bars: by the clock, inside sessions, never across a break."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, MINUTE_US, IntArray, epoch_us, from_epoch_us, wall_us
from eventstudy.errors import BarsError, Notice
from eventstudy.market.sessions import TradingCalendar, session_rows

HOW = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum", "bid": "last", "ask": "last"}


def resampled(
    minutes: pd.DataFrame, step: pd.Timedelta, calendar: TradingCalendar
) -> tuple[pd.DataFrame, tuple[Notice, ...]]:
    """Gather one-minute bars into bars of ``step`` on the local clock, cut where a session ends.

    A bar closes at the next multiple of ``step`` after local midnight, or with its session where that is earlier, so
    no bar mixes an auction with continuous trading or two sides of a break. A stretch without trades has no bar.

    Parameters
    ----------
    minutes : pandas.DataFrame
        One-minute bars indexed by closing instant (UTC).
    step : pandas.Timedelta
        A multiple of one minute, below one day.

    Returns
    -------
    (pandas.DataFrame, tuple of Notice)
        The bars, and how many minutes lay outside every session and were left out.
    """
    size = int(step // pd.Timedelta(1, "us"))
    if size % MINUTE_US or not 0 < size < DAY_US:
        raise BarsError(
            f"One-minute bars cannot be gathered into bars of {step}.", remedy="Use a number of full minutes."
        )
    closes = epoch_us(pd.DatetimeIndex(minutes.index))
    rows = session_rows(calendar, closes, MINUTE_US)
    inside = rows >= 0
    notices = _left_out(closes[~inside], calendar)
    kept, rows, closes = minutes[inside], rows[inside], closes[inside]
    ends = np.minimum(_clock_ends(closes, size, calendar.zone), calendar.table.closes[rows])
    groups = kept.groupby(ends, sort=True)
    columns = {c: groups[c].agg(HOW[c]) for c in kept.columns if c != "volume"}
    if "volume" in kept:
        columns["volume"] = groups["volume"].sum(min_count=1)
    frame = pd.DataFrame({c: columns[c].to_numpy(np.float64) for c in kept.columns})
    return frame.set_index(from_epoch_us(np.unique(ends))), notices


def _clock_ends(closes: IntArray, size: int, zone: str) -> IntArray:
    """Return for each minute the instant at which its stretch of the local clock ends."""
    begins = closes - MINUTE_US
    into_the_day = wall_us(begins, zone) % DAY_US
    return np.asarray(begins - into_the_day % size + size, dtype=np.int64)


def _left_out(closes: IntArray, calendar: TradingCalendar) -> tuple[Notice, ...]:
    if not len(closes):
        return ()
    first = from_epoch_us(closes[:1]).tz_convert(calendar.zone)[0]
    return (
        Notice(
            "ES-OUTSIDE",
            f"{len(closes)} one-minute bar(s) outside every session of {calendar.name} were left out, "
            f"the first at {first:%Y-%m-%d %H:%M} local time.",
        ),
    )
