"""One time a text names, with all that was found out about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from eventstudy.news.days import DayReading
from eventstudy.news.evidence import Conflict, Evidence
from eventstudy.news.phrases import DateWords
from eventstudy.news.words import Act, Role


@dataclass(frozen=True, slots=True)
class Moment:
    """One time or day of a text: its evidence, its role, and why it could not be resolved, if so.

    ``covers`` is the interval the words themselves name ("at 18:37" is that minute); the evidence holds the sides of
    the event it bounds. ``past`` tells that a verb in the past governs it, ``act`` what that verb does.
    """

    role: Role
    evidence: Evidence
    conflicts: tuple[Conflict, ...] = ()
    date: DateWords | None = None
    reading: DayReading | None = None
    timed: bool = False
    past: bool = False
    act: Act = "happening"
    zone: str = ""
    covers: tuple[datetime, datetime] | None = None

    @property
    def bounds(self) -> tuple[datetime | None, datetime | None]:
        return self.evidence.earliest, self.evidence.latest
