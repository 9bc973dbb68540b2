"""Frames as people have them to wide frames: two-level columns, a date column, long rows, periods, whole numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from eventstudy.arrays import brief
from eventstudy.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

ISO_DATE = re.compile(r"\d{4}-?\d\d-?\d\d")
COMPACT_DATES = (18_000_101, 22_001_231)


def wide_shape(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with one column per instrument and the dates or instants as its index.

    A frame whose index holds times already stays as it is. Columns with two levels keep the adjusted close, else the
    close (else the return) of every instrument; long frames are pivoted; a column of dates becomes the index.

    Raises
    ------
    UsageError
        If two-level columns have no field that is known, or no column holds the dates.
    DataError
        If a long frame gives an instrument twice on one date.
    """
    import pandas as pd

    if frame.columns.nlevels > 1:
        frame = one_level(frame)
    if frame.index.nlevels > 1:
        frame = with_columns_of(frame)
    names = list(map(str, frame.columns.tolist()))
    roles = roles_of(names)
    if not isinstance(frame.index, pd.RangeIndex):
        frame = with_times_in_a_column(frame, roles)
        if not isinstance(frame.index, pd.RangeIndex):
            refuse_one_bar(names, roles)
            return frame
        names = list(map(str, frame.columns.tolist()))
        roles = roles_of(names)
    time = roles.get("time", roles.get("date", -1))
    if time < 0:
        temporal = [n for n, kind in enumerate(frame.dtypes) if pd.api.types.is_datetime64_any_dtype(kind)]
        if len(temporal) != 1:
            return frame
        time = temporal[0]
    value = next((roles[role] for role in ("adjusted", "close", "return") if role in roles), -1)
    ticker = roles.get("ticker", -1)
    if value < 0 <= ticker and len(names) == 3:
        value = ({0, 1, 2} - {time, ticker}).pop()
    if min(ticker, value) < 0:
        return frame.set_index(frame.columns[time])
    return pivoted(frame, frame.columns[time], frame.columns[ticker], frame.columns[value])


def with_times_in_a_column(frame: pd.DataFrame, roles: Mapping[str, int]) -> pd.DataFrame:
    """Return a long frame whose rows were reordered, or whose dates are the index, with the dates in a column."""
    import pandas as pd

    if "ticker" not in roles:
        return frame
    if pd.api.types.is_integer_dtype(frame.index.dtype) and roles.keys() & {"time", "date"}:
        return frame.reset_index(drop=True)
    if isinstance(frame.index, pd.DatetimeIndex | pd.PeriodIndex):
        return frame.rename_axis("date").reset_index()
    return frame


def refuse_one_bar(names: Sequence[str], roles: Mapping[str, int]) -> None:
    """Refuse a frame whose columns are the open, high, low and close of one instrument, which has no name."""
    if roles.keys() >= {"open", "high", "low", "close"}:
        close = names[roles.get("adjusted", roles["close"])]
        raise UsageError(
            "The columns of the frame are the open, high, low and close of one instrument, not instruments.",
            remedy=f'Pass its close under its code: frame[["{close}"]].set_axis(["AAA"], axis=1).',
        )


