"""Rows of a frame in which an instrument has no return: no bars of it, with the market compounded over them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.market.missing_rows import Days, find_gaps, reading_of
from eventstudy.study.frame_series import frame_series
from eventstudy.study.time_axes import TimeAxes
from tests.study.made import daily_frame, events_at

DAYS = pd.bdate_range("2023-06-01", "2024-06-28")
CLOSE = "15:00 Asia/Tokyo"
SPEC = es.StudySpec(model="market", estimation=(-120, -11), event=(0, 1), windows=((0, 0),), min_observations=60)
HOLIDAYS = ["2023-07-17", "2024-04-29", "2024-05-03", "2024-05-06"]
AFTER = pd.DataFrame({"instrument": ["AAA"], "time": [pd.Timestamp("2024-05-07 10:00", tz="Asia/Tokyo")]})


def log_prices() -> pd.DataFrame:
    """A share with beta 1 and noise of 18 bp beside an index that rises 80 bp on each of two days of Golden Week."""
    rng = np.random.default_rng(3)
    index = pd.Series(rng.normal(0, 0.01, len(DAYS)), DAYS)
    index["2024-05-03":"2024-05-06"] = 0.008  # type: ignore[misc]
    share = index + rng.normal(0, 0.0018, len(DAYS))
    return pd.DataFrame({"AAA": share.cumsum(), "INDEX": index.cumsum()})


def shut(*days: str) -> pd.DataFrame:
    """The log prices without those of the share on its holidays."""
    prices = log_prices()
    prices.loc[list(days), "AAA"] = np.nan
    return prices


def own_returns(prices: pd.DataFrame) -> pd.DataFrame:
    """Each column's returns between its own consecutive prices."""
    return pd.DataFrame({name: prices[name].dropna().diff() for name in prices}).reindex(prices.index)


def car(result: es.StudyResult) -> float:
    return float(result.to_frame("car")["car"].iloc[0])


def warned(result: es.StudyResult) -> list[str]:
    return [notice.message for notice in result.notices if notice.code == "ES-ROWS-WITHOUT-RETURN"]


@pytest.mark.parametrize("days", [HOLIDAYS, HOLIDAYS[2:]], ids=["several holidays", "Golden Week alone"])
def test_a_holiday_in_one_frame_is_the_holiday_of_a_series_alone(days: list[str]) -> None:
    frame = own_returns(shut(*days))
    alone = frame["AAA"].dropna()
    apart = es.run_study(SPEC, AFTER, alone.to_frame(), market=frame["INDEX"], closes_at=CLOSE)
    result = es.run_study(SPEC, AFTER, frame, market="INDEX", closes_at=CLOSE)
    assert car(result) == car(apart)
    # By hand: the share's noise over three days and nothing of the 160 bp that the index rose meanwhile.
    assert abs(car(result)) < 4 * 0.0018
    assert result.abnormal.fit.sigma2[0] ** 0.5 == pytest.approx(0.0018, rel=0.2)
    (message,) = warned(result)
    assert message.startswith(f"{len(days)} rows without a return are not bars of AAA (1 of 1 instruments)")
    assert "the next return spans them" in message


def test_a_row_that_is_called_a_missing_return_stays_a_bar() -> None:
    frame = own_returns(shut(*HOLIDAYS))
    result = es.run_study(SPEC.model_copy(update={"missing": "return"}), AFTER, frame, market="INDEX", closes_at=CLOSE)
    # The index alone of 7 May is taken from the return over Golden Week: its 160 bp are left.
    assert car(result) == pytest.approx(0.016, abs=0.004)
    assert not warned(result)


def test_prices_in_a_frame_need_no_reading() -> None:
    prices = np.exp(shut(*HOLIDAYS))
    settings = {"market": "INDEX", "closes_at": CLOSE, "estimation": (-120, -11), "event": (0, 1)}
    result = es.event_study(AFTER, prices=prices, windows=[(0, 0)], **settings)  # type: ignore[arg-type]
    frame = own_returns(shut(*HOLIDAYS))
    assert car(result) == pytest.approx(car(es.run_study(SPEC, AFTER, frame, market="INDEX", closes_at=CLOSE)))


