"""Yahoo: what it cannot have is refused before asking, what it gives is put in order, recorded answers read right."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.cli.app import run
from eventstudy.errors import NetworkError, SourceError
from eventstudy.market.instruments import Instrument
from eventstudy.market.sources import yahoo
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.yahoo_earnings import as_csv, read_earnings, session_of
from eventstudy.market.sources.yahoo_exchanges import CALENDAR_OF, NAMES
from eventstudy.market.sources.yahoo_store import fetch_yahoo
from tests.shared import SHARED

NOW = datetime(2021, 4, 13, 12, 0, tzinfo=UTC)
EURUSD, APPLE = Instrument("EURUSD=X"), Instrument("AAPL")


def never(*_: object) -> pd.DataFrame:
    raise AssertionError("Yahoo was asked")


def table(begins: list[str], zone: str = "UTC", volume: float = 0.0) -> pd.DataFrame:
    """Return a table as yfinance gives it: labels mark the begin of a bar, in the exchange's zone."""
    index = pd.DatetimeIndex(begins).tz_localize(zone)
    price = np.linspace(1.1, 1.2, len(begins))
    columns = {"Open": price, "High": price + 0.01, "Low": price - 0.01, "Close": price}
    return pd.DataFrame({**columns, "Adj Close": price / 2, "Volume": volume}, index=index)


def asked(step: str, days_back: float, span: float = 1.0, one: Instrument = EURUSD) -> BarRequest:
    first = NOW - timedelta(days=days_back)
    return BarRequest(one, pd.Timedelta(step), first, first + timedelta(days=span))


