"""What a service sent incomplete, impossible or changing is asked for again and never stored as complete."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from eventstudy.errors import NetworkError, SourceError
from eventstudy.market.instruments import instrument
from eventstudy.market.sources import moex
from eventstudy.market.sources.completeness import doubtful_days
from eventstudy.market.sources.moex_store import Fetched, fetch_moex
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.transport import Limits
from eventstudy.market.store.bar_store import open_store, read, state, to_frame
from eventstudy.market.store.stored_series import SeriesKey, day_bounds
from tests.market.iss_server import Candle, Exchange, candle, made_minutes, serving

FIRST, LAST = date(2021, 4, 12), date(2021, 4, 14)
KEY = SeriesKey("moex", "USD000UTSTOM", "CETS", pd.Timedelta("1min"), "Europe/Moscow")
ROWS = made_minutes(FIRST, LAST)
Change = Callable[[dict[str, str], dict[str, Any]], None]
NOW = datetime(2021, 4, 20, 9, tzinfo=UTC)


class Troubled(Exchange):
    """The exchange with one change to its answers, for as many requests that it strikes as ``times``."""

    change: Change | None = None
    times = 10**9

    def answer(self, url: str) -> tuple[int, bytes]:
        status, body = super().answer(url)
        if self.change is None or self.times <= 0 or status != 200:
            return status, body
        content = json.loads(body)
        before = json.dumps(content)
        self.change({k: v[-1] for k, v in parse_qs(urlsplit(url).query).items()}, content)
        self.times -= json.dumps(content) != before
        return status, json.dumps(content, ensure_ascii=False).encode()


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Troubled]:
    made = Troubled()
    made.list_minutes("CETS", "USD000UTSTOM", list(ROWS))
    monkeypatch.setattr(moex, "LIMITS", Limits(pause_s=0.0, first_wait_s=0.001, tries=3))
    monkeypatch.setenv("EVENTSTUDY_STORE", str(tmp_path / "store"))
    with serving(made):
        monkeypatch.setenv("EVENTSTUDY_MOEX_URL", made.address)
        yield made


def fetch(first: date = FIRST, last: date = LAST, now: datetime = NOW) -> Fetched:
    bounds = (day_bounds(first, "Europe/Moscow")[0], day_bounds(last, "Europe/Moscow")[1])
    return fetch_moex(BarRequest(instrument("USD000UTSTOM"), pd.Timedelta("1min"), *bounds), now=now)


def stored() -> list[float]:
    return to_frame(read(open_store(), KEY))["close"].tolist()


def whole(rows: list[Candle] = ROWS) -> list[float]:
    return [row["close"] for row in rows]


def page_of(query: dict[str, str], content: dict[str, Any]) -> list[list[Any]]:
    """Return the rows of a page of candles; an empty list for any other answer."""
    rows: list[list[Any]] = content.get("candles", {}).get("data", [])
    return rows


def emptied(query: dict[str, str], content: dict[str, Any]) -> None:
    if int(query.get("start", "0")) > 0 and "candles" in content:
        content["candles"]["data"] = []


def all_emptied(query: dict[str, str], content: dict[str, Any]) -> None:
    page_of(query, content).clear()


def first_page_only(query: dict[str, str], content: dict[str, Any]) -> None:
    """Answer as a service that has lost everything after its first page."""
    if int(query.get("start", "0")) > 0:
        del page_of(query, content)[1:]


def one_close(value: float) -> Change:
    def change(query: dict[str, str], content: dict[str, Any]) -> None:
        for row in page_of(query, content):
            if row[6] == "2021-04-13 12:05:00":
                row[1] = value if value > 0 or value == 0 else -1

    return change


def high_below_low(query: dict[str, str], content: dict[str, Any]) -> None:
    for row in page_of(query, content):
        if row[6] == "2021-04-13 12:05:00":
            row[2], row[3] = 70.0, 80.0


def negative_volume(query: dict[str, str], content: dict[str, Any]) -> None:
    for row in page_of(query, content):
        if row[6] == "2021-04-13 12:05:00":
            row[5] = -1


FAULTS: dict[str, Change] = {
    "later pages empty": emptied,
    "all pages empty": all_emptied,
    "nothing after the first page": first_page_only,
    "a close a hundred times too high": one_close(7700.0),
    "a close of 1e299": one_close(1e299),
    "a close of zero": one_close(0.0),
    "high below low": high_below_low,
    "negative volume": negative_volume,
}
assert any(row["begin"] == "2021-04-13 12:05:00" for row in ROWS)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_that_strikes_once_leaves_no_trace(exchange: Troubled, kind: str) -> None:
    exchange.change, exchange.times = FAULTS[kind], 1
    found = fetch()
    assert found.bars.frame["close"].tolist() == whole()
    assert stored() == whole()
    assert found.bars.notices == ()


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_that_lasts_is_not_stored_and_the_next_fetch_heals_it(exchange: Troubled, kind: str) -> None:
    exchange.change = FAULTS[kind]
    with contextlib.suppress(SourceError, NetworkError):
        assert "ES-UNCONFIRMED" in [n.code for n in fetch().bars.notices]
    assert set(stored()) <= set(whole())
    exchange.change = None
    assert fetch().bars.frame["close"].tolist() == whole()
    assert stored() == whole()


def test_days_that_came_complete_are_stored_beside_one_that_did_not(exchange: Troubled) -> None:
    exchange.change = one_close(7700.0)
    fetch()
    assert state(open_store(), KEY).days == ((FIRST, FIRST), (LAST, LAST))


def test_a_gap_the_exchange_repeats_after_half_a_day_is_what_it_has(exchange: Troubled) -> None:
    # An outage of an hour: 12:00 to 12:59.
    rows = [row for row in ROWS if not "2021-04-13 12:00" <= row["begin"] < "2021-04-13 13:00"]
    exchange.candles["CETS", "USD000UTSTOM", 1] = rows
    now = datetime.now(UTC)
    (notice,) = fetch(now=now).bars.notices
    assert notice.code == "ES-UNCONFIRMED"
    assert "2021-04-13 came incomplete twice (its main session has a gap of" in notice.message
    fetch(now=now + timedelta(hours=6))
    assert state(open_store(), KEY).days == ((FIRST, FIRST), (LAST, LAST))
    assert fetch(now=now + timedelta(hours=13)).bars.notices == ()
    assert stored() == whole(rows)
    exchange.asked.clear()
    fetch(now=now + timedelta(hours=14))
    assert exchange.asked == []


def test_a_candle_that_changes_between_two_pages_is_found(exchange: Troubled) -> None:
    def change(query: dict[str, str], content: dict[str, Any]) -> None:
        if int(query.get("start", "0")) > 0 and page_of(query, content):
            page_of(query, content)[0][1] += 0.01

    exchange.change = change
    with pytest.raises(NetworkError, match="changed between two pages"):
        fetch()
    assert stored() == []
    exchange.change = None
    assert fetch().bars.frame["close"].tolist() == whole()


def test_candles_that_change_between_two_answers_are_found(exchange: Troubled) -> None:
    count = 0

    def change(query: dict[str, str], content: dict[str, Any]) -> None:
        nonlocal count
        count += query.get("start") == "0"
        for row in page_of(query, content):
            if row[6] == "2021-04-13 12:05:00":
                row[1] = 7700.0
            if row[6] == ROWS[100]["begin"]:
                row[1] = round(row[1] + 0.0001 * count, 4)

    exchange.change = change
    with pytest.raises(NetworkError, match="2021-04-12 changed between two answers"):
        fetch()
    assert stored() == []


@pytest.mark.parametrize("rows", [0, 1])
def test_pages_without_end_are_bounded(exchange: Troubled, rows: int) -> None:
    def endless(query: dict[str, str], content: dict[str, Any]) -> None:
        if "candles" in content:
            begin = datetime(2021, 4, 12) + timedelta(minutes=int(query["start"]))  # noqa: DTZ001 - Moscow's clock
            made = candle(begin, 1, [77.0], 1)
            content["candles"]["data"] = [[made[c] for c in content["candles"]["columns"]]]

    def one_at_a_time(query: dict[str, str], content: dict[str, Any]) -> None:
        del page_of(query, content)[1:]

    exchange.change = one_at_a_time if rows else endless
    with pytest.raises(NetworkError, match="do not end"):
        fetch()
    assert len(exchange.asked) < 2 * (128 + 3 * 1440 // 100 + 1) + 2
    assert stored() == []


BORDERS: dict[str, tuple[str, str]] = {
    "reversed": ("2026-01-01 00:00:00", "2015-01-01 00:00:00"),
    "no date": ("2021-99-99 00:00:00", "2026-01-01 00:00:00"),
    "full-width digits": ("２０２１-01-01 00:00:00", "2026-01-01 00:00:00"),
    "of another time": ("2011-01-01 00:00:00", "2012-01-01 00:00:00"),
}


@pytest.mark.parametrize("times", [1, 10**9])
@pytest.mark.parametrize("kind", BORDERS)
def test_wrong_borders_are_not_believed_and_not_kept(exchange: Troubled, kind: str, times: int) -> None:
    def change(query: dict[str, str], content: dict[str, Any]) -> None:
        for row in content.get("borders", {}).get("data", []):
            row[0], row[1] = BORDERS[kind]

    exchange.change, exchange.times = change, times
    with contextlib.suppress(SourceError, NetworkError):
        assert fetch().bars.frame["close"].tolist() == whole()
    exchange.change = None
    assert fetch().bars.frame["close"].tolist() == whole()


def frame_of(rows: list[Candle]) -> pd.DataFrame:
    closes = pd.DatetimeIndex([pd.Timestamp(r["begin"], tz="Europe/Moscow") + pd.Timedelta("1min") for r in rows])
    columns = {c: [float(r[c]) for r in rows] for c in ("open", "high", "low", "close", "volume")}
    return pd.DataFrame(columns, index=closes.tz_convert("UTC").as_unit("us"))


def doubts(rows: list[Candle], name: str = "MOEX-FX", days: tuple[date, date] = (FIRST, LAST)) -> dict[date, str]:
    return doubtful_days(frame_of(rows), name, days, pd.Timedelta("1min"))


def test_thin_trading_is_not_a_fault() -> None:
    for every in (5, 20, 60):
        assert doubts(ROWS[::every]) == {}


def test_a_session_the_instrument_is_not_traded_in_is_not_a_fault() -> None:
    day_only = [row for row in made_minutes(FIRST, LAST, opens=10, closes=24) if row["begin"][11:16] < "18:40"]
    assert doubts(day_only, "MOEX-SHARES") == {}
    evening = [*day_only, *(row for row in made_minutes(FIRST, FIRST, opens=20, closes=23))]
    # Traded in the evening of one day: the evenings of the others are missing.
    assert set(doubts(sorted(evening, key=lambda r: r["begin"]), "MOEX-SHARES")) == {date(2021, 4, 13), LAST}


def test_holidays_and_weekends_are_explained_by_the_calendar() -> None:
    around = (date(2021, 4, 30), date(2021, 5, 4))  # 3 May 2021 is a holiday
    assert doubts(made_minutes(around[0], around[0]) + made_minutes(around[1], around[1]), days=around) == {}
    assert doubts(made_minutes(around[0], around[0]), days=around).keys() == {around[0], around[1]}


def test_missing_daily_bars_are_found() -> None:
    days = list(pd.bdate_range("2021-04-01", "2021-04-14"))
    index = pd.DatetimeIndex([d.tz_localize("Europe/Moscow") + pd.Timedelta("1D") for d in days]).tz_convert("UTC")
    frame = pd.DataFrame({"close": [77.0 + 0.1 * i for i in range(len(days))]}, index=index.as_unit("us"))
    period, step = (date(2021, 4, 1), date(2021, 4, 14)), pd.Timedelta("1D")
    assert doubtful_days(frame, "MOEX-FX", period, step) == {}
    assert list(doubtful_days(frame.drop(frame.index[4]), "MOEX-FX", period, step)) == [date(2021, 4, 7)]
