"""TOML texts: read within bounds, with the place of every key for messages that name file, line and column."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

Position = tuple[int, int]
# No study or events file comes near; deeper values overflow the stack of whatever walks through them.
MOST_DEPTH = 50
_PART = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_LONG_KEY = re.compile(rf"(?:^|[\n{{,])(?:[ \t]*\[){{0,2}}(?:[ \t]*{_PART}[ \t]*\.){{{MOST_DEPTH}}}")


def read_toml(text: str) -> dict[str, Any]:
    """Return the content of a TOML text; a byte order mark at its beginning is left out.

    Raises
    ------
    tomllib.TOMLDecodeError
        If it is not TOML, is nested more than ``MOST_DEPTH`` deep, or holds a number too long to be one.

    Examples
    --------
    >>> read_toml("a = [1, 2]")
    {'a': [1, 2]}
    """
    too_deep = tomllib.TOMLDecodeError(f"nested more than {MOST_DEPTH} deep")
    # The reader needs the square of the number of parts of a key.
    if _LONG_KEY.search(text):
        raise too_deep
    try:
        found = tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise too_deep from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # an integer of thousands of digits, an impossible date
        raise tomllib.TOMLDecodeError(str(error).partition(";")[0]) from None
    layer: list[Any] = [found]
    for _ in range(MOST_DEPTH):
        layer = [value for node in layer for value in _children(node)]
    if layer:
        raise too_deep
    return found


def _children(node: Any) -> list[Any]:
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [value for value in inside if isinstance(value, dict | list)]


def key_positions(text: str) -> dict[str, Position]:
    """Return the line and column (from 1) of every key and table header of a TOML text.

    The TOML reader of the standard library keeps no positions, so this reads the shape of the lines again; it only
    has to be right for texts that the reader has accepted.

    >>> key_positions('a = 1\\n[[event]]\\nid = "x"')
    {'a': (1, 1), 'event[0]': (2, 1), 'event[0].id': (3, 1)}
    """
    places: dict[str, Position] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in _lines_outside_strings(text):
        if header := re.match(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?", line):
            table = _plain(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            places[table] = (number, line.index("[") + 1)
        elif key := re.match(r"\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+))*)\s*=", line):
            name = f"{table}.{_plain(key[1])}".lstrip(".")
            places[name] = (number, key.start(1) + 1)
    return places


def _plain(key: str) -> str:
    return re.sub(r"\s*\.\s*", ".", key.strip()).replace('"', "").replace("'", "")


def _lines_outside_strings(text: str) -> Iterator[tuple[int, str]]:
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            yield number, line
        for quotes in re.findall(r'"""|\'\'\'', line):
            inside = "" if inside == quotes else inside or quotes


def nearest_place(key: str, places: Mapping[str, Position]) -> Position:
    """Return the place of a key, or of the nearest thing above it that is written in the file."""
    while key:
        if key in places:
            return places[key]
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return (1, 1)
