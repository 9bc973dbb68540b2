"""How much of a series before and after its events the settings of a study need."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from eventstudy.abnormal.models.table import MODELS, options_of
from eventstudy.arrays import DAY_US, instant_us
from eventstudy.market.bars import Bars
from eventstudy.market.returns import Returns
from eventstudy.market.sources.reach import Around, Reach
from eventstudy.study.inputs import CLOCK_US

if TYPE_CHECKING:
    from eventstudy.market.sources.description import DataSpec
    from eventstudy.news.items import Event
    from eventstudy.study.spec import StudySpec

# Tests that look at other days of an event's series, and the one that looks at all dates of the study.
OTHER_DAYS = {"placebo", "standardized_placebo"}
EVERY_DATE = "placebo_refit"
# A market's return over the first bar begins at a close before it.
BEFORE_FIRST = Reach(5, 0, 5, 0)
# Bars beyond the windows: the first price of the first return, those around a plotted path, and rows that a check of
# their quality leaves out, one in twenty.
MARGIN_BARS, MARGIN_SHARE, MARGIN_DAYS = 15, 1.05, 4
# Of the days before an event some cannot serve as placebo days.
SPARE_DAYS = 1.2


def around_events(spec: StudySpec, events: Sequence[Event]) -> Around | None:
    """Return what of the data the events need; None where an event names no instrument, or there is no event.

    Responses choose their placebo days among all earlier ones.
    """
    around = around_windows(spec, events)
    if around is None or not has_response(spec):
        return around
    return replace(around, reach=all_before(with_response(spec, around.reach)))


def around_windows(spec: StudySpec, events: Sequence[Event]) -> Around | None:
    """Return what the windows of models and tests need, without the intraday response."""
    if not events or any(not event.instruments for event in events):
        return None
    times: dict[str, tuple[int, int]] = {}
    for event in events:
        low, high = instant_us(event.time.earliest), instant_us(event.time.latest)
        for code in event.instruments:
            first, last = times.get(code, (low, high))
            times[code] = min(first, low), max(last, high)
    hull = min(low for low, _ in times.values()), max(high for _, high in times.values())
    return Around(reach_of(spec, single=len(events) == 1), times, hull)


def around_responses(spec: StudySpec, around: Around) -> Around:
    """Return what windows and responses need where placebo days are limited: so many days and a few that cannot serve.

    A response that has fewer placebo days than the study asks for is computed again on all earlier days.
    """
    if not has_response(spec):
        return around
    days, reach = spec.placebo.days, with_response(spec, around.reach)
    if days is None:
        return replace(around, reach=all_before(reach))
    least = math.ceil(days * SPARE_DAYS) + MARGIN_DAYS
    return replace(around, reach=replace(reach, days_before=max(reach.days_before, least)))


def has_response(spec: StudySpec) -> bool:
    """Return whether an intraday response may be computed, as far as the settings say."""
    return spec.response != "off" and is_intraday(spec)


def is_intraday(spec: StudySpec) -> bool:
    """Return whether bars may be shorter than a day: where no step is stated, they may."""
    return any(step is None or step < DAY_US for step in map(step_us, spec.data))


def all_before(reach: Reach) -> Reach:
    """Return a reach to all earlier bars."""
    return replace(reach, bars_before=math.inf, days_before=math.inf)


def with_response(spec: StudySpec, reach: Reach) -> Reach:
    """Return a reach to the closes after an event that a response looks at, or to all later bars for placebo days."""
    if spec.placebo.after:
        return replace(reach, bars_after=math.inf, days_after=math.inf)
    return replace(reach, days_after=max(reach.days_after, MARGIN_DAYS + after_response(spec)))


def around_series(series: Iterable[Bars | Returns]) -> Around | None:
    """Return what of a market or factor the series need that were read: their closes and the few before them."""
    closes = [one.closes_us if isinstance(one, Bars) else one.closes for one in series]
    ends = [(int(each[0]), int(each[-1])) for each in closes if len(each)]
    if not ends:
        return None
    return Around(BEFORE_FIRST, {}, (min(low for low, _ in ends), max(high for _, high in ends)))


def reach_of(spec: StudySpec, *, single: bool) -> Reach:
    """Return how far before the first and after the last event of an instrument its windows need bars.

    All bars are where a choice is made among all days: placebo days, non-event dates, the volatility of a time of day.
    ``single``: there is one event, which intraday studies test on placebo days.
    """
    steps = [step_us(row) for row in spec.data]
    tests = {*spec.tests, spec.primary}
    needs = MODELS[spec.model].needs
    if EVERY_DATE in tests or spec.variable == "standardized_return" or spec.specifications is not None:
        return Reach()
    others = OTHER_DAYS & tests or spec.placebo.match is not None or needs == "same_clock_days"
    if others or (single and (is_intraday(spec) or spec.estimation is None)):
        bars, days = math.inf, math.inf
    else:
        bars, days = windows_before(spec, steps)
    after = window_length(spec, max(spec.event[1], 0), spec.clock, steps)
    later = math.inf if spec.placebo.after and math.isinf(bars) else 0
    return Reach(bars, with_margin(after[0]) + later, days, after[1] + MARGIN_DAYS + later)


def windows_before(spec: StudySpec, steps: Sequence[int | None]) -> tuple[float, float]:
    """Return the bars and days from the start of the earliest window of the models to the event."""
    start = -min(spec.event[0], 0)
    bars, days = window_length(spec, start, spec.clock, steps)
    if spec.estimation is not None:
        more = window_length(spec, -spec.estimation[0], spec.learning_clock, steps)
        bars, days = max(bars, more[0]), max(days, more[1])
    model = MODELS[spec.model]
    lags = model.lags(options_of(f"model {spec.model}", model.options, spec.model_options))
    return with_margin(bars + lags), days + MARGIN_DAYS


def window_length(spec: StudySpec, length: int, clock: str, steps: Sequence[int | None]) -> tuple[float, float]:
    """Return a length of a study's clock in bars and in days; the shorter bar decides."""
    shortest = min((step or 1_000_000 for step in steps), default=DAY_US)
    if clock == "bars":
        return length, 0
    if clock == "days" and shortest < DAY_US:  # the bars of a day are counted over all days
        return math.inf, math.inf
    return math.ceil(length * CLOCK_US[clock] / shortest), 0


def with_margin(bars: float) -> float:
    return math.ceil(bars * MARGIN_SHARE) + MARGIN_BARS


def after_response(spec: StudySpec) -> int:
    """Return the days after an event at whose closes a response looks."""
    from eventstudy.response.settings import ResponseSettings

    settings = ResponseSettings(**spec.response_options)
    sessions = math.ceil(settings.horizons[-1] / 240)
    return max(settings.days_later, 1) + sessions


def step_us(row: DataSpec) -> int | None:
    """Return the stated length of a bar; None where it is not stated."""
    length = row.length()
    return None if length is None else length // pd.Timedelta(microseconds=1)
