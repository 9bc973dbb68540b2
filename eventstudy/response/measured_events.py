"""What was measured of events whose windows are laid out alike: a response is built from one row of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.placebo.balance import DaysLeftOut, PlaceboBalance
from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, value
from eventstudy.market.instruments import Instrument
from eventstudy.news.items import Event
from eventstudy.response.closed_markets import gap_estimates, instants_of
from eventstudy.response.intraday_prices import IntradayPrices
from eventstudy.response.known import Known, KnownTimes
from eventstudy.response.known_nearby import NearWindow
from eventstudy.response.measured import FIRST, Measured, measure
from eventstudy.response.placebo_balance import placebo_balance
from eventstudy.response.placebo_pool import RemovedDay
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.values import Estimate
from eventstudy.response.window import ResponseWindows


class Source(NamedTuple):
    """Whose prices were measured; ``zone`` is the clock of its market."""

    instrument: Instrument
    zone: str
    simulated: bool


class ServedDays(NamedTuple):
    """The placebo days of one event, see ``Matched``."""

    day: IntArray
    weight: FloatArray
    removed: tuple[RemovedDay, ...]
    left_out: tuple[DaysLeftOut, ...]


@value
class MeasuredEvents:
    """The numbers of P events laid out alike, without the paths of the days that they were measured against.

    Attributes
    ----------
    source : Source
    settings : ResponseSettings
    measured : Measured
    events : tuple of Event
    days : tuple of ServedDays
    times : KnownTimes
        Of all known events.
    same_event : tuple of tuple of int
        Which of them are the event itself.
    moments : IntArray, shape (P, T)
        Closing instants, microseconds since the epoch.
    ahead : IntArray, shape (P,)
        How far instants are ahead of the market's clock.
    event_day : IntArray, shape (P,)
        Days since 1970-01-01.
    reference_at : IntArray, shape (P,)
        Closing instants of the last clean bars.
    gaps, balances : tuple of Estimate or None, tuple of PlaceboBalance or None
    """

    source: Source
    settings: ResponseSettings
    measured: Measured
    events: tuple[Event, ...]
    days: tuple[ServedDays, ...]
    times: KnownTimes
    same_event: tuple[tuple[int, ...], ...]
    moments: IntArray
    ahead: IntArray
    event_day: IntArray
    reference_at: IntArray
    gaps: tuple[Estimate | None, ...]
    balances: tuple[PlaceboBalance | None, ...]

    def near(self, row: int) -> NearWindow:
        """Return what of one event's window decides which known events and market events are near."""
        columns, moments, days = self.measured.layout, self.moments[row], self.days[row]
        start, zero, end = moments[[columns.start, columns.zero, -1]].tolist()
        return NearWindow(
            start=start,
            zero=zero,
            end=end,
            ahead=int(self.ahead[row]),
            event_day=int(self.event_day[row]),
            days=days.day,
            removed=removed_days(days.removed),
            weight=days.weight,
            on_releases=self.settings.placebo.match is not None and self.settings.placebo.match.releases is not None,
        )

    @cached_property
    def reached(self) -> tuple[bool, ...]:
        """Whether there is a first move, and a move at each of the horizons asked for."""
        layout = self.measured.layout
        moves = zip(self.settings.horizons, layout.reached, strict=True)
        return (True, *(reached and not 0 < minutes < layout.step_minutes for minutes, reached in moves))

    @cached_property
    def ends(self) -> IntArray:
        """Columns at which these moves end, shape (1 + H,)."""
        names = (FIRST, *(f"+{minutes} min" for minutes in self.settings.horizons))
        return np.array([self.measured.ends[name] for name in names], dtype=np.int64)

    def move_reached(self, row: int) -> float:
        """Return the move of one event at the last horizon that trading reached; NaN where it reached none."""
        moves = self.measured.car[row, self.ends[1:][np.array(self.reached[1:])]]
        finite = moves[np.isfinite(moves)]
        return float(finite[-1]) if len(finite) else np.nan

    def breakdown(self, row: int) -> float:
        """Return by how much the placebo days must be scaled up for the first move not to be rejected; NaN if not."""
        move, bound = float(self.measured.moves.value[row, 0]), float(self.measured.moves.bound[row, 0])
        ratio = abs(move) / bound if bound > 0 else np.nan
        return ratio if ratio > 1 else np.nan


class DayPaths(NamedTuple):
    """The paths of P events laid out alike and of their placebo days: what instruments are compared by.

    Attributes
    ----------
    rows : sequence of slice or BoolArray, length P
        Which rows are placebo days of the event.
    placebo, raw_placebo, tested_placebo : FloatArray, shape (D, P, T)
        See ``ResponseWindows``.
    """

    rows: Sequence[slice | BoolArray]
    placebo: FloatArray
    raw_placebo: FloatArray
    tested_placebo: FloatArray


class MeasuredPair(NamedTuple):
    """One event on one instrument: a row of the numbers of its group, and the paths of the group."""

    paths: DayPaths
    found: MeasuredEvents
    row: int


def answers_of(
    prices: IntradayPrices, windows: ResponseWindows, settings: ResponseSettings, known: Known
) -> MeasuredEvents:
    """Return every number of events whose windows are laid out alike."""
    matched, events = [one.matched for one in windows.asked], [one.event for one in windows.asked]
    zero, times = windows.layout.zero, [event.time for event in events]
    event_day = np.array([one.event_day for one in matched], dtype=np.int64)
    moments = np.array([one.moments for one in matched], dtype=np.int64)
    clocks = np.array([int(one.wall[zero]) for one in matched], dtype=np.int64) + event_day * DAY_US
    rows = np.searchsorted(prices.closes, instants_of(times)[:, 0], side="right") - 1
    found = MeasuredEvents(
        source=Source(prices.instrument, prices.zone, prices.simulated),
        settings=settings,
        measured=measure(prices, windows, settings),
        events=tuple(events),
        days=tuple(ServedDays(one.day, one.weight, one.removed, one.left_out) for one in matched),
        times=known.times,
        same_event=tuple(tuple(known.rows_of.get(event.id, ())) for event in events),
        moments=moments,
        ahead=moments[:, zero] - clocks,
        event_day=event_day,
        reference_at=prices.closes[rows],
        gaps=gap_estimates(prices, times, settings.level) if windows.closed else (None,) * len(times),
        balances=(None,) * len(events),
    )
    if settings.placebo.match is None:
        return found
    ids = [(event.id, prices.instrument.code) for event in events]
    balances = (
        placebo_balance(one, ids[row], settings.volatility, found.breakdown(row)) for row, one in enumerate(matched)
    )
    return replace(found, balances=tuple(balances))


def removed_days(removed: Sequence[RemovedDay]) -> IntArray:
    """Return the days as counts since 1970-01-01."""
    if not removed:
        return np.empty(0, dtype=np.int64)
    return np.array([one.day for one in removed], dtype="datetime64[D]").astype(np.int64)
