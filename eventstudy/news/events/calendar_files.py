"""Events of iCalendar files (RFC 5545): one per ``VEVENT``, to the minute of its ``DTSTART``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from eventstudy.errors import EventFileError, Problem
from eventstudy.news.decode import read_decoded
from eventstudy.news.events.event_rows import EventRow
from eventstudy.news.readers import item_id


class _Field(NamedTuple):
    """A property of an event: its value and its parameters, such as the zone of a time."""

    value: str = ""
    parameters: Mapping[str, str] = {}


def read_calendar_rows(path: Path) -> tuple[list[EventRow], list[Problem]]:
    """Return the events of an iCalendar file (RFC 5545); a recurring one is a problem, not a guess."""
    rows, problems = [], []
    zone, inside, first = "", False, 0
    fields: dict[str, _Field] = {}
    for line, text in _unfolded(read_decoded(path)):
        name, parameters, value = _property(text)
        if (name, value.upper()) == ("BEGIN", "VEVENT"):
            inside, first, fields = True, line, {}
        elif (name, value.upper()) == ("END", "VEVENT") and inside:
            inside = False
            rows.append(EventRow(path, _calendar_values(fields), first, zone))
            if "RRULE" in fields or "RDATE" in fields:
                problems.append(Problem(str(path), first, 1, "RRULE", "a recurring event; write each date as an event"))
        elif inside:
            fields.setdefault(name, _Field(value, parameters))
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


def _calendar_values(fields: Mapping[str, _Field]) -> dict[str, object]:
    when, parameters = fields.get("DTSTART", _Field())
    label = _words(fields.get("SUMMARY", _Field()).value)
    uid = fields.get("UID", _Field(f"{label} {when}")).value
    values: dict[str, object] = {
        "id": item_id(uid),
        "label": label,
        "time": to_minute(when),
        "basis": "calendar",
        "sources": [_words(fields[k].value) for k in ("URL",) if k in fields],
    }
    if parameters.get("TZID"):
        values["timezone"] = parameters["TZID"]
    return values


def to_minute(when: str) -> str:
    """Return a DTSTART written to the minute: calendars are kept to the minute, their seconds carry no information."""
    found = re.fullmatch(r"(\d{8})T(\d{4})00(Z?)", when)
    return f"{found[1]}T{found[2]}{found[3]}" if found else when
