"""Every number of the responses of events whose windows are laid out alike, as arrays over these events."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, as_slice, value
from eventstudy.errors import Notice
from eventstudy.response.activity import Series, activities, medians
from eventstudy.response.early_moves import early_move_notices
from eventstudy.response.intraday_prices import IntradayPrices, PriceSample
from eventstudy.response.later_closes import JudgedMoves, LaterCloses, Moves, judged, later_closes
from eventstudy.response.median_move import median_moves
from eventstudy.response.placebo import sup_test
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape_estimates import AfterNews, jump_variances
from eventstudy.response.uncertain_time import Curves, assumed_times
from eventstudy.response.values import Activity, AssumedTimes, Estimate
from eventstudy.response.window import BarReturns, ResponseWindows, after_news, bar_returns

FIRST, DRIFT = "first", "pre_event_drift"
MEASURES = ("volume", "range", "variance", "spread")
ANCHORS = ("bracket", "earliest", "latest")


@value
class Measured:
    """What was measured of P events laid out alike; lists have one entry for each of them.

    Attributes
    ----------
    windows : ResponseWindows
    after : AfterNews
    returns : BarReturns
    ends : mapping of str to int
        Column of the window at which each of the moves inside it ends.
    moves : JudgedMoves
        Those in the order of ``ends``, then those to later closes.
    closes : tuple of LaterCloses
    path_tests : list of (statistic, p-value)
    usual_volume : FloatArray, shape (P, T)
        Median volume of the placebo days.
    activity : list of tuple of Activity
    assumed : list of AssumedTimes or None
    medians, jump_variances : list of Estimate
    early : list of tuple of Notice
    """

    windows: ResponseWindows
    after: AfterNews
    returns: BarReturns
    ends: Mapping[str, int]
    moves: JudgedMoves
    closes: tuple[LaterCloses, ...]
    path_tests: list[tuple[float, float]]
    usual_volume: FloatArray
    activity: list[tuple[Activity, ...]]
    assumed: list[AssumedTimes | None]
    medians: list[Estimate]
    jump_variances: list[Estimate]
    early: list[tuple[Notice, ...]]

    @cached_property
    def places(self) -> dict[str, int]:
        """Which of ``moves`` each of those inside the window is."""
        return {name: place for place, name in enumerate(self.ends)}


def measure(prices: IntradayPrices, windows: ResponseWindows, settings: ResponseSettings) -> Measured:
    """Return every number of events whose windows are laid out alike."""
    after, closes = after_news(windows, settings), later_closes(prices, windows, settings)
    inside = moves_inside(windows, after, settings)
    returns = bar_returns(windows)
    to_horizon = slice(returns.after_from, returns.after_from + after.at.horizon + 1)
    served = np.isfinite(after.placebo[..., :1])
    tested = windows.tested_placebo[..., windows.after]
    tested = tested if served.all() else np.where(served, tested, np.nan)
    statistics, pvalues = sup_test(windows.tested[:, windows.after], tested, windows.weight)
    volume = medians(windows.others.volume)
    moves = _with_days_to_first(
        [moves for _, moves in inside.values()] + [close.moves for close in closes], windows.to_first
    )
    return Measured(
        windows=windows,
        after=after,
        returns=returns,
        ends={name: end for name, (end, _) in inside.items()},
        moves=judged(moves, settings.level, _weights_with(windows)),
        closes=closes,
        path_tests=list(zip(statistics.tolist(), pvalues.tolist(), strict=True)),
        usual_volume=volume,
        activity=_activity(windows, volume),
        assumed=_assumed(windows, settings),
        medians=median_moves(prices, windows, settings.level),
        jump_variances=jump_variances(
            returns.event[:, to_horizon], np.where(served, returns.placebo[..., to_horizon], np.nan), windows.weight
        ),
        early=early_move_notices(windows, returns),
    )


def moves_inside(
    windows: ResponseWindows, after: AfterNews, settings: ResponseSettings
) -> dict[str, tuple[int, Moves]]:
    """Return the moves that end inside the window, by name: the column each ends at, and the move.

    To the first close and the horizons from the last clean price, over the horizon under each anchor, and the one
    before the news. The first is not a choice; the others are asked for by the settings.
    """
    served = np.isfinite(after.placebo[..., 0])
    columns, layout = windows.columns, windows.layout
    found = {FIRST: (layout.first, _to(windows, layout.first, served))}
    for minutes in settings.horizons:
        end = int(columns[windows.place(minutes)])
        found[f"+{minutes} min"] = end, _to(windows, end, served)
    for name, (start, end) in _anchors(windows, settings.horizons[-1]).items():
        found[name] = end, _between(windows, start, end)
    before = _to(windows, layout.start, served)
    found[DRIFT] = layout.zero, Moves(-before.value, -before.days, -before.raw)
    return found


def _with_days_to_first(moves: list[Moves], to_first: FloatArray) -> list[Moves]:
    """Return the moves, the first of which has further days that serve for it alone."""
    if not to_first.shape[1]:
        return moves
    none = np.full(to_first.shape[1:], np.nan)
    further = [(to_first[0], to_first[1]), *((none, none) for _ in moves[1:])]
    return [
        Moves(one.value, np.concatenate([one.days, days]), np.concatenate([one.raw, raw]))
        for one, (days, raw) in zip(moves, further, strict=True)
    ]


def _weights_with(windows: ResponseWindows) -> FloatArray | None:
    """Return the weights of the placebo days and of those that serve for the first move alone."""
    if windows.weight is None:
        return None
    return np.concatenate([windows.weight, np.isfinite(windows.to_first[1]).astype(np.float64)])


def _to(windows: ResponseWindows, end: int, served: FloatArray) -> Moves:
    days, raw = (np.where(served, paths[..., end], np.nan) for paths in (windows.placebo, windows.raw_placebo))
    return Moves(windows.car[:, end], days, raw)


def _between(windows: ResponseWindows, start: int, end: int) -> Moves:
    days, raw = (paths[..., end] - paths[..., start] for paths in (windows.placebo, windows.raw_placebo))
    return Moves(windows.car[:, end] - windows.car[:, start], days, raw)


def _anchors(windows: ResponseWindows, minutes: int) -> dict[str, tuple[int, int]]:
    """Return where the move over the horizon begins and ends under each anchor: neither instant, earliest, latest."""
    zero, columns = windows.layout.zero, windows.columns
    clean = zero if windows.closed else max(zero, windows.asked[0].clean_by - 1)
    bases = (None, zero, clean)
    ends = (int(columns[windows.place(minutes, base)]) for base in bases)
    return dict(zip(ANCHORS, zip((zero, zero, clean), ends, strict=True), strict=True))


def _activity(windows: ResponseWindows, volume: FloatArray) -> list[tuple[Activity, ...]]:
    event, others, found = windows.event.at(windows.after), windows.others.at(windows.after), []
    for name in MEASURES:
        if name == "spread" and event.prices.spread is None:
            continue
        numbers = _measure(name, event, windows.car, windows.columns)
        if np.isfinite(numbers).any():
            days = _measure(name, others, windows.placebo, windows.columns)
            usual = volume[:, windows.after] if name == "volume" else medians(days)
            found.append(activities(Series(name, numbers, days, windows.days, usual), windows.weight))
    return [tuple(a for a in row if a is not None) for row in zip(*found, strict=True)]


def _measure(name: str, sample: PriceSample, paths: FloatArray, columns: IntArray) -> FloatArray:
    """Return volume, log range, squared return or log spread at each moment after the news, shape (..., n)."""
    if name != "variance":
        return np.asarray(getattr(sample, "span" if name == "range" else name), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray((paths[..., as_slice(columns)] - paths[..., as_slice(columns - 1)]) ** 2)


def _assumed(windows: ResponseWindows, settings: ResponseSettings) -> list[AssumedTimes | None]:
    columns = np.concatenate([[windows.layout.zero], windows.columns])
    count = int((columns < windows.asked[0].clean_by).sum())
    if windows.closed or count < 2:
        return [None] * len(windows.asked)
    found = assumed_times(
        Curves(windows.car[:, columns], windows.placebo[..., columns]),
        Curves(windows.tested[:, columns], windows.tested_placebo[..., columns]),
        np.array([one.matched.moments[columns[:count]] for one in windows.asked]),
        length=max(1, math.ceil(settings.initial_minutes / windows.step_minutes)),
        minutes=settings.initial_minutes,
        level=settings.level,
        weight=windows.weight,
    )
    return list(found)
