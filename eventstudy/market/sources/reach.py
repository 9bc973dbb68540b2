"""Which part of a series events need: so many bars and days before the first and after the last of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, IntArray, value
from eventstudy.market.sources.grid import one_chunk
from eventstudy.market.sources.time_columns import as_int

HOUR_US = 60 * MINUTE_US
# How far a label may be from its close, beside the bar itself: the offset of a zone, or for dates a day more.
SLACK_US, SLACK_OF_DATES_US = 15 * HOUR_US, 2 * DAY_US
# Five of seven days are trading days, and a session of shorter bars has six hours; where less is found, more is read.
CALENDAR_PER_TRADING = 1.5
HOLIDAYS_US = 4 * DAY_US
SESSION_US = 6 * HOUR_US
# Of an instrument that has too few bars in the expected time, so many times that time is read, then everything.
FURTHER = (2, 4, 16, math.inf)
MOST_DAYS = 2**20
# Instruments are read in so many groups of like spans.
MOST_SCANS = 32
EVER_US = 2**61
Span = tuple[int, int]


@value(slots=True)
class Reach:
    """How much of a series windows need before the first event and after the last one; infinite for all there is.

    Attributes
    ----------
    bars_before, bars_after : float
    days_before, days_after : float
        Days with bars.
    """

    bars_before: float = math.inf
    bars_after: float = math.inf
    days_before: float = math.inf
    days_after: float = math.inf

    @property
    def before(self) -> tuple[float, float]:
        """Bars and days before the first event."""
        return self.bars_before, self.days_before

    @property
    def after(self) -> tuple[float, float]:
        """Bars and days after the last event."""
        return self.bars_after, self.days_after


@value(slots=True)
class Around:
    """What of a universe the events of a study need.

    Attributes
    ----------
    reach : Reach
    times : mapping of str to (int, int)
        Of an instrument the earliest and the latest instant of its events, microseconds since the epoch.
    others : (int, int)
        The same for every other instrument: the market needs the times of all events.
    """

    reach: Reach
    times: Mapping[str, Span]
    others: Span

    def of(self, code: str) -> Span:
        """Return the earliest and the latest instant of the events of an instrument."""
        return self.times.get(code, self.others)


def expected_us(needed: tuple[float, float], step_us: int) -> int:
    """Return calendar time in which so many bars and days are expected; generous, since what lacks is read later."""
    bars, days = needed
    if math.isinf(bars) or math.isinf(days):
        return EVER_US
    if step_us > DAY_US:
        return int((bars + days) * step_us) + HOLIDAYS_US
    sessions = max(days, bars * step_us / (DAY_US if step_us == DAY_US else SESSION_US))
    return int(sessions * CALENDAR_PER_TRADING * DAY_US) + HOLIDAYS_US


@dataclass(frozen=True)
class Axis:
    """Where the rows of a dataset have their times, instruments and prices.

    Attributes
    ----------
    time, ticker, value : str
        Names of columns; the instrument's is empty where all rows are of one.
    kind : pyarrow.DataType
        Of the time column: a timestamp or a date.
    step_us : int
        Length of a bar.
    """

    time: str
    ticker: str
    value: str
    kind: Any
    step_us: int

    @property
    def slack_us(self) -> int:
        return (SLACK_US if self.step_us < DAY_US else SLACK_OF_DATES_US) + self.step_us

    def at(self, instant: int) -> Any:
        """Return an instant in the type of the time column."""
        if pa.types.is_date(self.kind):
            return pa.scalar(instant // DAY_US, pa.int32()).cast(pa.date32()).cast(self.kind)
        return pa.scalar(instant, pa.timestamp("us", self.kind.tz)).cast(self.kind)

    def within(self, span: Span) -> Any:
        """Return the filter of a span; None where it has no end."""
        rows = None
        if span[0] > -EVER_US:
            rows = pc.field(self.time) >= self.at(span[0])
        if span[1] < EVER_US:
            end = pc.field(self.time) <= self.at(span[1])
            rows = end if rows is None else rows & end
        return rows

    def stamps(self, table: pa.Table) -> IntArray:
        """Return the times of rows in microseconds; a row without one is left for the reader to refuse."""
        column = table[self.time].cast(pa.timestamp("us", getattr(self.kind, "tz", None)), safe=False)
        return as_int(column.fill_null(pa.scalar(0, column.type)))


Scan = Callable[[Any, Collection[str] | None], pa.Table]


def rows_around(scan: Scan, axis: Axis, around: Around, codes: Collection[str] | None) -> pa.Table:
    """Return the rows that the events need, of every instrument its own; who trades seldom is read further.

    ``scan(rows, codes)`` returns the rows that pass a filter of times, of some instruments (None: of all wanted).
    """
    spans = _Spans(axis, around)
    asked = sorted(codes) if codes is not None else sorted(around.times)
    found = _read(scan, axis, asked if codes else [""], spans.of)
    parts = [found.table]
    for after in (False, True):
        short = found.lacking(around, asked, after=after)
        for wider in FURTHER:
            if not short:
                break
            more = _read(scan, axis, short, partial(spans.beyond, wider=wider, after=after))
            spans.widen(short, wider, after=after)
            parts = [*parts, more.table] if after else [more.table, *parts]
            found = _Found(pa.concat_tables(parts), axis)
            short = sorted(set(short) & set(found.lacking(around, asked, after=after)))
    return found.table


def _read(scan: Scan, axis: Axis, codes: Sequence[str], span_of: Callable[[str], Span]) -> _Found:
    """Return the rows of every instrument in its span; instruments whose spans are alike are read together."""
    if not axis.ticker or codes == [""]:
        ends = [span_of(code) for code in codes]
        hull = min(low for low, _ in ends), max(high for _, high in ends)
        return _Found(scan(axis.within(hull), None), axis).inside(span_of)
    ordered, size = sorted(codes, key=span_of), -(-len(codes) // MOST_SCANS)
    parts = []
    for group in [ordered[low : low + size] for low in range(0, len(ordered), size)]:
        ends = [span_of(code) for code in group]
        hull = min(low for low, _ in ends), max(high for _, high in ends)
        parts.append(scan(axis.within(hull), group))
    return _Found(pa.concat_tables(parts), axis).inside(span_of)


class _Spans:
    """The times read so far of every instrument, at the resolution of days; each side may be widened."""

    def __init__(self, axis: Axis, around: Around) -> None:
        self.axis, self.around = axis, around
        self.factors: dict[tuple[str, bool], float] = {}

    def side(self, code: str, factor: float, *, after: bool) -> int:
        """Return the first or the last instant that is read where ``factor`` times the expected time is."""
        reach, events, slack = self.around.reach, self.around.of(code), self.axis.slack_us
        expected = expected_us(reach.after if after else reach.before, self.axis.step_us)
        far = EVER_US if math.isinf(factor) else min(EVER_US, int(factor * expected))
        if far == EVER_US:
            return far if after else -far
        return (
            (events[1] + slack + far) // DAY_US * DAY_US + DAY_US - 1
            if after
            else (events[0] - slack - far) // DAY_US * DAY_US
        )

    def of(self, code: str) -> Span:
        low, high = (self.side(code, self.factors.get((code, after), 1), after=after) for after in (False, True))
        return low, high

    def beyond(self, code: str, *, wider: float, after: bool) -> Span:
        """Return what a wider side adds to what was read."""
        low, high = self.of(code)
        edge = self.side(code, wider, after=after)
        return (high + 1, edge) if after else (edge, low - 1)

    def widen(self, codes: Sequence[str], wider: float, *, after: bool) -> None:
        self.factors |= {(code, after): wider for code in codes}


class _Found:
    """Rows that were read, with the instrument and the time of each."""

    def __init__(self, table: pa.Table, axis: Axis) -> None:
        self.table, self.axis = table, axis
        self.names, self.place = _instruments(table, axis)
        self.stamps = axis.stamps(table)

    def inside(self, span_of: Callable[[str], Span]) -> _Found:
        """Return the rows that lie in the span of their instrument; a row without a time is kept, to be refused."""
        ends = np.array([span_of(name) for name in self.names], dtype=np.int64).reshape(-1, 2)
        keep = (self.stamps >= ends[self.place, 0]) & (self.stamps <= ends[self.place, 1])
        keep |= np.asarray(self.table[self.axis.time].is_null().to_numpy(), dtype=np.bool_)
        return self if keep.all() else _Found(self.table.filter(pa.array(keep)), self.axis)

    def lacking(self, around: Around, asked: list[str], *, after: bool) -> list[str]:
        """Return the instruments with fewer bars or days on one side of their events than windows need.

        Rows closer to an event than a label may be to its close are not counted, nor are those without a price.
        """
        bars, days = around.reach.after if after else around.reach.before
        if math.isinf(bars) or math.isinf(days):
            return []
        slack, kept = self.axis.slack_us, self._usable()
        edges = np.array([around.of(name) for name in self.names], dtype=np.int64).reshape(-1, 2)[self.place]
        kept &= self.stamps >= edges[:, 1] + slack if after else self.stamps <= edges[:, 0] - slack
        place, stamps = self.place[kept], self.stamps[kept]
        counts = np.bincount(place, minlength=len(self.names))
        dates = np.bincount(
            np.unique(place * MOST_DAYS + stamps // DAY_US % MOST_DAYS) // MOST_DAYS, minlength=len(counts)
        )
        short = {name for name, n, d in zip(self.names, counts, dates, strict=True) if n < bars or d < days}
        unseen = set(asked) - set(self.names) if self.axis.ticker else set[str]()
        return sorted(short | unseen)

    def _usable(self) -> BoolArray:
        column = self.table[self.axis.value]
        numeric = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
        values = column.cast(pa.float64()).to_numpy() if numeric else np.zeros(len(column))
        return np.asarray(np.isfinite(values), dtype=np.bool_)


def _instruments(table: pa.Table, axis: Axis) -> tuple[list[str], IntArray]:
    """Return the instruments of a table and the number of each row's; one without a name where no column has them."""
    if not axis.ticker or not len(table):
        return [""], np.zeros(len(table), dtype=np.int64)
    column = table[axis.ticker]
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    joined = one_chunk(column)
    names = [str(name).strip() for name in joined.dictionary.to_pylist()]
    place = joined.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return names, place
