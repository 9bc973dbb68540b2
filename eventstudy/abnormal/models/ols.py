"""Least squares on one regressor, for many small windows at once: columns are centered before they are multiplied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal import events as book
from eventstudy.abnormal.gather import Cells, head, keeps_residuals, shared_runs, writable
from eventstudy.abnormal.models.row import Fit
from eventstudy.arrays import BoolArray, FloatArray, IntArray

CELLS_PER_RUN = 1 << 16
SINGLE_THREAD = 8_192
Rows: TypeAlias = tuple[FloatArray, ...]
Place: TypeAlias = slice | IntArray


@dataclass(frozen=True, slots=True)
class Holes:
    """Cells of some rows that are not there, as (row, column) indices, and how many each row has left."""

    cells: tuple[NDArray[np.intp], ...]
    n: IntArray


# What is computed of some rows of returns, which the law may overwrite with its residuals: their place among all rows
# tells the law which regressors are theirs, and cells in holes hold 0.
Law: TypeAlias = Callable[[FloatArray, Place, Holes | None], Rows]


@dataclass(frozen=True, eq=False, slots=True)
class Learned:
    """Residuals, NaN where a cell was not used, and the returns and regressors they come from.

    ``alike`` (B,) tells where the first cells of the returns do not differ, if somebody had them at hand.
    """

    residuals: FloatArray
    columns: tuple[Cells, ...]
    alike: BoolArray | None = None


def usable(y: FloatArray, X: FloatArray) -> tuple[BoolArray | None, IntArray]:
    """Return which cells have a return and all regressors (None when all have), and how many per row."""
    with np.errstate(invalid="ignore", over="ignore"):
        total = y.sum(axis=1) + sum(column.sum(axis=1) for column in X)
    if np.isfinite(total).all():
        return None, np.full(len(y), y.shape[1], dtype=np.int64)
    valid = np.isfinite(y)
    for column in X:
        valid &= np.isfinite(column)
    return valid, valid.sum(axis=1)


def kept(residuals: FloatArray, valid: BoolArray | None) -> FloatArray:
    """Return the residuals with NaN where a cell was not used."""
    return residuals if valid is None else np.where(valid, residuals, np.nan)


def dots(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the inner product of every row of ``a`` with its row of ``b``, or with ``b`` itself.

    BLAS shares rows of more than 10,000 cells among threads, and their number would show in the last bit.
    """
    made: FloatArray = np.vecdot(a, b) if a.shape[1] <= SINGLE_THREAD else np.einsum("...j,...j->...", a, b)
    return made


def mean_only(y: Cells) -> Fit:
    """Fit a constant: ``mu = mean(y)``, ``df = M - 1``."""
    (mean, spread), learned, n = learn((y,), _constant, 2)
    root = (1 / np.sqrt(np.maximum(n, 1)))[:, None, None]
    return finish(mean[:, None], root, spread, n, learned, np.ones(len(y)))


def no_parameters(y: FloatArray, p: int) -> Fit:
    """Take ``y`` itself as the residual of a model without parameters; ``df = M``."""
    there = np.isfinite(y)
    residuals = y.copy() if there.all() else np.where(there, y, 0.0)
    spread = np.einsum("ij,ij->i", residuals, residuals)
    residuals[~there] = np.nan
    empty = np.zeros((len(y), p)), np.zeros((len(y), p, p))
    return finish(*empty, spread, there.sum(axis=1), Learned(residuals, (y,)), np.full(len(y), np.nan), 0)


def learn(columns: tuple[Cells, ...], law: Law, width: int) -> tuple[FloatArray, Learned, IntArray]:
    """Apply ``law`` to every row and return its moments (width, B), what they come from, and the usable cells per row.

    The first moments are the means of the columns. Rows go through in runs that stay in a core's own cache. Rows with
    missing cells, which their own means give away, are done again around them.
    """
    y, wanted = columns[0], keeps_residuals(columns[0])
    B, M = y.shape
    moments, n = np.empty((width, B)), np.full(B, M, dtype=np.int64)
    residuals, first = np.empty((B, M if wanted else 0)), np.empty((min(M, len(columns) + 1), B))
    with np.errstate(all="ignore"):
        for run in runs_of(B, M):
            own = writable(y, run)
            first[:, run] = own[:, : len(first)].T
            moments[:, run] = law(own, run, None)
            if wanted:
                residuals[run] = own
        holed = np.flatnonzero(~np.isfinite(moments[: len(columns)].sum(axis=0)))
        for part in runs_of(len(holed), M):
            rows = holed[part]
            own = writable(y, rows)
            means = zip(columns[1:], moments[1 : len(columns), rows], strict=True)
            holes = holes_of((own, *(column[rows] for column, mean in means if not np.isfinite(mean).all())))
            own[holes.cells] = 0.0
            n[rows] = holes.n
            moments[:, rows] = law(own, rows, holes)
            if wanted:
                own[holes.cells] = np.nan
                residuals[rows] = own
    return moments, Learned(residuals, columns, alike(first)), n