def test_returns_computed_over_missing_prices_are_of_one_row_after_a_gap() -> None:
    # prices.diff() leaves two rows without a return for a day without a price; the third is of one day again.
    holidays = [DAYS[40], DAYS[100], DAYS[200]]
    frame = shut(*(f"{day:%Y-%m-%d}" for day in holidays)).diff()
    events = AFTER.assign(time=(DAYS[202] + pd.Timedelta("10h")).tz_localize("Asia/Tokyo"))
    result = es.run_study(SPEC, events, frame, market="INDEX", closes_at=CLOSE)
    assert "its last row is a bar whose return is missing" in warned(result)[0]
    rows = np.delete(np.arange(len(DAYS)), [40, 100, 200])  # the share's own days; 41, 101 and 201 have no return
    at = int(np.searchsorted(rows, 202))
    window = frame.iloc[rows[at - 120 : at - 10]].dropna()
    beta, alpha = np.polyfit(window["INDEX"], window["AAA"], 1)
    assert len(window) == 109
    assert car(result) == pytest.approx(frame["AAA"].iloc[202] - alpha - beta * frame["INDEX"].iloc[202], abs=1e-12)


def test_windows_of_a_share_in_a_frame_of_calendar_days_count_its_own_days() -> None:
    days = pd.date_range("2020-01-01", "2020-12-31")
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"COIN": rng.normal(0, 0.03, len(days)), "SHARE": rng.normal(0, 0.01, len(days))}, days)
    frame.loc[days.day_of_week > 4, "SHARE"] = np.nan
    spec = es.StudySpec(model="constant_mean", estimation=(-100, -6), event=(-5, 5), tests=("time_series_t",))
    times = [pd.Timestamp("2020-09-05 12:00", tz="UTC")] * 2  # a Saturday
    events = pd.DataFrame({"instrument": ["COIN", "SHARE"], "time": times})
    result = es.run_study(spec, events, frame, closes_at="20:00 UTC")
    alone = es.run_study(spec, events[1:], frame[["SHARE"]].dropna(), closes_at="20:00 UTC")
    together = result.to_frame("ar").set_index("instrument").loc["SHARE"].reset_index()
    assert together.drop(columns="event").equals(alone.to_frame("ar")[together.columns.drop("event")])
    zero = together.loc[together["tau"] == 0, "close"].iloc[0]
    assert zero == pd.Timestamp("2020-09-07 20:00", tz="UTC")  # the Monday
    coin = result.to_frame("ar").set_index("instrument").loc["COIN"]
    assert coin.loc[coin["tau"] == 0, "close"].iloc[0] == pd.Timestamp("2020-09-05 20:00", tz="UTC")


def test_a_coin_beside_a_five_day_index_in_one_frame_never_takes_three_days_of_the_index() -> None:
    days = pd.date_range("2020-01-01", "2020-12-31")
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"COIN": rng.normal(0, 0.03, len(days)), "INDEX": rng.normal(0, 0.01, len(days))}, days)
    frame.loc[days.day_of_week > 4, "INDEX"] = np.nan
    events = pd.DataFrame({"instrument": ["COIN"], "time": [pd.Timestamp("2020-09-07 12:00", tz="UTC")]})  # a Monday
    spec = SPEC.model_copy(update={"event": (0, 0)})
    (outcome,) = es.run_study(spec, events, frame, market="INDEX", closes_at="20:00 UTC").ledger
    assert outcome.outcome == "missing_returns"


@pytest.mark.parametrize(
    ("gaps", "calendar", "reading"),
    [
        ([(10, 10), (30, 31)], None, "no bar"),
        ([(30, 31)], None, "no bar"),
        ([(10, 11), (30, 31)], None, "no bar"),
        ([(10, 11), (30, 31), (50, 52)], None, "last is a bar"),
        ([(30, 31)], [30], "last is a bar"),
        ([(30, 31)], [30, 31], "no bar"),
        ([(10, 11), (30, 31), (50, 52)], [52], "no bar"),
    ],
)
def test_what_a_gap_is(gaps: list[tuple[int, int]], calendar: list[int] | None, reading: str) -> None:
    values = np.ones((1, 80))
    for first, last in gaps:
        values[0, first : last + 1] = np.nan
    is_open = None if calendar is None else ~np.isin(np.arange(80), calendar)
    weekdays = np.busday_offset("2024-01-01", np.arange(80), roll="forward").astype(np.int64)
    assert reading_of("auto", values, find_gaps(values), Days(weekdays, is_open)) == reading


