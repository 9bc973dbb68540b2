"""A socket server that answers as the exchange does until it misbehaves in one of many stated ways."""

from __future__ import annotations

import gzip
import json
import random
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from eventstudy.errors import EventStudyError
from eventstudy.market.instruments import INSTRUMENTS
from eventstudy.market.sources import moex
from eventstudy.market.sources.transport import Client, Limits
from tests.market.iss_server import Exchange, made_minutes

# A certificate nobody trusts, made for these tests alone, valid for 127.0.0.1 for a hundred years.
KEY_BODY = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtbEoBeW6onUatIJJOrtavGQenW5J3mKT9h2u8XS+3XihRANCAASM"
    "ykF47rcS06sbAyyDWETa9xE64OL1gY4cp1aYZAaQEShi/h9mjJ7/SVvSST1cxRRhUEbH5b0xc9ENba/bhRWq"
)
CERTIFICATE_BODY = (
    "MIIBmzCCAUGgAwIBAgIUfg0wEPAds0D8OzDQ9kvabs0Pv+IwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2"
    "MTEyMzE2MDgyNloYDzIxMjYxMDMwMTYwODI2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC"
    "AASMykF47rcS06sbAyyDWETa9xE64OL1gY4cp1aYZAaQEShi/h9mjJ7/SVvSST1cxRRhUEbH5b0xc9ENba/bhRWqo28wbTAdBgNV"
    "HQ4EFgQU/6cuC1LQr1ZkFvTZ3EzVN4JFpAYwHwYDVR0jBBgwFoAU/6cuC1LQr1ZkFvTZ3EzVN4JFpAYwDwYDVR0TAQH/BAUwAwEB"
    "/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZIzj0EAwIDSAAwRQIhAPUgEniFxawKbxC58wo/W9/kPHnlIvYjRlRz"
    "vY7rtFpfAiANlJg+lEEtVTcyUw2bHzo6uCmGvZrpyrXWzHXQ1jgJiQ=="
)
DAY = date(2021, 4, 13)
ROWS = made_minutes(DAY, DAY, opens=18, closes=22)
LIMITS = Limits(
    deadline_s=0.5, tries=3, max_bytes=200_000, max_unpacked=400_000, pause_s=0.0, first_wait_s=0.01, redirects=3
)


@dataclass
class Call:
    """One request on its way to being answered wrongly."""

    socket: socket.socket
    path: str
    body: bytes
    draw: random.Random
    server: FaultyServer

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def part(self) -> bytes:
        return self.body[: self.draw.randrange(len(self.body))]

    def stay_silent(self) -> None:
        self.server.over.wait(3.0)


