"""Long frames (instrument, time, return) at the study's door: laid out as wide ones without a pivot."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eventstudy.arrays import IntArray
from eventstudy.errors import DataError

LONG_COLUMNS = {"instrument", "time", "return"}


def wide_frame(long: pd.DataFrame) -> pd.DataFrame:
    """Return a long frame (instrument, time, return) as a wide one: factorise and scatter, one pass over the rows.

    A missing pair of instrument and time is NaN; a pair given twice is refused with its second row. A complete panel
    in order of time and instrument is laid out already and only takes another shape.
    """
    code, instruments = _factorized(long["instrument"])
    if _is_complete(code, pd.DatetimeIndex(long["time"]).asi8, len(instruments)):
        square = long["return"].to_numpy(dtype=np.float64).reshape(-1, len(instruments))
        times = pd.DatetimeIndex(long["time"].iloc[:: len(instruments)])
        return pd.DataFrame(square, index=times, columns=instruments, copy=False)
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


def _is_complete(code: NDArray[np.integer], stamps: IntArray, instruments: int) -> bool:
    """Return whether every time holds every instrument once, in order: each instrument's column then runs in step."""
    if not instruments or not len(code) or len(code) % instruments:
        return False
    codes, times = code.reshape(-1, instruments), stamps.reshape(-1, instruments)
    starts = times[:, 0]
    in_step = bool((codes == np.arange(instruments, dtype=code.dtype)).all()) and bool((times == starts[:, None]).all())
    return in_step and bool((starts[1:] > starts[:-1]).all()) and bool(starts[0] != pd.NaT.value)


def _factorized(column: pd.Series) -> tuple[NDArray[np.integer], pd.Index]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), column.cat.categories
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
