"""More ways in which the exchange's answers go wrong, and whole fetches through the store under each of them."""

from __future__ import annotations

import gzip
import json
import os
import random
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd

from eventstudy.errors import EventStudyError
from eventstudy.market.instruments import INSTRUMENTS
from eventstudy.market.sources import moex, transport
from eventstudy.market.sources.moex_store import fetch_moex
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.transport import Limits
from eventstudy.market.store.bar_store import open_store, read, state, to_frame
from eventstudy.market.store.stored_series import SeriesKey, day_bounds
from tests.market.fault_server import (
    DAY,
    FAULTS,
    LIMITS,
    Call,
    FaultyServer,
    answer,
    candles_of,
    misbehaving,
    reset_after,
    with_rows,
    write_certificate,
)
from tests.market.iss_server import Exchange, made_minutes

Row = list[Any]
COLUMN = {"open": 0, "close": 1, "high": 2, "low": 3, "volume": 5, "begin": 6}
KEY = SeriesKey("moex", "USD000UTSTOM", "CETS", pd.Timedelta("1min"), "Europe/Moscow")
FIELDS = ("open", "high", "low", "close", "volume")
ROWS = made_minutes(DAY, DAY)
NOW = datetime(2021, 4, 20, 9, tzinfo=UTC)


def with_value(column: str, value: Any) -> Callable[[Call], None]:
    """Put one value into one row of a page."""

    def fault(call: Call) -> None:
        def change(rows: list[Row]) -> list[Row]:
            rows[call.draw.randrange(len(rows))][COLUMN[column]] = value
            return rows

        with_rows(call, change)

    return fault


def with_change(change: Callable[[Row], None]) -> Callable[[Call], None]:
    """Change one row of a page."""

    def fault(call: Call) -> None:
        def changed(rows: list[Row]) -> list[Row]:
            change(rows[call.draw.randrange(len(rows))])
            return rows

        with_rows(call, changed)

    return fault


def crossed(row: Row) -> None:
    row[2], row[3] = 70.0, 80.0


def scaled(row: Row) -> None:
    row[1] *= 100


def without_one(call: Call) -> None:
    """Leave out one row inside a page; a page of one row stays."""

    def change(rows: list[Row]) -> list[Row]:
        place = call.draw.randrange(len(rows))
        return rows[:place] + rows[place + 1 :] if len(rows) > 2 else rows

    with_rows(call, change)


def swapped(call: Call) -> None:
    with_rows(call, lambda rows: [rows[1], rows[0], *rows[2:]] if len(rows) > 1 else rows)


def slightly_changed(call: Call) -> None:
    """Change a close by a little, differently in every answer."""
    with_rows(call, lambda rows: [[r[0], r[1] + call.draw.choice([0.0, 0.01]), *r[2:]] for r in rows])


def one_candle_forever(call: Call) -> None:
    rows = candles_of(call)
    if rows is None:
        call.send(answer(call.body))
        return
    rows["candles"]["data"] = rows["candles"]["data"][:1]
    call.send(answer(json.dumps(rows).encode()))


def borders(*ends: Any) -> Callable[[Call], None]:
    def fault(call: Call) -> None:
        content = json.loads(call.body)
        for row in content.get("borders", {}).get("data", []):
            row[: len(ends)] = ends
        call.send(answer(json.dumps(content, ensure_ascii=False).encode()))

    return fault


def replaced(old: bytes, new: bytes) -> Callable[[Call], None]:
    return lambda call: call.send(answer(call.body.replace(old, new, 1)))


def redirected(target: str) -> Callable[[Call], None]:
    def fault(call: Call) -> None:
        call.send(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + target.encode() + b"\r\n\r\n")

    return fault


def flooded(call: Call, piece: bytes, times: int) -> None:
    with suppress(OSError):
        for _ in range(times):
            call.send(piece)