def test_rows_before_the_first_and_after_the_last_return_are_not_gaps() -> None:
    values = np.array([[np.nan, 1, np.nan, np.nan, 1, np.nan], [np.nan] * 6, [1] * 6])
    gaps = find_gaps(values)
    assert gaps.rows.tolist() == [2, 3]
    assert (gaps.series.tolist(), gaps.first.tolist(), gaps.last.tolist()) == ([0], [2], [3])
    assert gaps.left_out("last is a bar").tolist() == [2]
    assert not len(gaps.left_out("return"))


def test_instruments_of_one_exchange_share_their_closes() -> None:
    frame = daily_frame(50, 4)
    frame.iloc[[10, 20], [1, 3]] = np.nan
    frame.iloc[[10, 20], 3] = np.nan
    frame.iloc[10, 3] = frame.iloc[20, 1] = np.nan
    series = frame_series(frame, TimeAxes("")).series
    assert series.length.tolist() == [50, 48, 50, 48]
    assert series.time_offset.tolist() == [0, 50, 0, 50]
    assert len(series.closes) == 98
    assert series.values[series.offset[3] : series.offset[3] + 48].tolist() == frame["A3"].dropna().tolist()


def test_blocks_of_events_on_different_closes_give_the_same_bits_on_any_executor() -> None:
    frame = daily_frame(400, 40, seed=8)
    frame = frame.mask(np.random.default_rng(1).random(frame.shape) < 0.01)
    frame.iloc[:, ::3] = daily_frame(400, 14, seed=9).to_numpy()  # complete columns between others
    events = events_at(frame, [(f"A{i % 40}", 200 + i % 150) for i in range(300)])
    market = daily_frame(400, 1, seed=2)["A0"].rename("M")
    spec = es.StudySpec(model="market", estimation=(-100, -11), event=(-2, 2), tests=("bmp", "kp_bmp", "corrado_rank"))
    plain = es.run_study(spec, events, frame, market=market)
    with ThreadPoolExecutor(2) as executor:
        shared = es.run_study(spec, events, frame, market=market, executor=executor)
    assert np.array_equal(plain.abnormal.ar, shared.abnormal.ar)
    columns = [es.run_study(spec, events, frame[[c]].dropna(), market=market).to_frame("car") for c in ("A1", "A2")]
    car = plain.to_frame("car").set_index("instrument")["car"]
    for name, alone in zip(("A1", "A2"), columns, strict=True):
        assert car.loc[name].tolist() == alone["car"].tolist()


def test_frames_with_holidays_cost_at_most_twice_what_complete_ones_cost() -> None:
    frame = daily_frame(1_000, 200, seed=4)
    rng = np.random.default_rng(2)
    exchanges = [rng.choice(np.arange(1, 999), 20, replace=False) for _ in range(4)]
    shut = frame.copy()
    for i in range(200):
        shut.iloc[exchanges[i % 4], i] = np.nan
    market = daily_frame(1_000, 1, seed=5)["A0"].rename("M")
    events = events_at(frame, [(f"A{i % 200}", 300 + i % 600) for i in range(4_000)])
    spec = es.StudySpec(model="market", estimation=(-250, -11), event=(-5, 5), tests=("cross_sectional_t", "bmp"))

    def seconds(data: pd.DataFrame) -> float:
        start = time.thread_time()
        es.run_study(spec, events, data, market=market)
        return time.thread_time() - start

    ratio = min(min(seconds(shut) for _ in range(5)) / min(seconds(frame) for _ in range(5)) for _ in range(2))
    assert ratio < 2
