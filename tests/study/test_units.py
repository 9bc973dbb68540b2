"""Prices or percents in the place of decimal returns, and events or clocks of another kind, are told at the door."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import DataError, EventTimeError, UnknownNameError, UsageError
from tests.study.made import daily_frame, events_at

SPEC = es.StudySpec(model="constant_mean", estimation=(-100, -6), event=(-2, 2))
DATED = pd.bdate_range("2020-01-01", periods=300)


def codes(frame: pd.DataFrame) -> list[str]:
    return [n.code for n in es.run_study(SPEC, events_at(frame, [("A0", 250)]), frame).notices]


def test_decimal_returns_raise_no_word() -> None:
    assert codes(daily_frame(300, 2, seed=1)) == []


def test_percents_are_told() -> None:
    assert codes(daily_frame(300, 2, seed=1) * 100) == ["ES-PERCENT"]


@pytest.mark.parametrize("level", [1.0, 77.2])
def test_prices_are_refused(level: float) -> None:
    frame = level * np.exp(daily_frame(300, 2, seed=1).cumsum())
    with pytest.raises(DataError, match=r"all of it is positive.*numpy\.log"):
        codes(frame)


def test_volumes_and_ranges_may_be_positive() -> None:
    frame = daily_frame(300, 2, seed=1).abs()
    assert codes(frame) == []


def test_an_unknown_zone_of_the_close_is_told_without_six_hundred_names() -> None:
    frame = daily_frame(300, 1, seed=1)
    table = events_at(frame, [("A0", 250)])
    with pytest.raises(UnknownNameError, match="time zone") as refused:
        es.run_study(SPEC, table, frame.set_axis(DATED), closes_at="16:00 Amerika/New_York")
    assert len(str(refused.value)) < 200
    assert "America/New_York" in str(refused.value)
    with pytest.raises(EventTimeError, match="time of day"):
        es.run_study(SPEC, table, frame.set_axis(DATED), closes_at="noon America/New_York")


def test_events_of_another_kind_are_told() -> None:
    frame = daily_frame(300, 1, seed=1)
    with pytest.raises(UsageError, match="contains a dict"):
        es.run_study(SPEC, [{"id": "a"}], frame)  # type: ignore[list-item]
