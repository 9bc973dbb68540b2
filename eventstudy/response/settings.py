"""What a response is asked for: horizons, windows, yardstick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from eventstudy.abnormal.models.table import MODELS_BY_CLOCK, options_of
from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.arrays import check_choice, check_fields, look_up
from eventstudy.errors import UsageError
from eventstudy.renamed import named_fields
from eventstudy.response.jumps import LEVELS
from eventstudy.response.price_rules import PRICE_RULES
from eventstudy.response.seasonality import PERIODICITIES

Pauses = Literal["cross", "stop"]


@named_fields
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
    placebo : PlaceboSettings
        Which other days the event is compared with; of a study, its own (``[inference.placebo]``).
    pauses : {"cross", "stop"}
        Whether windows go on after a break of trading.

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
    placebo: PlaceboSettings = field(default_factory=PlaceboSettings)
    pauses: Pauses = "cross"

    def __post_init__(self) -> None:
        check_fields(self)
        look_up("price rule", PRICE_RULES, self.price)
        look_up("volatility level", LEVELS, self.volatility)
        look_up("seasonality", {"none": None, **PERIODICITIES}, self.seasonality)
        model = look_up("expected move", MODELS_BY_CLOCK, self.expected)
        options_of(f"model {self.expected}", model.options, self.expected_options)
        check_choice("treatment of pauses", self.pauses, Pauses)
        self._check_numbers()

    def _check_numbers(self) -> None:
        if not self.horizons or min(self.horizons) < 0 or list(self.horizons) != sorted(set(self.horizons)):
            raise UsageError(f"The horizons {list(self.horizons)} must be increasing minutes, 0 or more.")
        if not 0.5 < self.level < 1:
            raise UsageError(f"The level is {self.level}; allowed is between 0.5 and 1.")
        for name in ("initial_minutes", "absorbed_minutes", "pre_event_minutes", "days_later"):
            if getattr(self, name) < 0:
                raise UsageError(f"The setting {name} is {getattr(self, name)}; it must be 0 or more.")
