"""Yahoo through yfinance on a misbehaving server; ``scripts/bench faults network`` has 200 seeds of each kind."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import SupportsIndex

import pytest

from eventstudy.errors import NetworkError, SourceError

yfinance = pytest.importorskip("yfinance")
pytest.importorskip("curl_cffi")

from tests.market.fault_server import FAULTS, FaultyServer, misbehaving  # noqa: E402
from tests.market.yahoo_faults import DAYS, KINDS, TRUTH, Service, asking, yahoo_session  # noqa: E402


@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_leaves_a_wrong_row_or_a_false_day_in_the_store(tmp_path: Path, kind: str) -> None:
    ended = yahoo_session(kind, 0, tmp_path / "store", 0.6, tls=len(kind) % 2 == 0)
    assert ended.wrong_rows == ended.false_days == 0
    assert ended.healed
    assert ended.slowest < 0.66 + 1.0
    if ended.error is not None:
        assert isinstance(ended.error, NetworkError | SourceError)
        assert ended.error.remedy
        assert ended.error.message.count("\n") == 0


@pytest.mark.parametrize("kind", ["a zone that is a number", "another symbol", "another bar length"])
def test_an_answer_about_something_else_is_refused_at_every_request(tmp_path: Path, kind: str) -> None:
    for seed in range(6):
        ended = yahoo_session(kind, seed, tmp_path / str(seed) / "store")
        assert ended.wrong_rows == ended.false_days == 0
        assert ended.healed


def test_an_incomplete_answer_is_asked_for_anew_and_days_close_with_their_exchange(tmp_path: Path) -> None:
    # The second request for the chart must reach the service: yfinance keeps answers about the past in memory.
    seeds = [yahoo_session("a row left out", seed, tmp_path / str(seed) / "store") for seed in range(2)]
    assert all(ended.healed for ended in seeds)
    assert max(ended.requests for ended in seeds) >= 3
    from eventstudy.market.sources.yahoo import yfinance_history

    service: object = Service()
    server = FaultyServer(service, FAULTS["500"], 10**9, False, random.Random(0))  # type: ignore[arg-type]
    with misbehaving(server) as address, asking(address, 5.0, [0.0]):
        start, stop = DAYS[0].to_pydatetime(), (DAYS[-1] + (DAYS[1] - DAYS[0])).to_pydatetime()
        frames = [yfinance_history("AAPL", "1d", start, stop) for _ in range(2)]
    assert server.count == 4
    assert frames[0].attrs["exchange"] == "NMS"
    assert frames[1]["Close"].tolist() == list(TRUTH.values())


@pytest.mark.parametrize("kind", ["gzip bomb", "endless body", "declared as a terabyte"])
def test_an_answer_is_bounded_in_what_it_unpacks_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    from eventstudy.market.sources import yahoo

    taken: list[int] = []
    monkeypatch.setattr(yahoo, "MOST_BYTES", 1_000_000)
    monkeypatch.setattr(yahoo, "bytearray", counting(taken), raising=False)
    ended = yahoo_session(kind, 0, tmp_path / "store", 5.0)
    assert isinstance(ended.error, NetworkError)
    assert ended.healed
    assert max(taken) < 1_200_000  # one piece more than the bound


def counting(taken: list[int]) -> type[bytearray]:
    class Counting(bytearray):
        def extend(self, more: Iterable[SupportsIndex]) -> None:
            super().extend(more)
            taken.append(len(self))

    return Counting
