"""Planted truth: bias and coverage of every number, size of every test; in full with --slow and in benchmarks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.bench_response import DESIGNS, NULL, OPTIONS, REACTION, answer, coverage, rejections
from eventstudy.response.respond import respond
from eventstudy.response.settings import ResponseSettings
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days, intraday_market

FEW, MANY = 200, 2000
STRONG = replace(REACTION, jump=0.02, drift=0.004)


def check_size(rates: dict[str, float], draws: int, low: float, high: float) -> None:
    error = math.sqrt(0.05 * 0.95 / draws)
    outside = {name: rate for name, rate in rates.items() if not low - 3 * error < rate < high + 3 * error}
    assert not outside


def test_every_test_has_its_size_in_few_draws() -> None:
    check_size(rejections(NULL, range(FEW)), FEW, 0.05, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("options", [*OPTIONS, {"standardize": True}, {"expected": "same_clock_mean"}], ids=str)
def test_every_test_has_its_size_in_two_thousand_draws(options: dict[str, object]) -> None:
    rates = rejections(NULL, range(MANY), **options)  # type: ignore[arg-type]
    outside = {name: rate for name, rate in rates.items() if not 0.035 <= rate <= 0.065}
    assert not outside


def test_standardizing_does_not_spoil_the_size() -> None:
    check_size(rejections(NULL, range(FEW), standardize=True), FEW, 0.05, 0.05)


def test_intervals_hold_the_truth_in_few_draws() -> None:
    table = coverage(STRONG, range(100))
    assert set(table) >= {
        "t50",
        "t90",
        "peak",
        "overshoot",
        "reversal",
        "absorbed_share",
        "pre_event_drift",
        "pre_event_share",
    }
    for name, (defined, _, _, holds) in table.items():
        if defined > 50:
            assert holds > 0.95 - 4 * math.sqrt(0.05 * 0.95 / defined), name


@pytest.mark.slow
@pytest.mark.parametrize("title", DESIGNS)
def test_bias_and_coverage_in_a_thousand_draws(title: str) -> None:
    table = coverage(DESIGNS[title], range(1000))
    for name, (defined, truth, error, holds) in table.items():
        if defined >= 200:  # three standard errors of 95 %
            assert holds > 0.95 - 3 * math.sqrt(0.05 * 0.95 / defined) - 0.005, (name, holds)
        if name.startswith("move"):
            assert abs(error) < 0.0003, (name, truth, error)


def test_choices_do_not_spoil_the_size() -> None:
    for options in OPTIONS[1:]:
        check_size(rejections(NULL, range(100), **options), 100, 0.05, 0.05)  # type: ignore[arg-type]


def test_power_grows_with_the_jump() -> None:
    found = [rejections(replace(NULL, jump=k * NULL.sigma), range(40)) for k in (0.0, 0.25, 1.0)]
    sup = [rates["path (sup)"] for rates in found]
    assert sup[0] < 0.2 < 0.8 < sup[1] <= sup[2]
    assert found[2]["pre_event_drift"] < 0.2  # a jump is no leak


def test_a_planted_leak_is_found_and_an_absent_one_is_not() -> None:
    leaking = rejections(replace(NULL, jump=0.02, drift=0.012), range(30))
    assert leaking["pre_event_drift"] > 0.8


def test_one_jump_at_a_known_second_is_called_a_jump_and_slow_absorption_is_not() -> None:
    at_once = IntradayDesign(days=60, jump=0.02, early=30, late=30)
    slow = replace(at_once, absorb_half_life=12.0)
    shares = [[answer(design, seed).number("jump_share").value for seed in range(15)] for design in (at_once, slow)]
    assert abs(np.nanmedian(shares[0]) - 1.0) < 0.15
    assert np.nanmedian(shares[1]) < 0.5


def test_the_variance_of_a_jump_is_told_from_that_of_a_restless_hour() -> None:
    jump = [answer(replace(NULL, jump=0.006), seed).number("jump_variance") for seed in range(15)]
    slow = [
        answer(replace(NULL, jump=0.006, absorb_half_life=12.0), seed).number("jump_variance") for seed in range(15)
    ]
    assert np.mean([e.pvalue <= 0.05 for e in jump]) > 0.9
    assert np.median([e.value for e in jump]) > 0.5
    assert np.mean([e.pvalue <= 0.05 for e in slow]) < 0.5


def test_an_uncertain_time_is_found_by_the_curve_over_assumed_times() -> None:
    vague = replace(NULL, jump=0.015, early=20 * 60, late=15 * 60)
    response = answer(vague, 1)
    curve = response.assumed_times
    assert curve is not None
    assert curve.pvalue == response.smallest_pvalue
    jump_minute = vague.jump_second // 60
    starts = (curve.at - curve.at[0]) // 60_000_000 + (vague.jump_second - vague.early) // 60
    # every assumed time up to the minute of the jump sees it, none after it
    assert np.abs(curve.move[(starts <= jump_minute) & (starts > jump_minute - 15)] - 0.015).max() < 0.008
    assert np.abs(curve.move[starts > jump_minute]).max() < 0.008


def test_half_life_of_a_slow_absorption_is_near_the_planted_one() -> None:
    slow = replace(NULL, jump=0.03, absorb_half_life=8.0, early=0, late=0, jump_second=300 * 60)
    found = [answer(slow, seed).number("t50").value for seed in range(30)]
    assert abs(np.median(found) - 8.0) <= 1.0


def test_days_of_another_volatility_are_scaled_to_the_event_day_by_default() -> None:
    # the event day is three times as wild as the others from its opening on, and nothing happens
    draw = intraday_days(replace(NULL, day_sd=0.0, cluster=0.1), 5)
    close = draw.close.copy()
    close[-1] = close[-1][0] + 3 * (close[-1] - close[-1][0])
    wild = replace(draw, close=np.where(np.isfinite(close), close, np.nan))
    bars, event = intraday_bars(wild)
    plain = respond(bars, event, ResponseSettings(standardize=False))
    scaled = respond(bars, event)
    ratio = scaled.path.pointwise[-1] / plain.path.pointwise[-1]
    assert 2.0 < ratio < 4.0
    assert 2.0 < scaled.regime < 4.0
    assert scaled.first.placebo == plain.first.placebo  # the raw count stays beside
    regime = {
        settings: next(n.message for n in one.notices if n.code == "ES-REGIME")
        for settings, one in (("on", scaled), ("off", plain))
    }
    assert "which are scaled to it" in regime["on"]
    assert "which are not scaled to it" in regime["off"]


def test_full_bars_with_auctions_and_ranges_answer_alike() -> None:
    market = intraday_market(replace(STRONG, days=30), 3)
    response = respond(market.bars[0], market.event)
    assert {a.name for a in response.activity} == {"volume", "range", "variance"}
    planted = 0.02 * (1 - 0.3)  # three tenths come back in the end; the last of the drift lies after the clean price
    assert response.moves[2].low < planted + 0.0003 < response.moves[2].high
    assert response.path_pvalue == response.smallest_pvalue
