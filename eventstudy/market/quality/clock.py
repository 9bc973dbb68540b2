"""The series against its calendar: the wrong zone, the wrong label side, bars when closed, no bars when open."""

from __future__ import annotations

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, IntArray
from eventstudy.market import sessions
from eventstudy.market.quality.findings import Sight, Subject, shown
from eventstudy.market.quality.fit import WORDS, label_evidence, vendor_of, zone_evidence
from eventstudy.market.quality.rows import sight
from eventstudy.market.sessions import as_date, as_day, describe, session_at

NOBODY = np.empty(0, dtype=np.int64)


def judged(subject: Subject) -> bool:
    """Return whether a calendar with session edges speaks for the series."""
    return subject.calendar is not None and not subject.calendar.always and len(subject.raw) > 0


def find_wrong_zone(subject: Subject) -> Sight | None:
    """The session edges do not fit as stated, but would under another offset."""
    if subject.raw.daily:
        return None
    if not judged(subject) or subject.calendar is None:
        return wrong_vendor_zone(subject)
    found = zone_evidence(subject.raw, subject.calendar)
    if found is None:
        return None
    zone, stated, moved = found
    return Sight(
        NOBODY,
        f"the sessions of {subject.calendar.name} do not fit labels written in {subject.raw.zone} ({stated}), but they "
        f"do if written in {zone} ({moved})",
    )


def wrong_vendor_zone(subject: Subject) -> Sight | None:
    """The vendor's documented zone is another than the stated one, and no session edge can tell."""
    vendor = vendor_of(subject.vendor)
    if vendor is None or vendor.zone == subject.raw.zone:
        return None
    return Sight(NOBODY, f"the labels are said to be written in {subject.raw.zone}, but {vendor.words}")


def find_wrong_side(subject: Subject) -> Sight | None:
    """The evidence contradicts the stated label side."""
    evidence = label_evidence(subject.raw, subject.calendar, subject.vendor)
    if evidence.side in (None, subject.raw.label):
        return None
    word = WORDS[subject.raw.label]
    return Sight(NOBODY, f"the labels are said to mark the bar's {word}, but the evidence says {evidence}")


def find_unchecked(subject: Subject) -> Sight | None:
    """The calendar's table does not speak for the whole series."""
    return Sight(NOBODY, subject.unchecked) if subject.unchecked else None


def find_outside(subject: Subject) -> Sight | None:
    """Bars lie where the calendar says closed."""
    if not judged(subject) or subject.calendar is None:
        return None
    outside = off_days(subject) if subject.raw.daily else subject.session < 0
    if not outside.any():
        return None
    row = int(np.argmax(outside))
    return sight(
        outside, f"{int(outside.sum())} bars where {subject.calendar.name} is closed, first {shown(subject, row)}"
    )


def off_days(subject: Subject) -> BoolArray:
    """Return the daily bars whose date is no trading day."""
    days = subject.raw.wall // DAY_US
    return ~np.isin(days, subject.calendar.table.trading_day if subject.calendar else NOBODY)


def find_empty(subject: Subject) -> Sight | None:
    """No bars where the calendar says open: whole trading days, or sessions of days that have other bars."""
    if not judged(subject) or subject.calendar is None:
        return None
    days, held = empty_days(subject), NOBODY if subject.raw.daily else empty_sessions(subject)
    if not len(days) and not len(held):
        return None
    parts = []
    if len(days):
        parts.append(f"{len(days)} trading days without a bar, first {as_date(days[0])}")
    if len(held):
        example = describe(session_at(subject.calendar.table, int(held[0])), subject.calendar.zone)
        parts.append(f"{len(held)} sessions without a bar on days with others, first {' '.join(example.split())}")
    return Sight(NOBODY, f"{' and '.join(parts)}, by {subject.calendar.name}")


def empty_days(subject: Subject) -> IntArray:
    """Return the trading days between the first and the last bar on which there is no bar."""
    venue = subject.calendar
    if venue is None:
        return NOBODY
    have = subject.raw.wall // DAY_US if subject.raw.daily else venue.table.trading_day[subject.held]
    if not len(have):
        return NOBODY
    first, last = max(have.min(), as_day(venue.valid_from)), min(have.max(), as_day(venue.valid_to))
    return np.setdiff1d(sessions.trading_days(venue, as_date(first), as_date(last)), have)


def empty_sessions(subject: Subject) -> IntArray:
    """Return the rows of trading sessions without a bar on days that have some, between the first and the last bar."""
    if subject.calendar is None:
        return NOBODY
    table, held = subject.calendar.table, subject.held
    if not len(held):
        return NOBODY
    between = np.arange(held[0], held[-1] + 1)
    wanted = between[~table.auction[between] & np.isin(table.trading_day[between], table.trading_day[held])]
    return np.setdiff1d(wanted, held)
