"""The size of the intraday response where the event day is more volatile than other days, without any news effect."""

from __future__ import annotations

import pytest

from benchmarks.regimes import DEFAULT, RAW, REGIMES, Regime, draw, matched_settings, rejections
from eventstudy.response.respond import respond
from eventstudy.simulate import IntradayDesign

# Short days, so that 80 draws of 40 or 80 days cost seconds; 39 placebo days reach 5 % exactly, 2/40.
SMALL = IntradayDesign(days=39, minutes=180, jump_second=90 * 60 + 30)
DRAWS = range(80)
RELEASES = REGIMES["3 times from the release on, every second day"]
# Of 80 draws at a size of 5 %, more than 10 reject with probability 0.002.
MOST = 10 / 80


def test_variance_that_appears_only_at_the_release_rejects_unless_release_days_are_compared() -> None:
    usual, matched = rejections(RELEASES, (DEFAULT, matched_settings(RELEASES)), DRAWS, SMALL)
    assert usual[1] > 0.3
    assert (matched <= MOST).all()


def test_the_release_days_are_as_many_as_the_ordinary_ones() -> None:
    bars, event, others = draw(RELEASES, 1, SMALL)
    assert len(others) == 39
    assert respond(bars, event, matched_settings(RELEASES), others).placebo_days == 39
    assert respond(bars, event, DEFAULT, others).placebo_days == 39


@pytest.mark.slow
@pytest.mark.parametrize("regime", [regime for regime in REGIMES.values() if regime != RELEASES], ids=str)
def test_days_of_similar_volatility_keep_the_size(regime: Regime) -> None:
    assert (rejections(regime, (matched_settings(regime),), DRAWS, SMALL) <= MOST).all()


@pytest.mark.slow
def test_days_as_they_are_reject_too_often() -> None:
    assert rejections(REGIMES["event day 2 times, all day"], (RAW,), DRAWS, SMALL)[0, 1] > 0.15
