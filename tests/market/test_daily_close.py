"""Daily bars: the date a stamp names, and the instant at which the bar of a date closes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.arrays import DAY_US, MINUTE_US, from_epoch_us
from eventstudy.errors import UsageError
from eventstudy.market.calendars import calendar
from eventstudy.market.daily_close import DailyClose, clipped_to_sessions, close_of_days, days_named
from eventstudy.market.quality.clock import find_empty
from eventstudy.market.quality.problems import Defect, Subject
from eventstudy.market.raw import RawBars
from eventstudy.market.sources.price_files import read_bars

DAYS = pd.bdate_range("2022-06-01", "2023-12-29")
# Exchange zone and local close of share exchanges, as their web pages state them.
EXCHANGES = {
    "Europe/Berlin": "17:35",
    "Europe/Moscow": "18:50",
    "Asia/Tokyo": "15:00",
    "Asia/Kolkata": "15:30",
    "Australia/Sydney": "16:12",
    "Pacific/Auckland": "16:45",
    "America/New_York": "16:00",
    "America/Sao_Paulo": "17:00",
    "Europe/London": "16:35",
}


def day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(np.int64))


def closes(days: list[str], rule: DailyClose, zone: str) -> list[str]:
    made = close_of_days(np.array([day(d) for d in days], dtype=np.int64), rule)
    return [f"{at:%Y-%m-%d %H:%M}" for at in from_epoch_us(made).tz_convert(zone)]


def clock(text: str) -> int:
    hour, minute = text.split(":")
    return (int(hour) * 60 + int(minute)) * MINUTE_US


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("written", ["offset", "utc"])
@pytest.mark.parametrize("zone", EXCHANGES)
def test_midnights_of_an_exchange_name_its_dates(zone: str, written: str, suffix: str, tmp_path: Path) -> None:
    index = pd.DatetimeIndex(DAYS, name="Date").tz_localize(zone)
    frame = pd.DataFrame({"Close": 100 + np.arange(len(DAYS)) % 7 * 0.1}, index=index)
    frame = frame if written == "offset" else frame.tz_convert("UTC")
    path = tmp_path / f"aaa.{suffix}"
    frame.to_csv(path) if suffix == "csv" else frame.to_parquet(path)
    bars = read_bars(path, instrument="AAA", step="1D", timezone=zone, closes_at=EXCHANGES[zone])
    local = bars.frame.index.tz_convert(zone)
    assert local.tz_localize(None).normalize().equals(DAYS.as_unit("us"))
    assert set(local.strftime("%H:%M")) == {EXCHANGES[zone]}
    assert bars.notices == ()


def test_opens_of_sydney_in_utc_name_the_dates_of_sydney(tmp_path: Path) -> None:
    # The ASX opens at 10:00: 23:00 UTC of the day before in summer time, midnight UTC of the same day in winter.
    index = (DAYS + pd.Timedelta("10h")).tz_localize("Australia/Sydney").tz_convert("UTC")
    pd.DataFrame({"Close": 5.0 + np.arange(len(DAYS)) % 5 * 0.01}, index=index.rename("Date")).to_csv(
        tmp_path / "a.csv"
    )
    bars = read_bars(
        tmp_path / "a.csv", instrument="A", step="1D", timezone="Australia/Sydney", closes_at="16:12", calendar="XASX"
    )
    local = bars.frame.index.tz_convert("Australia/Sydney")
    assert set(local.day_of_week) == {0, 1, 2, 3, 4}
    assert (local[0].date().isoformat(), local[-1].date().isoformat()) == ("2022-06-01", "2023-12-29")
    assert {notice.code for notice in bars.notices} <= {"ES-OUTSIDE-SESSIONS"}  # the holidays of 2022 and 2023


def test_midnights_of_utc_are_dates_wherever_the_exchange_lies() -> None:
    midnights = np.array([day(f"{d:%Y-%m-%d}") for d in DAYS], dtype=np.int64) * DAY_US
    for zone in EXCHANGES:
        assert (days_named(midnights, zone) == midnights // DAY_US).all(), zone


def test_the_end_of_extended_hours_in_summer_is_the_date_of_new_york() -> None:
    # 20:00 in New York in July is midnight UTC of the next day: Tuesday to Saturday by UTC, so it is no date of UTC.
    index = pd.bdate_range("2023-07-03", "2023-07-28")
    stamps = (index + pd.Timedelta("20h")).tz_localize("America/New_York").as_unit("us").asi8
    assert (days_named(stamps, "America/New_York") == index.as_unit("us").asi8 // DAY_US).all()


def test_half_days_close_when_the_calendar_says() -> None:
    days = ["2024-11-27", "2024-11-29", "2024-12-02"]  # 29 November 2024: New York closed at 13:00
    expected = ["2024-11-27 16:00", "2024-11-29 13:00", "2024-12-02 16:00"]
    for stated in (None, clock("16:00")):
        rule = DailyClose("America/New_York", stated, calendar("XNYS"))
        assert closes(days, rule, "America/New_York") == expected
    assert closes(days, DailyClose("America/New_York", clock("16:00")), "America/New_York")[1] == "2024-11-29 16:00"


def test_an_earlier_close_stands_and_a_later_one_is_refused() -> None:
    days = ["2024-11-27", "2024-12-02", "2024-12-03"]
    xnys = calendar("XNYS")
    fixing = DailyClose("America/New_York", clock("11:30"), xnys)
    assert closes(days, fixing, "America/New_York")[0] == "2024-11-27 11:30"
    with pytest.raises(UsageError, match="cannot close after its exchange: closes_at is 18:00"):
        closes(days, DailyClose("America/New_York", clock("18:00"), xnys), "UTC")
    with pytest.raises(UsageError, match="before XNYS opens"):
        closes(days, DailyClose("America/New_York", clock("09:00"), xnys), "UTC")


def test_a_closing_auction_after_the_hours_of_the_calendar_keeps_its_time_on_half_days_too() -> None:
    rule = DailyClose("Europe/Berlin", clock("17:35"), calendar("XETR"))
    # exchange_calendars: 17:30; on 30 December 2024 Frankfurt closed at 14:00.
    made = closes(["2024-12-20", "2024-12-23", "2024-12-30"], rule, "Europe/Berlin")
    assert made == ["2024-12-20 17:35", "2024-12-23 17:35", "2024-12-30 14:05"]


def test_a_market_without_closing_hours_needs_a_stated_close(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Date,Close\n2024-11-27,1.0\n2024-11-29,1.1\n2024-12-02,1.2\n")
    with pytest.raises(UsageError, match="closing time of the daily data not set"):
        read_bars(path, instrument="A", step="1D", timezone="America/New_York")
    bars = read_bars(path, instrument="A", step="1D", calendar="XNYS")
    assert [f"{at:%H:%M}" for at in bars.frame.index.tz_convert("America/New_York")] == ["16:00", "13:00", "16:00"]


def test_evening_sessions_booked_on_the_next_day_leave_the_close_open() -> None:
    # Derivatives in Moscow: 19:05-23:50 counts to the next trading day (the exchange's schedule of 2021).
    venue = calendar("MOEX-FUTURES")
    with pytest.raises(UsageError, match="another trading day"):
        closes(["2021-04-13"], DailyClose("Europe/Moscow", None, venue), "Europe/Moscow")
    for stated in ("18:45", "23:50"):
        rule = DailyClose("Europe/Moscow", clock(stated), venue)
        assert closes(["2021-04-13"], rule, "Europe/Moscow") == [f"2021-04-13 {stated}"]


def test_the_last_bar_of_a_session_ends_with_it() -> None:
    # Hourly bars of New York, 09:30 to 15:30: the last one is the half hour to 16:00; on 29 November 2024 to 13:00.
    starts = pd.DatetimeIndex(["2024-11-27 14:30", "2024-11-27 15:30", "2024-11-29 11:30", "2024-11-29 12:30"])
    ends = (starts + pd.Timedelta("1h")).tz_localize("America/New_York").as_unit("us").asi8
    clipped = clipped_to_sessions(ends, 60 * MINUTE_US, calendar("XNYS"))
    local = from_epoch_us(clipped).tz_convert("America/New_York")
    assert [f"{at:%H:%M}" for at in local] == ["15:30", "16:00", "12:30", "13:00"]


def test_a_bar_across_a_lunch_break_ends_with_the_session_it_reaches() -> None:
    # Hong Kong trades 09:30-12:00 and 13:00-16:00: an hourly bar labeled 11:30 ends at noon.
    starts = pd.DatetimeIndex(["2024-03-04 10:30", "2024-03-04 11:30", "2024-03-04 12:30"])
    ends = (starts + pd.Timedelta("1h")).tz_localize("Asia/Hong_Kong").as_unit("us").asi8
    local = from_epoch_us(clipped_to_sessions(ends, 60 * MINUTE_US, calendar("XHKG"))).tz_convert("Asia/Hong_Kong")
    assert [f"{at:%H:%M}" for at in local] == ["11:30", "12:00", "13:30"]


@pytest.mark.parametrize(
    ("step", "dates", "label", "expected"),
    [
        # Begin labels as Yahoo writes them; 29 March 2024 was Good Friday, 27 May 2024 Memorial Day in New York.
        ("1W", ["2024-03-18", "2024-03-25", "2024-04-01"], None, ["2024-03-22", "2024-03-28", "2024-04-05"]),
        ("1M", ["2024-02-01", "2024-03-01", "2024-04-01"], None, ["2024-02-29", "2024-03-28", "2024-04-30"]),
        ("1Q", ["2024-01-01", "2024-04-01", "2024-07-01"], "left", ["2024-03-28", "2024-06-28", "2024-09-30"]),
        # End labels: last days by the calendar, Sunday 31 March among them.
        ("1M", ["2024-02-29", "2024-03-31", "2024-04-30"], None, ["2024-02-29", "2024-03-28", "2024-04-30"]),
        ("1W", ["2024-03-22", "2024-03-29", "2024-04-05"], "right", ["2024-03-22", "2024-03-28", "2024-04-05"]),
    ],
)
def test_weeks_months_and_quarters_close_on_their_last_trading_day(
    step: str, dates: list[str], label: str | None, expected: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Date,Close\n" + "".join(f"{d},{10 + i}\n" for i, d in enumerate(dates)))
    bars = read_bars(path, instrument="A", step=step, calendar="XNYS", label=label)  # type: ignore[arg-type]
    local = bars.frame.index.tz_convert("America/New_York")
    assert [f"{at:%Y-%m-%d %H:%M}" for at in local] == [f"{d} 16:00" for d in expected]
    assert bars.notices == ()


def test_an_outage_of_a_market_that_never_closes_is_found_and_its_nights_are_not() -> None:
    minutes = np.arange(4000, dtype=np.int64) * MINUTE_US
    keep = np.ones(4000, dtype=np.bool_)
    keep[[17, 900, 901, 2500]] = False  # minutes without a trade
    keep[3000:3120] = False  # two hours without bars

    def outages(rows: np.ndarray) -> Defect | None:
        raw = RawBars(
            np.arange(rows.sum()), minutes[rows], "UTC", {"close": np.full(rows.sum(), 1.0)}, MINUTE_US, "left"
        )
        return find_empty(Subject(raw, calendar("24/7")))

    found = outages(keep)
    assert found is not None
    assert found.message == (
        "no bars between 1970-01-03 01:59:00 and 1970-01-03 04:00:00 although the market is open: 1 outage(s)"
    )
    day = minutes // MINUTE_US % 1440
    assert outages(keep & (day > 600)) is None  # a market of fourteen hours whose calendar nobody named
