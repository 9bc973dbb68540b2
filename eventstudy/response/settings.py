"""What a response is asked for: horizons, windows, yardstick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from eventstudy.arrays import check_choice
from eventstudy.errors import UsageError

Expected = Literal["zero", "same_clock_mean"]
Pauses = Literal["cross", "stop"]
KnownEvents = Literal["drop", "keep"]


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """Settings of ``respond``.

    Attributes
    ----------
    horizons : tuple of int
        Trading minutes after ``latest`` at which the move is reported; the last is the horizon H of the shape.
    settle : int
        Trading minutes after ``latest`` that belong to the first answer (H1); what comes later is reversal or drift.
    absorbed : int
        Trading minutes after ``latest`` for the absorbed share.
    leak : int
        Clock minutes before ``earliest`` that are searched for a leak.
    days_later : int
        Days with bars after the event day at whose close permanence is looked at, besides the next close.
    level : float
    expected : {"zero", "same_clock_mean"}
        What an ordinary day would have done: nothing, or what the placebo days did on average.
    standardise : bool
        Bring every placebo day to the event day's volatility, measured on the bars before ``earliest``.
    placebo_days : int or None
    placebo_after : bool
    pauses : {"cross", "stop"}
        Whether windows go on after a break of trading.
    known_events : {"drop", "keep"}
        Whether days on which another known event falls into the window serve as placebo days. Either way they are
        listed.
    """

    horizons: tuple[int, ...] = (5, 20, 60)
    settle: int = 20
    absorbed: int = 5
    leak: int = 30
    days_later: int = 5
    level: float = 0.95
    expected: Expected = "zero"
    standardise: bool = False
    placebo_days: int | None = None
    placebo_after: bool = False
    pauses: Pauses = "cross"
    known_events: KnownEvents = "drop"

    def __post_init__(self) -> None:
        object.__setattr__(self, "horizons", tuple(self.horizons))
        check_choice("expected move", self.expected, Expected)
        check_choice("treatment of pauses", self.pauses, Pauses)
        check_choice("treatment of known events", self.known_events, KnownEvents)
        if not self.horizons or min(self.horizons) < 0 or list(self.horizons) != sorted(set(self.horizons)):
            raise UsageError(f"The horizons {list(self.horizons)} must be increasing minutes, 0 or more.")
        if not 0.5 < self.level < 1:
            raise UsageError(f"The level is {self.level}; allowed is between 0.5 and 1.")
