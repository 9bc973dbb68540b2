"""Market returns over each series' own bars, counted by hand."""

from __future__ import annotations

import timeit

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.abnormal.regressors import with_factors
from eventstudy.abnormal.series import series_of
from eventstudy.arrays import DAY_US, IntArray
from eventstudy.market.instruments import Instrument
from eventstudy.market.returns import Returns

HOUR_US = DAY_US // 24


def returns(code: str, days: list[int], values: list[float], *, hour: float = 16, step: int = DAY_US) -> Returns:
    """Returns of the days given, closing at one hour UTC."""
    day: IntArray = np.array(days, dtype=np.int64)
    clock = np.full(len(day), int(hour * HOUR_US))
    none = np.zeros(len(day), dtype=np.bool_)
    return Returns(Instrument(code), step, day * DAY_US + clock, np.array(values), none, day, clock)


# Monday 1 January 2024 is day 19723.
WEEK = [19723, 19724, 19725, 19726, 19727]
INDEX = returns("INDEX", WEEK, [0.01, 0.02, 0.03, 0.04, 0.05])


def market(share: Returns, index: Returns = INDEX, **options: str) -> list[float]:
    series, _ = with_factors(series_of([share]), [index], **options)  # type: ignore[arg-type]
    return series.factors[0].tolist()


def test_a_holiday_of_the_share_compounds_the_market_between_its_closes() -> None:
    # The share is shut on Wednesday and Thursday: its Friday bar spans 3 + 4 + 5 % of log market returns.
    share = returns("A", [19723, 19724, 19727], [0.0, 0.0, 0.0])
    assert market(share) == pytest.approx([0.01, 0.02, 0.12])
    assert market(share, kind="simple") == pytest.approx([0.01, 0.02, 1.03 * 1.04 * 1.05 - 1])
    assert market(share, span="drop") == pytest.approx([0.01, 0.02, np.nan], nan_ok=True)


def test_a_holiday_of_the_market_leaves_out_the_day_and_the_one_after() -> None:
    index = returns("INDEX", [19723, 19724, 19726, 19727], [0.01, 0.02, 0.07, 0.05])
    assert market(returns("A", WEEK, [0.0] * 5), index) == pytest.approx(
        [0.01, 0.02, np.nan, np.nan, 0.05], nan_ok=True
    )


