"""The response of one event at a time, as it was computed before events were computed together: the referee.

Nothing of the code that is tested is used but what reads prices and chooses placebo days, and what works on one path.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, FloatArray, IntArray, instant_us, value, wall_us
from eventstudy.news.items import Event
from eventstudy.response.cut_windows import event_window
from eventstudy.response.intraday_prices import IntradayPrices
from eventstudy.response.jumps import bns_ratio, jump_share, lee_mykland
from eventstudy.response.known import Known
from eventstudy.response.matching import Matched, bars_of, paths_of, trading_columns, without_days
from eventstudy.response.price_rules import median_rules
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape import ShapeColumns
from eventstudy.response.shape_estimates import AfterNews
from tests.response.referee_ranks import (
    TIE,
    bands,
    daily_level,
    move_interval,
    periodicity,
    placebo_pvalue,
    regime_scaled,
    sup_test,
    upper_pvalue,
)

FEWEST_DAYS, KNOWN_DAYS, FEWEST_BARS, MOST_STALE, SIZE = 10, 19, 16, 0.3, 0.01


def numbers_of(prices: IntradayPrices, event: Event, settings: ResponseSettings, known: Known) -> dict[str, Any]:
    """Return the numbers of the response of one event that is not on a closed market's settings, by name."""
    window = abnormal_window(prices, event, settings, known)
    after, keep = after_news(window, settings), served(window)
    statistic, pvalue = sup_test(
        window.tested[window.columns], window.tested_placebo[keep][:, window.columns], after.weight
    )
    return {
        "car": window.car,
        "placebo": window.placebo,
        "raw_placebo": window.raw_placebo,
        "tested": window.tested,
        "tested_placebo": window.tested_placebo,
        "regime": window.regime,
        "pointwise": after.bands.pointwise,
        "joint": after.bands.joint,
        "path": (statistic, pvalue),
        "after": after,
        **moves_of(prices, event, window, settings),
        "median_move": median_of(prices, event, window, settings),
        "jump_variance": jump_variance(window, after),
        "activity": activities(window),
        "early": early_moves(window) if not window.closed else (np.empty(0), np.empty(0)),
        "assumed": assumed(event, window, settings),
    }


def abnormal_window(prices: IntradayPrices, event: Event, settings: ResponseSettings, known: Known) -> ResponseWindow:
    """Return the window with the expected move taken off and the placebo days at the event day's volatility."""
    asked = event_window(prices, event, settings, known.on_clock(prices.zone, prices.instrument.code).besides(event))
    matched = asked.matched
    car, placebo = matched.path, matched.placebo_path
    if settings.expected == "same_clock_mean" and len(matched.day) > 1:
        car, placebo = less_mean(car, placebo)
    raw, (levels, level) = placebo, regime_levels(matched, settings.volatility)
    regime, factor = regime_ratio(levels, level), np.ones(len(placebo))
    if settings.standardize and math.isfinite(regime):
        measured = np.isfinite(levels) & (levels > 0)
        matched, raw = without_days(matched, measured, "no level"), raw[measured]
        placebo, factor = regime_scaled(raw, levels[measured], level)
    tested = car, placebo
    if settings.seasonality != "none":
        tested = tested_paths(car, placebo, matched, settings.seasonality, settings.volatility)
    columns = np.flatnonzero(matched.open & (np.arange(len(matched.open)) > matched.zero))
    step = prices.step_us / 60e6
    return ResponseWindow(matched, car, placebo, raw, factor, regime, *tested, columns, step, asked.closed)


def moves_of(
    prices: IntradayPrices, event: Event, window: ResponseWindow, settings: ResponseSettings
) -> dict[str, tuple[float, ...]]:
    """Return every move by name: value, interval, p-value, raw count, days and p-value of that count."""
    matched, keep, weight = window.matched, served(window), window.matched.weights()
    some = matched.weights(keep)
    ends = {"first": matched.first}
    ends |= {f"+{m} min": int(window.columns[window.place(m)]) for m in settings.horizons}
    found = {}
    for name, end in ends.items():
        days, raw = window.placebo[keep, end], window.raw_placebo[keep, end]
        found[name] = move(float(window.car[end]), days, raw, settings.level, some)
    start = matched.start
    days, raw = -window.placebo[keep, start], -window.raw_placebo[keep, start]
    found["pre_event_drift"] = move(-float(window.car[start]), days, raw, settings.level, some)
    latest = int(np.searchsorted(matched.moments, instant_us(event.time.latest), side="right")) - 1
    clean = matched.zero if window.closed else max(matched.zero, latest)
    minutes = settings.horizons[-1]
    anchors = {"bracket": (matched.zero, None), "earliest": (matched.zero, matched.zero), "latest": (clean, clean)}
    for name, (begin, base) in anchors.items():
        end = int(window.columns[window.place(minutes, base)])
        days, raw = (paths[:, end] - paths[:, begin] for paths in (window.placebo, window.raw_placebo))
        found[name] = move(float(window.car[end] - window.car[begin]), days, raw, settings.level, weight)
    names = ("close", "next_close", "days_later")
    for name, later in zip(names, later_closes(prices, window, settings), strict=True):
        found[name] = move(*later, settings.level, weight)
    return found


