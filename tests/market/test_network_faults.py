"""Every way a network can fail: no wrong row is believed, time and memory are bounded, one clear error comes out."""

from __future__ import annotations

import logging
import random
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx2
import pytest

from eventstudy.errors import NetworkError, SourceError, UsageError
from eventstudy.market.instruments import INSTRUMENTS
from eventstudy.market.sources import moex
from eventstudy.market.sources.download import Garbled, parse_json, retry_after
from eventstudy.market.sources.transport import Answer, Client, Limits, origin_of
from tests.market.fault_kinds import KINDS, stored_session
from tests.market.fault_server import FAULTS, LIMITS, FaultyServer, misbehaving, session, write_certificate
from tests.market.iss_server import Exchange, candle, made_minutes, serving

HOST = "https://iss.moex.com"
CANARY = "canary-7331-secret"


def check(kind: str, seed: int) -> None:
    ended = session(kind, seed)
    assert not ended.wrong_rows
    # A tenth of the deadline, and what a busy machine of two cores takes to switch to another thread.
    assert ended.overrun * LIMITS.deadline_s < 0.1 * LIMITS.deadline_s + 0.35
    if ended.error is not None:
        assert isinstance(ended.error, NetworkError)
        assert ended.error.exit_code == 5
        assert ended.error.remedy
        assert ended.error.message.count("\n") == 0


@pytest.mark.parametrize("kind", FAULTS)
def test_no_fault_lets_a_wrong_row_through(kind: str) -> None:
    check(kind, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 40))
@pytest.mark.parametrize("kind", FAULTS)
def test_no_fault_lets_a_wrong_row_through_at_any_moment(kind: str, seed: int) -> None:
    check(kind, seed)


def check_stored(kind: str, seed: int, root: Path, *, tls: bool = False) -> None:
    ended = stored_session(kind, seed, root, tls=tls)
    assert ended.wrong_rows == ended.false_days == 0
    assert ended.healed
    assert ended.slowest < 1.1 * LIMITS.deadline_s + 1.0
    if ended.error is not None:
        assert isinstance(ended.error, NetworkError | SourceError)
        assert ended.error.remedy
        assert ended.error.message.count("\n") == 0


@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_leaves_a_wrong_row_or_a_false_day_in_the_store(tmp_path: Path, kind: str) -> None:
    check_stored(kind, 0, tmp_path / "store", tls=len(kind) % 2 == 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 20))
@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_leaves_a_wrong_row_or_a_false_day_at_any_moment(tmp_path: Path, kind: str, seed: int) -> None:
    check_stored(kind, seed, tmp_path / "store", tls=seed % 2 == 0)


def test_there_are_enough_kinds_and_most_strike() -> None:
    assert len(KINDS) >= 100
    kinds = ["500", "gzip cut", "page skips rows", "page omits rows inside", "page repeats its first row"]
    assert any(session(kind, seed).error for kind in kinds for seed in range(3))


def whole(body: bytes = b"{}", packed: str = "identity") -> httpx2.Response:
    return httpx2.Response(200, stream=httpx2.ByteStream(body), headers={"Content-Encoding": packed})


def asked(reply: httpx2.Response | list[httpx2.Response], limits: Limits = LIMITS) -> tuple[Client, list[float]]:
    """Return a client whose network is a list of replies and whose clock only moves when it sleeps."""
    replies = list(reply) if isinstance(reply, list) else [reply]
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    def handle(_: httpx2.Request) -> httpx2.Response:
        return replies.pop(0) if len(replies) > 1 else replies[0]

    return Client(
        (HOST,), limits=limits, transport=httpx2.MockTransport(handle), clock=lambda: now[0], sleep=sleep
    ), slept


def get(client: Client, url: str = HOST + "/iss") -> Answer[object]:
    with client:
        return client.get(url, parse_json)


def test_retries_wait_longer_each_time_and_as_long_as_they_are_told() -> None:
    limits = Limits(deadline_s=100.0, tries=5, pause_s=0.0, first_wait_s=1.0)
    client, slept = asked([httpx2.Response(503), httpx2.Response(500), whole()], limits)
    assert get(client).content == {}
    assert slept == [1.0, 2.0]
    told = httpx2.Response(429, headers={"Retry-After": "30"})
    client, slept = asked([told, whole()], limits)
    assert get(client).content == {}
    assert slept == [30.0]


def test_a_service_may_name_the_moment_to_come_back() -> None:
    assert retry_after("7") == 7.0
    soon = datetime.now(UTC) + timedelta(seconds=100)
    assert 95 < retry_after(format_datetime(soon, usegmt=True)) <= 100
    assert retry_after(format_datetime(soon - timedelta(hours=1), usegmt=True)) == 0.0
    assert retry_after("soon") == retry_after("") == 0.0


