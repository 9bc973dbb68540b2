"""The shape of a reaction: how far, how fast, how much of it stayed. Array functions, many paths at once.

A path is the cumulative abnormal return since the last clean price; rows are paths (the event's, or draws around it),
columns are moments after it. Shares of a move that is not there mean nothing: callers ask ``defined`` first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class ShapeColumns:
    """Which columns the numbers refer to: ``initial`` (H1), ``horizon`` (H2), ``absorbed`` (minute m), ``first``.

    ``first`` is the first close after the news: the one moment named in advance.
    """

    initial: int
    horizon: int
    absorbed: int
    first: int = 0


def shape_numbers(paths: FloatArray, minutes: FloatArray, at: ShapeColumns) -> dict[str, FloatArray]:
    """Return every number of the shape for every path.

    With C(t) the path and H = ``horizon``: ``t50`` and ``t90`` are the first minute at which C(t) / C(H)
    reaches 0.5 and 0.9; ``peak`` is the C(t) of largest size up to H and ``peak_minutes`` its time; ``overshoot`` is
    peak / C(H) - 1; ``retracement`` is 1 - C(H) / peak; ``reversal`` is (C(H1) - C(H)) / C(H1) with H1 = ``initial``;
    ``absorbed_share`` is C(m) / C(H).

    Parameters
    ----------
    paths : FloatArray, shape (B, n)
        The first column is the first moment after the clean price.
    minutes : FloatArray, shape (n,)
        Trading minutes since the clean price.
    at : ShapeColumns

    Returns
    -------
    dict of str to FloatArray, shape (B,)
        NaN where C(H) is 0.

    Examples
    --------
    >>> path = np.array([[0.0, 4.0, 12.0, 10.0, 8.0]])
    >>> found = shape_numbers(path, np.arange(1.0, 6.0), ShapeColumns(initial=2, horizon=4, absorbed=1))
    >>> [float(found[k][0].round(4)) for k in ("t50", "t90", "peak_minutes", "overshoot", "reversal")]
    [2.0, 3.0, 3.0, 0.5, 0.3333]
    """
    paths = np.asarray(paths, dtype=np.float64)[:, : at.horizon + 1]
    final = paths[:, at.horizon]
    row = np.arange(len(paths))
    highest = np.abs(paths).argmax(axis=1)
    peak = paths[row, highest]
    settled = paths[:, at.initial]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = paths / final[:, None]
        return {
            "t50": first_minute(share >= 0.5, minutes),
            "t90": first_minute(share >= 0.9, minutes),
            "peak": peak,
            "peak_minutes": np.asarray(minutes[highest], dtype=np.float64),
            "overshoot": peak / final - 1.0,
            "retracement": 1.0 - final / peak,
            "reversal": 1.0 - final / settled,
            "absorbed_share": share[:, at.absorbed],
        }


def first_minute(reached: BoolArray, minutes: FloatArray) -> FloatArray:
    """Return the minute of the first True of each row, NaN where there is none; shape (B, n) to (B,)."""
    column = reached.argmax(axis=1)
    return np.where(reached.any(axis=1), minutes[column], np.nan)


def first_exit(paths: FloatArray, band: FloatArray, stays: int) -> IntArray:
    """Return the first column at which a path is outside the band and stays so for ``stays`` columns; -1 for never.

    Near the end of the path fewer columns suffice: as many as there are.

    Parameters
    ----------
    paths : FloatArray, shape (B, n)
    band : FloatArray, shape (n,)
        Half-width; NaN is a band without limits.
    stays : int

    Examples
    --------
    >>> first_exit(np.array([[0, 3, 0, 3, 3, 3.0]]), np.ones(6), stays=2).tolist()
    [3]
    """
    outside = np.where(np.isfinite(band), np.abs(paths) > band, False)
    held = outside.copy()
    for ahead in range(1, stays):
        held[:, :-ahead] &= outside[:, ahead:]
    return np.asarray(np.where(held.any(axis=1), held.argmax(axis=1), -1), dtype=np.int64)


def noise_draws(path: FloatArray, placebo: FloatArray) -> FloatArray:
    """Return 2 D draws of the true path: the measured path less, and plus, what each placebo day did by itself.

    The path is truth plus one day's noise, and the placebo days are draws of that noise: the basic bootstrap with
    whole days as blocks, so that dependence inside the day is kept. Both signs are used because an ordinary day's
    direction is arbitrary.

    Parameters
    ----------
    path : FloatArray, shape (n,)
    placebo : FloatArray, shape (D, n)
    """
    return np.concatenate([path - placebo, path + placebo])


def interval(draws: FloatArray, level: float, weight: FloatArray | None = None) -> tuple[float, float]:
    """Return the central interval of draws, NaN draws left out; two NaN with fewer than 20 of them.

    Order statistics without interpolation, counted from both ends alike. A single move has its interval from
    ``placebo.move_interval``, which agrees with its test. ``weight`` (D,) says how much the days behind the 2 D draws
    count.
    """
    finite = np.isfinite(draws)
    order = np.argsort(draws[finite])
    values = draws[finite][order]
    if len(values) < 20:
        return float("nan"), float("nan")
    each = np.ones(len(values)) if weight is None else np.tile(weight, len(draws) // len(weight))[finite][order]
    outside = (1 - level) / 2 * each.sum() + 1e-9
    low, high = (np.searchsorted(np.cumsum(side), outside, side="right") for side in (each, each[::-1]))
    return float(values[low]), float(values[len(values) - 1 - high])


def reflected(value: float, ends: tuple[float, float]) -> tuple[float, float]:
    """Return the basic bootstrap interval [2 value - q_high, 2 value - q_low]; ``ends`` are q_low and q_high.

    For numbers that noise pushes one way (a maximum is never too small): the draws, noisy once more, are as far above
    the measured number as that is above the truth, so the quantiles are turned round it.
    """
    low, high = ends
    return 2 * value - high, 2 * value - low
