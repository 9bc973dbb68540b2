"""What a text says about time, as values: evidence, conflicts, candidates, and the dating they amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from eventstudy.arrays import check_choice
from eventstudy.errors import EventTimeError
from eventstudy.news.claims import PriceClaim
from eventstudy.news.items import EventTime
from eventstudy.show.card import MOST, card
from eventstudy.show.numbers import both_clocks

Status = Literal["dated", "needs_review", "undated"]
Clock = Literal["publisher", "crawler", "body", "quote", "venue", "reader"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing the input says about time.

    Attributes
    ----------
    kind : str
        ``publication``, ``date_line``, ``update``, ``embargo``, ``time``, ``date``, ``weekday``, ``relative_day``,
        ``date_range``, ``schedule``, ``quoted``, ``background``, ``price_claim``, ``told``, ``suggestion``.
    text : str
        The words, exactly as found.
    start, end : int
        Where they stand: characters of ``field``, the end excluded.
    earliest, latest : datetime.datetime or None
        The interval in UTC the words bound; None where they bound nothing, or nothing can be resolved.
    precision : str
        How finely it was written: ``day``, ``hour``, ``minute``, ``second``, ``instant`` or empty.
    clock : str
        Whose clock: publisher, crawler, body, quote, venue, or the reader who told.
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
    """The whole answer on one item: never more certain than its evidence.

    Raises
    ------
    EventTimeError
        If it claims to be dated without a time, or has a time beside a conflict.
    """

    item: str
    status: Status
    event_time: EventTime | None = None
    candidates: tuple[Candidate, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    claims: tuple[PriceClaim, ...] = ()
    margin: float | None = None
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        check_choice("status", self.status, Status)
        if (self.status == "dated") != (self.event_time is not None):
            raise EventTimeError(f"The dating of {self.item} is {self.status}; only a dated item has an event time.")
        if self.status == "dated" and self.conflicts:
            raise EventTimeError(f"The dating of {self.item} has conflicts and cannot be dated.")

    def __str__(self) -> str:
        when = (
            "" if self.event_time is None else f", {_iso(self.event_time.earliest)} to {_iso(self.event_time.latest)}"
        )
        counts = f"{len(self.evidence)} pieces of evidence, {len(self.conflicts)} conflicts"
        return f"Dating of {self.item}: {self.status.replace('_', ' ')}{when}; {counts}"

    def _repr_html_(self) -> str:
        rows = [
            ("status", self.status.replace("_", " ")),
            ("public between", str(self.event_time or "")),
            *[("conflict", conflict.message) for conflict in self.conflicts[:MOST]],
        ]
        for place, candidate in enumerate(self.candidates[:MOST], 1):
            ends = [both_clocks(at, "UTC") for at in (candidate.earliest, candidate.latest) if at is not None]
            when = " to ".join(ends) or "no instant"
            rows.append((f"candidate {place}", f"{when}, score {candidate.score:.2f}: {'; '.join(candidate.reasons)}"))
        rows += [("evidence", evidence.text) for evidence in self.evidence[:MOST]]
        more = sum(max(0, len(part) - MOST) for part in (self.conflicts, self.candidates, self.evidence))
        return card(f"Dating of {self.item}", rows, more=more)

    def to_dict(self) -> dict[str, Any]:
        """Return the dating as plain values for JSON; instants in ISO 8601 with their offset."""
        time = self.event_time
        return {
            "item": self.item,
            "status": self.status,
            "event_time": None
            if time is None
            else {"earliest": _iso(time.earliest), "latest": _iso(time.latest), "basis": time.basis},
            "margin": self.margin,
            "candidates": [
                {"earliest": _iso(c.earliest), "latest": _iso(c.latest), "score": c.score, "reasons": list(c.reasons)}
                for c in self.candidates
            ],
            "evidence": [_evidence_dict(e) for e in self.evidence],
            "conflicts": [{"kind": c.kind, "message": c.message, "text": c.text} for c in self.conflicts],
            "claims": [c.to_dict() for c in self.claims],
            "notes": list(self.notes),
        }


def _evidence_dict(evidence: Evidence) -> Mapping[str, Any]:
    return {
        "kind": evidence.kind,
        "text": evidence.text,
        "start": evidence.start,
        "end": evidence.end,
        "earliest": _iso(evidence.earliest),
        "latest": _iso(evidence.latest),
        "precision": evidence.precision,
        "clock": evidence.clock,
        "field": evidence.field,
        "note": evidence.note,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
