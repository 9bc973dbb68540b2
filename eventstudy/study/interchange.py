"""Frames of other libraries at the study's door: polars and Arrow tables in, through narwhals; the same out."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, Any, cast

from eventstudy.errors import UsageError
from eventstudy.study.frame_shapes import roles_of, wide_shape

if TYPE_CHECKING:
    import pandas as pd


def as_pandas(given: Any) -> Any:
    """Return a frame of another library as pandas; anything else as it is.

    Examples
    --------
    >>> as_pandas([1, 2])
    [1, 2]
    """
    import pandas as pd

    if isinstance(given, pd.DataFrame | pd.Series | str | list | tuple) or given is None:
        return given
    import narwhals as nw

    frame = nw.from_native(given, eager_only=True, pass_through=True)
    return frame.to_pandas() if isinstance(frame, nw.DataFrame) else given


def wide_pandas(given: Any, *, long: Set[str] = frozenset()) -> Any:
    """Return a wide frame of returns as pandas, its one column of dates or instants as the index.

    pandas frames with times as their index keep it; two-level columns, long rows and a column of dates are brought to
    that shape. Frames of other libraries have no index, so exactly one column must be temporal.
    A frame that has all the columns ``long`` is not wide and stays as it is.

    Raises
    ------
    UsageError
        If a frame of another library has no temporal column or several.
    """
    import pandas as pd

    frame = as_pandas(given)
    if isinstance(given, pd.DataFrame) or (isinstance(frame, pd.DataFrame) and has_times(frame.index)):
        return frame if _has_all(frame, long) else named_columns(wide_shape(frame))
    if frame is given or not hasattr(frame, "columns") or _has_all(frame, long):
        return frame
    import narwhals as nw

    if {"ticker", "time"} <= {role.replace("date", "time") for role in roles_of([str(c) for c in frame.columns])}:
        return named_columns(wide_shape(frame))
    types = nw.from_native(given, eager_only=True).schema
    temporal = [name for name, kind in types.items() if kind.is_temporal()]
    if len(temporal) != 1:
        raise UsageError(
            f"The frame has {len(temporal)} columns of dates or times; a wide frame of returns needs exactly one.",
            remedy="Keep the closing instants (or days) in one column and one column per instrument.",
        )
    return frame.set_index(temporal[0])


def has_times(index: pd.Index) -> bool:
    """Return whether an index is one of times, as that of a frame which was a frame of pandas before."""
    import pandas as pd

    return any(isinstance(level, pd.DatetimeIndex | pd.PeriodIndex) for level in getattr(index, "levels", [index]))


def named_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns are named by text: the number 10107, or 10107.0, is the instrument "10107"."""
    if frame.columns.inferred_type == "string" and not frame.columns.hasnans:
        return frame
    labels: Sequence[object] = frame.columns.tolist()
    whole = [int(label) if isinstance(label, float) and label.is_integer() else label for label in labels]
    return frame.set_axis(list(map(str, whole)), axis=1)


def _has_all(frame: pd.DataFrame, names: Set[str]) -> bool:
    return bool(names) and all(name in frame.columns for name in names)


def to_polars(frame: pd.DataFrame) -> Any:
    """Return a pandas frame as polars; text stays text, instants keep their zone."""
    import narwhals as nw

    _installed("polars")
    return nw.from_native(frame, eager_only=True).to_polars()


def to_arrow(frame: pd.DataFrame) -> Any:
    """Return a pandas frame as an Arrow table."""
    import narwhals as nw

    return cast(Any, nw.from_native(frame, eager_only=True).to_arrow())


def _installed(name: str) -> None:
    from importlib.util import find_spec

    if find_spec(name) is None:
        raise UsageError(f"{name} is not installed.", remedy=f"Run: pip install 'market-eventstudy[{name}]'")
