"""One row of an events list, whatever file it came from, as an ``Event`` or a problem with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from eventstudy.errors import EventTimeError, Problem, StampError
from eventstudy.market.instruments import instrument
from eventstudy.news.events.event_sessions import time_of_day
from eventstudy.news.items import Event, EventDay, EventTime
from eventstudy.news.session_words import session_of
from eventstudy.news.stamps import Stamp, read_stamp, stamp_of_date, stamp_of_datetime
from eventstudy.news.zones import find_zone

# The clock on which a date without a zone is read; its civil day is then taken in every zone.
ANYWHERE = "UTC"
BASES = ("stamp", "reviewed", "assumed", "price", "calendar")
COLUMNS = (
    *("id", "label", "date", "time", "session", "earliest", "latest", "timezone", "calendar", "basis"),
    *("instruments", "expected_sign"),
    *("items", "sources", "evidence", "claims", "attributes"),
)


@dataclass(frozen=True)
class EventRow:
    """The values of one event as found, with the way back to their place in the file.

    ``day_first`` is the order of numeric dates where other rows of the same table prove it.
    """

    path: Path
    values: Mapping[str, Any]
    line: int
    timezone: str = ""
    place: Callable[[str], tuple[int, int]] | None = None
    day_first: bool | None = None

    def at(self, key: str, message: str) -> Problem:
        line, column = self.place(key) if self.place else (self.line, 1)
        return Problem(str(self.path), line, column, key, message)

    def problem(self, error: EventTimeError) -> Problem:
        return self.at(error.kind if isinstance(error, StampError) else "event", str(error))


def event_from_row(row: EventRow) -> Event:
    """Return the event of a row.

    Raises
    ------
    EventTimeError
        If a cell breaks its rule; a ``StampError`` names the key as its kind.
    """
    values = row.values
    name = _words(values, "id")
    if not name:
        raise StampError("id", "every event needs an id")
    return Event(
        id=name,
        time=_event_time(row),
        instruments=_list(values, "instruments"),
        label=_words(values, "label"),
        expected_sign=_sign(values),
        items=_list(values, "items"),
        sources=_list(values, "sources"),
        claims=_list(values, "claims"),
        attributes=_attributes(values),
    )


def _event_time(row: EventRow) -> EventTime:
    values = row.values
    basis = _words(values, "basis") or "reviewed"
    if basis not in BASES:
        raise StampError("basis", f"{basis!r} is not a basis; known are {', '.join(BASES)}")
    given = {key for key in ("date", "time", "earliest", "latest") if values.get(key) not in (None, "")}
    evidence = _list(values, "evidence")
    if {"earliest", "latest"} <= given and "time" not in given:
        day = _day(row, _stamp(row, "date")) if "date" in given else None
        start, stop = (_stamp(row, key, exact=True) for key in ("earliest", "latest"))
        return EventTime(start.start, stop.end, basis, evidence, day)
    if not given or given & {"earliest", "latest"}:
        raise StampError(
            "time",
            "an event has a `time`, a `date`, or `earliest` and `latest`; "
            f"found {' and '.join(f'`{key}`' for key in sorted(given)) or 'none of them'}",
        )
    stamp = _when(row)
    if stamp.precision == "day":
        return time_of_day(_day(row, stamp), _exchange(row), evidence, basis)
    return EventTime(stamp.start, stamp.end, basis, evidence)


def _when(row: EventRow) -> Stamp:
    """Return the stamp of ``date`` and ``time``; a session is not a time."""
    time = row.values.get("time", "")
    if isinstance(time, str) and session_of(time) is not None:
        return _stamp(row, "date")
    if row.values.get("date") in (None, ""):
        return _stamp(row, "time")
    day = _stamp(row, "date")
    if day.precision != "day":
        raise StampError("date", f"{row.values['date']!r} already holds a time of day; remove it, or leave out `time`")
    clock = clock_text(time)
    if not clock:
        raise StampError("time", f"{time!r} is neither a time of day nor a session; write 16:06, 4:06 PM or amc")
    return _stamp(
        EventRow(row.path, {**row.values, "time": f"{_local_date(day)}T{clock}"}, row.line, row.timezone), "time"
    )


def clock_text(cell: Any) -> str:
    """Return a time of day as ``HH:MM[:SS]`` with the zone written after it; empty where it is none.

    >>> [clock_text(text) for text in ("4:06 PM", "1606", "9:30", "16:06:30 ET", "noonish")]
    ['16:06', '16:06', '09:30', '16:06:30 ET', '']
    """
    if isinstance(cell, clock_time):
        return cell.isoformat()
    found = _CLOCK.fullmatch(str(cell).strip())
    if not found:
        return ""
    hour, half = int(found["hour"] or found["hour2"]), (found["half"] or "").casefold()
    if half:
        if not 1 <= hour <= 12:
            return ""
        hour = hour % 12 + (12 if half == "p" else 0)
    if not half and found["hour"] and not found["minute"]:
        return ""
    minute, second = found["minute"] or found["minute2"] or "00", found["second"] or found["second2"]
    zone = (found["zone"] or "").strip()
    zone = zone if not zone or zone[0] in "+-Z\u2212" else f" {zone}"
    return f"{hour:02}:{minute}" + (f":{second}" if second else "") + zone


_CLOCK = re.compile(
    r"(?:(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d)(?::(?P<second>\d\d(?:[.,]\d+)?))?)?"
    r"|(?P<hour2>\d{1,2})(?P<minute2>\d\d)(?P<second2>\d\d)?)"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?(?P<zone>\s*[+\u2212-]\d\d:?\d\d|Z|\s+[A-Za-z][A-Za-z/_.]*)?"
)


def _day(row: EventRow, stamp: Stamp) -> EventDay:
    """Return the date of a stamp with the session of its row."""
    time = row.values.get("time", "")
    cell = row.values.get("session") or (time if isinstance(time, str) and session_of(time) else "")
    session = session_of(cell) if isinstance(cell, str) else None
    if session is None:
        raise StampError("session", f"{cell!r} is not a session; use bmo, dmh, amc, or words such as pre-market")
    given = _words(row.values, "timezone") or row.timezone or ("" if stamp.zone == ANYWHERE else stamp.zone)
    return EventDay(date.fromisoformat(_local_date(stamp)), session, given)


def _local_date(stamp: Stamp) -> str:
    zone = UTC if stamp.zone == ANYWHERE else find_zone(stamp.zone)[0]
    return stamp.start.astimezone(zone).date().isoformat()


def _exchange(row: EventRow) -> str:
    """Return the calendar on which that places a date: that of the row, or the one that all its instruments have."""
    if named := _words(row.values, "calendar"):
        return named
    venues = {instrument(code).calendar for code in _list(row.values, "instruments")}
    return next(iter(venues)) if len(venues) == 1 else ""


def _stamp(row: EventRow, key: str, *, exact: bool = False) -> Stamp:
    """Return one cell; ``exact`` takes a native date-time as the instant it names, not as its second.

    A date without a zone is read on the clock ``ANYWHERE``.
    """
    value = row.values[key]
    zone = _words(row.values, "timezone") or row.timezone
    try:
        if isinstance(value, datetime):
            return stamp_of_datetime(value, zone, exact=exact)
        if isinstance(value, date):
            return stamp_of_date(value, zone or ANYWHERE)
        if isinstance(value, str):
            return _written(value, zone, row.day_first)
    except EventTimeError as error:
        raise StampError(key, _cured(error, value, zone)) from None
    raise StampError(key, f"{value!r} is not a time; write it as 2021-04-13T18:37:00+03:00")


def _written(text: str, zone: str, day_first: bool | None) -> Stamp:
    """Return a written stamp; one without a zone is accepted only where it is a date."""
    if zone:
        return read_stamp(text, zone=zone, day_first=day_first)
    try:
        return read_stamp(text, zone="", day_first=day_first)
    except StampError as error:
        stamp = None if error.kind != "zone_unknown" else read_stamp(text, zone=ANYWHERE, day_first=day_first)
        if stamp is None or stamp.precision != "day":
            raise
        return stamp


def _cured(error: EventTimeError, value: object, zone: str) -> str:
    """Return the message of a stamp's error, with what the writer of a list can do about it."""
    shown = f'"{value}"'
    kind = error.kind if isinstance(error, StampError) else ""
    if kind == "zone_unknown" and not zone:
        return (
            f"{shown} has no time zone. Write its UTC offset (2021-04-13T18:37+03:00), add a `timezone`, or set "
            '`[events] timezone = "America/New_York"` in the study file.'
        )
    if kind == "day_month_order" and isinstance(error, StampError):
        readings = " or ".join(error.readings)
        return f"{shown} is ambiguous ({readings}), and no other row proves the order. Write 2021-04-13."
    return str(error)


def _words(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key, "")
    if not isinstance(value, str):
        raise StampError(key, f"{value!r} is not text")
    return value


def _list(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = values.get(key, ())
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        raise StampError(key, f"{value!r} is not a list of strings")
    return tuple(value)


def _sign(values: Mapping[str, Any]) -> int | None:
    value = values.get("expected_sign")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value in (-1, 1)):
        return value
    raise StampError("expected_sign", f"{value!r} is not a sign; allowed are 1 and -1, or leave it out")


def _attributes(values: Mapping[str, Any]) -> dict[str, float | str]:
    value = values.get("attributes", {})
    if not isinstance(value, Mapping):
        raise StampError("attributes", f"{value!r} is not a table of numbers and words")
    for key, cell in value.items():
        if isinstance(cell, bool) or not isinstance(cell, int | float | str):
            raise StampError("attributes", f"{key} = {cell!r} is neither a number nor a word")
    return dict(value)
