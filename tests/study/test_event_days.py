"""Dates and sessions on the bars: which day is tau = 0, through every way in, and the line that says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import EventTimeError

NY = "16:00 America/New_York"
DAYS = pd.bdate_range("2017-01-02", periods=120)
# SIMULATED: quiet returns, one jump of 10 % on Tuesday 18 April 2017 and one of -20 % on the day after.
JUMP, AFTER = pd.Timestamp("2017-04-18"), pd.Timestamp("2017-04-19")


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    values = np.random.default_rng(1).normal(0, 1e-6, (120, 2))
    frame = pd.DataFrame(values, DAYS, ["IBM", "JPM"])
    frame.loc[JUMP, "IBM"], frame.loc[AFTER, "IBM"] = 0.1, -0.2
    return frame


def spec(**more: object) -> es.StudySpec:
    return es.StudySpec(event=(-1, 1), estimation=(-40, -5), model="constant_mean", **more)


def at_zero(result: es.StudyResult) -> tuple[float, int]:
    row = result.to_frame("ar").query("tau == 0").iloc[0]
    return round(float(row["ar"]), 3), int(row["n_bars"])


@pytest.mark.parametrize(
    ("session", "date", "expected"),
    [
        ("bmo", "2017-04-18", (0.1, 1)),
        ("dmh", "2017-04-18", (0.1, 1)),
        ("amc", "2017-04-17", (0.1, 1)),
        ("amc", "2017-04-18", (-0.2, 1)),
        ("pre-market", "2017-04-19", (-0.2, 1)),
        ("", "2017-04-18", (-0.1, 2)),
    ],
)
def test_the_session_chooses_the_trading_day(
    tmp_path: Path, returns: pd.DataFrame, session: str, date: str, expected: tuple[float, int]
) -> None:
    frame = pd.DataFrame({"ticker": ["IBM"], "date": [date], "session": [session]})
    assert at_zero(es.run_study(spec(), frame, returns, closes_at=NY)) == expected
    frame.to_csv(tmp_path / "e.csv", index=False)
    events = es.read_events(tmp_path / "e.csv")
    assert at_zero(es.run_study(spec(), events, returns, closes_at=NY)) == expected
    other = frame.rename(columns={"session": "Timing"})  # the cells say what the column is
    assert at_zero(es.run_study(spec(), other, returns, closes_at=NY)) == expected


def test_two_columns_of_sessions_in_a_frame_are_refused(returns: pd.DataFrame) -> None:
    frame = pd.DataFrame({"ticker": ["IBM"], "date": ["2017-04-18"], "this": ["bmo"], "last": ["amc"]})
    with pytest.raises(EventTimeError, match="'this' and 'last' of `events` hold trading sessions"):
        es.run_study(spec(), frame, returns, closes_at=NY)


@pytest.mark.parametrize("column", ["date", "time"])
@pytest.mark.parametrize(
    "written",
    [
        "2017-04-18",
        pd.Timestamp("2017-04-18"),
        pd.Timestamp("2017-04-18").date(),
        pd.Timestamp("2017-04-18", tz="America/New_York"),
    ],
)
def test_a_date_is_the_same_event_however_it_is_written(returns: pd.DataFrame, column: str, written: object) -> None:
    frame = pd.DataFrame({"instrument": ["IBM"], column: [written]})
    assert at_zero(es.run_study(spec(), frame, returns, closes_at=NY)) == (-0.1, 2)
    one = es.run_study(spec(event_dates="trading_day"), frame, returns, closes_at=NY)
    assert at_zero(one) == (0.1, 1)
    assert "ES-EVENT-BARS" not in {n.code for n in one.notices}


def test_a_trading_day_rule_takes_the_next_day_with_a_bar(returns: pd.DataFrame) -> None:
    frame = pd.DataFrame({"instrument": ["IBM", "IBM"], "date": ["2017-04-15", "2017-04-16"]})  # a weekend
    result = es.run_study(
        spec(event_dates="trading_day"), frame, returns.drop(pd.Timestamp("2017-04-17")), closes_at=NY
    )
    assert at_zero(result) == (0.1, 1)


def test_market_hours_on_a_day_without_a_bar_end_in_the_ledger(returns: pd.DataFrame) -> None:
    frame = pd.DataFrame({"instrument": ["IBM"], "date": ["2017-04-16"], "session": ["dmh"]})
    (outcome,) = es.run_study(spec(), frame, returns, closes_at=NY).ledger
    assert outcome.outcome == "outside_data"
    assert "no bar on the day" in outcome.reason


def test_dates_outside_the_data_are_outside_data(returns: pd.DataFrame) -> None:
    for rule in ("interval", "trading_day"):
        for session in ("", "bmo", "amc"):
            frame = pd.DataFrame(
                {"instrument": ["IBM"] * 2, "date": ["2016-01-05", "2018-01-05"], "session": [session] * 2}
            )
            found = es.run_study(spec(event_dates=rule), frame, returns, closes_at=NY).ledger
            assert [o.outcome for o in found] == ["outside_data"] * 2, (rule, session)


def test_the_first_lines_say_that_tau_0_holds_two_days(returns: pd.DataFrame) -> None:
    frame = pd.DataFrame({"instrument": ["IBM", "JPM"], "date": ["2017-04-18", "2017-04-18"]})
    result = es.run_study(spec(), frame, returns, closes_at=NY)
    (notice,) = [n for n in result.notices if n.code == "ES-EVENT-BARS"]
    assert notice.message.startswith("The event interval spans 2 trading days in 2 of 2 events: 2 have only a date")
    assert "trading_day" in notice.message
    above, _, _ = result.summary().partition("  Mean ")
    assert notice.message in " ".join(above.split())


def test_intraday_sessions_meet_the_night(returns: pd.DataFrame) -> None:
    hours = pd.DatetimeIndex([d + pd.Timedelta(hours=h) for d in DAYS for h in range(10, 17)]).tz_localize(
        "America/New_York"
    )
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"IBM": rng.normal(0, 1e-6, len(hours))}, hours)
    opening = pd.Timestamp("2017-04-18 10:00", tz="America/New_York")
    frame.loc[opening, "IBM"] = 0.1
    for date, session in (("2017-04-18", "bmo"), ("2017-04-17", "amc")):
        events = pd.DataFrame({"instrument": ["IBM"], "date": [date], "session": [session]})
        assert at_zero(es.run_study(spec(), events, frame)) == (0.1, 1)


def test_a_midnight_is_an_instant_where_bars_are_shorter_than_a_day() -> None:
    hours = pd.date_range("2021-06-01", periods=24 * 40, freq="h", tz="UTC")
    frame = pd.DataFrame({"BTC": np.random.default_rng(3).normal(0, 0.01, len(hours))}, hours)
    events = pd.DataFrame({"instrument": ["BTC"], "time": [pd.Timestamp("2021-06-21", tz="UTC")]})
    assert at_zero(es.run_study(spec(), events, frame))[1] == 1


def test_attributes_travel_into_the_result(tmp_path: Path, returns: pd.DataFrame) -> None:
    text = (
        "ticker,date,session,surprise,group\nIBM,2017-04-18,bmo,1.5,good\nJPM,2017-04-18,amc,,bad\nXX,2017-04-18,,2,x\n"
    )
    (tmp_path / "e.csv").write_text(text, encoding="utf-8")
    from_file = es.run_study(spec(), es.read_events(tmp_path / "e.csv"), returns, closes_at=NY).to_frame("events")
    from_frame = es.run_study(spec(), pd.read_csv(tmp_path / "e.csv"), returns, closes_at=NY).to_frame("events")
    for found in (from_file, from_frame):
        assert found["instrument"].tolist() == ["IBM", "JPM", "XX"]
        assert found["outcome"].tolist() == ["used", "used", "unknown_instrument"]
        assert found["surprise"].fillna(-1).tolist() == [1.5, -1, 2.0]
        assert found["group"].tolist() == ["good", "bad", "x"]
        assert found["session"].tolist() == ["bmo", "amc", ""]
        assert found["n_bars"].fillna(0).tolist() == [1, 1, 0]


def test_a_naive_time_in_a_frame_names_the_cure(returns: pd.DataFrame) -> None:
    frame = pd.DataFrame({"instrument": ["IBM"], "time": [pd.Timestamp("2017-04-18 10:00")]})
    with pytest.raises(EventTimeError, match=r"tz_localize"):
        es.run_study(spec(), frame, returns, closes_at=NY)
    strange = pd.DataFrame({"instrument": ["IBM"], "date": ["2017-04-18"], "session": ["soon"]})
    with pytest.raises(EventTimeError, match="session 'soon'"):
        es.run_study(spec(), strange, returns, closes_at=NY)
