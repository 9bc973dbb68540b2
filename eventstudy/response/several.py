"""Several instruments at once: one joint test, who moved first, and what moves with what at the minute."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, instant_us, value
from eventstudy.response.lead_lag import betas_of_complete_days, lead_lag, lead_lag_betas
from eventstudy.response.placebo import TIE
from eventstudy.response.values import Move, Path, Response

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
    """The moments of one response at which its market trades.

    Attributes
    ----------
    response : Response
    columns : IntArray, shape (n,)
        Columns of its path.
    closes : IntArray, shape (n,)
        Closing instants, microseconds since the epoch.
    """

    response: Response
    columns: IntArray
    closes: IntArray

    @cached_property
    def bars(self) -> FloatArray:
        """Bar returns between these moments on the placebo days, as they were, shape (D, n - 1)."""
        return self.bars_on(slice(None), self.columns)

    def bars_on(self, days: IntArray | slice, moments: IntArray) -> FloatArray:
        """Return bar returns on some days between some of the moments."""
        first, stop = int(moments[0]), int(moments[-1]) + 1
        consecutive = stop - first == len(moments)
        return np.diff(self.response.path.raw_placebo[days][:, slice(first, stop) if consecutive else moments])

    @cached_property
    def trades(self) -> tuple[IntArray, FloatArray]:
        """Instants and log prices from the last clean close on, only where there were trades."""
        path = self.response.path
        after = slice(path.zero, None)
        traded = path.open[after] & np.isfinite(path.car[after])
        volume = np.isfinite(path.volume)
        if volume.any():
            traded &= volume[after]
        return path.closes[after][traded], path.car[after][traded]


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


def pairs_of(responses: Sequence[Response]) -> tuple[Pair, ...]:
    """Return every pair of responses to one event that share a clock window."""
    columns = [np.flatnonzero(response.path.open) for response in responses]
    paths = [OpenPath(r, c, r.path.closes[c]) for r, c in zip(responses, columns, strict=True)]
    shared = [found for a, b in itertools.combinations(paths, 2) if (found := _shared(a, b)) is not None]
    return tuple(_pair(one, beta) for one, beta in zip(shared, _betas(shared), strict=True))


def _shared(a: OpenPath, b: OpenPath) -> Shared | None:
    """Return what a pair has in common, or None where the two windows share fewer than ten moments."""
    days_a, days_b = (one.response.path.placebo_day for one in (a, b))
    if np.array_equal(a.closes, b.closes) and np.array_equal(days_a, days_b):
        return None if len(a.closes) < 10 else Shared(a, b, int(np.diff(a.closes).min()), a.bars, b.bars)
    common, *rows = np.intersect1d(a.closes, b.closes, assume_unique=True, return_indices=True)
    if len(common) < 10:
        return None
    _, *days = np.intersect1d(days_a, days_b, assume_unique=True, return_indices=True)
    bars = [one.bars_on(d, one.columns[r]) for one, d, r in zip((a, b), days, rows, strict=True)]
    return Shared(a, b, int(np.diff(common).min()), *bars)


def _betas(shared: Sequence[Shared]) -> list[float]:
    """Return the sum of the betas of each pair's second response on its first; NaN for fewer than five days."""
    found = [math.nan] * len(shared)
    alike: dict[tuple[int, int, int], list[int]] = {}
    known = {id(bars): np.isfinite(bars.sum(axis=0)) for one in shared for bars in (one.bars_a, one.bars_b)}
    for k, one in enumerate(shared):
        lags = min(LAGS, (one.bars_a.shape[1] - 1) // 4)
        complete = known[id(one.bars_a)] & known[id(one.bars_b)]
        first = int(complete.argmax())
        if len(one.bars_a) >= 5 and complete[first:].all() and len(complete) - first > 4 * lags:
            alike.setdefault((lags, first, len(complete)), []).append(k)
        elif len(one.bars_a) >= 5:
            found[k] = float(lead_lag_betas(one.bars_b, one.bars_a, lags).sum())
    for (lags, first, _), rows in alike.items():
        (y, of_y), (x, of_x) = (_once([getattr(shared[k], name) for k in rows]) for name in ("bars_b", "bars_a"))
        days, most = np.array(list(map(len, x))), max(map(len, (*x, *y)))
        y_padded, x_padded = (_padded([bars[:, first:] for bars in each], most) for each in (y, x))
        for k, betas in zip(rows, betas_of_complete_days(y_padded, x_padded, (of_y, of_x), days, lags), strict=True):
            found[k] = float(betas.sum())
    return found


def _once(bars: Sequence[FloatArray]) -> tuple[list[FloatArray], IntArray]:
    """Return each array once, and which of them stands at each place."""
    distinct = {id(one): one for one in bars}
    place = {key: number for number, key in enumerate(distinct)}
    return list(distinct.values()), np.array([place[id(one)] for one in bars], dtype=np.int64)


def _padded(bars: Sequence[FloatArray], most: int) -> FloatArray:
    """Return bars of several series as one array (V, D, n), with zeros for days that a series does not have."""
    entire = np.zeros((len(bars), most, bars[0].shape[1]))
    for row, one in enumerate(bars):
        entire[row, : len(one)] = one
    return entire


def _pair(shared: Shared, beta: float) -> Pair:
    a, b = shared.a.response, shared.b.response
    (times_a, prices_a), (times_b, prices_b) = shared.a.trades, shared.b.trades
    lags = np.arange(-LAGS, LAGS + 1, dtype=np.int64) * shared.step_us
    found = lead_lag((times_a, times_b), (prices_a, prices_b), lags)
    reached = [move.value for move in a.moves if math.isfinite(move.minutes) and math.isfinite(move.value)]
    return Pair(
        event=a.event,
        first=a.instrument,
        second=b.instrument,
        lag_minutes=found.lag_us / 60e6,
        lead_ratio=found.ratio,
        correlation=float(found.correlation[LAGS]),
        beta=beta,
        explained=beta * reached[-1] if reached else math.nan,
    )


def joint_pvalues(event: FloatArray, placebo: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Return step-down max-t p-values of K moves of one event, shape (K,).

    Null for each: its move is exchangeable with its placebo days'. The days are the unit of resampling, so whatever
    ties the instruments together on a day is kept, and the probability of any false rejection among the K is at most
    the size. Westfall and Young (1993), Romano and Wolf (2005), doi:10.1198/016214504000000539.

    Parameters
    ----------
    event : FloatArray, shape (K,)
    placebo : FloatArray, shape (D, K)
        The same days for every instrument; days with a NaN are left out.
    weight : FloatArray, shape (D,), optional
        How much each day counts, the event day being 1.

    Examples
    --------
    >>> placebo = np.array([[1.0, -2.0], [2.0, 1.0], [-1.0, 1.0], [1.0, 2.0]])
    >>> joint_pvalues(np.array([9.0, 1.5]), placebo).tolist()
    [0.2, 0.6]
    """
    complete = np.isfinite(placebo).all(axis=1)
    days, each = placebo[complete], np.ones(int(complete.sum())) if weight is None else weight[complete]
    moves = np.asarray(event, dtype=np.float64)
    pvalues = np.full(len(moves), np.nan)
    if len(days) < 2 or not np.isfinite(moves).all():
        return pvalues
    squares, count = days**2 * each[:, None], each.sum()
    scale = np.sqrt(squares.sum(axis=0) / count)
    others = np.sqrt(np.maximum((squares.sum(axis=0) - squares) / (count - each)[:, None], 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(moves == 0, 0.0, np.abs(moves) / scale)
        studentized = np.where(days == 0, 0.0, np.abs(days) / others)
    order, worst = np.argsort(-statistic, kind="stable"), 0.0
    for rank, k in enumerate(order):
        remaining = studentized[:, order[rank:]].max(axis=1)
        beyond = float(each[remaining >= statistic[k] * TIE].sum())
        worst = max(worst, (1 + beyond) / (count + 1))
        pvalues[k] = worst
    return pvalues


def with_joint_pvalues(responses: Sequence[Response]) -> tuple[Response, ...]:
    """Return the responses of one event with the joint p-value of every horizon filled in.

    The days are those that serve for all instruments; the other days are left out of the joint test only.
    """
    if len(responses) < 2:
        return tuple(responses)
    common = responses[0].path.placebo_day
    for response in responses[1:]:
        if not np.array_equal(common, response.path.placebo_day):
            common = np.intersect1d(common, response.path.placebo_day)
    days = [np.searchsorted(response.path.placebo_day, common) for response in responses]
    weights = np.array([response.path.weight[rows] for response, rows in zip(responses, days, strict=True)])
    corrected = [list(response.moves) for response in responses]
    for h, move in enumerate(responses[0].moves):
        reached = [k for k, response in enumerate(responses) if response.moves[h].at is not None]
        if not move.label.endswith(" min") or not reached:
            continue
        found = [_tested_moves(responses[k].path, responses[k].moves[h], days[k]) for k in reached]
        values, placebo = np.array([value for value, _ in found]), np.column_stack([others for _, others in found])
        weight = weights[reached].min(axis=0)  # a day doubted for one instrument is doubted for all
        for k, pvalue in zip(reached, joint_pvalues(values, placebo, weight).tolist(), strict=True):
            corrected[k][h] = corrected[k][h].adjusted(pvalue)
    return tuple(replace(r, moves=tuple(moves)) for r, moves in zip(responses, corrected, strict=True))


def _tested_moves(path: Path, move: Move, rows: IntArray) -> tuple[float, FloatArray]:
    """Return the move of the event day and of some placebo days as the tests see it."""
    assert move.at is not None  # noqa: S101  a horizon always has its closing instant
    column = int(np.searchsorted(path.closes, instant_us(move.at)))
    return float(path.car[column]), path.placebo[rows, column]
