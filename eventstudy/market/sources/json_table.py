"""JSON as services give it to a grid: the table is found by its shape, whatever the service calls it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eventstudy.errors import DataError
from eventstudy.market.sources.grid import Grid, date_like
from eventstudy.market.sources.unpack import Stored
from eventstudy.market.sources.workbook import as_column

import pyarrow as pa  # isort: skip

# Names a document may give its instrument outside the rows.
INSTRUMENT_KEYS = ("ticker", "symbol", "instrument", "secid")
ENOUGH_DEPTH = 6
Rows = tuple[tuple[str, ...], list[Sequence[Any]]]


# The escape of half a letter beyond the first 65,536; two of them are one letter.
HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def looks_like_json(head: str) -> bool:
    """Return whether a text begins as JSON does."""
    return head.lstrip()[:1] in {"{", "["}


def json_grid(stored: Stored, names: Sequence[str] = ()) -> Grid:
    """Return the largest table in a JSON document as a grid.

    Tables are lists of objects, lists of lists, objects of equally long lists, objects with ``columns`` and ``data``,
    and objects whose keys are dates.

    Raises
    ------
    DataError
        If the text is not JSON, or holds no table: its keys are listed.
    """
    document = parsed(stored)
    if HALF.search(stored.bytes()) and has_half_a_letter(document):
        raise DataError(f"{stored.path} holds half a letter (a lone surrogate).", remedy="Write it again as UTF-8.")
    found = max(tables(document), key=lambda rows: len(rows[1]), default=None)
    if found is None or not found[1]:
        keys = ", ".join(map(str, document)) if isinstance(document, dict) else type(document).__name__
        raise DataError(f"{stored.path} is JSON without a table of prices; it holds {keys}.", remedy="Give the rows.")
    header, rows = found
    width = len(header) or max(map(len, rows))
    columns = [as_column([row[i] if i < len(row) else None for row in rows]) for i in range(width)]
    table = pa.table(columns, names=[f"c{i}" for i in range(width)])
    sample = tuple(str(cell) for cell in rows[0][:width])  # cells beyond the named columns are of no column
    levels = tuple((name,) for name in (names or header))

    def fetch(kinds: Mapping[int, Any]) -> dict[int, Any]:
        return {number: table.column(number) for number in kinds}

    return Grid(str(stored.path), levels, sample, 1, fetch, about=stated(document))


def parsed(stored: Stored) -> Any:
    """Return the document; lines of JSON are a list of theirs."""
    text = stored.bytes().decode("utf-8-sig")
    try:
        return json.loads(text)
    except ValueError as first:
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            raise DataError(f"{stored.path} is not valid JSON: {first}.", remedy="Download it again.") from None
    except RecursionError:
        raise DataError(f"{stored.path} is nested too deeply.", remedy="Give a list of rows.") from None


def has_half_a_letter(document: Any) -> bool:
    """Return whether a text of the document cannot be written as UTF-8."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except RecursionError:
        return False
    return False


def tables(node: Any, depth: int = 0) -> Iterator[Rows]:
    """Return every table inside a document."""
    if depth > ENOUGH_DEPTH:
        return
    if isinstance(node, list) and len(node) == 1 and isinstance(node[0], dict):
        yield from tables_of_object(node[0], depth)
    if isinstance(node, list) and node and all(isinstance(row, dict) for row in node):
        node = [flat(row) for row in node]
        header = tuple(dict.fromkeys(str(key) for row in node for key in row))
        yield header, [[scalar(row.get(name)) for name in header] for row in node]
    elif isinstance(node, list) and node and all(isinstance(row, list) for row in node):
        yield (), [list(map(scalar, row)) for row in node]
    elif isinstance(node, dict):
        yield from tables_of_object(node, depth)


def tables_of_object(node: dict[str, Any], depth: int) -> Iterator[Rows]:
    names, data = node.get("columns"), node.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        yield tuple(map(str, names)), [list(map(scalar, row)) for row in data]
        return
    lists = dict(columns_within(node))
    longest = max(map(len, lists.values()), default=0)
    lists = {name: column for name, column in lists.items() if len(column) == longest}
    if len(lists) > 1:
        yield tuple(lists), list(zip(*lists.values(), strict=True))
        return
    if node and all(isinstance(value, dict) and date_like(str(key)) for key, value in node.items()):
        inner = tuple(dict.fromkeys(str(name) for row in node.values() for name in row))
        yield ("time", *inner), [[key, *(scalar(row.get(name)) for name in inner)] for key, row in node.items()]
        return
    for value in node.values():
        yield from tables(value, depth + 1)


def columns_within(node: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield the lists of values in an object and in the objects inside it, as services split the columns of a chart."""
    for key, value in node.items():
        inner = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(inner, dict):
            yield from columns_within(inner)
        elif isinstance(value, list) and value and not any(isinstance(cell, dict | list) for cell in value):
            yield str(key), value


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the values of objects inside it as its own: ``{"mid": {"o": 1, "c": 2}}`` has o and c."""
    inner = [key for value in row.values() if isinstance(value, dict) for key in value]
    found: dict[str, Any] = {}
    for key, value in row.items():
        if not isinstance(value, dict):
            found[str(key)] = value
            continue
        for name, cell in value.items():
            found[str(name) if inner.count(name) == 1 and name not in row else f"{key} {name}"] = cell
    return found


def scalar(value: Any) -> Any:
    """Return a value of a cell; what is nested is text."""
    if isinstance(value, (bool, dict | list)):
        return str(value)
    return value


def stated(document: Any, depth: int = 0) -> dict[str, str]:
    """Return what a document says about its instrument outside its rows."""
    if not isinstance(document, dict) or depth > 2:
        return {}
    for key, value in document.items():
        if isinstance(value, str) and key.split(". ")[-1].casefold() in INSTRUMENT_KEYS:
            return {"instrument": value}
    for value in document.values():
        if found := stated(value, depth + 1):
            return found
    return {}
