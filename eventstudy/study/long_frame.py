"""Long frames (instrument, time, return) at the study's door: laid out as wide ones without a pivot."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eventstudy.arrays import BoolArray, FloatArray, IntArray
from eventstudy.errors import DataError

LONG_COLUMNS = {"instrument", "time", "return"}
ROWS_PER_RUN = 1 << 17  # what a scan holds at once stays in the cache


def wide_frame(long: pd.DataFrame) -> pd.DataFrame:
    """Return a long frame (instrument, time, return) as a wide one, without a pivot.

    A missing pair of instrument and time is NaN; a pair given twice is refused with its second row. Rows in order of
    time and instrument lie as the wide frame lies: a complete panel only takes another shape, one with gaps is copied
    run by run. Rows in another order are factorised and scattered.
    """
    code, instruments = _factorized(long["instrument"])
    stamps = pd.DatetimeIndex(long["time"])
    found = _in_step(code, stamps.asi8, len(instruments))
    if found is not None:
        starts, gaps = found
        values = _with_gaps(long["return"].to_numpy(dtype=np.float64), gaps)
        times = stamps[starts]
        return pd.DataFrame(values.reshape(len(times), -1), index=times, columns=instruments, copy=False)
    code = code.astype(np.int64)
    row, times = _in_order(long["time"])
    if (code < 0).any() or (row < 0).any():
        bad = int(np.flatnonzero((code < 0) | (row < 0))[0])
        raise DataError(f"Row {bad} of the long frame has no instrument or no time.", remedy="Leave the row out.")
    place = code * len(times) + row
    values = np.full(len(instruments) * len(times), np.nan)
    values[place] = long["return"].to_numpy(dtype=np.float64)
    seen = np.zeros(len(values), dtype=bool)
    seen[place] = True
    if seen.sum() < len(place):
        bad = int(np.flatnonzero(pd.Series(place).duplicated())[0])
        raise DataError(
            f"Row {bad} of the long frame gives {long['instrument'].iloc[bad]} at {long['time'].iloc[bad]} again.",
            remedy="Keep one return per instrument and time.",
        )
    block = values.reshape(len(instruments), len(times)).T
    return pd.DataFrame(block, index=pd.DatetimeIndex(times), columns=instruments, copy=False)


def _in_step(code: NDArray[np.integer], stamps: IntArray, instruments: int) -> tuple[IntArray, IntArray] | None:
    """Return the first row of every time, and the cells (times by instruments) without a row.

    None where the rows are not in order of time and instrument, each pair once. Only rows where the order breaks are
    looked at twice: where the time changes or an instrument is left out.
    """
    if not len(code) or code.min() < 0 or stamps[0] == pd.NaT.value:
        return None
    broken, turned = _breaks(code, stamps)
    time = np.cumsum(turned)
    left, right = (time - turned) * instruments + code[broken], time * instruments + code[broken + 1]
    starts = np.concatenate([[0], broken[turned] + 1])
    if not ((right > left).all() and (np.diff(stamps[starts]) > 0).all()):
        return None
    low = np.concatenate([[0], left + 1, [(len(starts) - 1) * instruments + int(code[-1]) + 1]])
    width = np.concatenate([code[:1], right, [len(starts) * instruments]]) - low
    gaps = np.repeat(low - np.cumsum(width) + width, width) + np.arange(width.sum())
    return starts, gaps


def _breaks(code: NDArray[np.integer], stamps: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the rows after which the time changes or an instrument is left out, and at which the time changes."""
    broken, turned = [np.empty(0, np.int64)], [np.empty(0, np.bool_)]
    for low in range(0, len(code) - 1, ROWS_PER_RUN):
        c, s = code[low : low + ROWS_PER_RUN + 1], stamps[low : low + ROWS_PER_RUN + 1]
        later = s[1:] != s[:-1]
        at = np.flatnonzero(later | (c[1:] != c[:-1] + 1))
        broken.append(low + at)
        turned.append(later[at])
    return np.concatenate(broken), np.concatenate(turned)


def _with_gaps(values: FloatArray, gaps: IntArray) -> FloatArray:
    """Return ``values`` with NaN put in so that the NaNs stand at ``gaps``; the values themselves without gaps."""
    if not len(gaps):
        return values
    complete = np.empty(len(values) + len(gaps))
    present = np.ones(len(complete), dtype=np.bool_)
    present[gaps] = False
    complete[present] = values
    complete[gaps] = np.nan
    return complete


def _factorized(column: pd.Series) -> tuple[NDArray[np.integer], pd.Index]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.array.codes), column.array.categories
    code, names = pd.factorize(column)
    return np.asarray(code), pd.Index(names)


def _in_order(column: pd.Series) -> tuple[IntArray, pd.DatetimeIndex]:
    """Return the place of each time among the distinct ones; rows in order of time need one comparison each."""
    index = pd.DatetimeIndex(column)
    stamps = index.asi8
    if len(stamps) and not index.hasnans and bool((stamps[1:] >= stamps[:-1]).all()):
        fresh = np.concatenate([[True], stamps[1:] != stamps[:-1]])
        return np.cumsum(fresh) - 1, index[fresh]
    row, times = pd.factorize(index, sort=True)
    return row, pd.DatetimeIndex(times)
