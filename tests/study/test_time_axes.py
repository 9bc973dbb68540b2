"""Rows of frames: dates need their close, aware midnights are dates, closing instants stand as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import EventTimeError, UsageError
from eventstudy.study.time_axes import TimeAxes

DAYS = pd.bdate_range("2023-01-02", "2023-12-29")
SPEC = es.StudySpec(
    model="constant_mean", estimation=(-120, -11), event=(-1, 1), windows=[(-1, -1), (0, 0), (1, 1)], tests=()
)
EVENT = pd.DataFrame({"instrument": ["AAA"], "time": [pd.Timestamp("2023-10-18 10:00", tz="America/New_York")]})


def planted() -> pd.DataFrame:
    """Small returns, and 6 % on 18 October 2023."""
    frame = pd.DataFrame({"AAA": np.where(np.arange(len(DAYS)) % 2, 0.001, -0.001)}, index=DAYS)
    frame.loc["2023-10-18", "AAA"] = 0.06
    return frame


def cars(frame: pd.DataFrame, closes_at: str) -> list[float]:
    return es.run_study(SPEC, EVENT, frame, closes_at=closes_at).to_frame("car")["car"].round(3).tolist()


@pytest.mark.parametrize(
    "frame",
    [
        planted(),
        planted().tz_localize("America/New_York"),
        planted().tz_localize("America/New_York").tz_convert("UTC"),
        planted().tz_localize("UTC"),
        planted().set_axis((DAYS + pd.Timedelta("9.5h")).tz_localize("America/New_York"), axis=0),
        planted().set_axis((DAYS + pd.Timedelta("16h")).tz_localize("America/New_York"), axis=0),
    ],
    ids=["dates", "midnights", "midnights in UTC", "UTC midnights", "opens", "closes"],
)
def test_a_stated_close_is_obeyed_whatever_the_index(frame: pd.DataFrame) -> None:
    assert cars(frame, "16:00 America/New_York") == [-0.001, 0.06, -0.001]


def test_aware_midnights_without_a_close_are_refused_as_dates_are() -> None:
    for frame in (planted(), planted().tz_localize("America/New_York"), planted().tz_localize("Asia/Tokyo")):
        with pytest.raises(EventTimeError, match="dates without a closing time"):
            cars(frame, "")


def test_utc_rows_on_sundays_are_midnights_of_the_east_and_refused() -> None:
    with pytest.raises(EventTimeError, match="Sundays and never on Fridays"):
        cars(planted().tz_localize("Asia/Tokyo").tz_convert("UTC"), "")


def test_naive_times_of_day_are_refused_even_if_most_rows_are_midnights() -> None:
    index = DAYS.to_series().reset_index(drop=True)
    index.iloc[5] += pd.Timedelta("9h")
    with pytest.raises(EventTimeError, match="times of day but no zone"):
        cars(planted().set_axis(pd.DatetimeIndex(index), axis=0), "16:00 America/New_York")


def test_a_close_before_the_rows_is_refused() -> None:
    frame = planted().set_axis((DAYS + pd.Timedelta("17h")).tz_localize("America/New_York"), axis=0)
    with pytest.raises(UsageError, match="closes before row 0"):
        cars(frame, "16:00 America/New_York")


def test_a_calendar_may_say_when_dates_close() -> None:
    axis = TimeAxes("XNYS").of(pd.DatetimeIndex(["2024-11-27", "2024-11-29", "2024-12-02"]))
    assert (axis.closes // 3_600_000_000 % 24).tolist() == [21, 18, 21]  # 16:00, 13:00 and 16:00 in New York, in UTC


def test_days_of_a_market_that_never_closes_end_at_midnight() -> None:
    axis = TimeAxes("24:00 UTC").of(pd.date_range("2024-01-01", periods=3, freq="D", tz="UTC"))
    assert axis.closes[0] == 1_704_153_600_000_000  # 2024-01-02T00:00Z
    assert axis.day.tolist() == [19723, 19724, 19725]


def test_months_stamped_with_their_first_day_are_refused() -> None:
    index = pd.date_range("2015-01-01", periods=60, freq="MS")
    with pytest.raises(EventTimeError, match="first days of their months"):
        TimeAxes("16:00 America/New_York").of(index)
    weeks = pd.date_range("2015-01-05", periods=60, freq="W-MON")
    with pytest.raises(EventTimeError, match="first days of their weeks"):
        TimeAxes("16:00 America/New_York").of(weeks)


def test_intraday_rows_on_another_clock_than_the_named_exchange_are_refused() -> None:
    days = pd.bdate_range("2023-03-01", "2023-03-31")
    naive = pd.DatetimeIndex([day + pd.Timedelta(minutes=585 + 15 * n) for day in days for n in range(26)])
    frame = pd.DataFrame({"AAA": np.random.default_rng(0).normal(0, 0.001, len(naive))}, naive)
    events = pd.DataFrame({"instrument": ["AAA"], "time": [pd.Timestamp("2023-03-24 11:00", tz="America/New_York")]})
    spec = es.StudySpec(model="constant_mean", estimation=(-100, -11), event=(-2, 2), windows=[(0, 0)])
    with pytest.raises(es.EventTimeError, match=r"outside the hours of XNYS, first row 0 .*'America/New_York'"):
        es.run_study(spec, events, frame.tz_localize("UTC"), closes_at="XNYS")
    named = es.run_study(spec, events, frame.tz_localize("America/New_York"), closes_at="XNYS")
    unnamed = es.run_study(spec, events, frame.tz_localize("America/New_York"))
    assert named.to_frame("car")["car"].tolist() == unnamed.to_frame("car")["car"].tolist()


@pytest.mark.parametrize(("minutes", "bars", "shown"), [(5, 78, "00:05:00"), (30, 13, "00:30:00")])
def test_rows_that_mark_the_begins_of_bars_are_refused_where_the_exchange_is_named(
    minutes: int, bars: int, shown: str
) -> None:
    """New York trades from 09:30 to 16:00: 78 bars of 5 minutes or 13 of 30 minutes."""
    days = pd.bdate_range("2023-03-01", "2023-03-31")
    labels = [day + pd.Timedelta(minutes=570 + minutes * n) for day in days for n in range(bars)]
    begins = pd.DatetimeIndex(labels).tz_localize("America/New_York")
    with pytest.raises(EventTimeError, match=rf"begins of bars: XNYS opens .* pd.Timedelta\('{shown}'\)"):
        TimeAxes("XNYS").of(begins)
    ends = begins + pd.Timedelta(minutes=minutes)
    assert TimeAxes("XNYS").of(ends).closes.tolist() == (ends.as_unit("us").asi8).tolist()
    both = begins.union(ends)  # prices at every mark, those of the open and of the close among them
    assert len(TimeAxes("XNYS").of(both).closes) == len(days) * (bars + 1)
