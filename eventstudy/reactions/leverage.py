"""Coefficients that one observation or one cluster determines alone: its residuals are zero, whatever its CARs are."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray

# A leverage this near to 1, and a part of a coefficient this small, are rounding.
NEAR = 1e-9
SMALL = 1e-7


def determined_alone(X: FloatArray, clusters: Iterable[IntArray] = ()) -> BoolArray:
    """Return which coefficients rest on an observation, or on a cluster, that the regression fits exactly, shape (k,).

    The leverage of such an observation is 1, as that of the only event of a category. A robust variance sums squared
    residuals, so that it lacks the variance of what rests on it. Leverages are eigenvalues of ``X_g (X'X)^-1 X_g'`` for
    a cluster g.

    Parameters
    ----------
    X : FloatArray, shape (n, k)
        Regressors of full column rank.
    clusters : iterable of IntArray, each (n,)
        Codes of clusters; without any, every observation is one.

    Examples
    --------
    >>> determined_alone(np.array([[1.0, 1, 0], [1, 0, 2], [1, 0, 3], [1, 0, 5]])).tolist()
    [False, True, False]
    """
    Q, R = np.linalg.qr(X)
    inverse = np.linalg.inv(R)
    found = np.zeros(X.shape[1], np.bool_)
    for block in _blocks(Q, tuple(clusters)):
        leverage, directions = np.linalg.eigh(block.T @ block)
        exact = directions[:, leverage > 1 - NEAR]
        if exact.size:
            part = np.abs(inverse @ exact).max(axis=1)
            found |= part > SMALL * np.sqrt(np.square(inverse).sum(axis=1))
    return found


def _blocks(Q: FloatArray, clusters: tuple[IntArray, ...]) -> Iterable[FloatArray]:
    """Yield the rows of each observation whose leverage is 1, or of each cluster that may have one."""
    if not clusters:
        yield from Q[np.square(Q).sum(axis=1) > 1 - NEAR][:, None]
        return
    for codes in clusters:
        rows = np.argsort(codes, kind="stable")
        edges = np.flatnonzero(np.diff(codes[rows])) + 1
        for block in np.split(Q[rows], edges):
            if np.square(block).sum() > 1 - NEAR:
                yield block
