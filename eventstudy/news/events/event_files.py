"""Lists of events as files: TOML, tables (CSV, Excel, Parquet, JSON) and iCalendar, every problem with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from eventstudy.errors import (
    EventFileError,
    EventTimeError,
    FileError,
    NewsError,
    Problem,
    UnknownNameError,
    did_you_mean,
    takes,
)
from eventstudy.files import read_regular
from eventstudy.news.decode import MAX_LIST_BYTES, read_decoded
from eventstudy.news.events.calendar_files import read_calendar_rows
from eventstudy.news.events.columns import table_rows
from eventstudy.news.events.event_rows import COLUMNS, EventRow, event_from_row
from eventstudy.news.items import Event
from eventstudy.news.raw_rows import KINDS, kind_by_name, unpacked
from eventstudy.news.readers import rows_of
from eventstudy.news.zones import find_zone
from eventstudy.renamed import named_arguments
from eventstudy.toml_places import Position, key_positions, nearest_place, read_toml

TOP_KEYS = ("event", "timezone", "title", "note", "status")
# A mistake that every row repeats is one message, with so many of its lines.
SHOWN_LINES = 5


@named_arguments
@takes(path=(str, Path), timezone=str)
def read_events(path: str | Path, *, timezone: str = "") -> list[Event]:
    """Read a list of events: TOML, CSV, Excel, Parquet, JSON or iCalendar.

    A table has a column ``date`` or ``time`` (or ``earliest`` and ``latest``) and, optionally, ``instrument`` (or
    ``ticker``, ``symbol``, ``permno``), ``session``, ``timezone``, ``id`` and ``label``; every other column becomes an
    attribute of the event. A TOML file has the same names in one ``[[event]]`` table per event.

    A time is an interval of its precision: ``"2021-04-13T18:37+03:00"`` is that minute. A time without UTC offset
    needs a time zone: ``timezone`` of the row, of the file, or here. A date without a time is the day as an interval,
    and ``session`` narrows it: ``bmo`` (before the market opens), ``dmh`` (during market hours), ``amc`` (after the
    close), or words such as "pre-market". ``run_study`` lays it on the trading days of each instrument.

    Parameters
    ----------
    path : str or Path
    timezone : str, optional
        IANA name of the clock of times without a UTC offset, such as ``"America/New_York"``.

    Returns
    -------
    list of Event

    Raises
    ------
    EventFileError
        With all problems at once, each as ``file:line:column: key: what is wrong``.

    Examples
    --------
    >>> from eventstudy.news.events.event_files import read_events
    >>> event = read_events("data/events/biden-putin-2021-04-13.toml")[0]
    >>> event.time.earliest.isoformat(), event.time.latest.isoformat()
    ('2021-04-13T15:00:00+00:00', '2021-04-13T15:37:59.999999+00:00')
    """
    path = Path(path)
    rows, problems = reader_of(path)(path)
    return events_of_rows(rows, problems, timezone)


def events_of_rows(rows: Sequence[EventRow], problems: Sequence[Problem] = (), timezone: str = "") -> list[Event]:
    """Return the events of rows, or raise all their problems at once."""
    if timezone:
        find_zone(timezone)  # one message for a misspelled zone, not one per row
    events: list[Event] = []
    found = list(problems)
    for row in (replace(r, timezone=timezone) if timezone and not r.timezone else r for r in rows):
        try:
            events.append(event_from_row(row))
        except EventTimeError as error:
            found.append(row.problem(error))
    found += _repeated(rows)
    if found:
        raise EventFileError("\n".join(grouped(found)))
    return events


def grouped(problems: Iterable[Problem]) -> list[str]:
    """Return problems as lines in the order of the file; one mistake in many rows is one line.

    >>> grouped([Problem("e.csv", n, 1, "time", f'"1{n}:00" has no time zone.') for n in (2, 3, 4)])
    ['e.csv:2:1: time: "12:00" has no time zone. (3 rows: lines 2, 3, 4)']
    """
    same: dict[tuple[str, str], list[Problem]] = {}
    for problem in sorted(problems, key=lambda p: (p.line, p.column)):
        same.setdefault((problem.key, re.sub(r"\"[^\"]*\"|'[^']*'|\d+", "", problem.message)), []).append(problem)
    lines = []
    for first, *others in same.values():
        listed = [str(p.line) for p in (first, *others)[:SHOWN_LINES]]
        more = ", ..." if len(others) >= SHOWN_LINES else ""
        lines.append(f"{first}" + (f" ({len(others) + 1} rows: lines {', '.join(listed)}{more})" if others else ""))
    return lines


def _repeated(rows: Sequence[EventRow]) -> list[Problem]:
    """Return the ids that two rows share, unless the rows are equal in every cell: those are one event given twice."""
    seen: dict[str, Mapping[str, Any]] = {}
    found: list[Problem] = []
    for row in rows:
        name = str(row.values.get("id", ""))
        if name and seen.setdefault(name, row.values) != row.values:
            found.append(row.at("id", f"{name!r} is used twice; every event needs a different id"))
    return found


def reader_of(path: Path) -> Callable[[Path], tuple[list[EventRow], list[Problem]]]:
    """Return the reader of a file by its ending, ``.gz`` aside; TOML where it has none."""
    if kind_by_name(str(path)):
        return read_table_rows
    ending = path.suffix.casefold() or ".toml"
    if ending not in EVENT_READERS:
        raise UnknownNameError("kind of events file", ending, (*EVENT_READERS, *KINDS))
    return EVENT_READERS[ending]


def status_of(path: Path) -> str:
    """Return the ``status`` of a TOML events file: "proposal" or "reviewed"; empty for other files."""
    if path.suffix.casefold() != ".toml":
        return ""
    try:
        return str(read_toml(read_decoded(path)).get("status", ""))
    except (tomllib.TOMLDecodeError, EventFileError):
        return ""  # whoever reads its events says what is wrong with it


def read_table_rows(path: Path) -> tuple[list[EventRow], list[Problem]]:
    """Return the rows of a table of events; columns that no event has are attributes."""
    try:
        content = unpacked(read_regular(path, MAX_LIST_BYTES), str(path))
        rows = table_rows(path, rows_of(content, str(path), kind_by_name(str(path)))[0])
    except (FileError, NewsError) as error:
        raise EventFileError(error.message, remedy=error.remedy) from None
    if not rows:
        raise EventFileError(f"{path} has no rows.", remedy="Write one event per row below a header.")
    return rows, []


def read_toml_rows(path: Path) -> tuple[list[EventRow], list[Problem]]:
    """Return the rows of a TOML events file with their lines."""
    text = read_decoded(path)
    try:
        found = read_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise EventFileError(f"{path}: not valid TOML: {error}") from None
    places = key_positions(text)
    shape = _shape_problem(path, found)
    if shape:
        return [], [shape]
    problems = _unknown(path, places, found, TOP_KEYS, "")
    rows = []
    for number, values in enumerate(found["event"]):
        place = partial(_place, places, f"event[{number}]")
        rows.append(EventRow(path, values, place("")[0], found.get("timezone", ""), place))
        problems += _unknown(path, places, values, COLUMNS, f"event[{number}]")
    return rows, problems


def _place(places: Mapping[str, Position], table: str, key: str) -> Position:
    return nearest_place(f"{table}.{key}".strip("."), places)


def _shape_problem(path: Path, found: dict[str, Any]) -> Problem | None:
    events = found.get("event")
    if not isinstance(events, list) or not all(isinstance(e, dict) for e in events):
        return Problem(str(path), 1, 1, "event", "an events file holds one [[event]] table per event")
    if not isinstance(found.get("timezone", ""), str):
        return Problem(str(path), 1, 1, "timezone", "a time zone is a string such as 'Europe/Moscow'")
    return None


def _unknown(
    path: Path, places: Mapping[str, Position], values: Mapping[str, Any], known: Sequence[str], table: str
) -> list[Problem]:
    return [
        Problem(
            *(str(path), *_place(places, table, key), key),
            f"unknown key; known are {', '.join(sorted(known))}. {did_you_mean(key, known)}".strip(),
        )
        for key in values
        if key not in known
    ]


# One reader per kind of file that is not a table, by its ending.
EVENT_READERS: dict[str, Callable[[Path], tuple[list[EventRow], list[Problem]]]] = {
    ".toml": read_toml_rows,
    ".ics": read_calendar_rows,
}
