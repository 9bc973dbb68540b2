"""The values of the news side: what was found, and when the market could have known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

from eventstudy.errors import EventTimeError, expect
from eventstudy.renamed import named_fields
from eventstudy.show.card import MOST, card
from eventstudy.show.numbers import both_clocks

SAFE_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
# Before the market opens, during market hours, after the market closes.
SessionName = Literal["", "bmo", "dmh", "amc"]


@dataclass(frozen=True, slots=True)
class EventDay:
    """A date that was given in place of a time; a study lays it on the trading days of each instrument.

    Attributes
    ----------
    date : datetime.date
    session : {"", "bmo", "dmh", "amc"}
        Before the open, during market hours, after the close; empty if only the date was given.
    zone : str
        The time zone of the date, where it was given.
    """

    date: date
    session: SessionName = ""
    zone: str = ""


@named_fields
@dataclass(frozen=True, slots=True)
class EventTime:
    """The interval in which the news became public: never a guess, so never a single instant by default.

    Attributes
    ----------
    earliest, latest : datetime.datetime
        UTC. Not public before ``earliest`` for certain, public at ``latest`` for certain. A stamp "10:07" is the
        minute 10:07:00 to 10:07:59.999999; a date is its entire day.
    basis : str
        What the interval rests on: ``"stamp"``, ``"reviewed"``, ``"assumed"``, ``"price"``, ``"calendar"``.
    evidence : tuple of str
        One sentence per piece of evidence, with its source.
    day : EventDay or None
        The date, where no time of day was given; the interval then is that entire day, in every time zone if none was
        given.

    Raises
    ------
    EventTimeError
        If a time carries no zone or ``earliest`` is after ``latest``.

    Examples
    --------
    >>> EventTime(datetime(2021, 4, 13, 15, 0, tzinfo=UTC), datetime(2021, 4, 13, 15, 37, tzinfo=UTC), "reviewed")
    <EventTime 2021-04-13 15:00 UTC to 2021-04-13 15:37 UTC (reviewed)>
    """

    earliest: datetime
    latest: datetime
    basis: str = "stamp"
    evidence: tuple[str, ...] = ()
    day: EventDay | None = None

    def __repr__(self) -> str:
        return f"<EventTime {self}>"

    def __post_init__(self) -> None:
        for name in ("earliest", "latest"):
            at = getattr(self, name)
            expect(
                f"EventTime.{name}", at, datetime, "Pass a datetime: datetime.fromisoformat('2021-04-13T18:37+03:00')."
            )
            if at.tzinfo is None or at.utcoffset() is None:
                raise EventTimeError(
                    f"EventTime.{name} {at.isoformat()} has no time zone.",
                    remedy="Give its UTC offset, for example 2021-04-13T18:37+03:00.",
                )
            try:
                object.__setattr__(self, name, at.astimezone(UTC))
            except OverflowError:
                raise EventTimeError(
                    f"EventTime.{name} {at.isoformat()} is outside the years 1 to 9999 in UTC.",
                    remedy="Correct the year.",
                ) from None
        if self.earliest > self.latest:
            raise EventTimeError(
                f"EventTime.latest ({self.latest.isoformat()}) is before earliest ({self.earliest.isoformat()}).",
                remedy="Swap the two times, or correct the wrong one.",
            )

    def __str__(self) -> str:
        start, stop = both_clocks(self.earliest, "UTC"), both_clocks(self.latest, "UTC")
        return f"{start} to {stop} ({self.basis})" if start != stop else f"{start} ({self.basis})"


@named_fields
@dataclass(frozen=True, slots=True)
class NewsItem:
    """A piece of news exactly as it was received; raw, never edited.

    Attributes
    ----------
    id, source, title, text, url : str
    stamps : tuple of (str, str)
        Time strings as found, as pairs (field, text).
    fetched_at : datetime.datetime or None
        When it was retrieved.
    language : str
    instruments, session, calendar, attributes
        From rows of tables, feeds and dumps: the instruments, the part of the trading day, the exchange's calendar, and
        every column that has no other role.

    Examples
    --------
    >>> NewsItem(id="fed", source="wire", title="Fed raises rate", text="...")
    <NewsItem 'fed' from wire: Fed raises rate>
    """

    id: str
    source: str
    title: str
    text: str
    url: str = ""
    stamps: tuple[tuple[str, str], ...] = ()
    fetched_at: datetime | None = None
    language: str = ""
    instruments: tuple[str, ...] = ()
    session: SessionName = ""
    calendar: str = ""
    attributes: Mapping[str, float | str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<NewsItem {self.id!r} from {self.source}: {self.title or self.text:.60}>"


def _codes(given: object) -> tuple[str, ...]:
    """Return the instruments of an event as a tuple; one code may be given alone."""
    codes = [given] if isinstance(given, str) else given
    if not isinstance(codes, tuple | list):
        expect("Event.instruments", codes, tuple, "Pass the codes: ('SBER', 'VTBR').")
        return ()
    for code in codes:
        expect("Event.instruments", code, str, "Pass the codes as text: ('SBER', 'VTBR').")
    return tuple(codes)


@named_fields
@dataclass(frozen=True)
class Event:
    """One reviewed event, as studies use it.

    Attributes
    ----------
    id : str
        1 to 64 letters, digits, dots, hyphens and underscores.
    time : EventTime
        Interval in which the news became public.
    instruments : tuple of str
        Codes of the instruments concerned, or one code; empty for all instruments of a study.
    label : str
        Title in reports.
    expected_sign : {1, -1} or None
        Predicted direction; None if none was predicted.
    items, sources : tuple of str
        Ids of the news items, and where they are from.
    claims : tuple of str
        Sentences of the news that state a price move ("the dollar fell by 1.2 rubles to 76.16 as of 18:53"); a study
        shows each beside the measured move.
    attributes : mapping of str to float or str
        For the cross-section of abnormal returns.

    Raises
    ------
    UsageError, EventTimeError
        If a value is of the wrong type, or the id cannot name an event.

    Examples
    --------
    >>> time = EventTime(datetime(2021, 4, 13, 15, 0, tzinfo=UTC), datetime(2021, 4, 13, 15, 37, tzinfo=UTC))
    >>> Event("call", time, "SBER")
    <Event 'call': 2021-04-13 15:00 UTC to 2021-04-13 15:37 UTC (stamp), SBER>
    """

    id: str
    time: EventTime
    instruments: tuple[str, ...] = ()
    label: str = ""
    expected_sign: int | None = None
    items: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    attributes: Mapping[str, float | str] = field(default_factory=dict)

    def __repr__(self) -> str:
        instruments = ", ".join(self.instruments[:5]) + (" ..." if len(self.instruments) > 5 else "")
        return f"<Event {self.id!r}: {self.time}, {instruments or 'all instruments'}>"

    def __post_init__(self) -> None:
        expect("Event.id", self.id, str, "Pass a short name, for example 'call-2021'.")
        expect("Event.time", self.time, EventTime, "Pass EventTime(earliest, latest).")
        expect("Event.label", self.label, str, "Pass text.")
        expect("Event.expected_sign", self.expected_sign, (int, type(None)), "Pass 1, -1 or None.")
        object.__setattr__(self, "instruments", _codes(self.instruments))
        if not SAFE_ID.fullmatch(self.id):
            raise EventTimeError(
                f"{self.id!r} cannot name an event: allowed are 1 to 64 of the letters A-Z a-z 0-9 . _ -, not "
                "beginning with a dot.",
                remedy="Put the readable words into the label.",
            )
        if self.expected_sign not in (None, -1, 1):
            raise EventTimeError(f"The expected sign of {self.id} is {self.expected_sign}; allowed are 1 and -1.")

    def __str__(self) -> str:
        start, stop = self.time.earliest, self.time.latest
        return f"{self.id}: {self.label or 'event'}, {start:%Y-%m-%d %H:%M} to {stop:%Y-%m-%d %H:%M} UTC"

    def _repr_html_(self) -> str:
        evidence, sign = self.time.evidence, {1: "up", -1: "down", None: ""}[self.expected_sign]
        rows = [
            ("public between", str(self.time)),
            ("instruments", ", ".join(self.instruments) or "all of the study"),
            ("expected", sign),
            *[("evidence", sentence) for sentence in evidence[:MOST]],
            ("sources", f"{len(self.sources)}" if self.sources else ""),
        ]
        name = f"{self.label} ({self.id})" if self.label else self.id
        return card(name, rows, more=max(0, len(evidence) - MOST))


def assumed_end(event: Event) -> str:
    """Return which end of the event interval is assumed, by its basis or by what a reviewer wrote; empty for none."""
    ends = [end for end in ("earliest", "latest") if event.attributes.get(f"{end}_basis") == "assumed"]
    if ends:
        return " and ".join(f"the {end} time" for end in ends)
    return "one end" if event.time.basis == "assumed" else ""
