"""What a response is asked for: horizons, windows, yardstick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from eventstudy.abnormal.models.table import MODELS_BY_CLOCK, options_of
from eventstudy.arrays import check_choice, check_fields, look_up
from eventstudy.errors import UsageError
from eventstudy.response.jumps import LEVELS
from eventstudy.response.price_rules import PRICE_RULES
from eventstudy.response.seasonality import PERIODICITIES

Pauses = Literal["cross", "stop"]
KnownEvents = Literal["drop", "down_weight", "keep"]


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """Settings of ``respond``.

    Attributes
    ----------
    horizons : tuple of int
        Trading minutes after ``latest`` at which the move is reported; the last is the horizon H of the shape.
    initial_minutes : int
        Trading minutes after ``latest`` of the initial response (H1); what comes later is reversal or drift.
    absorbed_minutes : int
        Trading minutes after ``latest`` for the absorbed share.
    pre_event_minutes : int
        Clock minutes before ``earliest`` that are searched for a move that came too early.
    days_later : int
        Days with bars after the event day at whose close permanent_share is looked at, besides the next close.
    level : float
        Confidence level of intervals and bands.
    price : str
        Row of ``PRICE_RULES``: what "the price at t" means (last, open, mid, vwap, median).
    expected : str
        What an ordinary day would have done: row of ``MODELS_BY_CLOCK``, the models that can be estimated in the same
        clock window of the placebo days. "zero" takes nothing off, "same_clock_mean" what these days did on
        average, "market" and its relatives what the factor given explains.
    expected_options : mapping
        Options of that model.
    standardize : bool
        Scale every placebo day by the ratio of the event day's volatility to its volatility, both measured on the bars
        before ``earliest``. The p-value without it is reported beside as ``placebo``.
    seasonality : str
        Row of ``PERIODICITIES`` ("sd", "wsd", "fourier"): the volatility before ``earliest`` and the tests of entire
        paths rest on returns divided by the volatility of their time of day. A move over one window needs none: the
        placebo days cover the same time of day. "none" leaves the returns as they are.
    volatility : str
        Row of ``LEVELS`` ("medrv", "bipower", "minrv", "rv"): the daily level of volatility of both options.
    placebo_days : int or None
        Number of placebo days before the event; None for all eligible days.
    placebo_after : bool
        Whether days after the event are placebo days, too.
    pauses : {"cross", "stop"}
        Whether windows go on after a break of trading.
    known_events : {"drop", "down_weight", "keep"}
        Whether days on which another known event falls into the window serve as placebo days, count
        ``known_weight`` of a day, or count fully. They are listed in any case.
    known_weight : float
        Weight of such a day with "down_weight", above 0 and at most 1.

    Examples
    --------
    >>> ResponseSettings(horizons=(5, 60), standardize=True).horizons
    (5, 60)
    """

    horizons: tuple[int, ...] = (5, 20, 60)
    initial_minutes: int = 20
    absorbed_minutes: int = 5
    pre_event_minutes: int = 30
    days_later: int = 5
    level: float = 0.95
    price: str = "last"
    expected: str = "zero"
    expected_options: Mapping[str, Any] = field(default_factory=dict)
    standardize: bool = True
    seasonality: str = "wsd"
    volatility: str = "medrv"
    placebo_days: int | None = None
    placebo_after: bool = False
    pauses: Pauses = "cross"
    known_events: KnownEvents = "drop"
    known_weight: float = 0.5

    def __post_init__(self) -> None:
        check_fields(self)
        look_up("price rule", PRICE_RULES, self.price)
        look_up("volatility level", LEVELS, self.volatility)
        look_up("seasonality", {"none": None, **PERIODICITIES}, self.seasonality)
        model = look_up("expected move", MODELS_BY_CLOCK, self.expected)
        options_of(f"model {self.expected}", model.options, self.expected_options)
        check_choice("treatment of pauses", self.pauses, Pauses)
        check_choice("treatment of known events", self.known_events, KnownEvents)
        self._check_numbers()

    def _check_numbers(self) -> None:
        if not self.horizons or min(self.horizons) < 0 or list(self.horizons) != sorted(set(self.horizons)):
            raise UsageError(f"The horizons {list(self.horizons)} must be increasing minutes, 0 or more.")
        if not 0.5 < self.level < 1:
            raise UsageError(f"The level is {self.level}; allowed is between 0.5 and 1.")
        if not 0 < self.known_weight <= 1:
            raise UsageError(f"The weight of days with a known event is {self.known_weight}; allowed is 0 to 1.")
        for name in ("initial_minutes", "absorbed_minutes", "pre_event_minutes", "days_later"):
            if getattr(self, name) < 0:
                raise UsageError(f"The setting {name} is {getattr(self, name)}; it must be 0 or more.")

    @property
    def weight_of_known(self) -> float:
        """How much a placebo day counts on which another known event falls into the window; 0 for not at all."""
        return {"drop": 0.0, "down_weight": self.known_weight, "keep": 1.0}[self.known_events]
