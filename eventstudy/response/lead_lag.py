"""Who moves first, and what moves with what: covariations at different times, betas over leads and lags."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, runs, value


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
    usable = runs(np.isfinite(x), 2 * lags + 1).all(axis=2) & np.isfinite(y[:, lags : n - lags])
    lagged = runs(x, 2 * lags + 1)[usable][:, ::-1]
    design = np.column_stack([np.full(len(lagged), _size(x)), lagged])
    # Returns are of one size, so the normal equations lose nothing and are 100 times quicker than a tall least squares.
    coef, *_ = np.linalg.lstsq(design.T @ design, design.T @ y[:, lags : n - lags][usable], rcond=None)
    return np.asarray(coef[1:])


def _size(x: FloatArray) -> float:
    return float(np.nanstd(x)) or 1.0


def betas_of_complete_days(
    y: FloatArray, x: FloatArray, pairs: tuple[IntArray, IntArray], days: IntArray, lags: int
) -> FloatArray:
    """Return ``lead_lag_betas`` of P pairs without a missing bar, shape (P, 2 K + 1), without their designs.

    Parameters
    ----------
    y, x : FloatArray, shapes (V, D, n) and (U, D, n)
        Zeros for days that a series does not have.
    pairs : pair of IntArray, shape (P,)
        Which y and which x each pair is of.
    days : IntArray, shape (U,)
        How many days each x has.
    lags : int
        K; n is larger than 4 K.
    """
    n, (of_y, of_x) = x.shape[-1], pairs
    width, inner = 2 * lags + 1, n - 2 * lags
    products = np.zeros((len(x), width, n))  # of x at t and at t + k, over all days
    cross = np.empty((len(of_x), width + 1))
    target, beside = y[of_y, :, lags : n - lags], x[of_x]
    for k in range(width):
        np.einsum("udt,udt->ut", x[..., : n - k], x[..., k:], out=products[:, k, : n - k])
        cross[:, 1 + k] = np.einsum("pdt,pdt->p", target, beside[..., k : k + inner])
    size = np.sqrt(products[:, 0].sum(axis=1) / (days * n))
    size = np.where(size > 0, size, 1.0)
    sums = runs(products, inner).sum(axis=3)  # [u, k, o]: of the columns with offsets o and o + k
    first, second = np.triu_indices(width)
    gram = np.empty((len(x), width + 1, width + 1))
    gram[:, 1 + first, 1 + second] = gram[:, 1 + second, 1 + first] = sums[:, second - first, first]
    gram[:, 0, 1:] = gram[:, 1:, 0] = size[:, None] * runs(x.sum(axis=1), inner).sum(axis=2)
    gram[:, 0, 0] = size**2 * days * inner
    cross[:, 0] = size[of_x] * target.sum(axis=(1, 2))
    inverse = np.linalg.pinv(gram, rcond=(width + 1) * np.finfo(np.float64).eps, hermitian=True)
    return np.asarray(np.einsum("pij,pj->pi", inverse[of_x], cross)[:, :0:-1])
