"""The one list of items inside a JSON dump, wherever it is and however it is wrapped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eventstudy.errors import NewsError
from eventstudy.news.dumps import shape_of
from eventstudy.news.item_rows import choose
from eventstudy.news.raw_rows import RawRow, json_value

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _List:
    """A list of objects, and the values that stood beside it and above it."""

    items: list[Row]
    beside: Row


def dump_rows(text: str, source: str) -> Iterator[RawRow]:
    """Yield the objects of a JSON dump, wherever its one list is.

    A list of objects, the list inside an object, columns of equal length (EDGAR), ``columns`` beside ``data`` (MOEX
    ISS), and records wrapped as ``{"kind": ..., "data": {...}}`` (Reddit) are understood. Values beside the
    list are added to its rows where the shape of the dump names them.

    Raises
    ------
    NewsError
        If no list is found, or several; the message names the keys.
    """
    found = json_value(text, source)
    lists = list(_lists(found, {}))
    if len(lists) > 1:
        lists = [one for one in lists if shape_of(one.items[0]) is not None] or lists
    if len(lists) != 1:
        raise _not_one_list(source, found, len(lists))
    (rows,) = lists
    shape = shape_of(rows.items[0])
    beside = {} if shape is None else {name: rows.beside[name] for name in shape.beside if name in rows.beside}
    for number, row in enumerate(rows.items, start=1):
        yield RawRow(number, {**beside, **row})


def _not_one_list(source: str, found: Any, count: int) -> NewsError:
    what = f"{count} lists of objects" if count else "no list of objects"
    remedy = "Save the list of news items alone."
    if not count and isinstance(found, dict | list) and _has_empty_list(found):
        what, remedy = "an empty list", "Check what was downloaded: it holds no item."
    return NewsError(
        f"{source}: {what} in this JSON; its keys are {', '.join(key_paths(found)) or 'none'}.", remedy=remedy
    )


def _has_empty_list(found: Any) -> bool:
    """Return whether a JSON value has a list, and every list it has is empty."""
    if isinstance(found, list):
        return not found
    inner = [_has_empty_list(value) for value in found.values() if isinstance(value, dict | list)] if found else []
    return bool(inner) and all(inner)


# So deep a list of items is looked for.
MAX_DEPTH = 5


def _lists(found: Any, beside: Row, depth: int = 0) -> Iterator[_List]:
    """Yield every list of objects with the values that stood beside it."""
    if depth > MAX_DEPTH:
        return
    if isinstance(found, list):
        rows = [_unwrapped(row) for row in found if isinstance(row, dict)]
        if rows:
            yield _List(rows, beside)
        return
    if not isinstance(found, dict):
        return
    table = _columnar(found)
    if table:
        yield _List(table, beside)
        return
    plain = {**beside, **{k: v for k, v in found.items() if not isinstance(v, dict)}}
    nested = [one for value in found.values() for one in _lists(value, plain, depth + 1)]
    if nested:
        yield from nested
    elif depth == 0 and shape_of(found) is None and found and _is_record(found):
        yield _List([found], {})


def _is_record(found: Row) -> bool:
    return bool({"title", "text"} & choose(found, {}, "").keys())


def _unwrapped(row: Row) -> Row:
    inner = row.get("data")
    return inner if isinstance(inner, dict) and set(row) <= {"kind", "data"} else row


def _columnar(found: Row) -> list[Row]:
    """Return the rows of a table written by columns, or as ``columns`` and ``data``; empty where it is none."""
    names, data = found.get("columns"), found.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        return [dict(zip(map(str, names), row, strict=False)) for row in data]
    columns = list(found.values())
    if len(columns) < 2 or not all(isinstance(c, list) and c and not isinstance(c[0], dict) for c in columns):
        return []
    equal = all(len(column) == len(columns[0]) for column in columns)
    return [dict(zip(found, cells, strict=True)) for cells in zip(*columns, strict=True)] if equal else []


def key_paths(found: Any, prefix: str = "", depth: int = 0) -> list[str]:
    """Return the keys of a JSON value with their paths, three levels deep; ``[]`` marks a list.

    >>> key_paths({"status": "ok", "data": {"rows": []}})
    ['status', 'data.rows[]']
    """
    if isinstance(found, list):
        return key_paths(found[0], f"{prefix}[]", depth + 1) if found and depth < 3 else [f"{prefix}[]"]
    if not isinstance(found, dict) or depth >= 3 or not found:
        return [prefix] if prefix else []
    inner = [key_paths(value, f"{prefix}.{key}".lstrip("."), depth + 1) for key, value in list(found.items())[:20]]
    return [path for paths in inner for path in paths]