def move(
    number: float, days: FloatArray, raw: FloatArray, level: float, weight: FloatArray | None
) -> tuple[float, ...]:
    """Return a move with its interval, its p-value, and its raw count among the placebo days."""
    there = np.isfinite(raw)
    as_large = int((np.abs(raw[there]) >= abs(number) * TIE).sum()) if math.isfinite(number) else 0
    pvalue, plain = (float(placebo_pvalue(np.array(number), moves, weight)) for moves in (days, raw))
    return number, *move_interval(number, days, level, weight), pvalue, as_large, int(there.sum()), plain


def median_of(
    prices: IntradayPrices, event: Event, window: ResponseWindow, settings: ResponseSettings
) -> tuple[float, ...] | None:
    """Return the move by the median rule; None where there is none."""
    if window.closed:
        return None
    instants = np.array([instant_us(event.time.earliest), instant_us(event.time.latest)])
    begins, ends = (int(at) for at in wall_us(instants, prices.zone))
    keep, own = served(window), window.matched.event_day
    shifts = (np.concatenate([[own], window.matched.day[keep]]) - own) * DAY_US
    number, *others = median_rules(prices.wall, prices.price, begins + shifts, ends + shifts).tolist()
    if not math.isfinite(number):
        return None
    moves = np.array(others) * window.factor[keep]
    return move(number, moves, moves, settings.level, window.matched.weights(keep))[:4]


def jump_variance(window: ResponseWindow, after: AfterNews) -> tuple[float, float] | None:
    """Return the fraction of the variance after the news that came as jumps, with its rank."""
    returns, placebo, first = bar_returns(window)
    bars = slice(first, first + after.at.horizon + 1)
    one, others = returns[bars], placebo[served(window)][:, bars]
    if len(one) < 10 or not np.isfinite(one).all() or not np.any(one):
        return None
    rank = upper_pvalue(np.asarray(bns_ratio(one)), np.asarray(bns_ratio(others)), after.weight)
    return float(jump_share(one)), float(rank)


def activities(window: ResponseWindow) -> dict[str, tuple[FloatArray, tuple[float, float], tuple[float, float]]]:
    """Return the activity of the event day by measure."""
    matched = window.matched
    after = np.zeros(len(matched.open), dtype=bool)
    after[window.columns] = True
    step, steps = np.diff(window.car, prepend=np.nan), np.diff(window.placebo, axis=1, prepend=np.nan)
    rows = {
        "volume": (matched.event.volume, matched.placebo.volume),
        "range": (matched.event.span, matched.placebo.span),
        "variance": (step**2, steps**2),
        "spread": (matched.event.spread, matched.placebo.spread),
    }
    there = {name: row for name, row in rows.items() if np.isfinite(row[0][after]).any() and len(row[1])}
    return {name: activity(*row, after, matched.weights()) for name, row in there.items()}


def assumed(event: Event, window: ResponseWindow, settings: ResponseSettings) -> tuple[Any, ...] | None:
    """Return the curve over assumed instants with its bands and its sup test; None for a known instant."""
    matched = window.matched
    columns = np.concatenate([[matched.zero], window.columns])
    count = int((matched.moments[columns] <= instant_us(event.time.latest)).sum())
    if window.closed or count < 2:
        return None
    length, starts = max(1, math.ceil(settings.initial_minutes / window.step_minutes)), np.arange(count)
    cut = (window.car[columns], window.placebo[:, columns], window.tested[columns], window.tested_placebo[:, columns])
    move, others, judged, ordinary = (moves_from(paths, starts, length) for paths in cut)
    found = bands(others, settings.level, matched.weights())
    return move, found.pointwise, found.joint, *sup_test(judged, ordinary, matched.weights())


