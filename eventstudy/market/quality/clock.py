"""The series against its calendar: the wrong zone, the wrong label side, bars when closed, no bars when open."""

from __future__ import annotations

import math

import numpy as np

from eventstudy.arrays import DAY_US, BoolArray, IntArray, instant_us, wall_us
from eventstudy.market import sessions
from eventstudy.market.calendars import CALENDARS, calendar
from eventstudy.market.daily_close import PERIOD_US
from eventstudy.market.quality.fit import WORDS, ZONES, ZoneFits, label_evidence, sample, vendor_of, zone_evidence
from eventstudy.market.quality.problems import Defect, Subject, coverage, shown
from eventstudy.market.quality.releases import loud_bars, named, zones_of_releases
from eventstudy.market.quality.rows import defect
from eventstudy.market.raw import RawBars
from eventstudy.market.schedule_text import describe
from eventstudy.market.sessions import TradingCalendar, as_date, as_day, session_at

NO_ROWS = np.empty(0, dtype=np.int64)
MANY_OUTSIDE, NEARLY_NONE = 0.2, 0.01
ENOUGH_DAYS = 3
# Series with so large a fraction of all bars around the clock are of a market that never closes.
AROUND_THE_CLOCK = 0.9


def judged(subject: Subject) -> bool:
    """Return whether a calendar with session edges covers the series."""
    return subject.calendar is not None and not subject.calendar.always and len(subject.raw) > 0


def find_wrong_zone(subject: Subject) -> Defect | None:
    """The session edges do not fit as stated, but would under another offset."""
    if subject.raw.daily:
        return None
    if not judged(subject) or subject.calendar is None:
        return wrong_release_zone(subject) or wrong_vendor_zone(subject)
    found = zone_evidence(subject.raw, subject.calendar)
    if found is None:
        return None
    releases = release_zones(subject.raw)
    if subject.raw.zone in releases:
        return None  # news at its minute outweighs the edges of sessions
    return Defect(NO_ROWS, zone_advice(subject, found, releases))


def zone_advice(subject: Subject, found: ZoneFits, releases: tuple[str, ...]) -> str:
    """Return the sentence for a zone that does not fit, with the one that does, if there is one."""
    name = subject.calendar.name if subject.calendar else ""
    start = f"the sessions of {name} do not fit labels written in {subject.raw.zone} ({found.stated})"
    clean = found.clean()
    agreed = [zone for zone in clean if zone in releases] or ([] if releases else list(clean))
    if agreed:
        also = ", where the widest bars open with scheduled releases" if releases else ""
        return f"{start}, but they do if written in {agreed[0]} ({found.tried[agreed[0]]}){also}"
    if releases:
        return f"{start}; the widest bars open with scheduled releases on the clock of {named(releases)}"
    closest = found.best
    return f"{start}; of the zones tried {closest} is the closest and does not fit either ({found.tried[closest]})"


def release_zones(raw: RawBars) -> tuple[str, ...]:
    """Return the zones on whose clock the widest bars of several days open with scheduled releases."""
    some = sample(raw)
    if len(loud_bars(some)) < ENOUGH_DAYS:
        return ()
    return zones_of_releases(some, dict.fromkeys((raw.zone, *ZONES)))


def wrong_release_zone(subject: Subject) -> Defect | None:
    """The widest bars of several days open with scheduled releases on another clock, and on the stated one do not."""
    zones, zone = release_zones(subject.raw), subject.raw.zone
    if not zones or zone in zones:
        return None
    words = f"the widest bars open with scheduled releases on the clock of {named(zones)}"
    return Defect(NO_ROWS, f"the labels are said to be written in {zone}, but {words}")


def wrong_vendor_zone(subject: Subject) -> Defect | None:
    """The vendor's documented zone is another than the stated one, and no session edge decides."""
    vendor = vendor_of(subject.vendor)
    if vendor is None or vendor.zone == subject.raw.zone:
        return None
    return Defect(NO_ROWS, f"the labels are said to be written in {subject.raw.zone}, but {vendor.words}")


