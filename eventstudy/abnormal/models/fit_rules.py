"""Rules that all models share: usable bars, degrees of freedom, windows whose variance cannot be estimated."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from eventstudy.abnormal import events as outcomes
from eventstudy.abnormal.gather import Cells, head
from eventstudy.abnormal.models.row import Fit
from eventstudy.arrays import BoolArray, FloatArray, IntArray

SINGLE_THREAD = 8_192


@dataclass(frozen=True, eq=False)
class FitData:
    """What B fits rest on.

    Attributes
    ----------
    columns : tuple of FloatArray or Windows, each (B, M)
        The returns, then the regressors.
    residuals : FloatArray, shape (B, M)
        NaN where a bar was not used; width 0 if they are not kept.
    n : IntArray, shape (B,)
        Usable bars.
    doubtful : BoolArray, shape (B,), or None
        Rows whose first returns are not all different, if known.
    """

    columns: tuple[Cells, ...]
    residuals: FloatArray
    n: IntArray
    doubtful: BoolArray | None = None


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Estimates of B fits with p coefficients.

    Attributes
    ----------
    coef : FloatArray, shape (B, p)
    xtx_inv_sqrt : FloatArray, shape (B, p, p)
    ssr : FloatArray, shape (B,)
        Sum of squared residuals.
    syy : FloatArray, shape (B,)
        Centered sum of squares of the returns; NaN where no R2 is defined.
    condition : FloatArray, shape (B,)
        Condition number of the regressors; infinite if they are collinear, NaN if there are none.
    """

    coef: FloatArray
    xtx_inv_sqrt: FloatArray
    ssr: FloatArray
    syy: FloatArray
    condition: FloatArray


def finish(found: Coefficients, data: FitData, parameters: int | None = None) -> Fit:
    """Divide the squared residuals by the degrees of freedom, and mark rows whose variance cannot be estimated.

    ``parameters`` are those estimated from the data, all coefficients unless given.
    """
    p = found.coef.shape[1] if parameters is None else parameters
    df = (data.n - p).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma2 = np.where(df > 0, found.ssr / df, np.nan)
    status = np.zeros(len(df), dtype=np.uint8)
    few = too_few_values(data.columns, distinct_values_needed(p), data.doubtful)
    status[few & (df > 0)] = outcomes.DEGENERATE
    collinear = np.isposinf(found.condition) & (df > 0)
    status[collinear] = outcomes.COLLINEAR
    rank = np.where(collinear, 1, p).astype(np.int64)
    r2 = explained(found.ssr, found.syy)
    return Fit(found.coef, found.xtx_inv_sqrt, sigma2, df, data.n, found.condition, status, rank, r2, data.residuals)


def explained(ssr: FloatArray, syy: FloatArray) -> FloatArray:
    """Return R2, NaN where the returns do not vary."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(syy > 0, 1 - ssr / syy, np.nan)


def r_squared(y: FloatArray, residuals: FloatArray) -> FloatArray:
    """Return R2 of every row from its returns and residuals, over the bars that have a residual."""
    used = np.isfinite(residuals)
    n = np.maximum(used.sum(axis=1), 1)
    returns, errors = np.where(used, y, 0.0), np.where(used, residuals, 0.0)
    deviations = np.where(used, returns - (returns.sum(axis=1) / n)[:, None], 0.0)
    return explained(row_dot(errors, errors), row_dot(deviations, deviations))


def distinct_values_needed(parameters: int) -> int:
    """Return the fewest distinct returns of an estimation window that leave a variance after ``parameters``."""
    return max(parameters + 1, 2)


def too_few_values(columns: tuple[Cells, ...], needed: int, doubtful: BoolArray | None = None) -> BoolArray:
    """Return which rows of the first column hold fewer than ``needed`` distinct values on bars that all columns have.

    Most rows are decided by their first cells: ``doubtful`` are those that :func:`has_ties` did not decide.
    """
    y = columns[0]
    doubt = has_ties(head(y, needed), needed) if doubtful is None else doubtful.copy()
    rows = np.flatnonzero(doubt)
    if len(rows):
        finite = np.logical_and.reduce([np.isfinite(column[rows]) for column in columns])
        used = np.where(finite | ~finite.any(axis=1)[:, None], y[rows], np.nan)
        ordered = np.sort(used, axis=1)
        new = np.ones(ordered.shape, dtype=np.bool_)
        new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        doubt[rows] = np.count_nonzero(new & ~np.isnan(ordered), axis=1) < needed
    return doubt


def has_ties(y: FloatArray, needed: int) -> BoolArray:
    """Return which rows have among their first ``needed`` cells two that do not differ, or one that is missing."""
    ties: BoolArray = np.full(len(y), y.shape[1] < needed)
    for one, other in combinations(y[:, :needed].T, 2):
        ties |= ~((one < other) | (one > other))
    return ties


def no_parameters(y: FloatArray, p: int) -> Fit:
    """Take ``y`` itself as the residual of a model without estimated parameters; ``df = M``."""
    finite = np.isfinite(y)
    residuals = y.copy() if finite.all() else np.where(finite, y, 0.0)
    ssr = np.einsum("ij,ij->i", residuals, residuals)
    residuals[~finite] = np.nan
    found = Coefficients(np.zeros((len(y), p)), np.zeros((len(y), p, p)), ssr, *np.full((2, len(y)), np.nan))
    return finish(found, FitData((y,), residuals, finite.sum(axis=1)), 0)


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


def with_gaps(residuals: FloatArray, valid: BoolArray | None) -> FloatArray:
    """Return the residuals with NaN where a cell was not used."""
    return residuals if valid is None else np.where(valid, residuals, np.nan)


def row_dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the inner product of every row of ``a`` with its row of ``b``, or with ``b`` itself.

    BLAS shares rows of more than 10,000 cells among threads, and their number would show in the last bit.
    """
    dots: FloatArray = np.vecdot(a, b) if a.shape[1] <= SINGLE_THREAD else np.einsum("...j,...j->...", a, b)
    return dots
