"""The test of a window and the intraday response give one move one p-value: the same days, prices and volatility."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy import Bars, Event, EventTime, Instrument, StudySpec, run_study
from eventstudy.abnormal.placebo.shared_days import SharedDays
from eventstudy.arrays import wall_us
from eventstudy.report.front import front
from eventstudy.report.two_comparisons import two_comparisons
from eventstudy.response import comparable_days as comparable
from eventstudy.response.intraday_prices import intraday_prices
from eventstudy.response.known import known_events
from eventstudy.response.settings import ResponseSettings

EVENT_DAY = datetime(2021, 4, 13, tzinfo=UTC)
DAYS = 40


def minutes(day: datetime, first: int = 10 * 60, last: int = 17 * 60, step: int = 1) -> list[datetime]:
    return [day + timedelta(minutes=m) for m in range(first, last + 1, step)]


def weekdays(days: int = DAYS) -> list[datetime]:
    every = [EVENT_DAY - timedelta(days=n) for n in range(2 * days)]
    return sorted(day for day in every if day.weekday() < 5)[-days:]


def bars(closes: list[datetime], seed: int, *, step: int = 1, calendar: str = "", silent: float = 0.0) -> Bars:
    """Simulate prices with an effect at 12:00 of the event day; each minute is silent with a probability."""
    rng = np.random.default_rng(seed)
    day_sd = {day: float(np.exp(rng.normal(0, 0.3))) for day in dict.fromkeys(at.date() for at in closes)}
    moves = np.array([1e-4 * day_sd[at.date()] for at in closes]) * rng.standard_t(4, len(closes))
    moves += [0.001 if EVENT_DAY + timedelta(hours=12) < at <= EVENT_DAY + timedelta(hours=12, minutes=step) else 0
              for at in closes]  # fmt: skip
    keep = rng.random(len(closes)) >= silent
    frame = pd.DataFrame({"close": np.exp(np.cumsum(moves))}, index=pd.DatetimeIndex(closes).as_unit("us"))[keep]
    instrument = Instrument("X", calendar=calendar) if calendar else Instrument("X")
    return Bars(instrument, pd.Timedelta(minutes=step), "right", frame)


def usual_days() -> Bars:
    return bars([at for day in weekdays() for at in minutes(day)], 1)


def silent_minutes() -> Bars:
    found = bars([at for day in weekdays() for at in minutes(day)], 2, silent=0.25)
    # The event's ends have a bar on that day, its reference has none: the price before it is an older one.
    index = found.frame.index
    there = pd.DatetimeIndex([EVENT_DAY + timedelta(hours=12, minutes=m) for m in (-1, 8)]).as_unit("us")
    frame = found.frame.reindex(index.union(there)).ffill().drop(EVENT_DAY + timedelta(hours=12), errors="ignore")
    return Bars(found.instrument, found.step, "right", frame)


def halts_and_half_days() -> Bars:
    closes = []
    for n, day in enumerate(weekdays()):
        halted = n % 7 == 2
        closes += [
            at
            for at in minutes(day, last=12 * 60 + 3 if n % 9 == 4 else 17 * 60)
            if not (halted and 12 * 60 + 20 < at.hour * 60 + at.minute < 12 * 60 + 55)
        ]
    return bars(closes, 3)


def ten_minutes() -> Bars:
    return bars([at for day in weekdays() for at in minutes(day, step=10)], 4, step=10)


def around_the_clock() -> Bars:
    days = [EVENT_DAY - timedelta(days=n) for n in range(30, -2, -1)]
    return bars([at for day in days for at in minutes(day, 0, 24 * 60 - 5, step=5)], 5, step=5, calendar="24/7")


def night_and_weekend() -> Bars:
    return bars([at for day in weekdays() for at in minutes(day, 13 * 60, 17 * 60)], 6)


NOON = EVENT_DAY + timedelta(hours=12)
BRACKET = EventTime(NOON, NOON + timedelta(minutes=7, seconds=30))
CASES: dict[str, tuple[Callable[[], Bars], EventTime, dict[str, Any]]] = {
    "usual days": (usual_days, BRACKET, {}),
    "silent minutes": (silent_minutes, BRACKET, {}),
    "halts and half days": (halts_and_half_days, BRACKET, {}),
    "bars of ten minutes": (ten_minutes, EventTime(NOON, NOON + timedelta(minutes=17)), {}),
    "around the clock": (around_the_clock, EventTime(NOON, NOON), {}),
    "closed market": (night_and_weekend, EventTime(NOON, NOON), {}),
    "simple returns": (silent_minutes, BRACKET, {"returns": "simple"}),
    "nearest days": (silent_minutes, BRACKET, {"placebo": {"days": 20, "match": {"weekday": False}}}),
    "long windows": (halts_and_half_days, BRACKET, {"response_options": {"horizons": [5, 20, 120]}}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_window_and_the_response_have_one_pvalue(case: str) -> None:
    make, time, settings = CASES[case]
    series = make()
    others = [
        Event(f"other-{n}", EventTime(at, at)) for n in (3, 8) for at in [NOON - timedelta(days=7 * n, minutes=-2)]
    ]
    elsewhere = Event("elsewhere", EventTime(NOON - timedelta(days=7), NOON - timedelta(days=7)), ("Y",))
    spec = StudySpec(event=(-5, 5), windows=[(0, 0)], tests=["placebo", "standardized_placebo"], **settings)
    other = Bars(Instrument("Y"), series.step, "right", series.frame)
    event = Event("e", time, ("X",))
    result = run_study(spec, [event, *others, elsewhere], [series, other])
    record = result.to_dict()
    (row,) = [one for one in record["responses"] if (one["event"], one["instrument"]) == ("e", "X")]
    assert result.response is not None
    (shape,) = [one for one in result.response if (one.event, one.instrument) == ("e", "X")]
    # Before the opening there is no volatility of the day: neither of them is standardized then.
    primary = "placebo" if case == "closed market" else "standardized_placebo"
    test, first = row["tests"][primary], shape.first
    exact = "returns" not in settings  # a simple return differs from a log return; its rank among the days does not
    assert np.isclose(row["car"] if exact else np.log1p(row["car"]), first.value, atol=1e-12)
    assert test["n"] == row["tests"]["placebo"]["n"] == first.placebo.days > 15
    assert test["pvalue"] == first.pvalue
    assert row["tests"]["placebo"]["pvalue"] == first.placebo.pvalue
    if exact:
        assert np.allclose([test["low"], test["high"]], [first.low, first.high], atol=1e-12)
    if exact:  # a simple return and a log return differ as numbers
        assert two_comparisons(result) == ()
    assert not any("The response by the minute" in note for note in front(result).notes if exact)


def with_market() -> tuple[Bars, Bars]:
    series = usual_days()
    market = bars([at for day in weekdays() for at in minutes(day)], 9)
    return series, Bars(Instrument("M"), market.step, "right", market.frame)


EARLY = EventTime(NOON - timedelta(days=1), NOON - timedelta(days=1))
SHORT = {"response_options": {"horizons": [5, 20]}}
# What makes the test of a window and the response compare with other days, prices or models, and what the page says.
UNLIKE: dict[str, tuple[Callable[[], Bars], EventTime, dict[str, Any], str]] = {
    "every bar, no day": (silent_minutes, BRACKET, {"test_options": {"placebo": {"missing": "refuse"}}},
                          'With missing = "refuse" .* has up to 39 days'),
    "into another day": (usual_days, EARLY, {"event": (-5, 400), "windows": [(0, 400)]},
                         "12:00 to 11:40 reaches into another day, .* with 37 days .*, the response with 38"),
    "a further window into another day": (usual_days, EARLY, {"event": (-5, 400), "windows": [(0, 0), (0, 400)]},
                                          "12:00 to 11:40 reaches into another day"),
    "after the last horizon": (halts_and_half_days, EventTime(NOON, NOON),
                               {"event": (-5, 200), "windows": [(0, 200)], **SHORT},
                               r"ends after the last horizon .*\(12:20\).* leaves 29 of 39"),
    "after the first price": (halts_and_half_days, EventTime(NOON, NOON),
                              {"event": (-5, 30), "windows": [(0, 10)], **SHORT},
                              "12:00 to 12:11 count for the move to the first price only: 39 days there, 35 in"),
    "mean of the days": (usual_days, BRACKET, {"model": "same_clock_mean"},
                         "for a comparable day the test counts the event day among them"),
    "another price": (usual_days, BRACKET, {"response_options": {"price": "median"}},
                      "reads the median of the last five minutes, the test of the window the last trade"),
    "another fit": (usual_days, BRACKET, {"model": "constant_mean", "estimation": (-300, -6)},
                    "estimates its expected move in the same hours of the comparable days"),
    "raw moves": (usual_days, BRACKET,
                  {"model": "constant_mean", "estimation": (-300, -6), "response_options": {"expected": "zero"}},
                  "states raw moves, the test of the window abnormal ones"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNLIKE)
def test_the_page_says_why_a_window_and_the_response_differ(case: str) -> None:
    make, time, settings, said = UNLIKE[case]
    given: dict[str, Any] = {"event": (-5, 5), "windows": [(0, 0)], "tests": ["placebo", "standardized_placebo"]}
    result = run_study(StudySpec(**(given | settings)), [Event("e", time, ("X",))], [make()])
    assert re.search(said, " ".join(front(result).notes))
    assert len(two_comparisons(result)) == 1


def test_the_page_says_that_betas_are_estimated_in_the_same_hours() -> None:
    series, market = with_market()
    spec = StudySpec(
        model="market", estimation=(-300, -6), event=(-5, 5), windows=[(0, 0)], tests=["standardized_placebo"]
    )
    result = run_study(spec, [Event("e", BRACKET, ("X",))], [series], market=market)
    (row,) = result.to_dict()["responses"]
    assert result.response is not None
    (shape,) = result.response
    assert row["car"] != pytest.approx(shape.first.value, abs=1e-6)  # 8.2 and 6.5 bp
    assert "estimates its expected move in the same hours" in " ".join(front(result).notes)


def test_an_event_of_another_instrument_leaves_the_day_comparable() -> None:
    series = usual_days()
    other = Bars(Instrument("Y"), series.step, "right", series.frame)
    spec = StudySpec(event=(-5, 5), windows=[(0, 0)], tests=["placebo"])
    elsewhere = [
        Event(f"y{n}", EventTime(NOON - timedelta(days=7 * n), NOON - timedelta(days=7 * n)), ("Y",)) for n in (1, 2)
    ]
    result = run_study(spec, [Event("e", BRACKET, ("X",)), *elsewhere], [series, other])
    assert result.response is not None
    days = {(one.event, one.instrument): one.placebo_days for one in result.response}
    assert days["e", "X"] == DAYS - 1
    everywhere = [es.Event(one.id, one.time) for one in elsewhere]
    result = run_study(spec, [Event("e", BRACKET, ("X",)), *everywhere], [series, other])
    assert result.response is not None
    days = {(one.event, one.instrument): one.placebo_days for one in result.response}
    assert days["e", "X"] == DAYS - 3


def test_the_days_of_an_event_are_chosen_once_for_all_tests_and_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[str] = []
    cut = comparable.event_windows

    def counted(prices: Any, events: Any, *rest: Any) -> Any:
        chosen.extend(event.id for event in events)
        return cut(prices, events, *rest)

    monkeypatch.setattr(comparable, "event_windows", counted)
    times = [NOON - timedelta(days=7 * n) for n in range(3)]
    events = [Event(f"e{n}", EventTime(at, at)) for n, at in enumerate(times)]
    spec = StudySpec(
        event=(-5, 5),
        windows=[(0, 0), (0, 5)],
        tests=["placebo", "standardized_placebo"],
        placebo={"match": {"weekday": False, "volatility": [0.2, 5.0]}},
    )
    result = run_study(spec, events, [usual_days()])
    assert {test for row in result.to_dict()["responses"] for test in row["tests"]} >= set(spec.tests)
    assert result.reactions.placebo_balance  # it is of the same days
    assert len(chosen) == len(times) == len(set(chosen))


def test_events_chosen_together_have_the_days_that_each_has_alone() -> None:
    series = halts_and_half_days()
    prices = intraday_prices(series)
    tested = comparable.TestedPrices(prices, wall_us(prices.closes, prices.zone))
    hours = [(0, 11), (1, 12), (2, 12), (3, 10.1), (4, 12), (7, 16.9), (8, 12)]
    times = [EVENT_DAY - timedelta(days=n) + timedelta(hours=h) for n, h in hours]
    events = [Event(f"e{n}", EventTime(at, at)) for n, at in enumerate(times)]
    known, settings = known_events(events), ResponseSettings()
    together = list(comparable.comparable_days(tested, events, settings, known))
    alone = [one for event in events for one in comparable.comparable_days(tested, [event], settings, known)]
    for found, expected in zip(together, alone, strict=True):
        assert isinstance(found, SharedDays)
        assert found == expected
        assert len(found.day)
