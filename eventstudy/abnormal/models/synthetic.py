"""Synthetic control: expect what a weighted mean of other instruments did, with weights that no one can overfit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eventstudy.abnormal.models.fit_rules import Coefficients, FitData, finish, r_squared, usable
from eventstudy.abnormal.models.row import Fit, Options
from eventstudy.arrays import BoolArray, FloatArray

TIE = 1e-10


def synthetic_control(y: FloatArray, X: FloatArray, options: Options) -> Fit:
    """Expect the mean of the donors under the weights that track the instrument best: ``w >= 0``, ``sum w = 1``.

    ``w = argmin sum_est (R_t - sum_j w_j D_jt)^2``. The variance of a prediction is that of least squares on the donors
    with a positive weight under ``sum w = 1``, taken as if they had been chosen beforehand; ``df = M - (donors - 1)``.
    There may be more donors than returns: at most M of them carry weight.

    Parameters
    ----------
    y : FloatArray, shape (B, L1)
        Returns of the studied instruments, NaN where missing.
    X : FloatArray, shape (k, B, L1)
        Returns of the donors on the same bars.
    options : mapping
        None are used.

    Returns
    -------
    Fit
        Coefficients (0, w_1, ..., w_k); rows whose donors do not settle the weights are marked collinear.

    Notes
    -----
    Departs from Abadie, Diamond and Hainmueller (2010, doi:10.1198/jasa.2009.ap08746): returns are matched, not levels,
    and no further predictors. Whatever moved the donors at the event is taken for the market's part.

    Examples
    --------
    >>> R = np.array([[0.01, -0.01, 0.02, 0.00]])
    >>> D = np.array([[[0.02, -0.02, 0.02, 0.01]], [[0.00, 0.00, 0.02, -0.01]]])
    >>> synthetic_control(R, D, {}).coef.round(6).tolist()
    [[0.0, 0.5, 0.5]]
    """
    valid, n = usable(y, X)
    present = np.ones(y.shape, dtype=np.bool_) if valid is None else valid
    B, k = len(y), len(X)
    coef, root = np.zeros((B, 1 + k)), np.zeros((B, 1 + k, min(1 + k, y.shape[1])))
    condition, donors = np.full(B, np.inf), np.ones(B, dtype=np.int64)
    for i in range(B):
        if n[i] > 1:
            gaps = (X[:, i, present[i]] - y[i, present[i]]).T
            chosen = closest_donors(gaps)
            donors[i] = chosen.sum()
            if donors[i] <= n[i]:
                coef[i, 1:], root[i, 1:, : donors[i] - 1], condition[i] = _weights(gaps, chosen)
    expected = np.einsum("bk,kbt->bt", coef[:, 1:], np.where(present, X, 0.0))
    residuals = np.where(present, y - expected, np.nan)
    found = Coefficients(coef, root, np.nansum(residuals**2, axis=1), np.full(B, np.nan), condition)
    fit = finish(found, FitData((y, *X), residuals, n), 0)
    df = fit.df - (donors - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma2 = np.where(df > 0, fit.sigma2 * fit.df / df, np.nan)
    return replace(fit, df=df, sigma2=sigma2, r2=r_squared(y, residuals))


def closest_donors(gaps: FloatArray) -> BoolArray:
    """Return which donors carry weight, or could, in the point of their convex hull nearest to the instrument.

    ``gaps`` (M, k) are donors less the instrument, so the point sought is the hull's nearest to zero. Non-negative
    least squares finds it exactly: ``min_{u >= 0} |G u|^2 + (1'u - 1)^2`` has its optimum at ``u = s w`` with the very
    ``w``, for at any ``w`` the best ``s`` leaves ``|G w|^2 / (1 + |G w|^2)``, which grows with ``|G w|``. A donor
    without weight that lies as near along the gap could take some from another: the weights are then not settled.
    """
    from scipy.optimize import nnls

    size = float(np.sqrt((gaps**2).sum(axis=0).min(initial=np.inf)))
    scaled = gaps / size if np.isfinite(size) and size > 0 else gaps
    u, _ = nnls(np.vstack([scaled, np.ones(gaps.shape[1])]), np.append(np.zeros(len(gaps)), 1.0))
    gap = scaled @ u / u.sum()
    ties = gap @ scaled - gap @ gap <= TIE * np.sqrt(gap @ gap * (scaled**2).sum(axis=0))
    return np.asarray((u > 0) | ties)


def _weights(gaps: FloatArray, chosen: BoolArray) -> tuple[FloatArray, FloatArray, float]:
    """Return weights, a root of their covariance over sigma2, and the condition of least squares on ``chosen``.

    With ``w = w_0 + N v``, ``N`` a basis of the weights that sum to zero, the constraint is gone.
    """
    k, at = len(chosen), np.flatnonzero(chosen)
    weights, root = np.zeros(k), np.zeros((k, len(at) - 1))
    weights[at] = 1 / len(at)
    if len(at) == 1:
        return weights, root, 1.0
    free = np.linalg.qr(np.column_stack([np.ones(len(at)), np.eye(len(at))[:, 1:]]))[0][:, 1:]
    design = gaps[:, at] @ free
    left, values, right = np.linalg.svd(design, full_matrices=False)
    if values[-1] <= len(gaps) * np.finfo(float).eps * values[0]:
        return weights, root, np.inf
    weights[at] -= free @ (right.T @ ((left.T @ (gaps[:, at] @ weights[at])) / values))
    root[at] = free @ (right.T / values)
    return weights, root, float(values[0] / values[-1])
