"""Lists of events as files: read with every problem at its line, written for review, never over a reviewed file."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from eventstudy.arrays import look_up
from eventstudy.errors import EventFileError, EventTimeError, NewsError, Problem, did_you_mean
from eventstudy.news.decode import decode
from eventstudy.news.events.rows import COLUMNS, MAX_BYTES, Row, event_from_row, read_text
from eventstudy.news.items import Event
from eventstudy.news.readers import item_id
from eventstudy.news.toml_text import block_lines, key_line

LISTS = ("instruments", "items", "sources", "evidence")
ALIASES = {
    "name": "label",
    "title": "label",
    "event": "label",
    "zone": "timezone",
    "tz": "timezone",
    "instrument": "instruments",
}
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
MAX_CELL = 1_000_000


def read_decoded(path: Path) -> str:
    """Return the text of a file in whichever encoding it certainly has."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise EventFileError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB; that is no list of events.")
        return decode(path.read_bytes(), str(path)).text
    except OSError as error:
        raise EventFileError(f"{path} cannot be read: {error.strerror}.", remedy="Check the path.") from None
    except NewsError as error:
        raise EventFileError(str(error)) from None


def read_csv_rows(path: Path) -> tuple[list[Row], list[Problem]]:
    """Return the rows of a CSV of events; columns that no event has are attributes."""
    text = read_decoded(path)
    csv.field_size_limit(MAX_CELL)
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)
    names = [ALIASES.get(n.strip().casefold(), n.strip().casefold()) for n in reader.fieldnames or ()]
    if not {"time", "earliest", "date"} & set(names):
        raise EventFileError(
            f"{path}:1: no column tells when; found {', '.join(names) or 'no header'}.",
            remedy="Name a column time (or earliest and latest), written as 2021-04-13T18:37+03:00.",
        )
    rows, problems = [], []
    try:
        for cells in reader:
            if None in cells or None in cells.values():
                problems.append(
                    Problem(str(path), reader.line_num, 1, "row", "more or fewer cells than the header has")
                )
                continue
            values = dict(zip(names, (c.strip() for c in cells.values()), strict=True))
            if any(values.values()):
                rows.append(Row(path, csv_values(values), reader.line_num))
    except csv.Error as error:
        raise EventFileError(f"{path}:{reader.line_num}: not readable as CSV: {error}.") from None
    return rows, problems


def csv_values(cells: Mapping[str, str]) -> dict[str, object]:
    """Return the cells of one row as the values of an event."""
    filled = {k: v for k, v in cells.items() if v}
    when = " ".join(filled.pop(k) for k in ("date", "time") if k in filled)
    values: dict[str, object] = {k: v for k, v in filled.items() if k in COLUMNS and k not in LISTS}
    values |= {k: [part.strip() for part in filled[k].split(";") if part.strip()] for k in LISTS if k in filled}
    if when:
        values["time"] = when
    sign = str(values.get("expected_sign", ""))
    if sign in ("1", "+1", "-1"):
        values["expected_sign"] = int(sign)
    values.setdefault("id", item_id(f"{filled.get('label', 'event')} {when or filled.get('earliest', '')}".strip()))
    values["attributes"] = {k: _cell(v) for k, v in filled.items() if k not in COLUMNS}
    return values


def _cell(text: str) -> float | str:
    return float(text) if _NUMBER.fullmatch(text) else text


def read_calendar_rows(path: Path) -> tuple[list[Row], list[Problem]]:
    """Return the events of an iCalendar file (RFC 5545); a recurring one is a problem, not a guess."""
    rows, problems = [], []
    zone, inside, first = "", False, 0
    fields: dict[str, tuple[str, dict[str, str]]] = {}
    for line, text in _unfolded(read_decoded(path)):
        name, parameters, value = _property(text)
        if (name, value.upper()) == ("BEGIN", "VEVENT"):
            inside, first, fields = True, line, {}
        elif (name, value.upper()) == ("END", "VEVENT") and inside:
            inside = False
            rows.append(Row(path, _calendar_values(fields), first, zone))
            if "RRULE" in fields or "RDATE" in fields:
                problems.append(Problem(str(path), first, 1, "RRULE", "a recurring event; write each date of its own"))
        elif inside:
            fields.setdefault(name, (value, parameters))
        elif name == "X-WR-TIMEZONE":
            zone = value
    if not rows and not problems:
        raise EventFileError(f"{path} holds no VEVENT.", remedy="Export a calendar as iCalendar (.ics).")
    return rows, problems


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, content line); a line that begins with a blank continues the one before."""
    start, current = 1, ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line[:1] in (" ", "\t"):
            current += line[1:]
            continue
        if current:
            yield start, current
        start, current = number, line
    if current:
        yield start, current


def _property(text: str) -> tuple[str, dict[str, str], str]:
    """Return (NAME, parameters, value); a quoted parameter may hold colons."""
    found = re.match(r'([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^;:"]*))*):(.*)', text, re.DOTALL)
    if not found:
        return "", {}, ""
    pairs = re.findall(r';([A-Za-z0-9-]+)=("[^"]*"|[^;:"]*)', found[2])
    return found[1].upper(), {k.upper(): v.strip('"') for k, v in pairs}, found[3].strip()


_ESCAPED = re.compile(r"\\([\\;,nN])")


def _words(value: str) -> str:
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value)


def _calendar_values(fields: Mapping[str, tuple[str, Mapping[str, str]]]) -> dict[str, object]:
    when, parameters = fields.get("DTSTART", ("", {}))
    label = _words(fields.get("SUMMARY", ("", {}))[0])
    uid = fields.get("UID", (f"{label} {when}", {}))[0]
    values: dict[str, object] = {
        "id": item_id(uid),
        "label": label,
        "time": to_minute(when),
        "basis": "calendar",
        "sources": [_words(fields[k][0]) for k in ("URL",) if k in fields],
    }
    if parameters.get("TZID"):
        values["timezone"] = parameters["TZID"]
    return values


def to_minute(when: str) -> str:
    """Return a DTSTART written to the minute: calendars are kept to the minute, their seconds are no news."""
    found = re.fullmatch(r"(\d{8})T(\d{4})00(Z?)", when)
    return f"{found[1]}T{found[2]}{found[3]}" if found else when


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
    >>> from eventstudy.news.events.files import read_events
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
