"""Columns of the events as labels and numbers, by the names that a study file gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from eventstudy.abnormal.event_days import SESSION_CODES
from eventstudy.abnormal.events import NO_DAY, EventTable
from eventstudy.arrays import FloatArray, IntArray, StrArray
from eventstudy.errors import UsageError, did_you_mean

# A column with more values than this is a measurement, not a label.
MOST_LABELS = 50


class Labels(NamedTuple):
    """The distinct values of a column in order, and the place of each row among them; -1 where there is none."""

    names: tuple[str, ...]
    place: IntArray


def column(table: EventTable, name: str, where: str) -> Any:
    """Return a column of the events, shape (N,); ``where`` names the setting that asks for it.

    Raises
    ------
    UsageError
        If the events have no such column.
    """
    if name in table.attributes:
        found = np.asarray(table.attributes[name])
        return np.datetime_as_string(found).astype(object) if found.dtype.kind == "M" else found
    if name in DERIVED:
        return DERIVED[name](table)
    known = [*table.attributes, *DERIVED]
    raise UsageError(
        f"{where}: the events have no column {name!r}. {did_you_mean(name, known)}".strip(),
        remedy=f"Columns are {', '.join(known)}.",
    )


def _sessions(table: EventTable) -> StrArray:
    names = np.array(list(SESSION_CODES), dtype=object)
    return names[np.zeros(len(table), np.int64) if table.session is None else table.session]


def _years(table: EventTable) -> IntArray:
    """Return the year of each event: of its date where it has one, else of ``latest`` in UTC."""
    year = table.latest.view("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970
    if table.day is None:
        return year
    days = np.where(table.day == NO_DAY, 0, table.day).astype("datetime64[D]").astype("datetime64[Y]")
    return np.where(table.day == NO_DAY, year, days.astype(np.int64) + 1970)


# Columns that every list of events has.
DERIVED: Mapping[str, Any] = {"instrument": lambda table: table.instruments, "session": _sessions, "year": _years}


def is_missing(value: Any) -> bool:
    """Return whether an entry of a column of objects is empty."""
    return value is None or value == "" or bool(value != value)


def labels(values: Any, name: str, where: str) -> Labels:
    """Return the values of a column as labels: numbers in their order, texts in the order of the alphabet.

    >>> labels(np.array([2.0, 1.0, np.nan, 2.0]), "sign", "[groups] by")
    Labels(names=('1', '2'), place=array([ 1,  0, -1,  1]))

    Raises
    ------
    UsageError
        If there are more than ``MOST_LABELS`` values.
    """
    entries = np.asarray(values, dtype=object)
    present = [v for v in dict.fromkeys(entries.tolist()) if not is_missing(v)]
    if len(present) > MOST_LABELS:
        raise UsageError(
            f"{where}: column {name!r} has {len(present):,} different values; at most {MOST_LABELS} can be groups.",
            remedy=f"For quantiles of a number write `[groups] quantiles = {{ {name} = 5 }}`.",
        )
    numeric = all(isinstance(v, int | float | np.number) for v in present)
    ordered = sorted(present, key=(lambda v: float(v)) if numeric else str)
    at = {value: place for place, value in enumerate(ordered)}
    place = np.array([-1 if is_missing(v) else at[v] for v in entries.tolist()], dtype=np.int64)
    return Labels(tuple(_label(v) for v in ordered), place)


def _label(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)


def numbers(values: Any, name: str, where: str) -> FloatArray:
    """Return a column as numbers, NaN where an entry is empty or infinite, shape (N,).

    Raises
    ------
    UsageError
        If an entry is text.
    """
    try:
        found = np.array([np.nan if is_missing(v) else v for v in np.asarray(values, dtype=object)], dtype=np.float64)
    except (TypeError, ValueError):
        text = next(v for v in np.asarray(values, dtype=object) if not is_missing(v) and not _is_number(v))
        raise UsageError(
            f"{where}: column {name!r} holds {str(text)!r:.40}, which is not a number.",
            remedy="Name a numeric column, or write numbers only.",
        ) from None
    return np.where(np.isfinite(found), found, np.nan)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def quantiles(values: FloatArray, count: int) -> Labels:
    """Return the quantile of each number, 1 the lowest; equal numbers are never parted.

    With ties at a bound there are fewer quantiles than asked for.

    >>> quantiles(np.array([1.0, 2.0, 3.0, 4.0, np.nan]), 2)
    Labels(names=('1', '2'), place=array([ 0,  0,  1,  1, -1]))
    >>> quantiles(np.array([0.0, 0.0, 0.0, 4.0]), 2).names
    ('1', '2')
    >>> quantiles(np.array([0.0, 0.0, 0.0, 0.0]), 2).names
    ('1',)
    """
    finite = np.isfinite(values)
    edges = np.quantile(values[finite], np.arange(1, count) / count) if finite.any() else np.empty(0)
    place = np.where(finite, np.searchsorted(np.unique(edges), np.where(finite, values, 0.0), side="left"), -1)
    kept = np.unique(place[place >= 0])
    place = np.where(finite, np.searchsorted(kept, np.maximum(place, 0)), -1)
    return Labels(tuple(str(q + 1) for q in range(len(kept))), place.astype(np.int64))


def crossed(columns: list[Labels]) -> tuple[list[tuple[str, ...]], IntArray]:
    """Return the combinations of labels that occur, in order, and the combination of each row; -1 where one is empty.

    >>> a, b = Labels(("x", "y"), np.array([0, 1, 1])), Labels(("-1", "1"), np.array([1, 0, -1]))
    >>> crossed([a, b])
    ([('x', '1'), ('y', '-1')], array([ 0,  1, -1]))
    """
    places = np.stack([one.place for one in columns])
    complete = np.asarray((places >= 0).all(axis=0))
    found = np.unique(places[:, complete], axis=1).T.tolist()
    at = {tuple(row): place for place, row in enumerate(found)}
    place = np.array([at[tuple(p)] if ok else -1 for p, ok in zip(places.T.tolist(), complete, strict=True)])
    names = [tuple(one.names[p] for one, p in zip(columns, row, strict=True)) for row in found]
    return names, place.astype(np.int64)
