"""What else was going on: known events and the exchange's own seams inside the windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from eventstudy.arrays import DAY_US, MINUTE_US, BoolArray, instant_from_us
from eventstudy.market.sessions import as_day
from eventstudy.news.items import Event
from eventstudy.response.known import Known
from eventstudy.response.matching import Matched, as_date
from eventstudy.response.tape import Tape
from eventstudy.response.values import Confounder


@dataclass(frozen=True, slots=True)
class Seam:
    """Something that happens at the same clock time every day and moves prices or volume by itself.

    ``calendars`` names the markets it belongs to, ``codes`` the instruments (empty for all of the market).
    """

    clock: int
    length: int
    label: str
    calendars: tuple[str, ...]
    codes: tuple[str, ...] = ()
    since: date = date.min
    until: date = date.max


# Minutes since Moscow midnight. Sources: methods A1 (moex.com/s866, n9107, n51152; the MOEX notice of 13 June 2024).
SEAMS = (
    Seam(9 * 60 + 50, 10, "opening auction of shares", ("MOEX-SHARES",)),
    Seam(18 * 60 + 40, 10, "closing auction of shares", ("MOEX-SHARES", "MOEX-INDEX", "MOEX-INDEX2")),
    Seam(14 * 60, 5, "midday clearing of futures", ("MOEX-FUTURES",), until=date(2026, 3, 22)),
    Seam(18 * 60 + 45, 15, "evening clearing of futures", ("MOEX-FUTURES",), until=date(2022, 9, 11)),
    Seam(18 * 60 + 50, 15, "evening clearing of futures", ("MOEX-FUTURES",), (), date(2022, 9, 12), date(2026, 3, 22)),
    Seam(11 * 60 + 30, 1, "rouble fixing 11:30", ("MOEX-FX",)),
    Seam(15 * 60 + 30, 1, "rouble fixing 15:30", ("MOEX-FX",)),
    Seam(
        *(17 * 60, 60, "RTSI takes over the central bank's rate: a step that is no news", ("MOEX-INDEX",)),
        codes=("RTSI",),
        since=date(2024, 6, 13),
    ),
)


def confounders_of(tape: Tape, event: Event, matched: Matched, known: Known) -> tuple[Confounder, ...]:
    """Return known events and seams inside the event's window, and the known events that cost placebo days."""
    found = [*_seams(tape, matched), *_known(event, matched, known)]
    return tuple(sorted(found, key=lambda c: c.at))


def _seams(tape: Tape, matched: Matched) -> list[Confounder]:
    code, venue = tape.instrument.code, tape.instrument.calendar
    day = as_date(matched.event_day)
    found = []
    for seam in SEAMS:
        if (
            venue not in seam.calendars
            or (seam.codes and code not in seam.codes)
            or not seam.since <= day <= seam.until
        ):
            continue
        starts, ends = seam.clock * MINUTE_US, (seam.clock + seam.length) * MINUTE_US
        if matched.wall[matched.start] < ends and starts < matched.wall[-1]:
            at = int(matched.moments[matched.start] + starts - matched.wall[matched.start])
            where = "before" if ends <= matched.wall[matched.zero] else "event"
            found.append(Confounder(instant_from_us(at), seam.label, where, "kept: the placebo days have it as well"))
    return found


def _known(event: Event, matched: Matched, known: Known) -> list[Confounder]:
    start, zero, end = (int(matched.moments[i]) for i in (matched.start, matched.zero, -1))
    found = []
    for row in np.flatnonzero(known.besides(event) & _may_matter(matched, known)):
        other, (earliest, latest) = known.events[row], known.spans[row].tolist()
        label = other.label or other.id
        if latest >= start and earliest <= end:
            where = "before" if latest <= zero else "event"
            found.append(Confounder(other.time.earliest, label, where, "kept: it cannot be told apart from the event"))
        elif effect := _on_a_placebo_day(matched, earliest, latest):
            found.append(Confounder(other.time.earliest, label, "placebo", effect))
    return found


def _may_matter(matched: Matched, known: Known) -> BoolArray:
    """Return which known events lie in the same clock window of some day, or on a day that does not serve."""
    start, zero, end = (int(matched.moments[i]) for i in (matched.start, matched.zero, -1))
    earliest, latest = known.spans.T
    days = np.rint((earliest - zero) / DAY_US).astype(np.int64)
    removed = np.array([as_day(one.day) for one in matched.removed], dtype=np.int64)
    touches = (latest >= start + days * DAY_US) & (earliest <= end + days * DAY_US)
    inside = (latest >= start) & (earliest <= end)
    return np.asarray(touches | inside | np.isin(matched.event_day + days, removed))


def _on_a_placebo_day(matched: Matched, earliest: int, latest: int) -> str:
    """Return what an event in the same clock window of another day does to that day; nothing where it is elsewhere."""
    start, end = int(matched.moments[matched.start]), int(matched.moments[-1])
    days = round((earliest - int(matched.moments[matched.zero])) / DAY_US)
    day, shift = matched.event_day + days, days * DAY_US
    if any(removed.day == as_date(day) for removed in matched.removed):
        return "its day does not serve as a placebo day"
    touches = latest >= start + shift and earliest <= end + shift
    if not touches or day not in matched.day:
        return ""
    weight = float(matched.weight[matched.day == day][0])
    return f"its day counts {weight:g} of a placebo day" if weight < 1 else "kept: its day serves as a placebo day"
