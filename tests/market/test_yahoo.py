"""Yahoo: what it cannot have is refused before asking, what it gives is put in order, recorded answers read right."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import NetworkError, SourceError
from eventstudy.market.instruments import Instrument
from eventstudy.market.sources import yahoo
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.yahoo import fetch_yahoo
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
        ("1min", 20, 8, "at most 7 days a request; asked were 8 days"),
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


def test_prices_are_the_unadjusted_ones_and_rows_without_a_close_are_named() -> None:
    frame = table(["2021-04-12 10:00", "2021-04-12 11:00"])
    frame.iloc[1, frame.columns.get_loc("Close")] = np.nan
    bars = yahoo.read_yahoo(asked("1h", 2), history=lambda *_: frame, now=NOW)
    assert bars.frame["close"].tolist() == [1.1]
    assert [n.code for n in bars.notices] == ["ES-NOCLOSE"]


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