@dataclass
class FaultyServer:
    """Serves an exchange; request number ``at`` (and all after it, where ``lasting``) goes wrong in the way given."""

    exchange: Exchange
    fault: Callable[[Call], None]
    at: int
    lasting: bool
    draw: random.Random
    tls: bool = False
    certificate: str = ""
    count: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def handle(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:
            if not self.tls:
                self.serve(connection)
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            with context.wrap_socket(connection, server_side=True) as secured:
                self.serve(secured)

    def serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            while line := reader.readline():
                while reader.readline() not in {b"\r\n", b""}:
                    pass
                path = line.decode().split()[1]
                number, self.count = self.count, self.count + 1
                status, body = self.exchange.answer(path)
                if number == self.at or (self.lasting and number > self.at):
                    self.fault(Call(connection, path, body, self.draw, self))
                    return
                connection.sendall(answer(body, f"{status} OK"))


def answer(body: bytes, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    if length is None:
        length = len(body)
    if length >= 0:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def candles_of(call: Call) -> dict[str, Any] | None:
    """Return the answer as a value where it is a page of candles that holds any."""
    content: dict[str, Any] = json.loads(call.body)
    return content if content.get("candles", {}).get("data") else None


def with_rows(call: Call, change: Callable[[list[Any]], list[Any]]) -> None:
    content = candles_of(call)
    if content is not None:
        content["candles"]["data"] = change(content["candles"]["data"])
    call.send(answer(json.dumps(content or json.loads(call.body)).encode()))


def shifted(call: Call, rows: int) -> None:
    """Answer as if another start had been asked for; the first page is left alone.

    A service that leaves out the first rows of everything it has, always, is not at fault: it has other data.
    """
    query = parse_qs(urlsplit(call.path).query)
    asked = int(query.get("start", ["0"])[0])
    start = max(asked + rows, 0) if asked else 0
    base = call.path.split("&start=")[0]
    call.send(answer(call.server.exchange.answer(f"{base}&start={start}")[1]))


def slowly(call: Call, raw: bytes) -> None:
    for byte in raw:
        if call.server.over.wait(0.02):
            return
        call.send(bytes([byte]))


def endless(call: Call) -> None:
    call.send(answer(b"", length=-1))
    with suppress(OSError):
        while not call.server.over.is_set():
            call.send(b'{"candles": ' * 4096)


def reset_after(call: Call, raw: bytes) -> None:
    call.send(raw)
    time.sleep(0.01)
    call.reset()


def then_silence(call: Call, raw: bytes) -> None:
    call.send(raw)
    call.stay_silent()


BOMB = gzip.compress(b" " * 30_000_000)
PACKED = "Content-Encoding: gzip"
FAULTS: dict[str, Callable[[Call], None]] = {
    "reset before any answer": lambda c: c.reset(),
    "reset inside the headers": lambda c: reset_after(c, b"HTTP/1.1 200 OK\r\nContent-Le"),
    "reset inside the body": lambda c: reset_after(c, answer(c.part(), length=len(c.body))),
    "closed without an answer": lambda c: None,
    "body cut, length given": lambda c: c.send(answer(c.part(), length=len(c.body))),
    "body cut, no length": lambda c: c.send(answer(c.part(), length=-1)),
    "chunked body cut": lambda c: c.send(
        answer(f"{len(c.body):x}\r\n".encode() + c.part(), "200 OK", "Transfer-Encoding: chunked", length=-1)
    ),
    "empty body": lambda c: c.send(answer(b"")),
    "slow drip of the body": lambda c: slowly(c, answer(c.body)),
    "slow drip of the headers": lambda c: slowly(c, b"HTTP/1.1 200 OK\r\n" + b"X-Pad: 1\r\n" * 500),
    "silence before the answer": lambda c: c.stay_silent(),
    "silence inside the body": lambda c: then_silence(c, answer(c.part(), length=len(c.body))),
    "length too long": lambda c: then_silence(c, answer(c.body, length=len(c.body) + 50)),
    "length too short": lambda c: c.send(answer(c.body, length=len(c.body) // 2)),
    "two lengths": lambda c: c.send(answer(c.body, "200 OK", "Content-Length: 5")),
    "a web page with status 200": lambda c: c.send(answer(b"<!DOCTYPE html><html>please log in</html>")),
    "429 with Retry-After 0": lambda c: c.send(answer(b"", "429 Too Many", "Retry-After: 0")),
    "429 with Retry-After of an hour": lambda c: c.send(answer(b"", "429 Too Many", "Retry-After: 3600")),
    "429 with Retry-After as a date": lambda c: c.send(
        answer(b"", "429 Too Many", "Retry-After: Wed, 21 Oct 2099 07:28:00 GMT")
    ),
    "403 block": lambda c: c.send(answer(b"", "403 Forbidden")),
    "401": lambda c: c.send(answer(b"", "401 Unauthorized")),
    "404": lambda c: c.send(answer(b"<html>", "404 Not Found")),
    "500": lambda c: c.send(answer(c.body, "500 Oh")),
    "503 burst": lambda c: c.send(answer(b"", "503 Busy", "Retry-After: 0")),
    "204 without content": lambda c: c.send(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "redirect loop": lambda c: c.send(answer(b"", "302 Found", f"Location: {c.path}")),
    "redirect to another host": lambda c: c.send(answer(b"", "302 Found", "Location: https://example.org/iss")),
    "redirect to a file": lambda c: c.send(answer(b"", "301 Moved", "Location: file:///etc/passwd")),
    "redirect to another port": lambda c: c.send(answer(b"", "307 Found", "Location: http://127.0.0.1:1/iss")),
    "redirect to nowhere": lambda c: c.send(answer(b"", "302 Found")),
    "gzip bomb": lambda c: c.send(answer(BOMB, "200 OK", PACKED)),
    "gzip cut": lambda c: c.send(answer(gzip.compress(c.body)[:-12], "200 OK", PACKED)),
    "gzip damaged": lambda c: c.send(answer(b"\x1f\x8b" + bytes(c.draw.randbytes(200)), "200 OK", PACKED)),
    "gzip with something after it": lambda c: c.send(answer(gzip.compress(c.body) + b"more", "200 OK", PACKED)),
    "packed in an unknown way": lambda c: c.send(answer(c.body, "200 OK", "Content-Encoding: br")),
    "said to be packed and is not": lambda c: c.send(answer(c.body, "200 OK", PACKED)),
    "endless body": endless,
    "declared as a terabyte": lambda c: then_silence(c, answer(b"{", length=1 << 40)),
    "endless headers": lambda c: slowly(c, b"HTTP/1.1 200 OK\r\n") or c.send(b"X: " + b"y" * 400_000),
    "invalid UTF-8": lambda c: c.send(answer(c.body.replace(b"candle", b"\xff\xfe"))),
    "duplicate keys": lambda c: c.send(answer(c.body[:-1] + b"," + c.body[1:])),
    "NaN in the numbers": lambda c: c.send(answer(c.body.replace(b"77.", b"NaN, 77."))),
    "nested too deeply": lambda c: c.send(answer(b"[" * 100_000)),
    "no such block": lambda c: c.send(answer(b'{"history": {"columns": [], "data": []}}')),
    "null instead of an answer": lambda c: c.send(answer(b"null")),
    "an error message as JSON": lambda c: c.send(answer(b'{"error": "try later"}')),
    "no status line": lambda c: c.send(b"hello\r\n\r\n"),
    "something after the value": lambda c: c.send(answer(c.body + b"{}")),
    "page repeats the one before": lambda c: shifted(c, -c.server.exchange.page),
    "page repeats its first row": lambda c: shifted(c, -1),
    "page skips rows": lambda c: shifted(c, 3),
    "page omits rows inside": lambda c: with_rows(c, lambda rows: rows[:1] + rows[3:]),
    "page doubles a row": lambda c: with_rows(c, lambda rows: [rows[0], *rows]),
    "page in disorder": lambda c: with_rows(c, lambda rows: rows[::-1]),
    "page of another day": lambda c: with_rows(
        c, lambda rows: [[v.replace("-13 ", "-14 ") if isinstance(v, str) else v for v in row] for row in rows]
    ),
    "text for a number": lambda c: with_rows(c, lambda rows: [["n/a", *rows[0][1:]], *rows[1:]]),
    "null for a price": lambda c: with_rows(c, lambda rows: [[None, *rows[0][1:]], *rows[1:]]),
    "rows of another width": lambda c: with_rows(c, lambda rows: [rows[0][:-1], *rows[1:]]),
    "borders cut": lambda c: c.send(answer(b'{"borders": {"columns": ["begin"], "data": []}}')),
}


@dataclass(frozen=True)
class Session:
    """How one fetch through one fault ended."""

    wrong_rows: bool
    error: EventStudyError | None
    overrun: float
    requests: int


def write_certificate(folder: Path) -> str:
    """Write the certificate and its key where ``ssl`` can load them."""
    parts = {"PRIVATE KEY": KEY_BODY, "CERTIFICATE": CERTIFICATE_BODY}
    path = folder / "self_signed.pem"
    path.write_text("".join(f"-----BEGIN {name}-----\n{body}\n-----END {name}-----\n" for name, body in parts.items()))
    return str(path)


@contextmanager
def misbehaving(server: FaultyServer) -> Iterator[str]:
    """Listen on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)

        def accept() -> None:
            while not server.over.is_set():
                with suppress(TimeoutError):
                    threading.Thread(target=server.handle, args=(listening.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"{'https' if server.tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}/iss"
        finally:
            server.over.set()
            thread.join()


def session(kind: str, seed: int, limits: Limits = LIMITS) -> Session:
    """Fetch a day through a fault that strikes at a random request, once or from then on."""
    draw = random.Random(f"{kind} {seed}")
    exchange = Exchange(page=60)
    exchange.list_minutes("CETS", "USD000UTSTOM", list(ROWS))
    server = FaultyServer(exchange, FAULTS[kind], draw.randrange(5), draw.random() < 0.5, draw)
    worst = 0.0
    with misbehaving(server) as address, Client((address,), limits=limits) as client:
        where = moex.Listing(INSTRUMENTS["USD000UTSTOM"], 1, address)

        def timed(url: str, read: Callable[[bytes], Any]) -> Any:
            nonlocal worst
            begun = time.monotonic()
            try:
                return client.get(url, read).content
            finally:
                worst = max(worst, time.monotonic() - begun)

        try:
            days = moex.borders(timed, where)
            frame = moex.candles(timed, where, (DAY, DAY)) if days else pd.DataFrame({"close": []})
            error = None
        except EventStudyError as fault:
            # Without its traceback, which would keep the whole exchange alive until a collection.
            frame, error = pd.DataFrame({"close": []}), fault.with_traceback(None)
        wrong = error is None and frame["close"].tolist() != [r["close"] for r in ROWS]
        return Session(wrong, error, worst / limits.deadline_s - 1, client.requests)