def find_wrong_side(subject: Subject) -> Defect | None:
    """The evidence contradicts the stated label side."""
    evidence = label_evidence(subject.raw, subject.calendar, subject.vendor)
    if evidence.side in (None, subject.raw.label):
        return None
    word = WORDS[subject.raw.label]
    return Defect(NO_ROWS, f"the labels are said to mark the bar's {word}, but the evidence says {evidence}")


def find_unchecked(subject: Subject) -> Defect | None:
    """The calendar's table does not cover the whole series."""
    return Defect(NO_ROWS, subject.unchecked) if subject.unchecked else None


def find_other_hours(subject: Subject) -> Defect | None:
    """Too many bars lie where the calendar says closed: they were traded on another one."""
    outside = outside_bars(subject)
    share = float(outside.mean()) if len(outside) else 0.0
    if share <= MANY_OUTSIDE or subject.calendar is None:
        return None
    other = calendar_that_fits(subject, subject.calendar)
    fits = f", and next to none outside those of {other}" if other else ""
    return defect(outside, f"{share:.0%} of the bars lie outside the sessions of {subject.calendar.name}{fits}")


def calendar_that_fits(subject: Subject, stated: TradingCalendar) -> str:
    """Return the calendar of the same zone with the fewest hours that hold next to all bars; "" for none."""
    closes, step, found = subject.closes, subject.raw.step_us, []
    for venue in () if subject.raw.daily else map(calendar, CALENDARS):
        if venue.always or venue.zone != stated.zone or coverage(venue, subject.raw)[0] is None:
            continue
        if (sessions.session_rows(venue, closes, step) < 0).mean() <= NEARLY_NONE:
            table = venue.table
            held = (table.closes > closes.min()) & (table.opens < closes.max())
            found.append((int((table.closes - table.opens)[held].sum()), venue.name))
    return min(found)[1] if found else ""


def find_outside(subject: Subject) -> Defect | None:
    """Bars lie where the calendar says closed, and its hours are documented or nothing was traded."""
    outside = outside_bars(subject)
    if subject.calendar is None or not outside.any():
        return None
    outside &= ~traded_in_assumed_hours(subject, outside)
    row = int(np.argmax(outside))
    return defect(
        outside, f"{int(outside.sum())} bars where {subject.calendar.name} is closed, first {shown(subject, row)}"
    )


def find_assumed_hours(subject: Subject) -> Defect | None:
    """Bars were traded where the calendar says closed, on days whose hours are assumed or projected."""
    outside = outside_bars(subject)
    if subject.calendar is None or not outside.any():
        return None
    kept = traded_in_assumed_hours(subject, outside)
    row = int(np.argmax(kept))
    return defect(
        kept,
        f"{int(kept.sum())} bars traded while {subject.calendar.name} is assumed closed, first {shown(subject, row)}",
    )


def traded_in_assumed_hours(subject: Subject, outside: BoolArray) -> BoolArray:
    """Return the bars outside every session that were traded on days whose hours no source documents."""
    rows = np.flatnonzero(outside)
    found = np.zeros(len(outside), dtype=np.bool_)
    if subject.calendar is None:
        return found
    volume = subject.raw.columns.get("volume")
    traded = np.ones(len(rows), dtype=np.bool_) if volume is None else volume[rows] > 0
    closes = subject.closes[rows]
    days = (wall_us(closes, subject.calendar.zone) - 1) // DAY_US
    found[rows] = traded & (sessions.standings(subject.calendar, days) != "documented")
    for halt in subject.calendar.halts:  # a halt has a source of its own
        found[rows] &= ~((closes > instant_us(halt.from_at)) & (closes <= instant_us(halt.to_at)))
    return found