@value
class ResponseWindow:
    """A matched window after the expected move was taken off."""

    matched: Matched
    car: FloatArray
    placebo: FloatArray
    raw_placebo: FloatArray
    factor: FloatArray
    regime: float
    tested: FloatArray
    tested_placebo: FloatArray
    columns: IntArray
    step_minutes: float
    closed: bool

    @property
    def minutes(self) -> FloatArray:
        """Trading minutes since the last clean price at each of ``columns``."""
        return self.step_minutes * np.arange(1.0, len(self.columns) + 1)

    def place(self, minutes: float, base: int | None = None) -> int:
        """Return the position in ``columns`` that many trading minutes after column ``base`` (``latest`` by default).

        Never before the first close after the news; the last position where the window ends before.
        """
        return min(max(self._target(minutes, base), self.first), len(self.columns) - 1)

    def ends_before(self, minutes: float) -> bool:
        """Return whether the window holds fewer trading minutes than that after the news."""
        return self._target(minutes, None) > len(self.columns) - 1

    @property
    def first(self) -> int:
        """Position in ``columns`` of the first close after the news."""
        return min(int(np.searchsorted(self.columns, self.matched.first)), len(self.columns) - 1)

    def _target(self, minutes: float, base: int | None) -> int:
        begins = int(np.searchsorted(self.columns, self.matched.latest if base is None else base, side="right")) - 1
        return begins + math.ceil(minutes / self.step_minutes)


