"""Layouts of vendors beyond those with a row of their own: without a header, in other scripts, dates and price codes.

The expected closes are those that the files were written from.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import DataError

STATED: dict[str, Any] = {"timezone": "America/New_York", "calendar": "XNYS"}
CLOSED = pd.to_datetime(["2023-01-16", "2023-02-20", "2023-04-07", "2023-05-29", "2023-06-19"])  # by the NYSE's notice
DAYS = list(pd.bdate_range("2023-01-03", "2023-06-30").difference(CLOSED))
RNG = np.random.default_rng(11)
CLOSE = np.round(1200 * np.exp(RNG.normal(0, 0.012, len(DAYS)).cumsum()), 2)
OPEN = np.round(np.append(1200, CLOSE[:-1]) * (1 + RNG.normal(0, 0.002, len(DAYS))), 2)
HIGH = np.round(np.maximum(OPEN, CLOSE) * (1 + np.abs(RNG.normal(0, 0.004, len(DAYS)))), 2)
LOW = np.round(np.minimum(OPEN, CLOSE) * (1 - np.abs(RNG.normal(0, 0.004, len(DAYS)))), 2)
VOLUME = RNG.integers(10**6, 10**7, len(DAYS))
BARS = list(zip(DAYS, OPEN, HIGH, LOW, CLOSE, VOLUME, strict=True))
Row = Callable[..., str]


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def lines(row: Row) -> str:
    return "".join(row(*bar) + "\n" for bar in BARS)


def read_right(path: Path, code: str = "", **stated: Any) -> es.Bars:
    (one,) = es.read_universe(path, **(STATED | stated))
    assert one.frame["close"].to_numpy() == pytest.approx(CLOSE)
    local = one.frame.index.tz_convert("America/New_York")
    assert [at.date() for at in local] == [day.date() for day in DAYS]
    assert code in {"", one.instrument.code}
    return one


HEADERLESS: dict[str, tuple[str, Row]] = {
    "kibot": ("a", lambda d, o, h, w, c, v: f"{d:%m/%d/%Y},{o},{h},{w},{c},{v}"),
    "firstrate": ("a", lambda d, o, h, w, c, v: f"{d:%Y-%m-%d} 00:00:00,{o},{h},{w},{c},{v}"),
    "kraken": ("a", lambda d, o, h, w, c, v: f"{int(d.timestamp())},{o},{h},{w},{c},{v}.5,{v // 1000}"),
    "ninjatrader": ("a", lambda d, o, h, w, c, v: f"{d:%Y%m%d};{o};{h};{w};{c};{v}"),
    "quantquote": ("a", lambda d, o, h, w, c, v: f"{d:%Y%m%d},0,{o},{h},{w},{c},{v}"),
    "tinkoff": ("uid-1", lambda d, o, h, w, c, v: f"uid-1;{d:%Y-%m-%d}T00:00:00Z;{o};{c};{h};{w};{v};"),
    "finam": ("AAA", lambda d, o, h, w, c, v: f"AAA,D,{d:%Y%m%d},000000,{o},{h},{w},{c},{v}"),
    "abcbourse": (
        "US0000000001",
        lambda d, o, h, w, c, v: ";".join(
            ["US0000000001", f"{d:%d/%m/%y}", *(f"{p:.2f}".replace(".", ",") for p in (o, h, w, c)), str(v)]
        ),
    ),
    "currency last": ("a", lambda d, o, h, w, c, v: f"{d:%d/%m/%Y} 00:00\t{o}\t{h}\t{w}\t{c}\t{v}\tUSD"),
}


@pytest.mark.parametrize("vendor", HEADERLESS)
def test_bars_without_a_header_are_known_by_their_values(tmp_path: Path, vendor: str) -> None:
    code, row = HEADERLESS[vendor]
    one = read_right(written(tmp_path, "a.csv", lines(row)), code)
    assert one.frame["open"].to_numpy() == pytest.approx(OPEN)


def test_lists_of_numbers_in_json_are_known_by_their_values(tmp_path: Path) -> None:
    rows = [[int(d.timestamp()), float(low), float(h), float(o), float(c), int(v)] for d, o, h, low, c, v in BARS]
    read_right(written(tmp_path, "a.json", json.dumps(rows[::-1])))


def test_two_instruments_without_a_header(tmp_path: Path) -> None:
    text = lines(
        lambda d, o, h, w, c, v: (
            f"AAA,{d:%Y%m%d},{o},{h},{w},{c},{v}\nBBB,{d:%Y%m%d},{o / 2},{h / 2},{w / 2},{c / 2},{v}"
        )
    )
    universe = es.read_universe(written(tmp_path, "a.txt", text), **STATED)
    assert universe.codes == ("AAA", "BBB")
    assert universe.series[1].frame["close"].to_numpy() == pytest.approx(CLOSE / 2)


def test_rows_that_are_no_bars_still_need_names(tmp_path: Path) -> None:
    text = lines(lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},{c},{v},{v + 3},{v - 9}")
    with pytest.raises(es.DataError, match="has no header"):
        es.read_universe(written(tmp_path, "a.csv", text), **STATED)
    names = ["time", "close", "v", "w", "x"]
    read_right(written(tmp_path, "a.csv", text), columns=names)


SCRIPTS: dict[str, tuple[str, str, str]] = {
    "japanese": ("cp932", "日付,始値,高値,安値,終値,出来高", "{d:%Y/%m/%d},{o},{h},{w},{c},{v}"),
    "korean": ("cp949", "일자,종가,시가,고가,저가,거래량", "{d:%Y/%m/%d},{c},{o},{h},{w},{v}"),
    "chinese": ("gb18030", "日期,名称,收盘价,最高价,最低价,开盘价", "{d:%Y-%m-%d},贵州茅台,{c},{h},{w},{o}"),
    "taiwanese": ("cp950", "日期,開盤價,最高價,最低價,收盤價", "{roc}/{d:%m/%d},{o},{h},{w},{c}"),
    "korean dates": ("utf-8", "날짜,종가,시가,고가,저가", "{d.year}년 {d.month}월 {d.day}일,{c},{o},{h},{w}"),
    "chinese dates": ("utf-8", "日期,收盘,开盘,高,低", "{d.year}年{d.month}月{d.day}日,{c},{o},{h},{w}"),
    "russian": ("cp1251", "Дата,Цена,Откр.,Макс.,Мин.", "{d:%d.%m.%Y},{c},{o},{h},{w}"),
    "german": ("cp1252", "Datum,Eröffnung,Höchst,Tief,Schluß", "{d:%d.%m.%Y},{o},{h},{w},{c}"),
}
CLOSES = ("終値", "종가", "收盘价", "收盤價", "收盘", "Цена", "Schluß")


@pytest.mark.parametrize("script", SCRIPTS)
def test_names_in_other_scripts_and_encodings(tmp_path: Path, script: str) -> None:
    encoding, header, form = SCRIPTS[script]
    rows = lines(lambda d, o, h, w, c, v: form.format(d=d, o=o, h=h, w=w, c=c, v=v, roc=d.year - 1911))
    path = written(tmp_path, "a.csv", header + "\n" + rows, encoding)
    read_right(path)
    close = next(name for name in header.split(",") if name in CLOSES)
    read_right(path, columns={"close": close})  # the name reads as it was written


@pytest.mark.parametrize(
    "form", ["%a %b %d %Y", "%A, %B %d, %Y", "%a %b %d %Y 00:00:00 GMT-0500 (Eastern Standard Time)", "%Y. %m. %d."]
)
def test_dates_with_weekdays_and_blanks(tmp_path: Path, form: str) -> None:
    read_right(written(tmp_path, "AAA.csv", "Date,Close\n" + lines(lambda d, o, h, w, c, v: f'"{d:{form}}",{c}')))


def test_the_signs_of_crsp_mark_averages_of_bid_and_ask(tmp_path: Path) -> None:
    text = "PERMNO,date,PRC\n" + lines(lambda d, o, h, w, c, v: f"10107,{d:%Y%m%d},{-c if d.day == 5 else c}")
    one = read_right(written(tmp_path, "crsp.csv", text), "10107")
    notice = next(n for n in one.notices if n.code == "ES-BID-ASK-AVERAGE")
    assert notice.message.startswith("4 of 124 prices")  # 5 January, 5 April, 5 May, 5 June


def test_a_crsp_file_of_prices_and_returns_asks_which(tmp_path: Path) -> None:
    returns = np.append(0, CLOSE[1:] / CLOSE[:-1] - 1)
    rows = "".join(f"10107,{d:%Y%m%d},{c},{r:.8f}\n" for d, c, r in zip(DAYS, CLOSE, returns, strict=True))
    path = written(tmp_path, "crsp.csv", "PERMNO,date,PRC,RET\n" + rows)
    with pytest.raises(es.DataError, match='holds = "simple returns" to study RET, or prices = "PRC"'):
        es.read_universe(path, **STATED)
    read_right(path, prices="PRC")
    (held,) = es.read_universe(path, holds="simple returns", **STATED)
    assert np.expm1(held.values[1:]) == pytest.approx(returns[1:], abs=1e-7)


def test_a_raw_close_is_adjusted_by_the_factors_beside_it(tmp_path: Path) -> None:
    """Compustat: price / ajexdi * trfd. A split of 2:1 and a dividend of 10 % on the day 60."""
    early = np.arange(len(DAYS)) < 60
    ajexdi, trfd = np.where(early, 2.0, 1.0), np.where(early, 1.0, 1.1)
    raw = CLOSE * ajexdi / trfd
    rows = "".join(
        f"1234,01,{d:%d/%m/%Y},AAA,{a},{p:.6f},{t}\n" for d, a, p, t in zip(DAYS, ajexdi, raw, trfd, strict=True)
    )
    path = written(tmp_path, "secd.csv", "gvkey,iid,datadate,tic,ajexdi,prccd,trfd\n" + rows)
    read_right(path, "AAA")
    (as_quoted,) = es.read_universe(path, prices="close", **STATED)
    assert as_quoted.frame["close"].to_numpy() == pytest.approx(raw)


@pytest.mark.parametrize("name", ["adjusted", "Adjusted", "adj_price", "close_adjusted"])
def test_names_of_an_adjusted_close(tmp_path: Path, name: str) -> None:
    text = f"date,close,{name},adjusted_volume,open_interest\n"
    read_right(written(tmp_path, "AAA.csv", text + lines(lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},{2 * c},{c},{v},{v}")))


def test_hours_and_minutes_without_a_colon(tmp_path: Path) -> None:
    at = pd.date_range("2023-01-03 09:30", "2023-01-03 15:59", freq="1min")
    price = 100 + np.arange(len(at)) / 100
    text = "date,time,close\n" + "".join(
        f"{t:%Y%m%d},{t.hour * 100 + t.minute},{p:.2f}\n" for t, p in zip(at, price, strict=True)
    )
    (one,) = es.read_universe(written(tmp_path, "AAA.csv", text), label="left", **STATED)
    assert one.frame.index[0] == pd.Timestamp("2023-01-03 09:31", tz="America/New_York")
    assert len(one) == 390


def universe_right(path: Path, codes: tuple[str, ...], **stated: Any) -> es.Universe:
    """Read AAA with the closes, and BBB with their halves."""
    universe = es.read_universe(path, **(STATED | stated))
    assert universe.codes == codes
    for one, factor in zip(universe, (1, 0.5), strict=False):
        assert one.frame["close"].to_numpy() == pytest.approx(CLOSE * factor)
    return universe


NAMES_OF_TWO_PARTS: dict[str, tuple[tuple[str, ...], str, Row]] = {
    "quantmod": (
        ("AAA",),
        '"","AAA.Open","AAA.Close","AAA.Volume","AAA.Adjusted"',
        lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},{2 * o},{2 * c},{v},{c}",
    ),
    "joined": (
        ("AAA", "BBB"),
        "Date,AAA.Close,AAA.Volume,BBB.Close,BBB.Volume",
        lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},{c},{v},{c / 2},{v}",
    ),
    "flattened": (
        ("AAA", "BBB"),
        "Date,Close_AAA,Close_BBB,Volume_AAA,Volume_BBB",
        lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},{c},{c / 2},{v},{v}",
    ),
    "words": (
        ("AAA US Equity", "BBB US Equity"),
        "Date,AAA US Equity PX_LAST,BBB US Equity PX_LAST",
        lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},{c},{c / 2}",
    ),
}


@pytest.mark.parametrize("layout", NAMES_OF_TWO_PARTS)
def test_names_of_an_instrument_and_a_field(tmp_path: Path, layout: str) -> None:
    codes, header, row = NAMES_OF_TWO_PARTS[layout]
    universe_right(written(tmp_path, "a.csv", header + "\n" + lines(row)), codes)


def test_times_of_open_and_close_are_not_instruments(tmp_path: Path) -> None:
    header = "open_time,open,high,low,close,volume,close_time,quote_asset_volume\n"
    text = lines(lambda d, o, h, w, c, v: f"{d.value // 10**6},{o},{h},{w},{c},{v},{d.value // 10**6 + 86_399_999},{v}")
    read_right(written(tmp_path, "a.csv", header + text), "a")


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_merged_names_above_the_fields_of_each_instrument(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Dates", "AAA", None, "BBB", None],
        [None, "PX_LAST", "PX_VOLUME", "PX_LAST", "PX_VOLUME"],
    ]
    rows += [[d.to_pydatetime(), float(c), int(v), float(c) / 2, int(v)] for d, _, _, _, c, v in BARS]
    universe_right(workbook(tmp_path / "a.xlsx", rows), ("AAA", "BBB"))
    text = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows)
    universe_right(written(tmp_path, "a.csv", text), ("AAA", "BBB"))


@pytest.mark.parametrize("two_rows", [True, False])
def test_tables_side_by_side_with_dates_of_their_own(tmp_path: Path, two_rows: bool) -> None:
    header: list[list[Any]] = (
        [["AAA", None, "BBB", None], ["Date", "PX_LAST", "Date", "PX_LAST"]]
        if two_rows
        else [["Date", "AAA", "Date", "BBB"]]
    )
    short = BARS[5:]  # BBB was listed a week later: its dates stand beside others
    rows = [[d.to_pydatetime(), float(c), None, None] for d, _, _, _, c, _ in BARS]
    for row, (d, _, _, _, c, _) in zip(rows, short, strict=False):
        row[2:] = [d.to_pydatetime(), float(c) / 2]
    first, second = es.read_universe(workbook(tmp_path / "a.xlsx", header + rows), **STATED)
    assert (first.instrument.code, second.instrument.code) == ("AAA", "BBB")
    assert first.frame["close"].to_numpy() == pytest.approx(CLOSE)
    assert second.frame["close"].to_numpy() == pytest.approx(CLOSE[5:] / 2)
    assert second.frame.index[0].tz_convert("America/New_York").date() == DAYS[5].date()


def test_tables_side_by_side_without_names_are_refused(tmp_path: Path) -> None:
    text = "Date,Close,Date,Close\n" + lines(lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},{c},{d:%Y-%m-%d},{c / 2}")
    with pytest.raises(es.DataError, match="tables side by side"):
        es.read_universe(written(tmp_path, "a.csv", text), **STATED)


def test_dates_in_the_first_row(tmp_path: Path) -> None:
    cells = [["Ticker", *(f"{d:%Y-%m-%d}" for d in DAYS)], ["AAA", *map(str, CLOSE)], ["BBB", *map(str, CLOSE / 2)]]
    universe_right(written(tmp_path, "a.csv", "\n".join(map(",".join, cells))), ("AAA", "BBB"))
    dated: list[list[Any]] = [["Ticker", *(d.to_pydatetime() for d in DAYS)], ["AAA", *map(float, CLOSE)]]
    universe_right(workbook(tmp_path / "a.xlsx", dated), ("AAA",))


def test_columns_separated_by_blanks(tmp_path: Path) -> None:
    text = "Date  Open  Close\n" + lines(lambda d, o, h, w, c, v: f"{d:%Y-%m-%d} {o:9.2f} {c:9.2f}")
    read_right(written(tmp_path, "AAA.txt", text))


MINUTES = pd.DatetimeIndex(
    [
        *pd.date_range("2023-03-10 09:30", periods=390, freq="1min", tz="America/New_York"),
        *pd.date_range("2023-03-13 09:30", periods=390, freq="1min", tz="America/New_York"),  # clocks went forward
    ]
)
PATH = np.round(100 * np.exp(RNG.normal(0, 0.001, len(MINUTES)).cumsum()), 4)
BEGUN = np.round(np.append(100, PATH[:-1]) * (1 + RNG.normal(0, 0.0001, len(MINUTES))), 4)
TOP, BOTTOM = np.maximum(BEGUN, PATH) + 0.01, np.minimum(BEGUN, PATH) - 0.01


def minutes_right(path: Path, **stated: Any) -> None:
    (one,) = es.read_universe(path, **(STATED | {"label": "left"} | stated))
    assert one.frame["close"].to_numpy() == pytest.approx(PATH)
    assert (one.frame.index == MINUTES.tz_convert("UTC").shift(1, freq="1min")).all()


STAMPS: dict[str, tuple[str, Callable[[pd.Timestamp], str]]] = {
    "a zone's name": ("time,close", lambda t: f"{t:%Y%m%d %H:%M:%S} US/Eastern"),
    "UTC after a dash": ("time,close", lambda t: f"{t.tz_convert('UTC'):%Y%m%d-%H:%M:%S}"),
    "a column of minutes": ("date,minute,label,close", lambda t: f"{t:%Y-%m-%d},{t:%H:%M},{t:%I:%M %p}"),
    "a clock of any name": ("date,itime,close", lambda t: f"{t:%Y%m%d},{t:%H:%M:%S}"),
}


@pytest.mark.parametrize("form", STAMPS)
def test_stamps_of_minutes(tmp_path: Path, form: str) -> None:
    header, stamp = STAMPS[form]
    rows = "".join(f"{stamp(t)},{p}\n" for t, p in zip(MINUTES, PATH, strict=True))
    zone = {"timezone": "UTC"} if form.startswith("UTC") else {}
    minutes_right(written(tmp_path, "AAA.csv", f"{header}\n{rows}"), **zone)


def test_stamps_of_several_zones_are_refused(tmp_path: Path) -> None:
    text = "time,close\n20230310 09:30:00 US/Eastern,1\n20230310 09:31:00 US/Central,1\n"
    with pytest.raises(es.DataError, match="more than one zone"):
        es.read_universe(written(tmp_path, "AAA.csv", text), label="left", **STATED)


def test_candles_inside_the_rows_of_json(tmp_path: Path) -> None:
    at = [f"{t.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ}" for t in MINUTES]
    bars = zip(at, BEGUN, TOP, BOTTOM, PATH, strict=True)
    candles = [{"time": t, "volume": 3, "mid": dict(zip("ohlc", map(str, bar), strict=True))} for t, *bar in bars]
    minutes_right(written(tmp_path, "a.json", json.dumps({"instrument": "AAA", "candles": candles})))


def test_the_columns_of_a_chart_in_json(tmp_path: Path) -> None:
    quote = {"open": list(BEGUN), "high": list(TOP), "low": list(BOTTOM), "close": list(PATH)}
    result = {
        "meta": {"symbol": "AAA", "validRanges": ["1d", "5d"]},
        "timestamp": [int(t.timestamp()) for t in MINUTES],
        "indicators": {"quote": [quote]},
    }
    minutes_right(written(tmp_path, "a.json", json.dumps({"chart": {"result": [result], "error": None}})))


def test_a_volume_alone_is_not_an_instrument(tmp_path: Path) -> None:
    text = "date,volume\n" + lines(lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},{v}")
    with pytest.raises(es.DataError, match="close"):
        es.read_universe(written(tmp_path, "AAA.csv", text), **STATED)


UNTIDY: dict[str, tuple[str, str]] = {
    "blank lines": ("\n\nDate,Close\n\n", "{d:%Y-%m-%d},{c}\n"),
    "a comment": ("# source: exchange\n# a note, with a comma\nDate,Close\n", "{d:%Y-%m-%d},{c}"),
    "a row of units": ("Date,Close\n(local),(USD)\n", "{d:%Y-%m-%d},{c}"),
    "years of Thailand": ("Date,Close\n", "{d.day}/{d.month}/{thai},{c}"),
    "months in full": ("Date,Close\n", '"{d:%B} {d.day}, {d.year}",{c}'),
}


@pytest.mark.parametrize("kind", UNTIDY)
def test_untidy_files(tmp_path: Path, kind: str) -> None:
    header, form = UNTIDY[kind]
    rows = lines(lambda d, o, h, w, c, v: form.format(d=d, c=c, thai=d.year + 543))
    read_right(written(tmp_path, "AAA.csv", header + rows), "AAA")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("{d.day} août {d.year}", "'août' is not the name of a month in English"),
        ("{d.day} marraskuu {d.year}", "'marraskuu' is not the name of a month"),  # November, not March
        ("{iran}/{d:%m/%d}", "begins on 1402-.*another calendar"),
    ],
)
def test_dates_of_other_languages_and_calendars_are_refused(tmp_path: Path, form: str, words: str) -> None:
    rows = lines(lambda d, o, h, w, c, v: form.format(d=d, iran=d.year - 621) + f",{c}")
    with pytest.raises(es.DataError, match=words):
        es.read_universe(written(tmp_path, "AAA.csv", "Date,Close\n" + rows), **STATED)


def test_instruments_under_a_name_that_is_not_known(tmp_path: Path) -> None:
    text = "Date,Company,Close,Volume\n"
    text += lines(lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},AAA plc,{c},{v}\n{d:%Y-%m-%d},BBB plc,{c / 2},{v}")
    universe = universe_right(written(tmp_path, "a.csv", text), ("AAA plc", "BBB plc"))
    assert "long by 'Company'" in universe.recognized[0]


def test_instruments_and_prices_under_names_that_are_not_known(tmp_path: Path) -> None:
    row = "{d:%d.%m.%Y};{code};{o};{w};{h};{c};{v}\n"
    text = "Tarih;Kod;A\u00c7ILI\u015e;EN D\u00dc\u015e\u00dcK;EN Y\u00dcKSEK;KAPANI\u015e;HAC\u0130M\n"
    for d, o, h, w, c, v in BARS:
        text += row.format(d=d, code="AAA", o=o, w=w, h=h, c=c, v=v)
        text += row.format(d=d, code="BBB", o=o / 2, w=w / 2, h=h / 2, c=c / 2, v=v)
    universe = universe_right(written(tmp_path, "a.csv", text), ("AAA", "BBB"))
    assert "long by 'Kod', prices from 'KAPANI\u015e' (by their values" in universe.recognized[0]
    one = "".join(f"{row.split(';')[0]};{row.split(';')[1]};{row.split(';')[5]}\n" for row in text.splitlines())
    assert "prices from 'KAPANI" in universe_right(written(tmp_path, "b.csv", one), ("AAA", "BBB")).recognized[0]
    volumes = "".join(f"{d:%Y-%m-%d},{code},{v}\n" for d, *_, v in BARS for code in ("AAA", "BBB"))
    with pytest.raises(es.DataError):
        es.read_universe(written(tmp_path, "c.csv", "Date,Ticker,Volume\n" + volumes), **STATED)


def test_a_repeated_day_of_one_instrument_is_not_read_as_instruments(tmp_path: Path) -> None:
    text = "Date,Note,Close\n" + lines(lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},first,{c}\n{d:%Y-%m-%d},first,{c + 9}")
    with pytest.raises(es.DataError, match="conflicting duplicate"):
        es.read_universe(written(tmp_path, "AAA.csv", text), **STATED)


def test_the_time_of_the_last_update_does_not_make_daily_rows_intraday(tmp_path: Path) -> None:
    text = "Date,Close,Updated\n" + lines(lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},{c},16:00:{v % 60:02}")
    read_right(written(tmp_path, "AAA.csv", text), "AAA")


def test_closes_in_two_currencies_are_not_chosen_between(tmp_path: Path) -> None:
    header = "Date,Close (EUR),Close (USD),Volume (EUR),Volume (USD)"
    rows = lines(lambda d, o, h, w, c, v: f"{d:%Y-%m-%d},{c * 0.9},{c},{v},{v}")
    path = written(tmp_path, "AAA.csv", header + "\n" + rows)
    with pytest.raises(DataError, match=r"2 columns of one price: 'Close \(EUR\)', 'Close \(USD\)'.*prices = "):
        es.read_universe(path, **STATED)
    read_right(path, prices="Close (USD)")
    (one,) = es.read_universe(path, prices="Close (EUR)", **STATED)
    assert one.frame["close"].to_numpy() == pytest.approx(CLOSE * 0.9)
