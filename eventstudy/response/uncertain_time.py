"""When the minute is unknown: the move as a function of the assumed instant, and one test for the whole curve.

The instant that maximizes the move is never tested as if it had been known: the sup of the curve is held against the
sup of the same curve on placebo days (Ball and Torous 1988, doi:10.1016/0304-405X(88)90035-4, for the problem).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eventstudy.arrays import FloatArray, IntArray
from eventstudy.response.placebo import bands, sup_test
from eventstudy.response.values import AssumedTimes


def moves_from(paths: FloatArray, starts: IntArray, length: int) -> FloatArray:
    """Return the move over ``length`` columns after each start: x(s + length) - x(s).

    Parameters
    ----------
    paths : FloatArray, shape (..., T)
    starts : IntArray, shape (A,)
        Columns; those whose end lies beyond the path end at its last column.

    Returns
    -------
    FloatArray, shape (..., A)

    Examples
    --------
    >>> moves_from(np.array([0.0, 0.0, 5.0, 4.0]), np.array([0, 1, 2]), 1).tolist()
    [0.0, 5.0, -1.0]
    """
    ends = np.minimum(starts + length, paths.shape[-1] - 1)
    return np.asarray(paths[..., ends] - paths[..., starts])


@dataclass(frozen=True, slots=True)
class Curves:
    """Paths of events (P, T) and of their placebo days (D, P, T), from the last clean price under ``earliest`` on."""

    path: FloatArray
    placebo: FloatArray


def assumed_times(
    moves: Curves,
    tested: Curves,
    closes: IntArray,
    *,
    length: int,
    minutes: int,
    level: float,
    weight: FloatArray | None = None,
) -> list[AssumedTimes]:
    """Return the curve of moves over assumed instants of each of P events, with its bands and its sup test.

    Parameters
    ----------
    moves, tested : Curves
        What is reported, and what the test rests on: the same, or returns without the time of day.
    closes : IntArray, shape (P, A)
        Closing instants of the first A columns: the last clean prices of the A assumed instants.
    length : int
        Columns over which the move is measured; ``minutes`` is the same for the reader.
    level : float
    weight : FloatArray, shape (D, P), optional
    """
    starts = np.arange(closes.shape[-1], dtype=np.int64)
    move, others = (moves_from(paths, starts, length) for paths in (moves.path, moves.placebo))
    found = bands(others, level, weight)
    judged, ordinary = (moves_from(paths, starts, length) for paths in (tested.path, tested.placebo))
    statistics, pvalues = (numbers.tolist() for numbers in sup_test(judged, ordinary, weight))
    return [
        AssumedTimes(closes[row], move[row], found.pointwise[row], found.joint[row], minutes, statistic, pvalue)
        for row, (statistic, pvalue) in enumerate(zip(statistics, pvalues, strict=True))
    ]