def with_columns_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose rows are (instrument, time) pairs with both as columns.

    Raises
    ------
    UsageError
        If the rows have not two levels, one of them times.
    """
    import pandas as pd

    levels = frame.index.levels if isinstance(frame.index, pd.MultiIndex) else []
    temporal = [isinstance(level, pd.DatetimeIndex | pd.PeriodIndex) for level in levels]
    if sorted(temporal) != [False, True]:
        raise UsageError(
            f"The rows of the frame have {len(levels)} levels, {sum(temporal)} of them times; a long frame has "
            "two, the instrument and the time.",
            remedy="Pass frame.reset_index() with columns date, ticker and close.",
        )
    return frame.rename_axis(["date" if is_time else "ticker" for is_time in temporal]).reset_index()


def roles_of(names: Sequence[str]) -> dict[str, int]:
    """Return the columns whose names are known, by role."""
    from eventstudy.market.sources.layouts import LAYOUTS
    from eventstudy.market.sources.recognize import named_roles

    return named_roles(names, LAYOUTS["generic"])


def pivoted(frame: pd.DataFrame, time: object, ticker: object, value: object) -> pd.DataFrame:
    """Return a long frame as a wide one; an instrument given twice on one date is refused with the row."""
    nameless = frame[ticker].isna()
    if nameless.any():
        row = int(nameless.to_numpy().argmax())
        raise DataError(
            f"{int(nameless.sum())} rows of the frame name no instrument, the first is row {row}.",
            remedy=f"Name it, or remove them: frame[frame[{str(ticker)!r}].notna()].",
        )
    again = frame.duplicated([time, ticker])
    if again.any():
        row = int(again.to_numpy().argmax())
        code, at = frame[ticker].iloc[row], frame[time].iloc[row]
        raise DataError(f"Row {row} of the frame gives {code} at {at} again.", remedy="Keep one row per date.")
    return frame.pivot(index=time, columns=ticker, values=value)


def one_level(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with two-level columns, as downloads of several instruments have, as a wide one."""
    import pandas as pd

    from eventstudy.market.sources.header_names import FIELD_NAMES
    from eventstudy.market.sources.layouts import plain

    if frame.columns.nlevels > 2:
        raise UsageError(
            f"The columns of the frame have {frame.columns.nlevels} levels; at most 2 are read.",
            remedy="Select one field: frame['Close'].",
        )
    for level in range(2):
        fields = {FIELD_NAMES.get(plain(str(name))): name for name in frame.columns.get_level_values(level).unique()}
        chosen = next((fields[role] for role in ("adjusted", "close", "return") if role in fields), None)
        if chosen is not None:
            return pd.DataFrame(frame.xs(chosen, axis=1, level=level))
    if any(frame.columns.get_level_values(level).nunique() == 1 for level in range(2)):
        only = next(level for level in range(2) if frame.columns.get_level_values(level).nunique() == 1)
        return frame.droplevel(only, axis=1)
    raise UsageError(
        f"The frame has two-level columns, as {frame.columns[0]!r}, and none is a close or a return.",
        remedy="Select one field: frame['Close'].",
    )


def as_timestamps(index: pd.Index) -> pd.DatetimeIndex:
    """Return an index as timestamps: periods stand for their last day, 20230103 is a date.

    Text is read as that of a file: the day comes first where the column shows it ("13.01.2022").

    Raises
    ------
    UsageError
        If it has several levels, or holds numbers that are not dates.
    BarsError
        If text is not a date, or does not show whether day or month comes first.
    """
    import pandas as pd

    from eventstudy.market.sources.stamp_columns import read_dates

    if index.nlevels > 1:
        raise UsageError(
            f"The rows have {index.nlevels} levels, not one of dates.",
            remedy="Select one instrument: series.xs('AAA', level='ticker').",
        )
    if index.hasnans:
        row = int(index.isna().argmax())
        raise UsageError(f"Row {row} of the frame has no time.", remedy="Remove it: frame[frame.index.notna()].")
    if isinstance(index, pd.DatetimeIndex):
        return index
    if isinstance(index, pd.PeriodIndex):
        return pd.DatetimeIndex(index.to_timestamp(how="end")).normalize().as_unit("us")
    if pd.api.types.is_any_real_numeric_dtype(index.dtype):
        numbers = index.to_numpy(dtype=np.float64)
        if not len(numbers) or not (numbers == np.clip(numbers.round(), *COMPACT_DATES)).all():
            raise UsageError(
                "The rows of the frame are numbered; no column holds their dates.",
                remedy="Make the dates the index: frame.set_index('date').",
            )
        index = pd.Index(numbers.astype(np.int64).astype(str))
    if len(index) and all(isinstance(text, str) and not ISO_DATE.match(text) for text in index):
        return pd.DatetimeIndex(read_dates(list(index)).astype("datetime64[D]").astype("datetime64[us]"))
    try:
        return pd.DatetimeIndex(pd.to_datetime(index))
    except (ValueError, TypeError, OverflowError):
        raise UsageError(
            f"The index of the frame holds {brief(index[0])}, not dates.",
            remedy="Pass one row per date: frame.set_index('date'), or frame.T if the dates are the columns.",
        ) from None
