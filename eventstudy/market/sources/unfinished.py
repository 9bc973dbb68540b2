"""The last candle of a service while it is still forming: its end is off the grid of the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eventstudy.arrays import FloatArray, IntArray
from eventstudy.market.sources.layouts import plain

END_NAMES = ("end", "close time")
BEGIN_NAMES = ("begin", "open time", "start")
ENOUGH = 3  # candles of one length that say how long a finished one is


def end_column(names: Sequence[str], time: int) -> int:
    """Return the column of the end of each candle, beside one of its begin; -1 if there is none."""
    if not names or plain(names[time]) not in BEGIN_NAMES:
        return -1
    return next((n for n, name in enumerate(names) if plain(name) in END_NAMES), -1)


def last_is_unfinished(begin: IntArray, end: FloatArray) -> bool:
    """Return whether the last candle ends before its grid: it is shorter than the others, which are of one length."""
    if len(begin) <= ENOUGH:
        return False
    lengths = (end - begin)[np.argsort(begin, kind="stable")]
    found, count = np.unique(lengths[:-1][np.isfinite(lengths[:-1])], return_counts=True)
    if not len(found) or count.max() < max(ENOUGH, 0.9 * (len(lengths) - 1)):
        return False
    return bool(0 <= lengths[-1] < found[count.argmax()])
