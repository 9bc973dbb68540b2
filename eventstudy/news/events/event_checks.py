"""What is odd about a list of events: copies, overlaps, times when nothing trades, other news inside the windows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from eventstudy.errors import CalendarError
from eventstudy.market.calendars import calendar
from eventstudy.market.instruments import instrument
from eventstudy.market.sessions import is_open, next_open
from eventstudy.news.items import Event


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at: its kind, the events it is about, and a sentence."""

    kind: str
    events: tuple[str, ...]
    message: str


def check_events(
    events: Sequence[Event],
    *,
    known: Sequence[Event] = (),
    before: timedelta = timedelta(hours=1),
    after: timedelta = timedelta(days=1),
) -> tuple[Remark, ...]:
    """Return what to look at in a list of events: duplicates, overlaps, closed markets, dates without a time.

    Parameters
    ----------
    events : sequence of Event
    known : sequence of Event
        Other events of the time (a macro calendar) that may explain a move inside the windows.
    before, after : datetime.timedelta
        The window around an event: from ``earliest - before`` to ``latest + after``.
    """
    different = list({e.id: e for e in events}.values())
    remarks = list(_pairs(different, before, after))
    if len(different) < len(events):
        again = tuple(name for name, count in Counter(e.id for e in events).items() if count > 1)
        said = f"{len(events) - len(different):,} rows repeat another row in every cell; a study counts them once"
        remarks.append(Remark("repeated", again, said))
    events = different
    remarks += _only_dates(events)
    remarks += [r for e in events if e.time.day is None for r in outside_sessions(e)]
    remarks += [r for e in events for r in _rests_on_little(e)]
    remarks += [r for e in events for other in known if other.id != e.id for r in _confounder(e, other, before, after)]
    return tuple(remarks)


def _pairs(events: Sequence[Event], before: timedelta, after: timedelta) -> Iterator[Remark]:
    """Yield what is odd about two events; only events near each other in time are compared."""
    ordered = sorted(events, key=lambda e: e.time.earliest)
    for place, event in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if other.time.earliest - before > event.time.latest + after:
                break
            yield from _pair(event, other, before, after)


def _only_dates(events: Sequence[Event]) -> list[Remark]:
    """Return one remark for all events that have a date without time and session."""
    dated = [e.id for e in events if e.time.day is not None and not e.time.day.session]
    if not dated:
        return []
    said = (
        f"{len(dated):,} of {len(events):,} events have only a date, so the event day may span two trading days; "
        'add `time` or `session` (bmo, dmh, amc), or set `[events] dates = "trading_day"` in the study file'
    )
    return [Remark("date_only", tuple(dated), said)]


def _pair(one: Event, other: Event, before: timedelta, after: timedelta) -> list[Remark]:
    if not _same_market(one, other):
        return []
    ids = (one.id, other.id)
    if (one.time.earliest, one.time.latest) == (other.time.earliest, other.time.latest):
        return [Remark("duplicate", ids, f"{one.id} and {other.id} have the same time; is it one event?")]
    if one.time.earliest <= other.time.latest and other.time.earliest <= one.time.latest:
        return [Remark("overlap", ids, f"the times of {one.id} and {other.id} overlap")]
    if _inside(one, other, before, after) or _inside(other, one, before, after):
        return [Remark("window_overlap", ids, f"{one.id} and {other.id} lie in each other's windows")]
    return []


def _same_market(one: Event, other: Event) -> bool:
    """Return whether two events can disturb each other; an event without instruments may touch any."""
    return not one.instruments or not other.instruments or bool(set(one.instruments) & set(other.instruments))


def _inside(event: Event, other: Event, before: timedelta, after: timedelta) -> bool:
    return event.time.earliest - before <= other.time.latest and other.time.earliest <= event.time.latest + after


def _confounder(event: Event, other: Event, before: timedelta, after: timedelta) -> list[Remark]:
    if not _same_market(event, other) or not _inside(event, other, before, after):
        return []
    when = other.time.earliest.isoformat(timespec="minutes")
    said = f"{other.id} ({other.label or 'no label'}) at {when} lies inside the window of {event.id}"
    return [Remark("confounder", (event.id, other.id), said)]


def outside_sessions(event: Event) -> list[Remark]:
    """Return, per instrument, that the market was closed when the news came, and when it opened next."""
    remarks = []
    for code in event.instruments:
        venue = instrument(code).calendar
        if venue == "24/7":
            continue
        try:
            trading = calendar(venue)
            if is_open(trading, event.time.latest):
                continue
            opens = next_open(trading, event.time.latest).isoformat(timespec="minutes")
            when = event.time.latest.isoformat(timespec="minutes")
            said = f"{code} did not trade at {when}; {venue} opens next at {opens}"
        except CalendarError as error:
            said = f"{code}: {error}"
        remarks.append(Remark("outside_session", (event.id,), said))
    return remarks


def _rests_on_little(event: Event) -> list[Remark]:
    if event.time.basis == "price":
        said = f"the time of {event.id} was derived from prices; a study of the same price would be circular"
        return [Remark("circular_time", (event.id,), said)]
    width = event.time.latest - event.time.earliest
    if width > timedelta(days=1) and event.time.day is None:
        return [Remark("wide", (event.id,), f"the time of {event.id} is known to {width} only")]
    return []
