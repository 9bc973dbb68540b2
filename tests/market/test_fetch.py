"""Fetching through the store: what arrived is not asked for twice, offline opens no socket, refusals are clear."""

from __future__ import annotations

import errno
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from eventstudy.cli.app import run
from eventstudy.errors import SourceError
from eventstudy.market.instruments import instrument
from eventstudy.market.sources.moex_store import fetch_moex
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.transport import Limits
from eventstudy.market.store.bar_store import open_store, read, to_frame, writing
from eventstudy.market.store.stored_series import day_bounds
from tests.market.iss_server import Candle, Exchange, candle, made_minutes, serving
from tests.market.store_bench import KEY, failing

MINUTE = pd.Timedelta(minutes=1)
FIRST, LAST = date(2021, 4, 1), date(2021, 4, 14)
ROWS = made_minutes(FIRST, LAST)
SHORT = ["fetch", "moex", "USD000UTSTOM", "--from", "2021-04-12", "--till", "2021-04-14"]
LINE = ["fetch", "moex", "USD000UTSTOM", "--from", "2021-04-01", "--till", "2021-04-14", "--step", "1min"]


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Exchange]:
    made = Exchange()
    made.list_minutes("CETS", "USD000UTSTOM", list(ROWS))
    monkeypatch.setattr("eventstudy.market.sources.moex.LIMITS", Limits(pause_s=0.0, first_wait_s=0.01, tries=3))
    monkeypatch.setenv("EVENTSTUDY_STORE", str(tmp_path / "store"))
    with serving(made):
        monkeypatch.setenv("EVENTSTUDY_MOEX_URL", made.address)
        yield made


def asked(first: date, last: date, step: pd.Timedelta = MINUTE, code: str = "USD000UTSTOM") -> BarRequest:
    bounds = (day_bounds(first, "Europe/Moscow")[0], day_bounds(last, "Europe/Moscow")[1])
    return BarRequest(instrument(code), step, *bounds)


def rows_of(first: date, last: date, rows: list[Candle] = ROWS) -> list[float]:
    return [r["close"] for r in rows if str(first) <= r["begin"][:10] <= str(last)]


def test_a_stored_answer_is_never_asked_for_again(exchange: Exchange) -> None:
    once = fetch_moex(asked(FIRST, LAST))
    assert once.requests == len(exchange.asked) > 20
    exchange.asked.clear()
    again = fetch_moex(asked(FIRST, LAST))
    assert exchange.asked == []
    assert again.bars == once.bars
    assert again.bars.frame["close"].tolist() == rows_of(FIRST, LAST)


def test_an_overlapping_period_asks_only_for_the_days_it_lacks(exchange: Exchange) -> None:
    fetch_moex(asked(date(2021, 4, 5), date(2021, 4, 8)))
    exchange.asked.clear()
    whole = fetch_moex(asked(FIRST, LAST))
    assert whole.bars.frame["close"].tolist() == rows_of(FIRST, LAST)
    days = {url.split("from=")[1][:10] for url in exchange.pages_asked()}
    assert not days & {f"2021-04-0{d}" for d in (5, 6, 7, 8)}


