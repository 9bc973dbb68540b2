"""Array aliases, closed option sets, and the only door between pandas time and integers.

Inside the package an instant is an ``int64`` count of microseconds since 1970-01-01T00:00Z. pandas has four
units and changed its default once; ``epoch_us`` and ``from_epoch_us`` are the only places that know.
"""

from __future__ import annotations

import gc
import math
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    dataclass_transform,
    get_args,
    get_type_hints,
    overload,
)
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from eventstudy.errors import EventTimeError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pandas as pd
    from pydantic import TypeAdapter

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
StrArray: TypeAlias = NDArray[np.object_]
Cell = TypeVar("Cell", bound=np.generic)

LabelSide = Literal["left", "right"]
AnchorName = Literal["bracket", "earliest", "latest"]
Alternative = Literal["two-sided", "greater", "less"]
ReturnKind = Literal["log", "simple", "difference"]
Span = Literal["own", "drop"]
Missing = Literal["auto", "no bar", "return"]

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 86_400 * SECOND_US
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The years 1 to 9999 in microseconds since 1970.
FIRST_US, LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
FEW_INSTANTS = 8

Row = TypeVar("Row")


def look_up(kind: str, table: Mapping[str, Row], name: str) -> Row:
    """Return the row of a plug-point table, or raise an error that lists the known names."""
    try:
        return table[name]
    except KeyError:
        raise UnknownNameError(kind, name, table) from None


def check_fields(given: Any) -> None:
    """Give every field of a new frozen value the type that it declares, or refuse it by name."""
    from pydantic import ValidationError

    for name, kind in field_types(type(given)).items():  # type: ignore[arg-type]
        value = getattr(given, name)
        try:
            object.__setattr__(given, name, kind.validate_python(value))
        except ValidationError as error:
            first = error.errors()[0]
            inside = f" at {'.'.join(map(str, first['loc']))}" if isinstance(value, dict) and first["loc"] else ""
            raise UsageError(
                f"`{type(given).__name__}.{name}` is {brief(value)}{inside}.",
                remedy=_remedy(first["type"], first["msg"]),
            ) from None


