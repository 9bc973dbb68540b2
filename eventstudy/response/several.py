"""Several instruments at once: one joint test, who moved first, and what moves with what at the minute."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray, instant_us, runs, value
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


def pairs_of(responses: Sequence[Response]) -> tuple[Pair, ...]:
    """Return every pair of responses to one event that share a clock window."""
    return tuple(found for a, b in itertools.combinations(responses, 2) if (found := pair_of(a, b)) is not None)


def pair_of(a: Response, b: Response) -> Pair | None:
    """Return one pair, or None where the two windows have fewer than ten moments in common."""
    common, rows_a, rows_b = _in_both(_moments(a.path), _moments(b.path))
    if len(common) < 10:
        return None
    (times_a, prices_a), (times_b, prices_b) = _trades(a.path), _trades(b.path)
    lags = np.arange(-LAGS, LAGS + 1, dtype=np.int64) * int(np.diff(common).min())
    found = lead_lag((times_a, times_b), (prices_a, prices_b), lags)
    beta = _beta(a.path, b.path, rows_a, rows_b)
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


def _in_both(a: IntArray, b: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return what two increasing series have in common, and its places in each."""
    if np.array_equal(a, b):
        return a, np.arange(len(a)), np.arange(len(b))
    common, rows_a, rows_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    return common, rows_a, rows_b


def _moments(path: Path) -> IntArray:
    return path.closes[path.open]


def _trades(path: Path) -> tuple[IntArray, FloatArray]:
    """Return instants and log prices from the last clean close on, only where there were trades."""
    traded = path.open & (np.isfinite(path.volume) | ~np.isfinite(path.volume).any())
    traded &= np.isfinite(path.car) & (np.arange(len(path.car)) >= path.zero)
    return path.closes[traded], path.car[traded]