def test_a_wait_beyond_the_deadline_is_not_waited() -> None:
    client, slept = asked(httpx2.Response(429, headers={"Retry-After": "3600"}))
    with pytest.raises(NetworkError, match=r"status 429, too many requests \(1 try"):
        get(client)
    assert slept == []


@pytest.mark.parametrize(("status", "tries"), [(403, 3), (429, 3), (500, 3), (503, 3), (401, 1), (404, 1), (400, 1)])
def test_only_what_may_pass_is_tried_again(status: int, tries: int) -> None:
    client, _ = asked(httpx2.Response(status))
    with pytest.raises(NetworkError, match=str(status)):
        get(client)
    assert client.requests == tries


@pytest.mark.parametrize(
    ("body", "packed", "tries"),
    [(b"<html>come back later</html>", "identity", 2), (b"{}", "compress", 1), (b"{", "identity", 3)],
)
def test_a_fault_is_tried_as_often_as_it_deserves(body: bytes, packed: str, tries: int) -> None:
    client, _ = asked([whole(body, packed) for _ in range(5)])
    with pytest.raises(NetworkError, match=rf"\({tries} tr"):
        get(client)
    assert client.requests == tries


@pytest.mark.parametrize(
    "target",
    ["http://[::1", "//[v1.x]/", "http://127.0.0.1:99999999/", "https://iss.moex.com\u2100/", "https://[", "//u:p@[/"],
)
def test_a_redirect_to_no_address_is_one_clear_error(target: str) -> None:
    reply = httpx2.Response(302, headers=[(b"location", target.encode())])
    client, _ = asked(reply)
    with pytest.raises(NetworkError) as caught:
        get(client)
    assert caught.value.remedy
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("value", ["Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 99 Foo 99999 99:99:99 +9999", "9" * 400])
def test_a_senseless_moment_to_come_back_is_no_crash(value: str) -> None:
    client, slept = asked(httpx2.Response(503, headers={"Retry-After": value}))
    with pytest.raises(NetworkError, match="503"):
        get(client)
    assert sum(slept) <= LIMITS.deadline_s


@pytest.mark.parametrize("name", ["ALL_PROXY", "HTTPS_PROXY"])
@pytest.mark.parametrize(
    ("proxy", "said"), [("socks5://127.0.0.1:1080", "socksio"), ("http://[::1", "proxy"), ("nonsense://x", "proxy")]
)
def test_a_proxy_that_cannot_be_used_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, name: str, proxy: str, said: str
) -> None:
    monkeypatch.setenv(name, proxy)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(NetworkError, match=said), Client((HOST,), limits=LIMITS) as client:
        client.get(HOST + "/iss", parse_json)


def test_requests_keep_their_distance() -> None:
    limits = Limits(pause_s=0.25)
    client, slept = asked([whole() for _ in range(4)], limits)
    with client:
        for _ in range(4):
            client.get(HOST + "/iss", parse_json)
    assert slept == [0.25] * 3


def test_offline_refuses_before_the_transport_is_touched() -> None:
    def handle(_: httpx2.Request) -> httpx2.Response:
        raise AssertionError("the network was touched")

    with pytest.raises(NetworkError, match="offline"):
        Client((HOST,), offline=True, transport=httpx2.MockTransport(handle)).get(HOST, parse_json)


@pytest.mark.parametrize(
    "url",
    [
        "http://iss.moex.com/iss",
        "https://iss.moex.com:8443/iss",
        "https://iss.moex.com.example.org/",
        "https://iss.moex.com@example.org/",
        "https://example.org/?https://iss.moex.com",
        "file:///etc/passwd",
        "ftp://iss.moex.com/",
        "//iss.moex.com/",
        "https://[::1]/",
        "https://127.0.0.1/",
        "https://iss.moex.com:port/",
    ],
)
def test_no_other_place_is_ever_asked(url: str) -> None:
    def handle(_: httpx2.Request) -> httpx2.Response:
        raise AssertionError("asked")

    with pytest.raises(NetworkError):
        Client((HOST,), transport=httpx2.MockTransport(handle)).get(url, parse_json)


def test_http_is_for_this_machine_only() -> None:
    assert origin_of("http://127.0.0.1:8080/x") == "http://127.0.0.1:8080"
    assert origin_of("http://[::1]/x") == "http://[::1]:80"
    with pytest.raises(NetworkError, match="not allowed"):
        origin_of("http://10.0.0.1/")


