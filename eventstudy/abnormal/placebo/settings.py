"""Settings of placebo days: which other days the events of a study are compared with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from eventstudy.market.sources.description import Settings


class MatchSettings(Settings):
    """What a day must have in common with the event day to be one of its placebo days.

    Attributes
    ----------
    weekday : bool
        Days of the same weekday only.
    releases : {"same", "any"} or None
        Days only on which another event of the study began at the same time of day: one with the same value in the
        column ``release`` of the events, or any. None: days without another event, as ``known_events`` says.
    volatility : (float, float) or None
        Least and greatest volatility of a day before the time of the news, as a multiple of that of the event day:
        [0.7, 1.4].
    """

    weekday: bool = False
    releases: Literal["same", "any"] | None = None
    volatility: tuple[float, float] | None = None

    @field_validator("volatility")
    @classmethod
    def _bounds_contain_one(cls, bounds: tuple[float, float] | None) -> tuple[float, float] | None:
        if bounds is not None and not 0 <= bounds[0] <= 1 <= bounds[1] < float("inf"):
            raise ValueError("write the least and the greatest multiple around 1, as in [0.7, 1.4]")
        return bounds


class PlaceboSettings(Settings):
    """Which other days the events of a study are compared with, in tests and in the intraday response.

    Attributes
    ----------
    days : int or None
        Number of placebo days, the nearest first; None for all eligible days.
    after : bool
        Whether days after the event are placebo days, too.
    known_events : "drop", "keep" or float
        Days on which another event of the study falls into the window: not placebo days, placebo days like the others,
        or the weight of such a day in the intraday response, between 0 and 1 (tests drop it then).
    match : MatchSettings or None
        What the days must have in common with the event day. If it is given, even as {}, the study compares the event
        with its placebo days in ``placebo_balance``.

    Examples
    --------
    >>> PlaceboSettings(days=120, match={"weekday": True}).match.weekday
    True
    """

    days: Annotated[int, Field(ge=1)] | None = None
    after: bool = False
    known_events: Literal["drop", "keep"] | Annotated[float, Field(gt=0, lt=1)] = "drop"
    match: MatchSettings | None = None

    @property
    def known_weight(self) -> float:
        """How much a placebo day counts on which another event falls into the window; 0 for not at all."""
        if isinstance(self.known_events, float):
            return self.known_events
        return 1.0 if self.known_events == "keep" else 0.0
