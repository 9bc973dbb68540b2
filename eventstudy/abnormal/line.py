"""Least squares on one regressor, for many small windows at once: columns are centred before they are multiplied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from eventstudy.abnormal.fit import Fit
from eventstudy.abnormal.gather import Cells, asked_for, fresh, shared_runs
from eventstudy.abnormal.least_squares import Holes, Learned, Place, Rows, centre, dots, finish, learn, runs_of
from eventstudy.arrays import FloatArray, IntArray

TINY_SHARE = 1e-12
# Where the line leaves less than this share of the squared deviations, they are counted from the residuals
# themselves: the difference of two sums would lose as many digits.
CLOSE_FIT = 0.01
LINE_MOMENTS = 5
NOT_SHARED = np.empty((0, 0)), np.empty(0), np.empty(0), np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Regressor:
    """Windows of a regressor; those that several rows share are centred once.

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
            return _centred(fresh(self.x, rows), None)
        own = row[rows]
        return np.take(deviations, own, axis=0), mean[own], squares[own]


def regressor_of(x: Cells) -> Regressor:
    """Return the windows of a regressor, centred beforehand where many rows share few of them."""
    shared = shared_runs(x)
    if shared is None:
        return Regressor(x)
    windows, row = shared
    U, M = windows.shape
    deviations, mean, squares = np.empty((U, M)), np.empty(U), np.empty(U)
    with np.errstate(all="ignore"):
        for rows in runs_of(U, M):
            deviations[rows], mean[rows], squares[rows] = _centred(windows[rows], None)
    return Regressor(x, (deviations, mean, squares, row))


def _centred(x: FloatArray, holes: Holes | None) -> Rows:
    mean = centre(x, holes)
    return x, mean, dots(x, x)


def one_regressor(y: Cells, x: Cells) -> Fit:
    """Fit ``y = a + b x`` by centring first: the means take their digits away before anything is multiplied."""
    law = partial(_line, regressor_of(x), asked_for(y))
    moments, learned, n = learn((y, x), law, LINE_MOMENTS)
    return fit_of_line(moments, n, learned)


def _line(regressor: Regressor, wanted: bool, y: FloatArray, rows: Place, holes: Holes | None) -> Rows:
    """Return both means, squared deviations of x, slope and squared residuals; y becomes the residuals if wanted."""
    y_mean = centre(y, holes)
    if holes is None:
        x, x_mean, sxx = regressor[rows]
    else:
        own = regressor.x[rows]
        own[holes.cells] = 0.0
        x, x_mean, sxx = _centred(own, holes)
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
