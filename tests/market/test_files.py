"""Files: layouts, zones, label sides; what is not stated is asked for; the founding event's known answers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import eventstudy as es
from eventstudy.arrays import DAY_US
from eventstudy.errors import BarsError, CalendarError, DataError, UnknownNameError, UsageError
from eventstudy.market.sources.stamp_columns import compact_midnights
from tests.shared import SHARED, needs_shared

MARKET = SHARED / "market"
MOSCOW = {"timezone": "Europe/Moscow"}

FINAM = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\nABC,1,{},{},1,3,0.5,2,10\n"
LAYOUT_FILES = {
    "finam": FINAM.format("20210413", "181000"),
    "quik": "datetime\tOpen\tHigh\tLow\tClose\tVolume\n2021-04-13 18:10:00\t1\t3\t0.5\t2\t10\n",
    "moex-iss-csv": "candles\n\nopen;close;high;low;value;volume;begin;end\n"
    "1;2;3;0.5;99;10;2021-04-13 18:10:00;2021-04-13 18:10:59\n",
    "metatrader": "2021.04.13,18:10,1,3,0.5,2,10\n",
    "yahoo-csv": "Datetime,Open,High,Low,Close,Adj Close,Volume\n2021-04-13 18:10:00+03:00,1,3,0.5,2,1.9,10\n",
    "stooq": "Date,Time,Open,High,Low,Close,Volume\n2021-04-13,18:10:00,1,3,0.5,2,10\n",
    "generic": "time,open,high,low,close,volume\n2021-04-13T18:10,1,3,0.5,2,10\n",
}


def write(folder: Path, text: str) -> Path:
    path = folder / "bars.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("preset", LAYOUT_FILES)
@pytest.mark.parametrize(("label", "minute"), [("left", 11), ("right", 10)])
def test_every_layout_reads_the_same_bar(tmp_path: Path, preset: str, label: str, minute: int) -> None:
    path = write(tmp_path, LAYOUT_FILES[preset])
    made = es.read_bars(path, instrument="ABC", step="1min", label=label, preset=preset, prices="close", **MOSCOW)
    assert made.frame.index[0].to_pydatetime() == datetime(2021, 4, 13, 15, minute, tzinfo=UTC)
    assert made.frame.iloc[0].to_dict() == {"open": 1.0, "high": 3.0, "low": 0.5, "close": 2.0, "volume": 10.0}
    assert made.label == label


@pytest.mark.parametrize(
    ("preset", "text"),
    [
        (
            "metatrader",
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
            "2021.04.13\t18:10:00\t1\t3\t0.5\t2\t10\t0\t5\n",
        ),
        (
            "stooq",
            "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
            "ABC,1,20210413,181000,1,3,0.5,2,10,0\n",
        ),
        ("finam", FINAM.format("20210413", "181000").replace(",", ";")),
        ("generic", "Begin;Last;High;Low;Open;Vol\n13.04.2021 18:10;2;3;0.5;1;10\n"),
    ],
)
def test_other_spellings_of_a_layout(tmp_path: Path, preset: str, text: str) -> None:
    made = es.read_bars(write(tmp_path, text), instrument="ABC", step="1min", label="right", preset=preset, **MOSCOW)
    assert str(made.frame.index[0]) == "2021-04-13 15:10:00+00:00"
    assert made.frame.iloc[0].to_dict() == {"open": 1.0, "high": 3.0, "low": 0.5, "close": 2.0, "volume": 10.0}


def test_every_layout_is_tested() -> None:
    from eventstudy.market.sources.layouts import LAYOUTS

    assert set(LAYOUT_FILES) == set(LAYOUTS)


@pytest.mark.parametrize(
    ("date", "clock"),
    [("20210413", "181000"), ("13/04/21", "18:10:00"), ("13.04.2021", "18:10"), ("04/13/2021", "18:10")],
)
def test_day_and_month_are_told_apart_by_evidence(tmp_path: Path, date: str, clock: str) -> None:
    path = write(tmp_path, FINAM.format(date, clock))
    made = es.read_bars(path, instrument="ABC", step="1min", label="right", preset="finam", **MOSCOW)
    assert str(made.frame.index[0]) == "2021-04-13 15:10:00+00:00"


def test_an_open_order_of_day_and_month_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, FINAM.format("06/01/14", "10:21:00"))
    with pytest.raises(BarsError, match="day/month or month/day"):
        es.read_bars(path, instrument="ABC", step="1min", label="right", preset="finam", **MOSCOW)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"label": "left"}, "time zone of the timestamps not set"),
        ({"timezone": "Europe/Moscow"}, "bar label convention not set"),
        ({"timezone": "Europe/Moscow", "step": "1D"}, "closing time of the daily data not set"),
    ],
)
def test_what_the_file_does_not_say_must_be_stated(tmp_path: Path, given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        es.read_bars(write(tmp_path, LAYOUT_FILES["generic"]), instrument="ABC", **({"step": "1min"} | given))


@pytest.mark.parametrize(
    ("zone", "known"),
    [("Europe/Moskow", "Europe/Moscow"), ("Mars/Olympus", "Known: Africa/Abidjan, .* and [0-9]+ more")],
)
def test_an_unknown_zone_is_refused(tmp_path: Path, zone: str, known: str) -> None:
    path = write(tmp_path, LAYOUT_FILES["generic"])
    with pytest.raises(UnknownNameError, match=known):
        es.read_bars(path, instrument="ABC", step="1min", label="left", timezone=zone)


def test_a_local_time_that_happened_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "time,close\n2014-10-26 01:30,1\n")
    with pytest.raises(CalendarError, match=r"21:30.*22:30"):
        es.read_bars(path, instrument="ABC", step="1min", label="left", **MOSCOW)


def test_daily_bars_close_at_the_stated_local_time(tmp_path: Path) -> None:
    path = write(tmp_path, "Date,Close\n2021-04-13,1\n2021-04-14,2\n")
    made = es.read_bars(path, instrument="IMOEX", step="1D", closes_at="18:50", **MOSCOW)
    assert made.frame.index[0].to_pydatetime() == datetime(2021, 4, 13, 15, 50, tzinfo=UTC)


def test_one_instrument_of_several(tmp_path: Path) -> None:
    path = write(tmp_path, "ticker,time,close\nA,2021-04-13 10:00,1\nB,2021-04-13 10:00,2\n")
    made = es.read_bars(path, instrument="B", step="1min", label="left", **MOSCOW)
    assert made.frame["close"].tolist() == [2.0]
    with pytest.raises(DataError, match=r"none is 'C': A, B"):
        es.read_bars(path, instrument="C", step="1min", label="left", **MOSCOW)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("time,close\n", "no rows"),
        ("time,low\n2021-04-13 10:00,1\n", "hold the close"),
        ("time,close\n2021-04-13 10:00,abc\n", "abc"),
        ("time,close\nyesterday,1\n", "is not a date"),
    ],
)
def test_a_broken_file_is_one_clear_sentence(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        es.read_bars(write(tmp_path, text), instrument="ABC", step="1min", label="left", **MOSCOW)


def test_parquet_reads_as_the_csv_does(tmp_path: Path) -> None:
    path = write(tmp_path, LAYOUT_FILES["generic"])
    from_csv = es.read_bars(path, instrument="ABC", step="1min", label="left", **MOSCOW)
    frame = pd.read_csv(path, parse_dates=["time"])
    frame.to_parquet(tmp_path / "bars.parquet")
    from_parquet = es.read_bars(tmp_path / "bars.parquet", instrument="ABC", step="1min", label="left", **MOSCOW)
    pd.testing.assert_frame_equal(from_csv.frame, from_parquet.frame, check_freq=False)


def between(bars: es.Bars, start: str, stop: str) -> float:
    """Log return in basis points from one close to another of the evening of 13 April 2021, Moscow time."""
    at = [pd.Timestamp(f"2021-04-13 {t}", tz="Europe/Moscow") for t in (start, stop)]
    first, last = bars.frame["close"].loc[at]
    return float(1e4 * np.log(last / first))


@needs_shared
@pytest.mark.reference
@pytest.mark.parametrize(("code", "expected"), [("SBER", 113.5), ("VTBR", 84.0)])
def test_the_founding_event_on_exchange_candles(code: str, expected: float) -> None:
    made = es.read_bars(
        MARKET / "moex" / f"{code}_M10_2021.csv", instrument=code, step="10min", label="right", **MOSCOW
    )
    assert between(made, "18:00", "18:40") == pytest.approx(expected, abs=0.05)


@needs_shared
@pytest.mark.reference
def test_the_two_bars_in_which_the_news_came() -> None:
    made = es.read_bars(MARKET / "moex" / "SBER_M10_2021.csv", instrument="SBER", step="10min", label="right", **MOSCOW)
    assert between(made, "18:20", "18:30") == pytest.approx(61.6, abs=0.05)
    assert between(made, "18:30", "18:40") == pytest.approx(49.7, abs=0.05)


@pytest.mark.parametrize(
    ("date", "clock", "message"),
    [
        ("20211332", "100000", "does not exist"),
        ("20210413", "106000", "'106000' is not a time of day"),
        ("20210413", "250000", "'250000' is not a time of day"),
        ("yesterday", "100000", "not written like"),
    ],
)
def test_dates_and_clocks_that_do_not_exist_are_refused(tmp_path: Path, date: str, clock: str, message: str) -> None:
    path = write(tmp_path, FINAM.format("20210412", "093000") + f"ABC,1,{date},{clock},1,3,0.5,2,10\n")
    with pytest.raises(BarsError, match=message):
        es.read_bars(path, instrument="ABC", step="1min", label="right", preset="finam", **MOSCOW)


@given(day=st.dates(date(1, 1, 1), date(9998, 12, 31)))
@example(date(2000, 2, 29)).via("a leap year of four centuries")
@example(date(1969, 12, 31)).via("before the epoch")
def test_dates_of_numbers_are_the_days_of_the_standard_library(day: date) -> None:
    number = day.year * 10_000 + day.month * 100 + day.day
    numbers = np.array([number, number, 20210413], dtype=np.int32)
    days = [(day - date(1970, 1, 1)).days] * 2 + [18_730]
    assert (compact_midnights(numbers) // DAY_US).tolist() == days


@pytest.mark.parametrize("number", [20210229, 19000229, 20210431, 20211301, 20210400, 20210013, 0, -20210413])
def test_numbers_that_are_no_date_are_named(number: int) -> None:
    with pytest.raises(BarsError, match=r"is a day that does not exist"):
        compact_midnights(np.array([20210413, number], dtype=np.int32))


def test_clocks_of_numbers_and_of_text_read_alike(tmp_path: Path) -> None:
    asked = {"instrument": "ABC", "step": "1min", "label": "right", "preset": "finam"} | MOSCOW
    numbers = es.read_bars(write(tmp_path, FINAM.format("20210413", "090500")), **asked)
    texts = es.read_bars(write(tmp_path, FINAM.format("2021-04-13", "9:05")), **asked)
    assert numbers == texts
    assert str(numbers.frame.index[0]) == "2021-04-13 06:05:00+00:00"


def test_epoch_counts_are_instants_and_mixed_units_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "time,close\n1618326000,1\n1618326060,2\n")
    made = es.read_bars(path, instrument="ABC", step="1min", label="right")
    assert str(made.frame.index[0]) == "2021-04-13 15:00:00+00:00"
    path = write(tmp_path, "time,close\n1618326000,1\n1618326060000,2\n")
    with pytest.raises(BarsError, match=r"Row 3 counts time in another unit.*1618326060000"):
        es.read_bars(path, instrument="ABC", step="1min", label="right")


def test_the_day_that_does_not_exist_is_named_not_its_neighbor(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("datetime,close\n2021-03-01 10:00,1\n2021-02-30 10:00,2\n", encoding="utf-8")
    with pytest.raises(BarsError, match=r"'2021-02-30' is a day that does not exist\. Correct"):
        es.read_bars(path, instrument="X", label="right", step="10min", **MOSCOW)