def runs_of(B: int, M: int) -> list[slice]:
    """Split B rows of M cells into runs that fit a core's own cache."""
    size = max(1, CELLS_PER_RUN // max(M, 1))
    return [slice(low, min(low + size, B)) for low in range(0, B, size)]


def holes_of(own: Rows) -> Holes:
    """Return the cells where a column is missing."""
    there = np.logical_and.reduce([np.isfinite(column) for column in own])
    cells = np.nonzero(~there)
    n = there.shape[1] - np.bincount(cells[0], minlength=len(there))
    return Holes(cells, n.astype(np.int64))


def _constant(y: FloatArray, rows: Place, holes: Holes | None) -> Rows:
    """Return mean and squared deviations of each row, which becomes its deviations."""
    mean = center(y, holes)
    return mean, dots(y, y)


def center(column: FloatArray, holes: Holes | None) -> FloatArray:
    """Take each row's mean away, in place, and return it; cells that are not there are 0 and stay so."""
    n = max(column.shape[1], 1) if holes is None else np.maximum(holes.n, 1)
    mean: FloatArray = dots(column, np.ones(column.shape[1])) / n
    np.subtract(column, mean[:, None], out=column)
    if holes is not None:
        column[holes.cells] = 0.0
    return mean


def finish(
    coef: FloatArray,
    root: FloatArray,
    spread: FloatArray,
    n: IntArray,
    learned: Learned,
    condition: FloatArray,
    parameters: int | None = None,
) -> Fit:
    """Divide by the degrees of freedom, and say which rows have no honest variance."""
    p = coef.shape[1] if parameters is None else parameters
    df = (n - p).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma2 = np.where(df > 0, spread / np.where(df > 0, df, 1.0), np.nan)
    status = np.zeros(len(n), dtype=np.uint8)
    status[too_few_values(learned, max(p + 1, 2)) & (df > 0)] = book.DEGENERATE
    flat = np.isposinf(condition) & (df > 0)
    status[flat] = book.COLLINEAR
    rank = np.where(flat, 1, p).astype(np.int64)
    return Fit(coef, root, sigma2, df, n, condition, status, rank, learned.residuals)


def too_few_values(learned: Learned, needed: int) -> BoolArray:
    """Return which rows of the first column hold fewer than ``needed`` distinct values where all columns have one.

    Most rows are settled by their first cells.
    """
    columns, y = learned.columns, learned.columns[0]
    doubt = alike(head(y, needed).T) if learned.alike is None else learned.alike
    if y.shape[1] < needed:
        doubt = np.ones_like(doubt)
    rows = np.flatnonzero(doubt)
    if len(rows):
        there = np.logical_and.reduce([np.isfinite(column[rows]) for column in columns])
        used = np.where(there | ~there.any(axis=1)[:, None], y[rows], np.nan)
        ordered = np.sort(used, axis=1)
        new = np.ones(ordered.shape, dtype=np.bool_)
        new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        doubt[rows] = np.count_nonzero(new & ~np.isnan(ordered), axis=1) < needed
    return doubt


def alike(cells: FloatArray) -> BoolArray:
    """Return which columns hold two cells that do not differ, or one that is missing."""
    made: BoolArray = np.zeros(cells.shape[1], dtype=np.bool_)
    for one, other in combinations(cells, 2):
        made |= ~((one < other) | (one > other))
    return made


TINY_SHARE = 1e-12
# Where the line leaves less than this share of the squared deviations, they are counted from the residuals
# themselves: the difference of two sums would lose as many digits.
CLOSE_FIT = 0.01
LINE_MOMENTS = 5
NOT_SHARED = np.empty((0, 0)), np.empty(0), np.empty(0), np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Regressor:
    """Windows of a regressor; those that several rows share are centered once.

    Attributes
    ----------
    x : FloatArray or Windows, shape (B, M)
    shared : (FloatArray, FloatArray, FloatArray, IntArray), shapes (U, M), (U,), (U,), (B,)
        Deviations, mean and squared deviations of the U windows that rows share, and which of them each row has;
        nothing where they are not shared.
    """

    x: Cells
    shared: tuple[FloatArray, FloatArray, FloatArray, IntArray] = NOT_SHARED

    def __getitem__(self, rows: Place) -> Rows:
        """Return deviations, which the caller may overwrite, means and squared deviations of ``rows``."""
        deviations, mean, squares, row = self.shared
        if not len(row):
            return _centered(writable(self.x, rows), None)
        own = row[rows]
        return np.take(deviations, own, axis=0), mean[own], squares[own]


def regressor_of(x: Cells) -> Regressor:
    """Return the windows of a regressor, centered beforehand where many rows share few of them."""
    shared = shared_runs(x)
    if shared is None:
        return Regressor(x)
    windows, row = shared
    U, M = windows.shape
    deviations, mean, squares = np.empty((U, M)), np.empty(U), np.empty(U)
    with np.errstate(all="ignore"):
        for rows in runs_of(U, M):
            deviations[rows], mean[rows], squares[rows] = _centered(windows[rows], None)
    return Regressor(x, (deviations, mean, squares, row))


def _centered(x: FloatArray, holes: Holes | None) -> Rows:
    mean = center(x, holes)
    return x, mean, dots(x, x)


def one_regressor(y: Cells, x: Cells) -> Fit:
    """Fit ``y = a + b x`` by centering first: the means take their digits away before anything is multiplied."""
    law = partial(_line, regressor_of(x), keeps_residuals(y))
    moments, learned, n = learn((y, x), law, LINE_MOMENTS)
    return fit_of_line(moments, n, learned)


def _line(regressor: Regressor, wanted: bool, y: FloatArray, rows: Place, holes: Holes | None) -> Rows:
    """Return both means, squared deviations of x, slope and squared residuals; y becomes the residuals if wanted."""
    y_mean = center(y, holes)
    if holes is None:
        x, x_mean, sxx = regressor[rows]
    else:
        own = regressor.x[rows]
        own[holes.cells] = 0.0
        x, x_mean, sxx = _centered(own, holes)
    sxy, syy = dots(x, y), dots(y, y)
    slope = sxy / sxx
    spread = syy - slope * sxy
    close = spread <= CLOSE_FIT * syy
    if wanted:
        np.multiply(x, slope[:, None], out=x)
        np.subtract(y, x, out=y)
    if close.any():
        left = y[close] if wanted else y[close] - x[close] * slope[close, None]
        spread[close] = dots(left, left)
    return y_mean, x_mean, sxx, slope, spread


def fit_of_line(moments: Iterable[FloatArray], n: IntArray, learned: Learned) -> Fit:
    """Return the fit whose means, squared deviations of x, slope and squared residuals are ``moments``."""
    y_mean, x_mean, sxx, slope, spread = moments
    bars = np.maximum(n, 1)
    with np.errstate(all="ignore"):
        deviation, inverse = np.sqrt(sxx / bars), 1 / np.sqrt(sxx)
        # sqrt((1 + c) / (1 - c)) for the cosine c of x and the constant, with 1 - c^2 written as a quotient: formed by
        # subtraction it is zero once x varies by less than 1e-8 of its mean, and a design that can be solved is lost.
        condition = (np.hypot(deviation, x_mean) + np.abs(x_mean)) / deviation
        root = np.zeros((len(n), 2, 2))
        root[:, 0, 0], root[:, 0, 1], root[:, 1, 1] = 1 / np.sqrt(bars), -x_mean * inverse, inverse
        coef = np.stack([y_mean - slope * x_mean, slope], axis=1)
        flat = ~(sxx > bars * (TINY_SHARE * np.abs(x_mean)) ** 2) | (sxx == 0)
    return finish(coef, root, spread, n, learned, np.where(flat, np.inf, condition))