def _remedy(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "There is no such setting."
    if kind == "value_error":
        text = message.removeprefix("Value error, ")
        return f"{text[:1].upper()}{text[1:]}."
    return f"It {message.removeprefix('Input ')}."


@cache
def field_types(kind: Any) -> Mapping[str, TypeAdapter[Any]]:
    """Return what checks the fields of a frozen value, by their names."""
    from pydantic import TypeAdapter

    return {name: TypeAdapter(hint) for name, hint in get_type_hints(kind).items()}


def check_choice(kind: str, given: str, literal: Any) -> None:
    """Refuse a value outside a closed ``Literal`` set."""
    if not (isinstance(given, str) and given in get_args(literal)):
        raise UnknownNameError(kind, given if isinstance(given, str) else brief(given), get_args(literal))


def epoch_us(index: pd.DatetimeIndex) -> IntArray:
    """Return an aware index as microseconds since the epoch; a naive one is refused."""
    if index.tz is None:
        raise EventTimeError(
            "The timestamps have no time zone.",
            remedy="Give the zone they were written in, for example timezone='Europe/Moscow'.",
        )
    utc = index.tz_convert("UTC").as_unit("us")
    return np.asarray(utc.asi8, dtype=np.int64)


def from_epoch_us(instants: IntArray) -> pd.DatetimeIndex:
    """Return microseconds since the epoch as an aware UTC index of one unit."""
    import pandas as pd

    stamps = np.asarray(instants, dtype=np.int64).view("datetime64[us]")
    return pd.DatetimeIndex(stamps).tz_localize("UTC")


def runs(values: NDArray[Cell], length: int) -> NDArray[Cell]:
    """Return every run of ``length`` neighbors on the last axis as a view, (..., n) to (..., n - length + 1, length).

    Examples
    --------
    >>> runs(np.array([1, 2, 3, 4]), 3).tolist()
    [[1, 2, 3], [2, 3, 4]]
    """
    held = np.ascontiguousarray(values)
    shape = (*held.shape[:-1], held.shape[-1] - length + 1, length)
    return np.ndarray(shape, held.dtype, held, strides=(*held.strides, held.strides[-1]))


def sorted_days(values: FloatArray) -> FloatArray:
    """Return values in increasing order along the first axis, NaN last, as ``np.sort(values, axis=0)`` does.

    Each column is laid out in one piece first: that is 1.3 to 3 times as fast as to pick it from its rows.

    Examples
    --------
    >>> sorted_days(np.array([[2.0, np.nan], [1.0, 4.0]])).tolist()
    [[1.0, 4.0], [2.0, nan]]
    """
    columns = np.array(values.reshape(len(values), math.prod(values.shape[1:])).T, order="C")
    columns.sort(axis=1)
    return columns.T.reshape(values.shape)


MANY_ROWS = 500


def cumulate(values: FloatArray, out: FloatArray) -> None:
    """Cumulate values (N, n) along the last axis into ``out``; column by column where rows are many.

    One row after the other waits for each of its sums; of many rows each column is one sum of arrays, in a third of the
    time and in the same order.

    Examples
    --------
    >>> cumulate(np.array([[1.0, 2.0, 4.0]]), found := np.empty((1, 3)))
    >>> found.tolist()
    [[1.0, 3.0, 7.0]]
    """
    if len(values) < MANY_ROWS or not values.shape[1]:
        np.cumsum(values, axis=1, out=out)
        return
    out[:, 0] = values[:, 0]
    for column in range(1, values.shape[1]):
        np.add(out[:, column - 1], values[:, column], out=out[:, column])


BYTE, MOST_BLOCKS = 255, 8


def counts(mask: BoolArray, axis: int) -> IntArray:
    """Return how many entries are True along an axis; four to ten times as fast as ``np.count_nonzero``.

    Up to 255 of them are added up as bytes, which are not converted first.

    Examples
    --------
    >>> counts(np.array([[True, True], [False, True]]), 0).tolist()
    [1, 2]
    """
    flags, at, length = np.asarray(mask).view(np.uint8), axis % np.ndim(mask), np.shape(mask)[axis]
    if length > MOST_BLOCKS * BYTE:
        return np.asarray(np.add.reduce(flags, axis=at, dtype=np.int64))
    before = (slice(None),) * at
    blocks = [flags[(*before, slice(low, low + BYTE))] for low in range(0, max(1, length), BYTE)]
    found = [np.add.reduce(block, axis=at, dtype=np.uint8) for block in blocks]
    return np.asarray(np.sum(found, axis=0, dtype=np.int64))


def as_slice(columns: IntArray | BoolArray) -> slice | IntArray:
    """Return columns, or a mask of them, as a slice where they are neighbors: what a slice cuts is not copied.

    Examples
    --------
    >>> as_slice(np.array([2, 3, 4])), as_slice(np.array([True, False, True])).tolist()
    (slice(2, 5, None), [0, 2])
    """
    at = np.flatnonzero(columns) if columns.dtype == np.bool_ else columns
    if len(at) and at[-1] - at[0] == len(at) - 1:
        return slice(int(at[0]), int(at[-1]) + 1)
    return np.asarray(at, dtype=np.int64)


def in_order(values: IntArray) -> bool:
    """Return whether no value is smaller than the one before it."""
    return not bool((values[1:] < values[:-1]).any())


def wall_us(instants: IntArray, zone: str) -> IntArray:
    """Return the clock reading in ``zone`` at each instant, as microseconds since 1970-01-01T00:00 on that clock."""
    if len(instants) <= FEW_INSTANTS:  # for a few, an index of pandas takes longer than the rest of a response
        offsets = [_utc_offset_us(at, zone) for at in np.asarray(instants).tolist()]
        return np.asarray(instants, dtype=np.int64) + np.array(offsets, dtype=np.int64)
    naive = from_epoch_us(instants).tz_convert(zone).tz_localize(None)
    return np.asarray(naive.as_unit("us").asi8, dtype=np.int64)


def _utc_offset_us(at: int, zone: str) -> int:
    try:
        offset = instant_from_us(at).astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):  # a zone of pandas that is not in the database: +03:00
        import pandas as pd

        offset = pd.Timestamp(at, unit="us", tz=zone).utcoffset()
    return _microseconds(offset or timedelta(0))


def instant_us(at: datetime) -> int:
    """Return one aware instant as microseconds since the epoch, exactly."""
    if at.tzinfo is not UTC and (at.tzinfo is None or at.utcoffset() is None):
        raise EventTimeError(f"The time {at.isoformat()} has no time zone.", remedy="Add its offset or zone.")
    return _microseconds(at - EPOCH)


