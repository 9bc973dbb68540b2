"""The market model ``R_t = alpha + beta Rm_t + e_t`` by ordinary least squares, on many estimation windows at once.

With the means of the M usable bars of a window and the sums of their centered squares and products:

    beta = Sxy / Sxx                        alpha = mean(y) - beta mean(x)
    SSR = Syy - beta Sxy                    sigma2 = SSR / (M - 2)
    (X'X)^-1 = [[1/M + mean(x)^2 / Sxx, -mean(x) / Sxx], [-mean(x) / Sxx, 1 / Sxx]]

:func:`market_model` centers a window if its mean is not small beside its values. Otherwise, as for returns, the part of
the mean is subtracted from the sums, which is as exact and saves writing all values once more. Placebo refits may take
the moments from prefix sums. Behind the moments there is one line, one rule for thin windows and one for regressors
that do not vary. The mean of a window is the same line with beta = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal.gather import Cells, keeps_residuals, shared_runs, writable
from eventstudy.abnormal.models.fit_rules import (
    Coefficients,
    FitData,
    distinct_values_needed,
    finish,
    has_ties,
    row_dot,
)
from eventstudy.abnormal.models.row import Fit
from eventstudy.arrays import BoolArray, FloatArray, IntArray

CELLS_PER_RUN = 1 << 17
TINY_SHARE = 1e-12
# If the line leaves less than this fraction of the squared deviations, they are added up from the residuals themselves:
# the difference of two sums would lose as many digits.
CLOSE_FIT = 0.01
# The largest fraction of a sum of squares that may be due to the mean for it to be subtracted from the sum: at nine
# tenths the difference has one digit less than the sum.
SMALL_MEAN = 0.1
Place: TypeAlias = slice | IntArray


class Moments(NamedTuple):
    """Means, and sums of centered squares and products, of the n usable bars of each window; all of one shape."""

    n: IntArray | FloatArray
    y_mean: FloatArray
    x_mean: FloatArray
    sxx: FloatArray
    sxy: FloatArray
    syy: FloatArray


class Line(NamedTuple):
    """Intercept, slope and sum of squared residuals of each window."""

    alpha: FloatArray
    beta: FloatArray
    ssr: FloatArray


def ols_line(m: Moments) -> Line:
    """Return the least-squares line; NaN where x does not vary."""
    beta = m.sxy / m.sxx
    return Line(m.y_mean - beta * m.x_mean, beta, m.syy - beta * m.sxy)


def mean_line(m: Moments) -> Line:
    """Return the mean as a line without slope."""
    return Line(m.y_mean, np.zeros_like(m.syy), m.syy)


def does_not_vary(m: Moments) -> BoolArray:
    """Return which regressors vary by no more than rounding of their mean."""
    flat: BoolArray = ~(m.sxx > np.maximum(m.n, 1) * (TINY_SHARE * np.abs(m.x_mean)) ** 2) | (m.sxx == 0)
    return flat


def market_model(y: Cells, x: Cells) -> Fit:
    """Fit ``y = alpha + beta x`` to every row, without the means where they would cost digits.

    Parameters
    ----------
    y, x : FloatArray or Windows, shape (B, M)
        Returns of the instruments and of the market, NaN where missing.

    Returns
    -------
    Fit
        Coefficients (alpha, beta), ``df = M - 2``; rows whose market does not vary are marked collinear.

    Examples
    --------
    >>> x = np.array([[-1.0, 0.0, 1.0, 2.0]])
    >>> y = 3 + 2 * x + np.array([[0.5, -0.5, -0.5, 0.5]])
    >>> fit = market_model(y, x)
    >>> fit.coef.tolist(), fit.sigma2.tolist()  # residual squares 4 * 0.25, over 4 - 2
    ([[3.0, 2.0]], [0.5])
    """
    kernel = partial(_line_of_rows, RegressorWindows.of(x), keeps_residuals(y))
    found, data = _fit_rows((y, x), kernel, len(Moments._fields), parameters=2)
    y_mean, x_mean, sxx, sxy, syy, ssr = found
    moments = Moments(data.n, y_mean, x_mean, sxx, sxy, syy)
    with np.errstate(all="ignore"):
        line = ols_line(moments)
        coef = np.stack([line.alpha, line.beta], axis=1)
        condition = np.where(does_not_vary(moments), np.inf, _condition(moments))
        return finish(Coefficients(coef, _xtx_inv_sqrt(moments), ssr, syy, condition), data)


def window_mean(y: Cells) -> Fit:
    """Fit a constant: ``mu = mean(y)``, ``df = M - 1``."""
    (mean, ssr), data = _fit_rows((y,), _mean_of_rows, 2, parameters=1)
    xtx_inv_sqrt = (1 / np.sqrt(np.maximum(data.n, 1)))[:, None, None]
    return finish(Coefficients(mean[:, None], xtx_inv_sqrt, ssr, ssr, np.ones(len(y))), data)


def _xtx_inv_sqrt(m: Moments) -> FloatArray:
    """Return the upper triangular S with ``S S' = (X'X)^-1``, shape (B, 2, 2)."""
    root, inverse = np.zeros((len(m.n), 2, 2)), 1 / np.sqrt(m.sxx)
    root[:, 0, 0], root[:, 0, 1], root[:, 1, 1] = 1 / np.sqrt(np.maximum(m.n, 1)), -m.x_mean * inverse, inverse
    return root


def _condition(m: Moments) -> FloatArray:
    """Return the condition number of (1, x) with columns of length one.

    It is sqrt((1 + c) / (1 - c)) for the cosine c of x and the constant, with 1 - c^2 written as a quotient: formed by
    subtraction it is zero once x varies by less than 1e-8 of its mean, and a design that can be solved is lost.
    """
    sd = np.sqrt(m.sxx / np.maximum(m.n, 1))
    condition: FloatArray = (np.hypot(sd, m.x_mean) + np.abs(m.x_mean)) / sd
    return condition


@dataclass(frozen=True, slots=True)
class MissingReturns:
    """Missing cells of some rows, as (row, column) indices, and how many usable cells each row has left."""

    cells: tuple[NDArray[np.intp], ...]
    n: IntArray


# Computes moments of some rows of returns, which it may overwrite with their residuals. Their place among all rows says
# which regressors belong to them; missing cells hold 0.
RowKernel: TypeAlias = Callable[[FloatArray, Place, MissingReturns | None], tuple[FloatArray, ...]]


def _fit_rows(
    columns: tuple[Cells, ...], kernel: RowKernel, width: int, *, parameters: int
) -> tuple[FloatArray, FitData]:
    """Apply ``kernel`` to every row and return its moments (width, B), the means of the columns first, and the data.

    Rows go through in runs that stay in a core's cache. Rows with missing cells, which their means give away, are done
    again around them by the same operations.
    """
    y, keep = columns[0], keeps_residuals(columns[0])
    B, M = y.shape
    found, n = np.empty((width, B)), np.full(B, M, dtype=np.int64)
    residuals, doubtful = np.empty((B, M if keep else 0)), np.empty(B, dtype=np.bool_)
    with np.errstate(all="ignore"):
        for rows in _runs_of(B, M):
            values = writable(y, rows)
            doubtful[rows] = has_ties(values, distinct_values_needed(parameters))
            found[:, rows] = kernel(values, rows, None)
            if keep:
                residuals[rows] = values
        missing = ~np.isfinite(found[: len(columns)])
        incomplete = np.flatnonzero(missing.any(axis=0))
        gappy = [column for column, rows in zip(columns[1:], missing[1:], strict=True) if rows.any()]
        for part in _runs_of(len(incomplete), M):
            places = incomplete[part]
            values = writable(y, places)
            gaps = _gaps_of((values, *(column[places] for column in gappy)))
            values[gaps.cells] = 0.0
            n[places], found[:, places] = gaps.n, kernel(values, places, gaps)
            if keep:
                values[gaps.cells] = np.nan
                residuals[places] = values
    return found, FitData(columns, residuals, n, doubtful)


def _runs_of(B: int, M: int) -> list[slice]:
    """Split B rows of M cells into runs that fit a core's cache."""
    size = max(1, CELLS_PER_RUN // max(M, 1))
    return [slice(low, min(low + size, B)) for low in range(0, B, size)]


def _gaps_of(columns: tuple[FloatArray, ...]) -> MissingReturns:
    """Return the cells where a column is missing."""
    finite = np.logical_and.reduce([np.isfinite(column) for column in columns])
    cells = np.divmod(np.flatnonzero(~finite), max(finite.shape[1], 1))
    n = finite.shape[1] - np.bincount(cells[0], minlength=len(finite))
    return MissingReturns(cells, n.astype(np.int64))


def _demean(column: FloatArray, gaps: MissingReturns | None) -> FloatArray:
    """Subtract each row's mean in place and return it; missing cells are 0 and stay so."""
    n = max(column.shape[1], 1) if gaps is None else np.maximum(gaps.n, 1)
    mean: FloatArray = row_dot(column, np.ones(column.shape[1])) / n
    np.subtract(column, mean[:, None], out=column)
    if gaps is not None:
        column[gaps.cells] = 0.0
    return mean


def _mean_of_rows(y: FloatArray, rows: Place, gaps: MissingReturns | None) -> tuple[FloatArray, ...]:
    mean = _demean(y, gaps)
    return mean, row_dot(y, y)


class RowMoments(NamedTuple):
    """Mean and centered sum of squares of each row, and what its values still are: each shape (B,).

    ``level`` is still to subtract from the values of a row: its mean, or 0 where they are centered. ``rounding`` is the
    sum of centered values, which is 0 but for the rounding of the mean.
    """

    mean: FloatArray
    squares: FloatArray
    level: FloatArray
    rounding: FloatArray


def _moments_of(values: FloatArray, gaps: MissingReturns | None) -> RowMoments:
    """Return the moments of each row; rows with gaps and rows of a large mean are centered in place.

    The mean of returns is small beside them, and ``sum(y^2) - M mean^2`` is as exact as a sum of centered squares. It
    saves writing all returns once more.
    """
    B, M = values.shape
    if gaps is not None:
        return RowMoments(_demean(values, gaps), row_dot(values, values), *np.zeros((2, B)))
    mean = row_dot(values, np.ones(M)) / max(M, 1)
    total, of_mean = row_dot(values, values), M * mean**2
    found = RowMoments(mean, total - of_mean, mean.copy(), np.zeros(B))
    large = np.flatnonzero(of_mean > SMALL_MEAN * total)
    if len(large):
        centered = values[large] - mean[large, None]
        values[large], found.level[large] = centered, 0.0
        found.squares[large], found.rounding[large] = row_dot(centered, centered), row_dot(centered, np.ones(M))
    return found


class RegressorRows(NamedTuple):
    """Values of some windows, which the caller may overwrite, and their moments."""

    values: FloatArray
    moments: RowMoments


@dataclass(frozen=True, eq=False)
class RegressorWindows:
    """Windows of a regressor; the moments of those that several rows share are computed once.

    Attributes
    ----------
    x : FloatArray or Windows, shape (B, M)
    shared : RowMoments or None
        Of the U distinct windows, if rows share them.
    row : IntArray, shape (B,)
        Which of the U windows each row has.
    """

    x: Cells
    shared: RowMoments | None = None
    row: IntArray | None = None

    @classmethod
    def of(cls, x: Cells) -> RegressorWindows:
        found = shared_runs(x)
        if found is None:
            return cls(x)
        with np.errstate(all="ignore"):
            parts = [_moments_of(found.runs[rows], None) for rows in _runs_of(*found.runs.shape)]
        return cls(x, RowMoments(*map(np.concatenate, zip(*parts, strict=True))), found.row)

    def __getitem__(self, rows: Place) -> RegressorRows:
        values = writable(self.x, rows)
        if self.shared is None or self.row is None:
            return RegressorRows(values, _moments_of(values, None))
        which = self.row[rows]
        moments = RowMoments(*(column[which] for column in self.shared))
        large = np.flatnonzero(moments.level != moments.mean)
        if len(large):
            values[large] -= moments.mean[large, None]
        return RegressorRows(values, moments)

    def around(self, gaps: MissingReturns, rows: Place) -> RegressorRows:
        """Return the windows of ``rows`` without the missing cells."""
        values = writable(self.x, rows)
        values[gaps.cells] = 0.0
        return RegressorRows(values, _moments_of(values, gaps))


def _line_of_rows(
    windows: RegressorWindows, keep: bool, y: FloatArray, rows: Place, gaps: MissingReturns | None
) -> tuple[FloatArray, ...]:
    """Return both means, Sxx, Sxy, Syy and SSR of each row; y becomes the residuals if they are kept."""
    of_y, (x, of_x) = _moments_of(y, gaps), windows[rows] if gaps is None else windows.around(gaps, rows)
    sxy = row_dot(x, y) - (
        y.shape[1] * of_x.level * of_y.level + of_x.level * of_y.rounding + of_y.level * of_x.rounding
    )
    line = ols_line(Moments(np.empty(0), of_y.mean, of_x.mean, of_x.squares, sxy, of_y.squares))
    close = np.flatnonzero(line.ssr <= CLOSE_FIT * of_y.squares)
    level = of_y.level - line.beta * of_x.level  # of the line, in the values as they are
    if keep:
        np.subtract(y, level[:, None], out=y)
        np.subtract(y, np.multiply(x, line.beta[:, None], out=x), out=y)
    if len(close):
        left = y[close] if keep else y[close] - level[close, None] - x[close] * line.beta[close, None]
        line.ssr[close] = row_dot(left, left)
    return of_y.mean, of_x.mean, of_x.squares, sxy, of_y.squares, line.ssr
