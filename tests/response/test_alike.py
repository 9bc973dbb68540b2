"""Events that are computed together get the numbers that each gets alone."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.arrays import MANY_ROWS, counts, cumulate, sorted_days
from eventstudy.errors import DataError
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime
from eventstudy.response.cut_windows import event_window
from eventstudy.response.intraday_prices import intraday_prices
from eventstudy.response.known import known_events
from eventstudy.response.respond import AT_ONCE, respond, responses
from eventstudy.response.settings import ResponseSettings
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days

DESIGN = IntradayDesign(days=70, jump=0.008, reversal=0.2, volume_multiple=5.0, early=150, late=210)


def market() -> tuple[Bars, list[Event]]:
    """Return 70 days of minutes without some bars, and events at many hours, some of them while it is closed."""
    bars, event = intraday_bars(intraday_days(DESIGN, 4))
    rng = np.random.default_rng(4)
    gone = rng.random(len(bars.frame)) < 0.02
    shifts = [timedelta(days=d, minutes=m) for d in range(3) for m in (0, 1, 45, 240, -200, 700)]
    shifts += [timedelta(days=d) for d in (40, 55, 66)]  # few days before, at last none
    times = [EventTime(event.time.earliest - shift, event.time.latest - shift) for shift in shifts]
    return replace(bars, frame=bars.frame[~gone]), [Event(f"e{k}", time) for k, time in enumerate(times)]


def same(one: Any, other: Any, place: str = "") -> None:
    """Compare two values to 1e-12, whatever they hold."""
    if is_dataclass(one):
        assert type(one) is type(other), place
        for field in fields(one):
            same(getattr(one, field.name), getattr(other, field.name), f"{place}.{field.name}")
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), place
        for k, (a, b) in enumerate(zip(one, other, strict=True)):
            same(a, b, f"{place}.{k}")
    elif isinstance(one, float | np.ndarray) and np.asarray(one).dtype.kind == "f":
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12, err_msg=place)
    else:
        assert np.array_equal(one, other), (place, one, other)


SETTINGS = {
    "as it comes": ResponseSettings(),
    "few days": ResponseSettings(placebo=PlaceboSettings(days=12, known_events="keep"), level=0.9),
    "doubted days": ResponseSettings(placebo=PlaceboSettings(known_events=0.4), seasonality="fourier"),
    "the mean of the days": ResponseSettings(expected="same_clock_mean", standardize=False, seasonality="none"),
    "days after": ResponseSettings(placebo=PlaceboSettings(after=True), volatility="bipower", seasonality="sd"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_events_computed_together_have_the_numbers_of_each_alone(name: str) -> None:
    bars, events = market()
    prices, known, settings = intraday_prices(bars), known_events(events), SETTINGS[name]
    together = responses(prices, events, settings, known)
    groups = {event_window(prices, event, settings).layout for event in events if event.id != "e20"}
    assert len(groups) < len(events) - 3, "no two events are laid out alike: nothing is compared"
    for event, found in zip(events, together, strict=True):
        if isinstance(found, DataError):
            with pytest.raises(DataError, match=re.escape(str(found))):
                respond(prices, event, settings, known)
        else:
            same(found, respond(prices, event, settings, known), event.id)


def test_more_events_than_are_computed_at_once_keep_their_order() -> None:
    bars, events = market()
    many = [replace(events[0], id=f"m{k}") for k in range(2 * AT_ONCE + 3)]
    found = responses(intraday_prices(bars), many, ResponseSettings(), known_events(()))
    assert [getattr(one, "event", str(one)) for one in found] == [event.id for event in many]


def test_events_whose_expected_move_is_that_of_a_factor_have_the_numbers_of_each_alone() -> None:
    bars, events = market()
    other = intraday_bars(intraday_days(DESIGN, 8))[0]
    factor = intraday_prices(replace(other, instrument=replace(other.instrument, code="FACTOR")))
    prices, known, settings = intraday_prices(bars), known_events(()), ResponseSettings(expected="market")
    together = responses(prices, events, settings, known, [factor])
    assert len({one.placebo_days for one in together if not isinstance(one, DataError)}) > 1
    for event, found in zip(events, together, strict=True):
        if not isinstance(found, DataError):
            same(found, respond(prices, event, settings, known, [factor]), event.id)


@pytest.mark.parametrize("rows", [0, 1, MANY_ROWS - 1, MANY_ROWS, MANY_ROWS + 1])
def test_few_and_many_rows_are_cumulated_as_numpy_does(rows: int) -> None:
    values = np.random.default_rng(rows).normal(size=(rows, 37))
    values[rows // 2 :, 5] = np.nan
    wide = np.full((rows, 38), 7.0)
    cumulate(values, wide[:, 1:])
    assert np.array_equal(wide[:, 1:], np.cumsum(values, axis=1), equal_nan=True)
    assert (wide[:, 0] == 7).all()


@pytest.mark.parametrize("shape", [(59, 7, 31), (59, 31), (59,), (1, 4), (3, 0)])
def test_days_are_sorted_as_numpy_does_and_stay_as_they_were(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(size=shape)
    values[0] = np.nan
    kept = values.copy()
    assert np.array_equal(sorted_days(values), np.sort(kept, axis=0), equal_nan=True)
    assert np.array_equal(values, kept, equal_nan=True)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (255, 2), (256, 2), (2, 511), (3, 2_100), (4, 256, 5)])
def test_flags_are_counted_as_numpy_does(shape: tuple[int, ...]) -> None:
    flags = np.random.default_rng(1).random(shape) < 0.97
    for axis in range(-len(shape), len(shape)):
        assert np.array_equal(counts(flags, axis), flags.sum(axis=axis))
        assert np.array_equal(counts(np.ones(shape, bool), axis), np.full(shape, 1).sum(axis=axis))
