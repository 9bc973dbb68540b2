"""Prices or percents in the place of decimal returns, and events or clocks of another kind, are told at the door."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import DataError, EventTimeError, Notice, UnknownNameError, UsageError
from eventstudy.study.units import notices_of
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
    with pytest.raises(DataError, match=r"look like prices.*all values are positive.*prices= of event_study"):
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


def market_of(frame: pd.DataFrame) -> pd.Series:
    return frame.mean(axis=1).rename("SPY")


def test_a_market_in_percent_beside_decimal_returns_is_noticed() -> None:
    frame = daily_frame(300, 2, seed=1)
    spec = es.StudySpec(model="market_adjusted", estimation=(-100, -6), event=(-2, 2))
    for scale, expected in ((1, []), (100, ["ES-PERCENT"])):
        found = es.run_study(spec, events_at(frame, [("A0", 250)]), frame, market=market_of(frame) * scale)
        assert [n.code for n in found.notices] == expected


def test_a_code_of_a_missing_return_is_not_a_number() -> None:
    frame = daily_frame(300, 2, seed=1)
    market = market_of(frame)
    coded, missing = market.copy(), market.copy()
    coded.iloc[200], missing.iloc[200] = -99.99, np.nan
    spec = es.StudySpec(model="market", estimation=(-100, -6), event=(-2, 2), missing="return")
    events = events_at(frame, [("A0", 250)])
    results = [es.run_study(spec, events, frame, market=series) for series in (coded, missing)]
    assert [n.code for n in results[0].notices] == ["ES-MISSING-CODE"]
    assert results[0].abnormal.ar.tolist() == results[1].abnormal.ar.tolist()


def test_one_cause_in_many_instruments_is_one_notice_with_their_names() -> None:
    notice = Notice("ES-BAD-TICK", "bad tick: 1 -> 2 -> 1.")
    frame = pd.DataFrame({"close": [1.0, 2.0]}, index=pd.date_range("2024-01-02 21:00", periods=2, tz="UTC", unit="us"))
    bars = [
        es.Bars(es.Instrument(code), pd.Timedelta("1D"), "right", frame, notices=(notice,))
        for code in ("AAA", "BBB", "CCC")
    ]
    (found,) = notices_of(bars)
    assert found.message == "AAA (likewise BBB, CCC): bad tick: 1 -> 2 -> 1."
