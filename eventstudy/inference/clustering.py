"""How much the events of a study move together: the mean correlation of their CARs, from estimation residuals.

Two CARs can be correlated only through bars that both event windows hold. Each pair's residual correlation is weighted
by the fraction of event-window bars in common: one for events of one date, zero for windows without a common bar
(Kolari, Pape and Pynnonen 2018). Events with the same event window are added up first, so no pair of events is formed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eventstudy.abnormal.gather import Block
from eventstudy.abnormal.models.row import Fit
from eventstudy.abnormal.series import SeriesSet
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import BoolArray, FloatArray, IntArray

MAX_PAIRS = 1_000_000
FLAT = 1e-12
GROUPS_AT_ONCE = 4_096
MOST_ROWS_A_WINDOW = 4
CELLS_PER_PIECE = 8_192


@dataclass(frozen=True, eq=False)
class CommonDates:
    """Residuals of length one, summed over the events of each event window.

    Attributes
    ----------
    windows : IntArray, shape (G, 2)
        Places in calendar time of the last close before the news and the first after it, in order and each once.
    residuals : FloatArray, shape (G, W)
        Sums of residuals in calendar time; the last column is the last close before the news.
    counts : FloatArray, shape (G,)
        Events that were added.
    """

    windows: IntArray
    residuals: FloatArray
    counts: FloatArray

    def __add__(self, other: CommonDates) -> CommonDates:
        windows, row = distinct(np.concatenate([self.windows, other.windows]))
        width = max(self.residuals.shape[1], other.residuals.shape[1])
        total, count, low = np.zeros((len(windows), width)), np.zeros(len(windows)), 0
        for part in (self, other):
            rows = row[low : low + len(part.windows)]
            total[rows, width - part.residuals.shape[1] :] += part.residuals
            count[rows] += part.counts
            low += len(part.windows)
        return CommonDates(windows, total, count)


def distinct(pairs: IntArray) -> tuple[IntArray, IntArray]:
    """Return the distinct rows of (B, 2) in order, and which of them each row is."""
    low, base = pairs.min(initial=0), np.int64(pairs.max(initial=0) - pairs.min(initial=0) + 1)
    keys, which = np.unique((pairs[:, 0] - low) * base + (pairs[:, 1] - low), return_inverse=True)
    return np.stack([keys // base + low, keys % base + low], axis=1), which.astype(np.int64)


def calendar_places(series: SeriesSet) -> IntArray | None:
    """Return the place of every close in calendar time, None where series share their closes.

    Bars of different lengths are never the same bar, so each length has a stretch of places of its own.
    """
    if series.shared:
        return None
    if series.frame_row is not None:
        return series.frame_row
    step = np.zeros(len(series.closes), dtype=np.int64)
    for start, length, bar in zip(series.time_offset, series.length, series.step_us, strict=True):
        step[start : start + length] = bar
    order = np.lexsort((series.closes, step))
    changes = (np.diff(step[order]) != 0) | (np.diff(series.closes[order]) != 0)
    gaps = np.where(np.diff(step[order]) != 0, len(step), changes)  # no window reaches from one length to another
    place = np.empty(len(step), dtype=np.int64)
    place[order] = np.concatenate([[0], np.cumsum(gaps)]) if len(step) else 0
    return place


def common_dates(calendar: IntArray | None, block: Block, fit: Fit, used: BoolArray) -> CommonDates:
    """Collect one block: residuals of length one, added over the events of each event window."""
    from scipy.sparse import csr_array

    unit, finite = unit_length(fit.residuals[used], fit.n[used])
    windows = np.stack([block.reference[used], block.first[used]], axis=1)
    start, L1 = block.start[used], unit.shape[1]
    if calendar is not None:
        windows = calendar[windows]
    window, group = distinct(windows)
    count = np.bincount(group, weights=finite, minlength=len(window)).astype(np.float64)
    if calendar is not None:
        back = windows[:, :1] - calendar[np.clip(start[:, None] + np.arange(L1), 0, len(calendar) - 1)]
        total = _sums_on_calendar(back, group, unit, len(window))
        return CommonDates(window, total, count)
    lag = int((windows[:, 0] - start).max(initial=L1 - 1)) + 1 - L1  # bars between estimation window and news
    total = np.zeros((len(window), L1 + lag))
    member = csr_array((np.ones(len(unit)), (group, np.arange(len(unit)))), (len(window), len(unit)))
    total[:, :L1] = np.asarray(member @ unit)
    return CommonDates(window, total, count)


def _sums_on_calendar(back: IntArray, group: IntArray, unit: FloatArray, G: int) -> FloatArray:
    """Return sums (G, W) of rows by group, each cell ``back`` places before the last close before the news."""
    back = np.where((unit != 0) & (back >= 0), back, 0)  # bars beyond the series are missing: their zeros go anywhere
    width = int(back.max(initial=0)) + 1
    cell = group[:, None] * width + (width - 1 - back)
    total = np.bincount(cell.ravel(), weights=unit.ravel(), minlength=G * width)
    return np.asarray(total, dtype=np.float64).reshape(G, width)


def unit_length(e: FloatArray, n: IntArray) -> tuple[FloatArray, BoolArray]:
    """Bring each row, less its mean, to length one in place, missing bars 0; return also which rows have a length.

    ``n`` are the bars of each row that are there: only rows with fewer than all are looked through.
    """
    rows = np.flatnonzero(n < e.shape[1])
    finite = np.isfinite(e[rows])
    e[rows] = np.where(finite, e[rows], 0.0)
    e -= (e.sum(axis=1) / np.maximum(n, 1))[:, None]
    e[rows] = np.where(finite, e[rows], 0.0)
    length = np.sqrt(np.einsum("ij,ij->i", e, e))
    e /= np.where(length > 0, length, 1.0)[:, None]
    return e, length > 0


def mean_correlations(
    dates: CommonDates, windows: Sequence[Window], bars: int, kept: FloatArray | None = None
) -> tuple[float, ...]:
    """Return, for each tested window, the mean over pairs ``i != j`` of ``w_ij r_ij``; NaN for fewer than two events.

    ``r_ij`` is the correlation of estimation residuals on common bars of calendar time, ``w_ij`` the number of bars
    that both event windows hold over the geometric mean of their lengths. With ``u_i`` the residuals brought to length
    one and ``U_g`` their sum over the events of one event window g, the sum over pairs is ``sum_g (|U_g|^2 - n_g) + sum
    over g != h of w_gh U_g'U_h``.

    Parameters
    ----------
    dates : CommonDates
    windows : sequence of Window
        The W windows that are tested.
    bars : int
        Bars L1 of the estimation window.
    kept : FloatArray, shape (N, 2 + L1), optional
        The event windows and residuals themselves, in small studies: pairs of one event window with bars missing here
        and there are then corrected to their correlation on common bars exactly.

    References
    ----------
    Kolari and Pynnonen 2010, https://doi.org/10.1093/rfs/hhq072; Kolari, Pape and Pynnonen 2018,
    https://doi.org/10.2139/ssrn.3167271.
    """
    place, U, N = dates.windows, dates.residuals, float(dates.counts.sum())
    if N < 2:
        return (float("nan"),) * len(windows)
    same = float(np.einsum("ij,ij->", U, U) - N)
    same += 0.0 if kept is None else _on_common_bars(kept)
    ends = [_ends(place, window) for window in windows]
    total = np.full(len(windows), same)
    even = _evenly_spaced(dates, ends, bars)
    if even is not None:
        return tuple(((total + even) / (N * (N - 1))).tolist())
    for g, h in _neighbors(np.min([e[0] for e in ends], axis=0), np.max([e[1] for e in ends], axis=0)):
        products = _products(U, place[:, 0], (g, h), bars)
        for w, (head, tail) in enumerate(ends):
            common = np.maximum(np.minimum(tail[g], tail[h]) - np.maximum(head[g], head[h]), 0)
            total[w] += 2 * float((products * common / np.sqrt((tail - head)[g] * (tail - head)[h])).sum())
    return tuple((total / (N * (N - 1))).tolist())


def _evenly_spaced(dates: CommonDates, ends: list[tuple[IntArray, IntArray]], bars: int) -> FloatArray | None:
    """Return the sum over pairs of different windows where all event windows have one length, shape (W,).

    Two such windows that start s bars apart share ``L - s`` of their L bars, so one sum of products per s is enough.
    Rows of residuals laid one after the other, a row for every close and room between them, turn it into one inner
    product of the whole with itself. None where windows differ, or are too few for so many rows.
    """
    place, U, merged = dates.windows[:, 0], dates.residuals, np.diff(dates.windows, axis=1)
    sizes = [int(tail[0] - head[0]) for head, tail in ends]
    rows, width = int(place.max() - place.min()) + 1, U.shape[1]
    if rows > MOST_ROWS_A_WINDOW * len(place) or (merged != merged[0]).any():
        return None
    reach = min(max(sizes), width, bars)
    stacked = np.zeros((rows, width + reach))
    stacked[place - place.min(), :width] = U
    s = np.arange(1, min(reach, rows))
    # A row s further down, and s columns back: the same close.
    products = 2 * _shifted_products(stacked.ravel(), s * (stacked.shape[1] - 1)) * bars / (bars - s)
    return np.array([float((products * np.maximum(size - s, 0)).sum()) / size for size in sizes])


def _shifted_products(flat: FloatArray, shifts: IntArray) -> FloatArray:
    """Return the inner product of an array with itself moved by each shift.

    Piece by piece: one piece and those it is multiplied with stay in a core's cache, and no piece is long enough for
    BLAS to divide it among threads, whose number would then change the last digits.
    """
    total = np.zeros(len(shifts))
    for low in range(0, len(flat), CELLS_PER_PIECE):
        piece = flat[low : low + CELLS_PER_PIECE]
        for i, start in enumerate((low + shifts).tolist()):
            other = flat[start : start + len(piece)]
            total[i] += float(piece[: len(other)] @ other)
    return total


def _ends(place: IntArray, window: Window) -> tuple[IntArray, IntArray]:
    """Return the place of the close each window starts from, and of its last close."""
    from eventstudy.abnormal.placebo.same_clock import span_of

    return span_of(window, place[:, 0], place[:, 1])


def _neighbors(head: IntArray, tail: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield the pairs of spans ``head + 1 .. tail`` that share a bar: each pair once, k-th neighbors together."""
    order = np.argsort(head, kind="stable")
    reach = np.maximum.accumulate(tail[order])
    for k in range(1, len(order)):
        if not (head[order[k:]] < reach[:-k]).any():
            return
        near = head[order[k:]] < tail[order[:-k]]
        yield order[:-k][near], order[k:][near]