def outside_bars(subject: Subject) -> BoolArray:
    """Return the bars outside every session; none where no calendar with edges covers the series."""
    if not judged(subject) or subject.raw.step_us >= PERIOD_US:
        return np.zeros(len(subject.raw), dtype=np.bool_)
    return off_days(subject) if subject.raw.daily else np.asarray(subject.session < 0, dtype=np.bool_)


def off_days(subject: Subject) -> BoolArray:
    """Return the daily bars whose date is not a trading day."""
    days = subject.raw.wall // DAY_US
    return ~np.isin(days, subject.calendar.table.trading_day if subject.calendar else NO_ROWS)


def find_empty(subject: Subject) -> Defect | None:
    """No bars where the calendar says open: whole trading days, or sessions of days that have other bars.

    The rows are the first bars after each hole.
    """
    if subject.calendar is not None and subject.calendar.always:
        return find_outages(subject)
    if not judged(subject) or subject.calendar is None or subject.raw.step_us >= PERIOD_US:
        return None
    table = subject.calendar.table
    days, held = empty_days(subject), NO_ROWS if subject.raw.daily else empty_sessions(subject)
    if not len(days) and not len(held):
        return None
    parts = []
    if len(days):
        parts.append(
            f"{len(days)} trading {'day' if len(days) == 1 else 'days'} without a bar, first {as_date(days[0])}"
        )
    if len(held):
        example = describe(session_at(table, int(held[0])), subject.calendar.zone)
        count = f"{len(held)} {'session' if len(held) == 1 else 'sessions'}"
        parts.append(f"{count} without a bar on days with others, first {' '.join(example.split())}")
    holes = np.flatnonzero(np.isin(table.trading_day, days))
    after = np.searchsorted(subject.closes, table.closes[np.union1d(holes, held)], side="right")
    return Defect(
        np.unique(np.minimum(after, len(subject.raw) - 1)), f"{' and '.join(parts)}, by {subject.calendar.name}"
    )


def find_outages(subject: Subject) -> Defect | None:
    """No bars for a while in a series that has nearly all bars around the clock: an outage, not a closed market.

    With a fraction q of missing bars, a run of k or more is expected about n q^k times; a run counts where that is
    below one in a thousand.
    """
    raw, closes = subject.raw, subject.closes
    n = len(closes)
    total = int((closes[-1] - closes[0]) // raw.step_us) + 1 if n else 0
    if raw.daily or n < 100 or not AROUND_THE_CLOCK * total <= n < total:
        return None
    missing = np.diff(closes) // raw.step_us - 1
    shortest = max(2, math.ceil(math.log(1e-3 / total) / math.log(1 - n / total)))
    rows = np.flatnonzero(missing >= shortest) + 1
    if not len(rows):
        return None
    first = int(rows[0])
    after, before = shown(subject, first), shown(subject, first - 1)
    return Defect(rows, f"no bars between {before} and {after} although the market is open: {len(rows)} outage(s)")


def empty_days(subject: Subject) -> IntArray:
    """Return the trading days between the first and the last bar on which there is no bar."""
    venue = subject.calendar
    if venue is None:
        return NO_ROWS
    have = subject.raw.wall // DAY_US if subject.raw.daily else venue.table.trading_day[subject.held]
    if not len(have):
        return NO_ROWS
    first, last = max(have.min(), as_day(venue.valid_from)), min(have.max(), as_day(venue.valid_to))
    return np.setdiff1d(sessions.trading_days(venue, as_date(first), as_date(last)), have)


def empty_sessions(subject: Subject) -> IntArray:
    """Return the rows of trading sessions without a bar on days that have some, between the first and the last bar."""
    if subject.calendar is None:
        return NO_ROWS
    table, held = subject.calendar.table, subject.held
    if not len(held):
        return NO_ROWS
    between = np.arange(held[0], held[-1] + 1)
    wanted = between[~table.auction[between] & np.isin(table.trading_day[between], table.trading_day[held])]
    return np.setdiff1d(wanted, held)