def test_offline_serves_what_is_stored_and_opens_no_socket(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch_moex(asked(FIRST, LAST))

    def no_socket(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened offline")

    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    assert run([*LINE, "--offline", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bars"] == len(ROWS)
    assert run(["fetch", "moex", "USD000UTSTOM", "--from", "2021-05-01", "--till", "2021-05-02", "--offline"]) == 4
    assert "offline" in capsys.readouterr().err
    assert run(["fetch", "moex", "NEVERSEEN", "--from", "2021-05-01", "--till", "2021-05-02", "--offline"]) == 4


@pytest.mark.parametrize("step", ["2min", "5min", "15min", "30min", "3h"])
def test_other_steps_are_gathered_from_minutes_inside_sessions(exchange: Exchange, step: str) -> None:
    bars = fetch_moex(asked(date(2021, 4, 13), date(2021, 4, 13), pd.Timedelta(step))).bars
    minutes = [r for r in ROWS if r["begin"].startswith("2021-04-13")]
    size = int(pd.Timedelta(step) / MINUTE)
    by_hand: dict[int, list[Candle]] = {}
    for row in minutes:
        minute = int(row["begin"][11:13]) * 60 + int(row["begin"][14:16])
        by_hand.setdefault(minute // size, []).append(row)
    assert bars.frame["open"].tolist() == [rows[0]["open"] for rows in by_hand.values()]
    assert bars.frame["high"].tolist() == [max(r["high"] for r in rows) for rows in by_hand.values()]
    assert bars.frame["low"].tolist() == [min(r["low"] for r in rows) for rows in by_hand.values()]
    assert bars.frame["close"].tolist() == [rows[-1]["close"] for rows in by_hand.values()]
    assert bars.frame["volume"].tolist() == [sum(r["volume"] for r in rows) for rows in by_hand.values()]
    # The day's only session ends at 23:50, so the last stretch closes then and not at midnight.
    local = bars.frame.index.tz_convert("Europe/Moscow")
    ends = [min((number + 1) * size, 23 * 60 + 50) for number in by_hand]
    assert [t.hour * 60 + t.minute for t in local] == ends


def test_a_daily_bar_closes_with_its_last_session(exchange: Exchange) -> None:
    bars = fetch_moex(asked(date(2021, 4, 12), date(2021, 4, 13), pd.Timedelta(days=1))).bars
    assert [f"{t:%d %H:%M}" for t in bars.frame.index.tz_convert("Europe/Moscow")] == ["12 23:50", "13 23:50"]


def test_what_a_careful_user_must_know_of_an_instrument_is_said(
    exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(SHORT) == 0
    assert "stopped trading dollar, euro and Hong Kong dollar pairs on 2024-06-13" in capsys.readouterr().out
    assert run([*SHORT, "--json"]) == 0
    assert "on 2024-06-13" in json.loads(capsys.readouterr().out)["note"]
    # The step of RTSI around 17:55 since the central bank's rate, and the end of IMOEX, are notes of the same kind.
    assert "2024-06-13" in instrument("RTSI").note
    assert "17:55" in instrument("RTSI").note
    assert "18:50" in instrument("IMOEX").note
    assert "IMOEX2" in instrument("IMOEX").note


def test_restated_bars_make_a_new_version_and_the_same_bars_do_not(exchange: Exchange) -> None:
    before = fetch_moex(asked(FIRST, LAST))
    assert fetch_moex(asked(FIRST, LAST), refresh=True).version == before.version == 1
    rows = exchange.candles["CETS", "USD000UTSTOM", 1]
    rows[100] = {**rows[100], "close": rows[100]["close"] + 0.0001}
    after = fetch_moex(asked(FIRST, LAST), refresh=True)
    assert after.version == 2
    assert after.bars.frame["close"].tolist() == rows_of(FIRST, LAST, rows)


def test_a_day_that_still_runs_is_not_stored_and_its_growing_candle_not_used(exchange: Exchange) -> None:
    now = datetime(2021, 4, 14, 12, 0, 30, tzinfo=UTC)
    found = fetch_moex(asked(date(2021, 4, 13), LAST), now=now).bars
    assert found.frame.index[-1] <= pd.Timestamp("2021-04-14 11:44:30", tz="UTC")
    exchange.asked.clear()
    fetch_moex(asked(date(2021, 4, 13), LAST), now=now.replace(hour=13))
    assert {url.split("from=")[1][:10] for url in exchange.pages_asked()} == {"2021-04-14"}


def test_an_empty_answer_is_explained_by_the_calendar(exchange: Exchange) -> None:
    with pytest.raises(SourceError, match="no session on these days, so nothing is missing"):
        fetch_moex(asked(date(2021, 4, 3), date(2021, 4, 4)))
    kept = exchange.candles["CETS", "USD000UTSTOM", 1]
    exchange.candles["CETS", "USD000UTSTOM", 1] = [r for r in kept if r["begin"][:10] != "2021-04-13"]
    with pytest.raises(SourceError, match="has sessions on 1 of these days, so it is not a holiday"):
        fetch_moex(asked(date(2021, 4, 13), date(2021, 4, 13)))
    notices = fetch_moex(asked(FIRST, LAST)).bars.notices
    assert [(n.code, "2021-04-13" in n.message) for n in notices] == [("ES-UNCONFIRMED", True), ("ES-NOBARS", True)]


def test_bars_where_the_calendar_is_closed_are_left_out_named_and_stored(exchange: Exchange) -> None:
    rows = exchange.candles["CETS", "USD000UTSTOM", 1]
    saturday = datetime(2021, 4, 10, 12, 0)  # noqa: DTZ001 - the exchange writes naive Moscow time
    place = next(n for n, row in enumerate(rows) if row["begin"] > "2021-04-10")
    rows.insert(place, candle(saturday, 1, [77.0], 1))
    found = fetch_moex(asked(FIRST, LAST))
    (notice,) = found.bars.notices
    assert notice.code == "ES-CLOSED"
    assert "first 2021-04-10 12:01; they are left out" in notice.message
    closed = pd.Timestamp("2021-04-10 12:01", tz="Europe/Moscow")
    assert closed not in found.bars.frame.index
    assert closed in to_frame(read(open_store(), found.key)).index
    accepted = fetch_moex(replace(asked(FIRST, LAST), accept=("outside sessions",))).bars
    assert closed in accepted.frame.index
    assert not accepted.notices


def test_a_full_disk_and_a_held_lock_are_one_sentence_and_nothing_is_lost(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = ["fetch", "moex", "USD000UTSTOM", "--from", "2021-04-12", "--till", "2021-04-12"]
    more = ["fetch", "moex", "USD000UTSTOM", "--from", "2021-04-12", "--till", "2021-04-14"]
    assert run(first) == 0
    with failing(monkeypatch, 12, errno.ENOSPC):
        assert run(more) == 4
    message = capsys.readouterr().err
    assert "the disk is full" in message
    assert message.count("\n") == 1
    monkeypatch.setattr("eventstudy.market.store.bar_store.WAIT_S", 0.2)
    with writing(open_store(), KEY):
        assert run(more) == 6
    assert "Another process" in capsys.readouterr().err
    assert run([*first, "--offline"]) == 0
    assert run(more) == 0
    (tmp_path / "file").write_text("")
    assert run([*more, "--store", str(tmp_path / "file")]) == 4
    assert "a file is in the place of a folder" in capsys.readouterr().err


BAD_LINES = {
    "unknown symbol": (["moex", "USD000UTSTM", "--from", "2021-04-01"], 4, "Did you mean 'USD000UTSTOM'?"),
    "before the source begins": (
        ["moex", "USD000UTSTOM", "--from", "2001-04-01", "--till", "2001-05-01"],
        *(4, "from 2021-04-01 to 2021-04-14"),
    ),
    "after the price ended": (
        ["moex", "USD000UTSTOM", "--from", "2025-04-01", "--till", "2025-05-01"],
        *(4, "lives on in CNYRUB_TOM"),
    ),
    "unknown service": (["moxe", "SBER"], 2, "Did you mean 'moex'?"),
    "unknown board": (["moex", "SBER", "--board", "TQBX"], 2, "Did you mean 'TQBR'?"),
    "no date": (["moex", "SBER", "--from", "yesterday"], 2, "YYYY-MM-DD"),
    "no step": (["moex", "SBER", "--step", "soon"], 2, "1min, 5min"),
    "reversed": (["moex", "SBER", "--from", "2021-04-02", "--till", "2021-04-01"], 2, "Swap"),
    "a week": (["moex", "SBER", "--step", "7d"], 4, "below one day"),
    "nothing listed": (["moex", "SBER", "--from", "2021-04-01"], 4, "no candles of 'SBER' on the board TQBR"),
    "the future": (["moex", "SBER", "--from", "2999-01-01"], 4, "days that are over"),
}


@pytest.mark.parametrize("kind", BAD_LINES)
def test_bad_input_is_one_sentence_and_its_exit_code(
    exchange: Exchange, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    line, code, words = BAD_LINES[kind]
    assert run(["fetch", *line]) == code
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_no_network_is_exit_code_5_and_nothing_is_lost(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fetch", "moex", "USD000UTSTOM", "--from", "2021-04-13", "--till", "2021-04-13"]) == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("EVENTSTUDY_MOEX_URL", f"http://127.0.0.1:{free.getsockname()[1]}/iss")
        capsys.readouterr()
        assert run(["fetch", "moex", "USD000UTSTOM", "--from", "2021-04-13", "--till", "2021-04-14"]) == 5
        assert capsys.readouterr().err.count("\n") == 1
        assert run(["fetch", "moex", "USD000UTSTOM", "--from", "2021-04-13", "--till", "2021-04-13"]) == 0


def command_environment(exchange: Exchange, store: Path) -> dict[str, str]:
    return {**os.environ, "EVENTSTUDY_MOEX_URL": exchange.address, "EVENTSTUDY_STORE": str(store), "TERM": "xterm"}


def test_progress_goes_to_a_terminal_only(exchange: Exchange, tmp_path: Path) -> None:
    main, end = pty.openpty()
    environment = command_environment(exchange, tmp_path / "other")
    command = [sys.executable, "-m", "eventstudy", *SHORT]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=end) as started:
        os.close(end)
        shown = b""
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        out = started.communicate()[0]
    os.close(main)
    assert started.returncode == 0
    assert b"fetching USD000UTSTOM 2021-04-1" in shown
    assert b"2,665 bars" in out
    quiet = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert quiet.stderr == b""


@pytest.mark.parametrize("pages", [1, 4])
def test_after_kill_9_no_page_is_asked_for_twice(exchange: Exchange, tmp_path: Path, pages: int) -> None:
    environment = command_environment(exchange, tmp_path / "killed")
    started = subprocess.Popen([sys.executable, "-m", "eventstudy", *SHORT], env=environment, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while len(exchange.pages_asked()) < pages + 1 and time.monotonic() < until:
        time.sleep(0.005)
    started.send_signal(signal.SIGKILL)
    started.wait()
    before = list(exchange.asked)
    done = subprocess.run(
        [sys.executable, "-m", "eventstudy", *SHORT, "--json"], env=environment, capture_output=True, check=True
    )
    assert json.loads(done.stdout)["bars"] == 2665
    # The page that was on its way when the process was killed never arrived; every other one is asked for once.
    twice = [url for url, times in Counter(exchange.asked).items() if times > 1]
    assert twice in ([], before[-1:])


def test_the_page_with_one_candle_too_many_is_not_stored(exchange: Exchange) -> None:
    rows = exchange.candles["CETS", "USD000UTSTOM", 1]
    rows.insert(700, candle(datetime.fromisoformat(rows[10]["begin"]), 1, [1.0], 1))
    with pytest.raises(Exception, match="again or out of order"):
        fetch_moex(asked(FIRST, LAST))
