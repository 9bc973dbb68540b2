"""What is told beside the text: the publisher's clock, the order of numbers, when it was published and fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from eventstudy.errors import EventTimeError, StampError
from eventstudy.news.stamps import Stamp
from eventstudy.news.text_zones import AMBIGUOUS, find_zone, is_utc_name

# News are new: a day further than this before the publication is background, not the event's.
NEWS_AGE = timedelta(days=2)
FIRST_YEAR, LAST_YEAR = 2000, 2030


@dataclass(frozen=True, slots=True)
class Context:
    """What the reader of a text was told; nothing of it is guessed.

    Attributes
    ----------
    zone : str
        The publisher's declared clock: an IANA name or a row of ``ZONE_NAMES``; empty where nobody says.
    day_first : bool or None
        The order of "04/05/2021"; None where nobody says.
    fetched_at : datetime.datetime or None
        When the text was in hand: nothing it reports can be later.
    first_report : bool
        True where the item itself made the news public (a press release, an exchange filing): its publication then
        bounds ``earliest`` as well.
    not_before : datetime.datetime or None
        An instant at which the news was certainly not yet public.
    years : (int, int)
        The years in which a date without one is looked for.
    """

    zone: str = ""
    day_first: bool | None = None
    fetched_at: datetime | None = None
    first_report: bool = False
    not_before: datetime | None = None
    years: tuple[int, int] = (FIRST_YEAR, LAST_YEAR)

    def __post_init__(self) -> None:
        for name in ("fetched_at", "not_before"):
            at = getattr(self, name)
            if at is not None and at.tzinfo is None:
                raise EventTimeError(f"{name} {at.isoformat()} carries no zone.", remedy="Add its offset.")
        if self.zone:
            find_zone(self.zone)

    @property
    def last_year(self) -> int:
        """The last year a date can lie in: that of the fetch where it is known."""
        return self.years[1] if self.fetched_at is None else min(self.years[1], self.fetched_at.year)


@dataclass(frozen=True, slots=True)
class Reference:
    """The day a text counts from: its publication, on the publisher's clock.

    ``written`` is the day as it stands in a date line; without a zone it can be compared, but not be made instants.
    """

    stamp: Stamp | None = None
    zone: str = ""
    written: date | None = None

    def day_in(self, zone: str) -> date | None:
        """Return the local day of the publication on a clock; None where it spans two days there, or is unknown.

        A written day is taken on any clock; ``holds_at`` tells afterwards whether that was safe.
        """
        if self.written is not None:
            return self.written
        if self.stamp is None or not zone:
            return None
        clock: tzinfo = find_zone(zone)[0]
        first, last = (at.astimezone(clock).date() for at in (self.stamp.start, self.stamp.end))
        return first if first == last else None

    def holds_at(self, at: datetime) -> bool:
        """Return whether at an instant the written day is that of its writer: on his clock, or on all likely ones."""
        if self.written is None:
            return True
        clocks = [find_zone(self.zone)[0]] if self.zone else [timezone(timedelta(hours=h)) for h in (-8, 10)]
        return all(at.astimezone(clock).date() == self.written for clock in clocks)

    @property
    def day(self) -> date | None:
        return self.day_in(self.zone)

    @property
    def loose(self) -> bool:
        """True where the clock is only an offset: on another day the place may keep another one."""
        return bool(self.zone) and self.zone[:1] in "+-\u2212"


def reference_of(stamp: Stamp | None, context: Context, written: date | None = None, place: str = "") -> Reference:
    """Return the day to count from; a stamp in UTC says nothing of the publisher's own clock."""
    own = "" if stamp is None or is_utc_name(stamp.zone) or stamp.zone.casefold() in AMBIGUOUS else stamp.zone
    return Reference(stamp, place or context.zone or own, written)


def zone_of(name: str) -> tzinfo:
    """Return the zone, or UTC for an empty name (only for showing times)."""
    try:
        return find_zone(name)[0] if name else UTC
    except StampError:
        return UTC