def days_of(first: str, last: str, weekdays: str) -> list[int]:
    """The days from one date to another that fall on the weekdays given, as ``Sun Mon``."""
    days = pd.date_range(first, last)
    return (days[days.strftime("%a").isin(weekdays.split())].as_unit("s").asi8 // 86_400).tolist()


def test_a_share_from_sunday_to_thursday_takes_fridays_close_of_the_index_on_sunday() -> None:
    index_days = days_of("2024-01-01", "2024-03-29", "Mon Tue Wed Thu Fri")
    index = returns(
        "INDEX", index_days, [0.001 * (1 + (day + 3) % 7) for day in index_days]
    )  # 1 on Monday ... 5 on Friday
    days = days_of("2024-01-03", "2024-03-28", "Sun Mon Tue Wed Thu")
    got = dict(zip(days, market(returns("RIYADH", days, [0.0] * len(days), hour=12), index), strict=True))
    sunday = int(np.datetime64("2024-02-04").astype(int))
    # By hand: Sunday has Friday's 0.5 %, Monday its own 0.1 %, and no other day changes.
    assert [got[sunday + n] for n in range(5)] == pytest.approx([0.005, 0.001, 0.002, 0.003, 0.004])
    # A share from Saturday on: Saturday has Friday's return, Sunday none, and the Monday after it none.
    days = days_of("2024-01-03", "2024-03-28", "Sat Sun Mon Tue Wed")
    got = dict(zip(days, market(returns("A", days, [0.0] * len(days)), index), strict=True))
    saturday = sunday - 1  # Wednesday's close to Saturday: 0.4 + 0.5 %
    expected = [0.009, np.nan, np.nan, 0.002, 0.003]
    assert [got[saturday + n] for n in range(5)] == pytest.approx(expected, nan_ok=True)


def test_a_holiday_of_the_index_is_no_weekend() -> None:
    index_days = [d for d in days_of("2024-01-01", "2024-03-29", "Mon Tue Wed Thu Fri") if d != 19759]  # Tuesday 6 Feb
    index = returns("INDEX", index_days, [0.001] * len(index_days))
    days = days_of("2024-01-03", "2024-03-28", "Sun Mon Tue Wed Thu")
    got = dict(zip(days, market(returns("A", days, [0.0] * len(days)), index), strict=True))
    assert [got[d] for d in (19758, 19759, 19760, 19761)] == pytest.approx([0.001, np.nan, np.nan, 0.001], nan_ok=True)


def test_a_missing_market_return_inside_a_span_makes_the_span_missing() -> None:
    index = returns("INDEX", WEEK, [0.01, 0.02, np.nan, 0.04, 0.05])
    share = returns("A", [19723, 19724, 19727], [0.0, 0.0, 0.0])
    assert market(share, index) == pytest.approx([0.01, 0.02, np.nan], nan_ok=True)


def test_closes_that_agree_give_the_market_bit_for_bit() -> None:
    values = np.random.default_rng(1).normal(0, 0.01, 5)
    assert market(returns("A", WEEK, [0.0] * 5), returns("INDEX", WEEK, values.tolist())) == values.tolist()


def test_daily_series_match_by_trading_day_whatever_the_time_of_their_close() -> None:
    share = returns("A", WEEK, [0.0] * 5, hour=7)
    series, (match,) = with_factors(series_of([share]), [INDEX])
    assert series.factors[0].tolist() == INDEX.values.tolist()
    assert match.closes == (19727 * DAY_US + 7 * HOUR_US, 19727 * DAY_US + 16 * HOUR_US)


def test_a_monthly_share_takes_the_daily_market_of_its_months() -> None:
    days = pd.bdate_range("2024-01-01", "2024-03-29").as_unit("s").asi8 // 86_400
    index = returns("INDEX", days.tolist(), [0.001] * len(days))
    # Month ends by the calendar: Sunday 31 March 2024 takes Friday 29 March.
    ends = [int(np.datetime64(d, "D").astype(int)) for d in ("2024-01-31", "2024-02-29", "2024-03-31")]
    share = returns("A", ends, [0.0] * 3, step=30 * DAY_US)
    # 21 weekdays in February and 21 in March 2024.
    assert market(share, index)[1:] == pytest.approx([0.021, 0.021])


def test_minutes_of_the_market_add_up_to_the_five_minutes_of_the_share() -> None:
    minute = 60_000_000
    closes = np.arange(1, 16, dtype=np.int64) * minute
    day, none = np.zeros(15, dtype=np.int64), np.zeros(15, dtype=np.bool_)
    index = Returns(Instrument("INDEX"), minute, closes, np.full(15, 0.001), none, day, closes)
    five = slice(4, None, 5)
    share = Returns(Instrument("A"), 5 * minute, closes[five], np.zeros(3), none[five], day[five], closes[five])
    assert market(share, index) == pytest.approx([0.001, 0.005, 0.005])


# --------------------------------------------------------------------------------------------- through a study
DAYS = pd.bdate_range("2023-06-01", "2024-06-28")
SPEC = es.StudySpec(model="market", estimation=(-120, -11), event=(0, 0), tests=("time_series_t",), min_observations=60)


def golden_week(seed: int = 3) -> tuple[pd.DataFrame, pd.Series]:
    """A share with beta 1 and noise of 18 bp, shut from 3 to 6 May 2024 while the index rises; no effect."""
    rng = np.random.default_rng(seed)
    index = pd.Series(rng.normal(0, 0.01, len(DAYS)), DAYS, name="INDEX")
    index["2024-05-03":"2024-05-06"] = 0.008  # type: ignore[misc]
    prices = (index + rng.normal(0, 0.0018, len(DAYS))).cumsum()
    share = prices.drop(pd.DatetimeIndex(["2024-05-03", "2024-05-06"])).diff()
    return share.to_frame("AAA"), index


def test_the_market_over_golden_week_is_that_of_all_its_days() -> None:
    share, index = golden_week()
    events = pd.DataFrame({"instrument": ["AAA"], "time": [pd.Timestamp("2024-05-07 10:00", tz="Asia/Tokyo")]})
    result = es.run_study(SPEC, events, share, market=index, closes_at="15:00 Asia/Tokyo")
    # By hand: four days of noise, and nothing of the 160 bp that the index rose while the share was shut.
    assert abs(result.to_frame("car")["car"].iloc[0]) < 4 * 0.0018 * 2
    assert result.abnormal.fit.sigma2[0] ** 0.5 == pytest.approx(0.0018, rel=0.2)
    (told,) = [notice.message for notice in result.notices if notice.code == "ES-SPAN"]
    assert told.startswith("1 of ")
    dropped = es.run_study(
        SPEC.model_copy(update={"span": "drop"}), events, share, market=index, closes_at="15:00 Asia/Tokyo"
    )
    assert [outcome.outcome for outcome in dropped.ledger] == ["missing_returns"]


def test_an_event_of_a_weekend_market_against_a_five_day_index_has_a_reason_or_a_warning() -> None:
    days = pd.date_range("2023-01-01", "2023-12-31")
    rng = np.random.default_rng(2)
    coin = pd.DataFrame({"BTC": rng.normal(0, 0.02, len(days))}, days)
    index = pd.Series(rng.normal(0, 0.01, len(days)), days, name="SP500")[days.day_of_week < 5]
    events = pd.DataFrame({"instrument": ["BTC"], "time": [pd.Timestamp("2023-10-21 12:00", tz="UTC")]})
    spec = SPEC.model_copy(update={"estimation": (-180, -11), "event": (-3, 3), "windows": ((-3, -1), (0, 0))})
    result = es.run_study(spec, events, coin, market=index, closes_at="20:00 UTC")
    assert [outcome.outcome for outcome in result.ledger] == ["used"]
    (told,) = [notice.message for notice in result.notices if notice.code == "ES-NO-NUMBER"]
    assert "1 in [+0, +0]" in told
    assert "The market or a factor has no return over these bars" in told
    alone = es.run_study(
        spec.model_copy(update={"windows": ((0, 0),)}), events, coin, market=index, closes_at="20:00 UTC"
    )
    assert [outcome.outcome for outcome in alone.ledger] == ["missing_returns"]


def test_weekly_monthly_and_quarterly_returns_can_be_studied() -> None:
    for freq in ("W-FRI", "ME", "QE"):
        days = pd.date_range("2005-01-31", periods=60, freq=freq)
        frame = pd.DataFrame({"A": np.where(np.arange(60) % 2, 0.01, -0.01)}, days)
        frame.iloc[50] = 0.2
        events = pd.DataFrame({"instrument": ["A"], "time": [days[50].tz_localize("UTC") - pd.Timedelta("3D")]})
        spec = es.StudySpec(model="constant_mean", estimation=(-40, -2), event=(0, 1), windows=((0, 0),), tests=())
        result = es.run_study(spec, events, frame, closes_at="16:00 UTC")
        assert [outcome.outcome for outcome in result.ledger] == ["used"], freq
        assert result.to_frame("car")["car"].iloc[0] == pytest.approx(0.2, abs=0.001), freq


def test_a_code_used_again_years_later_is_refused_and_a_long_closure_is_not() -> None:
    first, second = pd.bdate_range("2015-01-01", "2016-06-30"), pd.bdate_range("2020-01-01", "2020-12-31")
    days = first.append(second)
    frame = pd.DataFrame({"AAA": np.where(np.arange(len(days)) % 2, 0.01, -0.01)}, days)
    events = pd.DataFrame({"instrument": ["AAA"], "time": [pd.Timestamp("2020-03-02 12:00", tz="UTC")]})
    spec = es.StudySpec(model="constant_mean", estimation=(-120, -11), event=(0, 0), tests=())
    (outcome,) = es.run_study(spec, events, frame, closes_at="16:00 UTC").ledger
    assert outcome.outcome == "window_incomplete"
    assert f"{np.busday_count('2016-07-01', '2020-01-01')} trading days without a bar of AAA" in outcome.reason
    # Athens was shut from 29 June to 31 July 2015: 25 weekdays; news of July waits for 3 August.
    athens = pd.bdate_range("2015-01-01", "2015-12-31").difference(pd.bdate_range("2015-06-29", "2015-07-31"))
    frame = pd.DataFrame({"AAA": np.where(np.arange(len(athens)) % 2, 0.01, -0.01)}, athens)
    frame.loc["2015-08-03"] = -0.16
    events["time"] = pd.Timestamp("2015-07-13 09:00", tz="Europe/Athens")
    result = es.run_study(spec, events, frame, closes_at="17:20 Europe/Athens")
    assert result.to_frame("car")["car"].iloc[0] == pytest.approx(-0.16, abs=0.001)
    (told,) = [notice.message for notice in result.notices if notice.code == "ES-GAP"]
    assert "25 trading days without a bar of AAA before 2015-08-03" in told


def test_news_in_the_closure_of_2022_waits_for_the_reopening_of_moscow() -> None:
    # The exchange was shut for shares from 28 February to 23 March 2022: the calendar knows, so nothing is missing.
    days = pd.bdate_range("2022-01-10", "2022-02-25").append(pd.bdate_range("2022-03-24", "2022-04-15"))
    closes = (days.drop(pd.Timestamp("2022-02-23")) + pd.Timedelta("18h40min")).tz_localize("Europe/Moscow")
    values = 100 * np.exp(np.cumsum(np.where(closes.strftime("%m-%d") == "03-24", 0.1, 0.0)))
    frame = pd.DataFrame({"close": values}, closes.tz_convert("UTC").as_unit("us"))
    bars = es.Bars(Instrument("X", calendar="MOEX-SHARES"), pd.Timedelta("1D"), "right", frame, zone="Europe/Moscow")
    for when in ("2022-02-28 12:00", "2022-03-10 12:00", "2022-03-23 23:00"):
        events = pd.DataFrame({"instrument": ["X"], "time": [pd.Timestamp(when, tz="Europe/Moscow")]})
        result = es.run_study(es.StudySpec(tests=()), events, [bars])
        assert result.to_frame("car")["car"].iloc[0] == pytest.approx(0.1), when
        assert not [notice for notice in result.notices if notice.code == "ES-GAP"]


def test_the_first_return_of_a_frame_can_host_an_event() -> None:
    frame = pd.DataFrame({"A": [0.07, 0.01, -0.01]}, pd.bdate_range("2024-01-02", periods=3))
    spec = es.StudySpec(event=(0, 1), windows=((0, 0), (0, 1)), tests=())
    events = pd.DataFrame({"instrument": ["A"], "time": [pd.Timestamp("2024-01-02 10:00", tz="UTC")]})
    result = es.run_study(spec, events, frame, closes_at="16:00 UTC")
    assert result.to_frame("car")["car"].tolist() == pytest.approx([0.07, 0.08])
    events["time"] = pd.Timestamp("2023-12-28 10:00", tz="UTC")
    assert [outcome.outcome for outcome in es.run_study(spec, events, frame, closes_at="16:00 UTC").ledger] == [
        "outside_data"
    ]


def test_calendars_that_differ_cost_at_most_twice_what_calendars_that_agree_cost() -> None:
    days = pd.bdate_range("2018-01-01", periods=1000).as_unit("s").asi8 // 86_400
    rng = np.random.default_rng(5)
    index = returns("INDEX", days.tolist(), rng.normal(0, 0.01, 1000).tolist())
    whole = [returns(f"S{i}", days.tolist(), rng.normal(0, 0.02, 1000).tolist()) for i in range(100)]
    kept = [np.sort(rng.choice(1000, 950, replace=False)) for _ in whole]
    some = [
        returns(one.instrument.code, one.trading_day[rows].tolist(), one.values[rows].tolist())
        for one, rows in zip(whole, kept, strict=True)
    ]
    events = pd.DataFrame(
        {
            "instrument": [f"S{i % 100}" for i in range(4000)],
            "time": pd.to_datetime(rng.choice(days[400:900], 4000), unit="D", utc=True),
        }
    )
    spec = es.StudySpec(model="market", estimation=(-250, -11), event=(-5, 5), tests=("cross_sectional_t",))
    with_agreement, without = (
        min(timeit.repeat(lambda data=data: es.run_study(spec, events, data, market=index), number=1, repeat=5))
        for data in (whole, some)
    )
    assert without < 2 * with_agreement
