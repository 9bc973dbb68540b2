"""Responses to many events: their summary, the joint test of a group, and what is kept of each."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

import eventstudy as es
from benchmarks.bench_response import REACTION
from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime
from eventstudy.response import respond_all as all_responses
from eventstudy.response.across import across_events, joint_test
from eventstudy.response.respond import respond
from eventstudy.response.respond_all import respond_all
from eventstudy.response.response_rows import document
from eventstudy.response.values import HorizonMoves, Response
from eventstudy.simulate import intraday_bars, intraday_days

SETTINGS = es.ResponseSettings(placebo=PlaceboSettings(days=45, known_events="keep"))


@pytest.fixture(scope="module")
def market() -> tuple[list[Bars], Event]:
    drawn = [intraday_bars(intraday_days(replace(REACTION, days=70, jump=0.03), seed)) for seed in (1, 2)]
    return [replace(b, instrument=replace(b.instrument, code=f"SIM{k}")) for k, (b, _) in enumerate(drawn)], earlier(
        drawn[0][1], 0
    )


def earlier(event: Event, days: int) -> Event:
    shift = timedelta(days=days)
    return Event(f"e{days}", EventTime(event.time.earliest - shift, event.time.latest - shift))


@pytest.fixture(scope="module")
def one(market: tuple[list[Bars], Event]) -> Response:
    return respond(market[0][0], market[1])


def drawn(one: Response, moves: np.ndarray, placebo: np.ndarray) -> list[Response]:
    """Return responses with given moves (N,) and placebo moves (N, D), one event each."""
    full = np.ones(placebo.shape[1])
    return [
        replace(one, event=f"e{k}", horizon=HorizonMoves(float(move), days, full))
        for k, (move, days) in enumerate(zip(moves, placebo, strict=True))
    ]


def test_the_joint_statistic_by_hand(one: Response) -> None:
    responses = drawn(one, np.array([3.0]), np.array([[1.0, -2.0, 2.0]]))
    statistic, pvalue = joint_test(responses, draws=9999)
    assert statistic == pytest.approx(3 / math.sqrt((9 + 1 + 4 + 4) / 4))
    assert pvalue == pytest.approx(1 / 4, abs=0.02)  # one of the four days is as large as the event day


def test_the_instruments_of_an_event_are_drawn_on_the_same_day(one: Response) -> None:
    twice = [
        replace(r, instrument=code) for code in "AB" for r in drawn(one, np.array([3.0]), np.array([[1.0, -2, 2]]))
    ]
    assert joint_test(twice, draws=9999)[1] == pytest.approx(1 / 4, abs=0.02)  # drawn apart it would be 1 / 16


@pytest.mark.parametrize("days", [5, 39])
def test_the_joint_test_has_its_size_at_any_number_of_days(one: Response, days: int) -> None:
    rng = np.random.default_rng(5)
    draws = 400
    small = 0
    for seed in range(draws):
        x = rng.standard_t(3, (6, days + 1))
        small += joint_test(drawn(one, x[:, 0], x[:, 1:]), seed, draws=99)[1] <= 0.05
    assert small / draws == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / draws))


def test_the_joint_test_finds_moves_of_both_signs(one: Response) -> None:
    x = np.random.default_rng(6).normal(size=(30, 40))
    x[:, 0] += np.where(np.arange(30) % 2, 2.0, -2.0)
    assert joint_test(drawn(one, x[:, 0], x[:, 1:]))[1] <= 0.01


def test_a_response_without_a_move_or_placebo_days_is_left_out(one: Response) -> None:
    responses = drawn(one, np.array([3.0, np.nan]), np.array([[1.0, -2.0, 2.0]] * 2))
    assert joint_test(responses) == joint_test(responses[:1])
    assert all(map(math.isnan, joint_test(responses[1:])))


def test_the_summary_is_that_of_its_responses(market: tuple[list[Bars], Event]) -> None:
    bars, event = market
    found = respond_all(bars, [event, earlier(event, 1), earlier(event, 2)], SETTINGS)
    everything, first, second = across_events(found.responses)
    assert (everything.group, first.group, second.group) == ("all", "SIM0", "SIM1")
    assert (everything.responses, everything.events, first.responses) == (6, 3, 3)
    own = [r for r in found if r.instrument == "SIM0"]
    half = [r.number("t50").value for r in own if r.number("t50").defined]
    assert first.with_half_life == len(half)
    assert first.median_half_life == pytest.approx(np.median(half))
    last = [next(m.value for m in r.moves if m.label == "+60 min") for r in own]
    assert first.median_move == pytest.approx(np.median(last))
    assert first.median_size == pytest.approx(np.median(np.abs(last)))
    assert first.moved == np.mean([r.pattern != "no detectable move" for r in own])


def test_one_instrument_is_summed_up_once(market: tuple[list[Bars], Event]) -> None:
    bars, event = market
    assert [g.group for g in across_events(respond_all(bars[:1], [event, earlier(event, 1)], SETTINGS).responses)] == [
        "all"
    ]


def test_only_the_first_responses_keep_the_placebo_paths_and_all_keep_their_numbers(
    market: tuple[list[Bars], Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    bars, event = market
    events = [event, earlier(event, 1), earlier(event, 2)]
    kept = respond_all(bars, events, SETTINGS)
    monkeypatch.setattr(all_responses, "PATHS_KEPT", 2)
    cut = respond_all(bars, events, SETTINGS)
    assert [len(r.path.placebo) for r in cut] == [45, 45, 0, 0, 0, 0]
    assert document(cut) == document(kept)
    assert across_events(cut.responses) == across_events(kept.responses)


def test_known_events_are_found_on_their_days_in_any_order(market: tuple[list[Bars], Event]) -> None:
    bars, event = market
    others = [earlier(event, days) for days in (9, 3, 28)]
    long = Event("long", EventTime(others[0].time.earliest - timedelta(days=1), others[0].time.latest))
    response = respond(bars[0], event, known=(event, *others, long))
    dropped = {str(day.day) for day in response.removed if "another known event" in day.reason}
    local = [e.time.earliest.date() for e in others] + [others[0].time.earliest.date() - timedelta(days=1)]
    assert dropped == {str(day) for day in local}


def test_a_study_answers_every_event_by_default_and_sums_the_responses_up(market: tuple[list[Bars], Event]) -> None:
    bars, event = market
    events = [earlier(event, days) for days in (0, 1, 2)]
    spec = es.StudySpec(model="zero", event=(0, 5), tests=["placebo"], placebo={"days": 45})
    result = es.run_study(spec, events, bars)
    frame = result.to_frame("intraday")
    assert frame["group"].tolist() == ["all", "SIM0", "SIM1"]
    assert frame["responses"].tolist() == [6, 3, 3]
    moves = result.to_frame("intraday_moves")
    assert set(moves["event"]) == {"e0", "e1", "e2"}
    last = moves[(moves["horizon"] == "+60 min") & (moves["instrument"] == "SIM0")]["value"]
    assert frame["median_move"][1] == pytest.approx(last.median())
    shape = result.to_frame("intraday_shape")
    half = shape[(shape["measure"] == "t50") & (shape["instrument"] == "SIM0")]["value"]
    assert frame["median_half_life"][1] == pytest.approx(half.median())


def test_a_study_without_intraday_bars_says_so() -> None:
    import pandas as pd

    days = pd.bdate_range("2020-01-01", periods=300)
    returns = pd.DataFrame({"A": np.random.default_rng(0).normal(0, 0.01, 300)}, days)
    events = pd.DataFrame({"id": ["e"], "instrument": ["A"], "date": [days[280]]})
    spec = es.StudySpec(model="constant_mean", estimation=(-200, -11), event=(-1, 1), tests=["patell"])
    result = es.run_study(spec, events, returns, closes_at="16:00 America/New_York")
    with pytest.raises(es.UsageError, match="no intraday response"):
        result.to_frame("intraday")
