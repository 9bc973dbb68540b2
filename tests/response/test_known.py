"""The known events of a study are laid out once, and none that matters is passed over."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.arrays import instant_us
from eventstudy.news.items import Event, EventTime
from eventstudy.response import known
from eventstudy.response.respond import respond
from eventstudy.response.respond_all import respond_all
from eventstudy.response.settings import ResponseSettings
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days

BARS, EVENT = intraday_bars(intraday_days(IntradayDesign(days=25), 3))


def scattered(n: int, seed: int) -> list[Event]:
    """Events at any time of the days around, some of them as long as a day."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(n):
        begins = EVENT.time.earliest - timedelta(minutes=int(rng.integers(-2_000, 40_000)))
        lasts = timedelta(minutes=int(rng.choice([0, 5, 90, 1_440])))
        made.append(Event(f"e{k}", EventTime(begins, begins + lasts)))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_looking_at_those_that_may_matter_finds_what_looking_at_all_finds(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, others = ResponseSettings(placebo=PlaceboSettings(known_events="keep")), scattered(60, seed)
    quick = respond(BARS, EVENT, settings, others).confounders
    monkeypatch.setattr(known.KnownTimes, "starting", lambda times, first, last: np.arange(len(times.spans)))
    assert respond(BARS, EVENT, settings, others).confounders == quick
    assert list(quick) == sorted(quick, key=lambda one: one.at)
    assert quick[0] == next(iter(quick))
    assert len(quick) == len(quick[:])
    assert {c.where for c in quick} >= {"placebo"}


def test_the_times_of_all_events_are_read_once_whatever_the_number_of_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(known, "instant_us", lambda at: calls.append(at) or instant_us(at))
    events = [Event(f"e{k}", EventTime(*[EVENT.time.earliest - timedelta(minutes=k)] * 2)) for k in range(6)]
    assert len(respond_all([BARS], events, ResponseSettings(placebo=PlaceboSettings(known_events="keep")))) == 6
    assert len(calls) == 12


def test_the_other_events_are_not_listed_for_each_event_where_no_setting_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each of n events would copy the n - 1 others: what one costs would grow with their number.
    listed = []
    besides = known.ClockSpans._besides
    monkeypatch.setattr(
        known.ClockSpans, "_besides", lambda spans, event: listed.append(event) or besides(spans, event)
    )
    night = EVENT.time.latest.replace(hour=20) - timedelta(days=1)
    events = [EVENT, Event("night", EventTime(night, night))]
    keep = PlaceboSettings(known_events="keep", days=9)
    assert len(respond_all([BARS], events, ResponseSettings(placebo=keep))) == 2
    assert not listed
    assert len(respond_all([BARS], events)) == 2
    assert len(listed) == 2
