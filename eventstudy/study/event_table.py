"""Events of every accepted shape become an EventTable: Event values, and frames with the columns of an event list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eventstudy.abnormal.align import which_series
from eventstudy.abnormal.event_days import SESSION_CODES, DateRule, day_intervals
from eventstudy.abnormal.events import CIRCULAR, NO_DAY, EventTable
from eventstudy.abnormal.series import SeriesSet
from eventstudy.arrays import DAY_US, FIRST_US, LAST_US, IntArray, StrArray, epoch_us, instant_from_us, instant_us
from eventstudy.errors import EventTimeError, UsageError
from eventstudy.market.instruments import INSTRUMENT_COLUMNS

if TYPE_CHECKING:
    from eventstudy.news.items import Event

EPOCH_DAY = date(1970, 1, 1)


def dated_table(events: Sequence[Event] | pd.DataFrame, series: SeriesSet, rule: DateRule) -> EventTable:
    """Return events as columns, every date in place of a time laid on the bars of its series."""
    table = event_table(events, series.codes, daily=series.is_daily)
    return table if table.day is None else day_intervals(table, series, which_series(table, series), rule)


def event_table(events: Sequence[Event] | pd.DataFrame, codes: Sequence[str], *, daily: bool = False) -> EventTable:
    """Return events as columns: one row per event and instrument; an event that names none is studied on all.

    In a study of ``daily`` bars the times of a frame are dates if every one is a midnight of its time zone.
    """
    if isinstance(events, pd.DataFrame):
        return _table_of_frame(events, codes, daily=daily)
    # A study of a frame of instants never reads the news package.
    from eventstudy.news.events.merging import rests_on_price_of

    refuse_strange_events(events)
    pairs = [(event, code) for event in events for code in (event.instruments or codes)]
    circular = np.array([rests_on_price_of(e, code) for e, code in pairs], dtype=np.bool_)
    table = EventTable(
        given=np.array([e.id for e, _ in pairs], dtype=object),
        places=_places(pd.Series([code for _, code in pairs], dtype=object), codes),
        earliest=np.array([instant_us(e.time.earliest) for e, _ in pairs], dtype=np.int64),
        latest=np.array([instant_us(e.time.latest) for e, _ in pairs], dtype=np.int64),
        refused=np.where(circular, np.uint8(CIRCULAR), np.uint8(0)),
        attributes=_attribute_columns([e.attributes for e, _ in pairs]),
    )
    days = [e.time.day for e, _ in pairs]
    if not any(days):
        return table
    return replace(
        table,
        day=np.array([NO_DAY if d is None else (d.date - EPOCH_DAY).days for d in days], dtype=np.int64),
        session=np.array([SESSION_CODES[d.session if d else ""] for d in days], dtype=np.int64),
        zoned=np.array([bool(d and d.zone) for d in days], dtype=np.bool_),
    )


def refuse_strange_events(events: Iterable[object]) -> None:
    """Refuse events of which one is of another type."""
    from eventstudy.news.items import Event

    for item in events:
        if not isinstance(item, Event):
            raise UsageError(
                f"`events` contains a {type(item).__name__}.",
                remedy="Pass Event values (read_events), or a frame with columns `instrument` and `time` or `date`.",
            )


def _attribute_columns(rows: Sequence[Mapping[str, float | str]]) -> dict[str, np.ndarray]:
    """Return the attributes of all events as columns: floats where all that is there are numbers, else objects."""
    names = dict.fromkeys(name for row in rows for name in row)
    found = {}
    for name in names:
        cells = [row.get(name) for row in rows]
        numeric = all(cell is None or isinstance(cell, int | float) for cell in cells)
        found[name] = np.array(cells, dtype=np.float64 if numeric else object)
    return found


def dated_events(events: Sequence[Event], table: EventTable) -> list[Event]:
    """Return the events with their dates laid on the bars: one per instrument where an event has a date."""
    if table.day is None:
        return list(events)
    dated: list[Event] = []
    row = 0
    width = len(table) - sum(len(event.instruments) for event in events)
    several = width // max(sum(not event.instruments for event in events), 1)
    for event in events:
        rows = range(row, row + (len(event.instruments) or several))
        row = rows.stop
        if event.time.day is None:
            dated.append(event)
            continue
        for r in rows:
            bounds = (instant_from_us(int(at[r])) for at in (table.earliest, table.latest))
            earliest, latest = bounds
            time = replace(event.time, earliest=earliest, latest=latest)
            dated.append(replace(event, time=time, instruments=(str(table.instruments[r]),)))
    return dated


def _table_of_frame(frame: pd.DataFrame, codes: Sequence[str], *, daily: bool) -> EventTable:
    names = {str(column).casefold(): column for column in frame.columns}
    instrument = next((names[n] for n in INSTRUMENT_COLUMNS if n in names), None)
    if instrument is None or not ({"time", "date"} & names.keys() or {"earliest", "latest"} <= names.keys()):
        raise UsageError(
            f"`events` has the columns {', '.join(map(repr, frame.columns))}; it needs `instrument` (or `ticker`, "
            "`symbol`, `permno`, `isin`) and `time`, `date`, or `earliest` and `latest`.",
            remedy="Rename the columns.",
        )
    name = next((names[n] for n in ("id", "event") if n in names), None)
    when = [names[n] for n in ("time", "date") if n in names]
    days = days_of(frame[when[0]]) if len(when) == 1 and "timezone" not in names else None
    days = None if days is not None and days.tz is not None and not daily else days
    if days is None and when and ("date" in names or not _is_aware(frame[when[0]])):
        return _table_of_written(frame, codes, named=name is not None)
    low, high = when * 2 if when else (names["earliest"], names["latest"])
    session = names.get("session") if days is not None else None
    if days is None:
        earliest = _instants(frame[low])
        latest = earliest if low == high else _instants(frame[high])
        timed: dict[str, Any] = {}
    else:
        earliest, latest, timed = _day_columns(days, _sessions(frame, session, {instrument, low, name}))
    if (earliest > latest).any():
        bad = int((earliest > latest).argmax())
        raise EventTimeError(f"Row {bad} of `events` ends before it begins.", remedy="Swap `earliest` and `latest`.")
    texts = name is not None and frame[name].dtype == "str"
    return EventTable(
        _ids(frame, name),
        _places(frame[instrument], codes),
        earliest,
        latest,
        named=name is not None,
        distinct=texts and bool(frame[name].is_unique),
        attributes=_further(frame, {instrument, low, high, name, session}),
        **timed,
    )


def _sessions(frame: pd.DataFrame, named: Any, used: Iterable[Any]) -> pd.Series | None:
    """Return the column of sessions: the named one, or the one whose cells all are sessions, as in an event list."""
    from eventstudy.news.session_words import holds_sessions

    others: list[pd.Series] = [
        frame.iloc[:, place] for place, column in enumerate(frame.columns) if column not in set(used)
    ]
    if named is not None:
        return next(one for one in others if one.name == named)
    found = [one for one in others if one.dtype in ("str", "object") and holds_sessions(one.dropna())]
    if len(found) > 1:
        raise EventTimeError(
            f"The columns {' and '.join(repr(one.name) for one in found)} of `events` hold trading sessions, and none "
            "is named `session`.",
            remedy="Rename the one that says when the news came to `session`.",
        )
    return found[0] if found else None


def _ids(frame: pd.DataFrame, name: Any) -> StrArray | pd.Series:
    if name is None:
        width = len(str(len(frame)))
        return np.array([f"event-{i:0{width}d}" for i in range(1, len(frame) + 1)], dtype=object)
    return frame[name] if frame[name].dtype == "str" else _words(frame[name])


def _further(frame: pd.DataFrame, used: Iterable[Any]) -> dict[str, Any]:
    """Return the columns of a frame that have no other role, uncopied."""
    return {str(column): frame[column].to_numpy() for column in frame.columns if column not in set(used)}


def _is_aware(column: pd.Series) -> bool:
    """Return whether a column holds instants; naive times are refused."""
    if isinstance(column.dtype, pd.DatetimeTZDtype) or not len(column):
        return True
    first = column.iloc[0]
    if isinstance(first, datetime) and first.tzinfo is None:
        raise EventTimeError(
            f'`events["{column.name}"]` has no time zone.',
            remedy=f'Localize it: `events["{column.name}"].dt.tz_localize("Europe/Moscow")`.',
        )
    return isinstance(first, datetime)


def days_of(column: pd.Series) -> pd.DatetimeIndex | None:
    """Return the dates of a column that holds nothing else: dates as such or as YYYY-MM-DD, or midnights in every row.

    Returns
    -------
    pandas.DatetimeIndex or None
        Midnights, in the time zone of the column where it has one; None where some row has a time of day.
    """
    first = column.iloc[0] if len(column) else None
    if isinstance(first, str):
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", first):
            return None
    elif not isinstance(first, date) or (isinstance(first, datetime) and first.time() != time.min):
        return None
    try:
        index = pd.DatetimeIndex(pd.to_datetime(column, format="%Y-%m-%d" if isinstance(first, str) else None))
    except (ValueError, TypeError):
        return None
    return index if not index.hasnans and bool((index == index.normalize()).all()) else None


def _day_columns(days: pd.DatetimeIndex, sessions: pd.Series | None) -> tuple[IntArray, IntArray, dict[str, Any]]:
    """Return the intervals of dates, and their columns of an EventTable; without a zone, the day in every time zone."""
    from eventstudy.news.stamps import day_anywhere

    local = days.tz_localize(None).as_unit("us")
    number = local.asi8 // DAY_US
    if days.tz is None:
        widest = day_anywhere(EPOCH_DAY)
        low, high = (number * DAY_US + instant_us(at) for at in (widest.start, widest.end))
    else:
        following = (local + pd.Timedelta(days=1)).tz_localize(days.tz, nonexistent="shift_forward", ambiguous=True)
        low, high = epoch_us(days), epoch_us(following) - 1
    session = np.zeros(len(number), np.int64) if sessions is None else _session_codes(sessions)
    return low, high, {"day": number, "session": session, "zoned": np.full(len(number), days.tz is not None)}


def _session_codes(column: pd.Series) -> IntArray:
    """Return the codes of a column of sessions, each spelling read once."""
    from eventstudy.news.session_words import session_of

    place, spelled = pd.factorize(column, use_na_sentinel=False)
    named = ["" if text != text or text is None else session_of(str(text)) for text in spelled]
    if None in named:
        row = int((place == named.index(None)).argmax())
        raise EventTimeError(
            f"Row {row} of `events` has the session {column.iloc[row]!r}.",
            remedy="Use bmo, dmh or amc, or leave it empty.",
        )
    return np.array([SESSION_CODES[name or ""] for name in named], dtype=np.int64)[place]


def _table_of_written(frame: pd.DataFrame, codes: Sequence[str], *, named: bool) -> EventTable:
    """Return a frame with written dates and times, read by the rules of an event file."""
    from eventstudy.news.events.columns import frame_rows
    from eventstudy.news.events.event_files import events_of_rows

    return replace(event_table(events_of_rows(frame_rows(frame)), codes), named=named)


def _places(instruments: pd.Series, codes: Sequence[str]) -> tuple[StrArray, IntArray]:
    """Return instruments, each once, and which of them each row names."""
    if instruments.dtype == "str":
        import pyarrow as pa
        from pyarrow.compute import index_in

        # Where all rows name a series, looking them up is sooner done than counting what they name.
        place = index_in(pa.array(instruments), pa.array(codes, type=pa.large_string()))
        if place.null_count == 0:
            return np.array(codes, dtype=object), place.to_numpy().astype(np.int64)
    found, names = pd.factorize(instruments, use_na_sentinel=False)
    return _words(pd.Series(names)), found.astype(np.int64, copy=False)


def _words(column: pd.Series) -> StrArray:
    words: StrArray = column.to_numpy(dtype=object)
    return words if column.dtype == object or column.dtype == "str" else np.array(list(map(str, words)), dtype=object)


def _instants(column: pd.Series) -> IntArray:
    if column.dtype == object and len(column) and isinstance(column.iloc[0], datetime):
        nothing: object = pd.NaT
        given = [at if isinstance(at, datetime) and at is not nothing else None for at in column]
        missing = np.array([at is None for at in given])
        found = np.array([0 if at is None else instant_us(at) for at in given], dtype=np.int64)
    else:
        index = pd.DatetimeIndex(column)
        missing, found = index.asi8 == pd.NaT.value, epoch_us(index)
    if missing.any():
        raise EventTimeError(
            f"Row {int(missing.argmax())} of `events` has no time.", remedy="Set a time, or remove the row."
        )
    outside = (found < FIRST_US) | (found > LAST_US)
    if outside.any():
        bad = int(outside.argmax())
        raise EventTimeError(
            f"Row {bad} of `events`, {column.iloc[bad]}, is outside the years 1 to 9999 in UTC.",
            remedy="Correct the time, or remove the row.",
        )
    return found
