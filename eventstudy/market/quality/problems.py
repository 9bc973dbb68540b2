"""The values of the quality room: what is looked at, what was seen, and what is done about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, value
from eventstudy.errors import Notice
from eventstudy.market import sessions
from eventstudy.market.bars import DoubtfulRows
from eventstudy.market.daily_close import clipped_to_sessions
from eventstudy.market.raw import RawBars, closing_instants
from eventstudy.market.sessions import TradingCalendar

WORTH_A_LOOK = 0.05
Action = Literal["repaired", "kept", "refused", "accepted"]


@dataclass(frozen=True, eq=False)
class DailyCloses:
    """Closes by day of the series that another one is compared with.

    Attributes
    ----------
    days : IntArray, shape (T,)
        Days since 1970-01-01, increasing.
    closes : FloatArray, shape (T,)
    name : str
        What to call the series in a sentence.
    """

    days: IntArray
    closes: FloatArray
    name: str = ""


@dataclass(frozen=True, eq=False)
class Subject:
    """A series under inspection: its rows, the calendar it should fit, and the clock on the wall.

    Attributes
    ----------
    raw : RawBars
    calendar : TradingCalendar or None
        None where no calendar covers the whole series.
    now_us : int or None
        The present, for bars of the future; None where nobody looked at a clock.
    vendor : str
        File name, for vendors whose convention is documented.
    unchecked : str
        Why no calendar covers the series, where one was named.
    other : DailyCloses or None
        Another daily series of the same thing, to compare closes with.
    """

    raw: RawBars
    calendar: TradingCalendar | None = None
    now_us: int | None = None
    vendor: str = ""
    unchecked: str = ""
    other: DailyCloses | None = None

    @cached_property
    def closes(self) -> IntArray:
        """Closing instants by the stated label side, no later than the end of the session, shape (T,)."""
        closes = closing_instants(self.raw, self.raw.label)
        if self.raw.daily or self.calendar is None:
            return closes
        return clipped_to_sessions(closes, self.raw.step_us, self.calendar)

    @cached_property
    def session(self) -> IntArray:
        """Row of each bar's session in the calendar's table, -1 outside every session, shape (T,)."""
        if self.calendar is None:
            return np.zeros(len(self.raw), dtype=np.int64)
        return sessions.session_rows(self.calendar, self.closes, self.raw.step_us)

    @cached_property
    def held(self) -> IntArray:
        """Rows of the calendar's table that hold at least one bar, in order."""
        return sessions.distinct(self.session, len(self.calendar.table) if self.calendar else 1)

    @cached_property
    def changes(self) -> FloatArray:
        """Log change from each close to the next, NaN where a price is missing or not positive, shape (T - 1,)."""
        return log_changes(self.raw.close)

    @cached_property
    def again(self) -> BoolArray:
        """Rows with the time of the row before them, shape (T,)."""
        return np.concatenate(([False], self.raw.wall[1:] == self.raw.wall[:-1]))

    @cached_property
    def ratios(self) -> FloatArray:
        """Each close over the one before it, shape (T - 1,)."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            return np.asarray(self.raw.close[1:] / self.raw.close[:-1], dtype=np.float64)

    @cached_property
    def jumps(self) -> IntArray:
        """Positions in ``changes`` of every move of more than 5 %: the only ones that are examined."""
        least, greatest = extremes(self.ratios)
        if math.exp(-WORTH_A_LOOK) <= least and greatest <= math.exp(WORTH_A_LOOK):
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(np.abs(self.changes) > WORTH_A_LOOK).astype(np.int64)

    @cached_property
    def scale(self) -> float:
        """Robust standard deviation of the changes."""
        return robust_scale(self.changes)


def log_changes(closes: FloatArray) -> FloatArray:
    """Return the log change from each close to the next, NaN where a price is missing or not positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(closes)
    logs[~np.isfinite(logs)] = np.nan
    return np.diff(logs)


