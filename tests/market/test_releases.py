"""Releases as a clock: bars that open with scheduled news say which end their labels mark, and on whose clock."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eventstudy as es
from eventstudy.arrays import DAY_US, MINUTE_US, wall_us
from eventstudy.cli.app import run
from eventstudy.errors import BarsError
from eventstudy.market.calendars import calendar
from eventstudy.market.local_time import instants_from_wall
from eventstudy.market.quality.checks import inspect
from eventstudy.market.quality.fit import ZONES, clock_evidence, label_evidence
from eventstudy.market.quality.problems import Subject
from eventstudy.market.quality.releases import named, zones_of_releases
from eventstudy.market.raw import RawBars
from tests.shared import SHARED, needs_shared

from .series import prices
from .test_check_command import write

# Tuesdays to Thursdays of two weeks, one in winter and one in summer: no zone with a summer time fits both by chance.
DAYS = [*(date(2021, 1, d) for d in (12, 13, 14)), *(date(2021, 7, d) for d in (13, 14, 15))]


def currency(seed: int, news: int | None, side: str = "left", zone: str = "UTC") -> RawBars:
    """Minutes around the clock, labeled on one side in one zone; the one opening at ``news`` in New York is wide."""
    day = np.array([(d - date(1970, 1, 1)).days for d in DAYS])[:, None] * DAY_US
    new_york = (day + np.arange(1440) * MINUTE_US).ravel()
    begins = instants_from_wall(new_york, "America/New_York")
    columns = prices(np.random.default_rng(seed), len(begins), 1.2, 0.0001)
    if news is not None:
        loud = new_york % DAY_US == news * MINUTE_US
        columns["high"][loud] *= 1.01
        columns["volume"][loud] += len(begins)
    wall = wall_us(begins + (MINUTE_US if side == "right" else 0), zone)
    return RawBars(np.arange(2, len(wall) + 2), wall, zone, columns, MINUTE_US, "left")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Moscow", "America/New_York"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_side_is_told_by_the_bar_that_opens_with_the_news(side: str, zone: str) -> None:
    raw = currency(1, 8 * 60 + 30, side, zone)
    evidence = label_evidence(raw, calendar("24/7"))
    assert evidence.side == side
    assert "6 of 6 bars far wider than the rest of their day open with a scheduled release" in str(evidence)
    assert named(zones_of_releases(raw, ZONES)) == zone
    assert f"on the clock of {zone}, and of no other tried" in clock_evidence(raw, calendar("24/7"))


def test_a_stated_clock_on_which_no_news_comes_is_refused() -> None:
    raw = currency(1, 8 * 60 + 30, zone="Europe/Moscow")
    wrong = RawBars(raw.line, raw.wall, "UTC", raw.columns, raw.step_us, "left")
    (found,) = inspect(Subject(wrong, calendar("24/7"))).refused
    assert found.kind == "wrong zone"
    assert "on the clock of Europe/Moscow" in found.message
    assert not inspect(Subject(raw, calendar("24/7"))).findings


@given(seed=st.integers(0, 10_000), news=st.one_of(st.none(), st.integers(0, 1439).filter(lambda m: m % 15)))
@settings(max_examples=40, deadline=None)
def test_quiet_days_and_news_at_odd_minutes_decide_nothing(seed: int, news: int | None) -> None:
    raw = currency(seed, news)
    assert label_evidence(raw, calendar("24/7")).side is None or news in {8 * 60 + 29, 8 * 60 + 31}
    assert clock_evidence(currency(seed, None), calendar("24/7")) == "nothing in the data says which"


def test_a_zone_that_nobody_stated_is_taken_from_the_news(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "prices.csv", currency(1, 8 * 60 + 30, "right", "Europe/Moscow"))
    assert run(["data", "check", str(path)]) == 0
    told = capsys.readouterr().out
    assert "timezone='Europe/Moscow' (the widest bars open with scheduled releases on that clock)" in told
    assert "label: END" in told
    assert "zone: the widest bars open with scheduled releases on the clock of Europe/Moscow" in told


@pytest.mark.reference
@needs_shared
def test_the_oanda_file_says_begin_and_utc_by_itself(tmp_path: Path) -> None:
    """Its widest and most traded minute opens with the ECB's decision of 3 December 2015, 13:45 in Frankfurt."""
    (real,) = (SHARED / "market" / "eurusd").glob("*.csv")
    path = tmp_path / "nameless.csv"
    path.write_bytes(real.read_bytes())
    asked = {"instrument": "EURUSD", "step": "1min", "timezone": "UTC"}
    assert len(es.read_bars(path, label="left", **asked)) == 157
    with pytest.raises(BarsError, match=r"the evidence says BEGIN: .* 2015-12-03 12:45 with the ECB's decision, 13:45"):
        es.read_bars(path, label="right", **asked)


@pytest.mark.parametrize("zone", ["America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide"])
def test_zones_of_half_and_quarter_hours_are_named_by_sessions_and_releases(zone: str) -> None:
    news, week = currency(3, 8 * 60 + 30, zone=zone), weeks_of_currency(3, zone)
    for some, hours in ((news, "24/7"), (week, "24/5")):
        wrong = RawBars(some.line, some.wall, "UTC", some.columns, some.step_us, "left")
        (found,) = [f for f in inspect(Subject(wrong, calendar(hours))).findings if f.kind == "wrong zone"]
        assert zone in found.message


def weeks_of_currency(seed: int, zone: str) -> RawBars:
    """Two weeks of minutes from Sunday 17:00 to Friday 17:00 in New York, without news."""
    starts = np.array([(d - date(1970, 1, 1)).days for d in (date(2021, 1, 10), date(2021, 7, 11))])[:, None] * DAY_US
    new_york = (starts + (np.arange(5 * 1440) + 17 * 60) * MINUTE_US).ravel()
    begins = instants_from_wall(new_york, "America/New_York")
    columns = prices(np.random.default_rng(seed), len(begins), 1.2, 0.0001)
    wall = wall_us(begins, zone)
    return RawBars(np.arange(2, len(wall) + 2), wall, zone, columns, MINUTE_US, "left")


def test_a_zone_that_only_comes_close_is_not_called_a_fit() -> None:
    # A clock of 20 minutes past the hour is none that is tried: the closest zone leaves bars outside and is said to.
    week = weeks_of_currency(4, "UTC")
    wrong = RawBars(week.line, week.wall + 200 * MINUTE_US, "UTC", week.columns, week.step_us, "left")
    (found,) = [f for f in inspect(Subject(wrong, calendar("24/5"))).findings if f.kind == "wrong zone"]
    assert "does not fit either" in found.message
    assert "but they do" not in found.message