def test_a_self_signed_certificate_is_refused(tmp_path: Path) -> None:
    server = FaultyServer(Exchange(), FAULTS["500"], 99, False, random.Random(0), tls=True)
    server.certificate = write_certificate(tmp_path)
    with (
        misbehaving(server) as address,
        pytest.raises(NetworkError, match="certificate"),
        Client((address,)) as client,
    ):
        client.get(address, parse_json)
    assert server.count == 0


@pytest.mark.parametrize("kind", ["gzip bomb", "endless body", "declared as a terabyte", "endless headers"])
def test_memory_stays_under_the_cap(kind: str) -> None:
    tracemalloc.start()
    try:
        for seed in range(2):
            session(kind, seed)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < LIMITS.max_unpacked + 12_000_000


def test_ten_thousand_rows_are_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that falls silent at 10,000 rows of one question cannot cut a period that is asked in pieces."""
    exchange = Exchange(page=10_000)
    rows = made_minutes(date(2021, 4, 1), date(2021, 4, 30), opens=0)
    exchange.candles["CETS", "USD000UTSTOM", 1] = rows
    whole = exchange.answer

    def cut(url: str) -> tuple[int, bytes]:
        silent = "start=" in url and int(url.rpartition("start=")[2]) >= 10_000
        return whole(url.replace("start=", "start=99") if silent else url)

    monkeypatch.setattr(exchange, "answer", cut)
    with serving(exchange), Client((exchange.address,), limits=Limits(pause_s=0.0)) as client:
        where = moex.Listing(INSTRUMENTS["USD000UTSTOM"], 1, exchange.address)
        parts = [
            moex.candles(moex.asking(client), where, days)
            for days in moex.chunks((date(2021, 4, 1), date(2021, 4, 30)), 1)
        ]
    assert len(rows) > 20_000
    assert sum(map(len, parts)) == len(rows)


def test_the_secret_is_in_no_error_log_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    for kind, fault in FAULTS.items():
        server = FaultyServer(Exchange(), fault, 0, True, random.Random(kind))
        with misbehaving(server) as address:
            client = Client(
                (address,), token=CANARY, limits=Limits(deadline_s=0.15, tries=2, first_wait_s=0.001, pause_s=0.0)
            )
            url = f"{address}/{CANARY}?token={CANARY}"
            with client:
                try:
                    shown.append(repr(client.get(url, parse_json)))
                except NetworkError as error:
                    shown += [str(error), repr(error), repr(error.__cause__), repr(error.__dict__), repr(client)]
    assert len(shown) > len(FAULTS)
    assert [line for line in [*shown, *caplog.text.splitlines()] if CANARY in line] == []


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "tab\t", "ключ", "nul\0"])
def test_a_token_that_could_smuggle_a_header_is_refused_unseen(token: str) -> None:
    with pytest.raises(UsageError) as caught:
        Client((HOST,), token=token)
    assert token not in str(caught.value)


def test_the_token_goes_to_the_first_origin_only() -> None:
    seen: list[tuple[str, str | None]] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.url.host, request.headers.get("authorization")))
        if request.url.host == "iss.moex.com":
            return httpx2.Response(302, headers={"location": "https://apim.moex.com/iss"})
        return whole()

    with Client((HOST, "https://apim.moex.com"), token=CANARY, transport=httpx2.MockTransport(handle)) as client:
        client.get(HOST + "/iss", parse_json)
    assert seen == [("iss.moex.com", f"Bearer {CANARY}"), ("apim.moex.com", None)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a": 1',
        b"{} {}",
        b"\xff\xfe{}",
        b'{"a": 1, "a": 2}',
        b"[NaN]",
        b"[Infinity]",
        b"<html>",
        b"nul",
        b"9" * 5000,
        b'{"a": -' + b"9" * 5000 + b"}",
    ],
)
def test_text_that_is_not_one_whole_json_value_is_refused(body: bytes) -> None:
    with pytest.raises(Garbled):
        parse_json(body)


def test_every_cut_of_a_page_is_noticed() -> None:
    exchange = Exchange()
    exchange.list_minutes(
        "CETS", "X", [candle(moex.datetime(2021, 4, 13, 10, m), 1, [77.5, 76.25], 7) for m in range(5)]
    )
    _, body = exchange.answer("/iss/engines/currency/markets/selt/boards/CETS/securities/X/candles.json?interval=1")
    assert parse_json(body)["candles"]["data"]
    for length in range(len(body)):
        with pytest.raises(Garbled):
            parse_json(body[:length])