def extremes(values: FloatArray) -> tuple[float, float]:
    """Return the least and the greatest of the values that are numbers; one pass each over a long clean column."""
    return float(np.fmin.reduce(values, initial=np.inf)), float(np.fmax.reduce(values, initial=-np.inf))


def robust_scale(changes: FloatArray) -> float:
    """Return the robust standard deviation of the changes that are not zero; 0 where there are none."""
    moved = np.abs(changes[np.isfinite(changes) & (changes != 0)])
    return 1.4826 * float(np.median(moved)) if len(moved) else 0.0


@dataclass(frozen=True, eq=False)
class Defect:
    """What a check saw: positions in the series (not lines), and a sentence with the first example."""

    rows: IntArray
    message: str


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of defect.

    Attributes
    ----------
    find : callable
        Subject -> Defect or None.
    action : {"repaired", "kept", "refused"}
    rule : str
        What is done, or for a refusal what the user should do.
    repair : callable or None
        (raw, rows) -> raw, for repairs.
    in_doubt : bool
        Whether a study looks at the rows again where they lie inside an event window.
    """

    find: Callable[[Subject], Defect | None]
    action: Action
    rule: str
    repair: Callable[[RawBars, IntArray], RawBars] | None = None
    in_doubt: bool = False


@value
class Finding:
    """One kind of defect in one series, and what was done about it.

    Attributes
    ----------
    kind : str
        A name of ``CHECKS``.
    action : {"repaired", "kept", "refused", "accepted"}
    lines : IntArray
        Lines of the file.
    message, rule : str
    """

    kind: str
    action: Action
    lines: IntArray
    message: str
    rule: str

    @property
    def rows(self) -> str:
        """How many rows, and the first of them; empty where the defect is that of the whole series."""
        shown = ", ".join(map(str, self.lines[:5])) + (", ..." if len(self.lines) > 5 else "")
        return f" [{len(self.lines)} row{'s' * (len(self.lines) != 1)}: {shown}]" if len(self.lines) else ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}{self.rows}; {self.action}: {self.rule}"


@dataclass(frozen=True, eq=False)
class Inspection:
    """What came of looking at a series: the rows that may become bars, and every finding in the order of ``CHECKS``."""

    subject: Subject
    findings: tuple[Finding, ...]
    doubtful: tuple[DoubtfulRows, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.action == "refused")


def doubtful_rows(subject: Subject, kind: str, check: Check, rows: IntArray) -> DoubtfulRows:
    """Return the rows of a finding with their closing instants and prices."""
    columns = {name: np.asarray(values[rows]) for name, values in subject.raw.columns.items()}
    before = np.where(rows > 0, subject.raw.close[np.maximum(rows - 1, 0)], np.nan)
    left_out = check.repair is not None
    return DoubtfulRows(kind, left_out, subject.closes[rows], {**columns, "previous": before})


def notice(finding: Finding) -> Notice:
    """Return a finding as the notice that travels with the bars."""
    return Notice("ES-" + finding.kind.upper().replace(" ", "-"), str(finding))


def first_line(subject: Subject, rows: IntArray) -> int:
    """Return the line of the first offending row."""
    return int(subject.raw.line[rows[0]])


def shown(subject: Subject, row: int) -> str:
    """Return a row's label as it reads in the file."""
    text = str(np.int64(subject.raw.wall[row]).view("datetime64[us]")).replace("T", " ").removesuffix(".000000")
    return text[:10] if subject.raw.daily else text


def coverage(venue: TradingCalendar, raw: RawBars) -> tuple[TradingCalendar | None, str]:
    """Return the calendar if its table covers the whole series, otherwise None and why."""
    spare = 0 if raw.daily or raw.zone == venue.zone else 1
    days = raw.wall // DAY_US
    first, last = sessions.as_day(venue.valid_from), sessions.as_day(venue.valid_to)
    if len(days) and first + spare <= days.min() and days.max() + spare <= last:
        return venue, ""
    return None, f"{venue.name} covers {venue.valid_from} to {venue.valid_to} only"
