"""Which days of a service's answer cannot be taken as complete: missing days, cut days, impossible candles."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from eventstudy.arrays import DAY_US, BoolArray, IntArray, epoch_us, wall_us
from eventstudy.errors import EventStudyError
from eventstudy.market.calendars import calendar
from eventstudy.market.quality.checks import inspect
from eventstudy.market.quality.problems import Subject
from eventstudy.market.raw import RawBars
from eventstudy.market.sessions import (
    TradingCalendar,
    as_date,
    as_day,
    rows_opening,
    session_rows,
    standings,
    trading_days,
)

Days = tuple[date, date]
# A gap inside a session is taken for a fault of the answer if trading as dense as the rest of its kind of session would
# leave it with less than this probability; at the end of the answer, where cuts fall, a short one is enough.
IMPROBABLE, IMPROBABLE_AT_END = 1e-9, 1e-6
LONG_GAP, SHORT_GAP = 30, 3
# Candles that no market makes, by the names of the quality checks.
IMPOSSIBLE = frozenset(
    {
        *("infinite price", "zero price", "negative price", "impossible range", "bad tick", "unit jump"),
        *("high below low", "close outside range"),
    }
)


def doubtful_days(frame: pd.DataFrame, name: str, days: Days, step: pd.Timedelta) -> dict[date, str]:
    """Return the days of an answer that are not complete, or not believable, each with the reason.

    Parameters
    ----------
    frame : pandas.DataFrame
        Bars by closing instant (UTC); daily bars close at the local midnight after their day.
    name : str
        Calendar of the instrument; projected days are not judged, for their holidays are not known.
    days : (date, date)
        First and last day asked for, both included, in the zone of the calendar.
    step : pandas.Timedelta
    """
    closes, step_us = epoch_us(pd.DatetimeIndex(frame.index)), int(step // pd.Timedelta(1, "us"))
    found = {as_date(day): why for day, why in _impossible(frame, closes, step_us, calendar(name).zone).items()}
    try:
        venue = calendar(name)
        if venue.always:
            return found
        empty = _empty_days(venue, closes, days, step_us)
        gaps = {} if step_us >= DAY_US else _gaps(venue, closes, days, step_us)
    except EventStudyError:
        return found
    for day, why in {**gaps, **{int(d): "it has no bars, and the market was open" for d in empty}}.items():
        found.setdefault(as_date(day), why)
    if len(empty) and len(closes) and step_us < DAY_US:
        # Where the answer breaks off, the last day that came may be cut as well.
        last = int((wall_us(closes[-1:], venue.zone)[0] - 1) // DAY_US)
        if int(empty.max()) > last:
            found.setdefault(as_date(last), "the bars of the days after it are missing")
    return found


def _impossible(frame: pd.DataFrame, closes: IntArray, step_us: int, zone: str) -> dict[int, str]:
    """Return the days with candles that a file would be corrected or refused for."""
    if not len(closes):
        return {}
    local = (wall_us(closes, zone) - 1) // DAY_US
    columns = {str(c): frame[c].to_numpy(np.float64) for c in frame.columns}
    raw = RawBars(np.arange(len(closes)), closes - step_us, "UTC", columns, min(step_us, DAY_US - 1), "left")
    found: dict[int, str] = {}
    for finding in inspect(Subject(raw)).findings:
        if finding.kind in IMPOSSIBLE:
            found |= dict.fromkeys(local[finding.lines].tolist(), f"{finding.kind}: {finding.message}")
    volume = columns.get("volume")
    if volume is not None and (volume < 0).any():
        found |= dict.fromkeys(local[volume < 0].tolist(), "a volume is negative")
    return found


def _empty_days(venue: TradingCalendar, closes: IntArray, days: Days, step_us: int) -> IntArray:
    """Return the days on which sessions open and no bar closes; projected days are left out.

    A kind of session in which no bar of the answer lies, such as weekends, is one the instrument is not traded in.
    """
    if step_us >= DAY_US:
        open_days = trading_days(venue, *days)
    else:
        rows, opened = rows_opening(venue, *days)
        inside = session_rows(venue, closes, step_us)
        traded = set(venue.table.name[inside[inside >= 0]].tolist())
        counts = np.array([not traded or name in traded for name in venue.table.name[rows].tolist()], dtype=np.bool_)
        open_days = np.unique(opened[counts])
    open_days = open_days[standings(venue, open_days) != "projected"]
    return np.setdiff1d(open_days, (wall_us(closes, venue.zone) - 1) // DAY_US)


def _gaps(venue: TradingCalendar, closes: IntArray, days: Days, step_us: int) -> dict[int, str]:
    """Return the days with a gap inside a session that its kind of session does not leave elsewhere."""
    rows, opened = rows_opening(venue, *days)
    keep = ~venue.table.auction[rows] & np.isin(opened, (wall_us(closes, venue.zone) - 1) // DAY_US)
    rows, opened = rows[keep], opened[keep]
    inside = session_rows(venue, closes, step_us)
    first, last = venue.table.opens[rows] // step_us, -(-venue.table.closes[rows] // step_us)
    slots = [(closes[inside == row] - 1) // step_us for row in rows.tolist()]
    names = venue.table.name[rows]
    found: dict[int, str] = {}
    for name in dict.fromkeys(names.tolist()):
        group = np.flatnonzero(names == name)
        wanted = int((last[group] - first[group]).sum())
        share = min(sum(len(slots[i]) for i in group) / wanted, 1 - 1e-6) if wanted else 0.0
        if share <= 0:  # the instrument is not traded in this session
            continue
        for i in group:
            ends = np.concatenate(([first[i] - 1], slots[i], [last[i]]))
            gap = int(np.diff(ends).max()) - 1
            tail = int(ends[-1] - ends[-2]) - 1 if i == len(rows) - 1 else 0
            if _improbable(gap, share, LONG_GAP, IMPROBABLE) or _improbable(tail, share, SHORT_GAP, IMPROBABLE_AT_END):
                found[int(opened[i])] = f"its {name} session has a gap of {max(gap, tail)} bars"
    return found


def _improbable(gap: int, share: float, least: int, level: float) -> bool:
    return gap >= least and gap * np.log1p(-share) < np.log(level)


def stretches(days: Days, doubtful: dict[date, str]) -> list[Days]:
    """Return the days without the doubtful ones, as stretches."""
    numbers = np.setdiff1d(np.arange(as_day(days[0]), as_day(days[1]) + 1), [as_day(d) for d in doubtful])
    if not len(numbers):
        return []
    cuts: BoolArray = np.diff(numbers) > 1
    parts = np.split(numbers, np.flatnonzero(cuts) + 1)
    return [(as_date(int(part[0])), as_date(int(part[-1]))) for part in parts]
