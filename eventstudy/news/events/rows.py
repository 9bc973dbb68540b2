"""One row of an events list, whatever file it came from, made into an ``Event`` or a problem with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from eventstudy.errors import EventFileError, EventTimeError, Problem, StampError
from eventstudy.news.items import Event, EventTime
from eventstudy.news.stamps import Stamp, read_stamp, stamp_of_date, stamp_of_datetime

MAX_BYTES = 50_000_000
BASES = ("stamp", "reviewed", "assumed", "price", "calendar")
COLUMNS = (
    *("id", "label", "time", "earliest", "latest", "timezone", "basis", "instruments", "expected_sign"),
    *("items", "sources", "evidence", "claims", "attributes"),
)


@dataclass(frozen=True)
class Row:
    """The values of one event as found, with the way back to their place in the file."""

    path: Path
    values: Mapping[str, Any]
    line: int
    timezone: str = ""
    place: Callable[[str], tuple[int, int]] | None = None

    def at(self, key: str, message: str) -> Problem:
        line, column = self.place(key) if self.place else (self.line, 1)
        return Problem(str(self.path), line, column, key, message)

    def problem(self, error: EventTimeError) -> Problem:
        return self.at(error.kind if isinstance(error, StampError) else "event", str(error))


def event_from_row(row: Row) -> Event:
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


def _event_time(row: Row) -> EventTime:
    values = row.values
    basis = _words(values, "basis") or "reviewed"
    if basis not in BASES:
        raise StampError("basis", f"{basis!r} is not a basis; known are {', '.join(BASES)}")
    given = {key for key in ("time", "earliest", "latest") if values.get(key) not in (None, "")}
    if given not in ({"time"}, {"earliest", "latest"}):
        raise StampError(
            "time", f"an event has one `time`, or `earliest` and `latest`; found {', '.join(sorted(given)) or 'none'}"
        )
    earliest = _stamp(row, "time" if "time" in given else "earliest")
    latest = _stamp(row, "time" if "time" in given else "latest", exact="time" not in given)
    return EventTime(earliest.start, latest.end, basis, _list(values, "evidence"))


def _stamp(row: Row, key: str, *, exact: bool = False) -> Stamp:
    """Return one time cell; ``exact`` takes a native date-time as the instant it names, not as its second."""
    value = row.values[key]
    zone = _words(row.values, "timezone") or row.timezone
    try:
        if isinstance(value, datetime):
            return stamp_of_datetime(value, zone, exact=exact)
        if isinstance(value, date):
            return stamp_of_date(value, zone)
        if isinstance(value, str):
            return read_stamp(value, zone=zone)
    except EventTimeError as error:
        raise StampError(key, str(error)) from None
    raise StampError(key, f"{value!r} is not a time; write it as 2021-04-13T18:37:00+03:00")


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


def read_text(path: Path) -> str:
    """Return the text of a file, refusing what is too large or not UTF-8."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise EventFileError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB; that is no list of events.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise EventFileError(f"{path} cannot be read: {error.strerror}.", remedy="Check the path.") from None
    except UnicodeDecodeError as error:
        raise EventFileError(f"{path} is not UTF-8 (byte {error.start}).", remedy="Save it as UTF-8.") from None