def _products(U: FloatArray, reference: IntArray, pair: tuple[IntArray, IntArray], bars: int) -> FloatArray:
    """Return ``U_g'U_h`` of each pair on calendar time, brought from all estimation bars to those in common."""
    g, h = (np.where(reference[pair[0]] <= reference[pair[1]], *sides) for sides in (pair, pair[::-1]))
    shift, W = reference[h] - reference[g], U.shape[1]
    estimated = np.zeros(len(g))
    for s in np.unique(shift[shift < min(W, bars)]):
        for rows in np.array_split(np.flatnonzero(shift == s), 1 + int((shift == s).sum()) // GROUPS_AT_ONCE):
            left, right = U[_run(g[rows]), s:], U[_run(h[rows]), : W - s]
            estimated[rows] = np.einsum("ij,ij->i", left, right) * bars / (bars - s)
    return estimated


def _run(rows: IntArray) -> IntArray | slice:
    """Return consecutive rows as a slice, which copies nothing."""
    consecutive = len(rows) > 0 and rows[-1] - rows[0] == len(rows) - 1 and bool((np.diff(rows) == 1).all())
    return slice(int(rows[0]), int(rows[-1]) + 1) if consecutive else rows


def _on_common_bars(kept: FloatArray) -> float:
    """Return what the sum over pairs changes by when pairs of one event window are normed on their common bars.

    Only pairs with a row that misses bars change.
    """
    e = kept[:, 2:]
    gaps = np.asarray(~np.isfinite(e).all(axis=1))
    group = distinct(kept[:, :2].astype(np.int64))[1]
    order = np.argsort(group, kind="stable")
    edges = np.searchsorted(group[order], np.unique(group[gaps]))
    ends = np.searchsorted(group[order], np.unique(group[gaps]), side="right")
    groups = (order[low:high] for low, high in zip(edges, ends, strict=True) if high - low > 1)
    return sum((_pairs(e[rows], gaps[rows]) for rows in groups), 0.0)


def _pairs(e: FloatArray, gaps: BoolArray) -> float:
    """Sum, over ordered pairs with a row that misses bars, of their correlation on common bars less that on all."""
    finite = np.isfinite(e)
    W, E = finite.astype(np.float64), np.where(finite, e, 0.0)
    unit, squares = unit_length(e.copy(), finite.sum(axis=1))[0], np.square(E)
    total = 0.0
    for rows in np.array_split(np.flatnonzero(gaps), 1 + gaps.sum() * len(e) // MAX_PAIRS):
        n = np.maximum(W[rows] @ W.T, 1)
        left, right = E[rows] @ W.T, W[rows] @ E.T
        first, second = squares[rows] @ W.T, W[rows] @ squares.T
        ssr = (first - left**2 / n, second - right**2 / n)
        flat = (n < 3) | (ssr[0] <= FLAT * first) | (ssr[1] <= FLAT * second)
        product = np.where(flat, 1.0, ssr[0] * ssr[1])
        change = np.where(flat, 0.0, (E[rows] @ E.T - left * right / n) / np.sqrt(product)) - unit[rows] @ unit.T
        change[np.arange(len(rows)), rows] = 0.0
        # A pair of a row with gaps and a complete row is met once here, a pair of two rows with gaps twice.
        total += float((change * np.where(gaps, 1.0, 2.0)).sum())
    return total
