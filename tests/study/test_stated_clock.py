"""Intraday series without a calendar are compared at the same time of day of the zone that is stated for them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import eventstudy as es

NEW_YORK = ZoneInfo("America/New_York")
DAYS = list(pd.bdate_range("2024-02-26", "2024-03-22"))  # clocks go forward on 10 March 2024


@pytest.fixture
def bars(tmp_path: Path) -> es.Bars:
    """SIMULATED minutes from 08:00 to 10:00 New York time, a jump at 08:46 on the last day."""
    rng, rows = np.random.default_rng(1), []
    price = 100.0
    for day in DAYS:
        for minute in range(120):
            price *= 1 + rng.normal(0, 1e-4) + (0.01 if day == DAYS[-1] and minute == 45 else 0.0)
            rows.append(f"{day:%Y-%m-%d} {8 + minute // 60:02d}:{minute % 60:02d},{price:.4f},{100 + minute}")
    path = tmp_path / "minutes.csv"
    path.write_text("time,close,volume\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return es.read_bars(path, instrument="SIM", timezone="America/New_York", label="left")


@pytest.fixture
def event() -> es.Event:
    at = datetime(2024, 3, 22, 8, 45, 30, tzinfo=NEW_YORK)
    return es.Event("release", es.EventTime(at, at))


def test_the_clock_is_that_of_the_stated_zone(bars: es.Bars) -> None:
    clock = es.log_returns(bars).clock // 60_000_000
    assert (clock.min(), clock.max()) == (8 * 60 + 1, 10 * 60)
    assert bars.zone == "America/New_York"


def test_days_on_both_sides_of_a_clock_change_are_comparable(bars: es.Bars, event: es.Event) -> None:
    response = es.respond(bars, event, es.ResponseSettings(horizons=(5, 20)))
    assert response.placebo_days == len(DAYS) - 1
    assert response.zone == "America/New_York"
    assert not response.removed
    spec = es.StudySpec(model="zero", event=(0, 20), windows=[(0, 0)], tests=["placebo"])
    result = es.run_study(spec, [event], [bars])
    (found,) = result.findings("placebo")
    assert result.zone == "America/New_York"
    assert float(found.pvalue[0]) == pytest.approx(1 / len(DAYS))


def test_a_zone_that_changes_its_clocks_at_midnight_has_a_clock(tmp_path: Path) -> None:
    at = pd.date_range("2024-03-29 20:00", "2024-04-01 20:00", freq="h")  # Beirut: no 00:00 on 31 March
    rows = [f"{t:%Y-%m-%d %H:%M},{100 + i % 7}" for i, t in enumerate(at) if f"{t:%m-%d %H}" != "03-31 00"]
    path = tmp_path / "hours.csv"
    path.write_text("time,close\n" + "\n".join(rows) + "\n", encoding="utf-8")
    bars = es.read_bars(path, instrument="SIM", timezone="Asia/Beirut", label="right", step="1h")
    clock = es.log_returns(bars).clock // 3_600_000_000
    assert set(clock.tolist()) == set(range(1, 25))


def test_a_series_with_a_calendar_keeps_the_clock_of_its_exchange(tmp_path: Path) -> None:
    path = tmp_path / "minutes.csv"
    path.write_text("time,close\n2024-03-22 14:31,1\n2024-03-22 14:32,2\n", encoding="utf-8")
    bars = es.read_bars(path, instrument="SIM", timezone="UTC", calendar="XNYS", label="right")
    assert bars.zone == ""
    assert es.log_returns(bars).clock[0] // 60_000_000 == 10 * 60 + 31
