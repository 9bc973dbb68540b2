"""The founding case on real SBER and VTBR bars: every figure of the issue, measured on the exchange's own prices."""

from __future__ import annotations

import numpy as np
import pytest

from eventstudy.response.intraday_prices import intraday_prices
from eventstudy.response.matching import Matched, match
from eventstudy.response.placebo import placebo_pvalue
from eventstudy.response.placebo_pool import WindowChoice
from eventstudy.response.respond import respond
from eventstudy.response.respond_all import respond_all
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.values import RawCount
from tests.response.real import FOUNDING, event, ten_minutes

pytestmark = pytest.mark.reference
RAW = ResponseSettings(standardize=False, seasonality="none")


def at(matched: Matched, clock: str) -> int:
    hour, minute = map(int, clock.split(":"))
    return int(np.flatnonzero(matched.wall == (60 * hour + minute) * 60_000_000)[0])


@pytest.mark.parametrize(("code", "bp", "rank"), [("SBER", 113.5, 2), ("VTBR", 84.0, 4)])
def test_the_bracket_return_and_its_placebo_rank(code: str, bp: float, rank: int) -> None:
    response = respond(ten_minutes(code), FOUNDING)
    path = response.path
    assert abs(1e4 * path.car[path.first] - bp) < 0.05
    assert response.placebo_days == 69
    assert response.first.placebo == RawCount(rank - 1, 69, rank / 70)
    standardized = placebo_pvalue(path.car[path.first], path.placebo[:, path.first])
    assert response.first.pvalue == float(standardized)
    assert response.smallest_pvalue == 1 / 70


def test_the_bars_that_carry_it_and_the_reversal() -> None:
    matched = match(intraday_prices(ten_minutes("SBER")), FOUNDING.time, WindowChoice())
    path = 1e4 * matched.path
    assert abs(path[at(matched, "18:30")] - path[at(matched, "18:20")] - 61.6) < 0.1
    assert abs(path[at(matched, "18:40")] - path[at(matched, "18:30")] - 49.7) < 0.1
    assert abs(path[at(matched, "19:30")] - 86.9) < 0.1


def test_volume_is_higher_than_on_every_day_before() -> None:
    matched = match(intraday_prices(ten_minutes("SBER")), FOUNDING.time, WindowChoice())
    for clock, multiple in (("18:30", 4.0), ("18:40", 9.2)):
        column = at(matched, clock)
        usual = matched.placebo.volume[:, column]
        assert abs(matched.event.volume[column] / np.median(usual) - multiple) < 0.05
        assert (matched.event.volume[column] > usual).all()
    response = respond(ten_minutes("SBER"), FOUNDING)
    volume = next(a for a in response.activity if a.name == "volume")
    assert volume.peak.pvalue == 1 / 70


def test_there_was_no_leak() -> None:
    before = event("2021-04-13T17:00", "2021-04-13T18:20")
    matched = match(intraday_prices(ten_minutes("SBER")), before.time, WindowChoice(before=0, after=0))
    drift = matched.path[matched.first]
    assert abs(1e4 * drift - 24.8) < 0.05
    assert abs(float(placebo_pvalue(drift, matched.placebo_path[:, matched.first])) - 0.57) < 0.005
    drift = respond(ten_minutes("SBER"), FOUNDING).number("pre_event_drift")
    assert drift.pvalue > 0.05


def test_the_whole_response_of_two_shares() -> None:
    found = respond_all([ten_minutes("SBER"), ten_minutes("VTBR")], [FOUNDING])
    sber, vtbr = found
    assert respond(ten_minutes("SBER"), FOUNDING, RAW).path_pvalue == 3 / 70
    assert [move.label for move in sber.moves if move.at is None] == ["+5 min"]  # a bar lasts ten minutes
    assert all(0 < move.joint_pvalue <= 1 for move in sber.moves[1:3])
    for response in (sber, vtbr):
        joint = [m.joint_pvalue - m.pvalue for m in response.moves[1:3]]
        assert min(joint) >= -0.03  # max-t with common days never makes a p-value much smaller
    # the 14th closed +1.4 % for the market: the next close is measured, not guessed
    assert sber.number("next_close").defined
    assert {a.name for a in sber.anchors} == {"bracket", "earliest", "latest"}
    assert "closing auction of shares" in {c.label for c in sber.confounders}


def test_the_path_band_is_left_where_the_bars_carry_it() -> None:
    response = respond(ten_minutes("SBER"), FOUNDING)
    path = response.path
    outside = np.abs(path.car) > path.joint
    # +63.8 bp at 18:30 is inside what 95 % of all ordinary paths stay within, +113.5 bp at 18:40 is not
    assert not outside[path.zero : path.first].any()
    assert outside[path.first]
    assert response.number("first_significant").value == 40.0
    assert response.assumed_times is not None
    assert len(response.assumed_times.at) == 4  # 18:00, 18:10, 18:20, 18:30
    assert response.assumed_times.pvalue >= 1 / 70
