"""One row of an events list, whatever file it came from, as an ``Event`` or a problem with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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
    """Return the event of a row; a cell that breaks its rule raises a ``StampError`` with the key as its kind."""
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
    is_session = isinstance(time, str) and session_of(time) is not None
    if row.values.get("date") in (None, ""):
        if is_session:
            raise StampError("date", f"{time!r} is a session, and the row has no `date`")
        return _stamp(row, "time")
    if is_session:
        return _stamp(row, "date")
    day = _stamp(row, "date")
    if day.precision != "day":
        raise StampError("date", f"{row.values['date']!r} already holds a time of day; remove it, or leave out `time`")
    return _clocked(row, f"{_local_date(day)} {clock_words(time)}")


def _clocked(row: EventRow, written: str) -> Stamp:
    """Return the stamp of a date with a time of day after it."""
    zone, found = _words(row.values, "timezone") or row.timezone, None
    try:
        found = _written(written, zone, None)
    except StampError as error:
        if error.kind != "not_a_stamp":
            raise StampError("time", _cured(error, written, zone)) from None
    if found is None or found.precision == "day":
        given = row.values["time"]
        raise StampError("time", f"{given!r} is neither a time of day nor a session; write 16:06, 4:06 PM or amc")
    return found


def clock_words(cell: Any) -> str:
    """Return a time of day as ``read_stamp`` takes it after a date: digits such as 1606 with their colons.

    Digits that may as well count the seconds since midnight, as SAS and Stata do, are refused.

    >>> [clock_words(cell) for cell in ("4:06 PM", "1606", 930, "16.30", clock_time(16, 6))]
    ['4:06 PM', '16:06', '9:30', '16:30', '16:06:00']
    """
    if isinstance(cell, clock_time):
        return cell.isoformat()
    text = str(cell).strip()
    found = _DIGITS.fullmatch(text)
    if found is None:
        return text
    clock = ":".join(filter(None, found.groups()))
    if len(text) == 5 and found[3] and int(text) < DAY_SECONDS:
        seconds = timedelta(seconds=int(text))
        raise StampError("time", f"{text!r} may be {clock}, or {seconds} as seconds since midnight; write the colons")
    return clock


_DIGITS = re.compile(r"(\d{1,2})\.?(\d\d)(\d\d)?")
DAY_SECONDS = 86_400


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
    stamp = read_stamp(text, zone=zone or ANYWHERE, day_first=day_first)
    if zone or stamp.precision == "day" or stamp.zone != ANYWHERE:
        return stamp
    return read_stamp(text, zone="", day_first=day_first)  # refused, unless it names this zone itself


def _cured(error: EventTimeError, value: object, zone: str) -> str:
    """Return the message of a stamp's error, with what the writer of a list can do about it."""
    shown = f'"{value}"'
    kind = error.kind if isinstance(error, StampError) else ""
    if kind == "zone_unknown" and not zone:
        return (
            f"{shown} has no time zone. Write its UTC offset (2021-04-13T18:37+03:00), add a `timezone`, or set "
            '`[events] timezone = "America/New_York"` in the study file.'
        )
    if kind == "not_a_stamp" and _SERIAL.fullmatch(str(value)):
        return f"{shown} is the day number of a spreadsheet. Format the column as a date there, and save it again."
    if kind == "day_month_order" and isinstance(error, StampError):
        readings = " or ".join(error.readings)
        return f"{shown} is ambiguous ({readings}), and no other row proves the order. Write 2021-04-13."
    return str(error)


_SERIAL = re.compile(r"[2-6]\d{4}(?:\.\d+)?")


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
