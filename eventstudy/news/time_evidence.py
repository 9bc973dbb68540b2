"""What a text says about time, as values: evidence, conflicts, candidates, and the dating they amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Literal

from eventstudy.arrays import check_choice
from eventstudy.errors import EventTimeError
from eventstudy.news.claims import PriceClaim
from eventstudy.news.items import EventTime
from eventstudy.show.card import MOST, card
from eventstudy.show.numbers import both_clocks

Status = Literal["dated", "needs_review", "undated"]
Clock = Literal["publisher", "body", "quote", "venue", "reader"]


@dataclass(frozen=True, slots=True)
class TimeEvidence:
    """One thing the input says about time.

    Attributes
    ----------
    kind : str
        ``publication``, ``update``, ``embargo``, ``time``, ``date``, ``weekday``, ``relative_day``, ``date_range``,
        ``quoted``, ``denied``, ``price_claim``, ``judge``, ``suggestion``.
    text : str
        The words, exactly as found.
    start, end : int
        Their place: characters of ``field``, the end excluded.
    earliest, latest : datetime.datetime or None
        The interval in UTC the words bound; None where they bound nothing, or nothing can be resolved.
    precision : str
        How finely it was written: ``day``, ``hour``, ``minute``, ``second``, ``instant`` or empty.
    clock : str
        Whose clock: publisher, body, quote, venue, or reader (what a user or another program adds).
    field : str
        ``title``, ``text``, or the name of the stamp's field.
    note : str
        The reading in one sentence.
    """

    kind: str
    text: str
    start: int
    end: int
    earliest: datetime | None = None
    latest: datetime | None = None
    precision: str = ""
    clock: Clock = "body"
    field: str = "text"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A reason why the time cannot be accepted as it stands; ``kind`` is a stable name, ``message`` for people."""

    kind: str
    message: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """When an item was published, by its stamps: an interval in UTC and the civil day as the publisher writes it.

    ``accepted`` says whether the sources suffice: one of the first two ranks, or two independent lower ones.
    """

    earliest: datetime
    latest: datetime
    day: date
    zone: str = ""
    accepted: bool = True
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible time of the event, with what speaks for and against it.

    ``score`` is a log-likelihood (natural units) up to a constant common to the candidates of one dating; it ranks,
    and differences are the logarithm of how many times likelier one is than the other.
    """

    earliest: datetime | None
    latest: datetime | None
    score: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dating:
    """The answer on one item: when it was published, and, by the declared policy, when its event became public.

    Raises
    ------
    EventTimeError
        If it is dated without a time, or has a time beside a conflict.
    """

    item: str
    status: Status
    published: Published | None = None
    policy: str = "reviewed"
    event_time: EventTime | None = None
    margin: float | None = None
    candidates: tuple[Candidate, ...] = ()
    evidence: tuple[TimeEvidence, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    claims: tuple[PriceClaim, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        check_choice("status", self.status, Status)
        if (self.status == "dated") != (self.event_time is not None):
            raise EventTimeError(f"The dating of {self.item} is {self.status}; only a dated item has an event time.")
        if self.status == "dated" and self.conflicts:
            raise EventTimeError(f"The dating of {self.item} has conflicts and cannot be dated.")

    def __str__(self) -> str:
        time = self.event_time
        when = "" if time is None else f", {time.earliest.isoformat()} to {time.latest.isoformat()}"
        counts = f"{len(self.evidence)} pieces of evidence, {len(self.conflicts)} conflicts"
        return f"Dating of {self.item}: {self.status.replace('_', ' ')}{when}; {counts}"

    def _repr_html_(self) -> str:
        rows = [
            ("status", self.status.replace("_", " ")),
            ("published", _span_words(self.published)),
            ("public between", str(self.event_time or "")),
            *[("conflict", conflict.message) for conflict in self.conflicts[:MOST]],
        ]
        for place, candidate in enumerate(self.candidates[:MOST], 1):
            when = _span_words(candidate) or "no instant"
            rows.append((f"candidate {place}", f"{when}, score {candidate.score:.2f}: {'; '.join(candidate.reasons)}"))
        rows += [("evidence", evidence.text) for evidence in self.evidence[:MOST]]
        more = sum(max(0, len(part) - MOST) for part in (self.conflicts, self.candidates, self.evidence))
        return card(f"Dating of {self.item}", rows, more=more)

    def to_dict(self) -> dict[str, Any]:
        """Return the dating as plain values for JSON; instants in ISO 8601 with their offset."""
        return {f.name: as_json(getattr(self, f.name)) for f in fields(self)}


# Fields that JSON leaves out.
_HIDDEN: Mapping[type, tuple[str, ...]] = {
    EventTime: ("evidence", "day"),
    Published: ("zone",),
    PriceClaim: ("start", "end"),
}


def as_json(found: Any) -> Any:
    """Return a value as JSON holds it: instants in ISO 8601, tuples as lists, values by the names of their fields."""
    if is_dataclass(found):
        hidden = _HIDDEN.get(type(found), ())
        return {f.name: as_json(getattr(found, f.name)) for f in fields(found) if f.name not in hidden}
    if isinstance(found, tuple):
        return [as_json(one) for one in found]
    return found.isoformat() if isinstance(found, date) else found


def _span_words(span: Published | Candidate | None) -> str:
    ends = () if span is None else (span.earliest, span.latest)
    return " to ".join(dict.fromkeys(both_clocks(at, "UTC") for at in ends if at is not None))
