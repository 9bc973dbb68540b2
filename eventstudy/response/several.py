"""Several instruments at once: one joint test, who moved first, and what moves with what at the minute."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray, as_slice, value
from eventstudy.response.lead_lag import LeadLag, betas_of_complete_days, lead_lag, lead_lag_betas, lead_lags
from eventstudy.response.measured_events import MeasuredPair
from eventstudy.response.placebo import TIE

LAGS = 5  # bars to either side


@value(slots=True)
class Pair:
    """Two responses to one event.

    Attributes
    ----------
    event, first, second : str
    lag_minutes : float
        By how much ``first`` leads ``second`` on the event day after the news (negative: follows), from the shifted
        Hayashi-Yoshida covariation; one bar is the finest that can be seen, 0 means inside the same bar.
    lead_ratio : float
        Above 1 ``first`` leads; NaN where it cannot be determined.
    correlation : float
        Hayashi-Yoshida correlation at lag 0 on the event day; with staleness it may leave [-1, 1].
    beta : float
        Sum of the betas of ``second`` on ``first`` over five leads and lags, in the same clock window of the placebo
        days: what usually goes along with a move of ``first``.
    explained : float
        beta times the move of ``first`` at the horizon, decimal log: the part of the move of ``second`` that an
        ordinary day would have shown with it.
    """

    event: str
    first: str
    second: str
    lag_minutes: float
    lead_ratio: float
    correlation: float
    beta: float
    explained: float


@value
class OpenPath:
    """The moments of one answer at which its market trades.

    Attributes
    ----------
    answer : MeasuredPair
    columns : IntArray, shape (n,)
        Columns of its path.
    closes : IntArray, shape (n,)
        Closing instants, microseconds since the epoch.
    """

    answer: MeasuredPair
    columns: IntArray
    closes: IntArray

    @classmethod
    def of(cls, answer: MeasuredPair) -> OpenPath:
        """Return those of one answer."""
        columns = np.flatnonzero(answer.found.measured.layout.open)
        return cls(answer, columns, answer.found.moments[answer.row, as_slice(columns)])

    @cached_property
    def bars(self) -> FloatArray:
        """Bar returns between these moments on the placebo days, as they were, shape (D, n - 1)."""
        return self.bars_on(slice(None), self.columns)

    def bars_on(self, days: IntArray | slice, moments: IntArray) -> FloatArray:
        """Return bar returns on some days between some of the moments."""
        paths = self.answer.paths.raw_placebo[self.answer.paths.rows[self.answer.row], self.answer.row]
        return np.diff(paths[days][:, as_slice(moments)])

    @property
    def days(self) -> IntArray:
        """Placebo days, days since 1970-01-01."""
        return self.answer.found.days[self.answer.row].day

    @cached_property
    def shape(self) -> tuple[bytes, bytes]:
        """The moments and the placebo days, to compare."""
        return self.closes.tobytes(), self.days.tobytes()

    @cached_property
    def step_us(self) -> int:
        """Smallest time between two of the moments."""
        return int(np.diff(self.closes).min())

    @cached_property
    def traded(self) -> FloatArray:
        """Log price less the last clean one at each step of the clock; NaN where there was no trade."""
        numbers, row = self.answer.found.measured, self.answer.row
        zero, volume = numbers.layout.zero, np.isfinite(numbers.volume[row])
        traded = numbers.layout.open[zero:]
        return np.where(traded & volume[zero:] if volume.any() else traded, numbers.car[row, zero:], np.nan)

    @cached_property
    def clock(self) -> tuple[int, int]:
        """The last clean close and the step of the clock from there on, microseconds."""
        zero = self.answer.found.measured.layout.zero
        first, second = self.answer.found.moments[self.answer.row, zero : zero + 2].tolist()
        return first, second - first

    @property
    def trades(self) -> tuple[IntArray, FloatArray]:
        """Instants and log prices from the last clean close on, only where there were trades."""
        traded, zero = np.isfinite(self.traded), self.answer.found.measured.layout.zero
        return self.answer.found.moments[self.answer.row, zero:][traded], self.traded[traded]


@value(slots=True)
class Shared:
    """What two responses to one event have in common.

    Attributes
    ----------
    a, b : OpenPath
    step_us : int
        Smallest time between their common moments.
    bars_a, bars_b : FloatArray, shape (D, n)
        Bar returns between these moments on their common placebo days, as they were.
    """

    a: OpenPath
    b: OpenPath
    step_us: int
    bars_a: FloatArray
    bars_b: FloatArray


def pairs_of(events: Sequence[Sequence[MeasuredPair]]) -> list[tuple[Pair, ...]]:
    """Return every pair of the answers to each event that share a clock window."""
    pairs = [_shared_windows(answers) for answers in events]
    every = [one for shared in pairs for one in shared]
    found = iter(map(_pair, every, _lead_lags(every), _betas(every)))
    return [tuple(itertools.islice(found, len(shared))) for shared in pairs]


def _shared_windows(answers: Sequence[MeasuredPair]) -> list[Shared]:
    paths = [OpenPath.of(answer) for answer in answers]
    return [found for a, b in itertools.combinations(paths, 2) if (found := _shared(a, b)) is not None]


def _shared(a: OpenPath, b: OpenPath) -> Shared | None:
    """Return what a pair has in common, or None where the two windows share fewer than ten moments."""
    if a.shape == b.shape:
        return None if len(a.closes) < 10 else Shared(a, b, a.step_us, a.bars, b.bars)
    common, *rows = np.intersect1d(a.closes, b.closes, assume_unique=True, return_indices=True)
    if len(common) < 10:
        return None
    _, *days = np.intersect1d(a.days, b.days, assume_unique=True, return_indices=True)
    bars = [one.bars_on(d, one.columns[r]) for one, d, r in zip((a, b), days, rows, strict=True)]
    return Shared(a, b, int(np.diff(common).min()), *bars)


def _lead_lags(shared: Sequence[Shared]) -> list[LeadLag]:
    """Return who moved first in each pair; those whose clocks agree are one computation."""
    found: dict[int, LeadLag] = {}
    alike: dict[int, list[int]] = {}
    steps = np.arange(-LAGS, LAGS + 1, dtype=np.int64)
    for k, one in enumerate(shared):
        if one.a.clock == one.b.clock == (one.a.clock[0], one.step_us):
            alike.setdefault(one.step_us, []).append(k)
        else:
            (times_a, prices_a), (times_b, prices_b) = one.a.trades, one.b.trades
            found[k] = lead_lag((times_a, times_b), (prices_a, prices_b), steps * one.step_us)
    for step, rows in alike.items():
        paths = {id(path): path for k in rows for path in (shared[k].a, shared[k].b)}
        place = {key: row for row, key in enumerate(paths)}
        prices = np.full((len(paths), max(len(path.traded) for path in paths.values())), np.nan)
        for row, path in enumerate(paths.values()):
            prices[row, : len(path.traded)] = path.traded
        first, second = (np.array([place[id(getattr(shared[k], side))] for k in rows]) for side in ("a", "b"))
        found |= zip(rows, lead_lags(prices, (first, second), steps * step), strict=True)
    return [found[k] for k in range(len(shared))]


def _betas(shared: Sequence[Shared]) -> list[float]:
    """Return the sum of the betas of each pair's second response on its first; NaN for fewer than five days."""
    found = [math.nan] * len(shared)
    alike: dict[tuple[int, int, int], list[int]] = {}
    distinct = {id(bars): bars for one in shared for bars in (one.bars_a, one.bars_b)}
    known = {key: CompleteBars.of(bars) for key, bars in distinct.items()}
    for k, one in enumerate(shared):
        days, bars = one.bars_a.shape
        lags = min(LAGS, (bars - 1) // 4)
        first = known[id(one.bars_a)].first_beside(known[id(one.bars_b)])
        if days >= 5 and first is not None and bars - first > 4 * lags:
            alike.setdefault((lags, first, bars), []).append(k)
        elif days >= 5:
            found[k] = float(lead_lag_betas(one.bars_b, one.bars_a, lags).sum())
    for (lags, first, _), rows in alike.items():
        (y, of_y), (x, of_x) = (_once([getattr(shared[k], name) for k in rows]) for name in ("bars_b", "bars_a"))
        y, x = ([bars[:, first:] for bars in each] for each in (y, x))
        for k, beta in zip(rows, betas_of_complete_days(y, x, (of_y, of_x), lags).sum(axis=1).tolist(), strict=True):
            found[k] = beta
    return found


class CompleteBars(NamedTuple):
    """Which bars (n,) have a return on every day, and the first from which on all of them have."""

    complete: BoolArray
    first: int

    @classmethod
    def of(cls, bars: FloatArray) -> CompleteBars:
        """Return those of the bars (D, n)."""
        complete = np.asarray(np.isfinite(bars.sum(axis=0)))
        missing = np.flatnonzero(~complete)
        return cls(complete, int(missing[-1]) + 1 if len(missing) else 0)

    def first_beside(self, other: CompleteBars) -> int | None:
        """Return the first bar from which on both are complete; None where both have complete ones before it, too."""
        first = max(self.first, other.first)
        return None if (self.complete[:first] & other.complete[:first]).any() else first


def _once(bars: Sequence[FloatArray]) -> tuple[list[FloatArray], IntArray]:
    """Return each array once, and which of them stands at each place."""
    distinct = {id(one): one for one in bars}
    place = {key: number for number, key in enumerate(distinct)}
    return list(distinct.values()), np.array([place[id(one)] for one in bars], dtype=np.int64)


def _pair(shared: Shared, found: LeadLag, beta: float) -> Pair:
    a, b = shared.a.answer, shared.b.answer
    return Pair(
        event=a.found.events[a.row].id,
        first=a.found.source.instrument.code,
        second=b.found.source.instrument.code,
        lag_minutes=found.lag_us / 60e6,
        lead_ratio=found.ratio,
        correlation=float(found.correlation[LAGS]),
        beta=beta,
        explained=beta * a.found.move_reached(a.row),
    )


def joint_pvalues(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Return step-down max-t p-values of K moves of one event, shape (K,); of several events, shape (..., K).

    Null for each: its move is exchangeable with its placebo days'. The days are the unit of resampling, so whatever
    ties the instruments together on a day is kept, and the probability of any false rejection among the K is at most
    the size. Westfall and Young (1993), Romano and Wolf (2005), doi:10.1198/016214504000000539.

    Parameters
    ----------
    event : FloatArray, shape (..., K)
    placebo : FloatArray, shape (..., D, K)
        The same days for every instrument; days with a NaN are left out.
    weight : FloatArray, shape (..., D), optional
        How much each day counts, the event day being 1.

    Examples
    --------
    >>> placebo = np.array([[1.0, -2.0], [2.0, 1.0], [-1.0, 1.0], [1.0, 2.0]])
    >>> joint_pvalues(np.array([9.0, 1.5]), placebo).tolist()
    [0.2, 0.6]
    """
    complete = np.asarray(np.isfinite(placebo).all(axis=-1))
    each = np.where(complete, 1.0 if weight is None else weight, 0.0)[..., None]  # (..., D, 1)
    days, moves = np.where(complete[..., None], placebo, 0.0), np.asarray(event, dtype=np.float64)
    usable = (complete.sum(axis=-1) >= 2) & np.isfinite(moves).all(axis=-1)
    squares, count = days**2 * each, each.sum(axis=-2)
    total = squares.sum(axis=-2)
    with np.errstate(divide="ignore", invalid="ignore"):
        others = np.sqrt(np.maximum((total[..., None, :] - squares) / (count[..., None] - each), 0.0))
        statistic = np.where(moves == 0, 0.0, np.abs(moves) / np.sqrt(total / count))
        studentized = np.where(days == 0, 0.0, np.abs(days) / others)
    order = np.argsort(-statistic, axis=-1, kind="stable")
    largest = np.take_along_axis(statistic, order, axis=-1)
    remaining = np.maximum.accumulate(np.take_along_axis(studentized, order[..., None, :], axis=-1)[..., ::-1], axis=-1)
    beyond = ((remaining[..., ::-1] >= largest[..., None, :] * TIE) * each).sum(axis=-2)
    pvalues = np.empty(moves.shape)
    np.put_along_axis(pvalues, order, np.maximum.accumulate((1 + beyond) / (count + 1), axis=-1), axis=-1)
    return np.where(usable[..., None], pvalues, np.nan)


class JointMoves(NamedTuple):
    """The moves of the answers to one event at H horizons that the same K of them reached, as the tests see them.

    Attributes
    ----------
    places : list of int
        Of the horizons: 0 is the first price after the news, then those asked for in their order.
    reached : list of int
        Which K of the answers.
    moves : FloatArray, shape (H, K)
    placebo : FloatArray, shape (D, H, K)
        On the days that serve for all answers.
    weight : FloatArray, shape (D,)
    """

    places: list[int]
    reached: list[int]
    moves: FloatArray
    placebo: FloatArray
    weight: FloatArray


def joint_of(events: Sequence[Sequence[MeasuredPair]]) -> list[FloatArray]:
    """Return the joint p-values of the first price and of every horizon of the answers to each event, (K, 1 + H).

    NaN for an event on a single instrument and where a horizon is not reached. The days are those that serve for all
    instruments; the other days are left out of the joint test only.
    """
    found = [np.full((len(answers), _horizons(answers)), np.nan) for answers in events]
    alike: dict[tuple[int, int], list[tuple[int, JointMoves]]] = {}
    for row, answers in enumerate(events):
        for one in _joint_moves(answers) if len(answers) > 1 else ():
            alike.setdefault(one.moves.shape, []).append((row, one))
    for group in alike.values():
        for (row, one), pvalues in zip(group, _together([one for _, one in group]), strict=True):
            found[row][np.ix_(one.reached, one.places)] = pvalues.T
    return found


def _horizons(answers: Sequence[MeasuredPair]) -> int:
    return len(answers[0].found.reached) if answers else 0


def _joint_moves(answers: Sequence[MeasuredPair]) -> list[JointMoves]:
    """Return the moves of the answers to one event, those horizons together that the same answers reached."""
    days = [answer.found.days[answer.row].day for answer in answers]
    common = days[0]
    for other in days[1:]:
        if not np.array_equal(common, other):
            common = np.intersect1d(common, other)
    rows = [slice(None) if len(each) == len(common) else np.searchsorted(each, common) for each in days]
    moves = np.array([answer.found.measured.car[answer.row, answer.found.ends] for answer in answers])
    placebo = np.stack([_ends_of(answer)[each] for answer, each in zip(answers, rows, strict=True)], axis=2)
    weights = [answer.found.days[answer.row].weight[each] for answer, each in zip(answers, rows, strict=True)]
    horizons: dict[tuple[bool, ...], list[int]] = {}
    for place, reached in enumerate(zip(*(answer.found.reached for answer in answers), strict=True)):
        horizons.setdefault(reached, []).append(place)
    found = []
    for reached, places in horizons.items():
        which = [k for k, one in enumerate(reached) if one]
        if which:
            weight = np.min([weights[k] for k in which], axis=0)  # a day doubted for one is doubted for all
            found.append(JointMoves(places, which, moves[which][:, places].T, placebo[:, places][..., which], weight))
    return found


def _ends_of(answer: MeasuredPair) -> FloatArray:
    """Return the moves of the placebo days at the horizons, shape (D, 1 + H)."""
    paths: FloatArray = answer.paths.placebo[answer.paths.rows[answer.row], answer.row]
    return paths[:, answer.found.ends]


def _together(group: Sequence[JointMoves]) -> FloatArray:
    """Return the joint p-values of E events with as many moves each, shape (E, H, K)."""
    most, shape = max(len(one.placebo) for one in group), group[0].moves.shape
    placebo, weight = np.full((len(group), most, *shape), np.nan), np.zeros((len(group), most))
    for row, one in enumerate(group):
        placebo[row, : len(one.placebo)], weight[row, : len(one.placebo)] = one.placebo, one.weight
    days = np.broadcast_to(weight[:, None], (len(group), shape[0], most))
    return joint_pvalues(np.array([one.moves for one in group]), placebo.swapaxes(1, 2), days)