def less_mean(car: FloatArray, placebo: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return paths less the mean path of the placebo days; each placebo day less the mean of the other ones."""
    total, days = placebo.sum(axis=0), len(placebo)
    return np.asarray(car - total / days), np.asarray(placebo - (total - placebo) / (days - 1))


def regime_ratio(levels: FloatArray, level: float) -> float:
    """Return the event day's volatility over the placebo days' median; NaN unless it and half of theirs are known."""
    known = levels[np.isfinite(levels) & (levels > 0)]
    if not (math.isfinite(level) and level > 0) or 2 * len(known) < len(levels) or not len(known):
        return math.nan
    return level / float(np.median(known))


def regime_levels(matched: Matched, kind: str = "medrv") -> tuple[FloatArray, float]:
    """Return the volatility of a bar before the event's clock time, of each placebo day and of the event day."""
    before = matched.open[: matched.zero + 1]
    prices = np.vstack([matched.placebo.price, matched.event.price])[:, : matched.zero + 1][:, before]
    levels = daily_level(np.diff(prices, axis=1), kind)
    return levels[:-1], float(levels[-1])


def after_news(window: ResponseWindow, settings: ResponseSettings) -> AfterNews:
    """Return the trading moments after the last clean price, ready for the numbers of the shape."""
    keep = served(window)
    placebo, weight = window.placebo[keep][:, window.columns], window.matched.weights(keep)
    at = ShapeColumns(
        first=window.first,
        initial=window.place(settings.initial_minutes),
        horizon=window.place(settings.horizons[-1]),
        absorbed=window.place(settings.absorbed_minutes),
    )
    found = bands(placebo, settings.level, weight)
    return AfterNews(window.car[window.columns], placebo, window.minutes, found, at, settings.level, weight)


def served(window: ResponseWindow) -> BoolArray:
    """Return which placebo days have a number at every trading moment, shape (D,)."""
    return np.asarray(np.isfinite(window.placebo[:, window.columns]).all(axis=1))


def bar_returns(window: ResponseWindow) -> tuple[FloatArray, FloatArray, int]:
    """Return bar returns at trading moments, context first, of the event day and of the placebo days."""
    matched = window.matched
    columns: BoolArray = matched.open.copy()
    columns[matched.zero] = True
    prices = np.vstack([matched.event.price, matched.placebo.price])[:, columns]
    moves = np.diff(prices, axis=1)
    return moves[0], moves[1:], int(columns[: matched.zero].sum())


def tested_paths(
    car: FloatArray, placebo: FloatArray, matched: Matched, kind: str, level: str
) -> tuple[FloatArray, FloatArray]:
    """Return the event's and the placebo days' paths of standardized returns r / f, (T,) and (D, T)."""
    if len(placebo) < FEWEST_DAYS:
        return car, placebo
    columns = trading_columns(matched)
    gaps = np.flatnonzero(~np.isfinite(car[: matched.zero]))  # moments of the event day before its first price
    columns = columns[columns > gaps[-1]] if len(gaps) else columns
    bars = bars_of(np.vstack([car, placebo]), columns)
    factor = periodicity(bars[1:], kind, level, np.cumsum(np.diff(columns) > 1))
    factor = np.where(factor > 0, factor, np.nan)
    scaled = bars / np.where(np.isfinite(factor), factor, 1.0)  # a bar that never moves on other days stays as it is
    paths = paths_of(scaled, columns, matched.zero, len(matched.open))
    return paths[0], paths[1:]


def activity(
    event: FloatArray, placebo: FloatArray, after: BoolArray, weight: FloatArray | None = None
) -> tuple[FloatArray, tuple[float, float], tuple[float, float]]:
    """Return multiples of the usual activity, and the peak and the sum of the window with their p-values."""
    usual = medians(placebo)
    with np.errstate(divide="ignore", invalid="ignore"):
        multiple = np.where(usual > 0, event / usual, np.nan)
        others = np.where(usual > 0, placebo / usual, np.nan)
    peak, peaks = highest(multiple[after]), highest(others[:, after])
    total, totals = np.nansum(event[after]), np.nansum(placebo[:, after], axis=1)
    middle = float(np.median(totals))
    ratio = float(total / middle) if middle > 0 else math.nan
    ranks = float(upper_pvalue(peak, peaks, weight)), float(upper_pvalue(np.array(total), totals, weight))
    return multiple, (float(peak), ranks[0]), (ratio, ranks[1])


def medians(placebo: FloatArray) -> FloatArray:
    """Return the median over the days that have a number at each moment, NaN where none has, shape (D, T) to (T,)."""
    ordered = np.sort(placebo, axis=0)  # NaN last
    count = np.isfinite(placebo).sum(axis=0)
    if not len(placebo):
        return np.full(placebo.shape[1], np.nan)
    low, high = np.maximum((count - 1) // 2, 0), np.maximum(count // 2, 0)
    column = np.arange(placebo.shape[1])
    high = np.minimum(high, len(placebo) - 1)
    middle = (ordered[low, column] + ordered[high, column]) / 2
    return np.where(count > 0, middle, np.nan)


def highest(values: FloatArray) -> FloatArray:
    """Return the largest number along the last axis, NaN where there is none."""
    best = np.where(np.isfinite(values), values, -np.inf).max(axis=-1, initial=-np.inf)
    return np.asarray(np.where(np.isfinite(best), best, np.nan))


def later_closes(
    prices: IntradayPrices, window: ResponseWindow, settings: ResponseSettings
) -> list[tuple[float, FloatArray, FloatArray]]:
    """Return the moves to the last bar of the event day, of the next one, and of ``days_later`` days on."""
    matched, days, last = window.matched, prices.days, prices.last_rows
    own = int(np.searchsorted(days, matched.event_day))
    others = np.searchsorted(days, matched.day)
    found = []
    for ahead in (0, 1, settings.days_later):
        if own + ahead >= len(days):
            found.append((math.nan, np.full(len(others), np.nan), np.full(len(others), np.nan)))
            continue
        value = float(prices.price[last[own + ahead]] - matched.event.price[matched.zero])
        ends = np.minimum(others + ahead, len(days) - 1)
        clean = (others + ahead < own) | ((others > own) & (others + ahead < len(days)))
        raw = np.where(clean, prices.price[last[ends]] - matched.placebo.price[:, matched.zero], np.nan)
        found.append((value, raw * window.factor, raw))
    return found


def early_moves(window: ResponseWindow) -> tuple[IntArray, FloatArray]:
    """Return closing instants and log returns of the bars before ``earliest`` that moved as only news moves prices."""
    matched = window.matched
    returns, placebo, after_from = bar_returns(window)
    columns = matched.open.copy()
    columns[matched.zero] = True
    closes = matched.moments[columns][1:][:after_from]
    there = np.isfinite(returns[:after_from])
    first = int(there.argmax()) if there.any() else after_from
    closes, bars = closes[first:], np.nan_to_num(np.vstack([returns, placebo])[:, first:after_from])
    judged = closes > matched.moments[matched.start]
    if len(closes) <= FEWEST_BARS or not judged.any() or (bars[0] == 0).mean() > MOST_STALE:
        return np.empty(0, dtype=np.int64), np.empty(0)
    found = lee_mykland(_without_clock(bars), max(FEWEST_BARS, len(closes) - int(judged.sum())), SIZE)
    sizes = np.nan_to_num(found.statistic[:, judged], posinf=np.inf).max(axis=1)
    rank = float(upper_pvalue(np.array(sizes[0]), sizes[1:], matched.weights()))
    rare = len(sizes) == 1 or rank <= max(SIZE, 1 / len(sizes)) + 1e-12
    flagged = judged & found.is_jump[0] & rare
    return closes[flagged], bars[0, flagged]


def _without_clock(bars: FloatArray) -> FloatArray:
    """Return bars over the volatility of their time of day on the other placebo days; row 0 is the event day."""
    if len(bars) <= KNOWN_DAYS:
        return bars
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = (bars / daily_level(bars, "rv")[:, None]) ** 2
    known = np.where(np.isfinite(squares), squares, 0.0)
    own = np.concatenate([np.zeros((1, bars.shape[1])), known[1:]])
    factor = np.sqrt((known[1:].sum(axis=0) - own) / (len(bars) - 1))
    return np.where(factor > 0, bars / np.where(factor > 0, factor, 1.0), 0.0)


def moves_from(paths: FloatArray, starts: IntArray, length: int) -> FloatArray:
    """Return the move over ``length`` columns after each start: x(s + length) - x(s)."""
    ends = np.minimum(starts + length, paths.shape[-1] - 1)
    return np.asarray(paths[..., ends] - paths[..., starts])
