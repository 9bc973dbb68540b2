"""Lists of events as files: read with every problem at its line, written for review, never over a reviewed file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from eventstudy.arrays import look_up
from eventstudy.errors import EventFileError, EventTimeError, Problem, did_you_mean
from eventstudy.news.event_lists import read_calendar_rows, read_csv_rows
from eventstudy.news.event_rows import COLUMNS, Row, event_from_row, read_text
from eventstudy.news.items import Event
from eventstudy.news.toml_text import block_lines, key_line

Block = tuple[int, int | None]


def read_events(path: str | Path, *, timezone: str = "") -> list[Event]:
    """Read a list of events from TOML, CSV or iCalendar.

    Every event is a ``[[event]]`` table: ``id``, ``label``, ``earliest`` and ``latest`` (or one ``time``), ``basis``,
    ``instruments``, ``expected_sign``, ``sources``, ``evidence``, ``attributes``. A time is a TOML date-time with
    its offset, taken as it stands, or a string such as ``"2021-04-13T18:37+03:00"``, which is an interval of its own
    precision: that minute. Times without an offset need ``timezone`` (in the event, at the top of the file, or here).
    A CSV has the same names as columns (``date`` and ``time`` may stand apart, lists are joined by ``;``, further
    columns are attributes); of an iCalendar file each ``VEVENT`` is one event, to the minute of its ``DTSTART``.

    Raises
    ------
    EventFileError
        With all problems at once, each as ``file:line:column: key: what is wrong``.

    Examples
    --------
    >>> from eventstudy.news.event_files import read_events
    >>> event = read_events("data/events/biden-putin-2021-04-13.toml")[0]
    >>> event.time.earliest.isoformat(), event.time.latest.isoformat()
    ('2021-04-13T15:00:00+00:00', '2021-04-13T15:37:59.999999+00:00')
    """
    path = Path(path)
    rows, problems = look_up("kind of events file", EVENT_READERS, path.suffix.casefold() or ".toml")(path)
    events: list[Event] = []
    for row in (r if r.timezone else replace(r, timezone=timezone) for r in rows):
        try:
            events.append(event_from_row(row))
        except EventTimeError as error:
            problems.append(row.problem(error))
    problems += _repeated(rows, events)
    if problems:
        raise EventFileError("\n".join(str(p) for p in sorted(problems, key=lambda p: p.line)))
    return events


def _repeated(rows: list[Row], events: list[Event]) -> list[Problem]:
    seen: set[str] = set()
    found: list[Problem] = []
    for row in rows:
        name = str(row.values.get("id", ""))
        if name and name in seen:
            found.append(row.at("id", f"{name!r} is used twice; every event needs an id of its own"))
        seen.add(name)
    return found


def read_toml_rows(path: Path) -> tuple[list[Row], list[Problem]]:
    """Return the rows of a TOML events file with their lines."""
    text = read_text(path)
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise EventFileError(f"{path}: this is not TOML: {error}") from None
    shape = _shape_problem(path, found)
    if shape:
        return [], [shape]
    problems = _unknown(path, text, found, {"event", "timezone", "title", "note", "status"}, (1, None))
    rows = []
    for values, block in zip(found["event"], _blocks(text, len(found["event"])), strict=True):
        place = partial(_key_place, text, block)
        rows.append(Row(path, values, block[0], found.get("timezone", ""), place))
        problems += _unknown(path, text, values, COLUMNS, block)
    return rows, problems


def _blocks(text: str, count: int) -> list[Block]:
    """Return (first line, line after the last) of each ``[[event]]``; the whole file where the headers are hidden."""
    starts = block_lines(text, "event")
    if len(starts) != count:
        return [(1, None)] * count
    return list(zip(starts, [*starts[1:], None], strict=True))


def _key_place(text: str, block: Block, key: str) -> tuple[int, int]:
    return key_line(text, key, block)


def _shape_problem(path: Path, found: dict[str, Any]) -> Problem | None:
    events = found.get("event")
    if not isinstance(events, list) or not all(isinstance(e, dict) for e in events):
        return Problem(str(path), 1, 1, "event", "an events file holds one [[event]] table per event")
    if not isinstance(found.get("timezone", ""), str):
        return Problem(str(path), 1, 1, "timezone", "a zone is named by a string such as 'Europe/Moscow'")
    return None


def _unknown(path: Path, text: str, values: dict[str, Any], known: Iterable[str], block: Block) -> list[Problem]:
    known = sorted(known)
    return [
        Problem(
            *(str(path), *key_line(text, key, block), key),
            f"unknown key; known are {', '.join(known)}. {did_you_mean(key, known)}".strip(),
        )
        for key in values
        if key not in known
    ]


# One reader per kind of file, by its ending.
EVENT_READERS: dict[str, Callable[[Path], tuple[list[Row], list[Problem]]]] = {
    ".toml": read_toml_rows,
    ".csv": read_csv_rows,
    ".ics": read_calendar_rows,
}
