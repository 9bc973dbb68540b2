"""Windows of many events that are cut together are those that are cut one by one, by a search for every time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.abnormal.placebo.settings import MatchSettings
from eventstudy.arrays import values_equal
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime
from eventstudy.response.intraday_prices import IntradayPrices, intraday_prices
from eventstudy.response.known import known_events
from eventstudy.response.matching import Matched, match_all
from eventstudy.response.placebo_pool import WindowChoice
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days
from tests.response import referee_match

DESIGN = IntradayDesign(days=45, early=150, late=210)
EVENT_MINUTE = 15 * 60 + 10
CHOICES = {
    "as it comes": WindowChoice(),
    "the nearest days": WindowChoice(days=12, known_weight=1.0),
    "the nearest days, later ones too": WindowChoice(days=9, later=True),
    "doubted days": WindowChoice(known_weight=0.4, later=True),
    "until a pause": WindowChoice(pauses="stop", after=200),
    "longer than the day": WindowChoice(after=900, before=300, context=40),
    "no minute after the news": WindowChoice(after=0),
    "over night": WindowChoice(carry=True, nights=1),
    "weekdays": WindowChoice(match=MatchSettings(weekday=True)),
    "volatility": WindowChoice(match=MatchSettings(volatility=(0.8, 1.25)), days=10),
    "days of a release": WindowChoice(match=MatchSettings(releases="any"), known_weight=1.0),
    "days of the same release": WindowChoice(match=MatchSettings(releases="same"), later=True),
}


def market(gone: float, halts: bool) -> tuple[Bars, list[Event]]:
    """Return SIMULATED minutes, some without a trade, with half sessions and halts, and events of all hours."""
    bars, event = intraday_bars(intraday_days(DESIGN, 7))
    rng = np.random.default_rng(7)
    lost = rng.random(len(bars.frame)) < gone
    local = bars.frame.index.tz_convert("Europe/Moscow")
    if halts:
        minute = np.asarray(local.hour * 60 + local.minute)
        lost |= np.asarray(local.day == 9) & (minute >= 15 * 60)
        lost |= np.asarray(local.day % 5 == 0) & (minute >= EVENT_MINUTE + 20)
    shifts = [timedelta(days=d, minutes=m) for d in (0, 1, 2, 20) for m in (0, 30, 200, -190, 37)]
    times = [EventTime(event.time.earliest - shift, event.time.latest - shift) for shift in shifts]
    times += [EventTime(event.time.earliest - timedelta(minutes=40), event.time.latest)]
    first = bars.frame.index[100].to_pydatetime()  # no day before it
    times += [EventTime(first, first)]
    events = [Event(f"e{k}", time, attributes={"release": "ab"[k % 2]}) for k, time in enumerate(times)]
    return replace(bars, frame=bars.frame[~lost]), events


def check(prices: IntradayPrices, events: list[Event], choice: WindowChoice) -> list[Matched]:
    clock = known_events(events).on_clock(prices.zone, prices.instrument.code)
    others, times = [clock.besides(event) for event in events], [event.time for event in events]
    found = match_all(prices, times, [choice] * len(events), others)
    for event, one, other in zip(events, found, others, strict=True):
        expected = referee_match.match(prices, event.time, choice, other)
        for name in ("start", "zero", "latest", "first", "moments", "wall", "open", "day", "event_day", "removed"):
            assert values_equal(getattr(one, name), getattr(expected, name)), (event.id, name)
        for name in ("weight", "left_out", "on_releases"):
            assert values_equal(getattr(one, name), getattr(expected, name)), (event.id, name)
        for mine, theirs in ((one.event, expected.event), (one.placebo, expected.placebo)):
            for name in ("present", "traded", "price", "volume"):
                np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name), err_msg=f"{event.id} {name}")
        assert expected.day_to_first is not None
        to_first = [] if one.day_to_first is None else one.day_to_first.tolist()
        assert to_first == expected.day_to_first.tolist(), event.id
    return found


@pytest.mark.parametrize("gone", [0.0, 0.3])
@pytest.mark.parametrize("name", CHOICES)
def test_windows_cut_together_are_those_cut_one_by_one(name: str, gone: float) -> None:
    bars, events = market(gone, halts=True)
    found = check(intraday_prices(bars), events, CHOICES[name])
    assert any(len(one.day) for one in found)


def test_halts_leave_days_out_and_some_serve_until_the_first_price() -> None:
    bars, events = market(0.0, halts=True)
    found = check(intraday_prices(bars), events, WindowChoice(before=1, known_weight=1.0))
    assert any(one.removed for one in found)
    assert any(one.day_to_first is not None for one in found)


@pytest.mark.parametrize("hours", [24, 20])
@pytest.mark.parametrize("step", [1, 7])  # seven minutes do not divide the day: nothing is laid out by clock
def test_windows_through_midnight_are_those_cut_one_by_one(hours: int, step: int) -> None:
    index = pd.date_range("2024-03-01 00:01", "2024-04-10", freq=f"{step}min", tz="UTC")
    index = index[(index.hour < hours) & (index.dayofweek < 6)].as_unit("us")
    price = 100 * np.exp(np.random.default_rng(3).normal(0, 1e-3, len(index)).cumsum())
    frame = pd.DataFrame({"close": price}, index=index)
    bars = es.Bars(es.Instrument("DOGE"), pd.Timedelta(f"{step}min"), "left", frame)
    clocks = ("23:30", "00:10", "12:00")
    at = [pd.Timestamp(f"2024-04-0{day} {clock}", tz="UTC") for day in (2, 4, 6) for clock in clocks]
    events = [Event(f"e{k}", EventTime(t.to_pydatetime(), t.to_pydatetime())) for k, t in enumerate(at)]
    check(intraday_prices(bars), events, WindowChoice())
    check(intraday_prices(bars), events, WindowChoice(days=10, after=400))