MORE: dict[str, Callable[[Call], None]] = {
    "body cut at the end of a row, no length": lambda c: reset_after(
        c, answer(c.body.rsplit(b"], [", 2)[0] + b"]]}}", length=-1)
    ),
    "429 with Retry-After of 400 digits": lambda c: c.send(answer(b"", "429 Too Many", "Retry-After: " + "9" * 400)),
    "503 with a senseless date": lambda c: c.send(
        answer(b"", "503 X", "Retry-After: Mon, 99 Foo 99999 99:99:99 +9999")
    ),
    "503 with the year 9999": lambda c: c.send(answer(b"", "503 X", "Retry-After: Fri, 31 Dec 9999 23:59:59 -1200")),
    "redirect with a user name": redirected("http://u:p@127.0.0.1/iss"),
    "redirect to a broken IPv6 address": redirected("http://[::1"),
    "redirect to a future IP address": redirected("//[v1.x]/"),
    "redirect to an impossible port": redirected("http://127.0.0.1:99999999/"),
    "redirect to a host that normalizes": redirected("http://127.0.0.1\u2100/"),
    "redirect to link-local metadata": redirected("http://169.254.169.254/latest"),
    "gzip of two members": lambda c: c.send(answer(gzip.compress(c.body) * 2, "200 OK", "Content-Encoding: gzip")),
    "a million headers": lambda c: flooded(c, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, 4),
    "a flood of 100 Continue": lambda c: flooded(c, b"HTTP/1.1 100 Continue\r\n\r\n" * 500, 100),
    "206 part": lambda c: c.send(answer(c.body, "206 Partial Content")),
    "garbage for a status": lambda c: c.send(b"\x00\xff garbage\r\n\r\n"),
    "a cookie": lambda c: c.send(answer(c.body, "200 OK", "Set-Cookie: a=b; Path=/")),
    "a number of 5,000 digits": replaced(b"77.", b"9" * 5000 + b"."),
    "an integer of 5,000 digits": replaced(b"[[77.", b"[[" + b"9" * 5000 + b", 77."),
    "1e400": replaced(b"77.", b"1e400, 77."),
    "the block is a list": lambda c: c.send(answer(b'{"candles": [1, 2], "borders": [1]}')),
    "a list at the top": lambda c: c.send(answer(b"[]")),
    "columns and data null": lambda c: c.send(answer(b'{"candles": {"columns": null, "data": null}}')),
    "columns of objects": replaced(b'"columns": ["', b'"columns": [{}, "'),
    "true for a price": with_value("close", True),
    "a price in quotes": with_value("close", "77.5"),
    "a price of zero": with_value("close", 0),
    "a negative price": with_value("close", -77.5),
    "a price of 1e299": with_value("close", 1e299),
    "a price a hundred times too high": with_change(scaled),
    "high below low": with_change(crossed),
    "a negative volume": with_value("volume", -1),
    "a begin that is a number": with_value("begin", 5),
    "a begin that is no date": with_value("begin", "2021-02-30 10:05:00"),
    "a begin in full-width digits": with_value("begin", "２０２１-04-13 10:05:00"),
    "a begin off the mark": with_value("begin", "2021-04-13 10:05:30"),
    "a begin outside the period": with_value("begin", "2020-04-13 10:05:00"),
    "two rows exchanged": swapped,
    "a row left out": without_one,
    "the last row left out": lambda c: with_rows(c, lambda rows: rows[:-1]),
    "half a page": lambda c: with_rows(c, lambda rows: rows[: len(rows) // 2]),
    "a page empty": lambda c: with_rows(c, lambda rows: []),
    "pages of one row": one_candle_forever,
    "closes that change": slightly_changed,
    "borders reversed": borders("2026-01-01 00:00:00", "2015-01-01 00:00:00"),
    "borders that are no date": borders("2021-99-99 00:00:00"),
    "borders in full-width digits": borders("２０２１-01-01 00:00:00"),
    "borders of an interval true": borders("2015-01-01 00:00:00", "2026-01-01 00:00:00", True),
    "borders of another time": borders("2011-01-01 00:00:00", "2012-01-01 00:00:00"),
    "borders that end too early": borders("2011-01-01 00:00:00", "2021-04-12 00:00:00"),
}
KINDS = {**FAULTS, **MORE}
# A service that leaves out the same row in every answer is not at fault: it has other data.
ONCE = {"a row left out", "the last row left out", "half a page"}


@dataclass(frozen=True)
class Stored:
    """How a fetch through a fault ended, what it left in the store, and whether the next fetch healed it."""

    wrong_rows: int
    false_days: int
    error: Exception | None
    slowest: float
    requests: int
    healed: bool


def row_of(row: dict[str, Any]) -> tuple[str, float, float, float, float, float]:
    return (row["begin"], row["open"], row["high"], row["low"], row["close"], float(row["volume"]))


def held(root: Path) -> set[tuple[Any, ...]]:
    frame = to_frame(read(open_store(root), KEY))
    begins = (frame.index - pd.Timedelta("1min")).tz_convert("Europe/Moscow").strftime("%Y-%m-%d %H:%M:%S")
    return set(zip(begins, *(frame[c] for c in FIELDS), strict=True)) if len(frame) else set()


@contextmanager
def trusting(certificate: str) -> Iterator[None]:
    """Let the client trust the certificate of the tests."""
    context = ssl.create_default_context(cafile=certificate)
    with patch.object(transport, "_trusted", lambda _: context):
        yield


def stored_session(kind: str, seed: int, root: Path, limits: Limits = LIMITS, *, tls: bool = False) -> Stored:
    """Fetch a day into a store through a fault that strikes at a random request, once or from then on; then heal."""
    draw = random.Random(f"{kind} {seed} stored")
    exchange = Exchange(page=300)
    exchange.list_minutes("CETS", "USD000UTSTOM", list(ROWS))
    lasting = draw.random() < 0.5 and kind not in ONCE
    server = FaultyServer(exchange, KINDS[kind], draw.randrange(7), lasting, draw, tls=tls)
    certificate = server.certificate = write_certificate(root.parent)
    bounds = (day_bounds(DAY, "Europe/Moscow")[0], day_bounds(DAY, "Europe/Moscow")[1])
    request = BarRequest(INSTRUMENTS["USD000UTSTOM"], pd.Timedelta("1min"), *bounds, store=str(root))
    truth, error, slowest = {row_of(row) for row in ROWS}, None, 0.0
    real = transport.Client.get

    def timed(client: transport.Client, url: str, reader: Any) -> Any:
        nonlocal slowest
        begun = time.monotonic()
        try:
            return real(client, url, reader)
        finally:
            slowest = max(slowest, time.monotonic() - begun)

    with misbehaving(server) as address, asking(address, limits, timed), trusting(certificate):
        try:
            fetch_moex(request, now=NOW)
        except Exception as fault:
            error = fault.with_traceback(None)
        requests, found = server.count, held(root)
        complete = bool(state(open_store(root), KEY).days)
        server.at, server.lasting = 10**9, False
        # A busy machine is not what the healing is about.
        with suppress(EventStudyError), patch.object(moex, "LIMITS", replace(limits, deadline_s=30.0)):
            fetch_moex(request, now=NOW)
    false_days = int(complete and found != truth)
    return Stored(len(found - truth), false_days, error, slowest, requests, held(root) == truth)


@contextmanager
def asking(address: str, limits: Limits, get: Any) -> Iterator[None]:
    """Let the client ask an address within limits, its requests timed."""
    with (
        patch.object(moex, "LIMITS", limits),
        patch.object(transport.Client, "get", get),
        patch.dict(os.environ, {"EVENTSTUDY_MOEX_URL": address}),
    ):
        yield
