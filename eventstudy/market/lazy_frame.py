"""The frame of a series of prices, built from its columns when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from eventstudy.arrays import FloatArray, IntArray, from_epoch_us

# Closes of so many bars at most are looked up among those of other series; longer ones are seldom equal.
MOST_SHARED = 20_000


@dataclass(frozen=True, eq=False, slots=True)
class FrameColumns:
    """The columns of a frame that was not built yet: the frame of a month costs seven times the memory of its prices.

    Attributes
    ----------
    closes : IntArray, shape (T,)
        Closing instants, microseconds since the epoch.
    names : tuple of str
    block : FloatArray, shape (len(names), T)
    """

    closes: IntArray
    names: tuple[str, ...]
    block: FloatArray

    def build(self) -> pd.DataFrame:
        """Return the frame; index and names are shared with the other frames that have the same."""
        shared = len(self.closes) <= MOST_SHARED
        index = shared_index(self.closes.tobytes()) if shared else from_epoch_us(self.closes)
        return pd.DataFrame(self.block.T, index=index, columns=shared_names(self.names), copy=False)


def frame_columns(closes: IntArray, columns: Mapping[str, FloatArray]) -> FrameColumns:
    """Return a copy of columns, in one block, as a frame to be built."""
    return FrameColumns(closes, shared_tuple(tuple(columns)), np.array(list(columns.values()), dtype=np.float64))


@lru_cache(maxsize=64)
def shared_tuple(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names as one value for all series of a universe."""
    return names


@lru_cache(maxsize=64)
def shared_names(names: tuple[str, ...]) -> pd.Index:
    """Return the column names of the frames of a universe."""
    return pd.Index(names)


@lru_cache(maxsize=16)
def shared_index(closes: bytes) -> pd.DatetimeIndex:
    """Return the index of bars; the shares of a universe have the same closes and share it."""
    return from_epoch_us(np.frombuffer(closes, dtype=np.int64))


class LazyFrame:
    """The attribute ``frame``: it is set to a frame or to ``FrameColumns``, and is always read as a frame."""

    def __get__(self, series: Any, kind: type | None = None) -> pd.DataFrame:
        if series is None:
            raise AttributeError("frame")  # a dataclass takes what a class attribute returns for a default
        held = series._frame
        if isinstance(held, FrameColumns):
            held = held.build()
            object.__setattr__(series, "_frame", held)
        return held  # type: ignore[no-any-return]

    def __set__(self, series: Any, given: pd.DataFrame | FrameColumns) -> None:
        object.__setattr__(series, "_frame", given)
