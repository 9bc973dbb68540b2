"""A loopback server that speaks the recorded format of the exchange's ISS service, over candles made by the tests."""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 500
COLUMNS = ["open", "close", "high", "low", "value", "volume", "begin", "end"]
BOARDS = {
    "CETS": "currency/markets/selt",
    "TQBR": "stock/markets/shares",
    "SNDX": "stock/markets/index",
    "RTSI": "stock/markets/index",
    "RFUD": "futures/markets/forts",
}
HTML = b"<!DOCTYPE html><html><body>404</body></html>"
Candle = dict[str, Any]


def made_minutes(first: date, last: date, *, seed: int = 1, opens: int = 7, closes: int = 24) -> list[Candle]:
    """Return one-minute candles of working days from 07:00 to 23:49 Moscow time; one minute in eight has no trade."""
    draw, price, rows = random.Random(seed), 77.0, []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if day.weekday() > 4:
            continue
        for minute in range(opens * 60, min(closes * 60, 23 * 60 + 50)):
            if draw.random() < 0.125:
                continue
            path = [price := round(price + draw.gauss(0, 0.01), 4) for _ in range(4)]
            begin = datetime.combine(day, time()) + timedelta(minutes=minute)
            rows.append(candle(begin, 1, path, draw.randrange(1, 500) * 1000))
    return rows


def candle(begin: datetime, minutes: int, path: list[float], volume: int) -> Candle:
    end = begin + timedelta(minutes=minutes) - timedelta(seconds=1)
    return {
        "open": path[0],
        "close": path[-1],
        "high": max(path),
        "low": min(path),
        "value": round(volume * path[-1], 2),
        "volume": volume,
        "begin": str(begin),
        "end": str(end),
    }


def gathered(rows: list[Candle], minutes: int) -> list[Candle]:
    """Return longer candles made of one-minute ones, as the exchange makes them: by the clock."""
    groups: dict[datetime, list[Candle]] = {}
    for row in rows:
        begin = datetime.fromisoformat(row["begin"])
        midnight = datetime.combine(begin.date(), time())
        size = timedelta(minutes=minutes)
        groups.setdefault(midnight + (begin - midnight) // size * size, []).append(row)
    made = []
    for begin, parts in groups.items():
        path = [parts[0]["open"], max(p["high"] for p in parts), min(p["low"] for p in parts), parts[-1]["close"]]
        made.append(candle(begin, minutes, path, sum(p["volume"] for p in parts)))
    return made


@dataclass
class Exchange:
    """What the server knows and what it was asked. ``candles`` maps (board, code, interval) to rows in time order."""

    candles: dict[tuple[str, str, int], list[Candle]] = field(default_factory=dict)
    page: int = PAGE
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    address: str = ""

    def list_minutes(self, board: str, code: str, rows: list[Candle]) -> None:
        for interval, minutes in {1: 1, 10: 10, 60: 60, 24: 1440}.items():
            self.candles[board, code, interval] = rows if minutes == 1 else gathered(rows, minutes)

    def pages_asked(self) -> list[str]:
        return [url for url in self.asked if "/candles.json" in url]

    def answer(self, url: str) -> tuple[int, bytes]:
        """Return status and body for one address."""
        parts = urlsplit(url)
        query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        steps = parts.path.strip("/").split("/")
        if len(steps) != 10 or steps[0] != "iss" or steps[1] != "engines":
            return 404, HTML
        board, code, table = steps[6], steps[8], steps[9].removesuffix(".json")
        if BOARDS.get(board) != "/".join(steps[2:5]) or table not in {"candles", "candleborders"}:
            return 404, HTML
        block = self._borders(board, code) if table == "candleborders" else self._page(board, code, query)
        return 200, _dressed("borders" if table == "candleborders" else "candles", *block, query)

    def _borders(self, board: str, code: str) -> tuple[list[str], list[list[Any]]]:
        data = [
            [rows[0]["begin"], rows[-1]["end"], interval, 1]
            for (b, c, interval), rows in self.candles.items()
            if (b, c) == (board, code) and rows
        ]
        return ["begin", "end", "interval", "board_group_id"], data

    def _page(self, board: str, code: str, query: dict[str, str]) -> tuple[list[str], list[list[Any]]]:
        rows = self.candles.get((board, code, int(query.get("interval", "24"))), [])
        first, last = query.get("from", ""), query.get("till", "9999") + " 99"
        chosen = [r for r in rows if first <= r["begin"] <= last]
        start = int(query.get("start", "0"))
        columns = query["candles.columns"].split(",") if "candles.columns" in query else COLUMNS
        return columns, [[r[c] for c in columns] for r in chosen[start : start + self.page]]


def _dressed(name: str, columns: list[str], data: list[list[Any]], query: dict[str, str]) -> bytes:
    if query.get("iss.json") == "extended":
        rows = [dict(zip(columns, row, strict=True)) for row in data]
        return json.dumps([{"charsetinfo": {"name": "utf-8"}}, {name: rows}]).encode()
    block: dict[str, Any] = {"columns": columns, "data": data}
    if query.get("iss.meta") != "off":
        block = {"metadata": {c: {"type": "string"} for c in columns}, **block}
    return json.dumps({name: block}, ensure_ascii=False).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    exchange: Exchange

    def do_GET(self) -> None:
        self.exchange.asked.append(self.path)
        self.exchange.headers.append({k.lower(): v for k, v in self.headers.items()})
        status, body = self.exchange.answer(self.path)
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if body == HTML else "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


class QuietServer(ThreadingHTTPServer):
    """A server that says nothing of clients that hang up: what is read in the tests is the client's own words."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def serving(exchange: Exchange) -> Iterator[Exchange]:
    """Serve on a free port of this machine; ``exchange.address`` is what EVENTSTUDY_MOEX_URL takes."""
    handler = type("Handler", (_Handler,), {"exchange": exchange})
    server = QuietServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    exchange.address = f"http://127.0.0.1:{server.server_address[1]}/iss"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield exchange
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
