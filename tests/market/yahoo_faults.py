"""Yahoo on a server of the tests that misbehaves in stated ways, asked through yfinance, stored, and asked again."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd

from eventstudy.errors import EventStudyError
from eventstudy.market.instruments import Instrument
from eventstudy.market.sources import yahoo
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.yahoo_store import fetch_yahoo
from eventstudy.market.store.bar_store import open_store, read, state, to_frame
from eventstudy.market.store.stored_series import SeriesKey
from tests.market.fault_kinds import MORE, Stored
from tests.market.fault_server import FAULTS, Call, FaultyServer, answer, misbehaving, write_certificate

ZONE = "America/New_York"
DAYS = pd.bdate_range("2021-04-05", "2021-04-16", tz=ZONE) + pd.Timedelta(hours=9, minutes=30)
KEY = SeriesKey("yahoo", "AAPL", "adjusted", pd.Timedelta(days=1))
NOW = datetime(2021, 5, 3, 9, tzinfo=UTC)
Chart = dict[str, Any]


def chart() -> Chart:
    """Return a right answer: ten days of one share."""
    closes = [100 + 0.5 * number for number in range(len(DAYS))]
    quote = {
        "open": closes,
        "high": [close + 1 for close in closes],
        "low": [close - 1 for close in closes],
        "close": closes,
        "volume": [1000 + number for number in range(len(DAYS))],
    }
    meta = {
        "currency": "USD",
        "symbol": "AAPL",
        "exchangeName": "NMS",
        "instrumentType": "EQUITY",
        "exchangeTimezoneName": ZONE,
        "timezone": "EDT",
        "gmtoffset": -14400,
        "dataGranularity": "1d",
        "validRanges": ["1d", "max"],
        "priceHint": 2,
    }
    stamps = [int(day.timestamp()) for day in DAYS]
    found = {"meta": meta, "timestamp": stamps, "indicators": {"quote": [quote], "adjclose": [{"adjclose": closes}]}}
    copied: Chart = json.loads(json.dumps(found))  # each column a list of its own
    return copied


@dataclass
class Service:
    """Answers every address with the chart, as ``iss_server.Exchange`` answers with candles."""

    page: int = 0
    body: bytes = field(default_factory=lambda: json.dumps({"chart": {"result": [chart()], "error": None}}).encode())

    def answer(self, url: str) -> tuple[int, bytes]:
        return 200, self.body


def changed(change: Callable[[Chart, random.Random], object]) -> Callable[[Call], None]:
    """Answer with a chart in which something is changed."""

    def fault(call: Call) -> None:
        result = chart()
        change(result, call.draw)
        call.send(answer(json.dumps({"chart": {"result": [result], "error": None}}).encode()))

    return fault


def value(column: str, one: Any) -> Callable[[Call], None]:
    def change(result: Chart, draw: random.Random) -> None:
        row = draw.randrange(len(DAYS))
        result["indicators"]["quote"][0][column][row] = one
        if column == "close":
            result["indicators"]["adjclose"][0]["adjclose"][row] = one

    return changed(change)


def columns(result: Chart) -> list[list[Any]]:
    inside = result["indicators"]
    return [result["timestamp"], *inside["quote"][0].values(), inside["adjclose"][0]["adjclose"]]


def without_row(row: int) -> Callable[[Chart, random.Random], None]:
    def change(result: Chart, _: random.Random) -> None:
        for column in columns(result):
            del column[row]

    return change


def doubled(result: Chart, draw: random.Random) -> None:
    row = draw.randrange(len(DAYS))
    for column in columns(result):
        column.insert(row, column[row])


def doubled_differently(result: Chart, draw: random.Random) -> None:
    doubled(result, draw)
    quote = result["indicators"]["quote"][0]
    row = next(n for n in range(len(DAYS)) if result["timestamp"][n] == result["timestamp"][n + 1])
    quote["close"][row] += 0.25


def reversed_rows(result: Chart, _: random.Random) -> None:
    for column in columns(result):
        column.reverse()


def put(*path: str, one: Any) -> Callable[[Call], None]:
    """Put a value at a place in the chart."""

    def change(result: Chart, _: random.Random) -> None:
        place: Any = result
        for name in path[:-1]:
            place = place[name] if isinstance(place, dict) else place[0]
        place[path[-1]] = one

    return changed(change)


def sending(body: bytes) -> Callable[[Call], None]:
    return lambda call: call.send(answer(body))


# Faults of candles, and redirects to places outside this machine, which yfinance follows by design.
OF_CANDLES = ("page ", "text for", "null for", "rows of", "borders", "NaN in", "no such", "redirect to another host")
GENERAL = (
    *("body cut at the end of a row, no length", "429 with Retry-After of 400 digits", "503 with a senseless date"),
    *("redirect with a user name", "redirect to a broken IPv6 address", "redirect to an impossible port"),
    *("gzip of two members", "a million headers", "a flood of 100 Continue", "206 part", "garbage for a status"),
    *("a cookie", "a list at the top"),
)
KINDS: Mapping[str, Callable[[Call], None]] = {
    **{kind: fault for kind, fault in FAULTS.items() if not kind.startswith(OF_CANDLES)},
    **{kind: MORE[kind] for kind in GENERAL},
    "no chart": sending(b'{"finance": {}}'),
    "a chart that is null": sending(b'{"chart": null}'),
    "no result": sending(b'{"chart": {"result": null, "error": null}}'),
    "results that are words": sending(b'{"chart": {"result": ["a"], "error": null}}'),
    "an explained error": sending(b'{"chart": {"result": null, "error": {"code": "x", "description": "No data"}}}'),
    "an error without a reason": sending(b'{"chart": {"result": null, "error": {"code": "x"}}}'),
    "no rows": changed(lambda r, _: [column.clear() for column in columns(r)]),
    "no stamps": changed(lambda r, _: r.pop("timestamp")),
    "no quote": put("indicators", "quote", one=[]),
    "a quote without closes": changed(lambda r, _: r["indicators"]["quote"][0].pop("close")),
    "another symbol": put("meta", "symbol", one="MSFT"),
    "another bar length": put("meta", "dataGranularity", one="1wk"),
    "no zone": changed(lambda r, _: r["meta"].pop("exchangeTimezoneName")),
    "an unknown zone": put("meta", "exchangeTimezoneName", one="Mars/Olympus"),
    "a zone that is a number": put("meta", "exchangeTimezoneName", one=5),
    "meta that is null": put("meta", one=None),
    "no meta": changed(lambda r, _: r.pop("meta")),
    "stamps in words": put("timestamp", one=["2021-04-05"] * len(DAYS)),
    "stamps in milliseconds": changed(lambda r, _: r.update(timestamp=[1000 * t for t in r["timestamp"]])),
    "stamps beyond all time": changed(lambda r, _: r.update(timestamp=[10**30 for t in r["timestamp"]])),
    "fewer stamps than prices": changed(lambda r, _: r["timestamp"].pop()),
    "fewer prices than stamps": changed(lambda r, _: r["indicators"]["quote"][0]["close"].pop()),
    "a row left out": changed(lambda r, d: without_row(d.randrange(1, len(DAYS) - 1))(r, d)),
    "the last row left out": changed(without_row(-1)),
    "a row twice": changed(doubled),
    "a row twice, differently": changed(doubled_differently),
    "rows in reverse": changed(reversed_rows),
    "a price that is null": value("close", None),
    "a price in words": value("close", "n/a"),
    "a price that is true": value("close", True),
    "a price of zero": value("close", 0),
    "a negative price": value("close", -100.0),
    "a price of 1e299": value("close", 1e299),
    "a price a hundred times too high": value("close", 10_000.0),
    "an endless number": value("close", 10**400),
    "high below low": value("high", 50.0),
    "a negative volume": value("volume", -1),
    "a volume in words": value("volume", "many"),
}
TRUTH = {day: 100 + 0.5 * number for number, day in enumerate(DAYS.date)}


def held(root: Path) -> dict[date, float]:
    """Return the stored closes by day; a session of New York closes on the UTC day of its date."""
    frame = to_frame(read(open_store(root), KEY))
    return dict(zip(pd.DatetimeIndex(frame.index).date, frame["close"], strict=True)) if len(frame) else {}


def false_days(root: Path) -> int:
    """Return how many days are stored as complete without their bar."""
    stored = state(open_store(root), KEY).days
    return sum(any(first <= day <= last for first, last in stored) for day in TRUTH.keys() - held(root).keys())


def yahoo_session(kind: str, seed: int, root: Path, deadline_s: float = 1.5, *, tls: bool = False) -> Stored:
    """Fetch ten days through a fault that strikes at a random request, once or from then on; then without it."""
    draw = random.Random(f"{kind} {seed} yahoo")
    lasting = draw.random() < 0.5
    service: Any = Service()
    server = FaultyServer(service, KINDS[kind], draw.randrange(2), lasting, draw, tls=tls)
    root.parent.mkdir(exist_ok=True)
    server.certificate = write_certificate(root.parent)
    bounds = (datetime(2021, 4, 5, tzinfo=UTC), datetime(2021, 4, 17, tzinfo=UTC))
    request = BarRequest(Instrument("AAPL"), pd.Timedelta(days=1), *bounds, store=str(root))
    error, slowest = None, [0.0]
    with misbehaving(server) as address, trusting(server.certificate), asking(address, deadline_s, slowest):
        try:
            fetch_yahoo(request, now=NOW)
        except Exception as fault:
            error = fault.with_traceback(None)
        requests, missing = server.count, false_days(root)
        wrong = sum(TRUTH.get(day) != close for day, close in held(root).items())
        server.at, server.lasting = 10**9, False
        with suppress(EventStudyError), asking(address, 30.0, [0.0]):
            fetch_yahoo(request, now=NOW)
    return Stored(wrong, missing, error, slowest[0], requests, held(root) == TRUTH)


@contextmanager
def asking(address: str, deadline_s: float, slowest: list[float]) -> Iterator[None]:
    """Let yfinance ask an address, each request within a deadline; write down the longest."""
    from yfinance.data import YfData

    real = YfData._make_request

    def timed(data: Any, url: str, request_method: Any, **more: Any) -> Any:
        begun = time.monotonic()
        try:
            return real(data, url, request_method, **{**more, "timeout": deadline_s})
        finally:
            slowest[0] = max(slowest[0], time.monotonic() - begun)

    with ExitStack() as stack:
        for place in ("yfinance.base", "yfinance.scrapers.history"):
            stack.enter_context(patch(f"{place}._BASE_URL_", address))
        stack.enter_context(patch.object(YfData, "_get_cookie_and_crumb", lambda *_: ("crumb", "basic")))
        stack.enter_context(patch.object(YfData, "_make_request", timed))
        stack.enter_context(patch("yfinance.base._tz_info_fetch_ctr", 2))  # no zone is asked of another address
        stack.enter_context(zones_aside())
        yield


@contextmanager
def trusting(certificate: str) -> Iterator[None]:
    """Let the session trust the certificate of the tests."""
    with patch.object(yahoo.bounded_session(), "verify", certificate):
        yield


@contextmanager
def zones_aside() -> Iterator[None]:
    """Keep yfinance from remembering zones of symbols on the disk."""
    from yfinance import cache

    with patch.object(cache, "get_tz_cache", cache._TzCacheDummy):
        yield
