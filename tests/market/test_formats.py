"""Formats and spellings as vendors deliver them: each gives the same five closes as the plain file."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import eventstudy as es
from eventstudy.errors import BarsError, DataError, EventStudyError
from eventstudy.market.sources.price_files import read_universe
from eventstudy.market.sources.unpack import open_stored

DAYS = ["2023-01-03", "2023-01-04", "2023-01-05", "2023-01-06", "2023-04-28"]
CLOSES = [998.5, 999.75, 1000.0, 1001.25, 1959.64]
PLAIN = "Date,Close\n" + "".join(f"{day},{close}\n" for day, close in zip(DAYS, CLOSES, strict=True))
STATED = {"timezone": "America/New_York", "closes_at": "16:00", "accept": ("split-like jump", "large jump")}


def written(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def check(path: Path, **more: Any) -> es.Bars:
    (bars,) = read_universe(path, **STATED | more)
    assert isinstance(bars, es.Bars)
    assert bars.frame["close"].tolist() == CLOSES
    assert [f"{at:%Y-%m-%d %H:%M}" for at in bars.frame.index] == [
        f"{day} {'20' if day > '2023-03-12' else '21'}:00" for day in DAYS
    ]
    return bars


def zipped(name: str, text: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(name, text)
    return sink.getvalue()


PACKED: dict[str, Callable[[str], bytes]] = {
    "AAA.csv.gz": lambda text: gzip.compress(text.encode()),
    "AAA.csv.bz2": lambda text: bz2.compress(text.encode()),
    "AAA.csv.zst": lambda text: pa.compress(text.encode(), codec="zstd", asbytes=True),
    "AAA.zip": lambda text: zipped("prices.csv", text),
    "AAA.csv": lambda text: text.encode("utf-16"),
    "AAA.txt": lambda text: text.encode("utf-16-le"),
    "BOM.csv": lambda text: text.encode("utf-8-sig"),
}


@pytest.mark.parametrize("name", PACKED)
def test_packed_and_encoded_files(tmp_path: Path, name: str) -> None:
    assert check(written(tmp_path, name, PACKED[name](PLAIN))).instrument.code == name.split(".")[0]


def test_a_code_page_only_decides_how_names_read(tmp_path: Path) -> None:
    russian = PLAIN.replace("Date,Close", "Дата,Цена закрытия").encode("cp1251")
    check(written(tmp_path, "SBER.csv", russian), instrument="SBER")
    german = PLAIN.replace("Date,Close", "Datum,Schlußkurs").encode("cp1252")
    check(written(tmp_path, "SAP.csv", german), columns={"close": "Schlußkurs"})


@pytest.mark.parametrize("codec", ["gzip", "zip", "zstd"])
def test_a_small_archive_that_unpacks_to_a_large_file_is_refused(tmp_path: Path, codec: str) -> None:
    bomb = b"0" * 5_000_000
    content = {
        "gzip": lambda: gzip.compress(bomb),
        "zip": lambda: zipped("a.csv", bomb.decode()),
        "zstd": lambda: pa.compress(bomb, codec="zstd", asbytes=True),
    }[codec]()
    if codec == "zip":
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", bomb)
        content = sink.getvalue()
    assert len(content) < 20_000
    with pytest.raises(DataError, match="unpacks to more than 1,000,000 bytes"):
        open_stored(written(tmp_path, "a.csv", content), most=1_000_000)


def numbers(form: Callable[[float], str], delimiter: str = ",") -> str:
    rows = [f'{day}{delimiter}"{form(close)}"' for day, close in zip(DAYS, CLOSES, strict=True)]
    return "\n".join([f"Date{delimiter}Close", *rows]) + "\n"


def swapped(text: str) -> str:
    return text.replace(",", "_").replace(".", ",").replace("_", ".")


@pytest.mark.parametrize(
    ("form", "delimiter"),
    [
        (lambda x: f"{x:,.2f}", ","),
        (lambda x: f"${x:,.2f}", ","),
        (lambda x: swapped(f"{x:,.2f}"), ";"),
        (lambda x: swapped(f"{x:,.2f}"), ","),
        (lambda x: f"{x:,.2f}".replace(",", "'"), ","),
        (lambda x: f"{x:,.2f}".replace(",", "\u202f").replace(".", ","), ";"),
        (lambda x: f"{x / 1e3:.5f}K", ","),
        (lambda x: f"\u20ac {x:.2f}", ","),
    ],
)
def test_thousands_marks_decimal_marks_and_suffixes(
    tmp_path: Path, form: Callable[[float], str], delimiter: str
) -> None:
    path = written(tmp_path, "AAA.csv", numbers(form, delimiter))
    (bars,) = read_universe(path, **STATED)
    assert bars.frame["close"].tolist() == pytest.approx(CLOSES, abs=1e-9)


@pytest.mark.parametrize(
    "form",
    [
        *["%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y.%m.%d"],
        *["%m-%d-%Y", "%d-%b-%y", "%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00-05:00", "%b %d %Y"],
    ],
)
def test_spellings_of_dates(tmp_path: Path, form: str) -> None:
    stamps = [datetime.fromisoformat(day).strftime(form) for day in DAYS]
    text = "Date,Close\n" + "".join(f'"{day}",{close}\n' for day, close in zip(stamps, CLOSES, strict=True))
    if "-05:00" in form:
        text = text.replace("2023-04-28T00:00:00-05:00", "2023-04-28T00:00:00-04:00")
    check(written(tmp_path, "AAA.csv", text))


def test_excel_serial_days(tmp_path: Path) -> None:
    serials = [(datetime.fromisoformat(day) - datetime(1899, 12, 30)).days for day in DAYS]  # noqa: DTZ001
    text = "Date,Close\n" + "".join(f"{day},{close}\n" for day, close in zip(serials, CLOSES, strict=True))
    check(written(tmp_path, "AAA.csv", text))


def test_slashed_dates_without_leading_zeros(tmp_path: Path) -> None:
    text = PLAIN.replace("2023-0", "2023/").replace("-0", "/").replace("-28", "/28")
    check(written(tmp_path, "AAA.csv", text))


MINUTES = [1_672_756_200 + 60 * i for i in range(5)]  # 2023-01-03 14:30 UTC, the open of New York


def minute_bars(path: Path, **more: Any) -> es.Bars:
    (bars,) = read_universe(path, label="left", accept=("split-like jump", "large jump", "unit jump"), **more)
    assert isinstance(bars, es.Bars)
    assert bars.frame["close"].tolist() == CLOSES
    assert [f"{at:%Y-%m-%d %H:%M}" for at in bars.frame.index] == [f"2023-01-03 14:{31 + i}" for i in range(5)]
    assert bars.step == pd.Timedelta("1min")
    return bars


def ohlc(close: float) -> tuple[float, float, float, float]:
    return close - 0.1, close + 0.2, close - 0.3, close


def at(second: int, form: str, hours: int = 0) -> str:
    return pd.Timestamp(second + 3600 * hours, unit="s").strftime(form)


BARS = [(second, *ohlc(close)) for second, close in zip(MINUTES, CLOSES, strict=True)]
VENDORS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Binance klines": (
        "BTCUSDT-1m.csv",
        "".join(f"{s * 1000},{o},{h},{low},{c},12.5,{s * 1000 + 59999},1e3,7,6.1,5e2,0\n" for s, o, h, low, c in BARS),
        {},
    ),
    "Binance klines in microseconds": (
        "BTCUSDT-1m.csv",
        "".join(
            f"{s * 1000000},{o},{h},{low},{c},12.5,{s * 1000000 + 59999999},1e3,7,6.1,5e2,0\n"
            for s, o, h, low, c in BARS
        ),
        {},
    ),
    "Binance klines with a header": (
        "BTCUSDT-1m.csv",
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,ignore\n"
        + "".join(f"{s * 1000},{o},{h},{low},{c},12.5,{s * 1000 + 59999},1e3,7,6.1,0\n" for s, o, h, low, c in BARS),
        {},
    ),
    "HistData": (
        "DAT_ASCII_EURUSD_M1_2023.csv",
        "".join(f"{at(s, '%Y%m%d %H%M%S', -5)};{o};{h};{low};{c};0\n" for s, o, h, low, c in BARS),
        {"timezone": "Etc/GMT+5"},
    ),
    "MetaTrader": (
        "EURUSD1.csv",
        "".join(f"{at(s, '%Y.%m.%d,%H:%M')},{o},{h},{low},{c},9\n" for s, o, h, low, c in BARS),
        {"timezone": "UTC"},
    ),
    "Dukascopy": (
        "EURUSD_Candlestick_1_M_BID.csv",
        "Gmt time,Open,High,Low,Close,Volume\n"
        + "".join(f"{at(s, '%d.%m.%Y %H:%M:%S.000')},{o},{h},{low},{c},9.5\n" for s, o, h, low, c in BARS).replace(
            "03.01.2023", "03.01.2023"
        ),
        {},
    ),
    "Dukascopy in local time": (
        "EURUSD.csv",
        "Local time,Open,High,Low,Close,Volume\n"
        + "".join(f"{at(s, '%d.%m.%Y %H:%M:%S.000', 2)} GMT+0200,{o},{h},{low},{c},9.5\n" for s, o, h, low, c in BARS),
        {},
    ),
    "AM and PM": (
        "AAA.csv",
        "Time,Close\n" + "".join(f'"{at(s, "%b %d, %Y %I:%M %p", -5)}",{c}\n' for s, *_, c in BARS),
        {"timezone": "America/New_York"},
    ),
    "Polygon": (
        "AAPL.json",
        json.dumps(
            {
                "ticker": "AAPL",
                "queryCount": 5,
                "status": "OK",
                "results": [
                    {"v": 10, "vw": c, "o": o, "c": c, "h": h, "l": low, "t": s * 1000, "n": 3}
                    for s, o, h, low, c in BARS
                ],
            }
        ),
        {},
    ),
    "Alpha Vantage": (
        "query.json",
        json.dumps(
            {
                "Meta Data": {"1. Information": "Intraday", "2. Symbol": "AAPL", "6. Time Zone": "US/Eastern"},
                "Time Series (1min)": {
                    at(s, "%Y-%m-%d %H:%M:%S", -5): {
                        "1. open": f"{o}",
                        "2. high": f"{h}",
                        "3. low": f"{low}",
                        "4. close": f"{c}",
                        "5. volume": "7",
                    }
                    for s, o, h, low, c in reversed(BARS)
                },
            }
        ),
        {"timezone": "US/Eastern"},
    ),
    "lists by column": (
        "candles.json",
        json.dumps(
            {
                "s": "ok",
                "t": MINUTES,
                "o": [b[1] for b in BARS],
                "h": [b[2] for b in BARS],
                "l": [b[3] for b in BARS],
                "c": CLOSES,
                "v": [1] * 5,
            }
        ),
        {},
    ),
    "columns and data": (
        "candles.json",
        json.dumps(
            {
                "candles": {
                    "metadata": {"open": {"type": "double"}},
                    "columns": ["open", "close", "high", "low", "begin"],
                    "data": [[o, c, h, low, at(s, "%Y-%m-%d %H:%M:%S", 3)] for s, o, h, low, c in BARS],
                }
            }
        ),
        {"timezone": "Europe/Moscow"},
    ),
    "lines of JSON": (
        "bars.jsonl",
        "".join(json.dumps({"timestamp": f"{at(s, '%Y-%m-%dT%H:%M:%SZ')}", "close": c}) + "\n" for s, *_, c in BARS),
        {},
    ),
    "a list of names": (
        "candles.csv",
        "".join(f"{s},{low},{h},{o},{c},1.5\n" for s, o, h, low, c in BARS),
        {"columns": ["time", "low", "high", "open", "close", "volume"]},
    ),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_minute_bars_of_vendors(tmp_path: Path, vendor: str) -> None:
    name, text, stated = VENDORS[vendor]
    bars = minute_bars(written(tmp_path, name, text), **stated)
    if "open" in bars.frame:
        assert bars.frame["high"].tolist() == pytest.approx([bar[2] for bar in BARS])
    if name.endswith("json") and vendor in {"Polygon", "Alpha Vantage"}:
        assert bars.instrument.code == "AAPL"


def test_investing_com_with_a_volume_in_millions(tmp_path: Path) -> None:
    rows = [
        f'"{datetime.fromisoformat(day):%b %d, %Y}","{close:,.2f}","{close - 1:,.2f}","{close + 2:,.2f}",'
        f'"{close - 3:,.2f}","8.3M","-0.52%"'
        for day, close in reversed(list(zip(DAYS, CLOSES, strict=True)))
    ]
    head = '"Date","Price","Open","High","Low","Vol.","Change %"'
    bars = check(written(tmp_path, "AAA Historical Data.csv", "\n".join([head, *rows]) + "\n"))
    assert bars.frame["volume"].tolist() == [8_300_000] * 5
    assert bars.frame["high"].tolist() == pytest.approx([close + 2 for close in CLOSES])


def test_a_column_that_is_not_needed_never_stops_a_study(tmp_path: Path) -> None:
    text = PLAIN.replace("Close", "Close,Volume,Open").replace("\n2", ",n.m.,see note\n2").rstrip() + ",1,2\n"
    text = text.replace("Date,Close,Volume,Open,n.m.,see note", "Date,Close,Volume,Open")
    bars = check(written(tmp_path, "AAA.csv", text))
    assert set(bars.frame) == {"close"}
    assert "ES-COLUMN-UNREAD" in [notice.code for notice in bars.notices]


@pytest.mark.parametrize("title", [[], [["Prices of AAA"], []]])
def test_excel(tmp_path: Path, title: list[list[str]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [*title, ["Date", "Close"]]:
        sheet.append(row)
    for day, close in zip(DAYS, CLOSES, strict=True):
        sheet.append([datetime.fromisoformat(day), close])
    book.create_sheet("notes")
    book.save(tmp_path / "AAA.xlsx")
    check(tmp_path / "AAA.xlsx")
    book["notes"].append(["a", "b"])
    book["notes"].append(["c", "d"])
    book.save(tmp_path / "AAA.xlsx")
    check(tmp_path / "AAA.xlsx")  # notes hold no dates
    (line,) = read_universe(tmp_path / "AAA.xlsx", **STATED).recognized
    assert "sheet 'Sheet'" in line
    book["notes"].append(["2024-01-02", 5])
    book["notes"].append(["2024-01-03", 6])
    book.save(tmp_path / "AAA.xlsx")
    with pytest.raises(DataError, match=r'2 sheets with rows: Sheet, notes.*sheet = "Sheet"'):
        read_universe(tmp_path / "AAA.xlsx", **STATED)
    check(tmp_path / "AAA.xlsx", sheet="Sheet")


PARQUET: dict[str, Callable[[Path], object]] = {
    "dates as text": lambda p: pd.DataFrame({"date": DAYS, "close": CLOSES}).to_parquet(p),
    "prices as text": lambda p: pd.DataFrame({"date": DAYS, "close": list(map(str, CLOSES))}).to_parquet(p),
    "decimals": lambda p: pq.write_table(
        pa.table({"date": pa.array(DAYS), "close": pa.array([Decimal(str(c)) for c in CLOSES])}), p
    ),
    "dates": lambda p: pq.write_table(pa.table({"date": pa.array(pd.to_datetime(DAYS).date), "close": CLOSES}), p),
    "whole numbers": lambda p: pd.DataFrame(
        {"date": [20230103, 20230104, 20230105, 20230106, 20230428], "close": CLOSES}
    ).to_parquet(p),
    "an unnamed index": lambda p: pd.DataFrame({"close": CLOSES}, index=pd.to_datetime(DAYS)).to_parquet(p),
    "midnights of the exchange": lambda p: pd.DataFrame(
        {"Close": CLOSES}, index=pd.to_datetime(DAYS).tz_localize("America/New_York").rename("Date")
    ).to_parquet(p),
}


@pytest.mark.parametrize("kind", PARQUET)
def test_parquet_of_any_origin(tmp_path: Path, kind: str) -> None:
    PARQUET[kind](tmp_path / "AAA.parquet")
    check(tmp_path / "AAA.parquet")


def test_a_live_row_of_the_last_day_is_a_duplicate(tmp_path: Path) -> None:
    same = PLAIN + "2023-04-28 15:07:43,1959.64\n"
    check(written(tmp_path, "AAA.csv", same))
    with pytest.raises(BarsError, match="two rows give different values for one time"):
        read_universe(written(tmp_path, "BBB.csv", PLAIN + "2023-04-28 15:07:43,1960\n"), **STATED)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1672756200,1,2,3,4,5\n1672756260,1,2,3,4,5\n", r"has no header.*columns = \['time', 'open'"),
        ("Date,Close\n1.70951E+12,1\n1.70952E+12,2\n", "a spreadsheet has rounded"),
        ('{"results": []}', "is JSON without a table of prices; it holds results"),
        ("PERMNO,date,RET\n1,2023-01-03,0.1\n", "hold the close"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(EventStudyError, match=words):
        read_universe(written(tmp_path, "a.csv", text), **STATED)


@pytest.mark.parametrize(
    "names",
    [
        "Date,Open,High,Low,Close*,Volume",
        "Date,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME",
        "datadate,prcod,prchd,prcld,prccd,cshtrd",
        "Date,Open (USD),High (USD),Low (USD),Close (USD),Volume (USD)",
        "Date,Open Price,High Price,Low Price,Close Price,Volume",
        "tradeDate,openPrice,highPrice,lowPrice,closePrice,volume",
    ],
)
def test_names_of_fields_with_marks_units_and_codes_of_vendors(tmp_path: Path, names: str) -> None:
    rows = "".join(f"{day},{p},{p + 1},{p - 1},{p},9\n" for day, p in zip(DAYS, CLOSES, strict=True))
    check(written(tmp_path, "AAA.csv", f"{names}\n{rows}"))


def test_a_delimiter_at_the_end_of_the_rows_alone_is_not_a_column(tmp_path: Path) -> None:
    rows = "".join(f"{day},{p},{p},9,\n" for day, p in zip(DAYS, CLOSES, strict=True))
    check(written(tmp_path, "AAA.csv", f"Date,Open,Close,Volume\n{rows}"))
    check(written(tmp_path, "AAA.csv", f"AAA by the exchange\nDate,Open,Close,Volume\n{rows}"))


def test_prices_that_cross_zero_are_refused_with_the_way_to_study_them(tmp_path: Path) -> None:
    days = pd.bdate_range("2023-01-02", periods=80)
    path = tmp_path / "oil.csv"
    pd.DataFrame({"settle": [3.0 - 0.1 * n for n in range(80)]}, days).rename_axis("date").to_csv(path)
    with pytest.raises(BarsError, match=r'negative price.*returns = "difference"'):
        read_universe(path, timezone="America/New_York", closes_at="14:30")


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize(("end", "bars"), [("10:59:59", 6), ("10:53:12", 5)], ids=["finished", "still forming"])
def test_the_last_candle_of_a_service_is_known_by_its_end(tmp_path: Path, several: bool, end: str, bars: int) -> None:
    """Candles as the Moscow Exchange gives them; the last one was asked for at 10:53:12."""
    ends = [*(f"10:{minute}9:59" for minute in range(5)), end]
    lines = [f"100;{101 + n / 9};102;99;{n + 5};2023-03-01 10:{n}0:00;2023-03-01 {text}" for n, text in enumerate(ends)]
    rows = [f"{line};{code}" for line in lines for code in ("SBER", "GAZP")] if several else lines
    header = "open;close;high;low;volume;begin;end" + (";SECID" if several else "")
    path = written(tmp_path, "SBER.csv", "\n".join(["candles", "", header, *rows, ""]))
    for series in read_universe(path, timezone="Europe/Moscow", label="left", step="10min"):
        assert len(series) == bars
        assert [n.code for n in series.notices] == (["ES-UNFINISHED"] if bars == 5 else [])
        assert set(series.frame.columns) == {"open", "high", "low", "close", "volume"}


def test_the_days_of_a_market_that_never_closes_end_at_a_stated_hour(tmp_path: Path) -> None:
    path = written(tmp_path, "BTC.csv", PLAIN)
    with pytest.raises(EventStudyError, match='Set closes_at = "24:00"'):
        read_universe(path, timezone="UTC", calendar="24/7")
    (bars,) = read_universe(path, timezone="UTC", closes_at="24:00", calendar="24/7", accept=STATED["accept"])
    assert f"{bars.frame.index[0]:%Y-%m-%d %H:%M}" == "2023-01-04 00:00"


def test_instants_with_nanoseconds(tmp_path: Path) -> None:
    rows = "".join(f"2023-03-01T10:0{n}:00.000000000Z,{100 + n}\n" for n in range(5))
    (bars,) = read_universe(written(tmp_path, "EURUSD.csv", f"time,close\n{rows}"), label="left", step="1min")
    assert [f"{at:%H:%M}" for at in bars.frame.index] == ["10:01", "10:02", "10:03", "10:04", "10:05"]
