"""Who moves first, and what moves with what: covariations at different times, betas over leads and lags."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eventstudy.arrays import FloatArray, IntArray, runs, value
from eventstudy.response.placebo import TIE

ROUNDING = 1e-12  # what is left of sums that cancel


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
    (found,) = _leads((strength / size if size > 0 else np.full(len(lags_us), np.nan))[None], np.asarray(lags_us))
    return found


def _leads(correlation: FloatArray, lags_us: IntArray) -> list[LeadLag]:
    """Return the lag of the strongest correlation (P, G), the first of equal ones, and the strength on either side."""
    strength, known = np.abs(correlation), np.isfinite(correlation).all(axis=1)
    best = (strength >= strength.max(axis=1, keepdims=True) * TIE).argmax(axis=1)
    ahead, behind = ((correlation[:, side] ** 2).sum(axis=1) for side in (lags_us > 0, lags_us < 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(behind > 0, ahead / behind, np.nan)
    rows = zip(correlation, np.where(known, lags_us[best], 0).tolist(), ratio.tolist(), strict=True)
    return [LeadLag(lags_us, row, lag, either) for row, lag, either in rows]


def lead_lags(prices: FloatArray, pairs: tuple[IntArray, IntArray], lags_us: IntArray) -> list[LeadLag]:
    """Return ``lead_lag`` of P pairs of series that trade on one grid of times.

    The sum over overlapping intervals is one over the grid: each step of the first series, from one of its trades to
    the next, meets the second series from its last trade before that step to its next one after it.

    Parameters
    ----------
    prices : FloatArray, shape (V, S)
        Log prices at the times of the grid; NaN where a series does not trade.
    pairs : pair of IntArray, shape (P,)
        Which series are the first and the second of each pair.
    lags_us : IntArray, shape (G,)
        Lags of whole steps of the grid from -K to K, microseconds.

    Examples
    --------
    >>> prices = np.array([[0.0, 1.0, 1.0, 3.0], [0.0, np.nan, 1.0, 1.0]])
    >>> (found,) = lead_lags(prices, (np.array([0]), np.array([1])), np.array([-1, 0, 1]))
    >>> found.lag_us  # the sums of products are 2, 1 and 1: the first series follows the second
    -1
    """
    first, second = pairs
    last, following = _last_prices(prices), _last_prices(prices[:, ::-1])[:, ::-1]
    traded = np.isfinite(prices)
    came = np.where(traded, last - np.concatenate([last[:, :1], last[:, :-1]], axis=1), 0.0)  # with the trade at t
    goes = np.where(traded, np.concatenate([following[:, 1:], following[:, -1:]], axis=1) - following, 0.0)  # after it
    before, after = (_beyond(each, len(lags_us) // 2)[second] for each in (last, following))
    strength = np.vecdot(runs(after, prices.shape[1]), came[first][:, None])
    strength -= np.vecdot(runs(before, prices.shape[1]), goes[first][:, None])
    squares = np.vecdot(came, came)
    size = np.sqrt(squares[first] * squares[second])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.where(size > 0, strength / size, np.nan)
    return _leads(np.where(np.abs(correlation) < ROUNDING, 0.0, correlation), lags_us)


def _last_prices(prices: FloatArray) -> FloatArray:
    """Return the price of the last trade at or before each time, that of the first trade before it; 0 without any."""
    traded = np.isfinite(prices)
    at = np.maximum.accumulate(np.where(traded, np.arange(prices.shape[1]), 0), axis=1)
    at = np.maximum(at, traded.argmax(axis=1)[:, None])
    return np.nan_to_num(np.take_along_axis(prices, at, axis=1))


def _beyond(prices: FloatArray, steps: int) -> FloatArray:
    """Return prices that stay as they are for some steps before and after."""
    return np.concatenate([np.repeat(prices[:, :1], steps, 1), prices, np.repeat(prices[:, -1:], steps, 1)], axis=1)


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


@value(slots=True)
class LaggedSums:
    """Sums over the days and bars of one series x of n bars a day, for the w = 2 K + 1 leads and lags of a regression.

    Attributes
    ----------
    squares : float
        Of x_t^2.
    columns : FloatArray, shape (n,)
        Of x_t, by bar of the day.
    products : FloatArray, shape (w,)
        Of x_t x_{t + k} over the first n - 2 K bars t.
    first, last : FloatArray, shape (2 K, 2 K)
        Of products of two of the first, and two of the last, 2 K bars of a day.
    """

    squares: float
    columns: FloatArray
    products: FloatArray
    first: FloatArray
    last: FloatArray

    @classmethod
    def of(cls, x: FloatArray, lags: int) -> LaggedSums:
        """Return those of the bars (D, n)."""
        ahead, (first, last) = _ahead(x, lags), (np.ascontiguousarray(x[:, at]) for at in _ends(lags))
        products = np.vecdot(ahead[:, :1], ahead).sum(axis=0)
        return cls(float(np.vecdot(x, x).sum()), x.sum(axis=0), products, first.T @ first, last.T @ last)


def _ends(lags: int) -> tuple[slice, slice]:
    return slice(2 * lags), slice(-2 * lags, None) if lags else slice(0)


def _ahead(x: FloatArray, lags: int) -> FloatArray:
    """Return all but 2 K bars of each day from each of the first 2 K + 1 on, shape (D, 2 K + 1, n - 2 K)."""
    return runs(x, x.shape[-1] - 2 * lags)


def betas_of_complete_days(
    y: Sequence[FloatArray], x: Sequence[FloatArray], pairs: tuple[IntArray, IntArray], lags: int
) -> FloatArray:
    """Return ``lead_lag_betas`` of P pairs without a missing bar, shape (P, 2 K + 1), without their designs.

    Parameters
    ----------
    y, x : sequences of FloatArray, shape (D, n)
        A pair is of the same days.
    pairs : pair of IntArray, shape (P,)
        Which y and which x each pair is of.
    lags : int
        K; n is larger than 4 K.
    """
    width, inner = 2 * lags + 1, x[0].shape[-1] - 2 * lags
    sums = [LaggedSums.of(one, lags) for one in x]
    bars = np.array([one.size for one in x])
    size = np.sqrt(np.array([one.squares for one in sums]) / bars)
    size = np.where(size > 0, size, 1.0)
    gram, cross = np.empty((len(x), width + 1, width + 1)), np.empty((len(pairs[1]), width + 1))
    gram[:, 1:, 1:] = _lagged_gram(sums)
    gram[:, 0, 1:] = gram[:, 1:, 0] = size[:, None] * _ahead(np.array([one.columns for one in sums]), lags).sum(axis=2)
    gram[:, 0, 0] = size**2 * (bars / x[0].shape[-1]) * inner
    middle = [np.ascontiguousarray(one[:, lags : lags + inner]) for one in y]
    cross[:, 0] = size[pairs[1]] * np.array([one.sum() for one in middle])[pairs[0]]
    ahead, middle = [_ahead(one, lags) for one in x], [one[:, None] for one in middle]
    for pair, (of_y, of_x) in enumerate(zip(*(which.tolist() for which in pairs), strict=True)):
        np.add.reduce(np.vecdot(ahead[of_x], middle[of_y]), axis=0, out=cross[pair, 1:])
    inverse = np.linalg.pinv(gram, rcond=(width + 1) * np.finfo(np.float64).eps, hermitian=True)
    return np.asarray(np.einsum("pij,pj->pi", inverse[pairs[1]], cross)[:, :0:-1])


def _lagged_gram(sums: Sequence[LaggedSums]) -> FloatArray:
    """Return sums of x_{t + i} x_{t + j} over days and the bars t that have K on either side, shape (U, w, w).

    Each further i leaves out a bar at the beginning of the day and takes one more at its end.
    """
    products, first, last = (np.array([getattr(one, name) for one in sums]) for name in ("products", "first", "last"))
    width = products.shape[1]
    ends = np.concatenate([last - first, np.zeros_like(first)], axis=2)  # of the bars t and t'; none at t' beyond
    bar, ahead = np.arange(width - 1), np.arange(width)[:, None]
    shifted = np.repeat(products[..., None], width, axis=2)  # [u, k, i]: of x_{t + i} x_{t + i + k}
    shifted[..., 1:] += np.cumsum(ends[:, bar, bar + ahead], axis=2)
    i, j = np.triu_indices(width)
    gram = np.empty_like(shifted)
    gram[:, i, j] = gram[:, j, i] = shifted[:, j - i, i]
    return gram
