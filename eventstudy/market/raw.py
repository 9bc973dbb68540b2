"""RawBars: a series as it stands in a file, row by row, before anything is repaired or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, LabelSide, frozen, value
from eventstudy.market.daily_close import DailyClose, close_of_days
from eventstudy.market.local_time import instants_from_wall
from eventstudy.market.sessions import TradingCalendar


@value
class RawBars:
    """Rows of one instrument in the order of the file.

    Attributes
    ----------
    line : IntArray, shape (T,)
        Line of the file each row stands on (the header of a CSV file is line 1).
    wall : IntArray, shape (T,)
        What the labels read, in microseconds since 1970-01-01T00:00 on the clock of ``zone``.
    zone : str
        Zone of the labels; "UTC" for stamps that carry an offset.
    columns : mapping of str to FloatArray
        ``close`` always; NaN where the file has nothing.
    step_us : int
    label : {"left", "right"}
        Which end of the bar the labels are said to mark.
    closes_at_us : int or None
        For daily bars: the local time of the close, microseconds since midnight; None where the calendar says it.
    calendar : TradingCalendar or None
        For daily bars: the calendar of the exchange, which says when its days close.
    placed : bool
        Whether the stamps carried an offset, so that no rule about clocks moves their dates.
    """

    line: IntArray
    wall: IntArray
    zone: str
    columns: Mapping[str, FloatArray]
    step_us: int
    label: LabelSide
    closes_at_us: int | None = None
    calendar: TradingCalendar | None = None
    placed: bool = False

    def __len__(self) -> int:
        return len(self.wall)

    @property
    def daily(self) -> bool:
        return self.step_us >= DAY_US

    @property
    def close(self) -> FloatArray:
        return self.columns["close"]


def take(raw: RawBars, rows: IntArray | BoolArray) -> RawBars:
    """Return some of the rows, in the order given."""
    columns = {name: np.asarray(values[rows]) for name, values in raw.columns.items()}
    return replace(raw, line=raw.line[rows], wall=raw.wall[rows], columns=columns)


def label_instants(raw: RawBars) -> IntArray:
    """Return the instants the labels mark; for daily bars the close of the day they name."""
    if not raw.daily:
        return instants_from_wall(raw.wall, raw.zone, lines=raw.line)
    days = raw.wall // DAY_US
    key = (days.tobytes(), raw.zone, raw.closes_at_us, id(raw.calendar))
    known = _LAST_DAYS.get("days")  # the shares of a universe have the same days: their closes are computed once
    if known is None or known[0] != key:
        closes = close_of_days(days, DailyClose(raw.zone, raw.closes_at_us, raw.calendar), lines=raw.line)
        known = _LAST_DAYS["days"] = (key, frozen(closes, np.int64), raw.calendar)
    return known[1]


# The days of the series read last and their closes; the calendar is held so that its id stays its own.
_LAST_DAYS: dict[str, tuple[tuple[object, ...], IntArray, TradingCalendar | None]] = {}


def closing_instants(raw: RawBars, label: LabelSide) -> IntArray:
    """Return the instants at which the bars close if the labels mark that side."""
    instants = label_instants(raw)
    return instants + raw.step_us if label == "left" and not raw.daily else instants