def _microseconds(length: timedelta) -> int:
    return (length.days * 86_400 + length.seconds) * 1_000_000 + length.microseconds


def instant_from_us(us: int) -> datetime:
    """Return the UTC instant of a count of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=int(us))


def values_equal(left: Any, right: Any) -> bool:
    """Return whether two frozen values hold the same content, arrays and frames included (NaN equals NaN).

    A value that may hold one content in several ways says by ``content()`` what it is.
    """
    if type(left) is not type(right):
        return False
    if hasattr(left, "content"):
        return values_equal(left.content(), right.content())
    if is_dataclass(left) and not isinstance(left, type):
        return all(values_equal(getattr(left, f.name), getattr(right, f.name)) for f in fields(left) if f.compare)
    if isinstance(left, np.ndarray):
        same_kind = left.dtype == right.dtype and left.shape == right.shape
        return same_kind and bool(np.array_equal(left, right, equal_nan=left.dtype.kind in "fc"))
    if isinstance(left, tuple | list):
        return len(left) == len(right) and all(map(values_equal, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(values_equal(left[k], right[k]) for k in left)
    if hasattr(left, "equals"):
        return bool(left.equals(right))
    if isinstance(left, float):
        return left == right or (left != left and right != right)
    return bool(left == right)


MOST_ENTRIES, MOST_CHARACTERS = 4, 60


def brief(given: Any) -> str:
    """Return a value as one short line: arrays and frames by their shape, long texts and sequences cut.

    >>> brief((1, np.zeros((3, 2)), "text"))
    "(1, float64 (3, 2), 'text')"
    >>> brief(tuple(range(100)))
    '(0, 1, 2, ... 100 entries)'
    """
    if is_dataclass(given) and not isinstance(given, type):
        if type(given).__repr__ is not brief and "__repr__" in type(given).__dict__:
            return repr(given)
        shown = ", ".join(f"{f.name}={_brief_field(getattr(given, f.name))}" for f in fields(given) if f.repr)
        return f"{type(given).__name__}({shown})"
    return _brief_field(given)


def _brief_field(given: Any) -> str:
    if hasattr(given, "shape") and hasattr(given, "ndim"):
        kind = given.dtype if isinstance(given, np.ndarray) else type(given).__name__
        return f"{kind} {given.shape}"
    if isinstance(given, tuple | list):
        few = len(given) <= MOST_ENTRIES
        listed = [_brief_field(entry) for entry in (given if few else given[: MOST_ENTRIES - 1])]
        text = ", ".join(listed if few else [*listed, f"... {len(given)} entries"])
        return f"({text},)" if len(given) == 1 else f"({text})"
    if is_dataclass(given) and type(given).__repr__ is brief:
        return f"<{type(given).__name__}>"
    text = repr(given)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 4]}...{text[-1]}"


T = TypeVar("T")


@overload
def value(cls: type[T], /) -> type[T]: ...


@overload
def value(*, slots: bool = False) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(eq_default=False, frozen_default=True)
def value(cls: type[T] | None = None, /, *, slots: bool = False) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class a frozen dataclass whose instances are equal if their content is, arrays included.

    Such a value has no hash, because arrays have none.
    """

    def decorate(cls: type[T]) -> type[T]:
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = brief  # type: ignore[method-assign]
        cls.__eq__ = values_equal  # type: ignore[method-assign]
        cls.__hash__ = None  # type: ignore[method-assign, assignment]
        return dataclass(frozen=True, eq=False, repr=False, slots=slots)(cls)

    return decorate if cls is None else decorate(cls)


def frozen(array: Iterable[Any] | NDArray[Any], dtype: Any = np.float64) -> NDArray[Any]:
    """Return a read-only array, for the fields of frozen values."""
    copy = np.array(array, dtype=dtype)
    copy.setflags(write=False)
    return copy


UNTOUCHED_BYTES = 32_000_000


def keep_freed_memory() -> None:
    """Have the C library keep what blocks free instead of handing it back and getting it again page by page.

    Its bound is the largest piece ever freed; this one is never touched, so it costs neither memory nor time.
    """
    np.empty(UNTOUCHED_BYTES, dtype=np.uint8)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the collector of reference cycles from searching thousands of new frozen values, which hold none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
