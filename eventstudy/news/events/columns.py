"""Tables of events: which column holds what, and cells of any type as the values of an event."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.errors import EventFileError
from eventstudy.market.instruments import INSTRUMENT_COLUMNS
from eventstudy.news.dumps import Shape, shape_of
from eventstudy.news.events.event_rows import EventRow
from eventstudy.news.item_rows import attribute, cell_text, is_empty, plain_name, tickers
from eventstudy.news.phrases import is_zone
from eventstudy.news.raw_rows import RawRow
from eventstudy.news.readers import item_id
from eventstudy.news.session_words import holds_sessions

if TYPE_CHECKING:
    import pandas as pd

# Role -> the names its column may have, the best first; every other column is an attribute.
ROLES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "event_id"),
    "label": ("label", "name", "title", "headline", "event"),
    "instruments": INSTRUMENT_COLUMNS,
    "date": (
        *("date", "event_date", "announcement_date", "earnings_date", "report_date", "release_date", "anndats", "rdq"),
    ),
    "time": ("time", "event_time", "announcement_time", "datetime", "timestamp", "anntims"),
    "session": ("session", "hour"),
    "timezone": ("timezone", "time_zone", "tz", "zone"),
    "earliest": ("earliest",),
    "latest": ("latest",),
    "basis": ("basis",),
    "calendar": ("calendar",),
    "expected_sign": ("expected_sign",),
    "items": ("items",),
    "sources": ("sources",),
    "evidence": ("evidence",),
    "claims": ("claims",),
}
# Roles without which a table still has events, only others: their misspelled columns would be attributes.
OPTIONAL, ALIKE = ("instruments", "session", "timezone"), 0.85
LISTS = ("items", "sources", "evidence", "claims")
_NUMERIC_DATE = re.compile(r"(\d{1,2})(?:[./-]|\. )(\d{1,2})(?:[./-]|\. )(?:\d{4}|\d\d)(?!\d)")
_CLOCK = re.compile(
    r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?P<half>\s?[ap]\.?\s?m\.?)?(?P<zone>(?: [^\d\s]+){0,2})", re.IGNORECASE
)
_ZERO = re.compile(r"0?0:?00(?::?00)?")
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?")


def choose_roles(names: Iterable[str], shape: Shape | None = None) -> dict[str, str]:
    """Return column -> role; of several columns with one role the first name in ``ROLES`` counts.

    The calendars of known vendors say which column is the date and which the session.
    """
    names = list(names)
    known = {plain_name(str(name)): str(name) for name in names}
    chosen = {
        role: next((known[n] for n in map(plain_name, options) if n in known), None) for role, options in ROLES.items()
    }
    if shape is not None and shape.calendar:
        known_columns = {"session": shape.columns.get("session"), "date": shape.columns.get("published")}
        chosen |= {role: column for role, column in known_columns.items() if column in names}
        chosen["time"] = None if chosen["time"] == chosen["session"] else chosen["time"]
    return {column: role for role, column in chosen.items() if column is not None}


def table_rows(path: Path, raw: Iterable[RawRow]) -> list[EventRow]:
    """Return the rows of a table of events; one without a date or a time, or with two unnamed sessions, is refused."""
    table = list(raw)
    if not table:
        return []
    shape = shape_of(table[0].cells)
    roles = choose_roles(table[0].cells, shape)
    check_roles(path, roles, table[0].cells)
    role_by_cells, column = column_by_cells(path, roles, table)
    rows: list[EventRow] = []
    for one in table:
        values = values_of(one.cells, roles)
        if not is_empty(cell := one.cells.get(column)):
            values[role_by_cells] = moment(cell)
        if shape is not None and shape.calendar:
            values.setdefault("calendar", shape.calendar)
        if values.keys() - {"attributes"} or values["attributes"]:
            rows.append(EventRow(path, values, one.line))
    return named(settled(rows))


def column_by_cells(path: Path, roles: Mapping[str, str], table: Sequence[RawRow]) -> tuple[str, str]:
    """Return the role and the column whose cells are all sessions, or times of day beside a date, under other names.

    The column stays an attribute as well; one whose name ends in "(attribute)" is nothing else. If two columns are of
    one kind, which one dates the event is for the list to say.
    """
    given = set(roles.values())
    if "session" in given or {"date", "time"} <= given:
        return "", ""
    others = [column for column in table[0].cells if column not in roles and not str(column).endswith("(attribute)")]
    filled = {column: [c for one in table if not is_empty(c := one.cells.get(column))] for column in others}
    dates = [one.cells.get(column) for one in table for column, role in roles.items() if role == "date"]
    days = bool(dates) and all(":" not in text_of(cell) or _is_midnight(cell) for cell in dates)
    kinds = {"session": ("trading sessions", holds_sessions), "time": ("times of day", holds_times)}
    for role, (words, holds) in kinds.items():
        possible = role == "session" or days
        found = [column for column, cells in filled.items() if possible and holds(cells)]
        if len(found) > 1:
            raise EventFileError(
                f"{path}: the columns {' and '.join(map(repr, found))} hold {words}, and none is named `{role}`.",
                remedy=f"Rename the one that says when the news came to `{role}`.",
            )
        if found:
            return role, found[0]
    return "", ""


def holds_times(cells: Sequence[Any]) -> bool:
    """Return whether the cells of a column can be nothing but times of day: one has its half of the day or its zone.

    Without that, "01:30" may as well be a duration, and "10:01" a ratio.

    >>> holds_times(["16:06", "4:06 PM"]), holds_times(["16:06 ET"]), holds_times(["16:06"]), holds_times(["2:1 PM"])
    (True, True, False, False)
    """
    found = [isinstance(cell, str) and _CLOCK.fullmatch(cell.strip()) for cell in cells]
    clocks = [clock for clock in found if clock and (not clock["zone"] or is_zone(clock["zone"].strip()))]
    return len(clocks) == len(cells) and any(clock["half"] or clock["zone"] for clock in clocks)


def frame_rows(frame: pd.DataFrame) -> list[EventRow]:
    """Return the rows of a frame of events, numbered as pandas does, from 0."""
    records = frame.to_dict("records")
    return table_rows(
        Path("events"), (RawRow(number, {str(k): v for k, v in cells.items()}) for number, cells in enumerate(records))
    )


def check_roles(path: Path, roles: Mapping[str, str], columns: Iterable[str]) -> None:
    """Refuse a table without a column that says when, or whose column of instruments or sessions is misspelled."""
    given = set(roles.values())
    columns = list(columns)
    if not {"date", "time"} & given and not {"earliest", "latest"} <= given:
        raise EventFileError(
            f"{path}: no column holds a date or a time; found {', '.join(map(str, columns)) or 'no header'}.",
            remedy="Name a column `date` or `time`, or two `earliest` and `latest`.",
        )
    for role in (role for role in OPTIONAL if role not in given):
        meant = [name for name in ROLES[role] if len(name) > len("cusip")]
        for column in (str(column) for column in columns if column not in roles):
            if near := get_close_matches(column.strip().casefold(), meant, n=1, cutoff=ALIKE):
                raise EventFileError(
                    f"{path}: the column {column!r} looks like `{near[0]}`, and no other column has that role.",
                    remedy=f"Rename it to `{near[0]}`, or to another name if it is an attribute of the events.",
                )


def values_of(cells: Mapping[str, Any], roles: Mapping[str, str]) -> dict[str, Any]:
    """Return the cells of one row as the values of an event; empty cells are left out."""
    values: dict[str, Any] = {}
    attributes: dict[str, float | str] = {}
    for column, cell in cells.items():
        role = roles.get(column)
        if is_empty(cell):
            continue
        if role is None:
            attributes[str(column)] = attribute(cell)
        elif role == "instruments":
            values[role] = tickers(cell)
        elif role in LISTS:
            values[role] = [part.strip() for part in str(cell).split(";") if part.strip()]
        elif role in ("date", "time", "earliest", "latest"):
            values[role] = moment(cell)
        elif role == "expected_sign":
            values[role] = int(float(cell)) if str(cell) in ("1", "+1", "-1", "1.0", "-1.0") else cell
        else:
            values[role] = text_of(cell)
    return {**values, "attributes": attributes}


def text_of(cell: Any) -> str:
    """Return a cell as text without white space around it."""
    return cell_text(cell).strip()


def moment(cell: Any) -> Any:
    """Return a date or time cell; numbers such as 20170418 and 1606 as their digits."""
    if isinstance(cell, datetime):
        return cell if type(cell) is datetime else cell.to_pydatetime()  # type: ignore[attr-defined]
    return cell if isinstance(cell, date | time) else text_of(cell)


def settled(rows: Sequence[EventRow]) -> list[EventRow]:
    """Return the rows with what only all of them together prove: the order of numeric dates, midnights that are dates.

    A day above 12 in one row proves the order for all. Midnights without a time zone are dates if every row of the
    column is one, and so are dates beside a column of times that are all 00:00.
    """
    cells = [str(row.values.get(key, "")) for row in rows for key in ("date", "time")]
    numeric = [found for cell in cells if (found := _NUMERIC_DATE.match(cell))]
    first, second = (any(int(found[part]) > 12 for found in numeric) for part in (1, 2))
    order = None if first == second else first
    result = []
    midnights = {key: all(_is_midnight(row.values.get(key)) for row in rows) for key in ("date", "time")}
    timeless = all("date" in row.values and _is_zero(row.values.get("time")) for row in rows)
    for row in rows:
        days = {key: _as_date(row.values[key]) for key, all_days in midnights.items() if all_days and key in row.values}
        values = {key: cell for key, cell in {**row.values, **days}.items() if key != "time" or not timeless}
        result.append(EventRow(row.path, values, row.line, row.timezone, row.place, order))
    return result


def _is_zero(cell: Any) -> bool:
    """Return whether a time of day is missing, or the 00:00 that tables write for a missing one."""
    return cell is None or _ZERO.fullmatch(text_of(cell)) is not None


def _is_midnight(cell: Any) -> bool:
    if isinstance(cell, datetime):
        return cell.tzinfo is None and cell.time() == time.min
    return cell is None or isinstance(cell, date) or bool(_MIDNIGHT.fullmatch(str(cell)))


def _as_date(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.date()
    return cell if isinstance(cell, date) else _MIDNIGHT.sub(r"\1", cell)


def named(rows: Sequence[EventRow]) -> list[EventRow]:
    """Return the rows, each with an id: of its instrument, label and time where none was given.

    Rows that are equal in every cell share an id, so that a study counts them once; others of one name are numbered.
    """
    taken: dict[str, list[Mapping[str, Any]]] = {}
    result = []
    for row in rows:
        if "id" in row.values:
            result.append(row)
            continue
        label = str(row.values.get("label", ""))
        codes = [code for code in row.values.get("instruments", [])[:1] if code != label.partition(" ")[0]]
        when = [text_of(row.values[key]) for key in ("date", "time", "earliest", "session") if key in row.values]
        name = " ".join(filter(None, [*codes, label, *when])) or "event"
        same = taken.setdefault(name, [])
        if row.values not in same:
            same.append(row.values)
        number = same.index(row.values)
        # A name with other characters carries a digest; the plain form is kept where nothing is lost by it.
        plain = re.sub(r"[\s:/,]+", "-", name)
        given = item_id(plain if not number else f"{plain}-{number + 1}")
        result.append(EventRow(row.path, {**row.values, "id": given}, row.line, row.timezone, row.place, row.day_first))
    return result
