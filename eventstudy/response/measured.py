"""Every number of the responses of events whose windows are laid out alike, as arrays over these events."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray, as_slice, value
from eventstudy.errors import Notice
from eventstudy.response.activity import Series, activities, medians
from eventstudy.response.early_moves import early_move_notices
from eventstudy.response.intraday_prices import IntradayPrices, PriceSample
from eventstudy.response.later_closes import JudgedMoves, LaterCloses, Moves, judged, later_closes
from eventstudy.response.median_move import median_moves
from eventstudy.response.placebo import smallest_pvalue, sup_test
from eventstudy.response.row_shapes import Parts, RowShape, row_shapes
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape_estimates import AfterNews, jump_variances
from eventstudy.response.uncertain_time import Curves, assumed_times
from eventstudy.response.values import Activity, AssumedTimes, Estimate
from eventstudy.response.window import ResponseWindows, after_news, bar_returns

FIRST, DRIFT = "first", "pre_event_drift"
MEASURES = ("volume", "range", "variance", "spread")
ANCHORS = ("bracket", "earliest", "latest")


@value(slots=True)
class Layout:
    """What windows that are laid out alike have in common, see ``Matched``.

    Attributes
    ----------
    start, zero, latest, first : int
        Columns of the window's start, the pre-event price, ``latest`` and the first post-event price.
    open : BoolArray, shape (T,)
    columns : IntArray, shape (n,)
        Columns after the last clean price at which the market trades.
    step_minutes : float
    closed : bool
    reached : tuple of bool
        Whether trading lasts until each of the horizons asked for.
    """

    start: int
    zero: int
    latest: int
    first: int
    open: BoolArray
    columns: IntArray
    step_minutes: float
    closed: bool
    reached: tuple[bool, ...]


@value
class Measured:
    """What was measured of P events laid out alike; lists have one entry for each of them.

    Attributes
    ----------
    layout : Layout
    after : AfterNews
        Without the paths of the placebo days.
    car, tested, volume, usual_volume : FloatArray, shape (P, T)
        Paths, paths that the tests of entire paths see, volume, and the median volume of the placebo days.
    reference_price, regime, stale, smallest : FloatArray, shape (P,)
        The pre-event price, volatility before the news over that of the placebo days, fraction of moments before it
        without a trade, and the smallest p-value that the placebo days can give.
    placebo_days : IntArray, shape (P,)
    horizon : pair of FloatArray, shape (D, P)
        Moves of the placebo days at the last horizon, NaN where there is none, and how much each counts.
    ends : mapping of str to int
        Column of the window at which each of the moves inside it ends.
    moves : JudgedMoves
        Those in the order of ``ends``, then those to later closes.
    closes : tuple of LaterCloses
        Without the moves of the placebo days.
    shapes : mapping of int to RowShape
        Of the events with a move to speak of.
    path_tests : list of (statistic, p-value)
    activity : list of tuple of Activity
    assumed : list of AssumedTimes or None
    medians, jump_variances : list of Estimate
    early : list of tuple of Notice
    """

    layout: Layout
    after: AfterNews
    car: FloatArray
    tested: FloatArray
    volume: FloatArray
    usual_volume: FloatArray
    reference_price: FloatArray
    regime: FloatArray
    stale: FloatArray
    smallest: FloatArray
    placebo_days: IntArray
    horizon: tuple[FloatArray, FloatArray]
    ends: Mapping[str, int]
    moves: JudgedMoves
    closes: tuple[LaterCloses, ...]
    shapes: Mapping[int, RowShape]
    path_tests: list[tuple[float, float]]
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
    every = [moves for _, moves in inside.values()] + [close.moves for close in closes]
    moves = judged(_with_days_to_first(every, windows.to_first), settings.level, _weights_with(windows))
    weight = np.where(served[..., 0], 1.0 if windows.weight is None else windows.weight, 0.0)
    places = {name: place for place, name in enumerate(inside)}
    drift = moves.value[:, places[DRIFT]], moves.pvalue[:, places[DRIFT]]
    parts = Parts(after, returns, *drift, -windows.placebo[..., windows.layout.start], closes[1])
    return Measured(
        layout=_layout(windows, settings),
        after=replace(after, placebo=np.empty((0, *after.path.shape)), weight=None),
        car=windows.car,
        tested=windows.tested,
        volume=windows.event.volume,
        usual_volume=volume,
        reference_price=np.exp(windows.event.price[:, windows.layout.zero]),
        regime=windows.regime,
        stale=windows.stale,
        smallest=smallest_pvalue(weight.sum(axis=0)),
        placebo_days=served[..., 0].sum(axis=0),
        horizon=(after.placebo[..., after.at.horizon].copy(), weight),
        ends={name: end for name, (end, _) in inside.items()},
        moves=moves,
        closes=tuple(close.without_days() for close in closes),
        shapes=row_shapes(parts, windows),
        path_tests=list(zip(statistics.tolist(), pvalues.tolist(), strict=True)),
        activity=_activity(windows, volume),
        assumed=_assumed(windows, settings),
        medians=median_moves(prices, windows, settings.level),
        jump_variances=jump_variances(
            returns.event[:, to_horizon], np.where(served, returns.placebo[..., to_horizon], np.nan), windows.weight
        ),
        early=early_move_notices(windows, returns),
    )


def _layout(windows: ResponseWindows, settings: ResponseSettings) -> Layout:
    one = windows.layout
    reached = tuple(not windows.ends_before(minutes) for minutes in settings.horizons)
    return Layout(
        one.start, one.zero, one.latest, one.first, one.open, windows.columns, windows.step_minutes, windows.closed,
        reached,
    )  # fmt: skip


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
    volumes = windows.others.volume[..., windows.after]  # read already, with the moments before the news
    for name in MEASURES:
        if name == "spread" and event.prices.spread is None:
            continue
        numbers = _measure(name, event, windows.car, windows.columns)
        if np.isfinite(numbers).any():
            days = _measure(name, others, windows.placebo, windows.columns) if name != "volume" else volumes
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