def _beta(a: Path, b: Path, rows_a: IntArray, rows_b: IntArray) -> float:
    _, days_a, days_b = _in_both(a.placebo_day, b.placebo_day)
    if len(days_a) < 5:
        return math.nan
    x = np.diff(a.raw_placebo[np.ix_(days_a, np.flatnonzero(a.open)[rows_a])], axis=1)
    y = np.diff(b.raw_placebo[np.ix_(days_b, np.flatnonzero(b.open)[rows_b])], axis=1)
    return float(lead_lag_betas(y, x, min(LAGS, (x.shape[1] - 1) // 4)).sum())


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
        common = np.intersect1d(common, response.path.placebo_day)
    corrected = [list(response.moves) for response in responses]
    for h, move in enumerate(responses[0].moves):
        reached = [k for k, response in enumerate(responses) if response.moves[h].at is not None]
        if not move.label.endswith(" min") or not reached:
            continue
        found = [_tested_moves(responses[k], responses[k].moves[h], common) for k in reached]
        values, placebo = np.array([value for value, _, _ in found]), np.column_stack([days for _, days, _ in found])
        weight = np.min([each for _, _, each in found], axis=0)  # a day doubted for one instrument is doubted for all
        for k, pvalue in zip(reached, joint_pvalues(values, placebo, weight), strict=True):
            corrected[k][h] = replace(corrected[k][h], joint_pvalue=float(pvalue))
    return tuple(replace(r, moves=tuple(moves)) for r, moves in zip(responses, corrected, strict=True))


def _tested_moves(response: Response, move: Move, days: IntArray) -> tuple[float, FloatArray, FloatArray]:
    """Return the move of the event day and of each day as the tests see it, and the weights of the days."""
    path = response.path
    rows = np.searchsorted(path.placebo_day, days)
    assert move.at is not None  # noqa: S101  a horizon always has its closing instant
    column = int(np.searchsorted(path.closes, instant_us(move.at)))
    return float(path.car[column]), path.placebo[rows, column], path.weight[rows]


def hayashi_yoshida(times: tuple[IntArray, IntArray], prices: tuple[FloatArray, FloatArray], shift: int = 0) -> float:
    """Return the covariation of two series that trade at different times: sum over overlapping intervals of dX dY.

    No grid, no previous-tick filling, so no bias towards zero from asynchronous trading (Epps).
    Hayashi and Yoshida (2005), doi:10.3150/bj/1116340299.

    Parameters
    ----------
    times : pair of IntArray, shapes (n + 1,) and (m + 1,)
        Instants of the trades, increasing.
    prices : pair of FloatArray
        Log prices at those instants.
    shift : int
        Microseconds added to the second series' times before the intervals are compared.

    Examples
    --------
    >>> x = np.array([0, 2, 4]), np.array([0.0, 1.0, 3.0])
    >>> y = np.array([0, 3, 4]), np.array([0.0, 2.0, 3.0])
    >>> hayashi_yoshida((x[0], y[0]), (x[1], y[1]))  # 1*2 + 2*2 + 2*1
    8.0
    """
    return float(covariations(times, prices, np.array([shift]))[0])


def covariations(
    times: tuple[IntArray, IntArray], prices: tuple[FloatArray, FloatArray], shifts: IntArray
) -> FloatArray:
    """Return ``hayashi_yoshida`` at each of several shifts, shape (G,)."""
    (first, second), (x, y) = times, prices
    dx, total = np.diff(x), np.concatenate([[0.0], np.cumsum(np.diff(y))])
    # intervals (s_j, s_{j+1}] that overlap (t_i, t_{i+1}] are those with s_{j+1} > t_i and s_j < t_{i+1}
    begins = np.searchsorted(second[1:], first[:-1] - shifts[:, None], side="right")
    ends = np.searchsorted(second[:-1], first[1:] - shifts[:, None], side="left")
    return np.asarray((dx * (total[np.maximum(ends, begins)] - total[begins])).sum(axis=1))


@value(slots=True)
class LeadLag:
    """Cross-correlation over lags; ``lag_us`` is by how much the first series leads the second (negative: follows).

    ``ratio`` is the strength on the leading side over the other: above 1 the first series leads (Huth and Abergel
    2014, doi:10.1016/j.jempfin.2014.01.003).
    """

    lags_us: IntArray
    correlation: FloatArray
    lag_us: int
    ratio: float


def lead_lag(times: tuple[IntArray, IntArray], prices: tuple[FloatArray, FloatArray], lags_us: IntArray) -> LeadLag:
    """Return who moves first, by the lag that maximizes the shifted Hayashi-Yoshida covariation.

    Hoffmann, Rosenbaum and Yoshida (2013), doi:10.3150/11-BEJ407. The second series is moved back by each lag: the
    covariation is largest when the move-back undoes its delay.

    Parameters
    ----------
    times, prices : see ``hayashi_yoshida``
    lags_us : IntArray, shape (G,)
        Microseconds; a positive lag means that the first series leads.
    """
    size = math.sqrt(float((np.diff(prices[0]) ** 2).sum() * (np.diff(prices[1]) ** 2).sum()))
    strength = covariations(times, prices, -np.asarray(lags_us))
    correlation = strength / size if size > 0 else np.full(len(lags_us), np.nan)
    best = int(lags_us[int(np.abs(correlation).argmax())]) if size > 0 else 0
    ahead, behind = (correlation[lags_us > 0] ** 2).sum(), (correlation[lags_us < 0] ** 2).sum()
    return LeadLag(np.asarray(lags_us), correlation, best, float(ahead / behind) if behind > 0 else math.nan)


def refresh_times(times: Sequence[IntArray]) -> IntArray:
    """Return the instants by which every series has traded anew, shape (n,).

    Barndorff-Nielsen, Hansen, Lunde and Shephard (2011), doi:10.1016/j.jeconom.2010.07.009.

    Examples
    --------
    >>> refresh_times([np.array([1, 2, 5]), np.array([3, 4, 6])]).tolist()
    [3, 5]
    """
    at, found = max(int(t[0]) for t in times), []
    while True:
        found.append(at)
        following = [int(np.searchsorted(t, at, side="right")) for t in times]
        if any(i >= len(t) for i, t in zip(following, times, strict=True)):
            return np.array(found, dtype=np.int64)
        at = max(int(t[i]) for i, t in zip(following, times, strict=True))


def lead_lag_betas(y: FloatArray, x: FloatArray, lags: int) -> FloatArray:
    """Return betas of y on x at lags -K..K by one regression, shape (2 K + 1,); entry K + j is beta of x_{t - j}.

    Their sum is Dimson's (1979) beta, right where either series trades late. Estimate it in the event's own clock
    segment: beta moves over the day.

    Parameters
    ----------
    y, x : FloatArray, shape (D, n)
        Returns of the same bars on D days; leads and lags never cross from one day to another, NaN rows are left out.
    lags : int
        K.
    """
    n = x.shape[1]
    there = runs(np.isfinite(x), 2 * lags + 1).all(axis=2) & np.isfinite(y[:, lags : n - lags])
    size = float(np.nanstd(x)) or 1.0
    inner = np.asarray(there.any(axis=0))
    if (there == inner).all():  # the same bars on every day: sums of products lag by lag, without a design
        gram, cross = _lagged_products(np.nan_to_num(x), np.nan_to_num(y), inner, size)
    else:
        lagged = runs(x, 2 * lags + 1)[there][:, ::-1]
        design = np.column_stack([np.full(len(lagged), size), lagged])
        gram, cross = design.T @ design, design.T @ y[:, lags : n - lags][there]
    # Returns are of one size, so the normal equations lose nothing and are 100 times quicker than a tall least squares.
    coef, *_ = np.linalg.lstsq(gram, cross, rcond=None)
    return np.asarray(coef[1:])


def _lagged_products(x: FloatArray, y: FloatArray, inner: BoolArray, size: float) -> tuple[FloatArray, FloatArray]:
    """Return X'X and X'y of the design (size, x_{t + K}, ..., x_{t - K}) over all days and the bars ``inner``.

    ``inner`` (n - 2 K,) are bars that have K bars on both sides.
    """
    n, width = x.shape[1], x.shape[1] - len(inner) + 1
    gram, cross = np.empty((width + 1, width + 1)), np.empty(width + 1)
    target = y[:, width // 2 : n - width // 2] * inner
    cross[0], cross[1:] = size * target.sum(), np.einsum("dt,dtk->k", target, runs(x, width))[::-1]
    gram[0, 0] = size**2 * len(x) * inner.sum()
    gram[0, 1:] = gram[1:, 0] = size * (runs(x.sum(axis=0), width) * inner[:, None]).sum(axis=0)[::-1]
    ahead = np.concatenate([x, np.zeros((len(x), width - 1))], axis=1)
    products = np.einsum("dt,dtk->kt", x, runs(ahead, width))  # of x at t and at t + k, over all days
    sums = (runs(products, len(inner)) * inner).sum(axis=2)  # [k, o]: of the columns with offsets o and o + k
    first, second = np.triu_indices(width)
    lagged = np.empty((width, width))
    lagged[first, second] = lagged[second, first] = sums[second - first, first]
    gram[1:, 1:] = lagged[::-1, ::-1]
    return gram, cross
