"""Every number of events that are computed together is the one that was computed event by event before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.arrays import instant_us
from eventstudy.errors import DataError
from eventstudy.market.bars import Bars
from eventstudy.news.items import Event, EventTime
from eventstudy.response.intraday_prices import intraday_prices
from eventstudy.response.known import known_events
from eventstudy.response.respond import responses
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.shape_estimates import pattern_of, shape_estimates
from eventstudy.response.values import Estimate, Move, Response
from eventstudy.simulate import IntradayDesign, demo_market, intraday_bars, intraday_days
from tests.response.referee import numbers_of
from tests.response.test_alike import same

NULL = IntradayDesign(days=70, early=150, late=210)
JUMP = replace(NULL, jump=0.012, reversal=0.3, volume_multiple=6.0, drift=0.003)
SETTINGS = {
    "as it comes": ResponseSettings(),
    "few days": ResponseSettings(placebo=PlaceboSettings(days=12, known_events="keep"), level=0.9),
    "doubted days": ResponseSettings(placebo=PlaceboSettings(known_events=0.4)),
    "the mean of the days": ResponseSettings(expected="same_clock_mean", standardize=False, seasonality="none"),
    "days after, other horizons": ResponseSettings(
        placebo=PlaceboSettings(after=True), horizons=(0, 3, 90), initial_minutes=10, days_later=2, volatility="bipower"
    ),
}


def market(design: IntradayDesign, gone: float) -> tuple[Bars, list[Event]]:
    bars, event = intraday_bars(intraday_days(design, 7))
    lost = np.random.default_rng(7).random(len(bars.frame)) < gone
    shifts = [timedelta(days=d, minutes=m) for d in (0, 1, 2) for m in (0, 30, 200, -190, 600)]
    times = [EventTime(event.time.earliest - shift, event.time.latest - shift) for shift in shifts]
    times += [EventTime(event.time.earliest - timedelta(minutes=40), event.time.latest)]
    return replace(bars, frame=bars.frame[~lost]), [Event(f"e{k}", time) for k, time in enumerate(times)]


def of_move(found: Move | Estimate, expected: tuple[float, ...], name: str) -> None:
    same((found.value, found.low, found.high, found.pvalue), expected[:4], name)
    if isinstance(found, Move):
        same((found.placebo.as_large, found.placebo.days, found.placebo.pvalue), expected[4:], name)


def check(found: Response, expected: dict[str, Any]) -> None:
    """Compare a response with the referee's numbers to 1e-12."""
    path, after = found.path, expected["after"]
    for name in ("car", "placebo", "raw_placebo", "tested", "tested_placebo"):
        same(getattr(path, name), expected[name], name)
    inside = np.flatnonzero(path.open & (np.arange(len(path.open)) > path.zero))
    same((path.pointwise[inside], path.joint[inside]), (expected["pointwise"], expected["joint"]), "bands")
    same((found.path_statistic, found.path_pvalue, found.regime), (*expected["path"], expected["regime"]), "path")
    for move in (found.first, *(m for m in found.moves if m.at is not None)):
        of_move(move, expected[move.label], move.label)
    for anchor in found.anchors:
        of_move(anchor, expected[anchor.name], anchor.name)
    for name in ("pre_event_drift", "next_close", "days_later"):
        if found.number(name).defined:
            of_move(found.number(name), expected[name], name)
    of_shape(found, expected)
    same([a.name for a in found.activity], list(expected["activity"]), "activity")
    for one, (multiple, *row) in zip(found.activity, expected["activity"].values(), strict=True):
        same(one.multiple, multiple[inside], one.name)
        same(((one.peak.value, one.peak.pvalue), (one.window.value, one.window.pvalue)), tuple(row), one.name)
    assert found.pattern == pattern_of(after)
    assert found.placebo_days == len(after.placebo)
    early = [notice for notice in found.notices if notice.code == "ES-MOVE-BEFORE"]
    assert len(early) == min(1, len(expected["early"][0]))


def of_shape(found: Response, expected: dict[str, Any]) -> None:
    for estimate in shape_estimates(expected["after"]):
        same(found.number(estimate.name), estimate, estimate.name)
    for name in ("median_move", "jump_variance"):
        one = found.number(name)
        numbers = (one.value, one.low, one.high, one.pvalue) if name == "median_move" else (one.value, one.pvalue)
        assert one.defined == (expected[name] is not None), name
        same(numbers if one.defined else None, expected[name], name)
    curve = found.assumed_times
    assert (curve is None) == (expected["assumed"] is None)
    if curve is not None:
        row = (curve.move, curve.pointwise, curve.joint, curve.statistic, curve.pvalue)
        same(row, expected["assumed"], "assumed times")


@pytest.mark.parametrize(("design", "gone"), [(NULL, 0.0), (JUMP, 0.0), (JUMP, 0.06)], ids=["null", "jump", "thin"])
@pytest.mark.parametrize("name", SETTINGS)
def test_events_computed_together_have_the_referees_numbers(design: IntradayDesign, gone: float, name: str) -> None:
    bars, events = market(design, gone)
    prices, settings, known = intraday_prices(bars), SETTINGS[name], known_events(events)
    found = responses(prices, events, settings, known)
    answered = [(event, one) for event, one in zip(events, found, strict=True) if not isinstance(one, DataError)]
    assert len(answered) >= 12
    for event, one in answered:
        check(one, numbers_of(prices, event, settings, known))


def test_the_demo_has_the_referees_numbers() -> None:
    market = demo_market()
    known = known_events([market.event])
    for bars in market.bars:
        prices = intraday_prices(bars)
        (found,) = responses(prices, [market.event], ResponseSettings(), known)
        assert not isinstance(found, DataError)
        assert instant_us(found.first_at) > instant_us(market.event.time.latest) - prices.step_us
        check(found, numbers_of(prices, market.event, ResponseSettings(), known))
