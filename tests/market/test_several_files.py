"""One instrument in several files or sheets, and rows that name no instrument; closes as the files were written."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import DataError
from tests.market.test_vendor_layouts import CLOSE, DAYS, STATED, universe_right, written

PAIRS = list(zip(DAYS, CLOSE, strict=True))
HALF = len(PAIRS) // 2
PARTS = {"2022": PAIRS[:HALF], "2023": PAIRS[HALF:]}


def closes(pairs: list[tuple[pd.Timestamp, float]], factor: float = 1) -> str:
    return "Date,Close\n" + "".join(f"{day:%Y-%m-%d},{close * factor}\n" for day, close in pairs)


def test_a_folder_for_each_year_holds_one_series_of_each_share(tmp_path: Path) -> None:
    for year, pairs in PARTS.items():
        (tmp_path / year).mkdir()
        for code, factor in (("AAA", 1), ("BBB", 0.5)):
            written(tmp_path / year, f"{code}.csv", closes(pairs, factor))
    universe = universe_right(tmp_path, ("AAA", "BBB"))
    assert all("continued in other files" in line for line in universe.recognized)


@pytest.mark.parametrize("folder", ["ticker={code}", "year={year}/ticker={code}", "SYMBOL={code}/year={year}"])
def test_a_folder_named_after_its_instrument_names_the_series_of_its_files(tmp_path: Path, folder: str) -> None:
    """As programs that divide tables into folders write them; every file has the same name."""
    for year, pairs in PARTS.items() if "year" in folder else {"": PAIRS}.items():
        for code, factor in (("AAA", 1), ("BBB", 0.5)):
            place = tmp_path / folder.format(code=code, year=year)
            place.mkdir(parents=True)
            written(place, "part-0.csv", closes(pairs, factor))
    universe_right(tmp_path, ("AAA", "BBB"))
    universe_right(tmp_path / "**" / "*.csv", ("AAA", "BBB"))


@pytest.mark.parametrize("name", ["{code}_{year}.csv", "{code}-1d-{year}-06.csv", "{code} {year}Q1.csv"])
def test_a_file_for_each_period_is_a_part_of_one_series(tmp_path: Path, name: str) -> None:
    for year, pairs in PARTS.items():
        for code, factor in (("AAA", 1), ("BBB", 0.5)):
            written(tmp_path, name.format(code=code, year=year), closes(pairs, factor))
    universe_right(tmp_path, ("AAA-1d", "BBB-1d") if "1d" in name else ("AAA", "BBB"))


def test_quotes_in_a_folder_are_read_as_means(tmp_path: Path) -> None:
    for code, factor in (("AAA", 1), ("BBB", 0.5)):
        rows = [f"{day:%Y-%m-%d},{close * factor - 0.25},{close * factor + 0.25}\n" for day, close in PAIRS]
        written(tmp_path, f"{code}.csv", "date,bid,ask\n" + "".join(rows))
    universe = universe_right(tmp_path, ("AAA", "BBB"))
    assert [[notice.code for notice in one.notices] for one in universe] == [["ES-MID-PRICE"]] * 2


def test_a_year_in_the_name_of_files_that_overlap_stays(tmp_path: Path) -> None:
    for year in ("2024", "2025"):  # contracts of two years, traded at once
        written(tmp_path, f"CL_{year}.csv", closes(PAIRS))
    assert es.read_universe(tmp_path, **STATED).codes == ("CL_2024", "CL_2025")


def test_files_of_one_share_that_are_not_parts_of_one_series_are_refused(tmp_path: Path) -> None:
    for kind, text in (
        ("daily", closes(PAIRS)),
        ("minutes", "Date,Close\n" + "".join(f"2023-01-03 10:{m:02d},{100 + m}\n" for m in range(30))),
    ):
        (tmp_path / kind).mkdir()
        written(tmp_path / kind, "AAA.csv", text)
    with pytest.raises(DataError, match=r"daily/AAA.csv and .*minutes/AAA.csv both hold AAA.*bars of another length"):
        es.read_universe(tmp_path, **STATED)


def test_rows_of_two_files_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    for number, factor in ((1, 1), (2, 1.1)):
        (tmp_path / str(number)).mkdir()
        written(tmp_path / str(number), "AAA.csv", closes(PAIRS, factor))
    with pytest.raises(DataError, match="two rows give different values for one time"):
        es.read_universe(tmp_path, **STATED)


def test_an_instrument_without_a_price_in_one_of_its_files_is_read_from_the_others(tmp_path: Path) -> None:
    for year, pairs in PARTS.items():
        rows = [f"{day:%Y-%m-%d},{close},{close / 2 if year == '2023' else ''}\n" for day, close in pairs]
        (tmp_path / year).mkdir()
        written(tmp_path / year, "wide.csv", "Date,AAA,BBB\n" + "".join(rows))
    one, two = es.read_universe(tmp_path, **STATED)
    assert one.frame["close"].tolist() == pytest.approx([close for _, close in PAIRS])
    assert two.frame["close"].tolist() == pytest.approx([close / 2 for _, close in PARTS["2023"]])


def test_folders_of_instruments_with_files_of_one_name_are_refused_with_the_cure(tmp_path: Path) -> None:
    for code, factor in (("AAA", 1), ("BBB", 0.5)):
        (tmp_path / code).mkdir()
        written(tmp_path / code, "daily.csv", closes(PAIRS, factor))
    words = r"AAA/daily.csv and .*BBB/daily.csv are both read as daily.*folders: ticker=NAME"
    with pytest.raises(DataError, match=words):
        es.read_universe(tmp_path, **STATED)
    for code in ("AAA", "BBB"):
        (tmp_path / code).rename(tmp_path / f"ticker={code}")
    universe_right(tmp_path, ("AAA", "BBB"))


@pytest.mark.parametrize("ticker", ["NA", "NAN", "NULL", "TRUE", "ON", "MAY", "1E5", "0005"])
def test_tickers_that_read_as_something_else_are_tickers(tmp_path: Path, ticker: str) -> None:
    rows = "".join(f"{day:%Y-%m-%d},{ticker},{close}\n{day:%Y-%m-%d},BBB,{close / 2}\n" for day, close in PAIRS)
    universe_right(written(tmp_path, "long.csv", "Date,Ticker,Close\n" + rows), (ticker, "BBB"))
    wide = "".join(f"{day:%Y-%m-%d},{close},{close / 2}\n" for day, close in PAIRS)
    universe_right(written(tmp_path, "wide.csv", f"Date,{ticker},BBB\n" + wide), (ticker, "BBB"))


def test_rows_that_name_no_instrument_are_counted_or_refused(tmp_path: Path) -> None:
    rows = [f"{day:%Y-%m-%d},AAA,{close}\n" for day, close in PAIRS]
    few = [*rows, "2023-07-03,,1.5\n", "2023-07-05,N/A,1.5\n"]
    (one,) = universe_right(written(tmp_path, "few.csv", "Date,Ticker,Close\n" + "".join(few)), ("AAA",))
    assert [notice.message for notice in one.notices] == ["few.csv: 2 rows name no instrument and were not read."]
    merged = rows[:1] + [row.replace("AAA", "") for row in rows[1:]]  # as under a merged cell
    path = written(tmp_path, "merged.csv", "Date,Ticker,Close\n" + "".join(merged))
    with pytest.raises(DataError, match=r"123 of 124 rows name no instrument in 'Ticker', the first on line 3"):
        es.read_universe(path, **STATED)


Sheets = dict[str, list[list[object]]]


def workbook(path: Path, sheets: Sheets) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def sheet_of(*columns: tuple[str, float], pairs: list[tuple[pd.Timestamp, float]] = PAIRS) -> list[list[object]]:
    header: list[object] = ["Date", *(name for name, _ in columns)]
    return [header, *([day.to_pydatetime(), *(close * factor for _, factor in columns)] for day, close in pairs)]


def test_sheets_of_one_instrument_each_are_a_universe(tmp_path: Path) -> None:
    notes: list[list[object]] = [["Prices of our desk"], ["as of", "2023-07-01"]]
    sheets: Sheets = {"notes": notes, "AAA": sheet_of(("Close", 1)), "BBB": sheet_of(("Close", 0.5))}
    universe = universe_right(workbook(tmp_path / "book.xlsx", sheets), ("AAA", "BBB"))
    assert "2 sheets, one instrument each" in universe.recognized[0]
    one = es.read_bars(tmp_path / "book.xlsx", instrument="BBB", **STATED)
    assert one.frame["close"].to_numpy() == pytest.approx(CLOSE / 2)
    universe_right(tmp_path / "book.xlsx", ("AAA",), sheet="AAA", instrument="AAA")


@pytest.mark.parametrize("columns", [(("AAA", 1), ("BBB", 0.5)), (("Close", 1),)])
def test_sheets_for_the_years_are_one_table(tmp_path: Path, columns: tuple[tuple[str, float], ...]) -> None:
    sheets: Sheets = {year: sheet_of(*columns, pairs=pairs) for year, pairs in PARTS.items()}
    codes = ("AAA", "BBB") if len(columns) > 1 else ("book",)
    universe_right(workbook(tmp_path / "book.xlsx", sheets), codes)


def test_sheets_of_prices_and_of_volumes_are_not_guessed_between(tmp_path: Path) -> None:
    sheets: Sheets = {name: sheet_of(("AAA", 1), ("BBB", 0.5)) for name in ("Prices", "Volumes")}
    path = workbook(tmp_path / "book.xlsx", sheets)
    with pytest.raises(DataError, match=r'2 sheets with rows: Prices, Volumes. Name one: sheet = "Prices"'):
        es.read_universe(path, **STATED)
    universe_right(path, ("AAA", "BBB"), sheet="Prices")


def test_a_ticker_that_a_spreadsheet_takes_for_a_truth_value_is_a_ticker(tmp_path: Path) -> None:
    rows = [[day.to_pydatetime(), True, close] for day, close in PAIRS]
    rows += [[day.to_pydatetime(), "BBB", close / 2] for day, close in PAIRS]
    universe_right(workbook(tmp_path / "book.xlsx", {"S": [["Date", "Ticker", "Close"], *rows]}), ("TRUE", "BBB"))
