"""Least-squares slopes on a few columns, with robust or clustered errors, for many regressors or outcomes at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.reactions.leverage import determined_alone

# Of the sum of squares of a regressor: what is left beside the others is rounding below this.
LEAST_LEFT = 1e-12


class Slopes(NamedTuple):
    """Slopes of m columns in B regressions, shape (m, B), and n, R2 and degrees of freedom of each regression (B,)."""

    slope: FloatArray
    se: FloatArray
    n: int
    r2: FloatArray
    df: float


class SlopeDesign(NamedTuple):
    """What the regressions of one outcome share.

    Attributes
    ----------
    controls : FloatArray, shape (n, k)
        Columns beside the studied ones, the constant first.
    weights : FloatArray, shape (n,)
        Inverse variances; observations without a weight above zero do not enter.
    clusters : IntArray or None, shape (n,)
        Cluster of each observation; None for HC1.
    """

    controls: FloatArray
    weights: FloatArray
    clusters: IntArray | None = None


def slopes(y: FloatArray, studied: FloatArray, design: SlopeDesign) -> Slopes:
    """Regress one outcome on studied columns beside the controls, once for each of B versions of the columns.

    The studied columns are made orthogonal to the controls and to one another (Frisch, Waugh and Lovell), which
    leaves slopes, residuals and robust variances as they are. HC1 is ``n / (n - k) sum (x e)^2 / (sum x^2)^2`` with n -
    k degrees of freedom; clustered errors add up ``x e`` within clusters, are multiplied by ``G / (G - 1) (n - 1) / (n
    - k)`` and have G - 1.

    Parameters
    ----------
    y : FloatArray, shape (n,)
        Missing where an observation does not enter.
    studied : FloatArray, shape (m, B, n)
        One or two columns.
    design : Design

    Returns
    -------
    Slopes
        NaN where a column does not vary beside the others or fewer than two observations are left over.
    """
    m, B = studied.shape[:2]
    rows = np.flatnonzero(np.isfinite(y) & (design.weights > 0) & np.isfinite(design.controls).all(axis=1))
    n, k = len(rows), design.controls.shape[1] + m
    if n < k + 2:
        nothing = np.full((m, B), np.nan)
        return Slopes(nothing, nothing, n, np.full(B, np.nan), np.nan)
    root = np.sqrt(design.weights[rows])
    basis = np.linalg.qr(design.controls[rows] * root[:, None])[0]
    u, x = _beside(basis, y[rows] * root), _beside(basis, studied[..., rows] * root)
    size = np.square(studied[..., rows] * root).sum(axis=2)
    alone = x if m == 1 else np.stack([_apart(x[0], x[1]), _apart(x[1], x[0])])
    left = np.square(alone).sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.where(left > LEAST_LEFT * size, left, np.nan)
        slope = (alone @ u) / left
        e = u - np.einsum("mb,mbn->bn", slope, x)
        clusters = None if design.clusters is None else np.unique(design.clusters[rows], return_inverse=True)[1]
        meat, factor, df = _meat(alone * e, clusters, n - k)
        se = np.sqrt(factor * meat) / left
        total = np.square(_beside(_constant(root), y[rows] * root)).sum()
        r2 = 1 - np.square(e).sum(axis=1) / total
    return Slopes(slope, np.where(se > 0, se, np.nan), n, r2, df)


def determined(y: FloatArray, studied: FloatArray, design: SlopeDesign) -> BoolArray:
    """Return which slopes of studied columns (m, n) one observation or one cluster determines alone, shape (m,)."""
    m = len(studied)
    rows = np.isfinite(y) & (design.weights > 0) & np.isfinite(design.controls).all(axis=1)
    X = np.concatenate([studied, design.controls.T])[:, rows].T * np.sqrt(design.weights[rows])[:, None]
    scale = np.abs(X).max(axis=0, initial=0.0)
    if len(X) < X.shape[1] + 2 or not scale.all() or np.linalg.matrix_rank(X / scale) < X.shape[1]:
        return np.zeros(m, dtype=np.bool_)
    return determined_alone(X / scale, () if design.clusters is None else (design.clusters[rows],))[:m]


def _constant(root: FloatArray) -> FloatArray:
    unit: FloatArray = root[:, None] / np.sqrt(np.square(root).sum())
    return unit


def _beside(basis: FloatArray, columns: FloatArray) -> FloatArray:
    """Return columns (..., n) less their projection on an orthonormal basis (n, k)."""
    left: FloatArray = columns - (columns @ basis) @ basis.T
    return left


def _apart(x: FloatArray, other: FloatArray) -> FloatArray:
    """Return each of B columns (B, n) less its projection on another one."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (x * other).sum(axis=1) / np.square(other).sum(axis=1)
    left: FloatArray = x - np.nan_to_num(ratio)[:, None] * other
    return left


def _meat(scores: FloatArray, clusters: IntArray | None, rest: int) -> tuple[FloatArray, float, float]:
    """Return the sum of squared scores (m, B), within clusters first, the factor for few rows, and the df."""
    n = scores.shape[2]
    if clusters is None:
        return np.square(scores).sum(axis=2), n / rest, float(rest)
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=-1))
    G = len(starts)
    if G < 2:
        return np.full(scores.shape[:2], np.nan), np.nan, np.nan
    totals = np.add.reduceat(scores[..., order], starts, axis=2)
    return np.square(totals).sum(axis=2), G / (G - 1) * (n - 1) / rest, float(G - 1)


class PathDraws(NamedTuple):
    """What a path of H slopes is compared with: ``draws`` (R, H) without an effect, centered and scaled alike.

    Attributes
    ----------
    observed : FloatArray, shape (H,)
    draws : FloatArray, shape (R, H)
    """

    observed: FloatArray
    draws: FloatArray


class PathTest(NamedTuple):
    """Pointwise p-values (H,), the critical value of the entire path and its p-value."""

    pvalue: FloatArray
    critical: float
    path_pvalue: float


def path_test(paths: PathDraws, level: float, part: BoolArray) -> PathTest:
    """Compare a path with draws of it without an effect, at each point and by the largest of the points of ``part``.

    ``p = (1 + #{|draw| >= |observed|}) / (R + 1)``. The critical value is the smallest that at most ``(1 - level) (R +
    1)`` maxima, the observed one counted, reach: infinite where R is too small for the level.
    """
    observed, draws = np.abs(paths.observed), np.abs(paths.draws)
    complete = np.isfinite(draws[:, part]).all(axis=1) if part.any() else np.zeros(len(draws), np.bool_)
    slack = 1e-12 * observed
    counted = np.isfinite(draws)
    with np.errstate(invalid="ignore"):
        far = (counted & (draws >= observed - slack)).sum(axis=0)
    p = np.where(np.isfinite(observed) & counted.any(axis=0), (1 + far) / (1 + counted.sum(axis=0)), np.nan)
    largest, top = draws[complete][:, part].max(axis=1, initial=0.0), observed[part]
    R = len(largest)
    if not R or not np.isfinite(top).all():
        return PathTest(p, np.nan, np.nan)
    k = int(np.floor((1 - level) * (R + 1) + 1e-9))
    critical = float(np.sort(largest)[-k]) if k else np.inf
    reached = int((largest >= top.max() * (1 - 1e-12)).sum())
    return PathTest(p, critical, (1 + reached) / (R + 1))
