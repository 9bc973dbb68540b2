"""Where every key of a TOML text stands, for messages that name file, line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

Position = tuple[int, int]


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
