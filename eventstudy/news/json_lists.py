"""The one list of items inside a JSON dump, wherever it is and however it is wrapped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eventstudy.errors import NewsError
from eventstudy.news.dumps import shape_of
from eventstudy.news.item_rows import STAMPS, choose, flat
from eventstudy.news.raw_rows import RawRow, json_value

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _List:
    """A list of objects, the values that stood beside it and above it, and the keys that lead to it."""

    items: list[Row]
    beside: Row
    path: str = ""

    def rows(self) -> list[Row]:
        """Return the objects with the values beside them that the shape of the dump names."""
        shape = shape_of(self.items[0])
        beside = {} if shape is None else {name: self.beside[name] for name in shape.beside if name in self.beside}
        return [{**beside, **row} for row in self.items] if beside else self.items


def dump_rows(text: str, source: str) -> Iterator[RawRow]:
    """Yield the objects of a JSON dump, wherever its one list is.

    Understood are a list of objects; the list inside an object; the same list on every page of a list of answers;
    columns of equal length (EDGAR); ``columns`` beside ``data`` (MOEX ISS); records inside an object each (Reddit,
    archives of X). Values beside the list are added to its rows where the shape of the dump names them. No list, or
    several, are refused with the keys.
    """
    found = json_value(text, source)
    lists = list(_lists(found, {}))
    for fits in (shape_of, _is_news):
        if len(lists) > 1:
            lists = [one for one in lists if fits(one.items[0])] or lists
    if len(lists) != 1:
        raise _not_one_list(source, found, len(lists))
    for number, row in enumerate(lists[0].rows(), start=1):
        yield RawRow(number, row)


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


# Objects that the items of a list refer to (JSON:API, X), and no items.
REFERRED = ("includes", "included")


def _lists(found: Any, beside: Row, path: str = "") -> Iterator[_List]:
    """Yield every list of objects with the values that stood beside it."""
    if path.count(".") > MAX_DEPTH:
        return
    if isinstance(found, list):
        rows = _unwrapped([row for row in found if isinstance(row, dict)])
        pages = {} if not rows or _roles(rows[0]) else _pages(rows, path)
        yield from pages.values() or ([_List(rows, beside, path)] if rows else [])
        return
    if not isinstance(found, dict):
        return
    table = _columnar(found)
    if table:
        yield _List(table, beside, path)
        return
    plain = {**beside, **{k: v for k, v in found.items() if not isinstance(v, dict)}}
    inner = [(key, value) for key, value in found.items() if key not in REFERRED]
    nested = [one for key, value in inner for one in _lists(value, plain, f"{path}.{key}")]
    if nested:
        yield from nested
    elif not path and shape_of(found) is None and {"title", "text"} & _roles(found):
        yield _List([found], {})


def _pages(rows: list[Row], path: str) -> dict[str, _List]:
    """Return the lists inside objects that are not items themselves, those under the same keys as one."""
    pages: dict[str, _List] = {}
    for row in rows:
        for one in _lists(row, {}, f"{path}.page"):
            pages.setdefault(one.path, _List([], {}, one.path)).items.extend(one.rows())
    return pages


def _roles(row: Row) -> set[str]:
    """Return what is known of an object as an item: title, text, and the kinds of its stamps."""
    return {"title", "text", *STAMPS} & choose(flat(row), {}, "", shape_of(row)).keys()


def _is_news(row: Row) -> bool:
    roles = _roles(row)
    return bool({"title", "text"} & roles and STAMPS.keys() & roles)


def _unwrapped(rows: list[Row]) -> list[Row]:
    """Return objects without the wrapping of each, where the item is inside: ``{"_id": 1, "_source": {...}}``."""
    first = rows[0] if rows else {}
    inner = [key for key, value in first.items() if isinstance(value, dict) and (_is_news(value) or shape_of(value))]
    if len(inner) != 1 or _is_news({k: v for k, v in first.items() if not isinstance(v, dict)}):
        return rows
    (key,) = inner
    held = [(row, row[key] if isinstance(row.get(key), dict) else {key: row.get(key)}) for row in rows]
    return [{**{k: v for k, v in row.items() if k != key}, **item} for row, item in held]


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
