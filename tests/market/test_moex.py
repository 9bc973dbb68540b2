"""The ISS client against a server of our own, which a third-party client must be able to read as well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import apimoex
import pandas as pd
import pytest
import requests

from eventstudy.errors import NetworkError, SourceError, UnknownNameError, UsageError
from eventstudy.market.instruments import Instrument
from eventstudy.market.sources import moex
from eventstudy.market.sources.download import Garbled
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.table import BAR_SOURCES
from eventstudy.market.sources.transport import Client, Limits
from tests.market.iss_server import Exchange, made_minutes, serving

DOLLAR = Instrument("USD000UTSTOM", board="CETS", calendar="MOEX-FX")
MINUTE = pd.Timedelta(minutes=1)
QUICK = Limits(pause_s=0.0, first_wait_s=0.001, deadline_s=5.0, tries=3)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    made = Exchange()
    made.list_minutes("CETS", "USD000UTSTOM", made_minutes(date(2021, 4, 1), date(2021, 4, 14)))
    with serving(made):
        yield made


@pytest.fixture
def address(exchange: Exchange, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("EVENTSTUDY_MOEX_URL", exchange.address)
    monkeypatch.setenv("EVENTSTUDY_STORE", str(tmp_path / "store"))
    exchange.asked.clear()
    return exchange.address


def through_apimoex(address: str, interval: int) -> pd.DataFrame:
    """Read the candles with a client that knows nothing of us; its fixed host is sent to the loopback server."""

    class Detour(requests.adapters.HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *args: object, **more: object) -> requests.Response:
            request.url = str(request.url).replace("https://iss.moex.com/iss", address)
            return super().send(request, *args, **more)  # type: ignore[arg-type]

    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://iss.moex.com", Detour())
        rows = apimoex.get_board_candles(
            session,
            "USD000UTSTOM",
            interval,
            "2021-04-01",
            "2021-04-14",
            board="CETS",
            market="selt",
            engine="currency",
        )
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("interval", "step"), [(1, "1min"), (10, "10min"), (60, "1h"), (24, "1D")])
def test_every_candle_is_the_one_apimoex_reads(address: str, interval: int, step: str) -> None:
    theirs = through_apimoex(address, interval)
    where = moex.listing(DOLLAR, pd.Timedelta(step))
    with Client((address,), limits=QUICK) as client:
        ask, days = moex.asking(client), (date(2021, 4, 1), date(2021, 4, 14))
        ours = pd.concat([moex.candles(ask, where, chunk) for chunk in moex.chunks(days, interval)])
    assert len(theirs) == len(ours) > {1: 8000, 10: 900, 60: 150, 24: 9}[interval]
    columns = ["open", "high", "low", "close", "volume"]
    pd.testing.assert_frame_equal(
        ours[columns].reset_index(drop=True), theirs[columns].astype("float64"), check_exact=True
    )
    begins = (ours.index.tz_convert("Europe/Moscow") - pd.Timedelta(step)).strftime("%Y-%m-%d %H:%M:%S")
    assert list(begins) == list(theirs["begin"])


def test_bars_close_one_step_after_their_label_and_moscow_is_three_hours_ahead(address: str) -> None:
    first, last = datetime(2021, 4, 13, 4, 0, tzinfo=UTC), datetime(2021, 4, 13, 20, 50, tzinfo=UTC)
    bars = BAR_SOURCES["moex"](BarRequest(DOLLAR, MINUTE, first, last))
    labels = [r["begin"] for r in made_minutes(date(2021, 4, 1), date(2021, 4, 14)) if r["begin"][:10] == "2021-04-13"]
    # 07:00 Moscow is 04:00 UTC in 2021; a candle labeled 07:00 closes at 07:01.
    hour, minute = int(labels[0][11:13]) - 3, int(labels[0][14:16]) + 1
    assert bars.frame.index[0] == pd.Timestamp(2021, 4, 13, hour, minute, tz="UTC")
    assert len(bars) == len(labels)
    assert bars.label == "left"


@pytest.mark.parametrize(
    ("year", "month", "hours"), [(2011, 1, 3), (2012, 7, 4), (2014, 10, 4), (2014, 11, 3), (2021, 4, 3)]
)
def test_moscow_time_comes_from_zone_data(year: int, month: int, hours: int) -> None:
    # UTC+3 in winter until 2011-03-27, UTC+4 until 2014-10-26, UTC+3 since (tzdata; methods A1).
    where = moex.Listing(DOLLAR, 1)
    frame = moex._frame([(f"{year}-{month:02d}-15 12:00:00", 1.0, 1.0, 1.0, 1.0, 1.0)], where)
    assert frame.index[0] == pd.Timestamp(year, month, 15, 12 - hours, 1, tz="UTC")


def test_columns_are_read_by_name_whatever_their_order() -> None:
    body = (
        b'{"candles": {"columns": ["end", "begin", "volume", "low", "high", "close", "open", "value"], "data": '
        b'[["2021-04-13 10:00:59", "2021-04-13 10:00:00", 5, 1.0, 4.0, 3.0, 2.0, 9]]}}'
    )
    day = (date(2021, 4, 13), date(2021, 4, 13))
    assert moex.read_page(body, where=moex.Listing(DOLLAR, 1), days=day, known=[]) == [
        ("2021-04-13 10:00:00", 2.0, 4.0, 1.0, 3.0, 5.0)
    ]


ROW = '[1.0, 1.0, 1.0, 1.0, 5.0, 5, "2021-04-13 10:00:00", "2021-04-13 10:00:59"]'
BAD_ROWS = {
    "text for a price": (ROW.replace("1.0", '"1.0"', 1), "not a number"),
    "null price": (ROW.replace("1.0", "null", 1), "not a number"),
    "true for a price": (ROW.replace("1.0", "true", 1), "not a number"),
    "infinite price": (ROW.replace("1.0", "1e999", 1), "not a number"),
    "begin with a T": (ROW.replace("13 10:00:00", "13T10:00:00"), "not the begin"),
    "begin that is no date": (ROW.replace("04-13 10:00:00", "02-30 10:00:00"), "not the begin"),
    "begin as number": (ROW.replace('"2021-04-13 10:00:00"', "7"), "not the begin"),
    "off the minute": (ROW.replace("10:00:00", "10:00:30"), "mark of"),
    "another day": (ROW.replace("04-13 10:00:00", "04-15 10:00:00"), "outside the period"),
    "twice": (f"{ROW}, {ROW}", "again or out of order"),
    "short row": (ROW.replace("1.0, ", "", 1), "8 values"),
    "row that is no list": ("7", "8 values"),
}


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_row_that_cannot_be_is_not_believed(kind: str) -> None:
    rows, reason = BAD_ROWS[kind]
    columns = '["open","close","high","low","value","volume","begin","end"]'
    body = '{"candles": {"columns": ' + columns + ', "data": [' + rows + "]}}"
    day = (date(2021, 4, 13), date(2021, 4, 13))
    with pytest.raises(Garbled, match=reason):
        moex.read_page(body.encode(), where=moex.Listing(DOLLAR, 1), days=day, known=[])


@pytest.mark.parametrize("size", [1, 7, 50, 51, 10_000])
def test_pages_of_any_size_give_the_same_candles(size: int) -> None:
    day = date(2021, 4, 13)
    rows = made_minutes(day, day, opens=18, closes=19)
    small = Exchange({("CETS", "USD000UTSTOM", 1): rows}, page=size)
    with serving(small), Client((small.address,), limits=QUICK) as client:
        frame = moex.candles(moex.asking(client), moex.Listing(DOLLAR, 1, small.address), (day, day))
    assert frame["close"].tolist() == [r["close"] for r in rows]
    assert len(rows) == 51


def test_chunks_cut_at_the_same_days_whatever_the_period() -> None:
    whole = list(moex.chunks((date(2021, 1, 1), date(2021, 12, 31)), 1))
    part = list(moex.chunks((date(2021, 4, 1), date(2021, 4, 14)), 1))
    ends = {last for _, last in whole}
    assert all(last in ends for _, last in part[:-1])
    assert part[0][0] == date(2021, 4, 1)
    assert part[-1][1] == date(2021, 4, 14)
    for interval, size in moex.CHUNK_DAYS.items():
        assert size * moex.ROWS_A_DAY[interval] < 10_000


def test_the_period_before_the_source_begins_names_the_bounds(address: str) -> None:
    before = datetime(2019, 1, 1, tzinfo=UTC)
    with pytest.raises(SourceError, match="from 2021-04-01 to 2021-04-14"):
        BAR_SOURCES["moex"](BarRequest(DOLLAR, MINUTE, before, before.replace(month=2)))


def test_an_unknown_board_and_an_impossible_step_are_refused(address: str) -> None:
    with pytest.raises(UnknownNameError, match="CETS"):
        BAR_SOURCES["moex"](BarRequest(Instrument("X", board="NOWHERE"), MINUTE))
    for step in ("90s", "7D", "36h"):
        with pytest.raises(SourceError, match="no bars of"):
            moex.listing(DOLLAR, pd.Timedelta(step))


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", "https://iss.moex.com/iss"),
        ("https://apim.moex.com/iss/", "https://apim.moex.com/iss"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/iss"),
        ("http://localhost:1/mirror/iss", "http://localhost:1/mirror/iss"),
    ],
)
def test_the_address_of_the_service(monkeypatch: pytest.MonkeyPatch, given: str, used: str) -> None:
    monkeypatch.setenv("EVENTSTUDY_MOEX_URL", given)
    assert moex.service_address() == used


@pytest.mark.parametrize(
    "given",
    ["http://example.org/iss", "file:///etc/passwd", "ftp://h/", "https://me:SECRET@h/iss", "https://h/iss?key=SECRET"],
)
def test_an_address_that_may_not_be_used_is_refused_without_showing_secrets(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("EVENTSTUDY_MOEX_URL", given)
    with pytest.raises(UsageError, match="EVENTSTUDY_MOEX_URL") as caught:
        moex.service_address()
    assert "SECRET" not in str(caught.value)


def test_the_token_goes_into_the_header_and_nowhere_else(
    exchange: Exchange, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENTSTUDY_MOEX_TOKEN", "canary-7331")
    exchange.headers.clear()
    with moex.open_client() as client:
        moex.borders(moex.asking(client), moex.listing(DOLLAR, MINUTE))
    assert [h["authorization"] for h in exchange.headers] == ["Bearer canary-7331"]
    assert all("canary-7331" not in url for url in exchange.asked)


def test_offline_asks_nothing(exchange: Exchange, address: str) -> None:
    with pytest.raises((NetworkError, SourceError)):
        BAR_SOURCES["moex"](BarRequest(DOLLAR, MINUTE, offline=True))
    assert exchange.asked == []