@pytest.mark.parametrize(
    ("step", "days_back", "span", "words"),
    [
        ("1min", 31, 1, "1m bars for 30 days"),
        ("2min", 61, 1, "2m bars for 60 days"),
        ("5min", 61, 1, "5m bars for 60 days"),
        ("15min", 61, 1, "15m bars for 60 days"),
        ("30min", 61, 1, "30m bars for 60 days"),
        ("90min", 61, 1, "90m bars for 60 days"),
        ("1h", 731, 1, "60m bars for 730 days"),
        ("10min", 1, 1, "no bars of"),
        ("1D", -5, -2, "before it begins"),
    ],
)
def test_what_yahoo_cannot_have_is_refused_before_asking(step: str, days_back: float, span: float, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        yahoo.read_yahoo(asked(step, days_back, span), history=never, now=NOW)
    assert "moex" in str(caught.value) or "pieces" in str(caught.value) or "before it" in str(caught.value)


@pytest.mark.parametrize(("step", "days_back"), [("1min", 29), ("2min", 59), ("90min", 59), ("1h", 729), ("1D", 9000)])
def test_what_yahoo_can_have_is_asked_for(step: str, days_back: float) -> None:
    bars = yahoo.read_yahoo(
        asked(step, days_back), history=lambda *_: table(["2021-03-15 10:00", "2021-03-16 11:30"]), now=NOW
    )
    assert len(bars) == 2


def test_bars_close_after_their_label_in_utc_and_unfinished_ones_are_dropped() -> None:
    frame = table(["2021-04-13 11:57", "2021-04-13 11:58", "2021-04-13 11:59", "2021-04-13 12:00"]).tz_convert(
        "Europe/London"
    )
    bars = yahoo.read_yahoo(asked("1min", 1, 1), history=lambda *_: frame, now=NOW)
    assert [f"{t:%H:%M}" for t in bars.frame.index] == ["11:58", "11:59", "12:00"]
    assert [n.code for n in bars.notices] == ["ES-UNFINISHED"]


def test_fx_volume_is_missing_and_other_volume_is_kept() -> None:
    begins = ["2021-04-12 10:00", "2021-04-12 11:00"]
    fx = yahoo.read_yahoo(asked("1h", 2), history=lambda *_: table(begins), now=NOW)
    assert fx.frame["volume"].isna().all()
    share = yahoo.read_yahoo(asked("1h", 2, one=APPLE), history=lambda *_: table(begins), now=NOW)
    assert share.frame["volume"].tolist() == [0.0, 0.0]


def test_intraday_prices_are_the_unadjusted_ones_and_rows_without_a_close_are_named() -> None:
    frame = table(["2021-04-12 10:00", "2021-04-12 11:00"])
    frame.iloc[1, frame.columns.get_loc("Close")] = np.nan
    bars = yahoo.read_yahoo(asked("1h", 2), history=lambda *_: frame, now=NOW)
    assert bars.frame["close"].tolist() == [1.1]
    assert [n.code for n in bars.notices] == ["ES-NOCLOSE"]


def test_daily_prices_are_adjusted_unless_the_traded_ones_are_asked_for() -> None:
    frame = table(["2021-04-07", "2021-04-08"], "America/New_York", 5.0)
    bars = yahoo.read_yahoo(asked("1D", 7, 6, APPLE), history=lambda *_: frame, now=NOW)
    # The adjusted close of the table is half the close; open, high and low follow it.
    assert bars.frame["close"].tolist() == [0.55, 0.6]
    assert bars.frame["high"].tolist() == pytest.approx([0.555, 0.605])
    assert bars.frame["volume"].tolist() == [5.0, 5.0]
    assert "adjusted close" in bars.source
    raw = yahoo.read_yahoo(replace(asked("1D", 7, 6, APPLE), prices="close"), history=lambda *_: frame, now=NOW)
    assert raw.frame["close"].tolist() == [1.1, 1.2]
    assert "adjusted" not in raw.source


def of_exchange(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    frame.attrs["exchange"] = name
    return frame


@pytest.mark.parametrize(
    ("exchange", "zone", "day", "close"),
    [
        ("NMS", "America/New_York", "2020-11-27", "2020-11-27 13:00"),  # the day after Thanksgiving
        ("NYQ", "America/New_York", "2020-11-30", "2020-11-30 16:00"),
        ("LSE", "Europe/London", "2020-12-24", "2020-12-24 12:30"),
        ("GER", "Europe/Berlin", "2020-12-23", "2020-12-23 17:30"),
        ("JPX", "Asia/Tokyo", "2020-12-23", "2020-12-23 15:00"),
        ("ASX", "Australia/Sydney", "2020-12-24", "2020-12-24 14:10"),
        ("CCC", "UTC", "2020-12-24", "2020-12-25 00:00"),
        ("???", "Europe/Paris", "2020-12-23", "2020-12-24 00:00"),
        ("NMS", "Europe/Paris", "2020-12-23", "2020-12-24 00:00"),  # the answer contradicts itself: later is safe
    ],
)
def test_a_daily_bar_closes_with_its_exchange(exchange: str, zone: str, day: str, close: str) -> None:
    frame = of_exchange(table([day], zone), exchange)
    request = BarRequest(Instrument("X"), pd.Timedelta("1D"), datetime(2020, 11, 1, tzinfo=UTC), NOW)
    bars = yahoo.read_yahoo(request, history=lambda *_: frame, now=NOW)
    assert bars.frame.index[0] == pd.Timestamp(close, tz=zone)


def test_every_exchange_has_one_calendar_that_exists() -> None:
    from eventstudy.market.calendars import calendar_names

    assert set(CALENDAR_OF.values()) <= set(calendar_names())
    assert len(CALENDAR_OF) == sum(map(len, NAMES.values()))


def test_the_last_hourly_bar_closes_with_the_session() -> None:
    frame = of_exchange(table(["2021-04-12 14:30", "2021-04-12 15:30"], "America/New_York"), "NMS")
    bars = yahoo.read_yahoo(asked("1h", 3, 3, APPLE), history=lambda *_: frame, now=NOW)
    assert [f"{t:%H:%M}" for t in bars.frame.index.tz_convert("America/New_York")] == ["15:30", "16:00"]


def test_a_long_period_is_asked_for_in_pieces() -> None:
    spans, heard = [], []

    def history(_: str, interval: str, start: datetime, end: datetime) -> pd.DataFrame:
        spans.append((start, end))
        return table([f"{start:%Y-%m-%d %H:%M}"]).tz_convert("Europe/London")

    bars = yahoo.read_yahoo(asked("1min", 20, 18), history=history, now=NOW, tell=heard.append)
    assert len(bars) == len(spans) == len(heard) == 3
    assert all(end - start <= timedelta(days=7) for start, end in spans)
    assert spans[0][0] == NOW - timedelta(days=20)
    assert spans[-1][1] == NOW - timedelta(days=2) + timedelta(seconds=1)


def test_a_day_closes_when_it_is_said_to_or_at_its_local_midnight() -> None:
    daily = table(["2021-04-12"], "America/New_York")
    request = asked("1D", 5, 4, APPLE)
    assert yahoo.read_yahoo(request, history=lambda *_: daily, now=NOW).frame.index[0] == pd.Timestamp(
        "2021-04-13 00:00", tz="America/New_York"
    )
    stated = BarRequest(
        APPLE, request.step, request.first, request.last, closes_at="16:00", timezone="America/New_York"
    )
    assert yahoo.read_yahoo(stated, history=lambda *_: daily, now=NOW).frame.index[0] == pd.Timestamp(
        "2021-04-12 20:00", tz="UTC"
    )


@pytest.mark.parametrize(
    ("kind", "code"), [("YFPricesMissingError", 4), ("YFTzMissingError", 4), ("YFRateLimitError", 5), ("OSError", 5)]
)
def test_yahoos_reasons_become_one_sentence(kind: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    yfinance = pytest.importorskip("yfinance")
    from yfinance import exceptions

    made = {
        "YFPricesMissingError": lambda: exceptions.YFPricesMissingError("X", "", "Data doesn't exist for startDate"),
        "YFTzMissingError": lambda: exceptions.YFTzMissingError("X"),
        "YFRateLimitError": exceptions.YFRateLimitError,
        "OSError": lambda: OSError("no route\x1b[31m"),
    }[kind]()

    def fails(*_: object, **__: object) -> None:
        assert yfinance.config.debug.hide_exceptions is False
        raise made

    monkeypatch.setattr(yfinance.Ticker, "history", fails)
    with pytest.raises((SourceError, NetworkError)) as caught:
        yahoo.read_yahoo(asked("1D", 5), now=NOW)
    assert caught.value.exit_code == code
    assert "\x1b" not in str(caught.value)
    assert yfinance.config.debug.hide_exceptions is True


def test_an_empty_table_is_an_error() -> None:
    with pytest.raises(SourceError, match="empty table"):
        yahoo.read_yahoo(asked("1D", 5), history=lambda *_: table([]), now=NOW)


def test_offline_is_refused() -> None:
    with pytest.raises(NetworkError, match="offline"):
        yahoo.read_yahoo(BarRequest(EURUSD, pd.Timedelta("1D"), offline=True), history=never, now=NOW)


def test_stored_days_are_not_asked_for_again(tmp_path: Path) -> None:
    hours = [f"2021-04-{day:02d} {hour:02d}:00" for day in (6, 7, 8) for hour in range(24)]
    request = BarRequest(
        EURUSD,
        pd.Timedelta(hours=1),
        datetime(2021, 4, 6, tzinfo=UTC),
        datetime(2021, 4, 8, 23, 59, 59, 999999, tzinfo=UTC),
        store=str(tmp_path / "store"),
    )
    once = fetch_yahoo(request, history=lambda *_: table(hours), now=NOW)
    again = fetch_yahoo(request, history=never, now=NOW)
    assert again.bars.frame.equals(once.bars.frame[once.bars.frame.index <= pd.Timestamp(request.last)])
    later = BarRequest(EURUSD, request.step, request.first, NOW, store=request.store)
    with pytest.raises(AssertionError, match="Yahoo was asked"):
        fetch_yahoo(later, history=never, now=NOW)


def new_york_days(first: str, last: str, factor: float = 1.0) -> pd.DataFrame:
    """Return a table of working days whose adjusted close is the close times a factor."""
    days = pd.bdate_range(first, last).tz_localize("America/New_York")
    price = 100 + np.arange(len(days)) * 0.1
    columns = {"Open": price, "High": price + 1, "Low": price - 1, "Close": price, "Adj Close": price * factor}
    return of_exchange(pd.DataFrame({**columns, "Volume": 1.0}, index=days), "NMS")


def april(store: Path, first: int, last: int) -> BarRequest:
    bounds = (datetime(2021, 4, first, tzinfo=UTC), datetime(2021, 4, last + 1, tzinfo=UTC))
    return BarRequest(APPLE, pd.Timedelta("1D"), *bounds, store=str(store))


def test_adjusted_prices_come_from_one_answer(tmp_path: Path) -> None:
    # A dividend between the two fetches halves all earlier adjusted closes.
    asked_for: list[tuple[datetime, datetime]] = []

    def history(_: str, __: str, start: datetime, end: datetime) -> pd.DataFrame:
        asked_for.append((start, end))
        frame = new_york_days("2021-04-05", "2021-04-12", 1.0 if len(asked_for) == 1 else 0.5)
        return frame[(frame.index >= start) & (frame.index < end)]

    once = fetch_yahoo(april(tmp_path, 5, 7), history=history, now=NOW)
    assert once.bars.frame["close"].tolist() == [100.0, 100.1, 100.2]
    more = fetch_yahoo(april(tmp_path, 8, 9), history=history, now=NOW)
    assert more.bars.frame["close"].tolist() == pytest.approx([50.15, 50.2])
    assert asked_for[1][0] == datetime(2021, 4, 5, 0, 0, 0, 1, tzinfo=UTC)
    again = fetch_yahoo(april(tmp_path, 5, 9), history=never, now=NOW).bars
    assert again.frame["close"].tolist() == pytest.approx([50.0, 50.05, 50.1, 50.15, 50.2])
    assert again.instrument.calendar == "XNYS"
    assert "adjusted close" in again.source


def without(day: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame[frame.index.normalize() != pd.Timestamp(day, tz="America/New_York")]


def test_a_day_that_came_once_without_its_bar_is_asked_for_again(tmp_path: Path) -> None:
    complete = new_york_days("2021-04-05", "2021-04-09")
    answers = [without("2021-04-07")(complete), complete]
    found = fetch_yahoo(april(tmp_path, 5, 9), history=lambda *_: answers.pop(0), now=NOW)
    assert (len(found.bars), found.requests, found.bars.notices) == (5, 2, ())
    assert len(fetch_yahoo(april(tmp_path, 5, 9), history=never, now=NOW).bars) == 5


def test_a_day_that_stays_without_its_bar_is_not_stored(tmp_path: Path) -> None:
    cut = without("2021-04-07")(new_york_days("2021-04-05", "2021-04-09"))
    found = fetch_yahoo(april(tmp_path, 5, 9), history=lambda *_: cut, now=NOW)
    assert [n.code for n in found.bars.notices] == ["ES-UNCONFIRMED"]
    assert "2021-04-07" in found.bars.notices[0].message
    healed = fetch_yahoo(april(tmp_path, 5, 9), history=lambda *_: new_york_days("2021-04-05", "2021-04-09"), now=NOW)
    assert len(healed.bars) == 5
    assert len(fetch_yahoo(april(tmp_path, 5, 9), history=never, now=NOW).bars) == 5


def test_an_impossible_price_is_not_stored_and_a_changing_one_is_found(tmp_path: Path) -> None:
    def with_close(day: int, close: float) -> pd.DataFrame:
        frame = new_york_days("2021-04-05", "2021-04-09")
        frame.iloc[day, frame.columns.get_indexer(["Close", "Adj Close"])] = close
        return frame

    found = fetch_yahoo(april(tmp_path, 5, 9), history=lambda *_: with_close(2, 0.0), now=NOW)
    assert [n.code for n in found.bars.notices] == ["ES-UNCONFIRMED"]
    answers = [without("2021-04-07")(with_close(0, 100.0)), with_close(0, 101.0)]
    with pytest.raises(NetworkError, match="changed between two answers"):
        fetch_yahoo(april(tmp_path / "other", 5, 9), history=lambda *_: answers.pop(0), now=NOW)


BROKEN: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "no zone": lambda f: f.tz_localize(None),
    "an index of numbers": lambda f: f.reset_index(drop=True),
    "no close": lambda f: f.drop(columns="Close"),
    "words for prices": lambda f: f.astype({"Close": object}).assign(Close="n/a"),
    "complex prices": lambda f: f.assign(Close=1j),
    "two bars of one day": lambda f: pd.concat([f, f * 1.1]),
    "no rows": lambda f: f.iloc[:0],
    "all missing": lambda f: f * np.nan,
    "infinite": lambda f: f.assign(**{"Close": np.inf, "Adj Close": np.inf}),
    "negative": lambda f: -f,
    "high below low": lambda f: f.rename(columns={"High": "Low", "Low": "High"}),
    "a hundred times too high": lambda f: f.assign(Close=f["Close"].where(f["Close"] < 100.15, 10_000.0)),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_table_is_a_typed_error_and_leaves_no_wrong_row(tmp_path: Path, kind: str) -> None:
    whole = new_york_days("2021-04-05", "2021-04-09")

    def history(*_: object) -> pd.DataFrame:
        frame = BROKEN[kind](whole.copy())
        frame.attrs["exchange"] = "NMS"
        return frame

    with contextlib.suppress(SourceError, NetworkError):
        assert fetch_yahoo(april(tmp_path, 5, 9), history=history, now=NOW).bars.notices
    healed = fetch_yahoo(april(tmp_path, 5, 9), history=lambda *_: whole, now=NOW)
    assert healed.bars.frame["close"].tolist() == whole["Close"].tolist()
    assert (
        fetch_yahoo(april(tmp_path, 5, 9), history=never, now=NOW).bars.frame["close"].tolist()
        == whole["Close"].tolist()
    )


def earnings_table() -> pd.DataFrame:
    """Return announcements as yfinance gives them: newest first, whole hours of New York."""
    stamps = ["2021-07-27 16:00", "2021-01-27 16:00", "2020-10-29 07:00", "2020-07-30 09:00", "2020-04-30 12:00"]
    index = pd.DatetimeIndex(stamps).tz_localize("America/New_York")
    numbers = {"EPS Estimate": [1.0, 1.41, 0.7, 0.51, 0.56], "Reported EPS": [np.nan, 1.68, 0.73, 0.65, 0.64]}
    return pd.DataFrame({**numbers, "Surprise(%)": [np.nan, 18.8, 4.29, 26.74, 14.1]}, index=index)


def test_earnings_dates_become_events_with_a_session() -> None:
    rows, ahead = read_earnings(["AAPL"], NOW, lambda _: earnings_table())
    assert ahead == 1
    assert [(str(r.day), r.session) for r in rows] == [
        *[("2020-04-30", "dmh"), ("2020-07-30", ""), ("2020-10-29", "bmo"), ("2021-01-27", "amc")]
    ]
    assert as_csv(rows).splitlines()[-1] == "AAPL-2021-01-27,AAPL,2021-01-27,amc,1.41,1.68,18.8"
    assert [session_of(h) for h in (0, 6, 8, 9, 10, 15, 16, 23)] == ["", "bmo", "bmo", "", "dmh", "dmh", "amc", "amc"]


@pytest.mark.parametrize("frame", [None, pd.DataFrame()])
def test_a_symbol_without_earnings_dates_is_named(frame: pd.DataFrame | None) -> None:
    with pytest.raises(SourceError, match="no earnings dates of 'EURUSD=X'"):
        read_earnings(["EURUSD=X"], NOW, lambda _: frame)


def test_the_command_writes_an_event_list_that_a_study_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from eventstudy.news.events.event_files import read_events

    monkeypatch.setattr("eventstudy.market.sources.yahoo_earnings.yahoo_dates", lambda _: earnings_table())
    out = tmp_path / "earnings.csv"
    assert run(["fetch", "yahoo", "--earnings", "AAPL", "MSFT", "--out", str(out)]) == 0
    events = read_events(out)
    assert len(events) == 10
    assert {e.instruments for e in events} == {("AAPL",), ("MSFT",)}
    days = [e.time.day for e in events if e.time.day is not None]
    assert {d.session for d in days if d.date == date(2021, 1, 27)} == {"amc"}
    assert run(["fetch", "yahoo", "--earnings", "AAPL", "--out", str(out)]) == 4
    assert "not overwritten" in capsys.readouterr().err
    assert run(["fetch", "moex", "--earnings", "SBER"]) == 2


def test_the_command_takes_several_symbols_and_one_that_fails_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def history(code: str, *_: object) -> pd.DataFrame:
        return new_york_days("2021-04-05", "2021-04-09") if code != "NOPE" else table([])

    monkeypatch.setattr(yahoo, "yfinance_history", history)
    line = ["fetch", "yahoo", "AAPL", "NOPE", "MSFT", "--from", "2021-04-05", "--till", "2021-04-09"]
    assert run([*line, "--store", str(tmp_path), "--json"]) == 1
    out, err = capsys.readouterr()
    assert [r["series"] for r in json.loads(out)] == ["yahoo/adjusted/AAPL/1d", "yahoo/adjusted/MSFT/1d"]
    assert "NOPE" in err
    assert run([*line, "--store", str(tmp_path), "--prices", "adj"]) == 2


RECORDED = SHARED / "fixtures" / "yahoo"


@pytest.mark.reference
@pytest.mark.skipif(not RECORDED.exists(), reason="recorded answers of ../shared are not on this machine")
@pytest.mark.parametrize("code", ["EURUSD=X", "GC=F", "BTC-USD"])
def test_recorded_answers_read_as_recorded(code: str) -> None:
    recorded = json.loads((RECORDED / f"chart-{code}-2020-01-01-to-2020-01-03.json").read_text(encoding="utf-8"))
    result = recorded["response"]["bodyJson"]["chart"]["result"][0]
    quote = result["indicators"]["quote"][0]
    zone = result["meta"]["exchangeTimezoneName"]
    index = pd.to_datetime(result["timestamp"], unit="s", utc=True).tz_convert(zone)
    frame = pd.DataFrame(
        {name.title(): quote[name] for name in ("open", "high", "low", "close", "volume")}, index=index
    )
    request = BarRequest(Instrument(code), pd.Timedelta("1D"), datetime(2020, 1, 1, tzinfo=UTC), NOW)
    bars = yahoo.read_yahoo(request, history=lambda *_: frame, now=NOW)
    assert bars.frame["close"].tolist() == [c for c in quote["close"] if c is not None]
    assert all(bars.frame.index[i] > index[i] for i in range(len(bars)))
