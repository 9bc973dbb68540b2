"""Non-event dates: where an event could have been and was not, and random draws among them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from eventstudy.abnormal.event_data import EventData
from eventstudy.abnormal.events import EventTable
from eventstudy.abnormal.placebo.clock_index import OneEvent, clock_index
from eventstudy.abnormal.placebo.day_rules import DayRules, SeriesOnClock, compared
from eventstudy.abnormal.placebo.same_clock import placebo_windows
from eventstudy.abnormal.placebo.settings import MatchSettings, PlaceboSettings
from eventstudy.abnormal.seeds import generator
from eventstudy.abnormal.windows import BarSpan, WindowSpec
from eventstudy.arrays import DAY_US, IntArray

NO_MATCH = MatchSettings()


class EventMoment(NamedTuple):
    """One distinct event time, microseconds since the epoch."""

    earliest: int
    latest: int


@dataclass(frozen=True, eq=False)
class CandidateDates:
    """Where one event time may be moved to.

    Attributes
    ----------
    axis : int
        Where the closes of the moment's series begin.
    bar : IntArray, shape (P,)
        Reference bars on that axis.
    merged : int
        Bars from a reference to the first bar after it.
    closes : IntArray
        Closing instants of all axes, one after another.
    """

    axis: int
    bar: IntArray
    merged: int
    closes: IntArray

    def __len__(self) -> int:
        return len(self.bar)

    @cached_property
    def ends(self) -> IntArray:
        """Closing instants of the reference bars and of the first bars after them, shape (2, P)."""
        ends: IntArray = self.closes[self.axis + np.stack([self.bar, self.bar + self.merged])]
        return ends


@dataclass(frozen=True, eq=False)
class PlaceboDates:
    """N events on D other dates each: bars of their series, shape (N, D); -1 where a series has no such bar."""

    reference: IntArray
    first: IntArray

    def part(self, rows: slice | IntArray) -> PlaceboDates:
        """Return the dates of the events ``rows``."""
        return PlaceboDates(self.reference[rows], self.first[rows])


def moments_of(data: EventData, table: EventTable) -> list[EventMoment]:
    """Return the time of every event in the order of the data."""
    row = data.positions.row
    return list(map(EventMoment, table.earliest[row].tolist(), table.latest[row].tolist()))


def candidate_dates(
    data: EventData, table: EventTable, windows: WindowSpec, match: MatchSettings = NO_MATCH
) -> Mapping[EventMoment, CandidateDates]:
    """Return, for every distinct event time, where it may be moved to, whatever the order of the events.

    Events of one time move together, so that their dependence stays. A candidate window shares no bar with the window
    of any event on the series of that moment. In a daily series any bar with a complete estimation window before it is
    eligible; in an intraday one the same clock window on another day. ``match`` narrows them by weekday and volatility.
    """
    series, positions = data.series, data.positions
    members: dict[EventMoment, list[int]] = {}
    for i, moment in enumerate(moments_of(data, table)):
        members.setdefault(moment, []).append(i)
    order = np.argsort(positions.series, kind="stable")
    edges = np.searchsorted(positions.series[order], np.arange(len(series.codes) + 1))
    busy = [positions.reference[order[a:b]] for a, b in pairwise(edges)]
    narrowed = match.weekday or match.volatility is not None
    rules = DayRules(_refit_settings(match), positions, np.full(len(positions), -1)) if narrowed else None
    found = {}
    for moment in sorted(members):
        i = members[moment][0]
        instruments = np.unique(positions.series[members[moment]]) if series.shared else positions.series[i : i + 1]
        places = _candidates(data, i, windows, np.concatenate([busy[s] for s in instruments]))
        found[moment] = places if rules is None else _matched(data, i, places, rules)
    return found


def _matched(data: EventData, i: int, places: CandidateDates, rules: DayRules) -> CandidateDates:
    """Return the candidates that share with the moment of event ``i`` what the study asks for."""
    series, reference = data.series, int(data.positions.reference[i])
    event, windows = BarSpan(reference, reference + places.merged), BarSpan(places.bar, places.bar + places.merged)
    keep, _ = compared(
        rules, i, SeriesOnClock(series, clock_index(series, int(data.positions.series[i]))), event, windows
    )
    return replace(places, bar=places.bar[keep])


def _candidates(data: EventData, i: int, windows: WindowSpec, busy: IntArray) -> CandidateDates:
    series, positions = data.series, data.positions
    s, event = int(positions.series[i]), windows.event
    start, length = int(series.time_offset[s]), int(series.length[s])
    reference, first = int(positions.reference[i]), int(positions.first[i])
    n, width = first - reference, len(event)
    if series.step_us[s] >= DAY_US:
        room = 1 if windows.estimation is None else -windows.estimation.start
        places = np.arange(max(room, -event.start) + 1, length - n - max(event.stop, 0))
    else:
        places = np.sort(
            placebo_windows(clock_index(series, s), OneEvent(reference, first), event, after=True).reference
        )
    taken = np.bincount(np.maximum(busy - width - n, 0), minlength=length + 1)
    taken -= np.bincount(np.minimum(busy + width + n + 1, length), minlength=length + 1)
    return CandidateDates(start, places[np.cumsum(taken)[places] == 0], n, series.closes)


def draw_dates(
    candidates: Mapping[EventMoment, CandidateDates], draws: int, seed: int
) -> Mapping[EventMoment, IntArray]:
    """Return, for every moment, which of its candidates it moves to in each draw; no draw of the study comes twice.

    Where there are at most ``draws`` combinations of candidates, all of them are taken, each once. Otherwise every
    moment goes through its candidates in random order, again and again, seeded by the moment itself: adding an event
    moves no other. Moments without a candidate have no draw.
    """
    movable = [moment for moment, places in candidates.items() if len(places)]
    sizes = [len(candidates[moment]) for moment in movable]
    combinations = math.prod(sizes) if sizes else 0
    chosen = dict.fromkeys(candidates, np.empty(0, dtype=np.int64))
    if 0 < combinations <= draws:
        every = np.unravel_index(generator(seed, "quiet").permutation(combinations), sizes)
        return chosen | dict(zip(movable, (column.astype(np.int64) for column in every), strict=True))
    for moment, n in zip(movable, sizes, strict=True):
        rng = generator(seed, "quiet", *map(str, moment))
        chosen[moment] = np.concatenate([rng.permutation(n) for _ in range(-(-draws // n))])[:draws]
    return chosen


def _refit_settings(match: MatchSettings) -> PlaceboSettings:
    """Return the rules for dates without events: those hold none, so that no rule about events applies."""
    return PlaceboSettings(known_events="keep", match=match.model_copy(update={"releases": None}))


def placebo_dates(
    data: EventData,
    table: EventTable,
    windows: WindowSpec,
    *,
    draws: int,
    seed: int,
    match: MatchSettings | None = None,
) -> PlaceboDates:
    """Move every event up to ``draws`` times to candidates of its moment."""
    series, positions = data.series, data.positions
    candidates = candidate_dates(data, table, windows, match or NO_MATCH)
    chosen = draw_dates(candidates, draws, seed)
    reference = np.full((len(data), max(map(len, chosen.values()), default=0)), -1, dtype=np.int64)
    first = reference.copy()
    for i, moment in enumerate(moments_of(data, table)):
        places, s = candidates[moment], positions.series[i]
        if not len(places):
            continue
        pick, start = chosen[moment], int(series.time_offset[s])
        if start == places.axis:
            reference[i] = places.bar[pick]
            first[i] = reference[i] + places.merged
        else:
            closes = series.closes[start : start + series.length[s]]
            reference[i], first[i] = _bar(closes, places.ends[0, pick]), _bar(closes, places.ends[1, pick])
    reference[(reference < 0) | (first <= reference)] = -1
    return PlaceboDates(reference, first)


def _bar(closes: IntArray, instants: IntArray) -> IntArray:
    """Return the bar that closes at each instant, -1 where there is none."""
    at = np.minimum(np.searchsorted(closes, instants), len(closes) - 1)
    return np.where(closes[at] == instants, at, -1)
