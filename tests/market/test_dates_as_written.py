"""Periods, short dates and spreadsheets' times in price files, and rows that are not prices; days from calendars."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import BarsError
from eventstudy.market.sources.stamp_columns import read_dates, read_stamps
from tests.market.test_vendor_layouts import (
    CLOSE,
    DAYS,
    HIGH,
    LOW,
    OPEN,
    STATED,
    VOLUME,
    read_right,
    universe_right,
    written,
)

PAIRS = list(zip(DAYS, CLOSE, strict=True))


def day(text: str) -> int:
    return (pd.Timestamp(text) - pd.Timestamp("1970-01-01")).days


# A period stands for its last day; week 2 of 2023 ends on Sunday 15 January (ISO 8601: week 1 holds 4 January).
PERIODS = {
    "2020Q1": "2020-03-31",
    "2020-Q4": "2020-12-31",
    "Q2 2021": "2021-06-30",
    "3Q2021": "2021-09-30",
    "Feb-2024": "2024-02-29",
    "January 2005": "2005-01-31",
    "2005 Nov": "2005-11-30",
    "02/2023": "2023-02-28",
    "2023M02": "2023-02-28",
    "2023-W02": "2023-01-15",
    "2020W53": "2021-01-03",
}


@pytest.mark.parametrize("text", PERIODS)
def test_a_period_stands_for_its_last_day(text: str) -> None:
    assert read_dates([text]).tolist() == [day(PERIODS[text])]


def test_a_blank_may_follow_each_dot_of_a_date(tmp_path: Path) -> None:
    assert read_dates(["15. 07. 2021", "3. 1. 2022"]).tolist() == [day("2021-07-15"), day("2022-01-03")]
    rows = "".join(f"{pd.Timestamp(d):%d. %m. %Y};{c:.2f}\n" for d, c in PAIRS)
    read_right(written(tmp_path, "AAA.csv", "Datum;Kurz\n" + rows))


def test_months_of_other_languages_and_weeks_that_do_not_exist_are_refused() -> None:
    with pytest.raises(BarsError, match="'ene' is not the name of a month in English"):
        read_dates(["ene-2023"])
    with pytest.raises(BarsError, match="'2021-W53' is a day that does not exist"):
        read_dates(["2021-W53"])


@pytest.mark.parametrize(("header", "step"), [("Quarter", "3M"), ("Month", "1M"), ("Week", "1W")])
def test_periods_under_their_name_are_a_series(tmp_path: Path, header: str, step: str) -> None:
    labels = {
        "Quarter": [f"{y}Q{q}" for y in range(2000, 2020) for q in range(1, 5)],
        "Month": [f"{m:02d}/{y}" for y in range(2010, 2017) for m in range(1, 13)],
        "Week": [f"2022-W{w:02d}" for w in range(1, 53)],
    }[header]
    rows = "".join(f"{label},{100 + n}\n" for n, label in enumerate(labels))
    (one,) = es.read_universe(written(tmp_path, "AAA.csv", f"{header},NAV\n" + rows), **STATED)
    assert isinstance(one, es.Bars)
    first = {"Quarter": "2000-03-31", "Month": "2010-01-29", "Week": "2022-01-07"}[header]  # last sessions of XNYS
    assert str(one.frame.index[0].tz_convert("America/New_York").date()) == first
    assert len(one) == len(labels)


@pytest.mark.parametrize("form", ["%y%m%d", "%d%m%y", "%m%d%y"])
@pytest.mark.parametrize("order", [1, -1])
def test_six_digits_are_read_where_one_order_alone_keeps_the_order_of_time(
    tmp_path: Path, form: str, order: int
) -> None:
    rows = "".join(f"{at:{form}},{close}\n" for at, close in PAIRS[::order])
    read_right(written(tmp_path, "AAA.csv", "Date,Close\n" + rows))


def test_six_digits_that_nothing_proves_are_refused(tmp_path: Path) -> None:
    shuffled = [PAIRS[n] for n in (5, 3, 60, 44, 9, 81, 2, 70, 33, 21, 50, 12)]
    rows = "".join(f"{at:%y%m%d},{close}\n" for at, close in shuffled)
    with pytest.raises(BarsError, match="is not a date"):
        es.read_universe(written(tmp_path, "AAA.csv", "Date,Close\n" + rows), **STATED)


def test_times_of_a_spreadsheet_are_days_and_fractions() -> None:
    # 44593 is 1 February 2022 in Excel; two thirds of a day are 16:00.
    wall, aware = read_stamps(["44593.6666667", "44594.3958333"])
    assert not aware
    stamps = pd.to_datetime(wall, unit="us")
    assert [str(at) for at in stamps] == ["2022-02-01 16:00:00", "2022-02-02 09:30:00"]


def test_rows_above_a_table_may_say_more_than_its_header(tmp_path: Path) -> None:
    above = "RATES\nTitle,A,B\nText,one,two\nFrequency,Daily,Daily\nUnits,USD,USD\nSource,X,X\nSeries ID,AAA,BBB\n"
    rows = "".join(f"{at:%d-%b-%Y},{close},{close / 2}\n" for at, close in PAIRS)
    universe_right(written(tmp_path, "rates.csv", above + rows), ("AAA", "BBB"))


def test_sections_above_a_table_may_have_its_width(tmp_path: Path) -> None:
    above = (
        'TERMS\nhttps://example.org\n\nSERIES\nid,label,description\nAAA,one,"first"\n\nOBSERVATIONS\ndate,AAA,BBB\n'
    )
    rows = "".join(f"{at:%Y-%m-%d},{close},{close / 2}\n" for at, close in PAIRS)
    universe_right(written(tmp_path, "rates.csv", above + rows), ("AAA", "BBB"))


def test_the_first_line_may_state_the_delimiter(tmp_path: Path) -> None:
    rows = "".join(f"{at:%Y-%m-%d};{close}\n" for at, close in PAIRS)
    read_right(written(tmp_path, "AAA.csv", "sep=;\nDate;Close\n" + rows), "AAA")


def test_dividends_between_the_rows_of_a_table_are_left_out_and_said(tmp_path: Path) -> None:
    lines = []
    for n, (at, o, h, w, c, v) in enumerate(zip(DAYS, OPEN, HIGH, LOW, CLOSE, VOLUME, strict=True)):
        lines.append(f"{at:%b} {at.day}, {at.year}\t{o}\t{h}\t{w}\t{c}\t{c}\t{v:,}\n")
        if n in (7, 70):
            lines.append(f"{at:%b} {at.day}, {at.year}\t0.24 Dividend\n")
    header = "Date\tOpen\tHigh\tLow\tClose \tAdj Close \tVolume\n"
    path = written(tmp_path, "AAA.txt", header + "".join(lines))
    read_right(path)
    (line,) = es.read_universe(path, **STATED).recognized
    assert "2 rows of words left out ('0.24 Dividend')" in line


def test_rows_below_left_out_ones_keep_their_line_of_the_file(tmp_path: Path) -> None:
    """Two dividends and a blank line among the rows: findings and errors name the lines an editor shows."""
    lines = ["Date,Open,High,Low,Close,Adj Close,Volume"]
    for n, (at, o, h, w, c, v) in enumerate(zip(DAYS, OPEN, HIGH, LOW, CLOSE, VOLUME, strict=True)):
        c = 0 if n in (3, 40, 80) else c
        lines.append(f'"{at:%b} {at.day}, {at.year}",{o},{h},{w},{c},{c},{v}')
        lines += [f'"{at:%b} {at.day}, {at.year}",0.24 Dividend'] * (n in (7, 70)) + [""] * (n == 50)
    zeros = [n for n, line in enumerate(lines, start=1) if ",0,0," in line]
    path = written(tmp_path, "AAA.csv", "\n".join(lines) + "\n")
    (one,) = es.read_universe(path, **STATED)
    (message,) = (notice.message for notice in one.notices if notice.code == "ES-ZERO-PRICE")
    assert f"[3 rows: {', '.join(map(str, zeros))}]" in message
    assert zeros == [5, 43, 85]  # 3 + 2; 40 + 2 and a dividend; 80 + 2, two dividends and a blank line
    lines[42] = lines[42].replace(",0,0,", ",zero,zero,")
    path = written(tmp_path, "AAA.csv", "\n".join(lines) + "\n")
    with pytest.raises(es.EventStudyError, match=r"line 43, column .*'zero' is not a number"):
        es.read_universe(path, **STATED)
    lines[42] = lines[42].replace("zero", "0")
    long = [f"{line},AAA" if line.endswith(tuple("0123456789")) else line for line in lines]
    long[0] = f"{lines[0]},Ticker"
    (one,) = es.read_universe(written(tmp_path, "long.csv", "\n".join(long) + "\n"), **STATED)
    assert message in [notice.message for notice in one.notices]


def test_a_row_of_a_day_without_a_price_does_not_contradict_another(tmp_path: Path) -> None:
    rows = [f"{at:%Y-%m-%d},{close}\n" for at, close in PAIRS]
    rows.insert(9, f"{DAYS[8]:%Y-%m-%d},\n")
    one = read_right(written(tmp_path, "AAA.csv", "Date,Close\n" + "".join(rows)))
    assert [notice.code for notice in one.notices] == ["ES-MISSING-PRICE"]


@pytest.mark.parametrize(
    "header", ["Date,AAA,AAA Volume,BBB,BBB Volume", "Date,AAA,AAA_vol,BBB,BBB_vol", "Date,AAA,AAA Volume,BBB,Volume"]
)
def test_a_volume_beside_a_price_is_no_instrument(tmp_path: Path, header: str) -> None:
    rows = "".join(f"{at:%Y-%m-%d},{c},{v},{c / 2},{v}\n" for (at, c), v in zip(PAIRS, VOLUME, strict=True))
    universe_right(written(tmp_path, "prices.csv", header + "\n" + rows), ("AAA", "BBB"))
